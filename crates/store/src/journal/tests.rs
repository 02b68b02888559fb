//! The journal in a file of its own.

use super::*;

mod retention;

const MB: u64 = 1_000_000;

fn record(seq: u64, process: &str) -> Record {
    let payload = format!("{{\"seq\":{seq}}}");
    Record { seq, process: process.into(), generation: seq, payload: payload.into() }
}

#[test]
fn gives_back_what_it_was_given_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signalbox.db");
    let (journal, opened) = Journal::open(&path, MB);
    assert_eq!((opened.last_seq, opened.warnings.len()), (0, 0));
    for seq in 1..=10 {
        journal.append(record(seq, if seq % 2 == 0 { "even" } else { "odd" }));
    }
    journal.flush();
    drop(journal);
    let (journal, opened) = Journal::open(&path, MB);
    assert_eq!(opened.last_seq, 10);
    assert_eq!(opened.generations["odd"], 9);
    let page = journal.page(Some("even"), 3, 2).unwrap();
    assert_eq!(page.records.iter().map(|record| record.seq).collect::<Vec<_>>(), [4, 6]);
    assert!(page.more);
    assert_eq!(&*page.records[0].payload, "{\"seq\":4}");
}

#[test]
fn sets_a_damaged_file_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signalbox.db");
    std::fs::write(&path, [b'x'; 9_000]).unwrap();
    let (journal, opened) = Journal::open(&path, MB);
    assert_eq!(opened.warnings.len(), 1, "{:?}", opened.warnings);
    assert!(folder.path().join("signalbox.damaged-1").exists());
    journal.append(record(1, "a"));
    journal.flush();
    assert_eq!(journal.page(None, 0, 10).unwrap().records.len(), 1);
}

#[test]
fn goes_on_in_a_new_file_where_it_was_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept/signalbox.db");
    std::fs::create_dir(folder.path().join("kept")).unwrap();
    let (journal, _) = Journal::open(&path, MB);
    journal.append(record(1, "a"));
    journal.flush();
    std::fs::remove_dir_all(folder.path().join("kept")).unwrap();
    journal.append(record(2, "a"));
    journal.flush();
    let numbers = |journal: &Journal| -> Vec<_> {
        journal.page(None, 0, 10).unwrap().records.iter().map(|record| record.seq).collect()
    };
    assert_eq!(numbers(&journal), [2]);
    drop(journal);
    assert_eq!(numbers(&Journal::open(&path, MB).0), [2]);
}

#[test]
fn keeps_nothing_where_it_cannot_write_and_says_so() {
    let (journal, opened) = Journal::open(Path::new("/proc/none/signalbox.db"), MB);
    assert_eq!(opened.warnings.len(), 1);
    journal.append(record(1, "a"));
    journal.flush();
    assert!(journal.page(None, 0, 10).unwrap().records.is_empty());
}
