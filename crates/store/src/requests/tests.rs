//! What is kept, for how long, and what becomes of bad files.

use super::*;

fn request(id: u64, outcome: Option<&str>) -> StoredRequest {
    StoredRequest {
        id,
        process: if id.is_multiple_of(2) { "even".into() } else { "odd".into() },
        model: Some("m".into()),
        provider: None,
        outcome: outcome.map(Arc::from),
        payload: format!("{{\"id\":{id}}}").into(),
    }
}

fn ended(ids: std::ops::RangeInclusive<u64>) -> Vec<StoredRequest> {
    ids.map(|id| request(id, Some("complete"))).collect()
}

fn open_in(folder: &tempfile::TempDir) -> (RequestStore, OpenedRequests) {
    RequestStore::open(&folder.path().join(REQUESTS_FILE))
}

fn write(store: &RequestStore, requests: Vec<StoredRequest>, keep: u64, next_id: u64) {
    store.write(RequestBatch { number: store.written() + 1, requests, keep, next_id });
    store.flush();
}

fn ids(store: &RequestStore, query: RequestQuery) -> Vec<u64> {
    store.page(&query).unwrap().iter().map(|request| request.id).collect()
}

fn all() -> RequestQuery {
    RequestQuery { limit: usize::MAX, ..RequestQuery::default() }
}

#[test]
fn gives_back_what_it_was_given_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (store, opened) = open_in(&folder);
    assert_eq!((opened.next_id, opened.warnings.len()), (1, 0));
    write(&store, ended(1..=10), 100, 11);
    store.close();
    drop(store);
    let (store, opened) = open_in(&folder);
    assert_eq!((opened.next_id, opened.unfinished.len()), (11, 0), "{:?}", opened.warnings);
    assert_eq!(store.page(&all()).unwrap()[9], request(1, Some("complete")));
    let query = RequestQuery { before: Some(9), limit: 2, ..RequestQuery::default() };
    assert_eq!(ids(&store, query.clone()), [8, 7]);
    let even = RequestQuery { process: Some("even".to_owned()), ..query };
    assert_eq!(ids(&store, even.clone()), [8, 6]);
    for none in [
        RequestQuery { model: Some("x".to_owned()), ..even.clone() },
        RequestQuery { provider: Some("p".to_owned()), ..even.clone() },
        RequestQuery { outcome: Some("crashed".to_owned()), ..even },
    ] {
        assert!(ids(&store, none.clone()).is_empty(), "{none:?}");
    }
}

#[test]
fn what_was_in_flight_is_found_again_and_its_end_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open_in(&folder);
    write(&store, vec![request(1, None), request(2, Some("complete")), request(3, None)], 100, 4);
    write(&store, vec![request(3, Some("complete"))], 100, 4);
    assert_eq!(ids(&store, all()), [3, 2], "what is in flight is not the store's to tell");
    drop(store);
    let (_store, opened) = open_in(&folder);
    assert_eq!(opened.unfinished, [request(1, None)]);
}

#[test]
fn keeps_no_more_than_it_should() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open_in(&folder);
    write(&store, vec![request(1, None)], 5, 2);
    write(&store, ended(2..=20), 5, 21);
    assert_eq!(ids(&store, all()), [20, 19, 18, 17], "and the one in flight");
    write(&store, vec![], 2, 21);
    assert_eq!(ids(&store, all()), [20]);
    write(&store, vec![request(1, Some("complete"))], 0, 21);
    assert!(ids(&store, all()).is_empty());
}

#[test]
fn a_number_is_never_given_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open_in(&folder);
    write(&store, ended(1..=3), 10, 4);
    let (_killed, opened) = open_in(&folder);
    assert!(opened.next_id > 4, "numbers that were given but not written are passed over");
    write(&store, vec![], 10, 9);
    store.clear().unwrap();
    assert!(ids(&store, all()).is_empty());
    store.close();
    drop(store);
    assert_eq!(open_in(&folder).1.next_id, 9, "none is passed over after a proper end");
}

#[test]
fn batches_are_counted_when_they_are_done() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open_in(&folder);
    assert_eq!(store.written(), 0);
    store.write(RequestBatch { number: 7, ..RequestBatch::default() });
    store.flush();
    assert_eq!(store.written(), 7);
}

#[test]
fn sets_a_damaged_file_aside() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(REQUESTS_FILE), [b'x'; 9_000]).unwrap();
    let (store, opened) = open_in(&folder);
    assert_eq!(opened.warnings.len(), 1, "{:?}", opened.warnings);
    assert!(folder.path().join("requests.damaged-1").exists());
    write(&store, ended(1..=1), 9, 2);
    assert_eq!(ids(&store, all()), [1]);
}

#[test]
fn keeps_nothing_where_it_cannot_write_and_says_so() {
    let (store, opened) = RequestStore::open(Path::new("/proc/none/requests.db"));
    assert_eq!(opened.warnings.len(), 1);
    store.write(RequestBatch { number: 1, requests: ended(1..=1), keep: 9, next_id: 2 });
    assert!(store.written() >= 1);
    assert!(ids(&store, all()).is_empty());
    assert_eq!(store.fault(), Some(opened.warnings[0].clone()));
    store.clear().unwrap();
}

#[test]
fn what_it_cannot_write_is_said_for_as_long_as_that_is_so() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open_in(&folder);
    assert_eq!(store.fault(), None);
    let somebody = Connection::open(folder.path().join(REQUESTS_FILE)).unwrap();
    somebody.execute_batch("ALTER TABLE requests RENAME TO elsewhere").unwrap();
    write(&store, ended(1..=1), 9, 2);
    let fault = store.fault().unwrap();
    assert!(fault.contains("no such table"), "{fault}");
    somebody.execute_batch("ALTER TABLE elsewhere RENAME TO requests").unwrap();
    write(&store, ended(2..=2), 9, 3);
    assert_eq!(store.fault(), None);
}
