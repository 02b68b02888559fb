//! A whole answer, block by block.

use serde_json::Value;

use super::{
    chunk::Failure,
    reading::{End, Heard, Reading},
    sequence::{Block, Step},
};

/// A whole answer.
pub(crate) struct Folded {
    pub(crate) model: Option<String>,
    pub(crate) blocks: Vec<Said>,
    pub(crate) end: End,
}

/// A block with all that it says.
pub(crate) struct Said {
    pub(crate) block: Block,
    pub(crate) text: String,
    /// How probable its tokens were, if that is known.
    pub(crate) odds: Vec<Value>,
}

/// Reads a whole answer, which may be an error in spite of its status.
pub(crate) fn fold(answer: &Value) -> Result<Folded, Failure> {
    folded(Reading::default().take_whole(answer))
}

/// Reads a whole stream.
pub(crate) fn fold_stream(bytes: &[u8]) -> Result<Folded, Failure> {
    let mut reading = Reading::default();
    let mut heard = reading.feed(bytes);
    heard.extend(reading.finish());
    folded(heard)
}

fn folded(heard: Vec<Heard>) -> Result<Folded, Failure> {
    let (mut model, mut blocks): (_, Vec<Said>) = (None, Vec::new());
    for heard in heard {
        match heard {
            Heard::Begin { model: named } => model = named,
            Heard::Step(Step::Open(block)) => {
                blocks.push(Said { block, text: String::new(), odds: Vec::new() });
            }
            Heard::Step(Step::Odds(odds)) => {
                blocks
                    .iter_mut()
                    .last()
                    .into_iter()
                    .for_each(|said| said.odds.extend_from_slice(&odds));
            }
            Heard::Step(Step::Piece(piece)) => {
                blocks.iter_mut().last().into_iter().for_each(|said| said.text.push_str(&piece));
            }
            Heard::Step(Step::Close | Step::Cut) => {}
            Heard::End(end) => return Ok(Folded { model, blocks, end }),
            Heard::Failed(failure) => return Err(failure),
        }
    }
    let message = "the answer lacks its end".to_owned();
    Err(Failure { message, code: None, status: None })
}
