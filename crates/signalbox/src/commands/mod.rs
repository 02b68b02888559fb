//! The commands that need no server of their own: clients of one, and the configuration's.

pub(crate) mod completions;
pub(crate) mod config;
mod events;
mod live;
mod logs;
mod order;
mod paint;
mod select;
mod sequence;
mod status;
mod verb;
mod watch;

use crate::client::Client;
use crate::command_line::{Command, Connection};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::terminal::Terminal;
use verb::Verb;

/// Runs a client command, on one thread.
pub(crate) fn run(
    command: &Command,
    connection: &Connection,
    environment: &Environment,
    terminal: Terminal,
) -> Result<(), Failure> {
    let client = Client::new(connection, environment)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(format!("cannot start the runtime: {error}")))?;
    runtime.block_on(async {
        match command {
            Command::Status(arguments) => status::run(arguments, &client, terminal).await,
            Command::Start(arguments) => {
                order::run(Verb::Start, arguments, &client, terminal).await
            }
            Command::Stop(arguments) => order::run(Verb::Stop, arguments, &client, terminal).await,
            Command::Restart(arguments) => {
                order::run(Verb::Restart, arguments, &client, terminal).await
            }
            Command::Logs(arguments) => logs::run(arguments, &client, terminal).await,
            Command::Events(arguments) => events::run(arguments, &client, terminal).await,
            Command::Up(_)
            | Command::ProviderRouter(_)
            | Command::QwenProxy(_)
            | Command::Config(_)
            | Command::Service(_)
            | Command::Completions { .. }
            | Command::Guard { .. } => Ok(()),
        }
    })
}
