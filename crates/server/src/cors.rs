//! What browsers of allowed origins need to call from another page.
//!
//! The CORS layer answers every `OPTIONS` itself, before the token and the routes are asked. Only preflights of allowed
//! origins may come to it; to all else an `OPTIONS` is a method like any other.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue, Method, header};
use tower::{Layer, ServiceExt};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::access::Access;

/// The rules and the layer that carries them out.
#[derive(Clone, Debug)]
pub(crate) struct Cors {
    access: Arc<Access>,
    layer: CorsLayer,
}

impl Cors {
    /// Lets in the allowed origins. The token is a header, so no credentials are needed.
    pub(crate) fn new(access: &Arc<Access>) -> Self {
        let own = Arc::clone(access);
        let allowed = AllowOrigin::predicate(move |origin, _| allows(&own, origin));
        let layer = CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                HeaderName::from_static("last-event-id"),
            ]);
        Self { access: Arc::clone(access), layer }
    }

    fn is_preflight(&self, request: &Request) -> bool {
        let headers = request.headers();
        headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
            && headers.get(header::ORIGIN).is_some_and(|origin| allows(&self.access, origin))
    }
}

fn allows(access: &Access, origin: &HeaderValue) -> bool {
    origin.to_str().is_ok_and(|origin| access.allows_origin(origin))
}

/// Answers preflights, and tells browsers that they may read what the others are answered.
pub(crate) async fn share(State(cors): State<Cors>, request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS && !cors.is_preflight(&request) {
        return next.run(request).await;
    }
    let Ok(response) = cors.layer.layer(next).oneshot(request).await;
    response
}
