//! A child that behaves badly in ways that a shell cannot, for the tests:
//! `badchild listen`, `wrap-listen`, `comet N`, `serve LEDGER`, `flood`.

use std::error::Error;
use std::io::{self, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::{env, thread};

use process::{Spawner, SpawnerOptions};

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["listen", address] => listen(address),
        ["wrap-listen", address] => wrap(&["listen", address]),
        ["comet", generations] => comet(generations.parse()?),
        ["serve", ledger, cgroup] => serve(ledger, cgroup == "cgroup"),
        ["flood"] => flood(),
        _ => Err("unknown behaviour".into()),
    }
}

/// Serves nothing on a port that it tells.
fn listen(address: &str) -> Outcome {
    let listener = TcpListener::bind(address)?;
    say(&format!("port {}", listener.local_addr()?.port()))?;
    loop {
        thread::park();
    }
}

/// As `npm` does: the server is a child of what was started.
fn wrap(words: &[&str]) -> Outcome {
    Command::new(env::current_exe()?).args(words).spawn()?.wait()?;
    loop {
        thread::park();
    }
}

/// Starts the next one in a session of its own, with no environment and no output, and is gone.
fn comet(generations: u64) -> Outcome {
    if generations == 0 {
        loop {
            thread::park();
        }
    }
    if rustix::process::setsid().is_ok() {
        say("flies")?;
    }
    let next = (generations - 1).to_string();
    let mut command = Command::new(env::current_exe()?);
    command.args(["comet", &next]).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    Ok(())
}

/// A server that uses the crate and waits to be killed.
#[tokio::main(flavor = "current_thread")]
async fn serve(ledger: &str, cgroup: bool) -> Outcome {
    let instance = format!("bad{}", std::process::id());
    let spawner = Spawner::start(SpawnerOptions { cgroup, instance, ledger: Some(ledger.into()) })?;
    let script = "setsid sleep 1000 & \
        env -i setsid sleep 1000 >/dev/null 2>&1 & \
        echo started; exec sleep 1000";
    let command = process::Command {
        argv: ["sh", "-c", script].map(Into::into).to_vec(),
        cwd: "/".into(),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        slot: 3,
        generation: 7,
        name: "bad".into(),
    };
    let child = spawner.spawn(command).await?;
    // All three have become what they shall be.
    while child.tree().members().iter().filter(|member| member.name == "sleep").count() < 3 {
        tokio::task::yield_now().await;
    }
    let pids = child.tree().members();
    let pids: Vec<String> = pids.iter().map(|member| member.pid.to_string()).collect();
    let kind = if spawner.has_cgroup() { "cgroup" } else { "nocgroup" };
    say(&format!("{kind} {} {}", child.pid(), pids.join(" ")))?;
    std::future::pending().await
}

/// Writes for ever.
fn flood() -> Outcome {
    loop {
        io::stdout().write_all(&[b'x'; 65536])?;
    }
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
