//! The way of one request through the gateway.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::Value;
use std::sync::Arc;

use crate::{
    Destination, Forwarder, Refusal,
    access::{self, AccessRules},
    forward::Outgoing,
    incoming,
    reply::{self, ReplyBody},
    route::{Route, model_id, route},
};

/// What a proxy server brings: its health, its models, and where its requests go.
///
/// What it answers holds for the request from then on: a server that changes its mind does not
/// touch what is in flight.
pub trait Application: Send + Sync + 'static {
    /// The answer to `GET /health`.
    fn health(&self) -> Value;

    /// The answer to `GET /v1/models`, or, with an `id`, to `GET /v1/models/{id}`.
    ///
    /// # Errors
    /// What to tell the caller when there is none.
    fn models(&self, id: Option<&str>) -> impl Future<Output = Result<Models, Refusal>> + Send;

    /// Where a request for `model` goes. None: the request names no model.
    ///
    /// # Errors
    /// What to tell the caller when there is nowhere to go.
    fn destination(
        &self,
        model: Option<&str>,
    ) -> impl Future<Output = Result<Destination, Refusal>> + Send;

    /// Told how every request that was passed on began to be answered: the upstream's status, or
    /// why there is no answer of its own.
    fn answered(&self, destination: &Destination, answer: Result<StatusCode, &Refusal>);
}

/// Who answers a question about models.
pub enum Models {
    /// The server itself, with this document.
    Here(Value),
    /// An upstream.
    There(Destination),
}

pub(crate) struct Gate<A> {
    pub(crate) application: A,
    pub(crate) access: AccessRules,
    pub(crate) forwarder: Arc<Forwarder>,
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
            Route::Models { path } => {
                let destination = match self.application.models(model_id(path).as_deref()).await? {
                    Models::There(destination) => destination,
                    Models::Here(models) => {
                        return Ok(reply::json(StatusCode::OK, Bytes::from(models.to_string())));
                    }
                };
                let (method, query, headers) = (Method::GET, head.uri.query(), head.headers);
                let body = Bytes::new();
                self.pass_on(&destination, Outgoing { method, path, query, headers, body }).await
            }
            Route::Send { path } => {
                let document = incoming::read_json(&head.headers, body).await?;
                let destination = self.application.destination(document.model()).await?;
                let body = match &destination.model {
                    Some(model) => document.with_model(model),
                    None => document.into_bytes(),
                };
                let (method, query, headers) = (head.method, head.uri.query(), head.headers);
                self.pass_on(&destination, Outgoing { method, path, query, headers, body }).await
            }
        }
    }

    async fn pass_on(
        &self,
        destination: &Destination,
        outgoing: Outgoing<'_>,
    ) -> Result<Response<ReplyBody>, Refusal> {
        let answer = self.forwarder.forward(destination, outgoing).await;
        self.application.answered(destination, answer.as_ref().map(Response::status));
        answer
    }
}

fn refuse(refusal: Refusal) -> Response<ReplyBody> {
    let (status, code) = (refusal.status(), refusal.code());
    if status.is_server_error() {
        tracing::warn!(http.status = status.as_u16(), code, "a request failed");
    }
    refusal.into_response()
}
