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
    if let (Setting::ActiveProvider, Some(id)) = (setting, value.as_str())
        && contents.provider(id).is_none()
    {
        let message = providers::unknown(id, contents).into_error().message;
        return Err(Failure::field("value", message));
    }
    Ok(Plan { changes: vec![Change::Set(setting, value)], ..Plan::default() })
}

/// A setting has its default again.
pub(crate) fn unset(setting: Setting) -> Plan {
    Plan { changes: vec![Change::Unset(setting)], ..Plan::default() }
}
