//! Standard output and standard error: whether they are terminals, whether they take colours, and how they are written to.
//! All that this program says goes through here, so that no terminal obeys what others have written (`visible`).

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::environment::Environment;
use crate::failure::Failure;
use crate::visible::{visible_lines, visible_text};

/// What the two outputs are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// Standard output takes colours.
    pub(crate) out_colours: bool,
    /// Standard error takes colours.
    pub(crate) err_colours: bool,
    /// Somebody looks at standard error.
    pub(crate) err_is_terminal: bool,
}

impl Terminal {
    /// Colours go to terminals alone, and not where `NO_COLOR` is set or the terminal is `dumb`.
    pub(crate) fn find_out(environment: &Environment) -> Self {
        let wanted = environment.get("NO_COLOR").is_none()
            && environment.text("TERM").is_none_or(|terminal| terminal != "dumb");
        Self {
            out_colours: wanted && io::stdout().is_terminal(),
            err_colours: wanted && io::stderr().is_terminal(),
            err_is_terminal: io::stderr().is_terminal(),
        }
    }
}

/// Writes a line to standard output at once.
pub(crate) fn print_line(line: impl Display) -> Result<(), Failure> {
    print(&visible_text(&line.to_string()))
}

/// Writes a line that has colours of our own to standard output at once.
pub(crate) fn print_painted(line: impl Display) -> Result<(), Failure> {
    print(&visible_lines(&line.to_string()))
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Writes one JSON document to standard output.
pub(crate) fn print_json(document: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(document)
        .map_err(|error| Failure::Failed(format!("cannot write JSON: {error}")))?;
    print_line(text)
}

/// Writes a line for people to standard error; that nobody can read it there is no reason to fail.
pub(crate) fn tell(line: impl Display) {
    tell_painted(visible_text(&line.to_string()));
}

/// Writes a line that has colours of our own to standard error.
pub(crate) fn tell_painted(line: impl Display) {
    let _unread = writeln!(io::stderr().lock(), "{}", visible_lines(&line.to_string()));
}
