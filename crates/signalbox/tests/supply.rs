//! Holds what docs/supply.md says: every crate and package that was chosen stands there, with the features that are taken,
//! and none that is not used any more.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn manifest(path: &Path) -> Table {
    fs::read_to_string(path).unwrap().parse().unwrap()
}

/// What a dependency's entry in a manifest asks for.
fn features(entry: &Value) -> BTreeSet<String> {
    let named = entry.get("features").and_then(Value::as_array).into_iter().flatten();
    let mut features: BTreeSet<_> = named.filter_map(Value::as_str).map(str::to_owned).collect();
    let is_inherited = entry.get("workspace").is_some();
    let with_defaults = entry.get("default-features").and_then(Value::as_bool).unwrap_or(true);
    if with_defaults && !is_inherited {
        features.insert("default".to_owned());
    }
    features
}

/// Each crate of others with the features that all of ours together ask for.
fn asked_for() -> BTreeMap<String, BTreeSet<String>> {
    let workspace = manifest(&root().join("Cargo.toml"));
    let dependencies = workspace["workspace"]["dependencies"].as_table().unwrap();
    let theirs = dependencies.iter().filter(|(_, entry)| entry.get("path").is_none());
    let mut asked: BTreeMap<_, _> =
        theirs.map(|(name, entry)| (name.clone(), features(entry))).collect();
    let folders = fs::read_dir(root().join("crates")).unwrap();
    for folder in folders.map(|entry| entry.unwrap().path()).chain([root().join("benches")]) {
        let member = manifest(&folder.join("Cargo.toml"));
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        let tables = kinds.iter().filter_map(|kind| member.get(*kind).and_then(Value::as_table));
        for (name, entry) in tables.flatten() {
            assert!(entry.get("workspace").is_some(), "{}: `{name}`", folder.display());
            if let Some(all) = asked.get_mut(name) {
                all.extend(features(entry));
            }
        }
    }
    asked
}

/// The rows below a heading of docs/supply.md: the name in the first column, and all cells.
fn rows(heading: &str) -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(root().join("docs/supply.md")).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let lines = section.lines().filter(|line| line.starts_with("| `"));
    let cells = lines.map(|line| line.split('|').map(|cell| cell.trim().to_owned()).collect());
    cells.map(|cells: Vec<String>| (cells[1].trim_matches('`').to_owned(), cells)).collect()
}

#[test]
fn every_crate_stands_there_with_its_features() {
    let written: BTreeMap<_, BTreeSet<_>> = rows("Crates")
        .into_iter()
        .map(|(name, cells)| {
            let features = cells[4].split(", ").filter(|feature| *feature != "none");
            (name, features.map(str::to_owned).collect())
        })
        .collect();
    assert_eq!(written, asked_for());
}

#[test]
fn every_package_of_the_page_stands_there() {
    let written: BTreeSet<_> = rows("Packages").into_keys().collect();
    let text = fs::read_to_string(root().join("dashboard/package.json")).unwrap();
    let package: serde_json::Value = serde_json::from_str(&text).unwrap();
    let used = package["dependencies"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(written, used);
}
