//! The text of the unit.

use std::path::Path;

/// What the first line begins with; the check of all that follows stands at its end.
const MARK: &str =
    "# Written by `signalbox service install`, which replaces it unless it was changed: ";

/// What a unit runs.
#[derive(Debug)]
pub(super) struct Unit {
    /// The program and its arguments.
    pub(super) command: Vec<String>,
    /// Where programs are found.
    pub(super) path: Option<String>,
}

/// Whose a unit's text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// It is as it was written by this program, of whatever version.
    Program,
    /// It was changed since, or written by somebody else.
    Person,
}

impl Unit {
    /// The whole file.
    pub(super) fn text(&self) -> String {
        let body = self.body();
        format!("{MARK}{:016x}\n{body}", check_of(&body))
    }

    fn body(&self) -> String {
        let words: Vec<String> = self.command.iter().map(|word| command_word(word)).collect();
        let command = words.join(" ");
        let path = self
            .path
            .as_ref()
            .map(|path| format!("Environment={}\n", quoted(&format!("PATH={path}"))));
        format!(
            "\
# To change something, use: systemctl --user edit signalbox

[Unit]
Description=Signalbox, which starts, watches and stops servers

[Service]
# It says by itself when it accepts connections, and every few seconds that it is alive.
Type=notify
NotifyAccess=main
WatchdogSec=30
ExecStart={command}
# A wrong configuration does not get better by trying again.
Restart=on-failure
RestartSec=1
RestartPreventExitStatus=2
# It stops its processes in their order, and says how long that may take; what is left after it is killed.
KillMode=mixed
# Each process has a cgroup of its own below this one.
Delegate=yes
UMask=0077
{}
[Install]
WantedBy=default.target
",
            path.unwrap_or_default()
        )
    }
}

/// Whose this text is.
pub(super) fn owner(text: &str) -> Owner {
    let written = text.strip_prefix(MARK).and_then(|rest| rest.split_once('\n'));
    match written {
        Some((check, body)) if check == format!("{:016x}", check_of(body)) => Owner::Program,
        _ => Owner::Person,
    }
}

/// FNV-1a: against edits that somebody forgot, not against anybody.
fn check_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A word of a command line, where `$` stands for a variable unless it is doubled.
fn command_word(word: &str) -> String {
    quoted(&word.replace('$', "$$"))
}

/// A word as systemd reads it: `%` begins a specifier, and quotes keep everything else together.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@+,$".contains(&byte);
    let doubled = word.replace('%', "%%");
    if !word.is_empty() && word.bytes().all(plain) {
        return doubled;
    }
    format!("\"{}\"", doubled.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A path as text. systemd reads UTF-8, and ends a setting with the line.
pub(super) fn path_text(path: &Path) -> Option<String> {
    path.to_str().filter(|text| !text.contains(['\n', '\r'])).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit() -> Unit {
        Unit {
            command: ["/opt/my box/signalbox", "up", "--config", "/home/a/50%$x\"\\.toml"]
                .map(str::to_owned)
                .to_vec(),
            path: Some("/usr/bin:/home/a/my bin".to_owned()),
        }
    }

    #[test]
    fn words_are_quoted_as_systemd_reads_them() {
        let text = unit().text();
        let command = r#"ExecStart="/opt/my box/signalbox" up --config "/home/a/50%%$$x\"\\.toml""#;
        assert!(text.lines().any(|line| line == command), "{text}");
        let path = r#"Environment="PATH=/usr/bin:/home/a/my bin""#;
        assert!(text.lines().any(|line| line == path), "{text}");
    }

    #[test]
    fn what_a_person_changed_is_theirs() {
        let text = unit().text();
        assert_eq!(owner(&text), Owner::Program);
        assert_eq!(owner(&text.replace("WatchdogSec=30", "WatchdogSec=60")), Owner::Person);
        assert_eq!(owner(&format!("{text}\n[Unit]\nAfter=x.service\n")), Owner::Person);
        assert_eq!(owner("[Service]\nExecStart=/bin/true\n"), Owner::Person);
        assert_eq!(owner(""), Owner::Person);
    }
}
