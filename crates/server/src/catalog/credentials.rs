//! What is to be done to Qwen's credentials.

use api::CredentialsAction;
use http::StatusCode;
use store::{Change, Contents, QwenCredentials, Region};

use super::plan::Notice;
use super::{Fields, Plan, texts};
use crate::failure::Failure;

/// Times from 2001 to 5138, if they are seconds; as ms they are all in the years after 1970.
const LOOKS_LIKE_SECONDS: std::ops::Range<u64> = 1_000_000_000..100_000_000_000;

/// The largest time that the store can keep.
const LATEST_MS: u64 = i64::MAX as u64;

const OFFICIAL_WAY: &str = "Tokens and cookies of chat.qwen.ai are not taken: Qwen is reached with an API key of \
    Alibaba Cloud Model Studio. Make one at https://modelstudio.console.alibabacloud.com and send {\"apiKey\": \"sk-…\"}, \
    with \"region\": \"intl\", \"cn\" or \"us\" where it was made";

/// Qwen's credentials are these from now on; what is left out is not kept from earlier ones.
pub(crate) fn put(fields: Fields, contents: &Contents, now_ms: u64) -> Result<Plan, Failure> {
    let mut fields = fields.without_nulls();
    if !fields.has("apiKey") && (fields.has("token") || fields.has("cookies")) {
        return Err(Failure::new(StatusCode::BAD_REQUEST, "unofficial_credentials", OFFICIAL_WAY));
    }
    let key = fields.text("apiKey")?;
    let api_key = texts::api_key(&fields.needed("apiKey", key)?)?;
    let expires_at_ms = expires_at(&mut fields)?;
    let region = region(&mut fields)?.unwrap_or_default();
    let base_url = fields.text("baseUrl")?.map(|url| texts::base_url(&url)).transpose()?;
    fields.finish()?;
    let created_at_ms = contents.qwen.as_ref().map_or(now_ms, |old| old.created_at_ms);
    let qwen = QwenCredentials {
        api_key,
        expires_at_ms,
        region,
        base_url,
        created_at_ms,
        updated_at_ms: now_ms,
    };
    let notices = vec![Notice::Credentials(CredentialsAction::Updated)];
    Ok(Plan { changes: vec![Change::PutQwen(qwen)], notices, ..Plan::default() })
}

/// There are none any more. Where there were none, nothing changes.
pub(crate) fn delete(contents: &Contents) -> Plan {
    if contents.qwen.is_none() {
        return Plan::default();
    }
    let notices = vec![Notice::Credentials(CredentialsAction::Deleted)];
    Plan { changes: vec![Change::DeleteQwen], notices, ..Plan::default() }
}

fn expires_at(fields: &mut Fields) -> Result<Option<u64>, Failure> {
    let Some(value) = fields.take("expiresAt") else { return Ok(None) };
    let wrong = |message: &str| Err(Failure::field("expiresAt", message));
    match value.as_u64() {
        Some(time) if LOOKS_LIKE_SECONDS.contains(&time) => {
            wrong("`expiresAt` must be ms since the epoch; this looks like seconds")
        }
        Some(time) if time <= LATEST_MS => Ok(Some(time)),
        _ => wrong("`expiresAt` must be a time in ms since the epoch"),
    }
}

fn region(fields: &mut Fields) -> Result<Option<Region>, Failure> {
    let Some(name) = fields.text("region")? else { return Ok(None) };
    Region::of(&name).map(Some).ok_or_else(|| {
        let names = Region::ALL.map(Region::name).join(", ");
        Failure::field("region", format!("`region` must be one of: {names}"))
    })
}
