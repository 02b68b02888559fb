//! The catalog, as a program sees it that does not own it: read at the start, and again whenever it
//! changes.
//!
//! # Theory of operation
//!
//! [`LiveCatalog::open`] reads the catalog once, or refuses a newer program's. [`LiveCatalog::follow`] then runs for as long as
//! the program does, and reads it again when the program is told to ([`Reload`], which the control
//! server's SIGHUP sets off), and when the files look different from when they were read. That look
//! is two `stat` calls about once a second: it opens nothing, and serves the program that no server
//! knows of, because it was started by hand beside one. Reading happens where blocking is allowed.
//!
//! What was read is an immutable [`Snapshot`]. A catalog that cannot be read, or is there no more,
//! costs nobody what was known: the contents stay those of the last good read, and the snapshot
//! says what is wrong. It is tried again until it can be read.

#![forbid(unsafe_code)]

mod look;

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use store::{Contents, NewerDatabase};
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};

use look::Look;

/// How often the files are looked at: with the time that reading takes, a change is known within a
/// second.
const EVERY: Duration = Duration::from_millis(800);

/// Tells a program to read its catalog again, now.
pub type Reload = Arc<Notify>;

/// What is known of the catalog at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// What was in it when it could last be read; nothing if it never could.
    pub contents: Arc<Contents>,
    /// Why it cannot be read at present.
    pub fault: Option<String>,
}

/// The catalog, and what is known of it.
#[derive(Debug)]
pub struct LiveCatalog {
    path: Option<PathBuf>,
    look: Look,
    was_there: bool,
    snapshot: Snapshot,
}

impl LiveCatalog {
    /// Reads the catalog in `data_dir`, if there is such a directory to speak of.
    ///
    /// # Errors
    /// If a newer program has used the directory: what this one would make of it is not what was meant.
    pub async fn open(data_dir: Option<&Path>) -> Result<Self, NewerDatabase> {
        refuse_newer(data_dir).await?;
        let path = data_dir.map(|data_dir| data_dir.join(store::CATALOG_FILE));
        let mut this =
            Self { path, look: Look::default(), was_there: false, snapshot: Snapshot::default() };
        this.read().await;
        Ok(this)
    }

    /// What is known.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Keeps what is known up to date, and tells every change of it.
    pub async fn follow(mut self, reload: Reload, mut tell: impl FnMut(&Snapshot)) -> Infallible {
        let mut looks = interval(EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = reload.notified() => {}
                _ = looks.tick() => if !self.is_due() { continue },
            }
            if self.read().await {
                tell(&self.snapshot);
            }
        }
    }

    /// Whether the files look different, or could not be read when they looked like this.
    fn is_due(&self) -> bool {
        let Some(path) = &self.path else { return false };
        self.snapshot.fault.is_some() || Look::at(path) != self.look
    }

    /// Reads the catalog, and says whether anything is different now.
    async fn read(&mut self) -> bool {
        let before = self.snapshot.clone();
        match self.try_read().await {
            Ok(contents) if contents == *before.contents => self.snapshot.fault = None,
            Ok(contents) => self.snapshot = Snapshot { contents: contents.into(), fault: None },
            Err(fault) => self.snapshot.fault = Some(fault),
        }
        let is_new = self.snapshot != before;
        if is_new {
            log(&self.snapshot, &before);
        }
        is_new
    }

    async fn try_read(&mut self) -> Result<Contents, String> {
        let Some(path) = self.path.clone() else {
            return Err("there is no data directory: give --data-dir".to_owned());
        };
        // Looked at first: what changes while it is read is seen at the next look.
        self.look = Look::at(&path);
        let shown = path.display().to_string();
        let file = path.clone();
        let reading = tokio::task::spawn_blocking(move || Contents::read(&file)).await;
        let read = reading.map_err(|error| error.to_string());
        let read = read.and_then(|read| read.map_err(|error| error.to_string()));
        let contents = read.map_err(|reason| format!("{shown} cannot be read: {reason}"))?;
        // One that is not there reads as that of a first start, which is not so once there was one.
        let is_there = Look::at(&path).is_there();
        if self.was_there && !is_there {
            return Err(format!("{shown} is not there any more"));
        }
        self.was_there = is_there;
        Ok(contents)
    }
}

async fn refuse_newer(data_dir: Option<&Path>) -> Result<(), NewerDatabase> {
    let Some(data_dir) = data_dir.map(Path::to_owned) else { return Ok(()) };
    let looking = tokio::task::spawn_blocking(move || store::refuse_newer(&data_dir)).await;
    // What could not be looked at is no obstacle; reading it says why.
    looking.unwrap_or(Ok(()))
}

fn log(now: &Snapshot, before: &Snapshot) {
    match (&now.fault, &before.fault) {
        (Some(fault), before) if before.as_ref() != Some(fault) => {
            tracing::warn!("the catalog: {fault}; what was known before holds");
        }
        (None, Some(_)) => tracing::info!("the catalog can be read again"),
        _ => tracing::debug!(
            providers = now.contents.providers.len(),
            models = now.contents.models.len(),
            "the catalog was read"
        ),
    }
}

/// Now, in ms since the epoch, as times in the catalog are.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
