//! An answer that is told while it comes.

use serde_json::Value;

use crate::{
    chat::{
        chunk::Failure,
        reading::{End, Heard, Reading},
        sequence::Step,
        usage::Usage,
    },
    translation::Protocol,
};

/// How a protocol tells an answer, in events that are appended to `out`.
pub(crate) trait Tell: Send {
    /// It begins. `model` is what the provider calls the model.
    fn begin(&mut self, model: Option<String>, out: &mut Vec<u8>);
    /// It goes on.
    fn step(&mut self, step: Step, out: &mut Vec<u8>);
    /// It is complete.
    fn end(&mut self, end: &End, out: &mut Vec<u8>);
    /// It will not be complete.
    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>);
}

/// Turns the event stream of a chat completion into that of another protocol, chunk by chunk:
/// what a chunk says is told at once, as far as it can be told.
pub struct Stream {
    protocol: Protocol,
    reading: Reading,
    teller: Box<dyn Tell>,
    has_failed: bool,
}

impl Stream {
    pub(crate) fn new(protocol: Protocol, teller: Box<dyn Tell>) -> Self {
        Self { protocol, reading: Reading::default(), teller, has_failed: false }
    }

    /// Takes the next bytes, which may end anywhere, and returns what they let be told.
    #[must_use]
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        let heard = self.reading.feed(bytes);
        self.tell(heard)
    }

    /// The provider ended the stream properly. If [`Self::is_over`] is false afterwards, what it
    /// sent lacks its end, and [`Self::fail`] is due.
    #[must_use]
    pub fn finish(&mut self) -> Vec<u8> {
        let heard = self.reading.finish();
        self.tell(heard)
    }

    /// Takes a whole answer in place of a stream: some providers send none.
    #[must_use]
    pub fn take_whole(&mut self, answer: &Value) -> Vec<u8> {
        let heard = self.reading.take_whole(answer);
        self.tell(heard)
    }

    /// The stream broke off, or came to its end too soon: returns how the protocol says so. Says
    /// nothing where the end has been told already.
    #[must_use]
    pub fn fail(&mut self, status: u16, message: &str) -> Vec<u8> {
        let mut out = Vec::new();
        if self.is_over() {
            return out;
        }
        self.has_failed = true;
        let failure = Failure { message: message.to_owned(), code: None, status: Some(status) };
        self.teller.fail(&failure, &mut out);
        out
    }

    /// What shows the caller, while nothing can be told, that the answer is still being made.
    #[must_use]
    pub fn ping(&self) -> &'static [u8] {
        match self.protocol {
            Protocol::Messages => b"event: ping\ndata: {\"type\":\"ping\"}\n\n",
            Protocol::Responses => b": ping\n\n",
        }
    }

    /// Whether the answer's end has been told, be it complete or not.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.has_failed || self.reading.is_over()
    }

    /// Whether what has been told is that the answer failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// What the answer has cost, as far as the provider has said that.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.reading.usage()
    }

    fn tell(&mut self, heard: Vec<Heard>) -> Vec<u8> {
        let mut out = Vec::new();
        // Nothing follows an end.
        if self.has_failed {
            return out;
        }
        for heard in heard {
            match heard {
                Heard::Begin { model } => self.teller.begin(model, &mut out),
                Heard::Step(step) => self.teller.step(step, &mut out),
                Heard::End(end) => self.teller.end(&end, &mut out),
                Heard::Failed(failure) => {
                    self.has_failed = true;
                    self.teller.fail(&failure, &mut out);
                }
            }
        }
        out
    }
}
