//! `status`.

use std::sync::Arc;

use api::{Process, Processes};
use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};
use lifecycle::State;

use super::paint::span;
use super::select::select;
use crate::client::Client;
use crate::command_line::Status;
use crate::failure::Failure;
use crate::terminal::{Terminal, print_json, print_painted};
use crate::visible::visible;

const HEADER: [&str; 7] = ["ID", "STATE", "PORT", "PID", "UPTIME", "RESTARTS", "MESSAGE"];

/// Shows the processes.
pub(super) async fn run(
    arguments: &Status,
    client: &Client,
    terminal: Terminal,
) -> Result<(), Failure> {
    let listing = client.processes().await?;
    let processes = select(&arguments.ids, &listing)?;
    if arguments.json {
        return print_json(&Processes { processes, seq: listing.seq });
    }
    print_painted(table(&processes, terminal.out_colours))
}

fn table(processes: &[Arc<Process>], colours: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if colours {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(HEADER.map(|title| Cell::new(title).add_attribute(Attribute::Dim)));
    for process in processes {
        table.add_row(row(process));
    }
    for column in [2, 3, 5] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    table.trim_fmt()
}

fn row(process: &Process) -> Vec<Cell> {
    let number =
        |number: Option<u32>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let uptime = if process.running { span(process.uptime) } else { "-".to_owned() };
    vec![
        Cell::new(visible(&process.id)),
        Cell::new(process.state.name()).fg(colour(process.state)),
        Cell::new(number(process.port.map(u32::from))),
        Cell::new(number(process.pid)),
        Cell::new(uptime),
        Cell::new(process.restarts),
        Cell::new(message(process)),
    ]
}

/// The message on one line, with what the process says of itself or the restart that is to come.
fn message(process: &Process) -> String {
    let message = process.message.replace('\n', " ");
    let message = visible(&message);
    match (&process.restart, &process.detail) {
        (Some(restart), _) => {
            format!("{message} (restart {} of {} follows)", restart.attempt, restart.max)
        }
        (None, Some(detail)) => format!("{message} ({})", visible(detail)),
        (None, None) => message.into_owned(),
    }
}

fn colour(state: State) -> Color {
    match state {
        State::Stopped => Color::DarkGrey,
        State::Starting | State::Stopping => Color::Yellow,
        State::Running => Color::Green,
        State::Error => Color::Red,
    }
}
