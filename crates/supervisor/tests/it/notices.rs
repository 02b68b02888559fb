//! `ready.notify`: a process says by itself that it serves, and nobody else can say it for it.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use serde_json::Value;
use supervisor::{Order, ProcessSpec};

use crate::world::{World, shell};

/// What a child in Python begins with: `send` sends, `barrier` waits until all that was sent before was taken.
const PROLOGUE: &str = r#"
import os, select, socket, sys, time
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
address = os.environ.get("NOTIFY_SOCKET", "")
if address: notify.connect("\0" + address[1:])
def send(text): notify.send(text.encode())
def barrier():
    reading, writing = os.pipe()
    socket.send_fds(notify, [b"BARRIER=1"], [writing])
    os.close(writing)
    os.read(reading, 1)
def say(text): print(text, flush=True)
"#;

pub(crate) fn python(line: &str, code: &str) -> ProcessSpec {
    let mut spec = shell("a", line);
    spec.env.push(("CODE".to_owned(), format!("{PROLOGUE}\n{code}")));
    spec.ready.notify = true;
    spec
}

pub(crate) const RUN: &str = r#"exec python3 -c "$CODE""#;

pub(crate) async fn started(spec: ProcessSpec) -> (World, Value) {
    let mut world = World::new(vec![spec]);
    world.supervisor.order("a", Order::Start).await.unwrap();
    let running = world.until("Running").await;
    (world, running)
}

/// Sends from this very process, which is of no tree.
fn send_as_stranger(address: &str, text: &str) -> std::io::Result<usize> {
    let name = address.strip_prefix('@').unwrap();
    let sender = UnixDatagram::unbound()?;
    sender.connect_addr(&SocketAddr::from_abstract_name(name)?)?;
    sender.send(text.as_bytes())
}

/// The first line of output.
async fn line(world: &World) -> String {
    loop {
        let lines = world.supervisor.logs("a").unwrap().tail(10).await;
        match lines.first() {
            Some(line) => return line.text.to_string(),
            None => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

#[tokio::test]
async fn it_runs_once_it_says_so() {
    let code = "send('STATUS=loading'); send('READY=1\\nSTATUS=up'); time.sleep(1000)";
    let (world, running) = started(python(RUN, code)).await;
    assert_eq!(running["evidence"]["notifierPid"], running["pid"]);
    world.end().await;
}

#[tokio::test]
async fn what_it_says_of_itself_with_that_comes_with_the_event() {
    for notice in ["READY=1\\nSTATUS=up", "STATUS=up\\nREADY=1"] {
        let code = format!("send('STATUS=loading'); send('{notice}'); time.sleep(1000)");
        let (world, running) = started(python(RUN, &code)).await;
        assert_eq!(running["detail"], "up", "{notice}");
        world.end().await;
    }
}

#[tokio::test]
async fn a_stranger_cannot_say_it() {
    let folder = tempfile::tempdir().unwrap();
    let code = "say(address)\nwhile not os.path.exists('go'): time.sleep(0.01)\nsend('READY=1'); time.sleep(1000)";
    let mut spec = python(RUN, code);
    spec.cwd = folder.path().to_owned();
    let mut world = World::new(vec![spec]);
    world.supervisor.order("a", Order::Start).await.unwrap();
    let address = line(&world).await;
    for _ in 0..3 {
        send_as_stranger(&address, "READY=1").unwrap();
    }
    std::fs::write(folder.path().join("go"), "").unwrap();
    assert_eq!(world.next().await["message"], "Starting...");
    let running = world.next().await;
    assert_eq!(running["message"], "Running");
    assert_eq!(running["evidence"]["notifierPid"], running["pid"], "not the stranger's");
    world.end().await;
}

#[tokio::test]
async fn any_member_of_the_tree_may_say_it() {
    let code = "send('READY=1'); say(os.getpid()); time.sleep(1000)";
    let (world, running) = started(python(r#"setsid python3 -c "$CODE" & wait"#, code)).await;
    let said: u64 = line(&world).await.parse().unwrap();
    assert_eq!(running["evidence"]["notifierPid"], said);
    assert_ne!(running["pid"], said);
    world.end().await;
}

#[tokio::test]
async fn a_command_that_waits_for_the_barrier_may_end_then() {
    let line = r#"python3 -c "$CODE"; exec sleep 1000"#;
    let (world, running) = started(python(line, "send('READY=1'); barrier()")).await;
    assert!(running["evidence"]["notifierPid"].is_u64());
    world.end().await;
}

#[tokio::test]
async fn what_was_taken_back_does_not_count() {
    let code = "send('READY=1'); send('STOPPING=1'); barrier(); say('on'); time.sleep(1000)";
    let mut spec = python(RUN, code);
    spec.ready.stdout = Some(regex::Regex::new("on").unwrap());
    spec.ready.timeout = Duration::from_secs(3);
    let mut world = World::new(vec![spec]);
    world.supervisor.order("a", Order::Start).await.unwrap();
    world.until("Startup timeout (3s): it did not send READY=1").await;
    world.end().await;
}

#[tokio::test]
async fn who_needs_longer_may_say_so() {
    let code = "import signal
def end(*_):
    send('EXTEND_TIMEOUT_USEC=60000000'); time.sleep(2); sys.exit(0)
signal.signal(signal.SIGTERM, end)
send('EXTEND_TIMEOUT_USEC=60000000'); time.sleep(4); send('READY=1'); time.sleep(1000)";
    let mut spec = python(RUN, code);
    spec.ready.timeout = Duration::from_secs(3);
    spec.stop.timeout = Duration::from_secs(1);
    let (mut world, _) = started(spec).await;
    world.supervisor.order("a", Order::Stop).await.unwrap();
    let stopped = world.until("Stopped").await;
    assert_eq!(stopped["exit"]["code"], 0, "not killed after a second: {stopped}");
    world.end().await;
}

#[tokio::test]
async fn each_generation_has_a_socket_of_its_own_and_reads_it_to_the_end() {
    // More than a socket's queue takes: whoever sends would wait for ever.
    let code = "say(address); send('READY=1')\nfor i in range(2000): send(f'STATUS={i}')\nsay('all'); time.sleep(1000)";
    let (mut world, _) = started(python(RUN, code)).await;
    let first = line(&world).await;
    while &*world.supervisor.logs("a").unwrap().tail(1).await[0].text != "all" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.supervisor.order("a", Order::Restart).await.unwrap();
    world.until("Starting...").await;
    assert!(send_as_stranger(&first, "READY=1").is_err(), "{first} is still there");
    world.until("Running").await;
    world.end().await;
}

#[tokio::test]
async fn who_is_not_asked_has_no_socket() {
    let mut spec = python(RUN, "say('[' + address + ']'); time.sleep(1000)");
    spec.ready.notify = false;
    let (world, running) = started(spec).await;
    assert_eq!(line(&world).await, "[]");
    assert_eq!(running["evidence"].get("notifierPid"), None);
    world.end().await;
}
