//! The auditor against real processes: what is so is verified, what is not is found.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_types,
    reason = "a test ends at the first thing that is not as it should be; no runtime has a clock to pause here"
)]

use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use auditor::{Auditor, Report};

const PATIENCE: Duration = Duration::from_secs(30);

/// A process as the server would start it.
fn process(instance: &str, generation: u64) -> Child {
    Command::new("sleep")
        .arg("1000")
        .env("SIGNALBOX_INSTANCE", instance)
        .env("SIGNALBOX_PROCESS_ID", "a")
        .env("SIGNALBOX_GENERATION", generation.to_string())
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

fn event(seq: u64, state: &str, generation: u64, pid: Option<u32>) -> Arc<str> {
    let pid = pid.map_or("null".to_owned(), |pid| pid.to_string());
    format!(r#"{{"a":{{"id":"a","state":"{state}","generation":{generation},"pid":{pid},"evidence":null}},"timestamp":1,"seq":{seq},"epoch":"e"}}"#).into()
}

fn until(auditor: &Auditor, condition: impl Fn(&Report) -> bool) -> Report {
    let end = Instant::now() + PATIENCE;
    loop {
        let report = auditor.report();
        if condition(&report) {
            return report;
        }
        assert!(Instant::now() < end, "not in time: {report:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

struct World {
    auditor: Auditor,
    instance: String,
    lags: Arc<Mutex<Vec<Duration>>>,
}

fn world(name: &str) -> World {
    let instance = format!("{name}-{}", std::process::id());
    let lags: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let kept = Arc::clone(&lags);
    let auditor = Auditor::start(&instance, move |lag| kept.lock().unwrap().push(lag)).unwrap();
    World { auditor, instance, lags }
}

#[test]
fn a_life_that_is_told_as_it_is() {
    let World { auditor, instance, lags } = world("life");
    auditor.hear_all(r#"{"processes":[{"id":"a","state":"stopped","generation":0,"pid":null,"evidence":null}],"seq":4,"epoch":"e"}"#.to_owned());
    let mut child = process(&instance, 1);
    auditor.hear(event(5, "starting", 1, None));
    auditor.hear(event(6, "running", 1, Some(child.id())));
    let report = auditor.report();
    assert_eq!((report.violations, report.doubts), (0, 0), "{report:?}");
    assert!(report.checks > 0 && report.age.unwrap() < PATIENCE, "{report:?}");
    child.kill().unwrap();
    until(&auditor, |report| report.doubts == 1);
    auditor.hear(event(7, "error", 1, None));
    until(&auditor, |report| report.doubts == 0);
    child.wait().unwrap();
    assert_eq!(auditor.report().violations, 0);
    assert_eq!(
        lags.lock().unwrap().len(),
        1,
        "for a moment something was announced that was not so"
    );
}

#[test]
fn a_death_that_nobody_tells_is_found() {
    let World { auditor, instance, .. } = world("death");
    let mut child = process(&instance, 1);
    auditor.hear(event(1, "running", 1, Some(child.id())));
    child.kill().unwrap();
    child.wait().unwrap();
    let report = until(&auditor, |report| report.violations == 1);
    let found = &report.last[0];
    assert_eq!((found.process.as_str(), found.seq, found.state), ("a", 1, "running"));
    assert_eq!(found.what, format!("pid {} is not alive", child.id()));
}

#[test]
fn an_end_that_is_none_is_found() {
    let World { auditor, instance, .. } = world("end");
    let mut child = process(&instance, 3);
    auditor.hear(event(8, "stopped", 3, None));
    let report = until(&auditor, |report| report.violations == 1);
    assert_eq!(report.last[0].what, format!("pid {} of generation 3 is alive", child.id()));
    child.kill().unwrap();
    child.wait().unwrap();
}
