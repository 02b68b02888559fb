//! A client of the control server: requests, the stream of events, and Socket.IO for live output.

mod base;
mod credentials;
mod events;
mod http;
mod lost;
mod packet;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod rules;
mod socket;
mod sse;
mod trust;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ::http::{Method, StatusCode};
use api::{ApiError, ErrorBody, LogLine, Logs, Processes};
use rustls::ClientConfig;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;

use crate::command_line::Connection;
use crate::environment::Environment;
use crate::failure::{Failure, refusal};

use base::Base;
use credentials::find_token;
pub(crate) use events::Message;
use http::Http;
use lost::Lost;
pub(crate) use packet::Followed;
pub(crate) use socket::{Error as SocketError, Socket};
pub(crate) use sse::EventStream;

/// Where the server is unless somebody says otherwise.
const DEFAULT_URL: &str = "http://127.0.0.1:3002";

/// How long an answer may take; each is given at once.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// A page of the journal.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    pub(crate) events: Vec<Value>,
    pub(crate) next: Option<u64>,
}

/// What is asked of a process's configuration.
#[derive(Debug, Deserialize)]
struct Configured {
    after: Vec<String>,
}

/// The server, as the command line names it. Nothing is sent before a method is called.
#[derive(Debug)]
pub(crate) struct Client {
    base: Base,
    token: Option<String>,
    tls: Arc<ClientConfig>,
    /// `--ca`.
    authority: Option<PathBuf>,
    http: Http,
}

impl Client {
    /// Finds out the address and the token.
    pub(crate) fn new(connection: &Connection, environment: &Environment) -> Result<Self, Failure> {
        let url = connection.url.as_deref().or_else(|| environment.text("SIGNALBOX_URL"));
        let base = Base::parse(url.unwrap_or(DEFAULT_URL))?;
        let token = find_token(connection, environment, &base)?;
        let authority = connection.ca.as_deref();
        let authority = authority.or_else(|| environment.get("SIGNALBOX_CA").map(Path::new));
        let tls = trust::config(authority)?;
        let http = Http::new(token.as_deref(), &tls)?;
        let authority = authority.map(Path::to_owned);
        Ok(Self { base, token, tls, authority, http })
    }

    /// All processes.
    pub(crate) async fn processes(&self) -> Result<Processes, Failure> {
        self.ask(Method::GET, "/api/processes").await
    }

    /// What one process is spawned after, and stopped before.
    pub(crate) async fn after(&self, id: &str) -> Result<Vec<String>, Failure> {
        let configured: Configured =
            self.ask(Method::GET, &format!("/api/processes/{id}/config")).await?;
        Ok(configured.after)
    }

    /// Orders one process, and returns it as it is at once.
    pub(crate) async fn order(&self, id: &str, verb: &str) -> Result<api::Process, Failure> {
        self.ask(Method::POST, &format!("/api/processes/{id}/{verb}")).await
    }

    /// Orders all processes, and returns the status object.
    pub(crate) async fn order_all(&self, verb: &str) -> Result<Value, Failure> {
        self.ask(Method::POST, &format!("/api/proxy/{verb}")).await
    }

    /// The last `lines` lines of a process, oldest first.
    pub(crate) async fn tail(&self, id: &str, lines: usize) -> Result<Vec<LogLine>, Failure> {
        let path = format!("/api/processes/{id}/logs?tail={lines}");
        let logs: Logs = self.ask(Method::GET, &path).await?;
        Ok(logs.lines.into_iter().map(|line| LogLine::clone(&line)).collect())
    }

    /// The events after `after` that the journal has, as many as one answer may have.
    pub(crate) async fn history(&self, after: u64) -> Result<Page, Failure> {
        self.ask(Method::GET, &format!("/api/history?after={after}&limit=1000")).await
    }

    /// The stream of events: after `after`, or the whole state first.
    pub(crate) async fn events(&self, after: Option<u64>) -> Result<EventStream, Failure> {
        let query = after.map_or_else(String::new, |seq| format!("?after={seq}"));
        let url = self.base.at(&format!("/api/events{query}"));
        let response = self.within(self.http.send(Method::GET, &url)).await?;
        if response.status() != StatusCode::OK {
            return Err(self.refusal(response.status(), &self.within(http::body(response)).await?));
        }
        Ok(EventStream::new(response.into_body()))
    }

    /// A Socket.IO connection.
    pub(crate) async fn socket(&self) -> Result<Socket, Failure> {
        let opening = Socket::open(&self.base, &self.tls, self.token.as_deref());
        match timeout(ANSWER_TIME, opening).await {
            Ok(opened) => opened.map_err(|error| self.socket_failure(error)),
            Err(_) => Err(self.no_server()),
        }
    }

    /// That nobody answers.
    pub(crate) fn no_server(&self) -> Failure {
        Failure::NoServer { url: self.base.url().to_owned() }
    }

    /// What it means that a Socket.IO connection failed.
    pub(crate) fn socket_failure(&self, error: SocketError) -> Failure {
        match error {
            SocketError::Lost => self.no_server(),
            SocketError::Refused(message) => {
                Failure::Refused(refusal("invalid_request_error", "refused", message))
            }
        }
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str) -> Result<T, Failure> {
        let answer = async {
            let response = self.http.send(method, &self.base.at(path)).await?;
            Ok((response.status(), http::body(response).await?))
        };
        let (status, body) = self.within(answer).await?;
        if !status.is_success() {
            return Err(self.refusal(status, &body));
        }
        serde_json::from_slice(&body).map_err(|_| self.not_ours(status))
    }

    async fn within<T>(&self, answer: impl Future<Output = Result<T, Lost>>) -> Result<T, Failure> {
        match timeout(ANSWER_TIME, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(lost)) => Err(self.lost(&lost)),
            Err(_) => Err(self.no_server()),
        }
    }

    fn lost(&self, lost: &Lost) -> Failure {
        let told = lost.told(&self.base, self.authority.as_deref());
        told.map_or_else(|| self.no_server(), Failure::Failed)
    }

    fn refusal(&self, status: StatusCode, body: &[u8]) -> Failure {
        let Ok(ErrorBody { error, .. }) = serde_json::from_slice(body) else {
            return self.not_ours(status);
        };
        let message = match (status, &self.token) {
            (StatusCode::UNAUTHORIZED, None) => format!(
                "the server at {} wants a token: give --token-file FILE or set SIGNALBOX_TOKEN",
                self.base.url()
            ),
            (StatusCode::UNAUTHORIZED, Some(_)) => {
                format!("the server at {} does not take this token", self.base.url())
            }
            _ => error.message.clone(),
        };
        Failure::Refused(ApiError { message, ..error })
    }

    fn not_ours(&self, status: StatusCode) -> Failure {
        let url = self.base.url();
        let message =
            format!("what answers at {url} is no signalbox server (it answered {status})");
        Failure::Refused(refusal("server_error", "not_signalbox", message))
    }
}
