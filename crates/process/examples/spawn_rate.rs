//! Prints what the crate's calls cost: `cargo run --release -p process --example spawn_rate`.
//! An argument `nocgroup` measures the way without cgroups.

use std::error::Error;
use std::net::{TcpListener, TcpStream};

use process::{Child, Command, Spawner, SpawnerOptions, listeners};
use tokio::time::Instant;

const ROUNDS: usize = 500;
const MANY: u32 = 1000;
const CONNECTIONS: usize = 5000;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn command(slot: u32, generation: u64) -> Command {
    Command {
        argv: ["/bin/sleep", "1000"].map(Into::into).to_vec(),
        cwd: "/".into(),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        slot,
        generation,
        name: format!("p{slot}"),
    }
}

#[expect(clippy::print_stdout, reason = "the example's purpose")]
fn report(what: &str, mut micros: Vec<f64>) {
    micros.sort_by(f64::total_cmp);
    let at = |share: f64| micros[((micros.len() - 1) as f64 * share) as usize];
    println!("{what:<34} p50 {:>9.1} us   p99 {:>9.1} us", at(0.5), at(0.99));
}

fn micros(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e6
}

#[tokio::main]
async fn main() -> Outcome {
    let cgroup = !std::env::args().any(|word| word == "nocgroup");
    let directory = std::env::temp_dir().join(format!("spawn-rate-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let ledger = Some(directory.join("ledger"));
    let instance = format!("rate{}", std::process::id());
    let spawner = Spawner::start(SpawnerOptions { cgroup, instance, ledger })?;
    tokio::task::spawn_blocking(|| by_the_standard_library().map_err(|error| error.to_string()))
        .await??;
    one_after_another(&spawner).await?;
    cycles(&spawner).await?;
    many(&spawner).await?;
    ports()?;
    drop(spawner);
    std::fs::remove_dir_all(directory)?;
    Ok(())
}

/// What it takes at least, for comparison. Not from the first thread, whose children are taken for
/// orphans.
fn by_the_standard_library() -> Outcome {
    let [mut spawned, mut exited] = [const { Vec::new() }; 2];
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut child = std::process::Command::new("/bin/sleep")
            .arg("1000")
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()?;
        spawned.push(micros(start));
        let start = Instant::now();
        child.kill()?;
        child.wait()?;
        exited.push(micros(start));
    }
    report("spawn by std, blocking", spawned);
    report("SIGKILL to wait by std", exited);
    Ok(())
}

async fn one_after_another(spawner: &Spawner) -> Outcome {
    let [mut spawned, mut exited, mut empty, mut alive] = [const { Vec::new() }; 4];
    for generation in 0..ROUNDS as u64 {
        let start = Instant::now();
        let mut child = spawner.spawn(command(0, generation)).await?;
        spawned.push(micros(start));
        let tree = child.tree();
        let start = Instant::now();
        let is_empty = tree.is_empty();
        alive.push(micros(start));
        let start = Instant::now();
        tree.signal(9)?;
        child.exited().await;
        exited.push(micros(start));
        let start = Instant::now();
        let emptied = tree.is_empty();
        empty.push(micros(start));
        assert!(emptied && !is_empty);
    }
    report("spawn", spawned);
    report("SIGKILL to exited", exited);
    report("is_empty, alive", alive);
    report("is_empty, after exit", empty);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the example's purpose")]
async fn cycles(spawner: &Spawner) -> Outcome {
    let [mut external, mut emptied] = [const { Vec::new() }; 2];
    let begin = Instant::now();
    for generation in 0..ROUNDS as u64 {
        let mut child = spawner.spawn(command(1, generation)).await?;
        let tree = child.tree();
        let start = Instant::now();
        tree.signal(15)?;
        child.exited().await;
        external.push(micros(start));
        let start = Instant::now();
        tree.emptied().await;
        emptied.push(micros(start));
    }
    let rate = ROUNDS as f64 / begin.elapsed().as_secs_f64();
    println!("cgroup: {}, start/stop cycles a second: {rate:.0}", spawner.has_cgroup());
    report("SIGTERM to exited", external);
    report("emptied after exit", emptied);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the example's purpose")]
async fn many(spawner: &Spawner) -> Outcome {
    let begin = Instant::now();
    let mut children: Vec<Child> = Vec::new();
    for slot in 0..MANY {
        children.push(spawner.spawn(command(slot, 9999)).await?);
    }
    println!("{MANY} started in {:.0} ms", micros(begin) / 1e3);
    println!("own memory: {}", own_memory()?);
    let [mut empty, mut members] = [const { Vec::new() }; 2];
    for child in &children {
        let tree = child.tree();
        let start = Instant::now();
        assert!(!tree.is_empty());
        empty.push(micros(start));
        let start = Instant::now();
        assert_eq!(tree.members().len(), 1);
        members.push(micros(start));
    }
    report("is_empty among 1000", empty);
    report("members among 1000", members);
    let begin = Instant::now();
    for child in &children {
        child.tree().signal(15)?;
    }
    for child in &mut children {
        child.exited().await;
        child.tree().emptied().await;
    }
    println!("{MANY} stopped in {:.0} ms", micros(begin) / 1e3);
    Ok(())
}

fn own_memory() -> Outcome<String> {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup")?;
    Ok(text.lines().find(|line| line.starts_with("Pss:")).unwrap_or_default().to_owned())
}

fn ports() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let mut connected = Vec::new();
    let measure = |what: &str| -> Outcome {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let start = Instant::now();
            assert_eq!(listeners(port)?.len(), 1);
            times.push(micros(start));
        }
        report(what, times);
        Ok(())
    };
    measure("listeners")?;
    for _ in 0..CONNECTIONS {
        connected.push((TcpStream::connect(listener.local_addr()?)?, listener.accept()?));
    }
    measure("listeners, 10,000 sockets")
}
