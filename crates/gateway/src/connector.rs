//! Connecting with a deadline that covers name, TCP and TLS together.
//!
//! The HTTP connector's own timeout ends with TCP: a server that accepts and then says nothing
//! would hold a request until its first byte is due.

use http::Uri;
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::timeout;
use tower_service::Service;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("no connection within {} s", .0.as_secs_f64())]
    TooSlow(Duration),
    #[error("cannot connect")]
    Failed(#[source] BoxError),
}

/// How long a connection may take: what the latest request said. A pooled connection is nobody's
/// own, so its limit cannot be that of one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConnectLimit(Arc<AtomicU64>);

impl ConnectLimit {
    pub(crate) fn set(&self, limit: Duration) {
        self.0.store(u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn get(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

#[derive(Clone)]
pub(crate) struct TimedConnector<C> {
    inner: C,
    limit: ConnectLimit,
}

impl<C> TimedConnector<C> {
    pub(crate) fn new(inner: C, limit: ConnectLimit) -> Self {
        Self { inner, limit }
    }
}

impl<C> Service<Uri> for TimedConnector<C>
where
    C: Service<Uri>,
    C::Response: 'static,
    C::Error: Into<BoxError> + 'static,
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
        let limit = self.limit.get();
        Box::pin(within(limit, connecting))
    }
}

/// The connection that `connecting` makes, if it does so in time.
pub(crate) async fn within<T, E: Into<BoxError>>(
    limit: Duration,
    connecting: impl Future<Output = Result<T, E>>,
) -> Result<T, ConnectError> {
    match timeout(limit, connecting).await {
        Ok(connected) => connected.map_err(|error| ConnectError::Failed(error.into())),
        Err(_) => Err(ConnectError::TooSlow(limit)),
    }
}
