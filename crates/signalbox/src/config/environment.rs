//! A process's own variables: `env`, and `env_file` under it.

use std::fs;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;

use super::dotenv::{self, Malformed};
use super::encoding;
use super::fault::{Fault, Place, Text};
use super::section::Section;
use super::server::path;
use super::values::{self, Value};

/// Reads `env_file` and `env`, which goes over it; each name once.
pub(super) fn read(
    section: &mut Section<'_>,
    directory: &Path,
    faults: &mut Vec<Fault>,
) -> Vec<(String, String)> {
    let file = section.get("env_file", |value| path(value, directory), faults);
    let mut pairs = file.map(|file| from_file(&file, directory, faults)).unwrap_or_default();
    if let Some(env) = section.section("env", faults) {
        pairs.extend(written(&env, faults));
    }
    last_of_each(pairs)
}

fn written(env: &Section<'_>, faults: &mut Vec<Fault>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (name, place, value) in env.entries() {
        if name.is_empty() || name.contains(['=', '\0']) {
            faults.push(bad_name(place.clone()));
        }
        match value.get_ref() {
            DeValue::String(_) => match values::text(value) {
                Ok(text) => pairs.push(((*name).to_owned(), text)),
                Err(found) => faults.extend(found),
            },
            other => faults.push(no_text(value, other)),
        }
    }
    pairs
}

/// The value may be a secret, so nothing is said of how it would be written.
fn no_text(value: &Value<'_>, found: &DeValue<'_>) -> Fault {
    let is_table = matches!(found, DeValue::Table(_));
    let help = if is_table { "a name with a dot stands in quotes" } else { "write it in quotes" };
    values::mismatch(value, "a string").help(help)
}

fn bad_name(place: Place) -> Fault {
    Fault::at(place, "a variable's name is not empty and has no `=`")
}

fn from_file(
    file: &Spanned<PathBuf>,
    directory: &Path,
    faults: &mut Vec<Fault>,
) -> Vec<(String, String)> {
    let path = file.get_ref();
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(reason) => {
            let title = format!("cannot read {}: {}", path.display(), values::reason(&reason));
            faults.push(
                Fault::at(file.span(), title)
                    .help("its place is relative to this file's directory"),
            );
            return Vec::new();
        }
    };
    variables(bytes).unwrap_or_else(|(shown, found)| {
        let name = path.strip_prefix(directory).unwrap_or(path).display().to_string();
        let text = Text { name, content: shown };
        faults.extend(found.into_iter().map(|fault| fault.elsewhere(text.clone())));
        Vec::new()
    })
}

type Variables = Vec<(String, String)>;

/// The variables in a file; else what may be shown of it, and what is wrong there.
fn variables(bytes: Vec<u8>) -> Result<Variables, (String, Vec<Fault>)> {
    let content = encoding::decode(bytes)
        .map_err(|undecodable| (masked_values(&undecodable.readable), vec![undecodable.fault()]))?;
    dotenv::parse(&content).map_err(|malformed| {
        let fault = |malformed: Malformed| Fault::at(malformed.place, malformed.reason);
        (masked_values(&content), malformed.into_iter().map(fault).collect())
    })
}

/// Such files are full of secrets: only names are shown.
fn masked_values(content: &str) -> String {
    content.split_inclusive('\n').map(masked_line).collect()
}

fn masked_line(line: &str) -> String {
    let shown = line.find('=').map_or(0, |at| at + 1);
    let hide = |byte: u8| if byte.is_ascii_whitespace() { char::from(byte) } else { '*' };
    line[..shown].chars().chain(line[shown..].bytes().map(hide)).collect()
}

fn last_of_each(pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        match kept.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => kept.push((name, value)),
        }
    }
    kept
}
