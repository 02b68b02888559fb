//! What a process says of itself (`STATUS=`) is shown beside its state, and is no event.

use serde_json::Value;
use supervisor::{Order, ProcessSpec};

use crate::notices::{RUN, python, started};
use crate::world::{DEADLINE, World};

/// Says that it drains when it is asked to end, and how much is left on each signal after that.
const DRAINS: &str = r#"
import signal
left = 3
def drain(*_):
    global left
    left -= 1
    if left == 0: sys.exit(0)
    send(f"STATUS=Draining:\t{left} left")
signal.signal(signal.SIGTERM, drain)
signal.signal(signal.SIGUSR1, drain)
send("READY=1\nSTATUS=idle")
while True: signal.pause()
"#;

fn detail(world: &World) -> Value {
    serde_json::to_value(&*world.supervisor.process("a").unwrap()).unwrap()["detail"].clone()
}

fn prod(process: &Value) {
    let pid = process["pid"].to_string();
    assert!(std::process::Command::new("kill").args(["-USR1", &pid]).status().unwrap().success());
}

#[tokio::test]
async fn it_is_shown_while_the_process_runs_and_while_it_stops() {
    let (mut world, running) = started(python(RUN, DRAINS)).await;
    assert_eq!(running["detail"], "idle");
    assert_eq!(detail(&world), "idle");
    world.supervisor.order("a", Order::Stop).await.unwrap();
    let stopping = world.next().await;
    assert_eq!(
        (&stopping["message"], &stopping["detail"]),
        (&"Stopping...".into(), &"idle".into())
    );
    for expected in ["Draining: 2 left", "Draining: 1 left"] {
        let told = world.next_detail().await;
        assert_eq!((&told["detail"], &told["process"]), (&expected.into(), &"a".into()));
        assert_eq!((&told["seq"], &told["generation"]), (&3.into(), &running["generation"]));
        assert_eq!(detail(&world), expected);
        prod(&running);
    }
    let stopped = world.next().await;
    assert_eq!((&stopped["message"], stopped.get("detail")), (&"Stopped".into(), None));
    world.end().await;
}

#[tokio::test]
async fn one_that_fails_keeps_its_error_and_the_next_generation_begins_with_nothing() {
    let code = "send('READY=1\\nSTATUS=one'); barrier(); time.sleep(0.1); sys.exit(3)";
    let (mut world, running) = started(python(RUN, code)).await;
    assert_eq!(running["detail"], "one");
    let failed = world.next().await;
    assert_eq!(failed["error"], "Process exited with code 3");
    assert_eq!(failed.get("detail"), None);
    world.supervisor.order("a", Order::Start).await.unwrap();
    assert_eq!(world.next().await.get("detail"), None);
    world.end().await;
}

#[tokio::test]
async fn a_flood_of_words_is_a_trickle_to_others() {
    let code = "send('READY=1')\nfor i in range(2000): send(f'STATUS={i}')\ntime.sleep(1000)";
    let (mut world, _) = started(python(RUN, code)).await;
    let begun = tokio::time::Instant::now();
    let mut told = 0;
    while world.next_detail().await["detail"] != "1999" {
        told += 1;
    }
    let most = begun.elapsed().as_millis() / 250 + 1;
    assert!(told <= most, "{told} in {:?}", begun.elapsed());
    world.end().await;
}

#[tokio::test]
async fn the_built_in_servers_may_speak_without_being_asked() {
    let mut spec = python(RUN, "send('STATUS=here'); time.sleep(1000)");
    spec.ready.notify = false;
    let mut world = World::new(vec![ProcessSpec { builtin: true, ..spec }]);
    world.supervisor.order("a", Order::Start).await.unwrap();
    world.until("Running").await;
    let told = tokio::time::timeout(DEADLINE, world.next_detail()).await.unwrap();
    assert_eq!(told["detail"], "here");
    world.end().await;
}
