//! `signalbox service`: the control server as a service of this user, under systemd.
//!
//! What is written is checked before: a unit that cannot start would only be found out at the next login. What a person
//! changed is never replaced or removed unless they say so.

mod systemctl;
mod unit;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::command_line::{Install, Service, Uninstall, Up};
use crate::config::{self, Config, reason};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::terminal::{print_line, tell};
use crate::up::{self, token::from_file_or_environment};
use systemctl::{Systemctl, UNIT};
use unit::{Owner, Unit, owner, path_text};

/// Runs one of the two.
pub(crate) fn run(command: &Service, environment: &Environment) -> Result<(), Failure> {
    match command {
        Service::Install(arguments) => install(arguments, environment),
        Service::Uninstall(arguments) => uninstall(arguments, environment),
    }
}

fn install(arguments: &Install, environment: &Environment) -> Result<(), Failure> {
    let text = unit(&arguments.up, environment)?.text();
    if arguments.print {
        return print_line(text.trim_end());
    }
    let path = unit_path(environment)?;
    let systemd = Systemctl::find(environment)?;
    let before = read(&path)?;
    if before.as_ref().is_some_and(|before| *before != text && owner(before) == Owner::Person)
        && !arguments.force
    {
        return Err(changed(&path, "replaces it"));
    }
    write(&path, &text)?;
    systemd.run(&["daemon-reload"])?;
    systemd.run(&["enable", "--now", UNIT])?;
    print_line(format_args!("{} is installed and runs", path.display()))?;
    if before.is_some_and(|before| before != text) {
        tell(format_args!("It was replaced; to run it anew: systemctl --user restart {UNIT}"));
    }
    tell("It ends with your last session, unless: loginctl enable-linger");
    Ok(())
}

fn uninstall(arguments: &Uninstall, environment: &Environment) -> Result<(), Failure> {
    let path = unit_path(environment)?;
    let Some(text) = read(&path)? else {
        return Err(Failure::Failed(format!(
            "nothing is installed: there is no {}",
            path.display()
        )));
    };
    if owner(&text) == Owner::Person && !arguments.force {
        return Err(changed(&path, "removes it"));
    }
    let systemd = Systemctl::find(environment)?;
    systemd.run(&["disable", "--now", UNIT])?;
    fs::remove_file(&path).map_err(|error| unusable(&path, &error))?;
    systemd.run(&["daemon-reload"])?;
    print_line(format_args!("{} is removed, and its processes have ended", path.display()))
}

/// The unit for what `up` would run here and now.
fn unit(arguments: &Up, environment: &Environment) -> Result<Unit, Failure> {
    let configured = up::read_configuration(arguments, environment)?;
    check_files(arguments, &configured)?;
    if arguments.token_file.is_none() && environment.get("SIGNALBOX_TOKEN").is_some() {
        tell(
            "SIGNALBOX_TOKEN is not written into the unit, which others may read: give --token-file",
        );
    }
    let program = config::surroundings(environment)?.program;
    let mut command = vec![text_of(&program)?, "up".to_owned()];
    let data_dir = data_dir(arguments, &configured, environment);
    let paths = [
        ("--config", configured.file.as_deref()),
        ("--data-dir", data_dir),
        ("--token-file", arguments.token_file.as_deref()),
        ("--tls-cert", arguments.tls_cert.as_deref()),
        ("--tls-key", arguments.tls_key.as_deref()),
    ];
    for (option, path) in paths.into_iter().filter_map(|(option, path)| Some((option, path?))) {
        command.extend([option.to_owned(), text_of(path)?]);
    }
    if let Some(listen) = arguments.listen {
        command.extend(["--listen".to_owned(), listen.to_string()]);
    }
    if arguments.no_start {
        command.push("--no-start".to_owned());
    }
    let path = environment.text("PATH").filter(|path| !path.contains(['\n', '\r']));
    Ok(Unit { command, path: path.map(str::to_owned) })
}

/// That the service could enter and be entered: what `up` would refuse is refused now.
fn check_files(arguments: &Up, configured: &Config) -> Result<(), Failure> {
    // Not the variable, which the service will not have.
    let token = from_file_or_environment(arguments.token_file.as_deref(), &Environment::default())?;
    if token.is_none() && !up::is_loopback(configured) {
        return Err(Failure::TokenFileRequired { address: configured.server.listen });
    }
    up::load_tls(arguments).map(drop)
}

/// The data directory that the unit must name: the one that was asked for, or the one in effect here where the service,
/// which does not get this `XDG_DATA_HOME`, would find another one by itself.
fn data_dir<'a>(
    arguments: &'a Up,
    configured: &'a Config,
    environment: &Environment,
) -> Option<&'a Path> {
    let here = &configured.server.data_dir;
    let there = up::read_configuration(arguments, &environment.lacking("XDG_DATA_HOME"));
    let is_same = there.is_ok_and(|there| there.server.data_dir == *here);
    arguments.data_dir.as_deref().or_else(|| (!is_same).then_some(here))
}

/// A path as the unit has it: whole, since a service begins elsewhere.
fn text_of(path: &Path) -> Result<String, Failure> {
    let absolute = std::path::absolute(path).map_err(|error| unusable(path, &error))?;
    path_text(&absolute).ok_or_else(|| {
        Failure::Usage(format!("{} cannot stand in a unit of systemd", absolute.display()))
    })
}

/// Where systemd looks for what a user has written.
fn unit_path(environment: &Environment) -> Result<PathBuf, Failure> {
    let home = environment.config_home().ok_or_else(|| {
        Failure::Failed("no place for the unit: neither XDG_CONFIG_HOME nor HOME is set".to_owned())
    })?;
    Ok(home.join("systemd/user").join(UNIT))
}

fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(path, &error)),
    }
}

/// In one step: systemd may read at any moment.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let beside = path.with_extension("service.new");
    let written = path.parent().map_or(Ok(()), fs::create_dir_all);
    let written = written.and_then(|()| fs::write(&beside, text));
    written.and_then(|()| fs::rename(&beside, path)).map_err(|error| unusable(path, &error))
}

fn changed(path: &Path, what: &str) -> Failure {
    Failure::Failed(format!(
        "{} was changed or written by hand: keep what is yours with `systemctl --user edit {UNIT}`; --force {what}",
        path.display()
    ))
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::Failed(format!("{}: {}", path.display(), reason(error)))
}
