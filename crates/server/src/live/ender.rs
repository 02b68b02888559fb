//! Ends sessions that poll.
//!
//! A WebSocket ends with its connection. A session that polls has a connection for each request, or none at the moment,
//! and the library has no call that ends it. So the library is told what a client says that leaves: a close packet.

use std::convert::Infallible;

use axum::body::Body;
use http::{Method, Request};
use socketioxide::socket::Sid;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Answers all requests to Socket.IO.
pub(crate) type Service = axum::routing::MethodRouter<(), Infallible>;

/// Tells the task which sessions are to end. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Ender(mpsc::UnboundedSender<Sid>);

impl Ender {
    /// How to tell the task, and what it is told.
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<Sid>) {
        let (sender, sessions) = mpsc::unbounded_channel();
        (Self(sender), sessions)
    }

    /// One that does not poll, or is over, is left alone.
    pub(super) fn end(&self, session: Sid) {
        // Without the task the server is closing, and all sessions with it.
        let _closing = self.0.send(session);
    }
}

/// The task, until the server closes.
pub(super) async fn run(
    service: Service,
    mut sessions: mpsc::UnboundedReceiver<Sid>,
    closing: CancellationToken,
) {
    loop {
        let session = tokio::select! {
            () = closing.cancelled() => return,
            session = sessions.recv() => session,
        };
        let Some(session) = session else { return };
        match leaving(session) {
            Ok(request) => {
                let Ok(response) = service.clone().oneshot(request).await;
                tracing::debug!(client = %session, status = %response.status(), "live.session_ended");
            }
            Err(error) => tracing::error!(%error, "live.cannot_end_session"),
        }
    }
}

fn leaving(session: Sid) -> http::Result<Request<Body>> {
    let path = format!("/socket.io/?EIO=4&transport=polling&sid={session}");
    Request::builder().method(Method::POST).uri(path).body(Body::from("1"))
}
