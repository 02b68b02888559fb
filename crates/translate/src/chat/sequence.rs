//! The pieces of an answer, put in a line: one block after the other.
//!
//! A chat completion says everything side by side: text, reasoning and any number of tool calls,
//! whose pieces may come mixed. Both other protocols tell one block after the other, and their
//! clients rely on that. So the blocks stand in a line, in the order of their beginning, and only
//! the first one is told. A text is over as soon as anything else begins; a tool call once its
//! arguments are a whole object. What comes for a block further back waits until it is first: it
//! could not be told any sooner.

use std::collections::VecDeque;

use serde_json::Value;

use super::{
    call::Calls,
    chunk::{CallPiece, Piece},
};

/// What is told next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A block begins.
    Open(Block),
    /// How probable the tokens of the next piece are.
    Odds(Vec<Value>),
    /// The block that is open goes on.
    Piece(String),
    /// The block that is open is over.
    Close,
    /// The block that is open ends in its midst: the answer was cut short.
    Cut,
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    Text,
    Refusal,
    /// Reasoning, and the name of the field that it came in.
    Thinking(&'static str),
    Call(CallHead),
}

/// Whose a tool call is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallHead {
    /// Which call of the answer this is, counted from 0.
    pub(crate) place: usize,
    pub(crate) id: Option<String>,
    pub(crate) name: String,
}

#[derive(Debug)]
struct Waiting {
    block: Block,
    is_open: bool,
    has_spoken: bool,
    unsaid: String,
    /// Of what is unsaid.
    odds: Vec<Value>,
}

/// The blocks that are not over, in the order of their beginning.
#[derive(Debug, Default)]
pub(crate) struct Sequence {
    line: VecDeque<Waiting>,
    calls: Calls,
    has_refusal: bool,
}

impl Sequence {
    /// Takes a piece, and says what can be told now.
    pub(crate) fn push(&mut self, piece: Piece, steps: &mut Vec<Step>) {
        match piece {
            Piece::Text(text) => self.append(Block::Text, text),
            Piece::Odds(odds) => {
                self.append(Block::Text, String::new());
                if let Some(last) = self.line.back_mut() {
                    last.odds.extend(odds);
                }
            }
            Piece::Refusal(text) => {
                self.has_refusal = true;
                self.append(Block::Refusal, text);
            }
            Piece::Thinking(field, text) => self.append(Block::Thinking(field), text),
            Piece::Call(piece) => self.append_call(piece),
        }
        self.speak(steps, false);
    }

    /// The answer is over, cut short perhaps: tells what is left.
    pub(crate) fn finish(&mut self, is_cut: bool, steps: &mut Vec<Step>) {
        self.speak(steps, true);
        if let Some(last) = steps.last_mut().filter(|last| is_cut && **last == Step::Close) {
            *last = Step::Cut;
        }
    }

    /// Whether the answer has a tool call.
    pub(crate) fn has_calls(&self) -> bool {
        self.calls.count() > 0
    }

    /// Whether the answer has a refusal.
    pub(crate) fn has_refusal(&self) -> bool {
        self.has_refusal
    }

    fn append(&mut self, block: Block, text: String) {
        match self.line.back_mut().filter(|last| last.block == block) {
            Some(last) => last.unsaid.push_str(&text),
            None => self.line.push_back(Waiting::new(block, text)),
        }
    }

    fn append_call(&mut self, piece: CallPiece) {
        let place = self.calls.place(&piece);
        let CallPiece { id, name, arguments, .. } = piece;
        let known = self.line.iter_mut().find(|waiting| waiting.is_call(place));
        let Some(waiting) = known else {
            let head = CallHead { place, id, name: name.unwrap_or_default() };
            return self.line.push_back(Waiting::new(Block::Call(head), arguments));
        };
        waiting.unsaid.push_str(&arguments);
        if let (Block::Call(head), false) = (&mut waiting.block, waiting.is_open) {
            head.id = head.id.take().or(id);
            if head.name.is_empty() {
                head.name = name.unwrap_or_default();
            }
        }
    }

    fn speak(&mut self, steps: &mut Vec<Step>, is_end: bool) {
        while let Some(first) = self.line.front_mut() {
            if first.is_nameless() {
                if !is_end {
                    return;
                }
                // Nobody can call what has no name.
                self.line.pop_front();
                continue;
            }
            first.tell(steps);
            let is_over = is_end || (self.line.len() > 1 && self.first_is_over());
            if !is_over {
                return;
            }
            self.close_first(steps);
        }
    }

    fn first_is_over(&self) -> bool {
        match self.line.front().map(|first| &first.block) {
            Some(Block::Call(head)) => self.calls.is_whole(head.place),
            Some(Block::Text | Block::Refusal | Block::Thinking(_)) | None => true,
        }
    }

    fn close_first(&mut self, steps: &mut Vec<Step>) {
        let Some(first) = self.line.pop_front() else { return };
        if matches!(first.block, Block::Call(_)) && !first.has_spoken {
            // A call without arguments; an empty text is not JSON.
            steps.push(Step::Piece("{}".to_owned()));
        }
        steps.push(Step::Close);
    }
}

impl Waiting {
    fn new(block: Block, unsaid: String) -> Self {
        Self { block, is_open: false, has_spoken: false, unsaid, odds: Vec::new() }
    }

    fn is_call(&self, place: usize) -> bool {
        matches!(&self.block, Block::Call(head) if head.place == place)
    }

    fn is_nameless(&self) -> bool {
        matches!(&self.block, Block::Call(head) if head.name.is_empty())
    }

    fn tell(&mut self, steps: &mut Vec<Step>) {
        if !self.is_open {
            self.is_open = true;
            steps.push(Step::Open(self.block.clone()));
        }
        if !self.odds.is_empty() {
            steps.push(Step::Odds(std::mem::take(&mut self.odds)));
        }
        if !self.unsaid.is_empty() {
            self.has_spoken = true;
            steps.push(Step::Piece(std::mem::take(&mut self.unsaid)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, CallPiece, Piece, Sequence, Step};

    /// A piece such as `text a`, `thinking a` or `call 0 f {}` (`-` is nothing).
    fn piece(text: &str) -> Piece {
        let words: Vec<&str> = text.split(' ').collect();
        let some = |text: &str| (text != "-").then(|| text.to_owned());
        match words[0] {
            "text" => Piece::Text(words[1].to_owned()),
            "thinking" => Piece::Thinking("reasoning", words[1].to_owned()),
            _ => Piece::Call(CallPiece {
                index: words[1].parse().ok(),
                id: None,
                name: some(words[2]),
                arguments: some(words[3]).unwrap_or_default(),
            }),
        }
    }

    /// Steps such as `+text a b . +f {} .`, where `.` is the end of a block.
    fn told(steps: &[Step]) -> String {
        let words = steps.iter().map(|step| match step {
            Step::Open(Block::Text) => "+text".to_owned(),
            Step::Open(Block::Refusal) => "+refusal".to_owned(),
            Step::Open(Block::Thinking(_)) => "+thinking".to_owned(),
            Step::Open(Block::Call(head)) => format!("+{}", head.name),
            Step::Odds(odds) => format!("({})", odds.len()),
            Step::Piece(text) => text.clone(),
            Step::Close => ".".to_owned(),
            Step::Cut => "!".to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// `expected`: what is told after each piece, and at the end.
    #[track_caller]
    fn check(pieces: &[&str], expected: &[&str]) {
        let mut sequence = Sequence::default();
        let mut found = Vec::new();
        for text in pieces {
            let mut steps = Vec::new();
            sequence.push(piece(text), &mut steps);
            found.push(told(&steps));
        }
        let mut steps = Vec::new();
        sequence.finish(false, &mut steps);
        found.push(told(&steps));
        assert_eq!(found, expected, "{pieces:?}");
    }

    #[test]
    fn each_piece_is_told_at_once() {
        check(&[], &[""]);
        check(&["text a", "text b"], &["+text a", "b", "."]);
        check(&["thinking a", "text b"], &["+thinking a", ". +text b", "."]);
        check(
            &["text a", "call 0 f -", "call 0 - {", "call 0 - }"],
            &["+text a", ". +f", "{", "}", "."],
        );
        check(&["call 0 f {}", "call 1 g {}"], &["+f {}", ". +g {}", "."]);
        check(&["call 0 f {}", "text a"], &["+f {}", ". +text a", "."]);
    }

    #[test]
    fn what_comes_mixed_waits_for_its_turn() {
        check(
            &["call 0 f {", "call 1 g {", "call 0 - }", "call 1 - }"],
            &["+f {", "", "} . +g {", "}", "."],
        );
        check(&["call 0 f -", "call 1 g {}", "call 0 - {}"], &["+f", "", "{} . +g {}", "."]);
    }

    #[test]
    fn a_call_without_arguments_has_an_empty_object() {
        check(&["call 0 f -"], &["+f", "{} ."]);
        check(&["call 0 f -", "call 1 g -"], &["+f", "", "{} . +g {} ."]);
    }

    #[test]
    fn an_answer_that_is_cut_short_ends_in_the_midst_of_its_last_block() {
        let (mut sequence, mut steps) = (Sequence::default(), Vec::new());
        sequence.push(piece("text a"), &mut steps);
        sequence.push(piece("call 0 f {"), &mut steps);
        sequence.finish(true, &mut steps);
        assert_eq!(told(&steps), "+text a . +f { !");
    }

    #[test]
    fn a_call_waits_for_its_name_and_is_nothing_without_one() {
        check(&["call 0 - {", "call 0 f }"], &["", "+f {}", "."]);
        check(&["call 0 - {}", "text a"], &["", "", "+text a ."]);
    }
}
