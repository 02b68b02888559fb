//! One real call to a provider: what models it has.

use std::sync::Arc;
use std::time::Duration;

use api::ProviderTest;
use http::header::{ACCEPT, AUTHORIZATION, USER_AGENT};
use http::{HeaderValue, Request};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::{ConfigBuilderExt, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use store::Provider;
use tokio::time::{Instant, timeout};

use super::faults;

/// How long a provider may take for all of its answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest list that is read, in bytes: the longest one we know of, OpenRouter's, has about 1 MB.
const LIST_BYTES: usize = 16 << 20;

/// Asks a provider for its models. What goes wrong is told in words for people, without anything of the key or of what
/// the provider says, which might repeat it.
pub(crate) async fn list_models(provider: &Provider) -> ProviderTest {
    let begun = Instant::now();
    let asked = timeout(PATIENCE, ask(provider)).await;
    let result = asked.unwrap_or_else(|_| Err(faults::silent(provider, PATIENCE)));
    let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let success = result.is_ok();
    let (models, error) = match result {
        Ok(models) => (models, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    ProviderTest { success, duration_ms, models, error }
}

async fn ask(provider: &Provider) -> Result<Vec<String>, String> {
    let request =
        request(provider).map_err(|_| "Its base URL or its key cannot be sent".to_owned())?;
    let response = send(request, provider).await?;
    let status = response.status();
    if !status.is_success() {
        return Err(faults::refusal(status, provider));
    }
    let body = Limited::new(response.into_body(), LIST_BYTES).collect().await;
    let body = body.map_err(|_| faults::cut(provider))?.to_bytes();
    names(&body).ok_or_else(|| faults::no_list(&body, provider))
}

fn request(provider: &Provider) -> Result<Request<Empty<Bytes>>, http::Error> {
    let request = Request::get(models_of(&provider.base_url))
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("signalbox/", env!("CARGO_PKG_VERSION")));
    let Some(key) = &provider.api_key else { return request.body(Empty::new()) };
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", key.expose()))?;
    bearer.set_sensitive(true);
    request.header(AUTHORIZATION, bearer).body(Empty::new())
}

/// Where a provider lists its models. A base URL without a path means the usual one.
fn models_of(base_url: &str) -> String {
    let has_path = base_url.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    let path = if has_path { "" } else { "/v1" };
    format!("{base_url}{path}/models")
}

/// A connection for this one call.
async fn send(
    request: Request<Empty<Bytes>>,
    provider: &Provider,
) -> Result<http::Response<Incoming>, String> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let builder = Client::builder(TokioExecutor::new());
    let answer = if provider.base_url.starts_with("http://") {
        builder.build(tcp).request(request)
    } else {
        let trust = tokio::task::spawn_blocking(trust).await;
        let Ok(Ok(trust)) = trust else { return Err("TLS cannot be used here".to_owned()) };
        let https = HttpsConnectorBuilder::new().with_tls_config(trust).https_only().enable_http1();
        builder.build(https.wrap_connector(tcp)).request(request)
    };
    answer.await.map_err(|error| faults::unreachable(&error, provider))
}

/// Reading the roots of trust takes a while.
fn trust() -> Result<rustls::ClientConfig, rustls::Error> {
    let crypto = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(crypto);
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder.with_webpki_roots().with_no_client_auth())
}

/// The ids in `{"data": [{"id"}, …]}`.
fn names(body: &[u8]) -> Option<Vec<String>> {
    let list: Value = serde_json::from_slice(body).ok()?;
    // Ollama without a model says null.
    if list.get("data").is_some_and(Value::is_null) {
        return Some(Vec::new());
    }
    let models = list.get("data")?.as_array()?;
    models.iter().map(|model| Some(model.get("id")?.as_str()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_list_is_what_openai_says_it_is() {
        let list = br#"{"object":"list","data":[{"id":"a","owned_by":"x"},{"id":"b/c"}]}"#;
        assert_eq!(names(list).unwrap(), ["a", "b/c"]);
        assert_eq!(names(br#"{"object":"list","data":null}"#), Some(Vec::new()));
        for other in ["", "<html>", "[]", "{}", r#"{"data":[1]}"#, r#"{"data":[{"id":7}]}"#] {
            assert_eq!(names(other.as_bytes()), None, "{other}");
        }
    }
}
