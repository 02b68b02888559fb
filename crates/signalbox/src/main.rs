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
mod visible;

use std::process::ExitCode;

use clap::Parser;

use command_line::{Command, CommandLine, Events, Logs, Order, Status};
use config::LoadError;
use environment::Environment;
use failure::Failure;
use terminal::{Terminal, tell};

/// A request takes some thirty allocations, which were a tenth of its time. Without huge pages, with
/// which an idle proxy would have twice the memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let environment = Environment::read();
    let terminal = Terminal::find_out(&environment);
    match run(CommandLine::parse().command, &environment, terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            explain(&failure, terminal);
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
    match failure {
        Failure::Unread => {}
        Failure::Configuration(LoadError::Faulty(report)) => {
            let faults = if report.len() == 1 { "fault" } else { "faults" };
            let shown = report.render(terminal.err_colours);
            tell(format_args!("{shown}\n\n{} {faults} in the configuration", report.len()));
        }
        Failure::NoServer { .. } | Failure::NotReached(_) => tell(failure),
        other => tell(format_args!("error: {other}")),
    }
}
