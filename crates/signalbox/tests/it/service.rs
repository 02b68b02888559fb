//! `signalbox service`, against a `systemctl` that writes down what it is told.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bench::{Ended, run, signalbox};

/// A home with a `systemctl` of its own, which does as the file `answer` says.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let bin = home.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let script = "#!/bin/sh\necho \"$*\" >> \"$HOME/told\"\nif [ -f \"$HOME/answer\" ]; then cat \"$HOME/answer\" >&2; exit 1; fi\n";
        fs::write(bin.join("systemctl"), script).unwrap();
        fs::set_permissions(bin.join("systemctl"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(home.path().join("signalbox.toml"), "[process.a]\ncommand = \"x\"").unwrap();
        Self(home)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn unit(&self) -> PathBuf {
        self.path().join(".config/systemd/user/signalbox.service")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = signalbox(self.path());
        let path = format!("{}:/usr/bin:/bin", self.path().join("bin").display());
        command.arg("service").args(arguments).env("PATH", path);
        command
    }

    fn ask(&self, arguments: &[&str]) -> Ended {
        run(self.command(arguments))
    }

    /// What `systemctl` was told since the last time.
    fn told(&self) -> Vec<String> {
        let file = self.path().join("told");
        let told = fs::read_to_string(&file).unwrap_or_default();
        drop(fs::remove_file(file));
        told.lines().map(str::to_owned).collect()
    }
}

const LOOK: &str = "--user show --property=Version";
const RELOAD: &str = "--user daemon-reload";

#[test]
fn it_is_installed_and_removed() {
    let home = Home::new();
    fs::write(home.path().join("secret"), "canary-canary-canary").unwrap();
    let installed = home.ask(&["install", "--listen", "127.0.0.1:4000", "--token-file", "secret"]);
    assert_eq!(installed.code, Some(0), "{}", installed.err);
    assert_eq!(home.told(), [LOOK, RELOAD, "--user enable --now signalbox.service"]);
    let text = fs::read_to_string(home.unit()).unwrap();
    let here = home.path().display();
    let command = format!(
        "ExecStart={} up --config {here}/signalbox.toml --token-file {here}/secret --listen 127.0.0.1:4000",
        env!("CARGO_BIN_EXE_signalbox"),
    );
    for line in [&*command, "Type=notify", "WatchdogSec=30", "KillMode=mixed"] {
        assert!(text.lines().any(|other| other == line), "{line} is not in {text}");
    }
    assert_eq!(home.ask(&["install", "--print"]).code, Some(0));
    assert!(home.told().is_empty(), "what is only shown changes nothing");
    let removed = home.ask(&["uninstall"]);
    assert_eq!(removed.code, Some(0), "{}", removed.err);
    assert_eq!(home.told(), [LOOK, "--user disable --now signalbox.service", RELOAD]);
    assert!(!home.unit().exists());
    let again = home.ask(&["uninstall"]);
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("nothing is installed"), "{}", again.err);
}

#[test]
fn what_a_person_changed_is_kept_unless_they_say_so() {
    let home = Home::new();
    assert_eq!(home.ask(&["install"]).code, Some(0));
    assert_eq!(
        home.ask(&["install", "--no-start"]).code,
        Some(0),
        "as it was written, so replaced"
    );
    let own = fs::read_to_string(home.unit()).unwrap().replace("RestartSec=1", "RestartSec=9");
    fs::write(home.unit(), &own).unwrap();
    home.told();
    for (arguments, what) in
        [(["install"], "--force replaces it"), (["uninstall"], "--force removes it")]
    {
        let refused = home.ask(&arguments);
        assert_eq!(refused.code, Some(1));
        assert!(refused.err.contains(what), "{}", refused.err);
        assert_eq!(fs::read_to_string(home.unit()).unwrap(), own);
    }
    assert!(home.told().iter().all(|told| told == LOOK), "nothing was done");
    assert_eq!(home.ask(&["install", "--force"]).code, Some(0));
    assert_ne!(fs::read_to_string(home.unit()).unwrap(), own);
}

#[test]
fn where_there_is_no_systemd_it_says_so_and_changes_nothing() {
    let home = Home::new();
    fs::write(home.path().join("answer"), "Failed to connect to bus: No medium found").unwrap();
    let failed = home.ask(&["install"]);
    assert_eq!(failed.code, Some(1));
    assert!(failed.err.contains("No systemd runs for this user"), "{}", failed.err);
    let mut command = home.command(&["install"]);
    let failed = run({
        command.env("PATH", home.path());
        command
    });
    assert_eq!(failed.code, Some(1));
    assert!(failed.err.contains("there is no `systemctl` here"), "{}", failed.err);
    assert!(!home.unit().exists());
}

#[test]
fn what_could_not_start_is_not_installed() {
    let home = Home::new();
    let mut command = home.command(&["install", "--listen", "0.0.0.0:4000"]);
    command.env("SIGNALBOX_TOKEN", "canary-canary-canary");
    for open in [home.ask(&["install", "--listen", "0.0.0.0:4000"]), run(command)] {
        assert_eq!(open.code, Some(2));
        let told = "give --token-file, so that not everybody may start processes; a service does not get SIGNALBOX_TOKEN";
        assert!(open.err.contains(told) && !open.err.contains("set SIGNALBOX"), "{}", open.err);
    }
    fs::write(home.path().join("signalbox.toml"), "[process.a]\ncomand = \"x\"").unwrap();
    assert_eq!(home.ask(&["install"]).code, Some(2));
    assert!(home.told().is_empty() && !home.unit().exists());
}

#[test]
fn files_that_up_would_refuse_are_refused_in_the_same_words() {
    let home = Home::new();
    fs::write(home.path().join("empty"), "").unwrap();
    for files in [
        &["--token-file", "nowhere"][..],
        &["--token-file", "empty"],
        &["--token-file", "."],
        &["--tls-cert", "nowhere", "--tls-key", "nowhere"],
        &["--tls-cert", "empty", "--tls-key", "empty"],
    ] {
        let mut command = signalbox(home.path());
        command.arg("up").args(files);
        let up = run(command);
        let installed = home.ask(&[&["install"], files].concat());
        assert_eq!(installed.code, Some(2), "{files:?}");
        assert_eq!((installed.code, installed.err), (up.code, up.err), "{files:?}");
    }
    assert!(home.told().is_empty() && !home.unit().exists());
}

/// The unit's command with these variables, after the program and the configuration.
#[track_caller]
fn check_command(home: &Home, variables: &[(&str, &str)], arguments: &[&str], expected: &str) {
    let mut command = home.command(&[&["install", "--print"], arguments].concat());
    command.envs(variables.iter().copied());
    let shown = run(command).out;
    let line = shown.lines().find(|line| line.starts_with("ExecStart=")).expect(&shown);
    let (_, rest) = line.split_once("signalbox.toml").expect(line);
    assert_eq!(rest, expected, "with {variables:?}");
}

#[test]
fn a_data_directory_that_the_service_would_not_find_is_written_down() {
    let home = Home::new();
    let here = home.path().display().to_string();
    let elsewhere = format!("{here}/share");
    let xdg = [("XDG_DATA_HOME", &*elsewhere)];
    check_command(&home, &[], &[], "");
    check_command(&home, &xdg, &[], &format!(" --data-dir {here}/share/signalbox"));
    check_command(&home, &xdg, &["--data-dir", "d"], &format!(" --data-dir {here}/d"));
    let usual = format!("{here}/.local/share");
    check_command(&home, &[("XDG_DATA_HOME", &*usual)], &[], "");
    let content = "[server]\ndata_dir = \"d\"\n[process.a]\ncommand = \"x\"";
    fs::write(home.path().join("signalbox.toml"), content).unwrap();
    check_command(&home, &xdg, &[], "");
}

#[test]
fn the_token_of_the_environment_is_not_written_where_others_may_read_it() {
    let home = Home::new();
    let mut command = home.command(&["install", "--print"]);
    let shown = run({
        command.env("SIGNALBOX_TOKEN", "canary");
        command
    });
    assert_eq!(shown.code, Some(0));
    assert!(!shown.out.contains("canary"), "{}", shown.out);
    assert!(shown.err.contains("give --token-file"), "{}", shown.err);
}

/// systemd's own reading of the unit, where it is there.
#[test]
fn systemd_understands_the_unit() {
    let home = Home::new();
    let file = home.path().join("signalbox.service");
    fs::write(&file, home.ask(&["install", "--print"]).out).unwrap();
    let verify = Command::new("systemd-analyze").args(["verify", "--user"]).arg(&file).output();
    if let Ok(verified) = verify {
        let said = String::from_utf8_lossy(&verified.stderr);
        let ours: Vec<_> = said.lines().filter(|line| line.contains("signalbox")).collect();
        assert!(ours.is_empty(), "{ours:?}");
    }
}
