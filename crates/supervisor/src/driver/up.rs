//! The way up: preparation, spawn, proof.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use lifecycle::{Attempt, Fact, Fault, Generation, Holder, Input};
use process::{Child, Command, NotifySocket, PortHolder, SpawnError};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Driver, Happening, Live, Spawned};
use crate::attend::{Ears, attend};
use crate::clock::now_ms;
use crate::notices;
use crate::portrait::Moments;
use crate::probe;
use crate::ready_line::ReadyLine;

impl Driver {
    pub(super) fn prepare(&mut self, attempt: Attempt) -> Input {
        if !self.shared.neighbours.any_coming_up(&self.after) {
            return self.look_ahead(attempt);
        }
        let (shared, after, tell) = (self.shared.clone(), self.after.clone(), self.tell.clone());
        self.activities.push(Box::pin(async move {
            shared.neighbours.none_coming_up(&after).await;
            let _gone = tell.send(Happening::NeighboursReady(attempt));
        }));
        Input::Waiting(attempt)
    }

    /// Looks whether a spawn could succeed. What is known before is not tried.
    pub(super) fn look_ahead(&mut self, attempt: Attempt) -> Input {
        match self.find_program() {
            Ok(program) => self.program = Some(program),
            Err(error) => return Input::Refused(attempt, self.cannot_start(error.to_string())),
        }
        let Some(port) = self.spec.port else { return Input::Clear(attempt) };
        let holder = match process::port_holder(port) {
            Ok(PortHolder::Nobody) => return Input::Clear(attempt),
            Ok(PortHolder::Known { pid, name }) => Some(Holder { name, pid }),
            Ok(PortHolder::Unknown) => None,
            Err(error) => {
                tracing::warn!(%error, port, "cannot see who uses the port");
                return Input::Clear(attempt);
            }
        };
        Input::Refused(attempt, Fault::PortTaken { port, holder })
    }

    /// Looks first where it was the last time: a search of all of `PATH` is much of the time until anybody is told. The
    /// spawn searches again.
    fn find_program(&self) -> Result<PathBuf, SpawnError> {
        let mut command = self.sketch();
        if let (Some(known), Some(first)) = (&self.program, command.argv.first_mut()) {
            let given = std::mem::replace(first, known.clone().into_os_string());
            if let Ok(program) = process::preflight(&command) {
                return Ok(program);
            }
            command.argv[0] = given;
        }
        process::preflight(&command)
    }

    pub(super) fn cannot_start(&self, reason: String) -> Fault {
        let program = self.spec.command.first().cloned().unwrap_or_default();
        Fault::CannotStart { program, reason }
    }

    fn command(&self, generation: Generation, notices: Option<&NotifySocket>) -> Command {
        let mut env = self.shared.environment.clone();
        let own = self.spec.env.iter().map(|(name, value)| (name.into(), value.into()));
        let port = self.spec.port.map(|port| ("PORT".into(), port.to_string().into()));
        let marks = [
            ("SIGNALBOX_PROCESS_ID".into(), self.spec.id.clone().into()),
            ("SIGNALBOX_GENERATION".into(), generation.0.to_string().into()),
        ];
        let socket = notices.map(|socket| ("NOTIFY_SOCKET".into(), socket.address().into()));
        for (name, value) in port.into_iter().chain(own).chain(marks).chain(socket) {
            env.retain(|(other, _)| *other != name);
            env.push((name, value));
        }
        Command { env, generation: generation.0, ..self.sketch() }
    }

    /// The command with as much of its environment as finding the program takes: this is done before anybody is told.
    fn sketch(&self) -> Command {
        let own = self.spec.env.iter().rev().find(|(name, _)| name == "PATH");
        let own = own.map(|(name, value)| (name.into(), value.into()));
        let inherited = || self.shared.environment.iter().find(|(name, _)| name == "PATH").cloned();
        Command {
            argv: self.spec.command.iter().map(OsString::from).collect(),
            cwd: self.spec.cwd.clone(),
            env: own.or_else(inherited).into_iter().collect(),
            slot: u32::try_from(self.index).unwrap_or(u32::MAX),
            generation: 0,
            name: self.spec.id.clone(),
        }
    }

    /// Begins a spawn; the answer is there at once if what it needs cannot be had.
    pub(super) fn spawn(&mut self, generation: Generation) -> Option<Input> {
        self.log.begin_generation();
        let notices = match self.open_notices(generation) {
            Ok(notices) => notices,
            Err(error) => {
                let fault = self.cannot_start(format!("no socket for its notices: {error}"));
                return Some(Input::Fact(generation, Fact::SpawnFailed(fault)));
            }
        };
        let (spawner, tell) = (self.shared.spawner.clone(), self.tell.clone());
        let command = self.command(generation, notices.as_ref());
        self.activities.push(Box::pin(async move {
            let begun = Instant::now();
            let result = spawner.spawn(command).await;
            let spawned = Box::new(Spawned { begun, notices, result });
            let _gone = tell.send(Happening::Spawned(generation, spawned));
        }));
        None
    }

    fn open_notices(&self, generation: Generation) -> std::io::Result<Option<NotifySocket>> {
        let wanted = self.spec.ready.notify || self.spec.builtin;
        wanted.then(|| notices::open(&self.spec.id, generation)).transpose()
    }

    pub(super) fn welcome(
        &mut self,
        generation: Generation,
        begun: Instant,
        mut child: Child,
        notices: Option<NotifySocket>,
    ) {
        let (pid, tree, heard) = (child.pid(), child.tree(), Arc::new(Notify::new()));
        self.moments = Moments {
            started_at: Some(now_ms()),
            ready_at: None,
            exited_at: self.moments.exited_at,
        };
        *self.tree_for_others() = Some(tree.clone());
        let live =
            Live { generation, tree: tree.clone(), begun, heard: heard.clone(), detail: None };
        self.live.push(live);
        let ears = Ears::new(
            child.take_output(),
            self.log.clone(),
            ReadyLine::new(self.spec.ready.stdout.clone()),
            heard,
            self.reporter(generation),
        );
        let moments = self.moments;
        self.shared.events.amend(self.index, |process| {
            process.pid = Some(pid);
            process.generation = generation.0;
            process.started_at = moments.started_at;
            process.ready_at = None;
        });
        self.feed(Input::Fact(generation, Fact::Spawned { pid }));
        self.look_at_survivors();
        let attending = attend(child, ears);
        let Some(socket) = notices else { return self.activities.push(Box::pin(attending)) };
        let heeding = notices::heed(socket, self.spec.id.clone(), tree, self.reporter(generation));
        self.activities.push(Box::pin(async move {
            tokio::select! {
                () = attending => {}
                () = heeding => {}
            }
        }));
    }

    pub(super) fn probe(&mut self, generation: Generation) {
        self.probes.clear();
        let reporter = self.reporter(generation);
        let (Some(live), Some(port)) = (self.live(generation), self.spec.port) else { return };
        let (tree, heard) = (live.tree.clone(), live.heard.clone());
        if let Some(path) = self.spec.ready.http.clone() {
            let path = probe::path_answers(port, path, heard.clone(), reporter.clone());
            self.probes.push(Box::pin(path));
        }
        if self.spec.ready.tcp {
            self.probes.push(Box::pin(probe::port_opens(tree, port, heard, reporter)));
        }
    }

    pub(super) fn watch(&mut self, generation: Generation) {
        self.probes.clear();
        let reporter = self.reporter(generation);
        let (Some(live), Some(port)) = (self.live(generation), self.spec.port) else { return };
        let tree = live.tree.clone();
        if self.spec.ready.tcp {
            self.probes.push(Box::pin(probe::port_stays(
                self.shared.clone(),
                tree,
                port,
                reporter.clone(),
            )));
        }
        if let Some(liveness) = self.spec.liveness.clone() {
            self.probes.push(Box::pin(probe::stays_alive(port, liveness, reporter)));
        }
    }
}
