//! One event to many Socket.IO clients: from its cause to the last client that has it, and what it
//! costs the server. Signalbox and Node's `socket.io` take turns with the same payload.
use std::path::Path;
use std::time::Duration;

use super::{Run, child, folder, within};
use crate::clock::now_ns;
use crate::crowd::Crowd;
use crate::failure::Outcome;
use crate::http::Http;
use crate::node;
use crate::procfs;
use crate::program::Program;
use crate::report::{Row, Target, table};
use crate::samples::Samples;
use crate::signalbox::{Signalbox, processes};
use crate::subject::{State, Subject, Verb, Whom};

/// Before and after an event, so that nothing else falls into its time; the CPU of the time after
/// counts as the event's.
const REST: Duration = Duration::from_millis(100);
/// Events before the first that counts.
const WARM: u32 = 2;
/// What Node sends when there is no Signalbox to take it from.
const PAYLOAD: &str = r#"{"p0":{"id":"p0","title":"p0","state":"starting","running":false,"message":"Starting...","error":null,"port":null,"pid":12345,"generation":1,"uptime":0,"since":1760000000000,"startedAt":1760000000000,"readyAt":null,"cause":null,"evidence":null,"survivors":null,"killAt":null,"output":null,"restarts":0,"restart":null,"exit":null,"autostart":false},"timestamp":1760000000000,"seq":1,"epoch":"0123456789abcdef"}"#;

#[derive(Default)]
struct Cost {
    last: Samples,
    cpu_s: f64,
    clients_cpu_s: f64,
}

/// Measures and gives the tables.
pub(crate) fn run(run: &Run) -> Outcome<String> {
    let few = size(run, 1_000)?;
    let many = size(run, 5_000)?;
    Ok(table("node socket.io", &few.into_iter().chain(many).collect::<Vec<_>>()))
}

fn size(run: &Run, clients: u32) -> Outcome<Vec<Row>> {
    let folder = folder()?;
    let rounds = run.rounds(20, 5);
    let mut peer = Peer::start(folder.path(), clients)?;
    let start = |binary: &Path| Measured::start(binary, folder.path(), clients);
    let mut signalbox = run.signalbox.as_deref().map(start).transpose()?;
    let (mut yardstick, mut measured) = (Cost::default(), Cost::default());
    for round in 0..WARM + rounds {
        if round == WARM {
            (yardstick, measured) = (Cost::default(), Cost::default());
        }
        if let Some(signalbox) = &mut signalbox {
            peer.payload = signalbox.event(&mut measured)?;
        }
        peer.event(&mut yardstick)?;
    }
    let memory = signalbox.map(|it| procfs::memory(it.server.pid())).transpose()?;
    let memory = (memory.map(|it| it.resident_mb), procfs::memory(peer.program.pid())?.resident_mb);
    let measured = memory.0.map(|_| &measured);
    Ok(rows(clients, rounds, measured, &yardstick, memory))
}

/// Node's server with its crowd.
struct Peer {
    program: Program,
    http: Http,
    crowd: Crowd,
    payload: String,
}

impl Peer {
    fn start(folder: &Path, clients: u32) -> Outcome<Self> {
        let program = node::start(&within(folder, "node")?)?;
        let http = Http::connect(program.address())?;
        let crowd = Crowd::connect(program.address(), clients)?;
        Ok(Self { program, http, crowd, payload: PAYLOAD.to_owned() })
    }

    fn event(&mut self, cost: &mut Cost) -> Outcome<()> {
        let Self { program, http, crowd, payload } = self;
        cost.of(program.pid(), crowd, || http.post("/", payload))?;
        http.answer()
    }
}

/// Signalbox with its crowd.
struct Measured {
    server: Signalbox,
    crowd: Crowd,
}

impl Measured {
    fn start(binary: &Path, folder: &Path, clients: u32) -> Outcome<Self> {
        // It never becomes ready, so that an order to start it makes one event and no more.
        let more = "ready.stdout = \"^never\"\nready.timeout = \"600s\"";
        let config = processes(1, &child("pause")?, more);
        let server = Signalbox::start(binary, &within(folder, "signalbox")?, &config)?;
        let crowd = Crowd::connect(server.address(), clients)?;
        Ok(Self { server, crowd })
    }

    /// Starts the process, which counts, and stops it again; gives the payload of the event.
    fn event(&mut self, cost: &mut Cost) -> Outcome<String> {
        let Self { server, crowd } = self;
        cost.of(server.pid(), crowd, || server.order(Verb::Start, Whom::One(0)))?;
        server.answer()?;
        let (starting, _) = server.update()?;
        server.order(Verb::Stop, Whom::One(0))?;
        server.answer()?;
        server.expect(State::Stopping)?;
        server.expect(State::Stopped)?;
        crowd.wait("\"state\":\"stopped\"")?;
        crowd.idle(REST)?;
        let payload = starting.text.split_once(',').map_or("", |(_, payload)| payload);
        Ok(payload.trim_end_matches(']').to_owned())
    }
}

impl Cost {
    /// Adds what one event costs that `cause` makes.
    fn of(
        &mut self,
        server: u32,
        crowd: &mut Crowd,
        cause: impl FnOnce() -> Outcome<()>,
    ) -> Outcome<()> {
        crowd.idle(REST)?;
        let (server_s, own_s) = (procfs::cpu_s(server)?, procfs::cpu_s(std::process::id())?);
        let start_ns = now_ns();
        cause()?;
        self.last.add(start_ns, crowd.wait("\"state\":\"starting\"")?);
        self.clients_cpu_s += procfs::cpu_s(std::process::id())? - own_s;
        crowd.idle(REST)?;
        self.cpu_s += procfs::cpu_s(server)? - server_s;
        Ok(())
    }
}

fn rows(
    clients: u32,
    rounds: u32,
    measured: Option<&Cost>,
    yardstick: &Cost,
    memory: (Option<f64>, f64),
) -> Vec<Row> {
    let row = |name: &str, unit, target, value: &dyn Fn(&Cost) -> f64| {
        Row::new(format!("{clients} clients: {name}"), unit, target)
            .signalbox(measured.map(value))
            .yardstick(Some(value(yardstick)))
    };
    let each = |seconds: f64| seconds * 1e3 / f64::from(rounds);
    vec![
        row("last one has it, p50", "ms", Target::TimesLess(3.0), &|it| it.last.p50()),
        row("last one has it, worst", "ms", Target::None, &|it| it.last.max()),
        row("server's CPU an event", "ms", Target::TimesLess(4.0), &|it| each(it.cpu_s)),
        row("the clients' CPU an event", "ms", Target::None, &|it| each(it.clients_cpu_s)),
        Row::new(format!("{clients} clients: resident memory"), "MB", Target::None)
            .signalbox(memory.0)
            .yardstick(Some(memory.1)),
    ]
}
