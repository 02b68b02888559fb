//! 1,000 processes that sleep: started, kept, stopped.
use std::collections::BTreeSet;
use std::time::Duration;

use super::{Run, folder};
use crate::clock::{ms, now_ns};
use crate::failure::Outcome;
use crate::floored::Floored;
use crate::procfs;
use crate::report::{Row, Target, table};
use crate::signalbox::{Signalbox, processes};
use crate::subject::{State, Subject, Verb, Whom};

const COUNT: u32 = 1_000;
/// After the start, before idleness is measured: what the start left to do is done by then.
const REST: Duration = Duration::from_secs(3);

struct Measured {
    start_ms: f64,
    proportional_mb: f64,
    resident_mb: f64,
    idle_cpu_s: f64,
    sleeps: f64,
    stop_ms: f64,
    left: f64,
}

/// Measures and gives the table.
pub(crate) fn run(run: &Run) -> Outcome<String> {
    let folder = folder()?;
    let command = ["/bin/sleep".to_owned(), "infinity".to_owned()];
    let idle = Duration::from_secs(u64::from(run.rounds(30, 10)));
    let mut floor = Floored::start(folder.path(), COUNT, false, &command)?;
    let pid = floor.pid();
    let yardstick = measure(&mut floor, pid, Duration::from_secs(1))?;
    drop(floor);
    let Some(binary) = &run.signalbox else {
        return Ok(table("floor", &rows(None, &yardstick, idle)));
    };
    let config = processes(COUNT, &command, "");
    let mut signalbox = Signalbox::start(binary, folder.path(), &config)?;
    let pid = signalbox.pid();
    let measured = measure(&mut signalbox, pid, idle)?;
    Ok(table("floor", &rows(Some(&measured), &yardstick, idle)))
}

fn measure(subject: &mut dyn Subject, pid: u32, idle: Duration) -> Outcome<Measured> {
    let count = usize::try_from(COUNT).unwrap_or(usize::MAX);
    let helpers = procfs::children(pid)?;
    let started_ns = now_ns();
    subject.order(Verb::Start, Whom::All)?;
    let running = subject.gather(State::Running, count)?;
    subject.answer()?;
    std::thread::sleep(REST);
    let memory = procfs::memory(pid)?;
    let (cpu_s, sleeps) = (procfs::cpu_s(pid)?, procfs::sleeps(pid)?);
    std::thread::sleep(idle);
    let (idle_cpu_s, sleeps) = (procfs::cpu_s(pid)? - cpu_s, procfs::sleeps(pid)? - sleeps);
    let stopped_ns = now_ns();
    subject.order(Verb::Stop, Whom::All)?;
    let stopped = subject.gather(State::Stopped, count)?;
    let left = left(pid, &running.pids, helpers)?;
    subject.answer()?;
    Ok(Measured {
        start_ms: ms(running.last_ns.saturating_sub(started_ns)),
        proportional_mb: memory.proportional_mb,
        resident_mb: memory.resident_mb,
        idle_cpu_s,
        sleeps: sleeps / idle.as_secs_f64(),
        stop_ms: ms(stopped.last_ns.saturating_sub(stopped_ns)),
        left,
    })
}

/// How many of the told pids still exist, or children of the server beside its own helpers,
/// whichever is more.
fn left(server: u32, pids: &BTreeSet<u32>, helpers: f64) -> Outcome<f64> {
    let existing = pids.iter().filter(|pid| procfs::exists(**pid)).count();
    let existing = u32::try_from(existing).map_or(f64::INFINITY, f64::from);
    Ok((procfs::children(server)? - helpers).max(existing))
}

fn rows(measured: Option<&Measured>, yardstick: &Measured, idle: Duration) -> Vec<Row> {
    type Figure = fn(&Measured) -> f64;
    let idle_name = format!("CPU over {} idle s", idle.as_secs());
    let figures: [(&str, &'static str, Target, Figure, bool); 7] = [
        ("1,000 started", "ms", Target::RatioAtMost(2.0), |it| it.start_ms, true),
        ("proportional memory", "MB", Target::AtMost(30.0), |it| it.proportional_mb, true),
        ("resident memory", "MB", Target::None, |it| it.resident_mb, true),
        (&idle_name, "s", Target::AtMost(0.1), |it| it.idle_cpu_s, false),
        ("wake-ups, idle", "1/s", Target::None, |it| it.sleeps, true),
        ("1,000 stopped", "ms", Target::AtMost(1000.0), |it| it.stop_ms, true),
        ("processes left", "", Target::AtMost(0.0), |it| it.left, true),
    ];
    let row = |(name, unit, target, value, floor): (&str, _, _, Figure, bool)| {
        Row::new(name, unit, target)
            .signalbox(measured.map(value))
            .yardstick(floor.then(|| value(yardstick)))
    };
    figures.into_iter().map(row).collect()
}
