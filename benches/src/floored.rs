//! The floor as a subject: this binary once more, and a TCP connection to it.
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::clock::now_ns;
use crate::failure::{Doing, Failure, Outcome, broken};
use crate::http::PATIENCE;
use crate::program::Program;
use crate::subject::{Event, State, Subject, Verb, Whom};

/// A running floor with its client.
pub(crate) struct Floored {
    orders: TcpStream,
    events: BufReader<TcpStream>,
    program: Program,
}

/// An event as the floor writes it.
#[derive(Deserialize)]
struct Line {
    id: u32,
    state: State,
    pid: Option<u32>,
    line: String,
}

impl Floored {
    /// Starts a floor for `slots` children that all run `command`.
    pub(crate) fn start(
        folder: &Path,
        slots: u32,
        by_line: bool,
        command: &[String],
    ) -> Outcome<Self> {
        let this = std::env::current_exe().doing("finding this program")?;
        let mut floor = Command::new(this);
        floor.args(["floor", &slots.to_string(), if by_line { "line" } else { "exec" }]);
        floor.args(command);
        let program = Program::start(&mut floor, &folder.join("floor.errors"))?;
        let orders = TcpStream::connect(program.address()).doing("connecting to the floor")?;
        orders.set_nodelay(true).doing("turning off delayed sends")?;
        orders.set_read_timeout(Some(PATIENCE)).doing("setting a deadline")?;
        let events = BufReader::new(orders.try_clone().doing("sharing a connection")?);
        Ok(Self { orders, events, program })
    }

    /// The floor's pid.
    pub(crate) fn pid(&self) -> u32 {
        self.program.pid()
    }
}

impl Subject for Floored {
    fn explain(&self, wrong: Failure) -> Failure {
        Failure::Protocol(self.program.explain(wrong))
    }

    fn order(&mut self, verb: Verb, whom: Whom) -> Outcome<()> {
        let line = match whom {
            Whom::One(id) => format!("{} {id}\n", verb.word()),
            Whom::All => format!("{} *\n", verb.word()),
        };
        self.orders.write_all(line.as_bytes()).doing("ordering the floor")
    }

    fn answer(&mut self) -> Outcome<()> {
        Ok(())
    }

    fn event(&mut self) -> Outcome<Event> {
        let mut text = String::new();
        self.events.read_line(&mut text).doing("waiting for the floor")?;
        let at_ns = now_ns();
        match serde_json::from_str::<Line>(&text) {
            Ok(Line { id, state, pid, line }) => {
                Ok(Event { at_ns, id, state, pid, line: Some(line).filter(|it| !it.is_empty()) })
            }
            Err(error) => broken(format!("the floor said {text:?}: {error}")),
        }
    }
}
