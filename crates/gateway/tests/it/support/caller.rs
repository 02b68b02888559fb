//! Who calls a server under test.

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http1 as client};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::{net::TcpStream, task::JoinSet};

use super::within;

/// One connection to a server under test, closed when dropped.
pub(crate) struct Caller {
    sender: client::SendRequest<Full<Bytes>>,
    address: SocketAddr,
    connection: JoinSet<()>,
}

impl Caller {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        let (sender, connection) =
            client::handshake(TokioIo::new(stream)).await.expect("a handshake");
        let mut task = JoinSet::new();
        task.spawn(async move { connection.await.unwrap_or(()) });
        Self { sender, address, connection: task }
    }

    pub(crate) async fn send(self, request: http::request::Builder) -> Answer {
        self.send_body(request, Bytes::new()).await
    }

    pub(crate) async fn send_body(
        self,
        request: http::request::Builder,
        body: impl Into<Bytes>,
    ) -> Answer {
        within("an answer", self.try_send(request, body)).await.expect("an answer")
    }

    pub(crate) async fn try_send(
        mut self,
        request: http::request::Builder,
        body: impl Into<Bytes>,
    ) -> hyper::Result<Answer> {
        let mut request = request.body(Full::new(body.into())).expect("a request");
        let host = self.address.to_string().parse().expect("a header");
        request.headers_mut().entry("host").or_insert(host);
        let response = self.sender.send_request(request).await?;
        Ok(Answer { response, caller: self })
    }

    /// Completes when the server has closed the connection.
    pub(crate) async fn closed(mut self) {
        within("the connection's end", self.connection.join_next()).await;
    }
}

/// An answer under way. Dropping it closes the connection.
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    caller: Caller,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name).map(|value| value.to_str().expect("a text"))
    }

    /// The next chunk, none at a proper end, an error where the connection broke off.
    pub(crate) async fn chunk(&mut self) -> Option<hyper::Result<Bytes>> {
        let frame = within("a chunk", self.response.body_mut().frame()).await?;
        Some(frame.map(|frame| frame.into_data().expect("data")))
    }

    pub(crate) async fn text(mut self) -> String {
        let body = within("the body", self.response.body_mut().collect()).await;
        String::from_utf8(body.expect("a whole body").to_bytes().to_vec()).expect("text")
    }

    pub(crate) async fn json(self) -> Value {
        serde_json::from_str(&self.text().await).expect("JSON")
    }

    /// Gives the connection back for another request.
    pub(crate) async fn into_caller(mut self) -> Caller {
        let body = within("the body", self.response.body_mut().collect()).await;
        body.expect("a whole body");
        self.caller
    }
}
