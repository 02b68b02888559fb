//! `start`, `stop` and `restart`: the order goes out at once, then its outcome is waited for.

use std::sync::Arc;
use std::time::Duration;

use api::{Process, Processes};
use lifecycle::State;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::timeout;

use super::live::Live;
use super::paint::{paint, state_colour};
use super::select::select;
use super::sequence::{Named, orders};
use super::verb::Verb;
use super::watch::{Watch, Watched, event_process};
use crate::client::Client;
use crate::command_line::Order;
use crate::failure::Failure;
use crate::terminal::{Terminal, print_json, print_painted};
use crate::visible::visible;

/// How soon a start follows the stop that it waited for. The server does both in one step.
const FOLLOW_TIME: Duration = Duration::from_secs(1);

/// How long to leave a server alone whose stream broke off.
const PAUSE: Duration = Duration::from_millis(200);

/// Orders, waits, and tells what became of it.
pub(super) async fn run(
    verb: Verb,
    arguments: &Order,
    client: &Client,
    terminal: Terminal,
) -> Result<(), Failure> {
    let listing = client.processes().await?;
    let chosen = select(&arguments.ids, &listing)?;
    let answers = order(verb, arguments.ids.is_empty(), &chosen, client).await?;
    if arguments.no_wait {
        return show(&answers, listing.seq, arguments.json, terminal);
    }
    let mut watch = Watch::new(verb, answers);
    let mut seq = listing.seq;
    let live = Live::new(terminal.err_is_terminal && !arguments.json, watch.summary());
    let patience = arguments.timeout.unwrap_or(FOR_EVER);
    let waited = timeout(patience, settle(&mut watch, &mut seq, client, &live)).await;
    drop(live);
    if let Ok(Err(failure)) = waited {
        return Err(failure);
    }
    show(&watch.processes(), seq, arguments.json, terminal)?;
    let astray = watch.astray();
    if astray.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = astray.iter().map(|watched| explain(watched, verb, patience)).collect();
    Err(Failure::NotReached(told.join("\n")))
}

/// A century: as good as no limit to a clock.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Gives the order to all, without waiting for anything but that it was taken.
async fn order(
    verb: Verb,
    all: bool,
    chosen: &[Arc<Process>],
    client: &Client,
) -> Result<Vec<Arc<Process>>, Failure> {
    if all {
        return order_all(verb, chosen, client).await;
    }
    let mut answers = chosen.to_vec();
    for (verb, index) in orders(verb, &named(chosen, client).await?) {
        answers[index] = Arc::new(client.order(&chosen[index].id, verb.name()).await?);
    }
    Ok(answers)
}

/// One alone has nobody to wait for among those that were named.
async fn named<'p>(chosen: &'p [Arc<Process>], client: &Client) -> Result<Vec<Named<'p>>, Failure> {
    let mut named = Vec::with_capacity(chosen.len());
    for process in chosen {
        let alone = chosen.len() == 1;
        let after = if alone { Vec::new() } else { client.after(&process.id).await? };
        named.push(Named { id: &process.id, after });
    }
    Ok(named)
}

/// For all together the server knows the right sequence. A restart is a stop and a start in one breath: what stops is
/// started once it is down, and nothing is left undone if this command is interrupted.
async fn order_all(
    verb: Verb,
    chosen: &[Arc<Process>],
    client: &Client,
) -> Result<Vec<Arc<Process>>, Failure> {
    let status = match verb {
        Verb::Start | Verb::Stop => client.order_all(verb.name()).await?,
        Verb::Restart => {
            client.order_all(Verb::Stop.name()).await?;
            client.order_all(Verb::Start.name()).await?
        }
    };
    let answer = |process: &Arc<Process>| {
        let answered = Process::deserialize(status.get(&process.id).unwrap_or(&Value::Null));
        answered.map_or_else(|_| Arc::clone(process), Arc::new)
    };
    Ok(chosen.iter().map(answer).collect())
}

/// Returns when all have settled. A stream that breaks off is taken up again with the whole state.
async fn settle(
    watch: &mut Watch,
    seq: &mut u64,
    client: &Client,
    live: &Live,
) -> Result<(), Failure> {
    loop {
        let mut events = client.events(None).await?;
        loop {
            live.show(watch.summary());
            let message = if watch.waits_for_starts_alone() {
                let Ok(message) = timeout(FOLLOW_TIME, events.next()).await else {
                    watch.give_up_waiting_for_starts();
                    continue;
                };
                message
            } else {
                events.next().await
            };
            let Some(message) = message else { break };
            take(watch, seq, &message.event, &message.data);
            if watch.is_settled() {
                return Ok(());
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn take(watch: &mut Watch, seq: &mut u64, event: &str, data: &str) {
    if event == "snapshot" {
        if let Ok(snapshot) = serde_json::from_str::<Processes>(data) {
            *seq = snapshot.seq;
            snapshot.processes.into_iter().for_each(|process| watch.take(process));
        }
    } else if event == "detail:updated" {
        if let Ok(update) = serde_json::from_str(data) {
            watch.take_detail(update);
        }
    } else if let Ok(event) = serde_json::from_str::<Value>(data) {
        *seq = event["seq"].as_u64().unwrap_or(*seq);
        if let Some(process) = event_process(&event) {
            watch.take(Arc::new(process));
        }
    }
}

fn show(
    processes: &[Arc<Process>],
    seq: u64,
    json: bool,
    terminal: Terminal,
) -> Result<(), Failure> {
    if json {
        return print_json(&Processes { processes: processes.to_vec(), seq });
    }
    let width = processes.iter().map(|process| process.id.len()).max().unwrap_or(0);
    for process in processes {
        let colour = state_colour(process.state);
        let message = paint(visible(&process.message), colour, terminal.out_colours);
        print_painted(format_args!("{:width$}  {message}", visible(&process.id)))?;
    }
    Ok(())
}

/// Why a process is not where it should be, what it said, and where to read on.
fn explain(watched: &Watched, verb: Verb, waited: Duration) -> String {
    let process = &watched.process;
    let (id, message) = (visible(&process.id), visible(&process.message));
    let mut told = if watched.is_settled() {
        format!("{id} is not {}: {message}", verb.wanted().name())
    } else {
        let waited = waited.as_secs_f64();
        format!("{id} is not {} after {waited}s: {message}", verb.wanted().name())
    };
    if let Some(detail) = &process.detail {
        told.push_str(&format!("\n  it says: {}", visible(detail)));
    }
    for survivor in process.survivors.iter().flatten() {
        told.push_str(&format!(
            "\n  still alive: {} (pid {})",
            visible(&survivor.name),
            survivor.pid
        ));
    }
    for line in process.output.iter().flatten() {
        told.push_str(&format!("\n  | {}", visible(&line.text)));
    }
    if let Some(restart) = &process.restart {
        told.push_str(&format!("\n  restart {} of {} follows", restart.attempt, restart.max));
    }
    if process.state != State::Stopped {
        told.push_str(&format!("\n  See: signalbox logs {id}"));
    }
    told
}
