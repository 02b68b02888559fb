//! What became of an order: processes on their way to where it should lead.

use std::sync::Arc;

use api::{DetailUpdate, Process};
use lifecycle::State;
use serde_json::Value;

use super::verb::Verb;

/// A process that an order was given to.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) process: Arc<Process>,
    /// A start that waits for the end of what runs now: `stopped` is then on the way, not the end of it.
    start_follows: bool,
}

/// All processes that an order was given to.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    verb: Verb,
    watched: Vec<Watched>,
}

impl Watch {
    /// Watches processes as they answered the order.
    pub(super) fn new(verb: Verb, answers: Vec<Arc<Process>>) -> Self {
        let starts = verb.wanted() == State::Running;
        let watched = answers.into_iter().map(|process| {
            let start_follows = starts && process.state == State::Stopping;
            Watched { process, start_follows }
        });
        Self { verb, watched: watched.collect() }
    }

    /// Takes a newer state of one of them; others are passed over.
    pub(super) fn take(&mut self, process: Arc<Process>) {
        let watched = self.watched.iter_mut().find(|watched| watched.process.id == process.id);
        if let Some(watched) = watched {
            let again = process.generation > watched.process.generation;
            if again || matches!(process.state, State::Starting | State::Running) {
                watched.start_follows = false;
            }
            watched.process = process;
        }
    }

    /// Takes what one of them says of itself within its state.
    pub(super) fn take_detail(&mut self, update: DetailUpdate) {
        let DetailUpdate { process: id, generation, detail, .. } = update;
        let is_meant = |process: &Process| process.id == id && process.generation == generation;
        if let Some(watched) = self.watched.iter_mut().find(|watched| is_meant(&watched.process)) {
            Arc::make_mut(&mut watched.process).detail = detail;
        }
    }

    /// Gives up on starts that should have followed at once: a later order of somebody else took them back.
    pub(super) fn give_up_waiting_for_starts(&mut self) {
        for watched in self.watched.iter_mut().filter(|watched| watched.is_down()) {
            watched.start_follows = false;
        }
    }

    /// All have settled.
    pub(super) fn is_settled(&self) -> bool {
        self.watched.iter().all(Watched::is_settled)
    }

    /// All have settled, but for starts that should follow at once.
    pub(super) fn waits_for_starts_alone(&self) -> bool {
        !self.is_settled()
            && self.watched.iter().all(|watched| watched.is_settled() || watched.is_down())
    }

    /// Each of them as it is.
    pub(super) fn processes(&self) -> Vec<Arc<Process>> {
        self.watched.iter().map(|watched| Arc::clone(&watched.process)).collect()
    }

    /// Those that are not where the order should have led.
    pub(super) fn astray(&self) -> Vec<&Watched> {
        let wanted = self.verb.wanted();
        self.watched.iter().filter(|watched| !watched.reached(wanted)).collect()
    }

    /// In a few words what is waited for.
    pub(super) fn summary(&self) -> String {
        let open: Vec<&Watched> =
            self.watched.iter().filter(|watched| !watched.is_settled()).collect();
        let settled = self.watched.len() - open.len();
        let shown: Vec<String> = open.iter().take(3).map(|watched| watched.in_words()).collect();
        let more = open.len().saturating_sub(shown.len());
        let more = if more > 0 { format!(", {more} more") } else { String::new() };
        let settled = if settled > 0 { format!(" ({settled} done)") } else { String::new() };
        format!("{}{more}{settled}", shown.join(", "))
    }
}

impl Watched {
    /// It settled, as the contract says it.
    pub(super) fn is_settled(&self) -> bool {
        !self.start_follows
            && match self.process.state {
                State::Running | State::Stopped => true,
                State::Error => self.process.restart.is_none(),
                State::Starting | State::Stopping => false,
            }
    }

    fn is_down(&self) -> bool {
        self.start_follows && matches!(self.process.state, State::Stopped | State::Error)
    }

    /// A process that ran and has done its work already was started all right.
    fn reached(&self, wanted: State) -> bool {
        let finished =
            self.process.exit.as_ref().is_some_and(|exit| exit.code == Some(0) && !exit.requested);
        let state = self.process.state;
        self.is_settled()
            && (state == wanted
                || (wanted == State::Running && state == State::Stopped && finished))
    }

    /// What it says of itself tells more than who of it is alive.
    fn in_words(&self) -> String {
        let process = &self.process;
        let words = match (&process.detail, &process.survivors) {
            (Some(detail), _) => detail.clone(),
            (None, Some(survivors)) => {
                let names = survivors.iter().take(3).map(|survivor| survivor.name.as_str());
                names.collect::<Vec<_>>().join(", ")
            }
            (None, None) => String::new(),
        };
        format!("{} {} {words}", process.id, process.message).trim_end().to_owned()
    }
}

/// The process in the payload of a lifecycle event, which has it under its id, beside what all events have.
pub(super) fn event_process(event: &Value) -> Option<Process> {
    let fields = event.as_object()?;
    let (_, process) = fields.iter().find(|(_, value)| value.is_object())?;
    serde_json::from_value(process.clone()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn process(state: &str, generation: u64) -> Arc<Process> {
        let value = json!({
            "id": "a", "title": "A", "state": state, "running": state == "running", "message": "",
            "error": null, "port": null, "pid": null, "generation": generation, "uptime": 0, "since": 0,
            "startedAt": null, "readyAt": null, "cause": null, "evidence": null, "survivors": null,
            "killAt": null, "output": null, "restarts": 0, "restart": null, "exit": null, "autostart": false,
        });
        Arc::new(serde_json::from_value(value).unwrap())
    }

    /// Feeds states, written `state generation`, and tells after which of them the watch was settled.
    #[track_caller]
    fn check(verb: Verb, states: &[(&str, u64)], settled: &[bool], astray: usize) {
        let mut watch = Watch::new(verb, vec![process(states[0].0, states[0].1)]);
        let mut seen = vec![watch.is_settled()];
        for (state, generation) in &states[1..] {
            watch.take(process(state, *generation));
            seen.push(watch.is_settled());
        }
        assert_eq!((seen.as_slice(), watch.astray().len()), (settled, astray));
    }

    #[test]
    fn a_start_ends_in_running_or_fails() {
        check(Verb::Start, &[("starting", 1), ("running", 1)], &[false, true], 0);
        check(Verb::Start, &[("running", 1)], &[true], 0);
        check(Verb::Start, &[("starting", 1), ("error", 1)], &[false, true], 1);
        check(
            Verb::Start,
            &[("starting", 1), ("stopping", 1), ("stopped", 1)],
            &[false, false, true],
            1,
        );
    }

    #[test]
    fn what_a_process_says_of_itself_is_shown_in_place_of_who_is_alive() {
        let mut stopping = process("stopping", 1);
        let survivor = api::Survivor { pid: 7, name: "node".to_owned() };
        Arc::make_mut(&mut stopping).survivors = Some(vec![survivor]);
        let mut watch = Watch::new(Verb::Stop, vec![stopping]);
        let mut check = |id: &str, generation, detail: Option<&str>, expected: &str| {
            let update = json!({
                "process": id, "generation": generation, "detail": detail, "timestamp": 0, "seq": 1, "epoch": "e",
            });
            watch.take_detail(serde_json::from_value(update).unwrap());
            assert_eq!(watch.summary(), expected);
        };
        check("b", 1, Some("2 left"), "a  node");
        check("a", 2, Some("2 left"), "a  node");
        check("a", 1, Some("2 left"), "a  2 left");
        check("a", 1, None, "a  node");
    }

    #[test]
    fn stopped_is_not_the_end_of_a_restart() {
        let states = [("stopping", 1), ("stopped", 1), ("starting", 1), ("running", 2)];
        check(Verb::Restart, &states, &[false, false, false, true], 0);
        check(Verb::Start, &[("stopping", 1), ("error", 2)], &[false, true], 1);
    }

    #[test]
    fn a_start_that_never_follows_is_given_up() {
        let mut watch = Watch::new(Verb::Restart, vec![process("stopping", 1)]);
        watch.take(process("stopped", 1));
        assert!(watch.waits_for_starts_alone() && !watch.is_settled());
        watch.give_up_waiting_for_starts();
        assert!(watch.is_settled() && watch.astray().len() == 1);
    }

    #[test]
    fn a_stop_ends_in_stopped() {
        check(Verb::Stop, &[("stopping", 1), ("stopped", 1)], &[false, true], 0);
        check(Verb::Stop, &[("stopped", 0)], &[true], 0);
        check(Verb::Stop, &[("stopping", 1)], &[false], 1);
    }
}
