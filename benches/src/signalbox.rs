//! Signalbox as a subject: the real binary, orders over kept-alive HTTP, events over Socket.IO.
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::failure::{Doing, Failure, Outcome, broken};
use crate::http::Http;
use crate::program::Program;
use crate::socket::{Message, Socket};
use crate::subject::{Event, State, Subject, Verb, Whom};

/// How the name of a state change's event begins in a message.
const UPDATE: &str = "[\"lifecycle:update\",";

/// A running Signalbox with one client of each kind.
pub(crate) struct Signalbox {
    http: Http,
    socket: Socket,
    program: Program,
}

impl Signalbox {
    /// Starts the server on a free port with the processes that `processes` configures.
    pub(crate) fn start(binary: &Path, folder: &Path, processes: &str) -> Outcome<Self> {
        let program = serve(binary, folder, processes, &["--no-start"])?;
        let http = Http::connect(program.address())?;
        let socket = Socket::connect(program.address())?;
        Ok(Self { http, socket, program })
    }

    /// The server's pid.
    pub(crate) fn pid(&self) -> u32 {
        self.program.pid()
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.program.address()
    }

    /// The next state change as it came, with its meaning.
    pub(crate) fn update(&mut self) -> Outcome<(Message, Event)> {
        loop {
            let message = self.socket.message()?;
            if let Some(event) = event(&message)? {
                return Ok((message, event));
            }
        }
    }
}

impl Subject for Signalbox {
    fn order(&mut self, verb: Verb, whom: Whom) -> Outcome<()> {
        let path = match whom {
            Whom::One(id) => format!("/api/processes/p{id}/{}", verb.word()),
            Whom::All => format!("/api/proxy/{}", verb.word()),
        };
        self.http.post(&path, "")
    }

    fn answer(&mut self) -> Outcome<()> {
        self.http.answer()
    }

    fn event(&mut self) -> Outcome<Event> {
        self.update().map(|(_, event)| event)
    }

    fn explain(&self, wrong: Failure) -> Failure {
        Failure::Protocol(self.program.explain(wrong))
    }
}

/// Starts the server with this configuration in a folder of its own.
pub(crate) fn serve(
    binary: &Path,
    folder: &Path,
    processes: &str,
    options: &[&str],
) -> Outcome<Program> {
    let config = folder.join("signalbox.toml");
    let text = format!("[server]\nlisten = \"127.0.0.1:0\"\n\n{processes}");
    fs::write(&config, text).doing("writing a configuration")?;
    let mut command = Command::new(binary);
    command.arg("up").arg("--config").arg(&config);
    command.arg("--data-dir").arg(folder.join("data")).args(options);
    Program::start(&mut command, &folder.join("signalbox.errors"))
}

/// The configuration of `count` processes, `p0` and so on, that all run `command`.
pub(crate) fn processes(count: u32, command: &[String], more: &str) -> String {
    let command = serde_json::to_string(command).unwrap_or_default();
    let mut text = String::new();
    for id in 0..count {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "[process.p{id}]\ncommand = {command}\nrestart.policy = \"never\"\n{more}\n"
        );
    }
    text
}

/// The binary to be measured: the one that was named, else the one that was built beside this program.
pub(crate) fn binary(named: Option<PathBuf>) -> Outcome<PathBuf> {
    let this = std::env::current_exe().doing("finding this program")?;
    let path = named.unwrap_or_else(|| this.with_file_name("signalbox"));
    path.canonicalize().doing(&format!("finding {}", path.display()))
}

/// The state change in a message, if it is one.
fn event(message: &Message) -> Outcome<Option<Event>> {
    let Some(rest) = message.text.strip_prefix(UPDATE) else { return Ok(None) };
    let payload = rest.strip_suffix(']').unwrap_or(rest);
    match parse(payload, message.at_ns) {
        Some(event) => Ok(Some(event)),
        None => broken(format!("not a lifecycle:update: {payload}")),
    }
}

/// What is read of a process object.
#[derive(Deserialize)]
struct Process {
    state: State,
    pid: Option<u32>,
    evidence: Option<Evidence>,
}

#[derive(Deserialize)]
struct Evidence {
    line: Option<String>,
}

fn parse(payload: &str, at_ns: u64) -> Option<Event> {
    let fields: HashMap<&str, &RawValue> = serde_json::from_str(payload).ok()?;
    let mut processes = fields
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix('p')?.parse::<u32>().ok()?, value)));
    let (id, value) = processes.next()?;
    let process: Process = serde_json::from_str(value.get()).ok()?;
    let line = process.evidence.and_then(|evidence| evidence.line);
    Some(Event { at_ns, id, state: process.state, pid: process.pid, line })
}

#[cfg(test)]
mod tests {
    use super::{parse, processes};
    use crate::subject::State;

    #[test]
    fn an_update_is_read_as_the_contract_writes_it() {
        let payload = r#"{"p17":{"id":"p17","state":"running","pid":4,
            "evidence":{"line":"ready 5","port":null,"listenerPid":null,"http":null,"afterMs":1}},
            "timestamp":1,"seq":2,"epoch":"e"}"#;
        let event = parse(payload, 9).unwrap();
        assert_eq!((event.id, event.state, event.pid), (17, State::Running, Some(4)));
        assert_eq!((event.line.as_deref(), event.at_ns), (Some("ready 5"), 9));
    }

    #[test]
    fn the_configuration_names_every_process() {
        let text = processes(2, &["/bin/sleep".to_owned()], "ready.stdout = \"^ready\"");
        assert!(text.contains("[process.p1]\ncommand = [\"/bin/sleep\"]"));
    }
}
