//! What is to be done to models.

use api::ModelAction;
use http::StatusCode;
use serde_json::Value;
use store::{Change, Contents, Model};

use super::plan::Notice;
use super::{Fields, Plan, texts};
use crate::failure::Failure;

/// How many capabilities a model may have.
const CAPABILITIES: usize = 32;

/// How long a capability may be, in bytes.
const CAPABILITY_LENGTH: usize = 64;

/// The failure that names the models there are.
pub(crate) fn unknown(id: &str, contents: &Contents) -> Failure {
    Failure::unknown("model", id, contents.models.iter().map(|model| model.id.as_str()))
}

fn find<'c>(id: &str, contents: &'c Contents) -> Result<&'c Model, Failure> {
    contents.model(id).ok_or_else(|| unknown(id, contents))
}

/// A new model.
pub(crate) fn create(fields: Fields, contents: &Contents, now_ms: u64) -> Result<Plan, Failure> {
    let mut fields = fields.without_nulls();
    let (given, name) = (fields.text("id")?, fields.text("name")?);
    let name = name.map(|name| texts::name(&name)).transpose()?;
    let name = fields.needed("name", name.or_else(|| given.clone()))?;
    let id = id(given, &name, contents)?;
    let provider_id = provider_id(&mut fields, contents)?;
    let model = Model {
        provider_id: fields.needed("providerId", provider_id)?,
        upstream_model: upstream_model(&mut fields)?.unwrap_or_else(|| id.clone()),
        capabilities: capabilities(&mut fields)?.unwrap_or_default(),
        id,
        name,
        created_at_ms: now_ms,
        updated_at_ms: now_ms,
    };
    fields.finish()?;
    Ok(put(model, ModelAction::Created))
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
    fields.unchanged("createdAt", &Value::from(old.created_at_ms))?;
    fields.unchanged("updatedAt", &Value::from(old.updated_at_ms))?;
    let mut new = Model { updated_at_ms: now_ms, ..old.clone() };
    if let Some(name) = fields.text("name")? {
        new.name = texts::name(&name)?;
    }
    new.provider_id = provider_id(&mut fields, contents)?.unwrap_or(new.provider_id);
    new.upstream_model = upstream_model(&mut fields)?.unwrap_or(new.upstream_model);
    new.capabilities = capabilities(&mut fields)?.unwrap_or(new.capabilities);
    fields.finish()?;
    Ok(put(new, ModelAction::Updated))
}

/// No request finds it under this name any more.
pub(crate) fn delete(id: &str, contents: &Contents) -> Result<Plan, Failure> {
    find(id, contents)?;
    let notices = vec![Notice::Model(ModelAction::Deleted, id.to_owned())];
    Ok(Plan { changes: vec![Change::DeleteModel(id.to_owned())], notices, id: id.to_owned() })
}

fn put(model: Model, action: ModelAction) -> Plan {
    let id = model.id.clone();
    let notices = vec![Notice::Model(action, id.clone())];
    Plan { changes: vec![Change::PutModel(model)], notices, id }
}

/// A name that could be an id is one, letter by letter: people write `qwen3-max` and mean it.
fn id(given: Option<String>, name: &str, contents: &Contents) -> Result<String, Failure> {
    let is_taken = |id: &str| contents.model(id).is_some();
    let derived = given.is_none();
    let as_it_is = given.or_else(|| texts::model_name("name", name).ok().map(|()| name.to_owned()));
    let Some(id) = as_it_is else { return Ok(texts::free_id(name, "model", is_taken)) };
    texts::model_name("id", &id)?;
    match (is_taken(&id), derived) {
        (false, _) => Ok(id),
        (true, true) => Ok(texts::free_id(name, "model", is_taken)),
        (true, false) => {
            let message = format!(
                "There is a model `{id}` already: PUT /api/models/{{id}} changes it, another `id` makes another one"
            );
            Err(Failure::new(StatusCode::CONFLICT, "model_exists", message))
        }
    }
}

fn provider_id(fields: &mut Fields, contents: &Contents) -> Result<Option<String>, Failure> {
    let Some(id) = fields.text("providerId")? else { return Ok(None) };
    if contents.provider(&id).is_some() {
        return Ok(Some(id));
    }
    let message = super::providers::unknown(&id, contents).into_error().message;
    Err(Failure::field("providerId", message))
}

fn upstream_model(fields: &mut Fields) -> Result<Option<String>, Failure> {
    let name = fields.text("upstreamModel")?;
    name.map(|name| texts::model_name("upstreamModel", &name).map(|()| name)).transpose()
}

fn capabilities(fields: &mut Fields) -> Result<Option<Vec<String>>, Failure> {
    let Some(value) = fields.take("capabilities") else { return Ok(None) };
    let words = value.as_array().and_then(|words| words.iter().map(word).collect());
    let words: Vec<String> = words.filter(|words: &Vec<_>| words.len() <= CAPABILITIES).ok_or_else(|| {
        let message = format!(
            "`capabilities` must be an array of at most {CAPABILITIES} words such as \"chat\", \"tools\", \"vision\""
        );
        Failure::field("capabilities", message)
    })?;
    Ok(Some(words))
}

fn word(value: &Value) -> Option<String> {
    let word = value.as_str()?.trim();
    let is_word = !word.is_empty()
        && word.len() <= CAPABILITY_LENGTH
        && !word.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    is_word.then(|| word.to_owned())
}
