//! Lifecycle events: the live stream and the history.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use api::{ErrorBody, History};
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures_util::stream::{self, Stream, StreamExt};
use http::{HeaderMap, HeaderValue, header};
use prometheus_client::metrics::gauge::Gauge;
use serde::Serialize;
use supervisor::{Replay, ReplayStart, Snapshot, Told};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

use crate::app::{App, Shared};
use crate::connection::Wire;
use crate::failure::Failure;
use crate::readers::Progress;
use crate::request::Params;

/// How often a silent stream says that it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The largest `seq` that the journal can keep, and that a client may name.
const LAST_SEQ: u64 = i64::MAX as u64;

const EVENTS: usize = 100;
const MOST_EVENTS: usize = 1_000;

type Events = Pin<Box<dyn Stream<Item = Result<Event, Infallible>> + Send>>;

/// Every lifecycle event after a given one, then live ones.
///
/// What is too old to replay, not known here, or not given at all, is answered with one `snapshot` event, the whole
/// state, instead. `Last-Event-ID` goes before `after`, which is what a browser's `EventSource` needs to resume. Where a
/// token is set it goes into the `Authorization` header as everywhere: read the stream with `fetch`.
#[utoipa::path(
    get, path = "/api/events", tag = "events",
    params(
        ("after" = Option<u64>, Query, description = "The `seq` of the last event that is known", example = 0),
        ("Last-Event-ID" = Option<u64>, Header, description = "Likewise; it goes before `after`")
    ),
    responses(
        (status = 200, description = "Server-sent events: `id` is `seq`, `event` is `lifecycle:update` or `snapshot`, or, without an `id`, `detail:updated`", body = String, content_type = "text/event-stream",
            example = "event: lifecycle:update\nid: 7\ndata: {\"providerRouter\":{\"id\":\"providerRouter\",\"state\":\"starting\"},\"timestamp\":1767225600000,\"seq\":7,\"epoch\":\"00c0ffee\"}\n\n"),
        (status = 401, description = "No or a wrong token", body = ErrorBody),
        (status = 422, description = "`after` is wrong", body = ErrorBody)
    )
)]
pub(crate) async fn events(
    State(app): Shared,
    connection: Option<Extension<Wire>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Failure> {
    let after = params.whole("after", 0, LAST_SEQ)?;
    let replay = match last_event_id(&headers) {
        Some(Some(seq)) => app.supervisor.replay(seq).await,
        Some(None) => app.whole_state(),
        None => match after {
            Some(seq) => app.supervisor.replay(seq).await,
            None => app.whole_state(),
        },
    };
    let events =
        live_after(replay, &app, connection.map_or_else(Wire::default, |Extension(wire)| wire));
    let mut response =
        Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// The header, if there is one, and its number, if it is one.
fn last_event_id(headers: &HeaderMap) -> Option<Option<u64>> {
    let value = headers.get("last-event-id")?;
    Some(value.to_str().ok().and_then(|text| text.trim().parse().ok()))
}

impl App {
    fn whole_state(&self) -> Replay {
        let (snapshot, live) = self.supervisor.subscribe();
        Replay { start: ReplayStart::Snapshot(snapshot), live }
    }
}

fn live_after(replay: Replay, app: &App, wire: Wire) -> Events {
    let missed: Vec<Event> = match replay.start {
        ReplayStart::Snapshot(snapshot) => vec![snapshot_event(snapshot)],
        ReplayStart::Events(events) => {
            events.into_iter().map(|(seq, json)| update_event(seq, &json)).collect()
        }
    };
    let reader = Reader {
        live: replay.live,
        closing: app.closing.clone(),
        progress: app.readers.add(app.supervisor.snapshot().seq, wire),
        _counted: Counted::new(&app.metrics.streams),
    };
    Box::pin(stream::iter(missed).chain(stream::unfold(reader, Reader::next)).map(Ok))
}

struct Reader {
    live: broadcast::Receiver<Told>,
    closing: CancellationToken,
    progress: Arc<Progress>,
    _counted: Counted,
}

impl Reader {
    /// The stream ends with the server, and where this reader was too slow: it resumes from what it has.
    async fn next(mut self) -> Option<(Event, Self)> {
        let told = tokio::select! {
            biased;
            () = self.closing.cancelled() => return None,
            told = self.live.recv() => told,
        };
        match told {
            Ok(Told::Detail(json)) => Some((detail_event(&json), self)),
            Ok(Told::Event(published)) => {
                self.progress.reached(published.seq);
                Some((update_event(published.seq, &published.json), self))
            }
            Err(RecvError::Lagged(_) | RecvError::Closed) => None,
        }
    }
}

fn update_event(seq: u64, json: &str) -> Event {
    Event::default().event("lifecycle:update").id(seq.to_string()).data(json)
}

/// Without an id: who resumes asks for events alone.
fn detail_event(json: &str) -> Event {
    Event::default().event("detail:updated").data(json)
}

#[derive(Serialize)]
struct SnapshotEvent {
    processes: Vec<Arc<api::Process>>,
    seq: u64,
    epoch: Arc<str>,
}

fn snapshot_event(snapshot: Snapshot) -> Event {
    let id = snapshot.seq.to_string();
    Event::default().event("snapshot").id(id).data(snapshot_json(snapshot))
}

/// The whole state as readers of `/api/events` get it.
pub(crate) fn snapshot_json(snapshot: Snapshot) -> String {
    let Snapshot { processes, seq, epoch } = snapshot;
    serde_json::to_string(&SnapshotEvent { processes, seq, epoch }).unwrap_or_default()
}

/// Counts one more for as long as it lives.
pub(crate) struct Counted(Gauge);

impl Counted {
    pub(crate) fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Lifecycle events from the journal, oldest first.
#[utoipa::path(
    get, path = "/api/history", tag = "events",
    params(
        ("process" = Option<String>, Query, description = "Those of one process alone", example = "providerRouter"),
        ("after" = Option<u64>, Query, description = "Those after this `seq`", example = 0),
        ("limit" = Option<u32>, Query, description = "How many, up to 1000", minimum = 1, maximum = 1000, example = 100)
    ),
    responses(
        (status = 200, description = "A page of events", body = History),
        (status = 401, description = "No or a wrong token", body = ErrorBody),
        (status = 404, description = "There is no such process", body = ErrorBody),
        (status = 422, description = "A field is wrong", body = ErrorBody),
        (status = 500, description = "The event journal cannot be read", body = ErrorBody)
    )
)]
pub(crate) async fn history(State(app): Shared, params: Params) -> Result<Json<History>, Failure> {
    let process = params.text("process").map(str::to_owned);
    let after = params.whole("after", 0, LAST_SEQ)?.unwrap_or_default();
    let limit = params.whole("limit", 1, MOST_EVENTS)?.unwrap_or(EVENTS);
    Ok(Json(app.supervisor.history(process, after, limit).await?))
}
