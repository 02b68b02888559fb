//! What is kept, and how much room it takes.

use std::fs;

use super::{MB, record};
use crate::journal::{Journal, Record};

/// With 2 KB of text.
fn heavy(seq: u64, process: &str) -> Record {
    Record { payload: "x".repeat(2_000).into(), ..record(seq, process) }
}

/// Gives the journal such events, and has them written a hundred at a time.
fn fill(journal: &Journal, numbers: std::ops::RangeInclusive<u64>) {
    for seq in numbers {
        journal.append(heavy(seq, "loud"));
        if seq % 100 == 0 {
            journal.flush();
        }
    }
    journal.flush();
}

fn numbers(journal: &Journal) -> Vec<u64> {
    journal.page(None, 0, usize::MAX).unwrap().records.iter().map(|record| record.seq).collect()
}

/// How big a file in a folder is; 0 where there is none.
fn size(folder: &tempfile::TempDir, name: &str) -> u64 {
    fs::metadata(folder.path().join(name)).map_or(0, |found| found.len())
}

/// The newest events, without a hole, as many as have room, in a file with room for one more batch.
#[track_caller]
fn check_full(journal: &Journal, folder: &tempfile::TempDir, last: u64) {
    let kept = numbers(journal);
    let count = kept.len() as u64;
    assert!((400..=500).contains(&count), "{count} events of 2 KB are kept");
    assert_eq!(kept, (last + 1 - count..=last).collect::<Vec<_>>());
    assert!(size(folder, "j.db") < MB + MB / 4, "{} bytes", size(folder, "j.db"));
}

#[test]
fn the_oldest_make_room_for_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(&folder.path().join("j.db"), MB);
    fill(&journal, 1..=4_000);
    check_full(&journal, &folder, 4_000);
}

#[test]
fn so_they_do_where_each_run_of_the_server_writes_little() {
    let folder = tempfile::tempdir().unwrap();
    for run in 0..30 {
        let (journal, _) = Journal::open(&folder.path().join("j.db"), MB);
        fill(&journal, run * 50 + 1..=run * 50 + 50);
    }
    let (journal, opened) = Journal::open(&folder.path().join("j.db"), MB);
    assert_eq!(opened.last_seq, 1_500);
    check_full(&journal, &folder, 1_500);
}

#[test]
fn the_last_event_of_a_process_stays_however_long_ago_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(&folder.path().join("j.db"), MB);
    journal.append(record(1, "quiet"));
    journal.append(record(2, "quiet"));
    fill(&journal, 3..=2_000);
    drop(journal);
    let (journal, opened) = Journal::open(&folder.path().join("j.db"), MB);
    assert_eq!((opened.generations["quiet"], opened.generations["loud"]), (2, 2_000));
    let page = journal.page(Some("quiet"), 0, 10).unwrap();
    assert_eq!(page.records.iter().map(|record| record.seq).collect::<Vec<_>>(), [2]);
    assert!(numbers(&journal)[1] > 1_000);
}

#[test]
fn a_file_that_was_allowed_to_be_bigger_becomes_smaller() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(&folder.path().join("j.db"), 100 * MB);
    fill(&journal, 1..=4_000);
    drop(journal);
    assert!(size(&folder, "j.db") > 8 * MB);
    let (journal, opened) = Journal::open(&folder.path().join("j.db"), MB);
    assert_eq!(opened.last_seq, 4_000);
    journal.flush();
    check_full(&journal, &folder, 4_000);
}

#[test]
fn one_great_batch_leaves_no_great_side_file() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(&folder.path().join("j.db"), 100 * MB);
    for seq in 1..=4_000 {
        journal.append(heavy(seq, "loud"));
    }
    journal.flush();
    assert!(size(&folder, "j.db-wal") > 8 * MB);
    // It is begun from its start by the next one.
    fill(&journal, 4_001..=4_001);
    assert!(size(&folder, "j.db-wal") < 5 * MB, "{} bytes", size(&folder, "j.db-wal"));
}
