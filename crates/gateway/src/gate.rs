//! The way of one request through the gateway.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::Value;

use crate::{
    Refusal, Upstream,
    access::{self, AccessRules},
    forward::{Forwarder, Outgoing},
    incoming,
    reply::{self, ReplyBody},
    route::{Route, route},
};

/// What a proxy server brings: its health, and where its requests go.
pub trait Application: Send + Sync + 'static {
    /// The answer to `GET /health`.
    fn health(&self) -> Value;

    /// Where requests go.
    ///
    /// # Errors
    /// What to tell the caller when there is nowhere to go.
    fn upstream(&self) -> Result<&Upstream, Refusal>;

    /// Told the status of every answer that the upstream began.
    fn upstream_answered(&self, status: StatusCode);
}

pub(crate) struct Gate<A> {
    pub(crate) application: A,
    pub(crate) access: AccessRules,
    pub(crate) forwarder: Forwarder,
}

impl<A: Application> Gate<A> {
    /// Answers a request. Dropping the future ends whatever it has begun.
    pub(crate) async fn respond(&self, request: Request<Incoming>) -> Response<ReplyBody> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = match self.access.admit(&request) {
            Ok(origin) => self.answer_page(request, origin).await,
            Err(refusal) => refuse(refusal),
        };
        tracing::debug!(
            http.method = %method,
            http.path = path,
            http.status = response.status().as_u16(),
            "answered"
        );
        response
    }

    async fn answer_page(
        &self,
        request: Request<Incoming>,
        origin: Option<HeaderValue>,
    ) -> Response<ReplyBody> {
        let mut response = match access::preflight(&request) {
            Some(response) => response,
            None => self.answer(request).await.unwrap_or_else(refuse),
        };
        if let Some(origin) = origin {
            access::add_cors(response.headers_mut(), origin);
        }
        response
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<ReplyBody>, Refusal> {
        let (head, body) = request.into_parts();
        match route(&head.method, head.uri.path())? {
            Route::Health => {
                let health = Bytes::from(self.application.health().to_string());
                Ok(reply::json(StatusCode::OK, health))
            }
            Route::Ask { path } => {
                let (method, query) = (http::Method::GET, head.uri.query());
                let headers = head.headers;
                let body = Bytes::new();
                self.pass_on(Outgoing { method, path, query, headers, body }).await
            }
            Route::Send { path } => {
                let body = incoming::read_json(&head.headers, body).await?;
                let (method, query, headers) = (head.method, head.uri.query(), head.headers);
                self.pass_on(Outgoing { method, path, query, headers, body }).await
            }
        }
    }

    async fn pass_on(&self, outgoing: Outgoing<'_>) -> Result<Response<ReplyBody>, Refusal> {
        let upstream = self.application.upstream()?;
        let response = self.forwarder.forward(upstream, outgoing).await?;
        self.application.upstream_answered(response.status());
        Ok(response)
    }
}

fn refuse(refusal: Refusal) -> Response<ReplyBody> {
    let (status, code) = (refusal.status(), refusal.code());
    if status.is_server_error() {
        tracing::warn!(http.status = status.as_u16(), code, "a request failed");
    }
    refusal.into_response()
}
