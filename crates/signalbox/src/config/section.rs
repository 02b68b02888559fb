//! A table of the configuration, read key by key: what is not asked for is unknown.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Place};
use super::nearest::nearest;
use super::values::{Read, Value, found};

/// A table that is being read. Faults are collected, so that one does not hide the next.
pub(super) struct Section<'d> {
    /// Its name in full, such as `process.myServer`; empty at the top.
    name: String,
    entries: Vec<(&'d str, Place, &'d Value<'d>)>,
    asked: Vec<&'static str>,
}

impl<'d> Section<'d> {
    /// Reads `table`, whose name in full is `name`.
    pub(super) fn new(name: impl Into<String>, table: &'d DeTable<'d>) -> Self {
        let entries =
            table.iter().map(|(key, value)| (&**key.get_ref(), key.span(), value)).collect();
        Self { name: name.into(), entries, asked: Vec::new() }
    }

    /// A table without keys, for one that was left out.
    pub(super) fn empty() -> Self {
        Self { name: String::new(), entries: Vec::new(), asked: Vec::new() }
    }

    /// The keys as they are, for a table whose keys the user invents.
    pub(super) fn entries(&self) -> &[(&'d str, Place, &'d Value<'d>)] {
        &self.entries
    }

    /// Whether the key is there, well-formed or not.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, ..)| *name == key)
    }

    /// Where the key is, if it is there.
    pub(super) fn key_place(&self, key: &str) -> Option<Place> {
        self.entries.iter().find(|(name, ..)| *name == key).map(|(_, place, _)| place.clone())
    }

    /// The value of `key`, if it is there and `read` makes something of it.
    pub(super) fn get<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&'d Value<'d>) -> Read<T>,
        faults: &mut Vec<Fault>,
    ) -> Option<Spanned<T>> {
        let value = self.take(key)?;
        match read(value) {
            Ok(read) => Some(Spanned::new(value.span(), read)),
            Err(found) => {
                faults.extend(found);
                None
            }
        }
    }

    /// The table under `key`, written as a table, inline or with dotted keys.
    pub(super) fn section(&mut self, key: &'static str, faults: &mut Vec<Fault>) -> Option<Self> {
        let value = self.take(key)?;
        let name = self.full_name(key);
        match value.get_ref() {
            DeValue::Table(table) => Some(Section::new(name, table)),
            other => {
                let title = format!("`{name}` must be a table, found {}", found(other));
                faults.push(Fault::at(value.span(), title));
                None
            }
        }
    }

    /// Reports what nobody asked for.
    pub(super) fn finish(self, faults: &mut Vec<Fault>) {
        for (key, place, _) in &self.entries {
            if !self.asked.contains(key) {
                faults.push(self.unknown(key, place.clone()));
            }
        }
    }

    fn unknown(&self, key: &str, place: Place) -> Fault {
        let within =
            if self.name.is_empty() { String::new() } else { format!(" in `{}`", self.name) };
        let help = match nearest(key, self.asked.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here: {}", self.asked.join(", ")),
        };
        Fault::at(place, format!("unknown key `{key}`{within}")).help(help)
    }

    fn full_name(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn take(&mut self, key: &'static str) -> Option<&'d Value<'d>> {
        self.asked.push(key);
        self.entries.iter().find(|(name, ..)| *name == key).map(|(_, _, value)| *value)
    }
}
