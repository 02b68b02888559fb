//! Which tool call a piece belongs to.
//!
//! OpenAI numbers the calls of an answer and sends each one's id and name once. Others give every
//! call the number 0, or none; a new id with every piece, or none; the name with every piece. What
//! can be relied on: a piece with a name begins a call, unless it goes on with the one of its
//! number or id, which it does while that one's arguments are not whole.

use super::{chunk::CallPiece, whole::Whole};

#[derive(Debug)]
struct Call {
    index: Option<u64>,
    id: Option<String>,
    name: Option<String>,
    arguments: Whole,
}

/// The calls of one answer so far.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    calls: Vec<Call>,
}

impl Calls {
    /// Which call the piece belongs to, counted from 0 in the order of their beginning.
    pub(crate) fn place(&mut self, piece: &CallPiece) -> usize {
        let place = self.known(piece).unwrap_or_else(|| self.begin(piece));
        if let Some(call) = self.calls.get_mut(place) {
            call.arguments.feed(&piece.arguments);
            call.name = call.name.take().or_else(|| piece.name.clone());
        }
        place
    }

    /// Whether the arguments of a call are one whole object.
    pub(crate) fn is_whole(&self, place: usize) -> bool {
        self.calls.get(place).is_some_and(|call| call.arguments.is_whole())
    }

    /// How many calls there are.
    pub(crate) fn count(&self) -> usize {
        self.calls.len()
    }

    fn known(&self, piece: &CallPiece) -> Option<usize> {
        let same = |call: &Call| match (piece.index, &piece.id) {
            (Some(index), _) => call.index == Some(index),
            (None, Some(id)) => call.id.as_ref() == Some(id),
            (None, None) => true,
        };
        let place = self.calls.iter().rposition(same)?;
        let call = &self.calls[place];
        let has_same_id = piece.id.is_some() && piece.id == call.id;
        let begins = piece.name.is_some()
            && !has_same_id
            && (call.arguments.is_whole() || (call.name.is_some() && call.name != piece.name));
        (!begins).then_some(place)
    }

    fn begin(&mut self, piece: &CallPiece) -> usize {
        let (index, id, name) = (piece.index, piece.id.clone(), piece.name.clone());
        self.calls.push(Call { index, id, name, arguments: Whole::default() });
        self.calls.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::{CallPiece, Calls};

    /// Pieces such as `0 a f {` (number, id, name, arguments; `-` is nothing), and their calls.
    #[track_caller]
    fn check(pieces: &[&str], expected: &[usize]) {
        let mut calls = Calls::default();
        let places = pieces.iter().map(|piece| {
            let some = |text: &str| (text != "-").then(|| text.to_owned());
            let words: Vec<&str> = piece.split(' ').collect();
            calls.place(&CallPiece {
                index: words[0].parse().ok(),
                id: some(words[1]),
                name: some(words[2]),
                arguments: some(words[3]).unwrap_or_default(),
            })
        });
        assert_eq!(places.collect::<Vec<_>>(), expected, "{pieces:?}");
    }

    #[test]
    fn numbered_calls_even_when_they_come_mixed() {
        check(&["0 a f -", "0 - - {}", "1 b f -", "1 - - {}"], &[0, 0, 1, 1]);
        check(&["0 a f -", "1 b f -", "0 - - {", "1 - - {", "0 - - }"], &[0, 1, 0, 1, 0]);
        check(&["0 a f -", "0 a f {", "0 a f }", "1 b g {}"], &[0, 0, 0, 1]);
    }

    #[test]
    fn every_call_with_the_number_0() {
        check(&["0 a f {}", "0 b f {}"], &[0, 1]);
        check(&["0 - f {}", "0 - f {}"], &[0, 1]);
        check(&["0 a f -", "0 b g -"], &[0, 1]);
        check(&["0 a f -", "0 - - {}", "0 b f -", "0 - - {", "0 - - }"], &[0, 0, 1, 1, 1]);
    }

    #[test]
    fn a_new_id_with_every_piece() {
        check(&["0 a f -", "0 b - {", "0 c - }"], &[0, 0, 0]);
        check(&["0 a f -", "0 b f {", "0 c f }"], &[0, 0, 0]);
    }

    #[test]
    fn calls_without_a_number() {
        check(&["- a f {}", "- b f {}"], &[0, 1]);
        check(&["- - f {", "- - - }", "- - g {}"], &[0, 0, 1]);
        check(&["- a f {", "- b g {", "- a - }", "- b - }"], &[0, 1, 0, 1]);
    }
}
