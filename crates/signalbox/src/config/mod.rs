//! The configuration: found, read and checked into what the server and the supervisor take.
//!
//! A file is parsed with the place of every value, then read table by table; whatever is wrong is collected, so that one
//! run shows all of it, each fault with its line and a caret. What comes out cannot be wrong any more.

mod builtin;
mod command;
mod conditions;
mod dotenv;
mod encoding;
mod environment;
mod fault;
mod find;
mod masked;
mod nearest;
mod process;
mod relations;
mod secret;
mod section;
mod server;
mod show;
#[cfg(test)]
mod tests;
mod values;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use supervisor::ProcessSpec;
use toml::de::DeTable;

pub(crate) use builtin::ServerConfig;
pub(crate) use fault::Report;
pub(crate) use find::find;
pub(crate) use nearest::nearest;
pub(crate) use server::DEFAULT_LISTEN;
pub(crate) use show::Shown;
pub(crate) use values::{parse_address, reason};

use crate::environment::Environment;
use encoding::Undecodable;
use fault::{Fault, Place, Text};
use masked::without_secrets;
use process::{Context, Draft};
use section::Section;
use values::Value;

/// A configuration that was checked.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// Where it was read from; none is the built-in default.
    pub(crate) file: Option<PathBuf>,
    /// The control server.
    pub(crate) server: ServerConfig,
    /// In the order of the file.
    pub(crate) processes: Vec<ProcessSpec>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {}", .path.display(), values::reason(.source))]
    Unreadable { path: PathBuf, source: io::Error },
    /// The file is wrong.
    #[error("{0}")]
    Faulty(Report),
    /// Nothing says where the data directory is.
    #[error(
        "no data directory: neither XDG_DATA_HOME nor HOME is set; give --data-dir or server.data_dir"
    )]
    NoDataDir,
    /// Something about this program itself.
    #[error("cannot find out {what}: {}", values::reason(.source))]
    Unknown { what: &'static str, source: io::Error },
}

/// What a configuration is read against.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    /// This very program.
    pub(crate) program: PathBuf,
    /// Where data is kept unless the file says otherwise.
    pub(crate) default_data_dir: Option<PathBuf>,
    /// `--listen`, which goes over the file.
    pub(crate) listen: Option<SocketAddr>,
    /// `--data-dir`, which goes over the file.
    pub(crate) data_dir: Option<PathBuf>,
}

/// What a configuration is read against in this environment.
pub(crate) fn surroundings(environment: &Environment) -> Result<Surroundings, LoadError> {
    let program = std::env::current_exe()
        .map_err(|source| LoadError::Unknown { what: "where this program is", source })?;
    Ok(Surroundings {
        program,
        default_data_dir: environment.data_dir(),
        listen: None,
        data_dir: None,
    })
}

/// Reads and checks the configuration in `file`, or the built-in default.
pub(crate) fn load(file: Option<&Path>, surroundings: &Surroundings) -> Result<Config, LoadError> {
    let Some(path) = file else {
        return parse("", "the built-in default", Path::new("/"), surroundings)
            .map(|config| Config { file: None, ..config });
    };
    let unreadable = |source| LoadError::Unreadable { path: path.to_owned(), source };
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(unreadable)?;
    let content = encoding::decode(bytes).map_err(|undecodable| no_text(&undecodable, &name))?;
    let absolute = std::path::absolute(path).map_err(unreadable)?;
    let directory = absolute.parent().unwrap_or(Path::new("/"));
    parse(&content, &name, directory, surroundings)
        .map(|config| Config { file: Some(absolute.clone()), ..config })
}

/// What is wrong with a file that is no text, beside which nothing else is worth a word.
fn no_text(undecodable: &Undecodable, name: &str) -> LoadError {
    let (document, _) = DeTable::parse_recoverable(&undecodable.readable);
    let content = without_secrets(&undecodable.readable, document.get_ref());
    let text = Text { name: name.to_owned(), content };
    LoadError::Faulty(Report::new(text, vec![undecodable.fault()]))
}

/// Reads and checks `content`, which stands in `directory` under `name`.
pub(crate) fn parse(
    content: &str,
    name: &str,
    directory: &Path,
    surroundings: &Surroundings,
) -> Result<Config, LoadError> {
    let (document, errors) = DeTable::parse_recoverable(content);
    let shown = without_secrets(content, document.get_ref());
    let syntax: Vec<Fault> = errors.iter().map(|error| syntax_fault(error, &shown)).collect();
    let mut faults = Vec::new();
    let config = read(document.get_ref(), directory, surroundings, &mut faults)?;
    faults.retain(|fault| !syntax.iter().any(|syntax| same_line(syntax, fault, content)));
    faults.extend(syntax);
    if faults.is_empty() {
        return Ok(config);
    }
    Err(LoadError::Faulty(Report::new(Text { name: name.to_owned(), content: shown }, faults)))
}

/// The parser's error where it points at nothing, at the end of a file, points at the last character there is. What it
/// says of the file's text is what may be shown of it.
fn syntax_fault(error: &toml::de::Error, shown: &str) -> Fault {
    let end = shown.trim_end().len();
    let place = error.span().unwrap_or(end..end);
    if error.message() != "duplicate key" {
        return Fault::at(place, values::lower(error.message()));
    }
    let title = format!("duplicate key `{}`", &shown[place.clone()]);
    Fault::at(place, title).help("it stands above already; each id and each key is there once")
}

/// What the parser made of a broken line is not worth a word.
fn same_line(left: &Fault, right: &Fault, content: &str) -> bool {
    let line = |fault: &Fault| {
        let before = content.as_bytes().get(..fault.place().start).unwrap_or(content.as_bytes());
        before.iter().filter(|byte| **byte == b'\n').count()
    };
    line(left) == line(right)
}

fn read(
    table: &DeTable<'_>,
    directory: &Path,
    surroundings: &Surroundings,
    faults: &mut Vec<Fault>,
) -> Result<Config, LoadError> {
    let mut top = Section::new("", table);
    let server = top.section("server", faults);
    let written = server::read(server, directory, faults);
    let processes = top.section("process", faults);
    top.finish(faults);
    let server = effective_server(written, surroundings)?;
    let context = Context { directory, program: &surroundings.program, server: &server };
    let mut drafts =
        processes.map(|section| read_all(&section, &context, faults)).unwrap_or_default();
    if drafts.is_empty() && faults.is_empty() {
        drafts = default_processes(&context, faults);
    }
    relations::check(&drafts, server.listen, faults);
    relations::choose_primary(&mut drafts);
    let processes = drafts.into_iter().map(|draft| draft.spec).collect();
    Ok(Config { file: None, server, processes })
}

fn effective_server(
    written: server::Written,
    surroundings: &Surroundings,
) -> Result<ServerConfig, LoadError> {
    let data_dir = surroundings.data_dir.clone().or(written.data_dir);
    let data_dir = data_dir.or_else(|| surroundings.default_data_dir.clone());
    let data_dir = data_dir.ok_or(LoadError::NoDataDir)?;
    let data_dir = std::path::absolute(&data_dir)
        .map_err(|source| LoadError::Unknown { what: "the working directory", source })?;
    Ok(ServerConfig {
        listen: surroundings.listen.or(written.listen).unwrap_or(DEFAULT_LISTEN),
        data_dir,
        allowed_origins: written.allowed_origins,
        log_file_mb: written.log_file_mb.unwrap_or(server::DEFAULT_LOG_FILE_MB),
        log_files: written.log_files.unwrap_or(server::DEFAULT_LOG_FILES),
        journal_mb: written.journal_mb.unwrap_or(server::DEFAULT_JOURNAL_MB),
    })
}

fn read_all(section: &Section<'_>, context: &Context<'_>, faults: &mut Vec<Fault>) -> Vec<Draft> {
    let read = |(id, place, value): &(&str, Place, &Value<'_>)| {
        process::read(id, place.clone(), value, context, faults)
    };
    section.entries().iter().filter_map(read).collect()
}

/// What the default says is not in the user's file, so none of its places may be shown there.
fn default_processes(context: &Context<'_>, faults: &mut Vec<Fault>) -> Vec<Draft> {
    let (document, _) = DeTable::parse_recoverable(builtin::DEFAULT_PROCESSES);
    let mut top = Section::new("", document.get_ref());
    let section = top.section("process", faults);
    let mut drafts = section.map(|section| read_all(&section, context, faults)).unwrap_or_default();
    drafts.iter_mut().for_each(Draft::forget_places);
    drafts
}
