//! `signalbox up`: how long until both built-in proxies run, and what it takes when nothing happens.
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::{Run, folder, within};
use crate::clock::now_ns;
use crate::failure::{Doing, Outcome};
use crate::procfs;
use crate::program::Program;
use crate::report::{Row, Target, table};
use crate::samples::Samples;
use crate::signalbox::serve;
use crate::socket::{Message, Socket};

/// After the last start, before idleness is measured.
const REST: Duration = Duration::from_secs(5);
/// How long idleness is measured.
const IDLE: Duration = Duration::from_secs(10);
/// The processes of the built-in configuration.
const BUILT_IN: [&str; 2] = ["qwenProxy", "providerRouter"];

/// Measures and gives the table.
pub(crate) fn run(run: &Run) -> Outcome<String> {
    let Some(binary) = &run.signalbox else { return Ok("Signalbox alone has it".to_owned()) };
    let folder = folder()?;
    let (mut first, mut again) = (Samples::default(), Samples::default());
    for round in 0..run.rounds(20, 5) {
        let folder = within(folder.path(), &round.to_string())?;
        drop(up(binary, &folder, &mut first)?);
        drop(up(binary, &folder, &mut again)?);
    }
    let (program, _socket) = up(binary, &within(folder.path(), "idle")?, &mut Samples::default())?;
    let mut rows = times(&first, &again);
    rows.extend(idle(program.pid())?);
    Ok(table("", &rows))
}

fn times(first: &Samples, again: &Samples) -> Vec<Row> {
    let row = |name, target, value| Row::new(name, "ms", target).signalbox(Some(value));
    vec![
        row("exec → both running, new data folder, p50", Target::AtMost(100.0), first.p50()),
        row("exec → both running, new data folder, worst", Target::None, first.max()),
        row("exec → both running, data folder is there, p50", Target::AtMost(100.0), again.p50()),
        row("exec → both running, data folder is there, worst", Target::None, again.max()),
    ]
}

fn idle(pid: u32) -> Outcome<Vec<Row>> {
    std::thread::sleep(REST);
    let memory = procfs::memory(pid)?;
    let (cpu_s, sleeps) = (procfs::cpu_s(pid)?, procfs::sleeps(pid)?);
    std::thread::sleep(IDLE);
    let (cpu_s, sleeps) = (procfs::cpu_s(pid)? - cpu_s, procfs::sleeps(pid)? - sleeps);
    let row = |name, unit, target, value| Row::new(name, unit, target).signalbox(Some(value));
    Ok(vec![
        row("idle: resident memory", "MB", Target::AtMost(20.0), memory.resident_mb),
        row("idle: proportional memory", "MB", Target::AtMost(20.0), memory.proportional_mb),
        row("idle: wake-ups", "1/s", Target::AtMost(1.0), sleeps / IDLE.as_secs_f64()),
        row("idle: CPU over 10 s", "s", Target::None, cpu_s),
    ])
}

/// Starts the server and waits until a client has been told that both proxies run.
fn up(binary: &Path, folder: &Path, times: &mut Samples) -> Outcome<(Program, Socket)> {
    let config = config()?;
    let start_ns = now_ns();
    let program = serve(binary, folder, &config, &[])?;
    let mut socket = Socket::connect(program.address())?;
    let mut running = BTreeSet::new();
    while running.len() < BUILT_IN.len() {
        let message = socket.message()?;
        running.extend(told_running(&message));
        times_if_complete(running.len(), start_ns, &message, times);
    }
    Ok((program, socket))
}

fn times_if_complete(running: usize, start_ns: u64, message: &Message, times: &mut Samples) {
    if running == BUILT_IN.len() {
        times.add(start_ns, message.at_ns);
    }
}

/// The built-in configuration on ports that are free.
fn config() -> Outcome<String> {
    let mut text = String::new();
    for (id, builtin) in BUILT_IN.iter().zip(["qwen-proxy", "provider-router"]) {
        let listener = TcpListener::bind("127.0.0.1:0").doing("finding a free port")?;
        let port = listener.local_addr().doing("finding a free port")?.port();
        text += &format!(
            "[process.{id}]\nbuiltin = \"{builtin}\"\nport = {port}\nautostart = true\n\n"
        );
    }
    Ok(text)
}

/// Which of the two a message says to be running: a state change names one, a status all.
fn told_running(message: &Message) -> Vec<&'static str> {
    let value: Value = serde_json::from_str(&message.text).unwrap_or_default();
    let payload = &value[1];
    let says = |id: &&str| {
        let process = payload.get(*id).unwrap_or(&payload["status"][*id]);
        process["state"] == "running"
    };
    BUILT_IN.into_iter().filter(says).collect()
}
