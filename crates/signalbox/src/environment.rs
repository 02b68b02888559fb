//! The environment variables, read once; nothing else of the program looks at them.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The variables of this program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    variables: Vec<(OsString, OsString)>,
}

impl Environment {
    /// As it is now.
    pub(crate) fn read() -> Self {
        Self { variables: env::vars_os().collect() }
    }

    /// With exactly these variables.
    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        let owned = variables.iter().map(|(name, value)| (name.into(), value.into()));
        Self { variables: owned.collect() }
    }

    /// A variable's value; an empty one counts as not set, as the XDG rules and most tools have it.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        let (_, value) = self.variables.iter().find(|(known, _)| known == name)?;
        (!value.is_empty()).then_some(value)
    }

    /// A variable's value as text; what is not UTF-8 counts as not set.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.to_str()
    }

    /// `$XDG_CONFIG_HOME`, else `~/.config`.
    pub(crate) fn config_home(&self) -> Option<PathBuf> {
        self.base("XDG_CONFIG_HOME", ".config")
    }

    /// Where everything is kept unless somebody says otherwise: `$XDG_DATA_HOME/signalbox`, else `~/.local/share/signalbox`.
    pub(crate) fn data_dir(&self) -> Option<PathBuf> {
        self.base("XDG_DATA_HOME", ".local/share").map(|home| home.join("signalbox"))
    }

    /// All variables but these: what children get.
    pub(crate) fn without(&self, names: &[&str]) -> Vec<(OsString, OsString)> {
        let kept = |(known, _): &&(OsString, OsString)| names.iter().all(|name| known != name);
        self.variables.iter().filter(kept).cloned().collect()
    }

    /// The same without this variable.
    pub(crate) fn lacking(&self, name: &str) -> Self {
        Self { variables: self.without(&[name]) }
    }

    /// The XDG rules ignore a relative path.
    fn base(&self, name: &str, in_home: &str) -> Option<PathBuf> {
        let set = self.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        set.or_else(|| Some(PathBuf::from(self.get("HOME")?).join(in_home)))
    }
}
