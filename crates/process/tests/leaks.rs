//! Nothing is left after many starts and stops: no descriptor, no thread, no zombie, no directory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

use std::collections::BTreeSet;
use std::fs;

use process::{Command, Spawner, SpawnerOptions};

const CYCLES: u64 = 500;

fn command(generation: u64) -> Command {
    // Each second one leaves an orphan in a session of its own, which has to be killed.
    let script = if generation.is_multiple_of(2) {
        "exec sleep 1000"
    } else {
        "setsid sleep 1000 & echo up; wait"
    };
    Command {
        argv: ["sh", "-c", script].map(Into::into).to_vec(),
        cwd: "/".into(),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        slot: 1,
        generation,
        name: "leak".into(),
    }
}

fn entries(directory: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn children() -> String {
    let threads = entries("/proc/self/task");
    let read = |thread| fs::read_to_string(format!("/proc/self/task/{thread}/children"));
    threads.into_iter().map(|thread| read(thread).unwrap_or_default()).collect()
}

async fn cycle(spawner: &Spawner, generation: u64) {
    let mut child = spawner.spawn(command(generation)).await.unwrap();
    let (mut stdout, _stderr) = child.take_output();
    let tree = child.tree();
    if !generation.is_multiple_of(2) {
        stdout.read(&mut Vec::new()).await.unwrap();
    }
    if generation.is_multiple_of(3) {
        tree.kill().unwrap()
    } else {
        tree.signal(15).unwrap()
    }
    child.exited().await;
    tree.kill().unwrap();
    tree.emptied().await;
    assert!(spawner.spawn(Command { argv: vec!["/etc".into()], ..command(0) }).await.is_err());
}

fn run(cgroup: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let instance = format!("leak-{}-{cgroup}", std::process::id());
    let spawner = Spawner::start(SpawnerOptions { cgroup, instance, ledger: None }).unwrap();
    runtime.block_on(async {
        for generation in 0..10 {
            cycle(&spawner, generation).await;
        }
        let before = entries("/proc/self/fd");
        for generation in 10..CYCLES {
            cycle(&spawner, generation).await;
        }
        // The thread gives back what the last trees had when it comes to it.
        while entries("/proc/self/fd").len() > before.len() || !children().is_empty() {
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn nothing_is_left() {
    let descriptors = entries("/proc/self/fd");
    let threads = entries("/proc/self/task");
    run(true);
    run(false);
    // Those that the runtime and the handler of SIGCHLD keep for the life of the process.
    let kept = entries("/proc/self/fd").len() - descriptors.len();
    run(true);
    assert_eq!(entries("/proc/self/fd").len() - descriptors.len(), kept);
    assert!(kept < 8, "{kept}");
    assert_eq!(entries("/proc/self/task"), threads);
    assert_eq!(children(), "");
    for root in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
        let own = format!("signalbox-leak-{}", std::process::id());
        let left = fs::read_dir(root).into_iter().flatten().flatten();
        assert_eq!(
            left.filter(|entry| entry.file_name().to_string_lossy().starts_with(&own)).count(),
            0
        );
    }
}
