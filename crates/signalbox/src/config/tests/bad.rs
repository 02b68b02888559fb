//! What bad configurations are told, to the letter.

use std::fs;

use super::{read, read_in};

/// Cases, each a file, `---- is told ----` and the whole report; `==== next ====` parts them.
const CASES: &str = include_str!("bad.txt");

#[track_caller]
fn check(content: &str, expected: &str) {
    let told = read(content).expect_err(content).to_string();
    assert_eq!(told, expected, "for the file\n{content}\nwhich is told\n{told}\n");
}

#[test]
fn every_fault_has_its_line_a_caret_and_a_hint() {
    for case in CASES.split("==== next ====\n") {
        let (content, expected) = case.split_once("\n---- is told ----\n").unwrap();
        check(content, expected.trim_end());
    }
}

#[test]
fn a_bad_env_file_is_shown_at_its_own_line_without_values() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("x.env"), "API_KEY=canary\n\"nonsense\nB='canary").unwrap();
    let content = "[process.a]\ncommand = \"x\"\nenv_file = \"x.env\"";
    let told = read_in(directory.path(), content).unwrap_err().to_string();
    let expected = "\
error: expected KEY=VALUE
 --> x.env:2:1
  |
2 | *********
  | ^^^^^^^^^

error: the quote `'` is not closed
 --> x.env:3:1
  |
3 | B=*******
  | ^^^^^^^^^";
    assert_eq!(told, expected);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = crate::config::load(Some("/nowhere/x.toml".as_ref()), &super::surroundings());
    let told = error.unwrap_err().to_string();
    assert_eq!(told, "cannot read the configuration /nowhere/x.toml: no such file or directory");
}
