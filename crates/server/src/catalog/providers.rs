//! What is to be done to providers.

use api::{ModelAction, ProviderAction};
use http::StatusCode;
use serde_json::Value;
use store::{ApiKey, Change, Contents, OwnTimeouts, Provider, ProviderKind, Setting};

use super::plan::Notice;
use super::{Fields, Plan, texts};
use crate::failure::Failure;

/// How far from 0 a priority may be.
const PRIORITIES: i64 = 1_000_000;

/// The failure that names the providers there are.
pub(crate) fn unknown(id: &str, contents: &Contents) -> Failure {
    let ids = contents.providers.iter().map(|provider| provider.id.as_str());
    Failure::unknown("provider", id, ids)
}

pub(super) fn find<'c>(id: &str, contents: &'c Contents) -> Result<&'c Provider, Failure> {
    contents.provider(id).ok_or_else(|| unknown(id, contents))
}

/// A new provider.
pub(crate) fn create(fields: Fields, contents: &Contents, now_ms: u64) -> Result<Plan, Failure> {
    let mut fields = fields.without_nulls();
    let given = fields.text("id")?;
    let name = fields.text("name")?;
    let name = texts::name(&fields.needed("name", name)?)?;
    let kind = kind(&mut fields)?;
    let kind = fields.needed("type", kind)?;
    let provider = Provider {
        id: id(given, &name, contents)?,
        base_url: match base_url(&mut fields)? {
            Some(url) => url,
            None => fields.needed("baseUrl", kind.usual_base_url())?.to_owned(),
        },
        enabled: fields.truth("enabled")?.unwrap_or(true),
        priority: priority(&mut fields)?.unwrap_or(0),
        description: description(&mut fields)?.unwrap_or_default(),
        api_key: api_key(&mut fields)?.flatten(),
        timeouts: timeouts(&mut fields, OwnTimeouts::default())?,
        name,
        kind,
        created_at_ms: now_ms,
        updated_at_ms: now_ms,
    };
    fields.finish()?;
    Ok(put(provider, ProviderAction::Created))
}

/// What is left out stays as it is.
pub(crate) fn update(
    id: &str,
    mut fields: Fields,
    contents: &Contents,
    now_ms: u64,
) -> Result<Plan, Failure> {
    let old = find(id, contents)?;
    fields.unchanged("id", &Value::from(old.id.as_str()))?;
    fields.unchanged("hasApiKey", &Value::from(old.api_key.is_some()))?;
    fields.unchanged("createdAt", &Value::from(old.created_at_ms))?;
    fields.unchanged("updatedAt", &Value::from(old.updated_at_ms))?;
    let mut new = Provider { updated_at_ms: now_ms, ..old.clone() };
    if let Some(name) = fields.text("name")? {
        new.name = texts::name(&name)?;
    }
    new.kind = kind(&mut fields)?.unwrap_or(new.kind);
    new.base_url = base_url(&mut fields)?.unwrap_or(new.base_url);
    new.enabled = fields.truth("enabled")?.unwrap_or(new.enabled);
    new.priority = priority(&mut fields)?.unwrap_or(new.priority);
    new.description = description(&mut fields)?.unwrap_or(new.description);
    new.api_key = api_key(&mut fields)?.unwrap_or(new.api_key);
    new.timeouts = timeouts(&mut fields, new.timeouts)?;
    fields.finish()?;
    Ok(put(new, ProviderAction::Updated))
}

/// Requests go there from now on, or no more.
pub(crate) fn enable(
    id: &str,
    enabled: bool,
    contents: &Contents,
    now_ms: u64,
) -> Result<Plan, Failure> {
    let old = find(id, contents)?.clone();
    let action = if enabled { ProviderAction::Enabled } else { ProviderAction::Disabled };
    Ok(put(Provider { enabled, updated_at_ms: now_ms, ..old }, action))
}

/// Its models go with it, and where it is the active provider there is none any more.
pub(crate) fn delete(id: &str, contents: &Contents) -> Result<Plan, Failure> {
    find(id, contents)?;
    let models = contents.models.iter().filter(|model| model.provider_id == id);
    let gone = models.map(|model| Notice::Model(ModelAction::Deleted, model.id.clone()));
    let mut notices = vec![Notice::Provider(ProviderAction::Deleted, id.to_owned())];
    notices.extend(gone);
    let mut changes = vec![Change::DeleteProvider(id.to_owned())];
    if contents.settings.active_provider() == Some(id) {
        changes.push(Change::Unset(Setting::ActiveProvider));
    }
    Ok(Plan { changes, notices, id: id.to_owned() })
}

fn put(provider: Provider, action: ProviderAction) -> Plan {
    let id = provider.id.clone();
    let notices = vec![Notice::Provider(action, id.clone())];
    Plan { changes: vec![Change::PutProvider(provider)], notices, id }
}

fn id(given: Option<String>, name: &str, contents: &Contents) -> Result<String, Failure> {
    let is_taken = |id: &str| contents.provider(id).is_some();
    let Some(id) = given else { return Ok(texts::free_id(name, "provider", is_taken)) };
    texts::provider_id(&id)?;
    if is_taken(&id) {
        let message = format!(
            "There is a provider `{id}` already: PUT /api/providers/{id} changes it, another `id` makes another one"
        );
        return Err(Failure::new(StatusCode::CONFLICT, "provider_exists", message));
    }
    Ok(id)
}

fn kind(fields: &mut Fields) -> Result<Option<ProviderKind>, Failure> {
    let Some(name) = fields.text("type")? else { return Ok(None) };
    ProviderKind::of(&name).map(Some).ok_or_else(|| {
        let names = ProviderKind::ALL.map(ProviderKind::name).join(", ");
        Failure::field("type", format!("`type` must be one of: {names}"))
    })
}

fn base_url(fields: &mut Fields) -> Result<Option<String>, Failure> {
    fields.text("baseUrl")?.map(|url| texts::base_url(&url)).transpose()
}

fn priority(fields: &mut Fields) -> Result<Option<i64>, Failure> {
    let Some(value) = fields.take("priority") else { return Ok(None) };
    match value.as_i64() {
        Some(priority) if (-PRIORITIES..=PRIORITIES).contains(&priority) => Ok(Some(priority)),
        _ => {
            let message =
                format!("`priority` must be a whole number from -{PRIORITIES} to {PRIORITIES}");
            Err(Failure::field("priority", message))
        }
    }
}

fn description(fields: &mut Fields) -> Result<Option<String>, Failure> {
    fields.text("description")?.map(texts::description).transpose()
}

/// Null gives a timeout back to the setting of its name.
fn timeouts(fields: &mut Fields, now: OwnTimeouts) -> Result<OwnTimeouts, Failure> {
    Ok(OwnTimeouts {
        connect: fields.seconds("connectTimeout")?.unwrap_or(now.connect),
        first_byte: fields.seconds("firstByteTimeout")?.unwrap_or(now.first_byte),
        idle: fields.seconds("idleTimeout")?.unwrap_or(now.idle),
    })
}

/// Null takes the key away.
fn api_key(fields: &mut Fields) -> Result<Option<Option<ApiKey>>, Failure> {
    match fields.take("apiKey") {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) => Ok(Some(Some(texts::api_key(&text)?))),
        Some(_) => {
            Err(Failure::field("apiKey", "`apiKey` must be a text, or null, which removes the key"))
        }
    }
}
