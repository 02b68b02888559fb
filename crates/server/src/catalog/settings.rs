//! What is to be done to settings.

use serde_json::Value;
use store::{Change, Contents, Setting};

use super::{Fields, Plan, providers};
use crate::failure::Failure;

/// The setting with this key. There are no others: one that nobody reads would do nothing.
pub(crate) fn find(key: &str) -> Result<Setting, Failure> {
    let keys = Setting::ALL.into_iter().map(Setting::key);
    Setting::of(key).ok_or_else(|| Failure::unknown("setting", key, keys))
}

/// A setting has a value from now on.
pub(crate) fn set(
    setting: Setting,
    mut fields: Fields,
    contents: &Contents,
) -> Result<Plan, Failure> {
    let key = setting.key();
    fields.unchanged("key", &Value::from(key))?;
    let value = fields.take("value");
    let value = fields.needed("value", value)?;
    fields.finish()?;
    setting.check(&value).map_err(|kind| {
        Failure::field("value", format!("`{key}` must be {kind}; {value} is not"))
    })?;
    let unknown = named(setting, &value).find(|id| contents.provider(id).is_none());
    if let Some(id) = unknown {
        let message = providers::unknown(id, contents).into_error().message;
        return Err(Failure::field("value", message));
    }
    Ok(Plan { changes: vec![Change::Set(setting, value)], ..Plan::default() })
}

/// The providers that a value names.
fn named(setting: Setting, value: &Value) -> impl Iterator<Item = &str> {
    let (one, several) = match setting {
        Setting::ActiveProvider => (value.as_str(), None),
        Setting::FallbackOrder => (None, value.as_array()),
        _ => (None, None),
    };
    one.into_iter().chain(several.into_iter().flatten().filter_map(Value::as_str))
}

/// A setting has its default again.
pub(crate) fn unset(setting: Setting) -> Plan {
    Plan { changes: vec![Change::Unset(setting)], ..Plan::default() }
}
