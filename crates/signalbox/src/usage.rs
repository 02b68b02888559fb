//! What is said of a command line that cannot be read.
//!
//! It quotes the arguments, and is in colours on a terminal: once it is put together, nobody can tell the one from the
//! other. So the arguments are made harmless first and are read once more, to the same end.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::command_line::CommandLine;
use crate::failure::Failure;
use crate::terminal::tell;
use crate::visible::visible;

/// The exit code for wrong usage, as the public contract has it.
const WRONG_USAGE: u8 = 2;

/// Says what clap made of the arguments: what is wrong with them, or the help or the version that they ask for.
pub(crate) fn explain(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    match harmless(error, arguments) {
        Some(error) => {
            // Nobody reads it: that is no reason to fail otherwise.
            let _unread = error.print();
        }
        None => tell(error.to_string().trim_end()),
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(WRONG_USAGE))
}

/// The failure that is owed to a program, which asked for a document with arguments that cannot be read. Which command it
/// meant may be what is wrong, so `--json` is asked for wherever it may stand.
pub(crate) fn owed(error: &clap::Error, arguments: &[OsString]) -> Option<Failure> {
    let mut options = arguments.iter().take_while(|argument| *argument != "--");
    let is_owed = error.use_stderr() && options.any(|argument| argument == "--json");
    is_owed.then(|| Failure::Usage(reason(&error.render().to_string())))
}

/// What is wrong, without what follows for people: tips, the usage, and where there is help.
fn reason(told: &str) -> String {
    let said = told.split("\n\n").next().unwrap_or(told);
    said.strip_prefix("error: ").unwrap_or(said).trim_end().to_owned()
}

/// The same error, with nothing of the arguments that a terminal would obey. There is none where they are only wrong as
/// they came, such as bytes that are no text.
fn harmless(error: &clap::Error, arguments: &[OsString]) -> Option<clap::Error> {
    let shown = arguments.iter().map(|argument| visible(&argument.to_string_lossy()).into_owned());
    CommandLine::try_parse_from(shown).err().filter(|again| again.kind() == error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "no\u{1b}[8msuch\u{1b}]0;x\u{7}\u{9b}2J";

    #[track_caller]
    fn check(arguments: &[&str], expected: Option<&str>) {
        let arguments: Vec<OsString> =
            ["signalbox"].iter().chain(arguments).map(OsString::from).collect();
        let error = CommandLine::try_parse_from(&arguments).unwrap_err();
        let failure = owed(&error, &arguments).map(|failure| failure.to_string());
        assert_eq!(failure.as_deref(), expected, "{arguments:?}");
    }

    #[test]
    fn a_document_is_owed_to_who_asked_for_one() {
        let told = "invalid value 'abc' for '--after <SEQ>': invalid digit found in string";
        check(&["events", "--json", "--after", "abc"], Some(told));
        check(&["events", "--after", "abc"], None);
        check(&["status", "--bogus", "--json"], Some("unexpected argument '--bogus' found"));
        check(&["logs", "a", "b", "--", "--json"], None);
        check(&["status", "--json", "--help"], None);
        check(&["--json", "--version"], Some("unexpected argument '--json' found"));
    }

    #[test]
    fn a_terminal_obeys_nothing_of_an_argument() {
        for arguments in [
            &[HOSTILE][..],
            &["up", "--listen", HOSTILE],
            &["logs", "a", "-n", HOSTILE],
            &["events", "--after", HOSTILE],
            &["status", &format!("--{HOSTILE}")],
            &["completions", HOSTILE],
        ] {
            let arguments: Vec<OsString> =
                ["signalbox"].iter().chain(arguments).map(OsString::from).collect();
            let error = CommandLine::try_parse_from(&arguments).unwrap_err();
            assert!(error.render().ansi().to_string().contains("[8m"), "it is quoted");
            let shown = harmless(&error, &arguments).unwrap().render().ansi().to_string();
            assert!(shown.contains("no\\u001b[8msuch\\u001b]0;x\\u0007\\u009b2J"), "{shown:?}");
            assert!(!shown.contains("\u{1b}[8m") && !shown.contains("\u{1b}]"), "{shown:?}");
            assert!(!shown.contains(['\u{7}', '\u{9b}']), "{shown:?}");
        }
    }
}
