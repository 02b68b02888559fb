//! What the tests share: real children, deadlines, no sleeps.

use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use process::{Child, Command, Output, Spawner, SpawnerOptions, Tree};

/// Far more than anything here takes, so that a slow machine does not matter.
const DEADLINE: Duration = Duration::from_secs(30);

/// Fails if the future takes too long.
#[track_caller]
pub(crate) fn within<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        let done = tokio::time::timeout(DEADLINE, future).await;
        done.unwrap_or_else(|_| panic!("nothing within {DEADLINE:?} at {caller}"))
    }
}

/// A spawner with an instance id of its own.
pub(crate) fn spawner(cgroup: bool) -> Spawner {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let instance = format!("test-{}-{number}", std::process::id());
    Spawner::start(SpawnerOptions { cgroup, instance, ledger: None }).unwrap()
}

/// One that uses cgroups where the machine has them, and one that does not.
pub(crate) fn both() -> [Spawner; 2] {
    [spawner(true), spawner(false)]
}

pub(crate) fn command(argv: &[&str]) -> Command {
    Command {
        argv: argv.iter().map(Into::into).collect(),
        cwd: "/".into(),
        env: vec![("PATH".into(), std::env!("PATH").into())],
        slot: 0,
        generation: 1,
        name: "test".into(),
    }
}

pub(crate) async fn sh(spawner: &Spawner, script: &str) -> Child {
    within(spawner.spawn(command(&["sh", "-c", script]))).await.unwrap()
}

pub(crate) async fn badchild(spawner: &Spawner, words: &[&str]) -> Child {
    let program = badchild_path();
    let argv: Vec<&str> =
        [program.to_str().unwrap()].into_iter().chain(words.iter().copied()).collect();
    within(spawner.spawn(command(&argv))).await.unwrap()
}

/// The example of this name, which `cargo test -p process` builds beside the tests; one test
/// alone (`--test real`) takes the one that is there.
pub(crate) fn badchild_path() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().unwrap().parent().unwrap().join("examples/badchild");
    assert!(path.exists(), "cargo build -p process --example badchild");
    path
}

/// Reads until the text has come; gives all that was read.
pub(crate) async fn read_until(output: &mut Output, text: &str) -> String {
    let mut bytes = Vec::new();
    within(async {
        while !String::from_utf8_lossy(&bytes).contains(text) {
            let read = output.read(&mut bytes).await.unwrap();
            assert!(read > 0, "ended without {text:?}: {:?}", String::from_utf8_lossy(&bytes));
        }
    })
    .await;
    String::from_utf8(bytes).unwrap()
}

/// Reads to the end.
pub(crate) async fn read_all(output: &mut Output) -> String {
    let mut bytes = Vec::new();
    within(async { while output.read(&mut bytes).await.unwrap() > 0 {} }).await;
    String::from_utf8(bytes).unwrap()
}

/// What `/proc` says of a process: its state, or nothing if there is none.
pub(crate) fn state(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Gone, or about to be collected.
pub(crate) fn is_dead(pid: u32) -> bool {
    matches!(state(pid), None | Some('Z' | 'X'))
}

/// Kills the tree and waits until it is empty.
pub(crate) async fn end(tree: &Tree) {
    tree.kill().unwrap();
    within(tree.emptied()).await;
    assert!(tree.is_empty());
    assert_eq!(tree.members(), []);
}

/// Lets others run until something holds.
#[track_caller]
pub(crate) fn until(mut holds: impl FnMut() -> bool) -> impl Future<Output = ()> {
    within(async move {
        while !holds() {
            tokio::task::yield_now().await;
        }
    })
}
