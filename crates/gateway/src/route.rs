//! What a request asks for, from its method and path alone.

use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

use crate::Refusal;

/// What is served. `path` is what follows `/v1`, still percent-encoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// The server's own health.
    Health,
    /// The models there are, or one of them.
    Models { path: &'a str },
    /// A JSON document for the upstream.
    Send { path: &'a str },
    /// The number of tokens in one of Anthropic's messages.
    Count,
}

impl Route<'_> {
    fn allowed(&self) -> &'static str {
        match self {
            Self::Health | Self::Models { .. } => "GET, HEAD",
            Self::Send { .. } | Self::Count => "POST",
        }
    }

    fn takes(&self, method: &Method) -> bool {
        match self {
            Self::Health | Self::Models { .. } => method == Method::GET || method == Method::HEAD,
            Self::Send { .. } | Self::Count => method == Method::POST,
        }
    }
}

/// The model's id in the path of [`Route::Models`], decoded; nothing if that asks for all.
pub(crate) fn model_id(path: &str) -> Option<Cow<'_, str>> {
    let id = path.strip_prefix("/models/")?;
    Some(percent_decode_str(id).decode_utf8_lossy())
}

/// Finds the route, or says with 404 or 405 what there is.
pub(crate) fn route<'a>(method: &Method, path: &'a str) -> Result<Route<'a>, Refusal> {
    let route = find(path).ok_or_else(|| not_found(method, path))?;
    if route.takes(method) { Ok(route) } else { Err(wrong_method(method, path, &route)) }
}

fn find(path: &str) -> Option<Route<'_>> {
    if path == "/health" {
        return Some(Route::Health);
    }
    let below = path.strip_prefix("/v1")?;
    match below {
        "/models" => Some(Route::Models { path: below }),
        "/chat/completions" | "/completions" | "/embeddings" | "/responses" | "/messages" => {
            Some(Route::Send { path: below })
        }
        "/messages/count_tokens" => Some(Route::Count),
        _ => below
            .strip_prefix("/models/")
            .filter(|id| is_model_id(id))
            .map(|_| Route::Models { path: below }),
    }
}

/// A model's id may contain slashes (`org/model`), but no dot segment: an upstream may resolve
/// those, and a caller would reach, with the upstream's key, what is not served here.
fn is_model_id(id: &str) -> bool {
    let dots = id.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/");
    !id.is_empty() && !dots.split(['/', '\\']).any(|part| part == "." || part == "..")
}

fn not_found(method: &Method, path: &str) -> Refusal {
    let served = "GET /health, GET /v1/models, GET /v1/models/{id}, POST /v1/chat/completions, \
                  POST /v1/completions, POST /v1/embeddings, POST /v1/responses, POST /v1/messages \
                  and POST /v1/messages/count_tokens";
    let message = format!("{method} {path} is not served here; there are {served}");
    Refusal::invalid(StatusCode::NOT_FOUND, "not_found", message)
}

fn wrong_method(method: &Method, path: &str, route: &Route<'_>) -> Refusal {
    let allowed = route.allowed();
    let message = format!("{path} does not take {method}, only {allowed}");
    Refusal::invalid(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
        .with_allow(allowed)
}

#[cfg(test)]
mod tests {
    use super::{Route, model_id, route};
    use http::{Method, StatusCode};

    #[track_caller]
    fn served(method: Method, path: &str, expected: Route<'_>) {
        assert_eq!(route(&method, path), Ok(expected));
    }

    #[track_caller]
    fn refused(method: Method, path: &str, expected: StatusCode) {
        let refusal = route(&method, path).expect_err(path);
        assert_eq!(refusal.status(), expected, "{method} {path}");
    }

    #[test]
    fn what_is_served() {
        served(Method::GET, "/health", Route::Health);
        served(Method::HEAD, "/health", Route::Health);
        served(Method::GET, "/v1/models", Route::Models { path: "/models" });
        served(Method::GET, "/v1/models/gpt-4.1", Route::Models { path: "/models/gpt-4.1" });
        served(Method::GET, "/v1/models/org/m:8b", Route::Models { path: "/models/org/m:8b" });
        let paths = ["/chat/completions", "/completions", "/embeddings", "/responses", "/messages"];
        for path in paths {
            served(Method::POST, &format!("/v1{path}"), Route::Send { path });
        }
    }

    #[test]
    fn tokens_are_counted() {
        served(Method::POST, "/v1/messages/count_tokens", Route::Count);
        refused(Method::GET, "/v1/messages/count_tokens", StatusCode::METHOD_NOT_ALLOWED);
        refused(Method::POST, "/v1/messages/batches", StatusCode::NOT_FOUND);
    }

    #[test]
    fn ids_of_models() {
        assert_eq!(model_id("/models"), None);
        assert_eq!(model_id("/models/org/m:8b").as_deref(), Some("org/m:8b"));
        assert_eq!(model_id("/models/org%2Fm%3A8b").as_deref(), Some("org/m:8b"));
    }

    #[test]
    fn what_is_not() {
        refused(Method::GET, "/", StatusCode::NOT_FOUND);
        refused(Method::GET, "/v1/models/", StatusCode::NOT_FOUND);
        refused(Method::GET, "/v1/models/../files", StatusCode::NOT_FOUND);
        refused(Method::GET, "/v1/models/%2e%2E/files", StatusCode::NOT_FOUND);
        refused(Method::GET, "/v1/models/a%2f..%5cfiles", StatusCode::NOT_FOUND);
        refused(Method::POST, "/v1/chat/completions/", StatusCode::NOT_FOUND);
        refused(Method::GET, "/v1/chat/completions", StatusCode::METHOD_NOT_ALLOWED);
        refused(Method::DELETE, "/v1/models/m", StatusCode::METHOD_NOT_ALLOWED);
        refused(Method::POST, "/health", StatusCode::METHOD_NOT_ALLOWED);
    }
}
