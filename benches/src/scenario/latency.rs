//! How long a client waits for the truth: order → first event, ready line → `running`,
//! `kill -9` → event. Floor and Signalbox take turns, so that a noisy moment meets both.
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{Run, child, folder};
use crate::child::written_at;
use crate::clock::now_ns;
use crate::failure::{Doing, Outcome, broken};
use crate::floored::Floored;
use crate::report::{Row, Target, table};
use crate::samples::Samples;
use crate::signalbox::{Signalbox, processes};
use crate::subject::{Event, State, Subject, Verb, Whom};

/// Between two deeds, so that what the last one left to do is done and not measured.
const REST: Duration = Duration::from_millis(5);
/// Rounds before the first that counts.
const WARM: u32 = 10;

#[derive(Default)]
struct Times {
    order: Samples,
    ready: Samples,
    kill: Samples,
}

/// Measures and gives the table.
pub(crate) fn run(run: &Run) -> Outcome<String> {
    let folder = folder()?;
    let command = child("ready")?;
    let mut floor = Floored::start(folder.path(), 1, true, &command)?;
    let config = processes(1, &command, "ready.stdout = \"^ready \"");
    let start = |binary| Signalbox::start(binary, folder.path(), &config);
    let mut signalbox = run.signalbox.as_deref().map(start).transpose()?;
    let (mut yardstick, mut measured) = (Times::default(), Times::default());
    for round in 0..WARM + run.rounds(500, 50) {
        let (mut cold_floor, mut cold) = (Times::default(), Times::default());
        let warm = round >= WARM;
        one(&mut floor, if warm { &mut yardstick } else { &mut cold_floor })?;
        if let Some(signalbox) = &mut signalbox {
            one(signalbox, if warm { &mut measured } else { &mut cold })?;
        }
    }
    Ok(table("floor", &rows(&measured, &yardstick, signalbox.is_some())))
}

/// One start and one kill.
fn one(subject: &mut dyn Subject, times: &mut Times) -> Outcome<()> {
    let ordered_ns = now_ns();
    subject.order(Verb::Start, Whom::One(0))?;
    let starting = subject.expect(State::Starting)?;
    times.order.add(ordered_ns, starting.at_ns);
    let running = subject.expect(State::Running)?;
    let Some(written_ns) = running.line.as_deref().and_then(written_at) else {
        return broken(format!("no ready line in {running:?}"));
    };
    times.ready.add(written_ns, running.at_ns);
    subject.answer()?;
    std::thread::sleep(REST);
    kill(subject, pid(&starting, &running)?, times)?;
    std::thread::sleep(REST);
    Ok(())
}

fn kill(subject: &mut dyn Subject, pid: Pid, times: &mut Times) -> Outcome<()> {
    let killed_ns = now_ns();
    kill_process(pid, Signal::KILL).doing("killing the child")?;
    let error = subject.expect(State::Error)?;
    times.kill.add(killed_ns, error.at_ns);
    Ok(())
}

fn pid(starting: &Event, running: &Event) -> Outcome<Pid> {
    let named = running.pid.or(starting.pid).and_then(|pid| i32::try_from(pid).ok());
    match named.and_then(Pid::from_raw) {
        Some(pid) => Ok(pid),
        None => broken("no event named the pid"),
    }
}

fn rows(measured: &Times, yardstick: &Times, both: bool) -> Vec<Row> {
    let three = [
        ("order → starting", &measured.order, &yardstick.order, 4.0),
        ("ready line → running", &measured.ready, &yardstick.ready, 3.0),
        ("kill -9 → event", &measured.kill, &yardstick.kill, 2.0),
    ];
    let mut rows = Vec::new();
    for (name, measured, yardstick, times) in three {
        let value = |of: fn(&Samples) -> f64| both.then(|| of(measured));
        let median = Row::new(format!("{name}, p50"), "ms", Target::RatioAtMost(times));
        rows.push(median.signalbox(value(Samples::p50)).yardstick(Some(yardstick.p50())));
        let limit = Target::TimesMedian(10.0, measured.p50());
        let tail = Row::new(format!("{name}, p99"), "ms", limit);
        rows.push(tail.signalbox(value(Samples::p99)).yardstick(Some(yardstick.p99())));
    }
    rows
}
