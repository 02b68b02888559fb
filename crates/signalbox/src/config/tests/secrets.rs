//! Secrets are shown nowhere.

use proptest::prelude::*;

use super::read;
use crate::config::{LoadError, Shown};

const CANARY: &str = "canary-5f2a";

#[test]
fn the_effective_configuration_masks_secrets_alone() {
    let config = read(&format!(
        "[process.a]\ncommand = [\"x\"]\nenv = {{ API_KEY = \"{CANARY}\", db_password = \"{CANARY}\", GITHUB_PAT = \"{CANARY}\", URL = \"db://u:{CANARY}@h\", MODE = \"fast\" }}\n"
    ))
    .unwrap();
    let toml = toml::to_string(&Shown::of(&config)).unwrap();
    let json = serde_json::to_string(&Shown::of(&config)).unwrap();
    for shown in [&toml, &json] {
        assert!(
            !shown.contains(CANARY) && shown.contains("***") && shown.contains("fast"),
            "{shown}"
        );
    }
}

#[test]
fn a_fault_beside_a_secret_does_not_show_it() {
    let content = format!("[process.a]\nenv = {{ API_KEY = \"{CANARY}\", PORT = 5 }}\n");
    let shown = read(&content).unwrap_err().to_string();
    assert!(!shown.contains(CANARY) && shown.contains("write it in quotes"), "{shown}");
}

/// What a terminal, a journal or a program is told of a file that is wrong.
#[track_caller]
fn told(content: &str) -> String {
    let Err(LoadError::Faulty(report)) = read(content) else { panic!("no fault in\n{content}") };
    let entries = serde_json::to_string(&report.entries()).unwrap();
    format!("{}\n{}\n{entries}", report.render(false), report.render(true))
}

/// Ways to write a variable wrongly. `@` is its value.
const SHAPES: [&str; 29] = [
    "[process.a.env]\nAPI_KEY : \"@\"",
    "[process.a.env]\nNAME = \"@\"\nNAME = \"@\"",
    "[process.a.env]\nNAME = @\nNAME = @",
    "[process.a.env]\nNAME = \"@",
    "[process.a.env]\nNAME = '@\n@\n@'\nB = 'c'",
    "[process.a.env]\nNAME = \"\"\"\n[process.b]\n@\n@ = @",
    "[process.a.env]\nNAME \"@\"",
    "[process.a.env]\nNAME = 1 \"@\" # @",
    "[process.a.env]\n\"A=@\" = \"@\"",
    "[process.a.env] NAME = \"@\"",
    "[process.a.env\nNAME = \"@\"\nNAME = '@'",
    "[[process.a.env]]\nNAME = \"@\"\nNAME = '@'",
    "[process.a.'env'.b]\nNAME = \"@\"\nNAME = '@'",
    "[process.a]\nenv = [\"NAME=@\"]",
    "[process.a]\nenv = [\n[\"NAME=@\"],\n\"NAME=@\"\n'@', @, \"@\"]",
    "[process.a]\nenv = \"NAME=@\"",
    "[process.a]\nenv = { X = , NAME = \"@\" }",
    "[process.a]\nenv = { X = \"@\", NAME = @ @ }",
    "[process.a]\nenv = { NAME = \"@\" }\nenv = { NAME = '@' }",
    "[process.a]\nenv = { A.B = \"@\" }",
    "[process.a]\nenv = { \"A=B\" = \"@\" }",
    "[process.a]\nenv = { NAME = \"@\"\nB = \"@\"\nC : '@'",
    "[process.a]\nenv =\n{ NAME = \"@\" }",
    "[process.a]\nenv { NAME = \"@\" }",
    "[process.a]\nenv.NAME = \"@\"\nenv.NAME = \"@\"",
    "[process.a]\nEnvironment = { NAME = \"@\" }",
    "[process]\na = { env = { NAME = \"@\" }, env = { B : '@' } }",
    "process.a.env.NAME = \"@\"\nprocess.a.env.NAME : '@'",
    "[process.a]\nAPI_KEY : \"@\"",
];

proptest! {
    #[test]
    fn no_fault_shows_a_variable(
        shape in prop::sample::select(&SHAPES[..]),
        secret in "[1-9a-zA-Z]{6,9}(-[1-9a-zA-Z]{6,9}){0,3}",
        before in prop::sample::select(&["", "# ü\n", "[server]\nlisten = 5\n", "nonsense\n"][..]),
        after in prop::sample::select(
            &["", "\n", "\nNAME = 5\n", "\n[process.c]\ncomand = 'x'\n", "\"", "'''", "}", "]"][..]
        ),
        value in prop::sample::select(
            &["@", "ü@", "a=@", "a: @", "a,b=@", "http://u:@@h/", "{@}", "\\\\@", "@#@"][..]
        ),
    ) {
        let bare = shape.contains("= @") || shape.contains("@ @");
        let value = if bare { "@" } else { value };
        let content = format!("{before}{}{after}", shape.replace("@", value).replace("@", &secret));
        let told = told(&content);
        for part in secret.split('-') {
            prop_assert!(!told.contains(part), "{part} in\n{content}\nis told\n{told}");
        }
    }
}

#[test]
fn every_shape_is_a_fault_that_shows_no_value() {
    for shape in SHAPES {
        let told = told(&shape.replace('@', CANARY));
        assert!(!told.contains(CANARY), "{shape}\n{told}");
    }
}

#[test]
fn a_fault_is_still_shown_where_it_is() {
    let shown = |content: &str| read(content).unwrap_err().to_string();
    let expected = "\
error: duplicate key `API_KEY`
 --> signalbox.toml:4:1
  |
4 | API_KEY = ****** *****
  | ^^^^^^^
  |
  = help: it stands above already; each id and each key is there once";
    let twice = "[process.a]\n[process.a.env]\nAPI_KEY = \"sk-1\"\nAPI_KEY = \"sk-2\" # old";
    assert!(shown(twice).ends_with(expected), "{}", shown(twice));
    let late = shown("[process.a]\ncommand = 'x'\nenv = { A = \"ü漢🙂\", B = 5 }\n");
    assert!(late.contains("signalbox.toml:3:24"), "{late}");
    assert!(late.contains("env = { A = *×∗🞶*, B = * }"), "{late}");
    let open = shown("[process.a.env]\nA = \"sk\nB = \"sk\"\n[process.b]\ncomand = \"seen\"");
    assert!(open.contains("comand = \"seen\""), "{open}");
}
