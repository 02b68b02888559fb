//! The program: its command line, its configuration, and what holds the other crates together.
//!
//! # Theory of operation
//!
//! `main` reads the command line and the environment once and passes both down as values. `config` turns a file into a
//! value that cannot be wrong. `up` is the control server, `proxies` are the two proxy servers that it supervises by
//! default, which are this very program with other arguments; `commands` are clients of a running server.
//!
//! # Invariant
//!
//! Only this crate reads the environment and prints. Every failure ends up in [`failure::Failure`], whose exhaustive
//! match gives the exit code.

#![forbid(unsafe_code)]

mod client;
mod command_line;
mod commands;
mod config;
mod environment;
mod failure;
mod guard;
mod logging;
mod notify;
mod proxies;
mod service;
mod signals;
mod terminal;
mod up;
mod usage;
mod visible;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use command_line::{Command, CommandLine, Events, Logs, Order, Status};
use config::LoadError;
use environment::Environment;
use failure::Failure;
use terminal::{Terminal, print_line, tell_painted};
use visible::visible_text;

/// A request takes some thirty allocations, which were a tenth of its time. Without huge pages, with
/// which an idle proxy would have twice the memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let environment = Environment::read();
    let terminal = Terminal::find_out(&environment);
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let command = match CommandLine::try_parse_from(&arguments) {
        Ok(line) => line.command,
        Err(error) => {
            let code = usage::explain(&error, &arguments);
            if let Some(failure) = usage::owed(&error, &arguments) {
                answer(&failure);
            }
            return code;
        }
    };
    let owes_document = command.owes_document();
    match run(command, &environment, terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            explain(&failure, terminal);
            if owes_document {
                answer(&failure);
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(command: Command, environment: &Environment, terminal: Terminal) -> Result<(), Failure> {
    match command {
        Command::Up(arguments) => up::up(&arguments, environment, terminal),
        Command::ProviderRouter(arguments) => {
            proxies::provider_router(arguments, environment, terminal)
        }
        Command::QwenProxy(arguments) => proxies::qwen_proxy(arguments, environment, terminal),
        Command::Config(command) => commands::config::run(&command, environment),
        Command::Service(command) => service::run(&command, environment),
        Command::Completions { shell } => commands::completions::run(shell),
        Command::Guard { ledger, detached } => guard::guard(&ledger, detached),
        Command::Status(Status { ref connection, .. })
        | Command::Start(Order { ref connection, .. })
        | Command::Stop(Order { ref connection, .. })
        | Command::Restart(Order { ref connection, .. })
        | Command::Logs(Logs { ref connection, .. })
        | Command::Events(Events { ref connection, .. }) => {
            commands::run(&command, connection, environment, terminal)
        }
    }
}

/// Says on standard error why a command failed.
fn explain(failure: &Failure, terminal: Terminal) {
    if let Some(told) = told(failure, terminal.err_colours) {
        tell_painted(told);
    }
}

/// Says the same to a program, on standard output. What became of an order was said there already.
fn answer(failure: &Failure) {
    let said = matches!(failure, Failure::NotReached(_) | Failure::Output(_) | Failure::Unread);
    if !said && let Ok(document) = serde_json::to_string(&failure.body()) {
        // Nobody reads it: that is no reason to fail otherwise.
        let _unread = print_line(document);
    }
}

/// What a terminal is told, which obeys nothing of it but our own colours, where they are wanted.
fn told(failure: &Failure, colours: bool) -> Option<String> {
    let text = match failure {
        Failure::Unread => return None,
        Failure::Configuration(LoadError::Faulty(report)) => {
            let faults = if report.len() == 1 { "fault" } else { "faults" };
            let shown = report.render(colours);
            return Some(format!("{shown}\n\n{} {faults} in the configuration", report.len()));
        }
        Failure::NoServer { .. } | Failure::NotReached(_) => failure.to_string(),
        other => format!("error: {other}"),
    };
    Some(visible_text(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "no\u{1b}[8msuch\u{1b}]0;x\u{7}\u{9b}2J\u{202e}";
    const SHOWN: &str = "no\\u001b[8msuch\\u001b]0;x\\u0007\\u009b2J\\u202e";

    #[test]
    fn a_terminal_obeys_nothing_of_a_failure() {
        let text = || HOSTILE.to_owned();
        for failure in [
            Failure::UnknownProcess { id: text(), near: Some(text()), known: Vec::new() },
            Failure::UnknownProcess { id: text(), near: None, known: vec![text()] },
            Failure::Usage(text()),
            Failure::Refused(failure::refusal("server_error", "refused", text())),
            Failure::NotReached(text()),
            Failure::NoServer { url: text() },
            Failure::Configuration(LoadError::Unreadable {
                path: text().into(),
                source: std::io::ErrorKind::NotFound.into(),
            }),
        ] {
            let told = told(&failure, true).unwrap();
            assert!(told.contains(SHOWN), "{told:?}");
            assert!(!told.contains('\u{1b}'), "{told:?}");
        }
    }

    #[test]
    fn a_fault_in_a_configuration_has_no_colours_but_our_own() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(HOSTILE);
        std::fs::write(&file, format!("[process.a]\n'{HOSTILE}' = 1 # {HOSTILE}")).unwrap();
        let surroundings = config::surroundings(&Environment::of(&[("HOME", "/")])).unwrap();
        let failure = config::load(Some(&file), &surroundings).unwrap_err().into();
        let told = told(&failure, true).unwrap();
        assert!(told.contains("\u{1b}["), "it is shown in colours: {told:?}");
        let obeyed = ["\u{1b}[8m", "\u{1b}]", "\u{7}", "\u{9b}", "\u{202e}"];
        // What is left of C1 and of turned text is caught where all goes out.
        let shown = visible::visible_lines(&told);
        assert!(obeyed.iter().all(|one| !shown.contains(one)), "{shown:?}");
    }
}
