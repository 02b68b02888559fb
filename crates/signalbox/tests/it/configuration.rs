//! `config`, `completions` and the command line itself.

use std::fs;

use serde_json::Value;

use crate::bench::{Ended, run, signalbox};

fn in_directory(content: impl AsRef<[u8]>, arguments: &[&str]) -> Ended {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("signalbox.toml"), content).unwrap();
    let mut command = signalbox(home.path());
    command.args(arguments);
    run(command)
}

#[test]
fn check_tells_every_fault_in_text_and_in_json() {
    let content = "[server]\nlisten = 5\n[process.a]\ncomand = \"x\"";
    let text = in_directory(content, &["config", "check"]);
    assert_eq!((text.code, text.out.as_str()), (Some(2), ""));
    assert!(text.err.ends_with("3 faults in the configuration\n"), "{}", text.err);
    let json = in_directory(content, &["config", "check", "--json"]);
    assert_eq!(json.code, Some(2));
    let document: Value = serde_json::from_str(&json.out).unwrap();
    let places: Vec<_> =
        document["faults"].as_array().unwrap().iter().map(|fault| fault["line"].as_u64()).collect();
    assert_eq!(places, [Some(2), Some(3), Some(4)]);
}

#[test]
fn what_is_no_text_has_its_place_for_programs_too() {
    let ended = in_directory(b"[process.a]\ncommand = \"\xff\"", &["config", "check", "--json"]);
    assert_eq!(ended.code, Some(2));
    let document: Value = serde_json::from_str(&ended.out).unwrap();
    let fault = &document["faults"][0];
    assert_eq!(
        (fault["file"].as_str(), fault["line"].as_u64(), fault["column"].as_u64()),
        (Some("signalbox.toml"), Some(2), Some(12))
    );
    assert!(fault["help"].as_str().unwrap().contains("UTF-8"), "{fault}");
}

#[test]
fn check_says_that_all_is_well() {
    let ended = in_directory("[process.a]\ncommand = \"x\"", &["config", "check"]);
    assert_eq!(ended.code, Some(0));
    assert!(ended.out.ends_with("signalbox.toml: ok, 1 process\n"), "{}", ended.out);
}

#[test]
fn what_show_prints_is_a_configuration_that_shows_the_same() {
    let content = "[process.a]\ncommand = [\"x\", \"{port}\"]\ncwd = \"/\"\nport = 4000\nready.stdout = '^on \\d+'\nready.notify = true\nliveness.http = \"/h\"\nrestart.window = \"1m30s\"\nenv = { MODE = \"fast\", API_KEY = \"canary\" }";
    let first = in_directory(content, &["config", "show"]);
    assert_eq!(first.code, Some(0), "{}", first.err);
    assert!(!first.out.contains("canary") && first.out.contains("API_KEY = \"***\""));
    let again = in_directory(&first.out, &["config", "show"]);
    let body = |shown: &str| shown.split_once('\n').unwrap().1.to_owned();
    assert_eq!(body(&again.out), body(&first.out));
    let json = in_directory(content, &["config", "show", "--json"]);
    let document: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(document["process"]["a"]["restart"]["window"], "1m30s");
}

#[test]
fn completions_are_for_known_shells() {
    assert!(in_directory("", &["completions", "bash"]).out.contains("signalbox"));
    assert_eq!(in_directory("", &["completions", "cobol"]).code, Some(2));
    assert_eq!(in_directory("", &["frobnicate"]).code, Some(2));
}
