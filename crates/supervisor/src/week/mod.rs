//! A week by a virtual clock: some 77,000 events of processes that fail, end, and are ordered about, while
//! the wall clock jumps. What is kept of it must stay within its bounds, and what is told must be right to the end.
//!
//! The processes are pretended (`actor`); the machines, timers, event log, journal and log files are the real ones.

mod actor;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actor::{Actor, Habit};
use lifecycle::{Order, RestartMode, RestartPolicy, State};
use regex::Regex;
use store::Journal;
use tokio::sync::broadcast::{Receiver, error::TryRecvError};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::clock::{now_ms, pretended};
use crate::events::{EventLog, RECENT, REPLAY, ReplayStart, Told};
use crate::log_book::LogBook;
use crate::log_files::LogFiles;
use crate::log_writer::LogWriter;
use crate::portrait::untouched;
use crate::spec::{ProcessSpec, ReadySpec, StopSpec};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const HOURS: u32 = 7 * 24;

const JOURNAL_BYTES: u64 = 8_000_000;
const LOG_FILE_BYTES: u64 = 500_000;
const LOG_FILES: u32 = 3;

/// An hour's batch of half a MB is written before anything is let go, and the side file has all of that as well, on top
/// of the 4 MB up to which it is left.
const JOURNAL_SLACK: u64 = 6_000_000;

/// What the wall clock does at noon of each day, in seconds.
const JUMPS: [i64; 7] = [3_600, -3_600, 86_400, -86_400, 3, -3, -7_200];

/// One process of the week.
struct Role {
    id: &'static str,
    habit: Habit,
    restart: RestartPolicy,
    /// Which generation it is in when the week is over; none where that follows from how often it was restarted.
    generation: Option<u64>,
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn restarted(mode: RestartMode, max: u32) -> RestartPolicy {
    let (backoff, backoff_max) = (seconds(3), seconds(42));
    RestartPolicy { mode, max, window: seconds(180), backoff, backoff_max }
}

fn cast() -> [Role; 5] {
    let quiet = Habit { life: None, lines: 0, orders: None };
    let ends = |after, code| Habit { life: Some((seconds(after), code)), lines: 3, orders: None };
    let never = restarted(RestartMode::Never, 0);
    let failing = |max| restarted(RestartMode::OnFailure, max);
    let start_daily = Some((Order::Start, DAY));
    let restart_often = Some((Order::Restart, seconds(300)));
    [
        Role { id: "steady", habit: quiet.clone(), restart: never.clone(), generation: Some(1) },
        // These two come up again and again.
        Role { id: "crasher", habit: ends(3, 1), restart: failing(1_000), generation: None },
        Role {
            id: "worker",
            habit: ends(40, 0),
            restart: restarted(RestartMode::Always, 1_000),
            generation: None,
        },
        // Three restarts within the window, and then nothing until the next order.
        Role {
            id: "hopeless",
            habit: Habit { orders: start_daily, ..ends(1, 2) },
            restart: failing(3),
            generation: Some(7 * 4),
        },
        Role {
            id: "operated",
            habit: Habit { orders: restart_often, ..quiet },
            restart: never,
            generation: Some(7 * 24 * 12),
        },
    ]
}

fn spec(Role { id, restart, .. }: &Role) -> Arc<ProcessSpec> {
    Arc::new(ProcessSpec {
        id: (*id).to_owned(),
        title: (*id).to_owned(),
        command: vec![(*id).to_owned()],
        cwd: ".".into(),
        env: Vec::new(),
        port: None,
        autostart: false,
        primary: false,
        after: Vec::new(),
        ready: ReadySpec {
            stdout: Regex::new("^ready$").ok(),
            http: None,
            tcp: false,
            notify: false,
            timeout: Duration::from_secs(30),
        },
        stop: StopSpec { signal: "SIGTERM".to_owned(), timeout: Duration::from_secs(10) },
        restart: restart.clone(),
        liveness: None,
        builtin: false,
    })
}

#[tokio::test(start_paused = true)]
async fn a_week_leaves_nothing_behind_but_what_it_may() {
    let folder = tempfile::tempdir().unwrap();
    let journal_path = folder.path().join(store::JOURNAL_FILE);
    let logs = folder.path().join("logs");
    // Half a minute before midnight, UTC.
    pretended::set(SystemTime::UNIX_EPOCH + 20_000 * DAY - Duration::from_secs(30));
    let (began, cast) = (Instant::now(), cast());
    let end = began + HOURS * HOUR;
    let specs: Vec<_> = cast.iter().map(spec).collect();
    let (journal, _) = Journal::open(&journal_path, JOURNAL_BYTES);
    let shown = specs.iter().map(|spec| untouched(spec)).collect();
    let events = Arc::new(EventLog::new(shown, 0, "week".into(), Arc::new(journal)));
    let (writer, _thread) = LogWriter::start().unwrap();
    let mut watcher = Watcher::new(&events);
    let mut actors = JoinSet::new();
    for (index, (role, spec)) in cast.iter().zip(&specs).enumerate() {
        let files = LogFiles::new(&logs, role.id, LOG_FILE_BYTES, LOG_FILES);
        let log = LogBook::new(files, writer.clone());
        let actor = Actor::new(index, role.habit.clone(), spec.clone(), events.clone(), log);
        actors.spawn(actor.play(end));
    }
    for hour in 1..=HOURS {
        sleep_until(began + hour * HOUR - Duration::from_millis(1)).await;
        watcher.catch_up();
        writer.flush();
        events.flush();
        check_bounds(&events, folder.path());
        if hour % 24 == 12 {
            jump(JUMPS[hour as usize / 24]);
        }
    }
    check_end(&events, &cast, watcher.seq);
    actors.join_all().await;
    drop(events);
    check_reopened(&journal_path, &cast, watcher.seq);
}

/// Sets the wall clock this far ahead.
fn jump(seconds: i64) {
    let far = Duration::from_secs(seconds.unsigned_abs());
    let now = pretended::wall_clock();
    pretended::set(if seconds < 0 { now - far } else { now + far });
}

/// Reads every event.
struct Watcher {
    live: Receiver<Told>,
    seq: u64,
}

impl Watcher {
    fn new(events: &EventLog) -> Self {
        Self { live: events.subscribe().1, seq: 0 }
    }

    /// None is missing, and what each says of times is so by the wall clock of its hour.
    fn catch_up(&mut self) {
        let hour_ms = crate::clock::millis(HOUR);
        loop {
            match self.live.try_recv() {
                Ok(Told::Detail(json)) => panic!("nobody says anything of itself: {json}"),
                Ok(Told::Event(event)) => {
                    self.seq += 1;
                    assert_eq!(event.seq, self.seq);
                    let (from, to) = (now_ms() - hour_ms, now_ms());
                    assert!((from..=to).contains(&event.timestamp), "{}", event.json);
                }
                Err(TryRecvError::Empty) => return,
                Err(error) => panic!("{error} after {}", self.seq),
            }
        }
    }
}

fn check_bounds(events: &EventLog, folder: &Path) {
    assert!(events.kept() <= RECENT, "{} events in memory", events.kept());
    let size = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
    let side = |suffix| folder.join(format!("{}{suffix}", store::JOURNAL_FILE));
    let journal = size(&side("")) + size(&side("-wal")) + size(&side("-shm"));
    assert!(journal < JOURNAL_BYTES + JOURNAL_SLACK, "the journal takes {journal} bytes");
    let files: Vec<_> = fs::read_dir(folder.join("logs")).unwrap().map(Result::unwrap).collect();
    assert!(files.len() <= 5 * LOG_FILES as usize, "{files:?}");
    for file in files {
        // The line that makes it full is in it.
        let length = file.metadata().unwrap().len();
        assert!(length < LOG_FILE_BYTES + 100, "{} has {length} bytes", file.path().display());
    }
}

fn check_end(events: &EventLog, cast: &[Role], last: u64) {
    assert!(last > 70_000, "{last} events in a week");
    let snapshot = events.snapshot();
    assert_eq!(snapshot.seq, last);
    for (process, Role { id, restart, generation, .. }) in snapshot.processes.iter().zip(cast) {
        let restarts = generation.map_or(process.generation - 1, |_| u64::from(restart.max));
        assert_eq!(u64::from(process.restarts), restarts, "{id}");
        assert_eq!(process.generation, generation.unwrap_or(restarts + 1), "{id}");
    }
    let [steady, crasher, _, hopeless, operated] = &snapshot.processes[..] else { panic!("five") };
    assert_eq!((steady.state, steady.uptime), (State::Running, 7 * 86_400 - 1));
    assert_eq!((operated.state, operated.uptime), (State::Running, 299));
    // The wait is the longest one from the fourth restart within the window on.
    assert!((13_000..15_000).contains(&crasher.generation), "{}", crasher.generation);
    assert_eq!(hopeless.message, "Process exited with code 2");
    // As far back as a replay goes there is no hole; before that there is the whole state.
    let ReplayStart::Events(replayed) = events.replay(last - REPLAY as u64).start else { panic!() };
    assert!(replayed.iter().map(|(seq, _)| *seq).eq(last - REPLAY as u64 + 1..=last));
    let ReplayStart::Snapshot(whole) = events.replay(1).start else { panic!("too much") };
    assert_eq!(whole.seq, last);
}

/// The next run of the server goes on where this one ended, for those too that have long been quiet.
fn check_reopened(path: &Path, cast: &[Role], last: u64) {
    let (journal, opened) = Journal::open(path, JOURNAL_BYTES);
    assert_eq!((opened.last_seq, opened.warnings), (last, Vec::new()));
    for Role { id, generation, .. } in cast {
        let found = opened.generations[*id];
        assert_eq!(found, generation.unwrap_or(found), "{id}");
    }
    let page = journal.page(None, 0, usize::MAX).unwrap();
    assert!((4_000..20_000).contains(&page.records.len()), "{} are kept", page.records.len());
}
