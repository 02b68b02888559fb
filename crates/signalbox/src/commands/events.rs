//! `events`: what happened, and what happens.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::paint::{DIM, moment, paint, state_colour};
use super::watch::event_process;
use crate::client::{Client, Message};
use crate::command_line::Events;
use crate::failure::Failure;
use crate::terminal::{Terminal, print_json, print_line, print_painted, tell};
use crate::visible::visible;

/// How long a server may be away while it is followed; a restart takes less.
pub(super) const AWAY: Duration = Duration::from_secs(5);

/// How long to wait before asking again.
pub(super) const PAUSE: Duration = Duration::from_millis(250);

/// Shows events.
pub(super) async fn run(
    arguments: &Events,
    client: &Client,
    terminal: Terminal,
) -> Result<(), Failure> {
    if arguments.follow {
        return follow(arguments, client, terminal).await;
    }
    let mut after = arguments.after.unwrap_or(0);
    let mut all = Vec::new();
    loop {
        let page = client.history(after).await?;
        if arguments.json {
            all.extend(page.events);
        } else {
            page.events.iter().try_for_each(|event| show(event, terminal))?;
        }
        match page.next.filter(|next| *next > after) {
            Some(next) => after = next,
            None => break,
        }
    }
    if arguments.json { print_json(&json!({ "events": all })) } else { Ok(()) }
}

/// Follows the stream, over restarts of the server too, until it stays away.
async fn follow(arguments: &Events, client: &Client, terminal: Terminal) -> Result<(), Failure> {
    let mut last = arguments.after;
    let mut stream = client.events(last).await?;
    loop {
        while let Some(message) = stream.next().await {
            last = take(&message, last, arguments.json, terminal)?.or(last);
        }
        tell("Disconnected. Reconnecting...");
        let since = Instant::now();
        stream = loop {
            tokio::time::sleep(PAUSE).await;
            match client.events(last).await {
                Err(Failure::NoServer { .. }) if since.elapsed() < AWAY => {}
                opened => break opened?,
            }
        };
    }
}

/// Shows an event and returns its number. A snapshot is where following begins, or tells that events were missed.
fn take(
    message: &Message,
    last: Option<u64>,
    json: bool,
    terminal: Terminal,
) -> Result<Option<u64>, Failure> {
    let Ok(event) = serde_json::from_str::<Value>(&message.data) else { return Ok(None) };
    let seq = event["seq"].as_u64();
    if message.event == "snapshot" {
        if last.is_some() {
            tell("some events are not there to be shown any more");
        }
        return Ok(seq);
    }
    if message.event != "lifecycle:update" {
        return Ok(None);
    }
    if json {
        print_line(&message.data)?;
    } else {
        show(&event, terminal)?;
    }
    Ok(seq)
}

/// Time, number, process, state and message of an event, on one line.
fn show(event: &Value, terminal: Terminal) -> Result<(), Failure> {
    let Some(process) = event_process(event) else { return Ok(()) };
    let time = moment(event["timestamp"].as_u64().unwrap_or_default());
    let seq = event["seq"].as_u64().unwrap_or_default();
    let colours = terminal.out_colours;
    let state = format!("{:8}", process.state.name());
    print_painted(format_args!(
        "{}  {seq:>5}  {:14}  {}  {}",
        paint(time, DIM, colours),
        visible(&process.id),
        paint(state, state_colour(process.state), colours),
        visible(&process.message.replace('\n', " ")),
    ))
}
