//! Finds the few members of an answer that we want to know of, in its bytes as they pass.
//!
//! Nothing is parsed but the value of a member that was found, and nothing is kept from chunk to
//! chunk but what was begun at the end of one. A name in quotes can stand in JSON only where it is a
//! whole text, since within a longer one its quotes would be escaped; so it is searched for as
//! bytes, which costs next to nothing. Somebody else's member of that name does no harm as long as
//! its value has not the form that is expected.
//!
//! In an event stream, JSON may go on over several `data` lines, and comments count for nothing. Lines
//! end with LF, CRLF or CR.

use aho_corasick::{AhoCorasick, MatchKind, packed};
use memchr::{memchr_iter, memrchr2};
use std::sync::LazyLock;

mod value;

use value::Value;

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// How many tokens there were, as all but a few say it.
    Usage(&'a [u8]),
    /// The same, as llama.cpp says it to those who did not ask.
    Timings(&'a [u8]),
    /// What went wrong.
    Error(&'a [u8]),
    /// The same where all of the object is the error, as vLLM says it: what follows that mark.
    ErrorObject(&'a [u8]),
    /// The same, as OpenAI's responses say it.
    ErrorEvent(&'a [u8]),
    /// A list of choices, and whether there is one in it.
    Choices(bool),
    /// A choice is finished; something about it may follow.
    Finished,
    /// A stream's last event, in OpenAI's responses or Anthropic's messages.
    LastEvent,
    /// The line that ends a stream of chat completions.
    LastLine,
    /// The number of an event, where events are counted.
    EventNumber(&'a [u8]),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Usage,
    Timings,
    Error,
    ErrorObject,
    ErrorEvent,
    Choices,
    FinishReason,
    LastEvent,
    /// The line that ends OpenAI's streams and is not JSON.
    LastLine,
    EventNumber,
}

const MARKS: [(&str, Mark); 16] = [
    ("\"usage\"", Mark::Usage),
    ("\"timings\"", Mark::Timings),
    ("\"error\"", Mark::Error),
    ("\"object\":\"error\"", Mark::ErrorObject),
    ("\"object\": \"error\"", Mark::ErrorObject),
    ("\"type\":\"error\"", Mark::ErrorEvent),
    ("\"type\": \"error\"", Mark::ErrorEvent),
    ("\"choices\"", Mark::Choices),
    ("\"finish_reason\"", Mark::FinishReason),
    ("data: [DONE]", Mark::LastLine),
    ("data:[DONE]", Mark::LastLine),
    ("\"message_stop\"", Mark::LastEvent),
    ("\"response.completed\"", Mark::LastEvent),
    ("\"response.incomplete\"", Mark::LastEvent),
    ("\"response.failed\"", Mark::LastEvent),
    ("\"sequence_number\"", Mark::EventNumber),
];

/// The length of the longest of them, in bytes.
const LONGEST_MARK: usize = 21;

/// How much of an unfinished value is kept, in bytes. The longest usage that we know of has 600.
const LONGEST_VALUE: usize = 4096;

/// How marks are searched for.
enum Search {
    /// Many bytes at a time. JSON is full of quotes, at each of which the other way has to look.
    Packed(packed::Searcher),
    /// Where the processor cannot do that.
    Plain(AhoCorasick),
    /// If neither could be built, which is not so with these marks.
    Nothing,
}

static SEARCH: LazyLock<Search> = LazyLock::new(|| {
    let names = || MARKS.iter().map(|(name, _)| name);
    let plain = || AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(names());
    packed::Searcher::new(names())
        .map_or_else(|| plain().map_or(Search::Nothing, Search::Plain), Search::Packed)
});

/// Looks through one answer.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    /// Where in an event stream's lines the next byte stands.
    line: Option<Line>,
    /// What was begun and is not finished: a mark, or one and its value.
    begun: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Start,
    Comment,
    Other,
}

impl Scanner {
    pub(crate) fn of_document() -> Self {
        Self::default()
    }

    pub(crate) fn of_event_stream() -> Self {
        Self { line: Some(Line::Start), begun: Vec::new() }
    }

    /// Looks at the next bytes and tells of what is whole now.
    pub(crate) fn scan(&mut self, data: &[u8], tell: impl FnMut(Found<'_>)) {
        if self.begun.is_empty() {
            return self.look_through(data, tell);
        }
        let mut joined = std::mem::take(&mut self.begun);
        joined.extend_from_slice(data);
        self.look_through(&joined, tell);
    }

    fn look_through(&mut self, data: &[u8], mut tell: impl FnMut(Found<'_>)) {
        let mut begun = None;
        let mut at = 0;
        while let Some((start, end, mark)) = search(data, at) {
            at = end;
            if !self.counts(data, start, mark) {
                continue;
            }
            match value::read(mark, &data[end..], self.line.is_some()) {
                Value::Is(value) => tell(found(mark, &value)),
                Value::IsNot => {}
                Value::IsUnfinished if data.len() - start > LONGEST_VALUE => {}
                Value::IsUnfinished => {
                    begun = Some(start);
                    break;
                }
            }
        }
        let passed = begun.or_else(|| begun_mark(data, at)).unwrap_or(data.len());
        self.begun.extend_from_slice(&data[passed..]);
        self.line = self.line.map(|line| line.after(&data[..passed]));
    }

    /// Whether a mark that begins at `start` stands where it means something.
    fn counts(&self, data: &[u8], start: usize, mark: Mark) -> bool {
        let Some(line) = self.line else { return mark != Mark::LastLine };
        let here = line.after(&data[..start]);
        if mark == Mark::LastLine { here == Line::Start } else { here != Line::Comment }
    }
}

impl Line {
    fn after(self, data: &[u8]) -> Self {
        let line = match memrchr2(b'\n', b'\r', data) {
            Some(end) => &data[end + 1..],
            None if self == Self::Start => data,
            None => return self,
        };
        match line.first() {
            None => Self::Start,
            Some(b':') => Self::Comment,
            Some(_) => Self::Other,
        }
    }
}

fn search(data: &[u8], from: usize) -> Option<(usize, usize, Mark)> {
    let data = data.get(from..)?;
    // No mark begins with another one, and all ways take the first one where one ends with another.
    let found = match &*SEARCH {
        Search::Packed(search) => search.find(data)?,
        Search::Plain(search) => search.find(data)?,
        Search::Nothing => return None,
    };
    let (_, mark) = MARKS.get(found.pattern().as_usize())?;
    Some((from + found.start(), from + found.end(), *mark))
}

/// Where at the end of the data a mark begins that may go on in the next bytes: with a quote, or with
/// a line.
fn begun_mark(data: &[u8], from: usize) -> Option<usize> {
    let tail = from.max(data.len().saturating_sub(LONGEST_MARK - 1));
    let quotes = memchr_iter(b'"', &data[tail..]);
    let line =
        memrchr2(b'\n', b'\r', &data[tail..]).map(|end| end + 1).or((tail == 0).then_some(0));
    let is_begun = |at: &usize| {
        let begun = &data[*at..];
        !begun.is_empty() && MARKS.iter().any(|(name, _)| name.as_bytes().starts_with(begun))
    };
    line.into_iter().chain(quotes).map(|at| tail + at).find(is_begun)
}

fn found<'a>(mark: Mark, value: &'a [u8]) -> Found<'a> {
    match mark {
        Mark::Usage => Found::Usage(value),
        Mark::Timings => Found::Timings(value),
        Mark::Error => Found::Error(value),
        Mark::ErrorObject => Found::ErrorObject(value),
        Mark::ErrorEvent => Found::ErrorEvent(value),
        Mark::Choices => Found::Choices(!value.is_empty()),
        Mark::FinishReason => Found::Finished,
        Mark::LastEvent => Found::LastEvent,
        Mark::LastLine => Found::LastLine,
        Mark::EventNumber => Found::EventNumber(value),
    }
}

#[cfg(test)]
mod tests;
