//! Why a provider did not list its models, in words for people that say what to do about it. Nothing of the key is in
//! them, nor of what the provider says, which might repeat it.

use std::error::Error;
use std::time::Duration;

use http::StatusCode;
use store::{Provider, ProviderKind};

/// How a web page begins.
const PAGE: [&str; 2] = ["<!doctype", "<html"];

/// Nothing came of it in time.
pub(crate) fn silent(provider: &Provider, patience: Duration) -> String {
    let (host, seconds) = (host(provider), patience.as_secs());
    format!(
        "{host} has not answered within {seconds} s: it may be busy, or a firewall keeps the question from it"
    )
}

/// It broke off.
pub(crate) fn cut(provider: &Provider) -> String {
    format!("{} broke off in the middle of its answer: try again", host(provider))
}

/// It answered something else.
pub(crate) fn no_list(body: &[u8], provider: &Provider) -> String {
    let host = host(provider);
    let begin =
        String::from_utf8_lossy(&body[..body.len().min(64)]).trim_start().to_ascii_lowercase();
    if PAGE.iter().any(|page| begin.starts_with(page)) {
        return format!(
            "{host} answered with a web page, not with a list of models: the base URL is that of a page for people; \
             the one for programs usually ends in /v1"
        );
    }
    format!(
        "{host} answered, but not with a list of models: is the base URL right? It usually ends in /v1"
    )
}

/// There was no connection.
pub(crate) fn unreachable(error: &(dyn Error + 'static), provider: &Provider) -> String {
    let (name, host) = (&provider.name, host(provider));
    let is_tls = provider.base_url.starts_with("https:");
    let mut why = reach::why(error, reach::Server { name, host, is_tls });
    // The name of a host stays as it is.
    if !why.starts_with(host)
        && let Some(first) = why.get_mut(..1)
    {
        first.make_ascii_uppercase();
    }
    why
}

/// It answered with an error.
pub(crate) fn refusal(status: StatusCode, provider: &Provider) -> String {
    let host = host(provider);
    let number = status.as_u16();
    match (number, &provider.api_key) {
        (401, None) if provider.kind == ProviderKind::Qwen => {
            format!(
                "{host} answered 401: Qwen's credentials are missing, expired or not valid: enter them in the settings"
            )
        }
        (401 | 403, Some(_)) => {
            format!("{host} answered {number}: it does not take the API key: enter another one")
        }
        (401 | 403, None) => {
            format!("{host} answered {number}: it wants an API key, and has none: enter one")
        }
        (402, _) => format!("{host} answered 402: the account has no credit left"),
        (404, _) => format!(
            "{host} answered 404: the base URL is not that of an OpenAI-compatible server; it usually ends in /v1"
        ),
        (300..=399, _) => {
            format!(
                "{host} answered {number}: it is somewhere else now, which should be the base URL"
            )
        }
        (429, _) => {
            format!("{host} answered 429: it has had too many requests: try again in a minute")
        }
        (503, _) if provider.kind == ProviderKind::LlamaCpp => {
            format!("{host} answered 503: it is still loading its model: try again soon")
        }
        (500..=599, _) => {
            format!("{host} answered {number}: it has a fault of its own, which its log may tell")
        }
        _ => format!("{host} answered {number}"),
    }
}

fn host(provider: &Provider) -> &str {
    let rest = provider.base_url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}
