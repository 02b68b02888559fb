//! Which file is the configuration.

use std::path::{Path, PathBuf};

use crate::environment::Environment;

/// The name of the file where a directory is searched.
const FILE_NAME: &str = "signalbox.toml";

/// The configuration's file: the one that was asked for, else the first that exists; none: the built-in default.
pub(crate) fn find(asked: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    if let Some(path) = asked {
        return Some(path.to_owned());
    }
    if let Some(path) = environment.get("SIGNALBOX_CONFIG") {
        return Some(PathBuf::from(path));
    }
    let user = environment.config_home().map(|home| home.join("signalbox").join(FILE_NAME));
    [Some(PathBuf::from(FILE_NAME)), user].into_iter().flatten().find(|path| path.exists())
}
