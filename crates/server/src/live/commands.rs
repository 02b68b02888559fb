//! What clients ask for over Socket.IO, each request acknowledged.

use std::sync::Arc;

use api::ApiError;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use socketioxide::extract::{AckSender, SocketRef};
use socketioxide::socket::Sid;
use tokio_util::task::TaskTracker;

use super::logs::{LogSubscriptions, Request};
use super::requests::RequestSubscriptions;
use super::usage::UsageSubscriptions;
use super::{Sent, cut_off};
use crate::app::App;
use crate::failure::Failure;
use crate::routes::MOST_LINES;

/// What a client asks for.
pub(super) struct Command {
    pub(super) socket: SocketRef,
    pub(super) name: String,
    pub(super) payload: Value,
    pub(super) ack: AckSender,
}

/// Carries out what clients ask for.
pub(super) struct Commands {
    app: Arc<App>,
    logs: LogSubscriptions,
    requests: RequestSubscriptions,
    usage: UsageSubscriptions,
}

impl Commands {
    pub(super) fn start(app: &Arc<App>, tasks: &TaskTracker) -> Self {
        Self {
            app: Arc::clone(app),
            logs: LogSubscriptions::new(Arc::clone(app), tasks.clone()),
            requests: RequestSubscriptions::start(Arc::clone(app), tasks),
            usage: UsageSubscriptions::start(Arc::clone(app), tasks),
        }
    }

    /// A client is gone.
    pub(super) fn left(&self, id: Sid) {
        self.logs.left(id);
        self.requests.unsubscribe(id);
        self.usage.unsubscribe(id);
    }

    /// Does what a client asks for and acknowledges it.
    pub(super) fn carry_out(&self, command: Command) {
        let Command { socket, name, payload, ack } = command;
        let done = match name.as_str() {
            // The log's own task acknowledges, so that the lines come after it.
            "logs:subscribe" => match self.log_request(&payload) {
                Ok(request) => return self.logs.subscribe(socket, request, ack),
                Err(failure) => Err(failure),
            },
            "logs:unsubscribe" => match self.process_of(&payload) {
                Ok(process) => return self.logs.unsubscribe(socket, &process, ack),
                Err(failure) => Err(failure),
            },
            "usage:subscribe" => {
                self.usage.subscribe(socket.clone());
                Ok(())
            }
            "usage:unsubscribe" => {
                self.usage.unsubscribe(socket.id);
                Ok(())
            }
            "requests:subscribe" => match self.app.requests.unheard() {
                Some(why) => Err(unheard(why)),
                None => {
                    self.requests.subscribe(socket.clone());
                    Ok(())
                }
            },
            "requests:unsubscribe" => {
                self.requests.unsubscribe(socket.id);
                Ok(())
            }
            _ => Err(unknown(&name)),
        };
        acknowledge(&socket, ack, done.map_err(Failure::into_error));
    }

    fn log_request(&self, payload: &Value) -> Result<Request, Failure> {
        let process = self.process_of(payload)?;
        let tail = match payload.get("tail") {
            None | Some(Value::Null) => Some(0),
            Some(tail) => tail.as_u64().and_then(|tail| usize::try_from(tail).ok()),
        };
        match tail {
            Some(tail) if tail <= MOST_LINES => Ok(Request { process, tail }),
            _ => {
                let message = format!("tail must be a whole number from 0 to {MOST_LINES}");
                Err(Failure::field("tail", message))
            }
        }
    }

    fn process_of(&self, payload: &Value) -> Result<String, Failure> {
        let Some(id) = payload.get("process").and_then(Value::as_str) else {
            let message = "The payload must be an object whose process is the id of one";
            return Err(Failure::field("process", message));
        };
        match self.app.supervisor.spec(id) {
            Some(spec) => Ok(spec.id.clone()),
            None => Err(self.app.unknown(id)),
        }
    }
}

fn unheard(why: &str) -> Failure {
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, "requests_unheard", why)
}

fn unknown(name: &str) -> Failure {
    let message = format!(
        "There is no event `{name}`; there are logs:, requests: and usage:, each with subscribe and unsubscribe"
    );
    Failure::new(StatusCode::NOT_FOUND, "unknown_event", message)
}

#[derive(Serialize)]
struct Acknowledgement {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ApiError>,
}

/// Answers a client; one that cannot even take that is cut off.
pub(super) fn acknowledge(socket: &SocketRef, ack: AckSender, done: Result<(), ApiError>) {
    let answer = Acknowledgement { ok: done.is_ok(), error: done.err() };
    if Sent::of(&ack.send(&answer)) == Sent::Full {
        cut_off(socket);
    }
}
