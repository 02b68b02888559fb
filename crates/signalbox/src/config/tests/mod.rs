//! Configurations, good and bad.

mod bad;
mod good;
mod mangled;
mod rules;
mod secrets;

use std::path::{Path, PathBuf};

use super::{Config, LoadError, Shown, Surroundings, dotenv, parse};

/// A program at `/bin/signalbox` that keeps its data in `/data`.
fn surroundings() -> Surroundings {
    Surroundings {
        program: PathBuf::from("/bin/signalbox"),
        default_data_dir: Some(PathBuf::from("/data")),
        listen: None,
        data_dir: None,
    }
}

fn read_in(directory: &Path, content: &str) -> Result<Config, LoadError> {
    parse(content, "signalbox.toml", directory, &surroundings())
}

/// Reads a configuration that stands in `/`.
fn read(content: &str) -> Result<Config, LoadError> {
    read_in(Path::new("/"), content)
}
