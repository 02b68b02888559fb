//! Telling of requests.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::queue::Queue;
use crate::{Entry, KeyNote, Outcome, Row};

/// How long a name is kept, in bytes: what others send is not ours to store without end.
const LONGEST_NAME: usize = 256;

/// How long an error is kept, in bytes.
const LONGEST_ERROR: usize = 1_024;

/// Tells of requests. Cheap to clone; the default one tells nobody and costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Reporter(Option<Arc<Queue>>);

/// What is known of a request when it begins.
#[derive(Clone, Copy, Debug, Default)]
pub struct Begin<'a> {
    /// The path that was asked for.
    pub path: &'a str,
    /// What the client calls itself, as in `User-Agent`.
    pub client: Option<&'a str>,
}

impl Reporter {
    pub(crate) fn to(queue: Arc<Queue>) -> Self {
        Self(Some(queue))
    }

    /// What the upstream thinks of the key that is sent there, now.
    pub fn key(&self, note: KeyNote) {
        if let Some(queue) = &self.0 {
            queue.note_key(note);
        }
    }

    /// A request begins.
    #[must_use = "a record that is dropped says that the client went away"]
    pub fn begin(&self, begin: Begin<'_>) -> Record {
        let Some(queue) = &self.0 else { return Record(None) };
        let entry = Entry {
            time: now_ms(),
            path: shortened(begin.path, LONGEST_NAME),
            client: begin.client.map(|client| shortened(client, LONGEST_NAME)),
            ..Entry::default()
        };
        let live = Live {
            queue: Arc::clone(queue),
            key: queue.next_key(),
            began: Instant::now(),
            place: None,
            entry,
        };
        let mut record = Record(Some(Box::new(live)));
        record.tell();
        record
    }
}

/// One request, until it is over.
///
/// What is noted is told with the next [`Record::tell`], or at the end. A record that is dropped
/// before it is finished says that the client went away: that is when a request's future is dropped.
#[derive(Debug)]
pub struct Record(Option<Box<Live>>);

#[derive(Debug)]
struct Live {
    queue: Arc<Queue>,
    key: u64,
    began: Instant,
    /// Where in the queue it was put last.
    place: Option<u64>,
    entry: Entry,
}

impl Record {
    /// What the client calls the model.
    pub fn model(&mut self, model: &str) {
        self.note(|entry| entry.model = Some(shortened(model, LONGEST_NAME)));
    }

    /// The id of the provider that it goes to; the last one counts, and nothing that came of the others.
    pub fn attempt(&mut self, provider: &str) {
        self.note(|entry| {
            (entry.first_token_ms, entry.prompt_tokens, entry.completion_tokens) =
                (None, None, None);
            if entry.provider.as_deref() != Some(provider) {
                entry.provider = Some(shortened(provider, LONGEST_NAME));
            }
        });
    }

    /// Whether the client asked for a stream.
    pub fn stream(&mut self, stream: bool) {
        self.note(|entry| entry.stream = stream);
    }

    /// The HTTP status that the client gets.
    pub fn status(&mut self, status: u16) {
        self.note(|entry| entry.status = Some(status));
    }

    /// The first token passes, now. Later ones change nothing.
    pub fn first_token(&mut self) {
        if let Some(live) = &mut self.0 {
            let since = live.began.elapsed();
            live.entry.first_token_ms.get_or_insert_with(|| in_ms(since));
        }
    }

    /// How long the prompt was.
    pub fn prompt_tokens(&mut self, count: u64) {
        self.note(|entry| entry.prompt_tokens = Some(count));
    }

    /// How long the answer was.
    pub fn completion_tokens(&mut self, count: u64) {
        self.note(|entry| entry.completion_tokens = Some(count));
    }

    /// What went wrong, for people: no key, and nothing of a body.
    pub fn error(&mut self, error: &str) {
        self.note(|entry| entry.error = Some(shortened(error, LONGEST_ERROR)));
    }

    /// Tells what was noted so far, while the request goes on.
    pub fn tell(&mut self) {
        if let Some(live) = &mut self.0 {
            let row = Row { key: live.key, entry: live.entry.clone() };
            live.place = Some(live.queue.put(live.place, row));
        }
    }

    /// The request is over.
    pub fn finish(mut self, outcome: Outcome) {
        self.end(outcome);
    }

    fn note(&mut self, change: impl FnOnce(&mut Entry)) {
        if let Some(live) = &mut self.0 {
            change(&mut live.entry);
        }
    }

    fn end(&mut self, outcome: Outcome) {
        let Some(live) = self.0.take() else { return };
        let Live { queue, key, began, place, mut entry } = *live;
        entry.outcome = Some(outcome);
        entry.total_ms = Some(in_ms(began.elapsed()));
        queue.put(place, Row { key, entry });
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.end(Outcome::ClientGone);
    }
}

/// At most so many bytes of it, whole characters.
fn shortened(text: &str, most: usize) -> Arc<str> {
    Arc::from(&text[..text.floor_char_boundary(most)])
}

/// In ms, with microseconds: local models answer within less than one.
fn in_ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
