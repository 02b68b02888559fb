//! One table `[process.ID]`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lifecycle::RestartPolicy;
use supervisor::{LivenessSpec, ProcessSpec, ReadySpec, StopSpec};
use toml::Spanned;
use toml::de::DeValue;

use super::builtin::{Builtin, ServerConfig};
use super::command::{self, Program};
use super::conditions::{self, Port, port_unknown, replace_port};
use super::environment;
use super::fault::{Fault, Place};
use super::section::Section;
use super::server::path;
use super::values::{self, Read, Value, found, wrong};

/// The longest id.
const ID_LENGTH: usize = 64;

/// Words that stand beside ids in the API's status objects and events.
const RESERVED: [&str; 9] = [
    "credentials",
    "epoch",
    "message",
    "models",
    "providers",
    "seq",
    "status",
    "success",
    "timestamp",
];

/// What a process is read against.
#[derive(Debug)]
pub(super) struct Context<'c> {
    /// The directory of the file, which its paths are relative to.
    pub(super) directory: &'c Path,
    /// This very program, which the built-in servers are.
    pub(super) program: &'c Path,
    /// The control server.
    pub(super) server: &'c ServerConfig,
}

/// A process as it was read, with the places that checks across processes point at.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) spec: ProcessSpec,
    pub(super) id: Place,
    pub(super) port: Place,
    /// One for each of `spec.after`.
    pub(super) after: Vec<Place>,
    /// `primary = true`, where it stands.
    pub(super) primary: Option<Place>,
}

impl Draft {
    /// Points every place at the start of the file, where it is not a place of that file.
    pub(super) fn forget_places(&mut self) {
        self.id = 0..0;
        self.port = 0..0;
        self.after.fill(0..0);
    }
}

/// Reads the table of process `id`; none if it is not even a table.
pub(super) fn read(
    id: &str,
    id_place: Place,
    value: &Value<'_>,
    context: &Context<'_>,
    faults: &mut Vec<Fault>,
) -> Option<Draft> {
    faults.extend(bad_id(id, &id_place));
    let DeValue::Table(table) = value.get_ref() else {
        let title = format!("`process.{id}` must be a table, found {}", found(value.get_ref()));
        faults.push(Fault::at(value.span(), title).help("[process.ID] and its keys below it"));
        return None;
    };
    let mut section = Section::new(format!("process.{id}"), table);
    let draft = read_section(id, id_place, &mut section, context, faults);
    section.finish(faults);
    Some(draft)
}

fn read_section(
    id: &str,
    id_place: Place,
    section: &mut Section<'_>,
    context: &Context<'_>,
    faults: &mut Vec<Fault>,
) -> Draft {
    let title = section.get("title", values::filled_text, faults);
    let program = command::read(section, &id_place, faults);
    let builtin = program.builtin();
    let cwd = section.get("cwd", |value| directory(value, context.directory), faults);
    let env = environment::read(section, context.directory, faults);
    let (port, port_place) = read_port(section, builtin, &id_place, faults);
    let autostart = section.get("autostart", values::boolean, faults);
    let primary = section.get("primary", values::boolean, faults);
    let after = section.get("after", values::texts, faults).map(Spanned::into_inner);
    let conditions = read_conditions(section, &id_place, port, builtin, faults);
    let (after, after_places) = names(after.unwrap_or_default());
    let spec = ProcessSpec {
        id: id.to_owned(),
        title: title.map_or_else(|| default_title(id, builtin), Spanned::into_inner),
        command: argv(program, port, context, conditions.stop.timeout, faults),
        cwd: cwd.map_or_else(|| context.directory.to_owned(), Spanned::into_inner),
        env,
        port: port.number(),
        autostart: autostart.map_or(builtin.is_some(), Spanned::into_inner),
        primary: primary.as_ref().is_some_and(|primary| *primary.get_ref()),
        after,
        ready: conditions.ready,
        stop: conditions.stop,
        restart: conditions.restart,
        liveness: conditions.liveness,
        builtin: builtin.is_some(),
    };
    let primary = primary.filter(|primary| *primary.get_ref()).map(|primary| primary.span());
    Draft { spec, id: id_place, port: port_place, after: after_places, primary }
}

/// When a process is ready, how it is stopped, started again and seen to be well.
struct Conditions {
    ready: ReadySpec,
    stop: StopSpec,
    restart: RestartPolicy,
    liveness: Option<LivenessSpec>,
}

fn read_conditions(
    section: &mut Section<'_>,
    id: &Place,
    port: Port,
    builtin: Option<Builtin>,
    faults: &mut Vec<Fault>,
) -> Conditions {
    let place = section.key_place("liveness").unwrap_or_else(|| id.clone());
    let ready = section.section("ready", faults);
    let stop = section.section("stop", faults);
    let restart = section.section("restart", faults);
    let liveness = section.section("liveness", faults);
    Conditions {
        ready: conditions::ready(ready, port, builtin, faults),
        stop: conditions::stop(stop, faults),
        restart: conditions::restart(restart, faults),
        liveness: conditions::liveness(liveness, place, port, faults),
    }
}

fn default_title(id: &str, builtin: Option<Builtin>) -> String {
    builtin.map_or_else(|| id.to_owned(), |builtin| builtin.title().to_owned())
}

fn bad_id(id: &str, place: &Place) -> Option<Fault> {
    if RESERVED.contains(&id) {
        let help = format!(
            "the API says something else with this word: choose another one, such as {id}Server"
        );
        return Some(Fault::at(place.clone(), format!("the id {id:?} is reserved")).help(help));
    }
    let starts_well = id.starts_with(|first: char| first.is_ascii_alphabetic());
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if starts_well && id.len() <= ID_LENGTH && id.bytes().all(legal) {
        return None;
    }
    let help = "a letter first, then letters, digits, `_` and `-`, 64 in all at most";
    Some(Fault::at(place.clone(), format!("bad id {id:?}")).help(help))
}

fn read_port(
    section: &mut Section<'_>,
    builtin: Option<Builtin>,
    id: &Place,
    faults: &mut Vec<Fault>,
) -> (Port, Place) {
    let written = section.has("port");
    match (section.get("port", values::port, faults), builtin) {
        (Some(port), _) => (Port::Is(*port.get_ref()), port.span()),
        (None, _) if written => (Port::Faulty, id.clone()),
        (None, Some(builtin)) => (Port::Is(builtin.port()), id.clone()),
        (None, None) => (Port::None, id.clone()),
    }
}

/// A directory that is there now; a process would fail to start in one that is not.
fn directory(value: &Value<'_>, base: &Path) -> Read<PathBuf> {
    let path = path(value, base)?;
    let title = match path.metadata() {
        Ok(metadata) if metadata.is_dir() => return Ok(path),
        Ok(_) => format!("{} is not a directory", path.display()),
        Err(reason) => format!("no directory {}: {}", path.display(), values::reason(&reason)),
    };
    wrong(Fault::at(value.span(), title).help("its place is relative to this file's directory"))
}

fn argv(
    program: Program,
    port: Port,
    context: &Context<'_>,
    stop_timeout: Duration,
    faults: &mut Vec<Fault>,
) -> Vec<String> {
    let (mut command, place) = match program {
        Program::Command(command) => (command.get_ref().clone(), Some(command.span())),
        Program::Builtin(builtin) => {
            (builtin.command(context.program, context.server, stop_timeout), None)
        }
        Program::Faulty => (Vec::new(), None),
    };
    let replaced: Vec<bool> =
        command.iter_mut().map(|argument| replace_port(argument, port)).collect();
    if let (Some(place), true) = (place, replaced.contains(&false)) {
        faults.push(port_unknown(place));
    }
    command
}

/// Each name once, with its place.
fn names(written: Vec<Spanned<String>>) -> (Vec<String>, Vec<Place>) {
    let mut names = Vec::new();
    let mut places = Vec::new();
    for name in written {
        if !names.contains(name.get_ref()) {
            places.push(name.span());
            names.push(name.into_inner());
        }
    }
    (names, places)
}
