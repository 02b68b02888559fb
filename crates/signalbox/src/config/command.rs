//! What a process runs: `command`, or `builtin` in its place.

use toml::Spanned;
use toml::de::DeValue;

use super::builtin::Builtin;
use super::fault::{Fault, Place};
use super::section::Section;
use super::values::{self, Read, Value, mismatch, wrong};

/// What a process runs, before its port is known.
#[derive(Debug)]
pub(super) enum Program {
    /// `argv`.
    Command(Spanned<Vec<String>>),
    /// One of our own.
    Builtin(Builtin),
    /// Nothing that can be run: that was reported.
    Faulty,
}

impl Program {
    /// Which one of our own, if it is one.
    pub(super) fn builtin(&self) -> Option<Builtin> {
        match self {
            Self::Builtin(builtin) => Some(*builtin),
            Self::Command(_) | Self::Faulty => None,
        }
    }
}

/// Reads `command` and `builtin`, one of which there must be.
pub(super) fn read(section: &mut Section<'_>, id: &Place, faults: &mut Vec<Fault>) -> Program {
    let places = (section.key_place("command"), section.key_place("builtin"));
    let command = section.get("command", command, faults);
    let builtin = section.get("builtin", |value| values::word(value, &Builtin::NAMES), faults);
    match places {
        (Some(command), Some(builtin)) => {
            let fault = Fault::at(builtin, "both `command` and `builtin`")
                .related(command, "the command")
                .help("a built-in server brings its own command: remove one of the two");
            faults.push(fault);
            return Program::Faulty;
        }
        (None, None) => {
            let fault = Fault::at(id.clone(), "a process needs a `command`")
                .help("command = [\"program\", \"argument\"], or builtin = \"provider-router\" or \"qwen-proxy\"");
            faults.push(fault);
        }
        (Some(_), None) | (None, Some(_)) => {}
    }
    match (command, builtin) {
        (Some(command), _) => Program::Command(command),
        (None, Some(builtin)) => Program::Builtin(builtin.into_inner()),
        (None, None) => Program::Faulty,
    }
}

fn command(value: &Value<'_>) -> Read<Vec<String>> {
    match value.get_ref() {
        DeValue::String(_) => {
            let line = values::filled_text(value)?;
            Ok(vec!["sh".to_owned(), "-c".to_owned(), line])
        }
        DeValue::Array(_) => argv(value),
        _ => wrong(mismatch(value, "a string or an array of strings")),
    }
}

fn argv(value: &Value<'_>) -> Read<Vec<String>> {
    let words = values::texts(value)?;
    let Some(program) = words.first() else {
        let help = "the program and its arguments: [\"program\", \"argument\"]";
        return wrong(Fault::at(value.span(), "an empty command").help(help));
    };
    if program.get_ref().trim().is_empty() {
        return wrong(Fault::at(program.span(), "the program's name is empty"));
    }
    Ok(words.into_iter().map(Spanned::into_inner).collect())
}
