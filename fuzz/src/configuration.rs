//! A configuration, and the `.env` files beside it.

use std::path::{Path, PathBuf};

use crate::config::{Config, LoadError, Shown, Surroundings, parse};
use crate::dotenv;
use rules::{assert_read, assert_variables};

#[path = "../../crates/signalbox/src/config/tests/rules.rs"]
mod rules;

/// Reads a configuration that stands in `/`.
pub(crate) fn read(content: &str) -> Result<Config, LoadError> {
    let surroundings = Surroundings {
        program: PathBuf::from("/bin/signalbox"),
        default_data_dir: Some(PathBuf::from("/data")),
        listen: None,
        data_dir: None,
    };
    parse(content, "signalbox.toml", Path::new("/"), &surroundings)
}

/// Up to the first NUL it is a configuration, behind it a `.env` file.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (configuration, variables) = text.split_once('\0').unwrap_or((text, ""));
    // What a file names is not read: that may be a device without an end.
    if !["env_file", "\\u", "\\U", "\\x"].iter().any(|word| configuration.contains(word)) {
        assert_read(configuration);
    }
    assert_variables(variables);
}
