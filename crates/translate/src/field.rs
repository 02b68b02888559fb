//! Members of a caller's JSON, with the path at which they are wrong.

use serde_json::{Map, Value};

use crate::Fault;

/// A JSON value and where it stands in the request.
#[derive(Debug, Clone)]
pub(crate) struct Field<'v> {
    pub(crate) value: &'v Value,
    pub(crate) path: String,
}

impl<'v> Field<'v> {
    /// A member of the request itself, if it is there and not null.
    pub(crate) fn of(request: &'v Map<String, Value>, name: &str) -> Option<Self> {
        let value = request.get(name).filter(|value| !value.is_null())?;
        Some(Self { value, path: name.to_owned() })
    }

    /// A member of this object, if it is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(Self { value, path: format!("{}.{name}", self.path) })
    }

    /// A member of this object that must be there.
    pub(crate) fn need(&self, name: &str) -> Result<Self, Fault> {
        self.get(name).ok_or_else(|| Fault::at(format!("{}.{name}", self.path), "is missing"))
    }

    /// The text that this is.
    pub(crate) fn text(&self) -> Result<&'v str, Fault> {
        self.value.as_str().ok_or_else(|| self.must_be("a text"))
    }

    /// The text of a member that must be there.
    pub(crate) fn text_of(&self, name: &str) -> Result<&'v str, Fault> {
        self.need(name)?.text()
    }

    /// The text of a member, if it is there.
    pub(crate) fn text_if(&self, name: &str) -> Result<Option<&'v str>, Fault> {
        self.get(name).map(|field| field.text()).transpose()
    }

    /// What kind of thing this object says it is.
    pub(crate) fn kind(&self) -> Result<&'v str, Fault> {
        if !self.value.is_object() {
            return Err(self.must_be("an object"));
        }
        self.text_of("type")
    }

    /// The items of the list that this is.
    pub(crate) fn items(&self) -> Result<impl Iterator<Item = Field<'v>> + use<'v>, Fault> {
        let items = self.value.as_array().ok_or_else(|| self.must_be("a list"))?;
        let path = self.path.clone();
        let at = move |(place, value)| Field { value, path: format!("{path}.{place}") };
        Ok(items.iter().enumerate().map(at))
    }

    /// What is so or not so.
    pub(crate) fn flag(&self) -> Result<bool, Fault> {
        self.value.as_bool().ok_or_else(|| self.must_be("true or false"))
    }

    /// This must be something else.
    pub(crate) fn must_be(&self, what: &str) -> Fault {
        Fault::at(&self.path, format!("must be {what}"))
    }

    /// Something is wrong here.
    pub(crate) fn wrong(&self, reason: impl Into<String>) -> Fault {
        Fault::at(&self.path, reason)
    }
}

/// Copies members that mean the same on both sides, under their new names.
pub(crate) fn copy(from: &Map<String, Value>, to: &mut Map<String, Value>, names: &[(&str, &str)]) {
    for (old, new) in names {
        if let Some(value) = from.get(*old).filter(|value| !value.is_null()) {
            to.insert((*new).to_owned(), value.clone());
        }
    }
}
