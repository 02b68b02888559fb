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
use memchr::{memchr_iter, memchr2, memrchr2};
use std::{borrow::Cow, sync::LazyLock};

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
            match read(mark, &data[end..], self.line.is_some()) {
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

/// What follows a mark.
enum Value<'a> {
    Is(Cow<'a, [u8]>),
    IsNot,
    IsUnfinished,
}

/// Reads what follows a mark, over the ends of an event's lines if need be.
fn read(mark: Mark, data: &[u8], has_lines: bool) -> Value<'_> {
    if matches!(mark, Mark::LastEvent | Mark::LastLine) {
        return Value::Is(Cow::Borrowed(&[]));
    }
    let end = if has_lines { memchr2(b'\n', b'\r', data) } else { None };
    let Some(end) = end else { return read_json(mark, data) };
    match read_json(mark, &data[..end]) {
        Value::IsUnfinished => {}
        other => return other,
    }
    let (text, is_whole) = unfolded(data);
    match read_json(mark, &text) {
        Value::Is(value) => Value::Is(Cow::Owned(value.into_owned())),
        Value::IsUnfinished if is_whole => Value::IsNot,
        Value::IsUnfinished => Value::IsUnfinished,
        Value::IsNot => Value::IsNot,
    }
}

/// The text of the `data` lines, of which the first one was begun before, and whether the event
/// ends with them.
fn unfolded(data: &[u8]) -> (Vec<u8>, bool) {
    let (first, mut rest) = split_line(data);
    let mut text = first.to_vec();
    while let Some(lines) = rest {
        let (line, more) = split_line(lines);
        match line.strip_prefix(b"data:") {
            Some(value) => text.extend_from_slice(value),
            None if line.is_empty() && more.is_some() => return (text, true),
            None => {}
        }
        rest = more;
    }
    (text, false)
}

/// The first line, and what follows its end, if that is there.
fn split_line(data: &[u8]) -> (&[u8], Option<&[u8]>) {
    let Some(end) = memchr2(b'\n', b'\r', data) else { return (data, None) };
    let rest = &data[end + 1..];
    let rest = if data[end] == b'\r' { rest.strip_prefix(b"\n").unwrap_or(rest) } else { rest };
    (&data[..end], Some(rest))
}

/// Reads `: {…}`, or, after a reason, the beginning of a text, or all of a number, or, after what an
/// object is, what else it says.
fn read_json(mark: Mark, data: &[u8]) -> Value<'_> {
    if matches!(mark, Mark::ErrorObject | Mark::ErrorEvent) {
        return rest_of_object(data);
    }
    let Some((colon, rest)) = data.trim_ascii_start().split_first() else {
        return Value::IsUnfinished;
    };
    if *colon != b':' {
        return Value::IsNot;
    }
    let value = rest.trim_ascii_start();
    match (value.first(), mark) {
        (None, _) => Value::IsUnfinished,
        (Some(b'['), Mark::Choices) => match value[1..].trim_ascii_start() {
            [] => Value::IsUnfinished,
            [first, ..] => Value::Is(Cow::Borrowed(if *first == b']' { b"" } else { b"{" })),
        },
        (Some(b'"'), Mark::FinishReason) => Value::Is(Cow::Borrowed(&[])),
        (Some(b'{'), Mark::Usage | Mark::Timings | Mark::Error) => {
            object(value).map_or(Value::IsUnfinished, |object| Value::Is(Cow::Borrowed(object)))
        }
        (Some(b'0'..=b'9'), Mark::EventNumber) => {
            let end = value.iter().position(|byte| !byte.is_ascii_digit());
            end.map_or(Value::IsUnfinished, |end| Value::Is(Cow::Borrowed(&value[..end])))
        }
        (Some(_), _) => Value::IsNot,
    }
}

/// The members that follow, as an object of their own.
fn rest_of_object(data: &[u8]) -> Value<'_> {
    match data.trim_ascii_start().split_first() {
        None => Value::IsUnfinished,
        Some((b',', members)) => {
            let opened = [b"{", members].concat();
            object(&opened).map_or(Value::IsUnfinished, |whole| Value::Is(whole.to_vec().into()))
        }
        Some(_) => Value::IsNot,
    }
}

/// The object that the data begins with, if its end is there.
fn object(data: &[u8]) -> Option<&[u8]> {
    let (mut depth, mut is_in_text, mut is_escaped) = (0_usize, false, false);
    for (index, byte) in data.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_text => is_escaped = true,
            b'"' => is_in_text = !is_in_text,
            b'{' if !is_in_text => depth += 1,
            b'}' if !is_in_text => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(&data[..=index]);
                }
            }
            _ => {}
        }
    }
    None
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
mod tests {
    use super::{Found, LONGEST_MARK, MARKS, Scanner};

    fn shown(found: &Found<'_>) -> String {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        match found {
            Found::Usage(value) => format!("usage {}", text(value)),
            Found::Timings(value) => format!("timings {}", text(value)),
            Found::Error(value) => format!("error {}", text(value)),
            Found::ErrorObject(value) => format!("object {}", text(value)),
            Found::ErrorEvent(value) => format!("event {}", text(value)),
            Found::Choices(true) => "choice".to_owned(),
            Found::Choices(false) => "no choice".to_owned(),
            Found::Finished => "finished".to_owned(),
            Found::LastEvent => "last".to_owned(),
            Found::LastLine => "done".to_owned(),
            Found::EventNumber(value) => format!("number {}", text(value)),
        }
    }

    fn scan(mut scanner: Scanner, chunks: &[&[u8]]) -> Vec<String> {
        let mut all = Vec::new();
        for chunk in chunks {
            scanner.scan(chunk, |found| all.push(shown(&found)));
        }
        all
    }

    /// Whole, byte by byte, and cut in two wherever that is possible.
    #[track_caller]
    fn check(new: fn() -> Scanner, text: &str, expected: &[&str]) {
        let bytes = text.as_bytes();
        assert_eq!(scan(new(), &[bytes]), expected, "{text:?} whole");
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(scan(new(), &single), expected, "{text:?} byte by byte");
        for at in 0..=bytes.len() {
            let (left, right) = bytes.split_at(at);
            let told = scan(new(), &[left, b"", right]);
            assert_eq!(told, expected, "{text:?} cut at {at}");
        }
    }

    #[track_caller]
    fn stream(text: &str, expected: &[&str]) {
        check(Scanner::of_event_stream, text, expected);
    }

    #[track_caller]
    fn document(text: &str, expected: &[&str]) {
        check(Scanner::of_document, text, expected);
    }

    #[test]
    fn no_mark_is_longer_than_the_longest() {
        assert_eq!(MARKS.iter().map(|(name, _)| name.len()).max(), Some(LONGEST_MARK));
    }

    #[test]
    fn members_of_events() {
        stream(
            "data: {\"choices\":[{\"finish_reason\":null}],\"usage\":null}\n\n\
             data: {\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\" : {\"a\":{\"b\":1}} }\n\n\
             data: [DONE]\n\n",
            &["choice", "choice", "finished", "usage {\"a\":{\"b\":1}}", "done"],
        );
        stream(
            "data:{\"timings\":{\"n\":1}}\r\n\r\ndata:[DONE]\r\n\r\n",
            &["timings {\"n\":1}", "done"],
        );
        stream(
            "event: error\ndata: {\"error\":{\"message\":\"}{\\\"\"}}",
            &["error {\"message\":\"}{\\\"\"}"],
        );
        stream("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", &["last"]);
        stream(
            "data: {\"type\":\"response.incomplete\",\"r\":{\"usage\":{}}}",
            &["last", "usage {}"],
        );
    }

    #[test]
    fn choices() {
        stream(
            "data: {\"choices\":[]}\n\ndata: {\"choices\" : [ {\"text\":\"a\"}]}\n\ndata: {\"choices\":[",
            &["no choice", "choice"],
        );
        document("{\"choices\": [\n]}", &["no choice"]);
    }

    #[test]
    fn objects_that_are_errors() {
        stream(
            "data: {\"object\":\"error\",\"message\":\"}\",\"code\":400}\n\ndata: [DONE]\n\n",
            &["object {\"message\":\"}\",\"code\":400}", "done"],
        );
        document("{\"object\": \"error\" , \"message\": {}}", &["object { \"message\": {}}"]);
        stream(
            "event: error\ndata: {\"type\":\"error\",\ndata:\"message\":\"m\",\"sequence_number\":3}\n\n",
            &["event {\"message\":\"m\",\"sequence_number\":3}", "number 3"],
        );
        stream(
            "data: {\"error\":{\"message\":\"m\",\"type\":\"error\"}}\n\n",
            &["error {\"message\":\"m\",\"type\":\"error\"}"],
        );
    }

    #[test]
    fn numbers_of_events() {
        stream(
            "data: {\"type\":\"response.created\",\"sequence_number\":0}\n\n\
             data: {\"sequence_number\" : 17, \"sequence_number\":\"x\"}\n\ndata: {\"sequence_number\":1",
            &["number 0", "number 17"],
        );
    }

    #[test]
    fn an_event_of_many_lines() {
        stream(
            "data: {\"usage\"\r\ndata: :\r\n: {\"usage\":{}}\r\ndata: {\"a\":\r\nid: 7\r\ndata:1}}\r\n\r\n",
            &["usage {\"a\":1}"],
        );
        // An event that ends too soon ends its members too.
        stream("data: {\"usage\":{\"a\":\n\ndata: 1}}\n\n", &[]);
    }

    #[test]
    fn lines_may_end_in_any_way() {
        for end in ["\n", "\r\n", "\r"] {
            let text = "data: {\"usage\"\ndata: :\n: {\"usage\":{}}\ndata: {\"a\":\ndata:1}}\n\n\
                        :data: [DONE]\ndata: {\"usage\":{\"b\":\n\ndata: 1}}\n\ndata: [DONE]\n\n";
            stream(&text.replace('\n', end), &["usage {\"a\":1}", "done"]);
        }
    }

    #[test]
    fn what_only_looks_like_a_member() {
        stream(": {\"usage\":{\"a\":1}}\n\n:data: [DONE]\n", &[]);
        stream("data: {\"content\":\"\\\"usage\\\":{} data: [DONE]\"}\n\n", &[]);
        stream(
            "data: {\"a\":\"usage\",\"b\":[\"usage\"],\"error\":\"no\",\"usage\":[{}]}\n\n",
            &[],
        );
        stream("data: [DO]\n\nid: data: [DONE]\n\n", &[]);
        document("{\"content\":\"data: [DONE]\\n\",\"usage\":1}", &[]);
    }

    #[test]
    fn members_of_documents() {
        document("{\n \"usage\"\n:\n{ \"a\"\n: 1 }\n,\"error\":null}", &["usage { \"a\"\n: 1 }"]);
        document("{\"data\":[1,2],\"usage\":{\"a\":1}}\n", &["usage {\"a\":1}"]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        for new in [Scanner::of_document, Scanner::of_event_stream] {
            let mut scanner = new();
            for _ in 0..1000 {
                scanner.scan(b"{\"usage\":{\"a\":\"", |found| panic!("{found:?}"));
                scanner.scan(&[b'x'; 1000], |found| panic!("{found:?}"));
                assert!(scanner.begun.len() < 8 * 1024, "{}", scanner.begun.len());
            }
            scanner.scan(b"\"}},\"usage\":{\"b\":2}", |_| ());
        }
    }
}
