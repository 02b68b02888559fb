//! `config check` and `config show`.

use serde_json::json;

use crate::command_line::{Config as Command, ConfigFile};
use crate::config::{self, Config, LoadError, Shown};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::terminal::{print_json, print_line};

/// Runs one of the two.
pub(crate) fn run(command: &Command, environment: &Environment) -> Result<(), Failure> {
    match command {
        Command::Check(file) => check(file, environment),
        Command::Show(file) => show(file, environment),
    }
}

fn check(arguments: &ConfigFile, environment: &Environment) -> Result<(), Failure> {
    let loaded = load(arguments, environment);
    if arguments.json {
        let document = match &loaded {
            Ok(_) => json!({ "ok": true, "faults": [] }),
            Err(LoadError::Faulty(report)) => json!({ "ok": false, "faults": report.entries() }),
            Err(other) => json!({ "ok": false, "faults": [{ "message": other.to_string() }] }),
        };
        print_json(&document)?;
    }
    let config = loaded?;
    if !arguments.json {
        let count = config.processes.len();
        let processes = if count == 1 { "process" } else { "processes" };
        print_line(format_args!("{}: ok, {count} {processes}", origin(&config)))?;
    }
    Ok(())
}

fn show(arguments: &ConfigFile, environment: &Environment) -> Result<(), Failure> {
    let config = load(arguments, environment)?;
    let shown = Shown::of(&config);
    if arguments.json {
        return print_json(&shown);
    }
    let toml = toml::to_string(&shown)
        .map_err(|error| Failure::Failed(format!("cannot write TOML: {error}")))?;
    print_line(format_args!("# {}\n{}", origin(&config), toml.trim_end()))
}

fn load(arguments: &ConfigFile, environment: &Environment) -> Result<Config, LoadError> {
    let asked = arguments.file.as_deref().or(arguments.config.as_deref());
    let surroundings = config::surroundings(environment)?;
    config::load(config::find(asked, environment).as_deref(), &surroundings)
}

fn origin(config: &Config) -> String {
    let file = config.file.as_ref().map(|file| file.display().to_string());
    file.unwrap_or_else(|| "the built-in default".to_owned())
}
