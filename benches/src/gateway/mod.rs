//! Signalbox's router beside other gateways: HAProxy and nginx, which only pass bytes on and so are
//! the floor, and the fastest gateways of our kind that install with cargo.
//!
//! All of them are started once and wait; they are measured in turns, a round each, so that what
//! disturbs the machine disturbs all. Nothing is pinned: load, mock and gateway share the cores.
mod board;
mod client;
mod figure;
mod load;
mod measure;
mod message;
pub(crate) mod mock;
mod poller;
mod streams;
mod subject;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::clock::{ms, now_ns};
use crate::failure::{Doing, Outcome, broken};
use crate::program::Program;
use crate::scenario::Run;
use board::Board;
use figure::Figure;
use measure::{Scale, Step};
use subject::{Name, Scene, Subject};

/// After the last start, before anything is measured.
const REST: Duration = Duration::from_secs(1);

/// A step's name, what it does, its rounds in a full run, and whether it is done without a gateway too.
const STEPS: [(&str, Step, u32, bool); 8] = [
    ("64 connections", measure::throughput, 3, true),
    ("a fixed rate", measure::latency, 2, true),
    ("100 streams", measure::streaming, 2, true),
    ("large bodies", measure::large, 2, true),
    ("a client that leaves", measure::leaving, 1, false),
    ("1,000 idle streams", measure::idle_streams, 1, false),
    ("a client that stops reading", measure::stopped_reader, 1, false),
    ("many requests", measure::growth, 1, false),
];

/// Measures and gives the table.
pub(crate) fn run(run: &Run) -> Outcome<String> {
    let folder = tempfile::tempdir().doing("making a folder")?;
    let mock = mock(folder.path())?;
    let scene = Scene {
        upstream: mock.address(),
        folder: folder.path(),
        peers: run.peers.as_deref(),
        signalbox: run.signalbox.as_deref(),
    };
    let mut board = Board::default();
    if run.signalbox.is_some() {
        ready(&scene, run.rounds(20, 5), &mut board)?;
    }
    let subjects = subjects(&scene, &mut board);
    std::thread::sleep(REST);
    for subject in subjects.iter().filter(|it| it.name != Name::Direct) {
        board.add(Figure::Idle, subject.name, subject.memory_mb()?);
    }
    let broke = steps(run, &subjects, mock.address(), &mut board);
    let names: Vec<_> = subjects.iter().map(|subject| subject.name).collect();
    let table = board.table(&names);
    if broke { broken(format!("Signalbox failed\n{table}")) } else { Ok(table) }
}

/// The closed loop alone, for who looks at a gateway with a profiler: `benches mock` is its upstream.
pub(crate) fn load_alone(address: &str, seconds: &str) -> Outcome<()> {
    let (Ok(address), Ok(seconds)) = (address.parse(), seconds.parse()) else {
        return broken("load ADDRESS SECONDS");
    };
    let request = client::request(mock::Model::Short.name());
    let had = load::closed(address, &request, measure::CONNECTIONS, Duration::from_secs(seconds))?;
    writeln!(io::stdout(), "{:.0} answers a second", had.answers / had.time_s).doing("printing")
}

fn mock(folder: &Path) -> Outcome<Program> {
    let this = std::env::current_exe().doing("finding this program")?;
    Program::start(Command::new(this).arg("mock"), &folder.join("mock.errors"))
}

/// How soon the router accepts, started as a program of its own.
fn ready(scene: &Scene<'_>, rounds: u32, board: &mut Board) -> Outcome<()> {
    for round in 0..rounds {
        let start_ns = now_ns();
        let program = scene.router_alone(round)?;
        board.add(Figure::Ready, Name::Signalbox, ms(now_ns() - start_ns));
        drop(program);
    }
    Ok(())
}

/// Starts all gateways that this machine has, and notes why the others are missing.
fn subjects(scene: &Scene<'_>, board: &mut Board) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for name in Name::ALL {
        match scene.start(name) {
            Ok(subject) => subjects.push(subject),
            Err(failure) => board.note(format!("without {}: {failure}", name.text())),
        }
    }
    subjects
}

/// All steps, in rounds of all gateways; what fails in one takes no further part in that step.
/// Says whether Signalbox failed.
fn steps(
    run: &Run,
    subjects: &[Subject],
    upstream: std::net::SocketAddr,
    board: &mut Board,
) -> bool {
    let scale = scale(run);
    let mut broke = false;
    for (title, step, rounds, direct) in STEPS {
        let mut failed = Vec::new();
        for _ in 0..run.rounds(rounds, 1) {
            for subject in subjects.iter().filter(|it| direct || it.name != Name::Direct) {
                if failed.contains(&subject.name) {
                    continue;
                }
                if let Err(failure) = step(subject, &scale, upstream, board) {
                    board.note(format!("{}, {title}: {failure}", subject.name.text()));
                    failed.push(subject.name);
                }
            }
        }
        broke |= failed.contains(&Name::Signalbox);
    }
    broke
}

fn scale(run: &Run) -> Scale {
    match run.quick {
        true => {
            Scale { time: Duration::from_secs(1), paced_s: 1, large: 10, leaves: 3, many: 20_000.0 }
        }
        false => Scale {
            time: Duration::from_secs(2),
            paced_s: 2,
            large: 30,
            leaves: 20,
            many: 1_000_000.0,
        },
    }
}
