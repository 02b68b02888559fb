//! What becomes of one request, noted as it becomes known and told when it ends.
//!
//! The gate makes an observation of each request; the relay keeps it to the end of the answer. The
//! first end that is noted counts. A request of which nobody noted an end was dropped: its caller
//! went away, or the drain was over.

use http::{HeaderMap, Method, Request, StatusCode, header};
use request_log::{Begin, Outcome, Record, Reporter};
use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
};

use crate::{Refusal, crowd::Visit, findings::Tokens, traffic::Traffic};

/// What a caller's answer would have had for its status, had it waited: nginx's "client closed
/// request", which others took over.
const CLIENT_GONE: u16 = 499;

/// Where to note what becomes of a request.
#[derive(Clone)]
pub struct Observation(Arc<Observed>);

struct Observed {
    traffic: Arc<Traffic>,
    /// Its connection waits for it, if it has one.
    _visit: Option<Visit>,
    notes: Mutex<Notes>,
}

struct Notes {
    /// None once its end is told, and for what is not recorded.
    record: Option<Record>,
    has_status: bool,
    /// An end that came before the status was known: of a stream that somebody puts together.
    end: Option<(Outcome, Option<String>)>,
}

impl Notes {
    fn of(record: Option<Record>) -> Mutex<Self> {
        Mutex::new(Self { record, has_status: false, end: None })
    }

    fn finish(&mut self, outcome: Outcome, error: Option<&str>) {
        let Some(mut record) = self.record.take() else { return };
        if let Some(error) = error {
            record.error(error);
        }
        record.finish(outcome);
    }
}

impl Observation {
    /// A request begins. Those that have something for an upstream are recorded, not the questions
    /// about health and models that programs ask every few seconds.
    pub(crate) fn begin<B>(
        traffic: &Arc<Traffic>,
        reporter: &Reporter,
        request: &Request<B>,
        visit: Visit,
    ) -> Self {
        let record = (request.method() == Method::POST).then(|| {
            let client = client(request.headers());
            reporter.begin(Begin { path: request.uri().path(), client })
        });
        traffic.begins();
        let (traffic, notes) = (Arc::clone(traffic), Notes::of(record));
        Self(Arc::new(Observed { traffic, _visit: Some(visit), notes }))
    }

    /// Of a request of our own.
    pub(crate) fn of_nobody() -> Self {
        let traffic = Arc::new(Traffic::default());
        traffic.begins();
        Self(Arc::new(Observed { traffic, _visit: None, notes: Notes::of(None) }))
    }

    /// What is asked for.
    pub(crate) fn asks_for(&self, model: Option<&str>, is_stream: bool) {
        self.note(|record| {
            record.stream(is_stream);
            if let Some(model) = model {
                record.model(model);
            }
        });
    }

    /// Whom it is passed on to. What came of an earlier attempt counts for nothing then.
    pub(crate) fn goes_to(&self, provider: &str) {
        self.0.notes().end = None;
        self.note(|record| {
            record.attempt(provider);
            record.tell();
        });
    }

    /// The head of the answer is there.
    pub(crate) fn is_answered(&self, status: StatusCode) {
        let mut notes = self.0.notes();
        notes.has_status = true;
        if let Some(record) = &mut notes.record {
            record.status(status.as_u16());
        }
        if let Some((outcome, error)) = notes.end.take() {
            notes.finish(outcome, error.as_deref());
        }
    }

    /// The first data of the answer passes.
    pub(crate) fn has_data(&self) {
        self.note(|record| {
            record.first_token();
            record.tell();
        });
    }

    pub(crate) fn counts(&self, tokens: Tokens) {
        self.note(|record| {
            if let Some(count) = tokens.prompt {
                record.prompt_tokens(count);
            }
            if let Some(count) = tokens.completion {
                record.completion_tokens(count);
            }
        });
    }

    /// The caller is told why there is no answer.
    pub(crate) fn is_refused(&self, refusal: &Refusal) {
        // What was complete upstream was of no use to whoever put it together.
        self.0.notes().end.take_if(|(outcome, _)| *outcome == Outcome::Complete);
        self.is_answered(refusal.status());
        self.ends(refusal.outcome(), Some(refusal.message()));
    }

    pub(crate) fn ends(&self, outcome: Outcome, error: Option<&str>) {
        let mut notes = self.0.notes();
        if notes.has_status {
            notes.finish(outcome, error);
        } else {
            notes.end.get_or_insert_with(|| (outcome, error.map(str::to_owned)));
        }
    }

    /// Whether the request has to end, since the drain is over.
    pub(crate) fn is_drained(&self) -> bool {
        self.0.traffic.is_over()
    }

    /// What `answer` comes to, or a refusal as soon as the drain is over.
    pub(crate) async fn unless_drained<T>(
        &self,
        mut answer: Pin<&mut impl Future<Output = Result<T, Refusal>>>,
    ) -> Result<T, Refusal> {
        let drained = || Poll::Ready(Err(Refusal::drained()));
        poll_fn(|context| if self.is_drained() { drained() } else { answer.as_mut().poll(context) })
            .await
    }

    fn note(&self, note: impl FnOnce(&mut Record)) {
        if let Some(record) = &mut self.0.notes().record {
            note(record);
        }
    }
}

impl Observed {
    fn notes(&self) -> std::sync::MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        self.traffic.ends();
        let is_drained = self.traffic.is_over();
        let notes = self.notes.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(mut record) = notes.record.take() else { return };
        if !notes.has_status && !is_drained {
            record.status(CLIENT_GONE);
        }
        record.finish(if is_drained { Outcome::Drained } else { Outcome::ClientGone });
    }
}

fn client(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::USER_AGENT)?.to_str().ok()
}
