//! Whether what was said of a process fits what is so.

use std::io;

use crate::announced::{Said, State};
use crate::census::{self, Census};

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) what: String,
    /// It is about a port, which may be closed for a second before that is a fault.
    pub(crate) port: bool,
}

/// None if all fits as far as it can be seen.
///
/// # Errors
/// If it cannot be looked at.
pub(crate) fn compare(said: &Said, census: &Census) -> io::Result<Option<Misfit>> {
    let misfit = |what: String| Misfit { what, port: false };
    let ended = matches!(said.state, State::Stopped | State::Error);
    let mut own = census.members.iter().filter(|member| member.id == said.id);
    if let Some(stray) = own.find(|member| {
        member.generation < said.generation || ended && member.generation == said.generation
    }) {
        let (pid, generation) = (stray.pid, stray.generation);
        return Ok(Some(misfit(format!("pid {pid} of generation {generation} is alive"))));
    }
    match (said.state, said.pid) {
        (State::Running, Some(pid)) if !census::is_alive(pid)? => {
            Ok(Some(misfit(format!("pid {pid} is not alive"))))
        }
        (State::Running, Some(pid)) => Ok(closed_port(said, pid, census)),
        (State::Running, None) => Ok(Some(misfit("it names no pid".to_owned()))),
        (State::Stopped | State::Starting | State::Stopping | State::Error, _) => Ok(None),
    }
}

/// Whether nobody of a running process listens on the port that proved it.
fn closed_port(said: &Said, pid: u32, census: &Census) -> Option<Misfit> {
    let evidence = said.evidence.as_ref()?;
    let port = evidence.port?;
    let own = census.members.iter().filter(|member| member.id == said.id).map(|member| member.pid);
    let nobody = || {
        census.listening.get(&port).is_none_or(|sockets| {
            // One that may not be looked at could have it.
            [Some(pid), evidence.listener_pid]
                .into_iter()
                .flatten()
                .chain(own)
                .all(|pid| census::holds(pid, sockets) == Some(false))
        })
    };
    nobody().then(|| Misfit { what: format!("nobody of it listens on port {port}"), port: true })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::announced::Evidence;
    use crate::census::Member;

    fn said(state: State, generation: u64, pid: Option<u32>) -> Said {
        Said { id: "a".to_owned(), state, generation, pid, evidence: None }
    }

    fn with(generations: &[u64]) -> Census {
        let member =
            |generation: &u64| Member { pid: 1, id: "a".to_owned(), generation: *generation };
        Census { members: generations.iter().map(member).collect(), ..Census::default() }
    }

    #[track_caller]
    fn check(said: &Said, census: &Census, expected: Option<&str>) {
        let found = compare(said, census).unwrap().map(|misfit| misfit.what);
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn what_ended_has_ended() {
        let alive = Some("pid 1 of generation 3 is alive");
        for state in [State::Stopped, State::Error] {
            check(&said(state, 3, None), &with(&[3]), alive);
            check(&said(state, 4, None), &with(&[3]), alive);
            check(&said(state, 3, None), &with(&[]), None);
            // The next one is on its way, and will be heard of.
            check(&said(state, 3, None), &with(&[4]), None);
        }
        for state in [State::Starting, State::Stopping] {
            check(&said(state, 3, None), &with(&[3]), None);
            check(&said(state, 4, None), &with(&[3]), alive);
        }
    }

    #[test]
    fn what_runs_is_alive_and_listens() {
        let own = std::process::id();
        check(&said(State::Running, 3, Some(own)), &with(&[3]), None);
        check(
            &said(State::Running, 3, Some(u32::MAX)),
            &with(&[]),
            Some("pid 4294967295 is not alive"),
        );
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let evidence = Some(Evidence { port: Some(port), listener_pid: None });
        let serving = Said { evidence, ..said(State::Running, 3, Some(own)) };
        check(&serving, &census::take("nobody", true).unwrap(), None);
        drop(socket);
        let closed = format!("nobody of it listens on port {port}");
        check(&serving, &census::take("nobody", true).unwrap(), Some(&closed));
    }
}
