//! Holds what ARCHITECTURE.md says.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which crates of the project each crate may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("lifecycle", &[]),
    ("auditor", &[]),
    ("process", &[]),
    ("store", &[]),
    ("request-log", &[]),
    ("translate", &[]),
    ("reach", &[]),
    ("gateway", &["reach", "request-log", "translate"]),
    ("api", &["lifecycle", "request-log"]),
    ("supervisor", &["api", "lifecycle", "process", "store"]),
    ("server", &["api", "auditor", "lifecycle", "reach", "request-log", "store", "supervisor"]),
    ("live-catalog", &["store"]),
    ("provider-router", &["gateway", "live-catalog", "request-log", "store"]),
    ("qwen-proxy", &["gateway", "live-catalog", "request-log", "store", "translate"]),
    (
        "signalbox",
        &["api", "lifecycle", "process", "provider-router", "qwen-proxy", "server", "supervisor"],
    ),
];

/// Words that may stand in the sources of no crate but these.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("unsafe {", &["process"]),
    ("libc::", &["process"]),
    ("rusqlite::", &["store"]),
    ("axum::", &["server"]),
    ("socketioxide::", &["server"]),
    ("env::var", &["signalbox"]),
    ("env::vars", &["signalbox"]),
    ("println!", &["signalbox"]),
];

/// Words that may not stand in the sources of the pure crate.
const NOT_IN_LIFECYCLE: &[&str] =
    &["tokio", "async ", ".await", "Instant", "SystemTime", "std::fs", "std::net", "std::thread"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The crates of the project that a crate depends on, development apart.
fn uses(name: &str) -> BTreeSet<String> {
    let manifest = root().join("crates").join(name).join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    let known: BTreeSet<_> = MAY_USE.iter().map(|(name, _)| *name).collect();
    let names = dependencies.into_iter().flat_map(toml::Table::keys);
    names.filter(|name| known.contains(name.as_str())).cloned().collect()
}

/// The sources of each crate, without their comments.
fn sources() -> BTreeMap<String, String> {
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    for path in files("crates/*/src/**.rs") {
        let name = path.split('/').nth(1).unwrap();
        let text = fs::read_to_string(root().join(&path)).unwrap();
        // Tests stand last in a file.
        let text = text.split("#[cfg(test)]").next().unwrap();
        let all = sources.entry(name.to_owned()).or_default();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            all.push_str(line);
            all.push('\n');
        }
    }
    sources
}

/// The files of the project that match a pattern.
fn files(pattern: &str) -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", pattern]).current_dir(root()).output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    let there = |path: &&str| root().join(path).exists();
    let files: Vec<_> = listed.lines().filter(there).map(str::to_owned).collect();
    assert!(!files.is_empty(), "no file matches {pattern}");
    files
}

#[test]
fn dependencies_point_one_way() {
    for (name, allowed) in MAY_USE {
        let used = uses(name);
        let allowed: BTreeSet<_> = allowed.iter().map(|name| (*name).to_owned()).collect();
        let too_many: Vec<_> = used.difference(&allowed).collect();
        assert!(too_many.is_empty(), "`{name}` may not use {too_many:?}");
    }
}

#[test]
fn every_crate_is_in_the_list() {
    let listed: BTreeSet<_> = MAY_USE.iter().map(|(name, _)| (*name).to_owned()).collect();
    let folders = fs::read_dir(root().join("crates")).unwrap();
    let there: BTreeSet<_> =
        folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(listed, there);
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for name in there {
        assert!(architecture.contains(&format!("`{name}`")), "ARCHITECTURE.md lacks `{name}`");
    }
}

#[test]
fn words_stay_where_they_belong() {
    for (name, code) in sources() {
        for (word, homes) in ONLY_IN {
            let found = code.lines().find(|line| line.contains(word));
            let at_home = homes.contains(&name.as_str());
            assert!(at_home || found.is_none(), "`{word}` stands in `{name}`: {found:?}");
        }
    }
}

#[test]
fn only_one_crate_may_be_unsafe() {
    for (name, _) in MAY_USE.iter().filter(|(name, _)| *name != "process") {
        let file = if *name == "signalbox" { "main.rs" } else { "lib.rs" };
        let path = root().join("crates").join(name).join("src").join(file);
        let text = fs::read_to_string(path).unwrap();
        assert!(text.contains("#![forbid(unsafe_code)]"), "`{name}` must forbid unsafe code");
    }
}

#[test]
fn the_machine_is_pure() {
    let code = &sources()["lifecycle"];
    for word in NOT_IN_LIFECYCLE {
        let found = code.lines().find(|line| line.contains(word));
        assert!(found.is_none(), "`{word}` stands in `lifecycle`: {found:?}");
    }
}

#[test]
fn every_module_opens_with_what_it_is_for() {
    for path in files("*.rs") {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        assert!(text.starts_with("//!"), "{path} does not open with `//!`");
    }
}
