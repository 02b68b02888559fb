//! Starts and stops of one process, one after another: start → running → stop → stopped.
use super::{Run, child, folder};
use crate::clock::{ms_since, now_ns};
use crate::failure::Outcome;
use crate::floored::Floored;
use crate::report::{Row, Target, table};
use crate::signalbox::{Signalbox, processes};
use crate::subject::{State, Subject, Verb, Whom};

/// Cycles before the other one's turn.
const TURN: u32 = 25;

/// Measures and gives the table.
pub(crate) fn run(run: &Run) -> Outcome<String> {
    let folder = folder()?;
    let command = child("ready")?;
    let mut floor = Floored::start(folder.path(), 1, true, &command)?;
    let config = processes(1, &command, "ready.stdout = \"^ready \"");
    let start = |binary| Signalbox::start(binary, folder.path(), &config);
    let mut signalbox = run.signalbox.as_deref().map(start).transpose()?;
    let (mut yardstick_ms, mut measured_ms) = (0.0, 0.0);
    let turns = run.rounds(20, 4);
    for _ in 0..turns {
        yardstick_ms += turn(&mut floor)?;
        if let Some(signalbox) = &mut signalbox {
            measured_ms += turn(signalbox)?;
        }
    }
    let rate = |ms: f64| f64::from(turns * TURN) * 1000.0 / ms;
    let row = Row::new("start/stop cycles", "1/s", Target::AtLeast(250.0))
        .signalbox(signalbox.is_some().then(|| rate(measured_ms)))
        .yardstick(Some(rate(yardstick_ms)));
    Ok(table("floor", &[row]))
}

fn turn(subject: &mut dyn Subject) -> Outcome<f64> {
    let start_ns = now_ns();
    for _ in 0..TURN {
        subject.order(Verb::Start, Whom::One(0))?;
        subject.answer()?;
        subject.expect(State::Starting)?;
        subject.expect(State::Running)?;
        subject.order(Verb::Stop, Whom::One(0))?;
        subject.answer()?;
        subject.expect(State::Stopping)?;
        subject.expect(State::Stopped)?;
    }
    Ok(ms_since(start_ns))
}
