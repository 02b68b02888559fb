//! The tables `ready`, `stop`, `restart` and `liveness` of a process.

use std::time::Duration;

use lifecycle::{RestartMode, RestartPolicy};
use regex::Regex;
use supervisor::{LivenessSpec, ReadySpec, StopSpec};
use toml::Spanned;

use super::builtin::Builtin;
use super::fault::{Fault, Place};
use super::section::Section;
use super::values::{self, Read, Value, wrong};

/// The port that the conditions may refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    /// This one.
    Is(u16),
    /// One was written, but it is none: that was reported.
    Faulty,
    /// There is none.
    None,
}

impl Port {
    /// The port, if it is known.
    pub(super) fn number(self) -> Option<u16> {
        match self {
            Self::Is(port) => Some(port),
            Self::Faulty | Self::None => None,
        }
    }

    fn needed(self, key: &str, place: Place, faults: &mut Vec<Fault>) {
        if self == Self::None {
            let fault = Fault::at(place, format!("`{key}` needs a port"))
                .help("say which port the process serves: port = 4000");
            faults.push(fault);
        }
    }
}

/// What stands for the port.
const PLACEHOLDER: &str = "{port}";

/// Puts the port in the place of `{port}`; false if there is none to put there. `${port}` is left to the shell, whose own
/// variable that is.
pub(super) fn replace_port(text: &mut String, port: Port) -> bool {
    let mut replaced = String::with_capacity(text.len());
    let mut stands_there = false;
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once(PLACEHOLDER) {
        replaced.push_str(before);
        match port {
            Port::Is(number) if !before.ends_with('$') => replaced.push_str(&number.to_string()),
            Port::Is(_) | Port::Faulty | Port::None => replaced.push_str(PLACEHOLDER),
        }
        stands_there |= !before.ends_with('$');
        rest = after;
    }
    replaced.push_str(rest);
    *text = replaced;
    !stands_there || port != Port::None
}

/// That `{port}` stands where no port is known.
pub(super) fn port_unknown(place: Place) -> Fault {
    Fault::at(place, "`{port}` stands here, but the process has no port")
        .help("say which port it serves: port = 4000")
}

/// Reads `ready`.
pub(super) fn ready(
    section: Option<Section<'_>>,
    port: Port,
    builtin: Option<Builtin>,
    faults: &mut Vec<Fault>,
) -> ReadySpec {
    let mut section = section.unwrap_or_else(Section::empty);
    let stdout = section.get("stdout", |value| pattern(value, port), faults);
    let default_stdout = || builtin.and_then(|builtin| default_pattern(builtin, port));
    let http = section.get("http", values::url_path, faults);
    if let Some(http) = &http {
        port.needed("ready.http", http.span(), faults);
    }
    let tcp = section.get("tcp", values::boolean, faults);
    if let Some(tcp) = tcp.as_ref().filter(|tcp| *tcp.get_ref()) {
        port.needed("ready.tcp", tcp.span(), faults);
    }
    let notify = section.get("notify", values::boolean, faults);
    let timeout = section.get("timeout", values::duration, faults);
    section.finish(faults);
    ReadySpec {
        stdout: stdout.map(Spanned::into_inner).or_else(default_stdout),
        http: http.map(Spanned::into_inner),
        tcp: tcp.map_or(port != Port::None, Spanned::into_inner),
        notify: notify.is_some_and(Spanned::into_inner),
        timeout: timeout.map_or(Duration::from_secs(30), Spanned::into_inner),
    }
}

fn pattern(value: &Value<'_>, port: Port) -> Read<Regex> {
    let mut pattern = values::filled_text(value)?;
    if !replace_port(&mut pattern, port) {
        return wrong(port_unknown(value.span()));
    }
    Regex::new(&pattern).map_err(|reason| vec![bad_pattern(value.span(), &reason)])
}

/// The regex crate draws a caret of its own; what it says is on its last line.
fn bad_pattern(place: Place, reason: &regex::Error) -> Fault {
    let said = reason.to_string();
    let last = said.lines().last().unwrap_or_default();
    let title = format!("bad regex: {}", last.strip_prefix("error: ").unwrap_or(last));
    Fault::at(place, title)
        .help("to match such a character itself, write it as '\\(' in single quotes")
}

fn default_pattern(builtin: Builtin, port: Port) -> Option<Regex> {
    let mut line = builtin.ready_line().to_owned();
    let replaced = replace_port(&mut line, port);
    replaced.then(|| Regex::new(&line).ok()).flatten()
}

/// Reads `stop`.
pub(super) fn stop(section: Option<Section<'_>>, faults: &mut Vec<Fault>) -> StopSpec {
    let mut section = section.unwrap_or_else(Section::empty);
    let signal = section.get("signal", signal, faults);
    let timeout = section.get("timeout", values::duration, faults);
    section.finish(faults);
    StopSpec {
        signal: signal.map_or_else(|| "SIGTERM".to_owned(), Spanned::into_inner),
        timeout: timeout.map_or(Duration::from_secs(10), Spanned::into_inner),
    }
}

fn signal(value: &Value<'_>) -> Read<String> {
    let given = values::text(value)?;
    if let Some(number) = process::signal_number(&given) {
        return Ok(process::signal_name(number).into_owned());
    }
    let usual = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGKILL"];
    let help = match super::nearest::nearest(&given, usual) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("usual ones: {}", usual.join(", ")),
    };
    wrong(Fault::at(value.span(), format!("unknown signal {given:?}")).help(help))
}

const MODES: [(&str, RestartMode); 3] = [
    ("never", RestartMode::Never),
    ("on-failure", RestartMode::OnFailure),
    ("always", RestartMode::Always),
];

/// The word for a policy in the configuration.
pub(crate) fn mode_name(mode: RestartMode) -> &'static str {
    match mode {
        RestartMode::Never => "never",
        RestartMode::OnFailure => "on-failure",
        RestartMode::Always => "always",
    }
}

/// Reads `restart`.
pub(super) fn restart(section: Option<Section<'_>>, faults: &mut Vec<Fault>) -> RestartPolicy {
    let mut section = section.unwrap_or_else(Section::empty);
    let mode = section.get("policy", |value| values::word(value, &MODES), faults);
    let max = section.get("max", |value| values::whole(value, 0, 1_000_000), faults);
    let window = section.get("window", values::duration, faults);
    let backoff = section.get("backoff", values::duration, faults);
    let backoff_max = section.get("backoff_max", values::duration, faults);
    section.finish(faults);
    if let (Some(first), Some(longest)) = (&backoff, &backoff_max)
        && first.get_ref() > longest.get_ref()
    {
        let fault =
            Fault::at(first.span(), "`restart.backoff` is longer than `restart.backoff_max`")
                .related(longest.span(), "the longest wait");
        faults.push(fault);
    }
    let backoff = backoff.map_or(Duration::from_millis(200), Spanned::into_inner);
    let longest = Duration::from_secs(10).max(backoff);
    RestartPolicy {
        mode: mode.map_or(RestartMode::OnFailure, Spanned::into_inner),
        max: max.map_or(5, Spanned::into_inner),
        window: window.map_or(Duration::from_secs(60), Spanned::into_inner),
        backoff,
        backoff_max: backoff_max.map_or(longest, Spanned::into_inner),
    }
}

/// Reads `liveness`, which says nothing without a path.
pub(super) fn liveness(
    section: Option<Section<'_>>,
    place: Place,
    port: Port,
    faults: &mut Vec<Fault>,
) -> Option<LivenessSpec> {
    let mut section = section?;
    let named = section.has("http");
    let http = section.get("http", values::url_path, faults);
    let interval = section.get("interval", values::duration, faults);
    let timeout = section.get("timeout", values::duration, faults);
    let failures = section.get("failures", |value| values::whole(value, 1, 1_000_000), faults);
    section.finish(faults);
    if !named {
        let fault =
            Fault::at(place, "`liveness` needs a path to ask").help("liveness.http = \"/health\"");
        faults.push(fault);
    }
    let http = http?;
    port.needed("liveness.http", http.span(), faults);
    Some(LivenessSpec {
        http: http.into_inner(),
        interval: interval.map_or(Duration::from_secs(5), Spanned::into_inner),
        timeout: timeout.map_or(Duration::from_secs(2), Spanned::into_inner),
        failures: failures.map_or(3, Spanned::into_inner),
    })
}

#[cfg(test)]
mod tests {
    use super::{Port, replace_port};

    #[track_caller]
    fn check(given: &str, port: Port, expected: &str, is_known: bool) {
        let mut text = given.to_owned();
        assert_eq!((replace_port(&mut text, port), &*text), (is_known, expected), "{given}");
    }

    #[test]
    fn the_port_is_put_in_its_place_and_a_shells_own_variable_is_not_touched() {
        check("x", Port::None, "x", true);
        check("on {port}, {port}{port}", Port::Is(80), "on 80, 8080", true);
        check("port={port}; x ${port}", Port::Is(80), "port=80; x ${port}", true);
        check("${port}{port}$ {port}", Port::Is(80), "${port}80$ 80", true);
        check("x ${port}", Port::None, "x ${port}", true);
        check("x ${port} {port}", Port::None, "x ${port} {port}", false);
        check("x {port}", Port::Faulty, "x {port}", true);
    }
}
