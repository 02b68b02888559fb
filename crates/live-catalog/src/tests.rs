//! A catalog that somebody else changes, damages and takes away.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use store::{CATALOG_FILE, Catalog, Change, Setting};
use tempfile::TempDir;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::{LiveCatalog, Reload, Snapshot};

/// A change must be known within this, also where nobody tells of it.
const PROMISE: Duration = Duration::from_secs(1);

/// What a busy machine may add to it.
const SLACK: Duration = Duration::from_secs(4);

fn owner(folder: &TempDir) -> Catalog {
    let (catalog, _, warnings) = Catalog::open(&folder.path().join(CATALOG_FILE));
    assert_eq!(warnings, Vec::<String>::new());
    catalog
}

fn set(catalog: &Catalog, model: &str) {
    catalog.apply(&[Change::Set(Setting::ActiveModel, json!(model))]).unwrap();
}

struct Followed {
    first: Snapshot,
    told: mpsc::UnboundedReceiver<Snapshot>,
    reload: Reload,
    _task: JoinSet<std::convert::Infallible>,
}

impl Followed {
    async fn start(folder: &Path) -> Self {
        let live = LiveCatalog::open(Some(folder)).await.unwrap();
        let first = live.snapshot().clone();
        let (tell, told) = mpsc::unbounded_channel();
        let reload: Reload = Arc::new(Notify::new());
        let mut task = JoinSet::new();
        task.spawn(live.follow(Arc::clone(&reload), move |snapshot| {
            tell.send(snapshot.clone()).unwrap_or_default();
        }));
        Self { first, told, reload, _task: task }
    }

    async fn next(&mut self) -> Snapshot {
        let told = timeout(PROMISE + SLACK, self.told.recv()).await;
        told.expect("a change is seen in time").expect("it follows")
    }
}

fn active_model(snapshot: &Snapshot) -> Option<&str> {
    snapshot.contents.settings.active_model()
}

/// The clock stands still while anything is done, and jumps to the next look when nothing is.
#[tokio::test(start_paused = true)]
async fn a_change_is_seen_with_and_without_being_told() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = owner(&folder);
    let mut followed = Followed::start(folder.path()).await;
    assert_eq!(followed.first.fault, None);
    assert_eq!(followed.first.contents.settings.active_provider(), Some("qwen-proxy"));
    for model in ["a", "b", "c"] {
        let begun = Instant::now();
        set(&catalog, model);
        assert_eq!(active_model(&followed.next().await), Some(model));
        assert!(begun.elapsed() < PROMISE);
    }
    let begun = Instant::now();
    set(&catalog, "told");
    followed.reload.notify_one();
    assert_eq!(active_model(&followed.next().await), Some("told"));
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn nothing_is_read_again_where_nothing_changed() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = owner(&folder);
    set(&catalog, "a");
    let live = LiveCatalog::open(Some(folder.path())).await.unwrap();
    assert!(!live.is_due(), "reading it must not make it look different");
    set(&catalog, "b");
    assert!(live.is_due());
}

#[tokio::test]
async fn a_catalog_that_is_not_made_yet_is_that_of_a_first_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut followed = Followed::start(folder.path()).await;
    assert_eq!(followed.first.fault, None);
    assert_eq!(followed.first.contents.providers.len(), 3);
    set(&owner(&folder), "made");
    loop {
        if active_model(&followed.next().await) == Some("made") {
            break;
        }
    }
}

#[tokio::test]
async fn damage_and_absence_cost_nobody_what_was_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(CATALOG_FILE);
    set(&owner(&folder), "kept");
    let good = fs::read(&path).unwrap();
    let mut followed = Followed::start(folder.path()).await;
    fs::write(&path, "this is no database, and long enough to be looked at").unwrap();
    let damaged = followed.next().await;
    assert!(damaged.fault.as_deref().unwrap().contains("cannot be read"), "{damaged:?}");
    assert_eq!(active_model(&damaged), Some("kept"));
    fs::remove_file(&path).unwrap();
    let gone = followed.next().await;
    assert!(gone.fault.as_deref().unwrap().contains("not there any more"), "{gone:?}");
    assert_eq!(active_model(&gone), Some("kept"));
    fs::write(&path, good).unwrap();
    let mended = followed.next().await;
    assert_eq!((active_model(&mended), &mended.fault), (Some("kept"), &None));
}

#[tokio::test]
async fn what_could_never_be_read_holds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(CATALOG_FILE), "this is no database").unwrap();
    let live = LiveCatalog::open(Some(folder.path())).await.unwrap();
    assert!(live.snapshot().fault.is_some());
    assert_eq!(live.snapshot().contents.providers.len(), 0);
    let nowhere = LiveCatalog::open(None).await.unwrap();
    assert!(nowhere.snapshot().fault.as_deref().unwrap().contains("--data-dir"));
}

#[tokio::test]
async fn that_of_a_newer_program_is_refused_at_first_and_costs_nothing_later() {
    /// Where SQLite keeps the version of our tables.
    const VERSION_AT: std::ops::Range<usize> = 60..64;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(CATALOG_FILE);
    set(&owner(&folder), "kept");
    let mut followed = Followed::start(folder.path()).await;
    let mut newer = fs::read(&path).unwrap();
    newer[VERSION_AT].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&path, newer).unwrap();
    let refused = LiveCatalog::open(Some(folder.path())).await.unwrap_err().to_string();
    assert!(refused.contains("made by a newer Signalbox"), "{refused}");
    let snapshot = followed.next().await;
    assert!(snapshot.fault.is_some());
    assert_eq!(active_model(&snapshot), Some("kept"));
}
