//! The way of one request through the gateway.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, request::Parts};
use hyper::body::Incoming;
use request_log::{Outcome, Reporter};
use serde_json::Value;
use std::{pin::pin, sync::Arc, time::Duration};

use crate::{
    Destination, Destinations, Forwarder, Outgoing, Refusal,
    access::{self, AccessRules},
    attempts::{Attempts, Message},
    crowd::Visit,
    headers, incoming,
    observation::Observation,
    reply::{self, ReplyBody},
    route::{Route, model_id, route},
    traffic::Traffic,
    translated::{self, Asked},
    upstream_error::UpstreamFault,
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

    /// Where a request for `model` goes, and where else if nobody answers there. None: the request
    /// names no model.
    ///
    /// # Errors
    /// What to tell the caller when there is nowhere to go.
    fn destinations(
        &self,
        model: Option<&str>,
    ) -> impl Future<Output = Result<Destinations, Refusal>> + Send;

    /// Sends a request to a destination and returns once the answer has begun. A server that does
    /// more with a request than to pass it on does it here; dropping the future ends that as well.
    ///
    /// # Errors
    /// What to tell the caller when there is no answer.
    fn exchange(
        &self,
        forwarder: &Forwarder,
        destination: &Destination,
        outgoing: Outgoing<'_>,
    ) -> impl Future<Output = Result<Response<ReplyBody>, Refusal>> + Send {
        forwarder.forward(destination, outgoing)
    }

    /// Told how every attempt to have a request answered went, once the answer has begun: the
    /// upstream's status, or why there is no answer of its own. `wait`: how long it asks to be left
    /// alone, if it does. Nothing is told of an attempt whose caller goes away.
    fn answered(
        &self,
        destination: &Destination,
        answer: Result<StatusCode, &Refusal>,
        wait: Option<Duration>,
    );
}

/// Who answers a question about models.
pub enum Models {
    /// The server itself, with this document.
    Here(Value),
    /// An upstream.
    There(Destination),
}

type Answer = Result<Response<ReplyBody>, Refusal>;

pub(crate) struct Gate<A> {
    pub(crate) application: Arc<A>,
    pub(crate) access: AccessRules,
    pub(crate) forwarder: Arc<Forwarder>,
    pub(crate) served_by: Option<HeaderValue>,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) reporter: Reporter,
}

impl<A: Application> Gate<A> {
    /// The same, with connections to upstreams of its own.
    pub(crate) fn with(&self, forwarder: Forwarder) -> Arc<Self> {
        Arc::new(Self {
            application: Arc::clone(&self.application),
            access: self.access.clone(),
            forwarder: Arc::new(forwarder),
            served_by: self.served_by.clone(),
            traffic: Arc::clone(&self.traffic),
            reporter: self.reporter.clone(),
        })
    }

    /// Answers a request. Dropping the future ends whatever it has begun.
    pub(crate) async fn respond(
        &self,
        request: Request<Incoming>,
        visit: Visit,
    ) -> Response<ReplyBody> {
        let observation = Observation::begin(&self.traffic, &self.reporter, &request, visit);
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let speaks_messages = translated::speaks_messages(uri.path(), request.headers());
        let mut response = match self.access.admit(&request) {
            Ok(origin) => self.answer_page(request, origin, &observation).await,
            Err(refusal) => refuse(refusal, &observation),
        };
        if speaks_messages {
            response = translated::shaped(response).await;
        }
        if let Some(process) = &self.served_by {
            response.headers_mut().insert(headers::SERVED_BY, process.clone());
        }
        tracing::debug!(
            http.method = %method,
            http.path = uri.path(),
            http.status = response.status().as_u16(),
            "answered"
        );
        response
    }

    async fn answer_page(
        &self,
        request: Request<Incoming>,
        origin: Option<HeaderValue>,
        observation: &Observation,
    ) -> Response<ReplyBody> {
        let mut response = match access::preflight(&request) {
            Some(response) => response,
            None => {
                let answer = pin!(self.answer(request, observation));
                match observation.unless_drained(answer).await {
                    Ok(response) => observed(response, observation),
                    Err(refusal) => refuse(refusal, observation),
                }
            }
        };
        if let Some(origin) = origin {
            access::add_cors(response.headers_mut(), origin);
        }
        response
    }

    async fn answer(&self, request: Request<Incoming>, observation: &Observation) -> Answer {
        let (head, body) = request.into_parts();
        match route(&head.method, head.uri.path())? {
            Route::Health => {
                let health = Bytes::from(self.application.health().to_string());
                Ok(reply::json(StatusCode::OK, health))
            }
            Route::Models { path } => {
                let models = self.models(path, &head, observation).await?;
                translated::listed(&head.headers, head.uri.query(), models).await
            }
            Route::Send { path } => self.send(path, &head, body, observation).await,
            Route::Count => {
                let document = incoming::read_json(&head.headers, body).await?;
                observation.asks_for(document.model(), false);
                let count = translated::count(document).await?;
                Ok(reply::json(StatusCode::OK, Bytes::from(count.to_string())))
            }
        }
    }

    async fn models(&self, path: &str, head: &Parts, observation: &Observation) -> Answer {
        let destination = match self.application.models(model_id(path).as_deref()).await? {
            Models::There(destination) => destination,
            Models::Here(models) => {
                return Ok(reply::json(StatusCode::OK, Bytes::from(models.to_string())));
            }
        };
        let (method, headers) = (Method::GET, &head.headers);
        // Anthropic's pages are made here, of the whole list.
        let is_paged = translated::speaks_messages(head.uri.path(), headers);
        let query = head.uri.query().filter(|_| !is_paged);
        let (model, body, observation) = (None, Bytes::new(), observation.clone());
        let outgoing = Outgoing { method, path, query, model, headers, body, observation };
        let answer = self.application.exchange(&self.forwarder, &destination, outgoing).await;
        let status = answer.as_ref().map(Response::status);
        self.application.answered(&destination, status, None);
        answer
    }

    async fn send(
        &self,
        path: &str,
        head: &Parts,
        body: Incoming,
        observation: &Observation,
    ) -> Answer {
        let asked = Asked::new(path, incoming::read_json(&head.headers, body).await?);
        observation.asks_for(asked.model(), asked.is_stream());
        asked.is_sayable().await?;
        let destinations = self.application.destinations(asked.model()).await?;
        let (method, query, headers) = (head.method.clone(), head.uri.query(), &head.headers);
        let (model, body) = (None, Bytes::new());
        let observed = observation.clone();
        let outgoing =
            Outgoing { method, path, query, model, headers, body, observation: observed };
        let message = Message { outgoing, asked };
        let attempts = Attempts::new(&*self.application, &self.forwarder, message, &destinations);
        translated::told(attempts.answer(destinations).await?).await
    }
}

/// Notes what there is to say of an answer that has begun.
fn observed(mut response: Response<ReplyBody>, observation: &Observation) -> Response<ReplyBody> {
    observation.is_answered(response.status());
    let fault = response.extensions_mut().remove::<UpstreamFault>();
    match (response.body(), fault) {
        // It tells its end itself.
        (ReplyBody::Relay(_) | ReplyBody::Translated(_), _) => {}
        (ReplyBody::Whole(_), Some(fault)) => {
            observation.ends(Outcome::UpstreamError, Some(&fault.message));
        }
        (ReplyBody::Whole(_), None) => observation.ends(Outcome::Complete, None),
    }
    response
}

fn refuse(refusal: Refusal, observation: &Observation) -> Response<ReplyBody> {
    let (status, code) = (refusal.status(), refusal.code());
    if status.is_server_error() {
        tracing::warn!(http.status = status.as_u16(), code, "a request failed");
    }
    observation.is_refused(&refusal);
    refusal.into_response()
}
