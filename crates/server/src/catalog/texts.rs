//! What may stand in a field: ids, names, addresses, keys.

use http::Uri;
use http::uri::Scheme;
use store::ApiKey;

use crate::failure::Failure;

/// The longest id of a provider.
const PROVIDER_ID_LENGTH: usize = 64;

/// The longest id of a model: some have the name of a hub, an author, a file and a quantisation.
const MODEL_ID_LENGTH: usize = 256;

/// The longest name for people.
const NAME_LENGTH: usize = 100;

/// The longest description.
const DESCRIPTION_LENGTH: usize = 1_000;

/// The longest address.
const URL_LENGTH: usize = 2_048;

/// The id of a provider stands in paths and before the slash of `provider/model`.
pub(super) fn provider_id(id: &str) -> Result<(), Failure> {
    let starts_well = id.starts_with(|first: char| first.is_ascii_alphanumeric());
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if starts_well && id.len() <= PROVIDER_ID_LENGTH && id.bytes().all(legal) {
        return Ok(());
    }
    let message = format!(
        "`id` must be a letter or digit, then letters, digits, `.`, `_` and `-`, {PROVIDER_ID_LENGTH} in all at most"
    );
    Err(Failure::field("id", message))
}

/// What a request calls a model: anything without white space.
pub(super) fn model_name(field: &'static str, name: &str) -> Result<(), Failure> {
    let legal = |letter: char| !letter.is_whitespace() && !letter.is_control();
    if !name.is_empty() && name.len() <= MODEL_ID_LENGTH && name.chars().all(legal) {
        return Ok(());
    }
    let message = format!(
        "`{field}` must be a model's name: 1 to {MODEL_ID_LENGTH} bytes without white space"
    );
    Err(Failure::field(field, message))
}

/// A name for people, without the white space around it.
pub(super) fn name(text: &str) -> Result<String, Failure> {
    let name = text.trim();
    let length = name.chars().count();
    if (1..=NAME_LENGTH).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    Err(Failure::field("name", format!("`name` must be one line of 1 to {NAME_LENGTH} characters")))
}

/// A description for people.
pub(super) fn description(text: String) -> Result<String, Failure> {
    if text.chars().count() <= DESCRIPTION_LENGTH {
        return Ok(text);
    }
    let message = format!("`description` must be {DESCRIPTION_LENGTH} characters long at most");
    Err(Failure::field("description", message))
}

/// A key. What was given is not repeated.
pub(super) fn api_key(text: &str) -> Result<ApiKey, Failure> {
    ApiKey::try_new(text).ok_or_else(|| {
        let message = "`apiKey` must be a key: visible ASCII characters, without white space";
        Failure::field("apiKey", message)
    })
}

/// The address of an OpenAI-compatible server, without slashes at its end. What was given is not repeated: it may have
/// a password in it.
pub(super) fn base_url(text: &str) -> Result<String, Failure> {
    let url = text.trim().trim_end_matches('/');
    let wrong = |why| {
        let message = format!(
            "`baseUrl` {why}: give the base URL of an OpenAI-compatible server, such as http://127.0.0.1:1234/v1"
        );
        Failure::field("baseUrl", message)
    };
    check_url(url).map_err(wrong)?;
    Ok(url.to_owned())
}

fn check_url(url: &str) -> Result<(), &'static str> {
    if url.len() > URL_LENGTH {
        return Err("is too long");
    }
    if url.contains('#') {
        return Err("must not have a fragment");
    }
    let parts = Uri::try_from(url).map_err(|_| "is not a URL")?.into_parts();
    if parts.scheme.is_none_or(|scheme| scheme != Scheme::HTTP && scheme != Scheme::HTTPS) {
        return Err("must begin with http:// or https://");
    }
    let authority = parts.authority.ok_or("names no host")?;
    if authority.as_str().contains('@') {
        return Err("must not have a user or a password, which `apiKey` is for");
    }
    if authority.host().is_empty() {
        return Err("names no host");
    }
    let names_port = authority.as_str().len() > authority.host().len();
    if names_port && authority.port_u16().is_none_or(|port| port == 0) {
        return Err("names a port that is none");
    }
    let path = parts.path_and_query.ok_or("has no path")?;
    if path.query().is_some() {
        return Err("must not have a query");
    }
    Ok(())
}

/// An id made from a name: `LM Studio` becomes `lm-studio`, and `lm-studio-2` where that is taken.
pub(super) fn free_id(name: &str, fallback: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut id = String::new();
    for letter in name.chars() {
        match letter.to_ascii_lowercase() {
            letter if letter.is_ascii_alphanumeric() => id.push(letter),
            '.' | '_' if !id.is_empty() => id.push(letter),
            _ if !id.is_empty() && !id.ends_with('-') => id.push('-'),
            _ => {}
        }
        if id.len() >= PROVIDER_ID_LENGTH - 8 {
            break;
        }
    }
    let id = id.trim_end_matches(['-', '.', '_']);
    let id = if id.is_empty() { fallback } else { id };
    let numbered = |number: u64| if number == 1 { id.to_owned() } else { format!("{id}-{number}") };
    (1..).map(numbered).find(|id| !is_taken(id)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_from_names() {
        for (name, id) in [
            ("LM Studio", "lm-studio"),
            ("  Open AI (work)!", "open-ai-work"),
            ("qwen3.5_max", "qwen3.5_max"),
            ("日本", "provider"),
            ("taken", "taken-3"),
        ] {
            let made = free_id(name, "provider", |id| id == "taken" || id == "taken-2");
            assert_eq!(made, id, "{name}");
            assert!(provider_id(&made).is_ok(), "{made}");
        }
        assert!(provider_id(&free_id(&"x".repeat(100), "p", |id| !id.ends_with("-2"))).is_ok());
    }

    #[test]
    fn models_are_called_what_their_makers_call_them() {
        for good in ["gpt-4.1", "qwen3.5-plus", "org/model", "llama3:8b", "hf.co/a/B_c@Q4", "模型"]
        {
            assert!(model_name("id", good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a\n", &"x".repeat(MODEL_ID_LENGTH + 1)] {
            assert!(model_name("id", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn addresses_are_those_of_a_server() {
        for good in [
            "http://127.0.0.1:1234/v1",
            "https://openrouter.ai/api/v1/",
            "http://[::1]:1/v1",
            "http://a",
            "http://a/",
        ] {
            assert_eq!(base_url(good).unwrap(), good.trim_end_matches('/'));
        }
        for bad in [
            "",
            "x",
            "/v1",
            "127.0.0.1:1234/v1",
            "ftp://a/v1",
            "http:///v1",
            "http://a:99999/v1",
            "http://a:0/v1",
            "http://a:/v1",
            "http://user:secret@a/v1",
            "http://a/v1?key=secret",
            "http://a/v1#x",
        ] {
            let error = base_url(bad).unwrap_err().into_error();
            assert_eq!(error.param.as_deref(), Some("baseUrl"), "{bad}");
            assert!(!error.message.contains("secret"), "{bad}");
        }
    }
}
