//! What an answer says of itself: tokens, whether it is finished, and what went wrong.
//!
//! Providers disagree about names. OpenAI's chat completions count `prompt_tokens` and
//! `completion_tokens`, its responses and Anthropic `input_tokens` and `output_tokens`, llama.cpp
//! in its `timings` `prompt_n` and `predicted_n`, Ollama `prompt_eval_count` and `eval_count`. Where
//! a stream says it more than once, the last word counts, for each of the two numbers alone: of
//! Anthropic's, the first event has the one and the last event the other.

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use std::fmt;

use crate::{
    dialect::Dialect,
    scan::{Found, Scanner},
};

/// How many tokens there were, as far as the answer says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) prompt: Option<u64>,
    pub(crate) completion: Option<u64>,
}

/// What was found in one answer so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    scanner: Scanner,
    usage: Tokens,
    timings: Tokens,
    /// Whether a choice is finished; what is said about it may follow.
    is_finished: bool,
    /// Whether the stream's last event has passed.
    is_over: bool,
    /// Whether there was a choice in what passed, if that had lists of them.
    has_choice: Option<bool>,
    error: Option<Failure>,
    /// Which API's events a stream has.
    dialect: Option<Dialect>,
    /// The number of the next event, where events are counted.
    next_event: u64,
}

/// What an upstream says in its answer that went wrong. Somebody's own member of such a name has no
/// message.
#[derive(Debug, Deserialize)]
pub(crate) struct Failure {
    pub(crate) message: String,
    /// Often the HTTP status that it would have been.
    #[serde(default)]
    pub(crate) code: Value,
}

impl Findings {
    pub(crate) fn of_document() -> Self {
        Self { scanner: Scanner::of_document(), ..Self::default() }
    }

    pub(crate) fn of_event_stream(dialect: Dialect) -> Self {
        let (scanner, dialect) = (Scanner::of_event_stream(), Some(dialect));
        Self { scanner, dialect, ..Self::default() }
    }

    /// Reads the next bytes of the answer.
    pub(crate) fn read(&mut self, data: &[u8]) {
        let Self {
            scanner,
            usage,
            timings,
            is_finished,
            is_over,
            has_choice,
            error,
            dialect,
            next_event,
        } = self;
        // Others may well speak of such an event.
        let is_of_chat = *dialect == Some(Dialect::Chat);
        scanner.scan(data, |found| match found {
            Found::Usage(value) => usage.update(value),
            Found::Timings(value) => timings.update(value),
            // Others have more such objects, which are none of the stream's end.
            Found::ErrorEvent(_) if *dialect != Some(Dialect::Responses) => {}
            Found::Error(value) | Found::ErrorObject(value) | Found::ErrorEvent(value) => {
                if let Ok(failure) = serde_json::from_slice(value) {
                    *error = Some(failure);
                }
            }
            Found::Choices(is_one) => *has_choice = Some(is_one || *has_choice == Some(true)),
            Found::Finished => *is_finished = true,
            Found::LastEvent => *is_over |= !is_of_chat,
            Found::LastLine => *is_over = true,
            Found::EventNumber(number) => {
                let number = std::str::from_utf8(number).ok().and_then(|text| text.parse().ok());
                *next_event = number.map_or(*next_event, |number: u64| number.saturating_add(1));
            }
        });
    }

    pub(crate) fn tokens(&self) -> Tokens {
        self.usage.or(self.timings)
    }

    /// Whether the stream's last event has passed: all that may follow is the end.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether the answer has no choice, although it has lists of them.
    pub(crate) fn lacks_choice(&self) -> bool {
        self.has_choice == Some(false)
    }

    /// Whether a stream that ends here has said all that it had to say.
    pub(crate) fn is_finished(&self) -> bool {
        self.is_finished || self.is_over
    }

    /// What the upstream says went wrong.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.error.as_ref()
    }

    /// The same in words.
    pub(crate) fn error(&self) -> Option<&str> {
        self.failure().map(|failure| failure.message.as_str())
    }

    /// Whether there is a choice in the answer.
    pub(crate) fn has_choice(&self) -> bool {
        self.has_choice == Some(true)
    }

    /// The number of the next event, where events are counted.
    pub(crate) fn next_event(&self) -> u64 {
        self.next_event
    }
}

impl Tokens {
    fn update(&mut self, value: &[u8]) {
        if let Ok(said) = serde_json::from_slice::<Said>(value) {
            *self = said.tokens().or(*self);
        }
    }

    fn or(self, other: Self) -> Self {
        let prompt = self.prompt.or(other.prompt);
        Self { prompt, completion: self.completion.or(other.completion) }
    }
}

/// The numbers under all their names.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Said {
    prompt_tokens: Count,
    input_tokens: Count,
    cache_creation_input_tokens: Count,
    cache_read_input_tokens: Count,
    prompt_eval_count: Count,
    prompt_n: Count,
    cache_n: Count,
    completion_tokens: Count,
    output_tokens: Count,
    eval_count: Count,
    predicted_n: Count,
}

impl Said {
    fn tokens(&self) -> Tokens {
        // Anthropic and llama.cpp count what they read again apart from what they had in a cache.
        let cached =
            self.cache_creation_input_tokens.or_zero() + self.cache_read_input_tokens.or_zero();
        let input = self.input_tokens.0.map(|count| count + cached);
        let read = self.prompt_n.0.map(|count| count + self.cache_n.or_zero());
        let prompt = self.prompt_tokens.0.or(input).or(self.prompt_eval_count.0).or(read);
        let written = self.completion_tokens.0.or(self.output_tokens.0);
        Tokens { prompt, completion: written.or(self.eval_count.0).or(self.predicted_n.0) }
    }
}

/// A number of tokens, or something else, which is none.
#[derive(Default, Clone, Copy)]
struct Count(Option<u64>);

impl Count {
    /// No answer has a billion tokens; sums of such numbers cannot overflow.
    const MOST: u64 = 1 << 40;

    fn or_zero(self) -> u64 {
        self.0.unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

struct CountVisitor;

impl<'de> Visitor<'de> for CountVisitor {
    type Value = Count;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number")
    }

    fn visit_u64<E: Error>(self, count: u64) -> Result<Count, E> {
        Ok(Count((count <= Count::MOST).then_some(count)))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Count, E> {
        Ok(Count(None))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is known to be whole and small"
    )]
    fn visit_f64<E: Error>(self, count: f64) -> Result<Count, E> {
        let is_count = (0.0..1e12).contains(&count) && count.fract() == 0.0;
        Ok(Count(is_count.then_some(count as u64)))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Count, E> {
        Ok(Count(None))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Count, E> {
        Ok(Count(None))
    }

    fn visit_unit<E: Error>(self) -> Result<Count, E> {
        Ok(Count(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Count, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Count(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Count, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Count(None))
    }
}

#[cfg(test)]
mod tests {
    use super::{Findings, Tokens};
    use crate::dialect::Dialect;

    fn read(text: &str) -> Findings {
        let mut findings = Findings::of_event_stream(Dialect::Chat);
        findings.read(text.as_bytes());
        findings
    }

    #[track_caller]
    fn tokens(text: &str, prompt: Option<u64>, completion: Option<u64>) {
        assert_eq!(read(text).tokens(), Tokens { prompt, completion }, "{text}");
    }

    #[test]
    fn shapes() {
        tokens(
            r#"data: {"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":3}}}"#,
            Some(9),
            Some(12),
        );
        tokens(
            r#"data: {"response":{"usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":0},"output_tokens":87}}}"#,
            Some(36),
            Some(87),
        );
        tokens(
            "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":25,\"cache_creation_input_tokens\":5,\"cache_read_input_tokens\":70,\"output_tokens\":1}}}\n\n\
             data: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":15}}\n\n",
            Some(100),
            Some(15),
        );
        tokens(
            r#"data: {"timings":{"cache_n":2,"prompt_n":14,"prompt_ms":1.5,"predicted_n":10}}"#,
            Some(16),
            Some(10),
        );
        tokens(
            r#"data: {"x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":2}}}"#,
            Some(1),
            Some(2),
        );
        tokens(r#"data: {"usage":{"prompt_eval_count":26,"eval_count":298}}"#, Some(26), Some(298));
        tokens(r#"data: {"usage":{"prompt_tokens":8,"total_tokens":8}}"#, Some(8), None);
    }

    #[test]
    fn the_last_word_counts_and_usage_before_timings() {
        tokens(
            "data: {\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n\
             data: {\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2},\"timings\":{\"predicted_n\":7}}\n\n\
             data: {\"usage\":null}\n\n",
            Some(9),
            Some(2),
        );
    }

    #[test]
    fn what_is_no_count_is_none() {
        tokens(
            r#"data: {"usage":{"prompt_tokens":{"type":"integer"},"completion_tokens":"2"}}"#,
            None,
            None,
        );
        tokens(r#"data: {"usage":{"prompt_tokens":-1,"completion_tokens":2.0}}"#, None, Some(2));
        tokens(r#"data: {"usage":{"prompt_tokens":18446744073709551615}}"#, None, None);
        tokens(
            r#"data: {"usage":{"input_tokens":1099511627776,"cache_read_input_tokens":[1]}}"#,
            Some(1 << 40),
            None,
        );
        tokens(r#"data: {"usage":{"prompt_tokens":1 2}}"#, None, None);
    }

    #[test]
    fn choices() {
        assert!(!read("data: {\"x\":1}\n\n").lacks_choice());
        let mut findings = read("data: {\"choices\":[]}\n\n");
        assert!(findings.lacks_choice());
        findings.read(b"data: {\"choices\":[{}]}\n\ndata: {\"choices\":[]}\n\n");
        assert!(!findings.lacks_choice());
    }

    #[test]
    fn ends_and_errors() {
        let running = read("data: {\"choices\":[{\"finish_reason\":null}]}\n\n");
        assert!(!running.is_finished() && running.error().is_none());
        let finished = read("data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n");
        assert!(finished.is_finished() && !finished.is_over());
        assert!(read("data: [DONE]\n\n").is_over());
        let last = "data: {\"type\":\"response.completed\",\"sequence_number\":8}\n\n";
        assert!(!read(last).is_over());
        let mut responses = Findings::of_event_stream(Dialect::Responses);
        assert_eq!(responses.next_event(), 0);
        responses.read(last.as_bytes());
        assert!(responses.is_over());
        assert_eq!(responses.next_event(), 9);
        let failed = read(
            "data: {\"error\":{\"message\":\"overloaded\",\"code\":1}}\n\ndata: {\"error\":{\"message\":{}}}\n\n",
        );
        assert_eq!(failed.error(), Some("overloaded"));
        let in_vllms_words = read("data: {\"object\":\"error\",\"message\":\"too long\"}\n\n");
        assert_eq!(in_vllms_words.error(), Some("too long"));
        let event = "data: {\"type\":\"error\",\"message\":\"no\",\"sequence_number\":3}\n\n";
        assert_eq!(read(event).error(), None);
        let mut responses = Findings::of_event_stream(Dialect::Responses);
        responses.read(event.as_bytes());
        assert_eq!((responses.error(), responses.next_event()), (Some("no"), 4));
    }
}
