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
fn a_file_that_is_no_text_is_shown_where_it_is_none_without_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("signalbox.toml");
    let check = |content: &[u8], expected: &str| {
        fs::write(&config, content).unwrap();
        let told = crate::config::load(Some(&config), &super::surroundings()).unwrap_err();
        let told = told.to_string().replace(&format!("{}/", directory.path().display()), "");
        assert_eq!(told, expected, "{}", String::from_utf8_lossy(content));
    };
    check(
        b"[process.a]\ntitle = \"caf\xe9\"\ncommand = \"x\"",
        "\
error: this is not UTF-8
 --> signalbox.toml:2:13
  |
2 | title = \"caf\u{fffd}\"
  |             ^
  |
  = help: save the file as UTF-8, in your editor or with `iconv -t UTF-8`",
    );
    check(
        b"[process.a]\nenv = { KEY = \"canary\xe9\" }",
        "\
error: this is not UTF-8
 --> signalbox.toml:2:22
  |
2 | env = { KEY = *******∗* }
  |                      ^
  |
  = help: save the file as UTF-8, in your editor or with `iconv -t UTF-8`",
    );
    fs::write(directory.path().join("x.env"), b"A=1\nB=can\xe9ary").unwrap();
    check(
        b"[process.a]\ncommand = \"x\"\nenv_file = \"x.env\"",
        "\
error: this is not UTF-8
 --> x.env:2:6
  |
2 | B=*********
  |      ^^^
  |
  = help: save the file as UTF-8, in your editor or with `iconv -t UTF-8`",
    );
}

#[test]
fn a_nul_in_an_env_file_is_refused_as_in_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("x.env"), "A=1\nB=can\0ary\n").unwrap();
    let content = "[process.a]\ncommand = \"x\"\nenv_file = \"x.env\"";
    let told = read_in(directory.path(), content).unwrap_err().to_string();
    let expected = "\
error: a text must not contain the character NUL
 --> x.env:2:6
  |
2 | B=*******
  |      ^";
    assert_eq!(told, expected);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = crate::config::load(Some("/nowhere/x.toml".as_ref()), &super::surroundings());
    let told = error.unwrap_err().to_string();
    assert_eq!(told, "cannot read the configuration /nowhere/x.toml: no such file or directory");
}
