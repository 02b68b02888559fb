//! One event to many Socket.IO clients: from its cause to the last client that has it, and what it
//! costs the server. Signalbox and Node's `socket.io` take turns with the same payload; the bare sends
//! say what of it is the kernel's.
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Run, child, folder, within};
use crate::clock::now_ns;
use crate::crowd::Crowd;
use crate::failure::{Doing, Outcome};
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
    resident_mb: f64,
}

/// Measures and gives the tables.
pub(crate) fn run(run: &Run) -> Outcome<String> {
    let (mut against_node, mut against_bare) = (Vec::new(), Vec::new());
    for clients in [1_000, 5_000] {
        let folder = folder()?;
        let (measured, node) = beside_node(run, folder.path(), clients)?;
        let bare = bare(run, folder.path(), clients)?;
        against_node.extend(rows(
            clients,
            measured.as_ref(),
            &node,
            [3.0, 4.0].map(Target::TimesLess),
        ));
        against_bare.extend(rows(clients, measured.as_ref(), &bare, [Target::None; 2]));
    }
    let tables = [table("node socket.io", &against_node), table("bare sends", &against_bare)];
    Ok(tables.join("\n\n"))
}

/// Signalbox and Node in turns.
fn beside_node(run: &Run, folder: &Path, clients: u32) -> Outcome<(Option<Cost>, Cost)> {
    let mut peer = Peer::start(node::start(folder)?, clients)?;
    let start = |binary: &Path| Measured::start(binary, folder, clients);
    let mut signalbox = run.signalbox.as_deref().map(start).transpose()?;
    let (mut measured, mut node) = (Cost::default(), Cost::default());
    for round in 0..WARM + run.rounds(20, 5) {
        if round == WARM {
            (measured, node) = (Cost::default(), Cost::default());
        }
        if let Some(signalbox) = &mut signalbox {
            peer.payload = signalbox.event(&mut measured)?;
        }
        peer.event(&mut node)?;
    }
    node.resident_mb = procfs::memory(peer.program.pid())?.resident_mb;
    let Some(signalbox) = signalbox else { return Ok((None, node)) };
    measured.resident_mb = procfs::memory(signalbox.server.pid())?.resident_mb;
    Ok((Some(measured), node))
}

/// The floor, after the others: three crowds at once are more descriptors than many a machine has.
fn bare(run: &Run, folder: &Path, clients: u32) -> Outcome<Cost> {
    let this = std::env::current_exe().doing("finding this program")?;
    let mut command = Command::new(this);
    command.args(["bare", &clients.to_string()]);
    let program = Program::start(&mut command, &folder.join("bare.errors"))?;
    let mut peer = Peer::start(program, clients)?;
    for _ in 0..WARM {
        peer.event(&mut Cost::default())?;
    }
    let mut cost = Cost::default();
    for _ in 0..run.rounds(20, 5) {
        peer.event(&mut cost)?;
    }
    cost.resident_mb = procfs::memory(peer.program.pid())?.resident_mb;
    Ok(cost)
}

/// A server that sends what it is posted, with its crowd.
struct Peer {
    program: Program,
    http: Http,
    crowd: Crowd,
    payload: String,
}

impl Peer {
    fn start(program: Program, clients: u32) -> Outcome<Self> {
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
    /// A sum over all events as milliseconds an event.
    fn each_ms(&self, sum_s: f64) -> f64 {
        sum_s * 1e3 / self.last.count()
    }

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

fn rows(clients: u32, measured: Option<&Cost>, yardstick: &Cost, targets: [Target; 2]) -> Vec<Row> {
    type Figure = fn(&Cost) -> f64;
    let [sooner, cheaper] = targets;
    let figures: [(&str, &'static str, Target, Figure); 5] = [
        ("last one has it, p50", "ms", sooner, |it| it.last.p50()),
        ("last one has it, worst", "ms", Target::None, |it| it.last.max()),
        ("server's CPU an event", "ms", cheaper, |it| it.each_ms(it.cpu_s)),
        ("the clients' CPU an event", "ms", Target::None, |it| it.each_ms(it.clients_cpu_s)),
        ("server's resident memory", "MB", Target::None, |it| it.resident_mb),
    ];
    let row = |(name, unit, target, value): (&str, _, _, Figure)| {
        Row::new(format!("{clients} clients: {name}"), unit, target)
            .signalbox(measured.map(value))
            .yardstick(Some(value(yardstick)))
    };
    figures.into_iter().map(row).collect()
}
