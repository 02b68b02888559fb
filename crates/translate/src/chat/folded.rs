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
    pub(crate) blocks: Vec<(Block, String)>,
    pub(crate) end: End,
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
    let (mut model, mut blocks): (_, Vec<(Block, String)>) = (None, Vec::new());
    for heard in heard {
        match heard {
            Heard::Begin { model: named } => model = named,
            Heard::Step(Step::Open(block)) => blocks.push((block, String::new())),
            Heard::Step(Step::Piece(piece)) => {
                blocks.iter_mut().last().into_iter().for_each(|(_, text)| text.push_str(&piece));
            }
            Heard::Step(Step::Close | Step::Cut) => {}
            Heard::End(end) => return Ok(Folded { model, blocks, end }),
            Heard::Failed(failure) => return Err(failure),
        }
    }
    let message = "the answer lacks its end".to_owned();
    Err(Failure { message, code: None, status: None })
}
