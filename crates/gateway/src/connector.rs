//! Connecting with a deadline that covers name, TCP and TLS together.
//!
//! The HTTP connector's own timeout ends with TCP: a server that accepts and then says nothing
//! would hold a request until its first byte is due.

use http::Uri;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::timeout;
use tower_service::Service;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("no connection within {} s", .0.as_secs_f64())]
    TooSlow(Duration),
    #[error("cannot connect")]
    Failed(#[source] BoxError),
}

#[derive(Clone)]
pub(crate) struct TimedConnector<C> {
    inner: C,
    limit: Duration,
}

impl<C> TimedConnector<C> {
    pub(crate) fn new(inner: C, limit: Duration) -> Self {
        Self { inner, limit }
    }
}

impl<C> Service<Uri> for TimedConnector<C>
where
    C: Service<Uri>,
    C::Error: Into<BoxError>,
    C::Future: Send + 'static,
{
    type Response = C::Response;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        self.inner.poll_ready(context).map_err(|error| ConnectError::Failed(error.into()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.inner.call(uri);
        let limit = self.limit;
        Box::pin(async move {
            match timeout(limit, connecting).await {
                Ok(connected) => connected.map_err(|error| ConnectError::Failed(error.into())),
                Err(_) => Err(ConnectError::TooSlow(limit)),
            }
        })
    }
}
