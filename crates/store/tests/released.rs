//! A database of each version that was ever released is opened by this program, and nothing of it is lost.
//!
//! The files in `released` are never changed; a new version of a schema adds one.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use store::{Catalog, Journal, RequestQuery, RequestStore};

/// Databases of this kind, one of each version, each in a directory of its own.
fn released(kind: &str) -> Vec<(tempfile::TempDir, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/released");
    let scripts = (1..).map(|version| folder.join(format!("{kind}-{version}.sql")));
    let made = scripts.take_while(|script| script.exists()).map(|script| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(format!("{kind}.db"));
        let sql = fs::read_to_string(script).unwrap();
        Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
        (directory, path)
    });
    let made: Vec<_> = made.collect();
    assert!(!made.is_empty(), "no {kind} was ever released");
    made
}

#[test]
fn every_catalog() {
    for (_directory, path) in released("catalog") {
        let (catalog, contents, warnings) = Catalog::open(&path);
        assert_eq!(warnings, Vec::<String>::new());
        assert!(catalog.is_kept());
        let provider = &contents.providers[0];
        assert_eq!((provider.id.as_str(), provider.priority), ("openai", 7));
        assert_eq!(provider.api_key.as_ref().unwrap().expose(), "sk-kept");
        assert_eq!(contents.models[0].upstream_model, "gpt-5-mini");
        assert_eq!(contents.settings.active_provider(), Some("openai"));
        assert_eq!(contents.qwen.unwrap().api_key.expose(), "sk-qwen");
    }
}

#[test]
fn every_journal() {
    for (_directory, path) in released("journal") {
        let (journal, opened) = Journal::open(&path, 1_000_000);
        assert_eq!(opened.warnings, Vec::<String>::new());
        assert_eq!((opened.last_seq, opened.generations["a"]), (42, 4));
        let page = journal.page(Some("a"), 41, 10).unwrap();
        assert_eq!(&*page.records[0].payload, r#"{"seq":42}"#);
    }
}

#[test]
fn every_log_of_requests() {
    for (_directory, path) in released("requests") {
        let (requests, opened) = RequestStore::open(&path);
        assert_eq!(opened.warnings, Vec::<String>::new());
        assert_eq!((opened.next_id, opened.unfinished[0].id), (8, 7));
        let query = RequestQuery { limit: 10, ..RequestQuery::default() };
        assert_eq!(&*requests.page(&query).unwrap()[0].payload, r#"{"id":6}"#);
    }
}
