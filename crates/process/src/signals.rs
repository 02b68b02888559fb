//! Signals by number and by name, and how a process ended.

use std::borrow::Cow;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitStatus {
    /// It exited by itself with this code, 0 to 255.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

/// The first real-time signal that the C library leaves to programs; the two below are its own.
const FIRST_REAL_TIME: i32 = 34;
const LAST_REAL_TIME: i32 = 64;

/// Numbers differ between architectures, so they come from the C library's headers.
const NAMES: [(i32, &str); 31] = [
    (libc::SIGHUP, "SIGHUP"),
    (libc::SIGINT, "SIGINT"),
    (libc::SIGQUIT, "SIGQUIT"),
    (libc::SIGILL, "SIGILL"),
    (libc::SIGTRAP, "SIGTRAP"),
    (libc::SIGABRT, "SIGABRT"),
    (libc::SIGBUS, "SIGBUS"),
    (libc::SIGFPE, "SIGFPE"),
    (libc::SIGKILL, "SIGKILL"),
    (libc::SIGUSR1, "SIGUSR1"),
    (libc::SIGSEGV, "SIGSEGV"),
    (libc::SIGUSR2, "SIGUSR2"),
    (libc::SIGPIPE, "SIGPIPE"),
    (libc::SIGALRM, "SIGALRM"),
    (libc::SIGTERM, "SIGTERM"),
    (libc::SIGSTKFLT, "SIGSTKFLT"),
    (libc::SIGCHLD, "SIGCHLD"),
    (libc::SIGCONT, "SIGCONT"),
    (libc::SIGSTOP, "SIGSTOP"),
    (libc::SIGTSTP, "SIGTSTP"),
    (libc::SIGTTIN, "SIGTTIN"),
    (libc::SIGTTOU, "SIGTTOU"),
    (libc::SIGURG, "SIGURG"),
    (libc::SIGXCPU, "SIGXCPU"),
    (libc::SIGXFSZ, "SIGXFSZ"),
    (libc::SIGVTALRM, "SIGVTALRM"),
    (libc::SIGPROF, "SIGPROF"),
    (libc::SIGWINCH, "SIGWINCH"),
    (libc::SIGIO, "SIGIO"),
    (libc::SIGPWR, "SIGPWR"),
    (libc::SIGSYS, "SIGSYS"),
];

/// The name of a signal, such as `SIGKILL` or `SIGRTMIN+3`; one without a name is `SIG` and its number.
pub fn signal_name(signal: i32) -> Cow<'static, str> {
    if let Some((_, name)) = NAMES.iter().find(|(number, _)| *number == signal) {
        return Cow::Borrowed(name);
    }
    match signal {
        FIRST_REAL_TIME => Cow::Borrowed("SIGRTMIN"),
        LAST_REAL_TIME => Cow::Borrowed("SIGRTMAX"),
        real_time if (FIRST_REAL_TIME..LAST_REAL_TIME).contains(&real_time) => {
            Cow::Owned(format!("SIGRTMIN+{}", real_time - FIRST_REAL_TIME))
        }
        other => Cow::Owned(format!("SIG{other}")),
    }
}

/// The number of a signal by its name, with or without `SIG`, in any case: `SIGTERM`, `term`, `SIGRTMIN+3`.
pub fn signal_number(name: &str) -> Option<i32> {
    let upper = name.to_ascii_uppercase();
    let short = upper.strip_prefix("SIG").unwrap_or(&upper);
    if let Some((number, _)) = NAMES.iter().find(|(_, long)| long[3..] == *short) {
        return Some(*number);
    }
    match short {
        // Older names of signals that have two.
        "POLL" => Some(libc::SIGIO),
        "IOT" => Some(libc::SIGABRT),
        "CLD" => Some(libc::SIGCHLD),
        _ => real_time_number(short),
    }
}

fn real_time_number(short: &str) -> Option<i32> {
    let number = if let Some(rest) = short.strip_prefix("RTMIN") {
        FIRST_REAL_TIME.checked_add(offset(rest, '+')?)?
    } else {
        let rest = short.strip_prefix("RTMAX")?;
        LAST_REAL_TIME.checked_sub(offset(rest, '-')?)?
    };
    (FIRST_REAL_TIME..=LAST_REAL_TIME).contains(&number).then_some(number)
}

fn offset(text: &str, sign: char) -> Option<i32> {
    if text.is_empty() {
        return Some(0);
    }
    let digits = text.strip_prefix(sign)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_number() {
        for signal in (1..=31).chain(34..=64) {
            assert_eq!(signal_number(&signal_name(signal)), Some(signal));
        }
    }

    #[track_caller]
    fn check(name: &str, number: Option<i32>) {
        assert_eq!(signal_number(name), number, "{name}");
    }

    #[test]
    fn names_are_read_as_people_write_them() {
        check("SIGTERM", Some(15));
        check("TERM", Some(15));
        check("sighup", Some(1));
        check("SIGPOLL", Some(libc::SIGIO));
        check("SIGRTMIN+3", Some(37));
        check("SIGRTMAX-1", Some(63));
        check("SIGRTMAX", Some(64));
        check("SIGRTMIN+31", None);
        check("SIGRTMIN+-1", None);
        check("RTMIN+99999999999", None);
        check("SIG", None);
        check("", None);
        check("SIGNOPE", None);
    }

    #[test]
    fn what_has_no_name_still_has_a_word() {
        assert_eq!(signal_name(9), "SIGKILL");
        assert_eq!(signal_name(37), "SIGRTMIN+3");
        assert_eq!(signal_name(32), "SIG32");
        assert_eq!(signal_name(-4), "SIG-4");
    }
}
