//! What a program gets when it starts, and why it does not.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use process::{Command, SpawnError, Spawner, preflight};

use crate::common::{both, command, end, read_all, sh, spawner, until, within};

async fn output_of(spawner: &Spawner, command: Command) -> String {
    let mut child = within(spawner.spawn(command)).await.unwrap();
    let (mut stdout, _) = child.take_output();
    let text = read_all(&mut stdout).await;
    within(child.exited()).await;
    text
}

#[tokio::test]
async fn it_inherits_no_descriptor_but_its_three() {
    for spawner in both() {
        // One that has no close-on-exec flag: it would be inherited.
        let file = std::fs::File::open("/dev/null").unwrap();
        rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
        let text = output_of(&spawner, command(&["ls", "-l", "/proc/self/fd"])).await;
        let mut targets: Vec<&str> =
            text.lines().filter_map(|line| line.split_once("-> ")).map(|pair| pair.1).collect();
        // The fourth is the directory that `ls` reads.
        targets.retain(|target| !(target.starts_with("/proc/") && target.ends_with("/fd")));
        assert_eq!(targets.len(), 3, "{text}");
        assert_eq!(targets[0], "/dev/null");
        assert!(targets[1].starts_with("pipe:") && targets[2].starts_with("pipe:"));
        assert_ne!(targets[1], targets[2]);
    }
}

#[tokio::test]
async fn no_signal_is_ignored_or_blocked() {
    for spawner in both() {
        let text =
            output_of(&spawner, command(&["grep", "-E", "Sig(Ign|Blk)", "/proc/self/status"]))
                .await;
        let values: Vec<&str> =
            text.split_whitespace().filter(|word| !word.ends_with(':')).collect();
        assert_eq!(values, ["0000000000000000", "0000000000000000"], "{text}");
    }
}

#[tokio::test]
async fn it_leads_a_session_and_a_group() {
    let spawner = spawner(true);
    let mut child = sh(&spawner, "cat /proc/$$/stat").await;
    let pid = child.pid().to_string();
    let (mut stdout, _) = child.take_output();
    let text = read_all(&mut stdout).await;
    let fields: Vec<&str> = text.rsplit_once(") ").unwrap().1.split(' ').collect();
    assert_eq!(&fields[2..4], [pid.as_str(), pid.as_str()]);
    assert_eq!(fields[19], child.start_time().to_string());
    within(child.exited()).await;
}

#[tokio::test]
async fn the_limit_of_open_files_is_the_one_before_the_server_raised_it() {
    let spawner = spawner(true);
    let raised = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let text = output_of(&spawner, command(&["sh", "-c", "ulimit -Sn; ulimit -Hn"])).await;
    let limits: Vec<Option<u64>> = text.lines().map(|line| line.parse().ok()).collect();
    assert_eq!(limits[1], raised.maximum);
    assert!(limits[0] <= raised.current || raised.current.is_none());
}

#[tokio::test]
async fn the_environment_is_what_was_given_and_who_it_is() {
    let spawner = spawner(true);
    let mut env = command(&["/usr/bin/env"]);
    env.env = vec![("A".into(), "b=c".into()), ("SIGNALBOX_GENERATION".into(), "99".into())];
    env.generation = 7;
    let text = output_of(&spawner, env).await;
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines[0..2], ["A=b=c", "SIGNALBOX_GENERATION=7"]);
    assert!(lines[2].starts_with("SIGNALBOX_INSTANCE=test-"));
    assert_eq!(lines[3..], ["SIGNALBOX_PROCESS_ID=test"]);
}

#[tokio::test]
async fn the_program_is_found_as_a_shell_would() {
    let directory = tempfile::tempdir().unwrap();
    let bin = directory.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let plain = directory.path().join("plain");
    std::fs::create_dir(&plain).unwrap();
    write_program(&plain.join("mine"), "no program", 0o644);
    write_program(&bin.join("mine"), "#!/bin/sh\necho found in $PWD\n", 0o755);
    let real = directory.path().canonicalize().unwrap();
    let expected = format!("found in {}\n", real.display());
    let spawner = spawner(true);
    for (program, path) in
        [("mine", "/nowhere:plain:bin"), ("bin/mine", ""), ("./bin/mine", "/bin")]
    {
        let mut found = command(&[program]);
        found.env = vec![("PATH".into(), path.into())];
        found.cwd = directory.path().into();
        assert_eq!(output_of(&spawner, found).await, expected, "{program} in {path}");
    }
}

fn write_program(path: &Path, content: &str, mode: u32) {
    std::fs::write(path, content).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn why_it_does_not_start_is_said_in_few_words() {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    write_program(Path::new(&place("plain")), "#!/bin/sh\n", 0o644);
    write_program(Path::new(&place("garbage")), "\u{7f}ELF nonsense", 0o755);
    write_program(Path::new(&place("script")), "#!/no/such/interpreter -x\n", 0o755);
    let cases = [
        ("no-such-program", "not found"),
        ("/no/such/program", "not found"),
        ("/etc/passwd/x", "not found"),
        ("./relative", "not found"),
        ("", "the command is empty"),
        ("/etc", "is a directory"),
        (&place("plain"), "permission denied"),
        (&place("garbage"), "exec format error"),
        (&place("script"), "interpreter /no/such/interpreter not found"),
        ("zero\0byte", "the program contains a zero byte"),
    ];
    for spawner in both() {
        for (program, expected) in &cases {
            let error = within(spawner.spawn(command(&[program]))).await.unwrap_err();
            let is_zero = program.contains('\0');
            assert!(error.to_string() == *expected || is_zero, "{program:?}: {error}");
        }
    }
    assert_eq!(preflight(&command(&["/etc"])), Err(SpawnError::IsDirectory));
    assert_eq!(preflight(&command(&[])), Err(SpawnError::EmptyCommand));
    assert_eq!(preflight(&command(&["/bin/sh"])), Ok("/bin/sh".into()));
}

#[tokio::test]
async fn a_working_directory_that_is_of_no_use_is_named() {
    let cases = [
        ("/no/such/place", "working directory /no/such/place does not exist"),
        ("/etc/passwd", "working directory /etc/passwd: is not a directory"),
    ];
    for (cwd, expected) in cases {
        let mut command = command(&["/bin/true"]);
        command.cwd = cwd.into();
        let error = within(spawner(true).spawn(command)).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn a_start_that_nobody_waits_for_leaves_nothing() {
    for spawner in both() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("pid");
        let script = format!("echo $$ > {}; exec sleep 1000", file.display());
        {
            let mut start = Box::pin(spawner.spawn(command(&["sh", "-c", &script])));
            tokio::select! {
                biased;
                // It may be there already, on a busy machine: then it is not given up.
                child = &mut start => end(&child.unwrap().tree()).await,
                () = std::future::ready(()) => {}
            }
        }
        // Those after it are served after it: by then it was started and ended.
        let child = sh(&spawner, "sleep 1000").await;
        let pid = std::fs::read_to_string(&file).ok().and_then(|pid| pid.trim().parse().ok());
        until(|| pid.is_none_or(crate::common::is_dead)).await;
        end(&child.tree()).await;
    }
}

#[tokio::test]
async fn many_start_at_once() {
    for spawner in both() {
        let starts = (0..100).map(|slot| {
            let spawner = spawner.clone();
            async move {
                let mut one = command(&["sleep", "1000"]);
                (one.slot, one.name) = (slot, format!("p{slot}"));
                spawner.spawn(one).await.unwrap()
            }
        });
        let mut tasks: tokio::task::JoinSet<_> = starts.collect();
        while let Some(child) = within(tasks.join_next()).await {
            let mut child = child.unwrap();
            let tree = child.tree();
            assert_eq!(tree.members().len(), 1);
            end(&tree).await;
            within(child.exited()).await;
        }
    }
}
