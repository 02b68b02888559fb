//! The token that a client command shows.
//!
//! One that somebody gives by hand is meant for whatever server they name. One that is only found, in a data directory,
//! is a secret of this machine's server, so it is shown to nobody but who listens at a loopback address: another host
//! could be anybody's, and over http everybody on the way could read it.

use std::path::PathBuf;

use super::base::Base;
use crate::command_line::Connection;
use crate::config;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::up::token;

/// The token in the file or the variable; else, for a server of this machine, the one in its data directory.
pub(super) fn find_token(
    connection: &Connection,
    environment: &Environment,
    base: &Base,
) -> Result<Option<String>, Failure> {
    let given = token::from_file_or_environment(connection.token_file.as_deref(), environment)?;
    if given.is_some() || !base.is_local() {
        return Ok(given);
    }
    let file = data_dir(connection, environment).map(|directory| directory.join(token::FILE_NAME));
    match file.filter(|file| file.exists()) {
        Some(file) => token::from_file_or_environment(Some(&file), environment),
        None => Ok(None),
    }
}

/// The data directory of a server that was started here in the same way. A configuration with faults is `up`'s to tell.
fn data_dir(connection: &Connection, environment: &Environment) -> Option<PathBuf> {
    let configured = || {
        let file = config::find(None, environment)?;
        let surroundings = config::surroundings(environment).ok()?;
        Some(config::load(Some(&file), &surroundings).ok()?.server.data_dir)
    };
    connection.data_dir.clone().or_else(configured).or_else(|| environment.data_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the token that lies in the data directory `--data-dir` is shown to the server at `url`.
    #[track_caller]
    fn check(url: &str, variables: &[(&str, &str)], expected: Option<&str>) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(token::FILE_NAME), "found").unwrap();
        let connection = Connection {
            url: None,
            token_file: None,
            ca: None,
            data_dir: Some(directory.path().to_owned()),
        };
        let base = Base::parse(url).unwrap();
        let found = find_token(&connection, &Environment::of(variables), &base).unwrap();
        assert_eq!(found.as_deref(), expected, "{url}");
    }

    #[test]
    fn a_token_that_is_found_is_shown_to_this_machine_alone() {
        for url in ["http://127.0.0.1:3002", "https://localhost", "http://[::1]:1/box"] {
            check(url, &[], Some("found"));
        }
        for url in ["http://192.0.2.2:3002", "https://example.org", "http://localhost.example.org"]
        {
            check(url, &[], None);
        }
    }

    #[test]
    fn a_token_that_is_given_is_shown_to_whom_it_is_given_for() {
        let given = [("SIGNALBOX_TOKEN", "given")];
        check("http://192.0.2.2:3002", &given, Some("given"));
        check("http://127.0.0.1:3002", &given, Some("given"));
    }
}
