//! Requests over HTTP.

use std::time::Duration;

use ::http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use ::http::{Method, Request, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;

use super::lost::Lost;
use crate::failure::Failure;

/// How long it may take until a connection is there.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// Requests over HTTP, with the token.
#[derive(Debug)]
pub(super) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    authorization: Option<HeaderValue>,
}

impl Http {
    /// Sends `token` with every request; over https it speaks TLS as `tls` says.
    pub(super) fn new(token: Option<&str>, tls: &ClientConfig) -> Result<Self, Failure> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIME));
        connector.set_nodelay(true);
        connector.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls.clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let authorization = token.map(|token| HeaderValue::from_str(&format!("Bearer {token}")));
        let authorization = authorization
            .transpose()
            .map_err(|_| Failure::Usage("the token cannot be sent in a header".to_owned()))?;
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, authorization })
    }

    /// Sends a request without a body.
    pub(super) async fn send(&self, method: Method, url: &str) -> Result<Response<Incoming>, Lost> {
        let mut request = Request::new(Empty::new());
        *request.method_mut() = method;
        *request.uri_mut() = url.parse().map_err(|_| Lost::Gone)?;
        request
            .headers_mut()
            .insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        self.client.request(request).await.map_err(|error| Lost::of(&error))
    }
}

/// The whole body of an answer.
pub(super) async fn body(response: Response<Incoming>) -> Result<Bytes, Lost> {
    Ok(response.into_body().collect().await.map_err(|error| Lost::of(&error))?.to_bytes())
}
