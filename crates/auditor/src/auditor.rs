//! The thread that looks, and the handle to it.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use crate::announced;
use crate::book::{Book, Judgement, Report};
use crate::{census, verdict};

/// How long after an event it is looked: what happens together is looked at together.
const SETTLE: Duration = Duration::from_millis(100);

/// From one look to the next while something is in doubt.
const DOUBTFUL: Duration = Duration::from_millis(50);

/// From one look to the next while something is to be alive and nothing happens.
const SLOW: Duration = Duration::from_secs(30);

/// How many times as long as a look took there is none after it: what the looks may take of one core at most.
const REST: u32 = 20;

/// A look that is not older than this is as good as a new one, to whoever asks.
const FRESH: Duration = Duration::from_millis(100);

/// How long who asks for a look waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

enum Message {
    Event(Arc<str>),
    Snapshot(String),
    LookNow(Sender<()>),
}

/// Listens to what is announced, and looks whether it is so. Its thread ends when this is dropped.
#[derive(Debug)]
pub struct Auditor {
    tell: Option<Sender<Message>>,
    found: Arc<Mutex<Found>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Found {
    report: Report,
    looked: Option<Instant>,
}

impl Auditor {
    /// Starts the thread. `instance` is what this run of the server calls itself in the environment of its processes;
    /// `on_lag` is told for how long something that was announced was not so, each time.
    ///
    /// # Errors
    /// If there can be no more threads.
    pub fn start(instance: &str, on_lag: impl Fn(Duration) + Send + 'static) -> io::Result<Self> {
        let (tell, told) = mpsc::channel();
        let found = Arc::new(Mutex::new(Found::default()));
        let watch = Watch {
            instance: instance.to_owned(),
            book: Book::default(),
            found: Arc::clone(&found),
            on_lag: Box::new(on_lag),
            next: None,
            looked: None,
            rested: Instant::now(),
        };
        let thread = std::thread::Builder::new()
            .name("auditor".to_owned())
            .spawn(move || watch.run(&told))?;
        Ok(Self { tell: Some(tell), found, thread: Some(thread) })
    }

    /// An event was announced, `json` being what clients get. Returns at once.
    pub fn hear(&self, json: Arc<str>) {
        self.send(Message::Event(json));
    }

    /// The whole state was announced, as clients get it: `{"processes", "seq"}`. Returns at once.
    pub fn hear_all(&self, json: String) {
        self.send(Message::Snapshot(json));
    }

    /// What was found so far, after one more look if the last one is not of just now. Blocks for some milliseconds.
    pub fn report(&self) -> Report {
        if self.found().report_now().age.is_none_or(|age| age > FRESH) {
            let (done, looked) = mpsc::channel();
            self.send(Message::LookNow(done));
            self.wake();
            // Without an answer the last one is what there is, and says how old it is.
            let _late = looked.recv_timeout(PATIENCE);
        }
        self.found().report_now()
    }

    fn found(&self) -> std::sync::MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, message: Message) {
        if let Some(tell) = &self.tell {
            // Without its thread there are no more looks, which their age shows.
            let _gone = tell.send(message);
        }
    }

    /// In place of waiting until the thread has slept.
    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Found {
    fn report_now(&self) -> Report {
        Report { age: self.looked.map(|looked| looked.elapsed()), ..self.report.clone() }
    }
}

impl Drop for Auditor {
    fn drop(&mut self) {
        self.tell = None;
        self.wake();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the auditor's thread panicked");
        }
    }
}

struct Watch {
    instance: String,
    book: Book,
    found: Arc<Mutex<Found>>,
    on_lag: Box<dyn Fn(Duration) + Send>,
    /// When it is looked next; none: when something is said.
    next: Option<Instant>,
    /// When the last look began.
    looked: Option<Instant>,
    /// Before this there is no look of its own accord, so that they take a small share of a core.
    rested: Instant,
}

impl Watch {
    fn run(mut self, told: &Receiver<Message>) {
        loop {
            let message = match self.next {
                None => told.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(next) => told.recv_timeout(next.saturating_duration_since(Instant::now())),
            };
            match message {
                Ok(message) => {
                    let is_event = matches!(message, Message::Event(_));
                    self.take(message);
                    if is_event {
                        // Who sleeps is not woken by each of the next ones, as who waits for them would be.
                        std::thread::park_timeout(SETTLE);
                        told.try_iter().for_each(|message| self.take(message));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    // What has been said by now is not to be in doubt for want of listening.
                    told.try_iter().for_each(|message| self.take(message));
                    self.look();
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Event(json) => self.hear(announced::event(&json).into_iter().collect()),
            Message::Snapshot(json) => {
                let (seq, all) = announced::snapshot(&json).unwrap_or_default();
                self.hear(all.into_iter().map(|said| (seq, said)).collect());
            }
            Message::LookNow(done) => {
                // Many may ask at once.
                if self.looked.is_none_or(|looked| looked.elapsed() > FRESH) {
                    self.look();
                }
                // Whoever asked may have gone.
                let _gone = done.send(());
            }
        }
    }

    fn hear(&mut self, events: Vec<(u64, announced::Said)>) {
        let now = Instant::now();
        for (seq, said) in events {
            self.book.hear(seq, said, now).into_iter().for_each(&self.on_lag);
        }
        let soon = (now + SETTLE).max(self.rested);
        self.next = Some(self.next.map_or(soon, |next| next.min(soon)));
    }

    fn look(&mut self) {
        let began = Instant::now();
        self.looked = Some(began);
        if let Err(error) = self.compare(began) {
            tracing::debug!(%error, "audit.cannot_look");
        }
        let ended = Instant::now();
        self.rested = ended + (ended - began) * REST;
        let is_live = self.book.said().any(|said| said.state.is_live());
        let wait = if self.book.doubts() > 0 { Some(DOUBTFUL) } else { is_live.then_some(SLOW) };
        self.next = wait.map(|wait| (ended + wait).max(self.rested));
    }

    fn compare(&mut self, now: Instant) -> io::Result<()> {
        let ports = self
            .book
            .said()
            .any(|said| said.evidence.as_ref().is_some_and(|evidence| evidence.port.is_some()));
        let census = census::take(&self.instance, ports)?;
        let all: Vec<_> = self.book.said().cloned().collect();
        for said in all {
            let misfit = verdict::compare(&said, &census)?;
            match self.book.judge(&said.id, misfit, now) {
                Judgement::Nothing => {}
                Judgement::FitsAgain(untrue) => (self.on_lag)(untrue),
                Judgement::Violation(violation) => tracing::error!(
                    process.id = violation.process,
                    event.seq = violation.seq,
                    process.state = violation.state,
                    "audit: what was announced is not so: {}",
                    violation.what
                ),
            }
        }
        self.publish(now);
        Ok(())
    }

    fn publish(&self, looked: Instant) {
        let report = Report {
            age: None,
            at: SystemTime::now().checked_sub(looked.elapsed()),
            checks: self.book.checks,
            violations: self.book.violations,
            last: self.book.last.clone(),
            doubts: self.book.doubts(),
        };
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) =
            Found { report, looked: Some(looked) };
    }
}
