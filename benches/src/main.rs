//! What the README's figures come from.
//!
//! One command measures Signalbox, the real binary through its real interfaces, beside a yardstick
//! in the same run: the floor (`floor`), which is the least that can supervise, or Node's
//! `socket.io` server. Subjects take turns, so that what disturbs the machine disturbs both.
//! A figure that misses its target is printed, not failed: only a run that broke exits with 1.
//!
//! This binary is also the floor and the supervised child: they are modes of it (`main`).
#![deny(unsafe_code)]

mod bare;
mod child;
mod clock;
mod crowd;
mod failure;
mod floor;
mod floored;
mod frame;
mod gateway;
mod http;
mod node;
mod peers;
mod procfs;
mod program;
mod report;
mod samples;
mod scenario;
mod signalbox;
mod socket;
mod subject;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use failure::{Doing, Outcome};
use scenario::{Run, cycles, fan_out, latency, thousand, up};

/// Measures Signalbox beside a minimal supervisor and Node's socket.io, and prints a table.
#[derive(Parser)]
struct Arguments {
    /// Fewer rounds: for a look, not for the README.
    #[arg(long)]
    quick: bool,
    /// Only this scenario (may be given more than once).
    #[arg(long, value_name = "NAME")]
    only: Vec<Scenario>,
    /// The binary to measure, in place of the one that was built beside this program.
    #[arg(long, value_name = "PATH")]
    signalbox: Option<PathBuf>,
    /// Where `cargo install --root` put other gateways to measure beside the router.
    #[arg(long, value_name = "FOLDER")]
    peers: Option<PathBuf>,
    /// Measure the yardsticks alone.
    #[arg(long, conflicts_with = "signalbox")]
    yardsticks: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// Order, readiness and kill to the client's event.
    Latency,
    /// Start and stop, one after another.
    Cycles,
    /// 1,000 processes.
    Thousand,
    /// One event to 1,000 and 5,000 clients.
    FanOut,
    /// `signalbox up` until both proxies run, and idleness.
    Up,
    /// The router beside other gateways.
    Gateway,
}

impl Scenario {
    fn title(self) -> &'static str {
        match self {
            Self::Latency => "What a client waits for",
            Self::Cycles => "Start/stop cycles one after another",
            Self::Thousand => "1,000 sleeping processes",
            Self::FanOut => "One event to many Socket.IO clients",
            Self::Up => "`signalbox up`",
            Self::Gateway => "The router beside other gateways",
        }
    }

    fn measure(self, run: &Run) -> Outcome<String> {
        match self {
            Self::Latency => latency::run(run),
            Self::Cycles => cycles::run(run),
            Self::Thousand => thousand::run(run),
            Self::FanOut => fan_out::run(run),
            Self::Up => up::run(run),
            Self::Gateway => gateway::run(run),
        }
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["child", "ready"] => child::ready().doing("being a child"),
        ["child", "pause"] => child::pause().doing("being a child"),
        ["mock"] => gateway::mock::serve(),
        ["load", address, seconds] => gateway::load_alone(address, seconds),
        ["bare", clients] => bare::serve(clients.parse().unwrap_or(1)),
        ["floor", slots, how, command @ ..] => {
            let command: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
            floor::serve(slots.parse().unwrap_or(1), *how == "line", &command).doing("the floor")
        }
        _ => measure(&Arguments::parse()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "benches: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Outcome<()> {
    let signalbox = match arguments.yardsticks {
        true => None,
        false => Some(signalbox::binary(arguments.signalbox.clone())?),
    };
    let peers = arguments.peers.clone();
    let run = Run { quick: arguments.quick, signalbox, peers };
    say(&machine())?;
    let mut broke = Vec::new();
    for scenario in Scenario::value_variants() {
        if arguments.only.is_empty() || arguments.only.contains(scenario) {
            broke.extend(one(*scenario, &run)?);
        }
    }
    say(&format!("\n{}", peers::line()))?;
    if broke.is_empty() { Ok(()) } else { failure::broken(format!("broke: {broke:?}")) }
}

/// Measures one scenario and prints it; gives its title if it broke.
fn one(scenario: Scenario, run: &Run) -> Outcome<Option<&'static str>> {
    let title = scenario.title();
    let before = others();
    let measured = scenario.measure(run);
    let note = match before.max(others()) {
        busy if busy > 0.1 => " (others are at work on this machine: the figures suffer)",
        _ => "",
    };
    say(&format!("\n{title}{note}"))?;
    match measured {
        Ok(table) => say(&table).map(|()| None),
        Err(failure) => say(&format!("BROKE: {failure}")).map(|()| Some(title)),
    }
}

/// The share of the machine that others use, looked at for a moment in which the run rests.
fn others() -> f64 {
    let watched = Duration::from_millis(400);
    let before_s = procfs::idle_s();
    std::thread::sleep(watched);
    (1.0 - (procfs::idle_s() - before_s) / (cores() * watched.as_secs_f64())).clamp(0.0, 1.0)
}

fn cores() -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    f64::from(u32::try_from(cores).unwrap_or(1))
}

/// What the figures are taken on.
fn machine() -> String {
    let build = if cfg!(debug_assertions) { "; a debug build: do not quote" } else { "" };
    format!("{} cores, load {:.2}{build}", cores(), procfs::load())
}

fn say(text: &str) -> Outcome<()> {
    writeln!(io::stdout(), "{text}").doing("printing")
}
