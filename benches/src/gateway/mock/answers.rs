//! What the mock upstream says: bytes that are made once, chosen by the model that is asked for.
use std::fmt::Write as _;

use memchr::memmem;

/// Chunks of a stream.
pub(crate) const CHUNKS: u32 = 100;
/// From one chunk of a stream to the next.
pub(crate) const EVERY_NS: u64 = 20_000_000;
/// How much the endless stream sends at most, in bytes.
pub(crate) const ENDLESS: usize = 200_000_000;
/// The size of one of its chunks.
const ENDLESS_CHUNK: usize = 16_000;
/// The size of a long answer.
const LONG: usize = 5_000_000;
/// The size of a short one.
const SHORT: usize = 1_000;

const STREAM_HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
                           Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";

/// What a request asks the mock to do: the name of its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    /// Answers at once with 1 KB.
    Short,
    /// Answers at once with 5 MB.
    Long,
    /// 100 chunks, 20 ms apart, the first one at once.
    Stream,
    /// 200 MB of chunks, as fast as they are taken.
    Endless,
    /// Never answers.
    Silent,
    /// Sends a head, then nothing.
    Headed,
    /// Sends a head and one chunk, then nothing.
    Hushed,
}

impl Model {
    /// All of them, with their names.
    pub(crate) const ALL: [(&str, Self); 7] = [
        ("short", Self::Short),
        ("long", Self::Long),
        ("stream", Self::Stream),
        ("endless", Self::Endless),
        ("silent", Self::Silent),
        ("headed", Self::Headed),
        ("hushed", Self::Hushed),
    ];

    /// The name that a request says.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, model)| *model == self).map_or("", |(name, _)| name)
    }

    /// The model that a request's body names.
    pub(crate) fn of(body: &[u8]) -> Option<Self> {
        const MEMBER: &[u8] = b"\"model\"";
        let rest = &body[memmem::find(body, MEMBER)? + MEMBER.len()..];
        let name = rest.split(|byte| *byte == b'"').nth(1)?;
        Self::ALL.iter().find(|(its, _)| its.as_bytes() == name).map(|(_, model)| *model)
    }
}

/// The answers that never change.
pub(crate) struct Answers {
    /// 1 KB.
    pub(crate) short: Vec<u8>,
    /// 5 MB.
    pub(crate) long: Vec<u8>,
    /// The list of models.
    pub(crate) models: Vec<u8>,
    /// A chunk of the endless stream.
    pub(crate) endless: Vec<u8>,
}

impl Answers {
    /// Makes them.
    pub(crate) fn new() -> Self {
        let endless = chunk(&event(&"x".repeat(ENDLESS_CHUNK)));
        let models: Vec<_> = Model::ALL
            .iter()
            .map(|(name, _)| {
                format!(
                    r#"{{"id":"{name}","object":"model","created":1760000000,"owned_by":"mock"}}"#
                )
            })
            .collect();
        let models = format!(r#"{{"object":"list","data":[{}]}}"#, models.join(","));
        Self {
            short: whole(&completion(SHORT)),
            long: whole(&completion(LONG)),
            models: whole(&models),
            endless: endless.into_bytes(),
        }
    }
}

/// The head of every stream.
pub(crate) fn stream_head() -> &'static [u8] {
    STREAM_HEAD.as_bytes()
}

/// The chunk with this number of a stream, sent at `now_ns`, which it says.
pub(crate) fn stamped(number: u32, now_ns: u64) -> String {
    chunk(&event(&format!("@{now_ns}#{number} and so on")))
}

/// The end of a stream.
pub(crate) fn stream_end() -> String {
    let finish = r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1760000000,"model":"stream","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    chunk(&format!("{finish}\n\ndata: [DONE]\n\n")) + "0\r\n\r\n"
}

/// An answer with this body.
pub(crate) fn whole(body: &str) -> Vec<u8> {
    let length = body.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ";
    format!("{head}{length}\r\n\r\n{body}").into_bytes()
}

fn completion(size: usize) -> String {
    let mut text = String::from(
        r#"{"id":"chatcmpl-1","object":"chat.completion","created":1760000000,"model":"mock","choices":[{"index":0,"message":{"role":"assistant","content":""#,
    );
    let end = r#""},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":200,"total_tokens":209}}"#;
    while text.len() + end.len() < size {
        // Writing to a string cannot fail.
        let _ = write!(text, "word ");
    }
    text + end
}

fn event(content: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\
         \"model\":\"stream\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{content}\"}},\
         \"finish_reason\":null}}]}}\n\n"
    )
}

fn chunk(data: &str) -> String {
    format!("{:x}\r\n{data}\r\n", data.len())
}

#[cfg(test)]
mod tests {
    use super::{Answers, Model, stamped};

    #[test]
    fn the_model_is_read_wherever_it_stands() {
        assert_eq!(Model::of(br#"{"messages":[],"model" : "long"}"#), Some(Model::Long));
        assert_eq!(Model::of(br#"{"model":"stream","stream":true}"#), Some(Model::Stream));
        assert_eq!(Model::of(br#"{"model":"other"}"#), None);
        assert_eq!(Model::of(b"{}"), None);
    }

    #[test]
    fn answers_are_as_long_as_they_should_be() {
        let answers = Answers::new();
        assert!((1_000..1_200).contains(&answers.short.len()), "{}", answers.short.len());
        assert!((5_000_000..5_000_200).contains(&answers.long.len()));
        assert!(stamped(7, 42).contains("\"@42#7 "));
    }
}
