//! An answer of a provider as it is read: streamed in bytes, or whole.

use serde_json::Value;

use super::{
    chunk::{Chunk, Failure, Finish},
    sequence::{Sequence, Step},
    usage::Usage,
};
use crate::sse::EventReader;

/// How an answer stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    /// Nothing has come.
    #[default]
    Before,
    Going,
    /// The provider has said that this is all, or that it failed.
    Over,
}

/// What is to be told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The answer begins. `model` is what the provider calls the model.
    Begin {
        model: Option<String>,
    },
    Step(Step),
    /// The answer is complete.
    End(End),
    /// The provider failed.
    Failed(Failure),
}

/// How a complete answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) finish: Finish,
    pub(crate) has_calls: bool,
    /// The model refused in as many words.
    pub(crate) has_refusal: bool,
    pub(crate) usage: Usage,
}

/// What has been read so far.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    events: EventReader,
    sequence: Sequence,
    stage: Stage,
    finish: Option<Finish>,
    usage: Option<Usage>,
}

impl Reading {
    /// Takes more bytes of an event stream.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<Heard> {
        let mut heard = Vec::new();
        if self.is_over() {
            return heard;
        }
        let mut events = std::mem::take(&mut self.events);
        events.feed(bytes, |data| self.take_data(data, &mut heard));
        if events.is_overfull() && !self.is_over() {
            let message = "an event of its stream is longer than 64 MiB".to_owned();
            self.fail(Failure { message, code: None, status: Some(502) }, &mut heard);
        }
        self.events = events;
        heard
    }

    /// The stream ended properly. Without a reason to have finished it lacks its end all the same:
    /// then this says nothing, and [`Self::is_over`] is false.
    pub(crate) fn finish(&mut self) -> Vec<Heard> {
        let mut heard = Vec::new();
        let mut events = std::mem::take(&mut self.events);
        events.finish(|data| self.take_data(data, &mut heard));
        if self.finish.is_some() {
            self.end(&mut heard);
        }
        heard
    }

    /// Takes a whole answer.
    pub(crate) fn take_whole(&mut self, answer: &Value) -> Vec<Heard> {
        let mut heard = Vec::new();
        self.take(Chunk::read(answer), &mut heard);
        self.end(&mut heard);
        heard
    }

    /// Whether the answer has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.stage != Stage::Before
    }

    /// Whether the provider has said that this is all, or that it failed.
    pub(crate) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// What the answer has cost, as far as that was said.
    pub(crate) fn usage(&self) -> Option<Usage> {
        self.usage
    }

    fn take_data(&mut self, data: &[u8], heard: &mut Vec<Heard>) {
        if data.trim_ascii() == b"[DONE]" {
            return self.end(heard);
        }
        // What is not JSON says nothing; if it stood for something, the end will be missing.
        if let Ok(chunk) = serde_json::from_slice(data) {
            self.take(Chunk::read(&chunk), heard);
        }
    }

    fn take(&mut self, chunk: Chunk, heard: &mut Vec<Heard>) {
        if self.is_over() {
            return;
        }
        if let Some(failure) = chunk.failure {
            return self.fail(failure, heard);
        }
        if !self.has_begun() {
            self.stage = Stage::Going;
            heard.push(Heard::Begin { model: chunk.model });
        }
        self.usage = chunk.usage.or(self.usage);
        let mut steps = Vec::new();
        for piece in chunk.pieces {
            self.sequence.push(piece, &mut steps);
        }
        if let Some(finish) = chunk.finish {
            self.sequence.finish(finish == Finish::Length, &mut steps);
            self.finish = Some(finish);
        }
        heard.extend(steps.into_iter().map(Heard::Step));
    }

    fn fail(&mut self, failure: Failure, heard: &mut Vec<Heard>) {
        self.stage = Stage::Over;
        heard.push(Heard::Failed(failure));
    }

    fn end(&mut self, heard: &mut Vec<Heard>) {
        if self.is_over() {
            return;
        }
        if !self.has_begun() {
            heard.push(Heard::Begin { model: None });
        }
        self.stage = Stage::Over;
        let mut steps = Vec::new();
        self.sequence.finish(false, &mut steps);
        heard.extend(steps.into_iter().map(Heard::Step));
        heard.push(Heard::End(End {
            finish: self.finish.clone().unwrap_or(Finish::Stop(None)),
            has_calls: self.sequence.has_calls(),
            has_refusal: self.sequence.has_refusal(),
            usage: self.usage.unwrap_or_default(),
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::{Heard, Reading};
    use serde_json::json;

    fn feed(reading: &mut Reading, text: &str) -> usize {
        reading.feed(text.as_bytes()).len()
    }

    #[test]
    fn an_end_without_a_reason_is_none() {
        let mut reading = Reading::default();
        assert_eq!(
            feed(&mut reading, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"),
            3
        );
        assert!(reading.finish().is_empty());
        assert!(reading.has_begun() && !reading.is_over());
    }

    #[test]
    fn an_end_with_a_reason_needs_no_done() {
        let mut reading = Reading::default();
        let last = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}";
        assert_eq!(feed(&mut reading, last), 0);
        let heard = reading.finish();
        assert!(matches!(heard[..], [Heard::Begin { .. }, Heard::End(_)]), "{heard:?}");
        assert!(reading.is_over());
    }

    #[test]
    fn nothing_follows_an_error() {
        let mut reading = Reading::default();
        let heard = reading.feed(b"data: {\"error\":{\"message\":\"no\"}}\n\ndata: [DONE]\n\n");
        assert!(matches!(heard[..], [Heard::Failed(_)]), "{heard:?}");
        assert!(reading.is_over());
    }

    #[test]
    fn an_event_without_an_end_is_a_failure() {
        let mut reading = Reading::default();
        let flood = vec![b'x'; 1 << 20];
        let heard: Vec<Heard> = (0..80).flat_map(|_| reading.feed(&flood)).collect();
        assert!(matches!(heard[..], [Heard::Failed(_)]), "{heard:?}");
        assert!(reading.is_over());
    }

    #[test]
    fn the_last_usage_counts() {
        let mut reading = Reading::default();
        for completion in [1, 2] {
            let chunk = json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": completion}});
            feed(&mut reading, &format!("data: {chunk}\n\n"));
        }
        assert_eq!(reading.usage().map(|usage| usage.completion), Some(2));
    }
}
