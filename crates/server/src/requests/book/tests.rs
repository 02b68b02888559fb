//! Requests from their beginning to their end, and who hears of it.

use request_log::{Entry, Outcome};

use super::*;

const NOW: u64 = 1_767_225_600_500;

struct Stage {
    book: Book,
    router: ConnectionId,
}

impl Stage {
    fn new() -> Self {
        let mut book = Book::new(1);
        let router = greet(&mut book, "router");
        Self { book, router }
    }

    fn hear(&mut self, key: u64, outcome: Option<Outcome>) {
        let entry = Entry { time: NOW - 500, outcome, ..Entry::default() };
        let ended = self.book.hear(self.router, Row { key, entry });
        assert_eq!(ended.is_some(), outcome.is_some());
    }

    fn begin(&mut self, key: u64) {
        self.hear(key, None);
    }

    fn end(&mut self, key: u64) {
        self.hear(key, Some(Outcome::Complete));
    }

    /// The numbers and the ends of those that are listed.
    fn list(&mut self, filter: Filter) -> Vec<(u64, Option<RequestOutcome>)> {
        seen(&self.book.list(&filter))
    }

    fn news(&mut self) -> Vec<(u64, Option<RequestOutcome>)> {
        self.book.take_news().map(|update| seen(&update.items)).unwrap_or_default()
    }
}

fn greet(book: &mut Book, process: &str) -> ConnectionId {
    book.greet(Source { process: process.to_owned(), generation: 3, pid: 1 })
}

fn seen(rows: &[Arc<RequestRow>]) -> Vec<(u64, Option<RequestOutcome>)> {
    rows.iter().map(|row| (row.id, row.outcome)).collect()
}

fn all() -> Filter {
    Filter { limit: 10, ..Filter::default() }
}

const COMPLETE: Option<RequestOutcome> = Some(RequestOutcome::Complete);
const CRASHED: Option<RequestOutcome> = Some(RequestOutcome::Crashed);

#[test]
fn numbers_grow_in_the_order_of_beginnings() {
    let mut stage = Stage::new();
    stage.begin(70);
    stage.end(80);
    stage.begin(70);
    stage.end(70);
    let qwen = greet(&mut stage.book, "qwen");
    stage.book.hear(qwen, Row { key: 70, entry: Entry::default() });
    assert_eq!(stage.list(all()), [(3, None), (2, COMPLETE), (1, COMPLETE)]);
}

#[test]
fn lists_are_what_was_asked_for() {
    let mut stage = Stage::new();
    (1..=4).for_each(|key| stage.begin(key));
    stage.end(2);
    assert_eq!(stage.list(Filter { limit: 2, ..all() }), [(4, None), (3, None)]);
    assert_eq!(stage.list(Filter { before: Some(3), ..all() }), [(2, COMPLETE), (1, None)]);
    let end = Some(super::super::End::InFlight);
    assert_eq!(stage.list(Filter { end, before: Some(4), ..all() }), [(3, None), (1, None)]);
    let process = Some("qwen".to_owned());
    assert_eq!(stage.list(Filter { process, ..all() }), []);
}

#[test]
fn what_is_in_flight_when_a_proxy_dies_has_crashed_and_nothing_else() {
    let mut stage = Stage::new();
    let qwen = greet(&mut stage.book, "qwen");
    stage.book.hear(qwen, Row { key: 1, entry: Entry::default() });
    (1..=3).for_each(|key| stage.begin(key));
    stage.end(2);
    let crashed = stage.book.lose(stage.router, NOW);
    assert_eq!(seen(&crashed), [(2, CRASHED), (4, CRASHED)]);
    assert_eq!(crashed[0].total_ms, Some(500.0));
    assert_eq!(crashed[0].error.as_deref(), Some("router died while the request was in flight"));
    assert_eq!(stage.list(all())[3], (1, None), "that of the other proxy goes on");
    assert_eq!(stage.book.in_flight().len(), 1);
    assert!(stage.book.lose(stage.router, NOW).is_empty());
}

#[test]
fn what_the_killed_server_left_has_crashed() {
    let mut stage = Stage::new();
    stage.begin(1);
    let mut row = (*stage.book.in_flight()[0]).clone();
    row.id = 7;
    let mut book = Book::new(8);
    book.bring_back(row);
    let (_, written, next_id) = book.next_batch();
    assert_eq!((seen(&written), next_id), (vec![(7, CRASHED)], 8));
}

#[test]
fn each_change_is_written_once_and_only_what_is_on_disk_is_forgotten() {
    let mut stage = Stage::new();
    stage.begin(1);
    stage.end(2);
    let (first, rows, next_id) = stage.book.next_batch();
    assert_eq!((seen(&rows), next_id), (vec![(1, None), (2, COMPLETE)], 3));
    stage.end(1);
    let (second, rows, _) = stage.book.next_batch();
    assert_eq!(seen(&rows), [(1, COMPLETE)]);
    stage.begin(3);
    let (third, ..) = stage.book.next_batch();
    stage.book.forget(first);
    assert_eq!(stage.list(all()), [(3, None), (1, COMPLETE)]);
    stage.book.forget(second);
    stage.book.forget(third);
    assert_eq!(stage.list(all()), [(3, None)], "what is in flight stays");
    assert!(stage.book.next_batch().1.is_empty());
}

#[test]
fn a_disk_that_takes_nothing_does_not_fill_the_memory() {
    let mut stage = Stage::new();
    for key in 0..200_000 {
        stage.end(key);
        if key.is_multiple_of(1_000) {
            stage.book.next_batch();
            stage.book.forget(0);
        }
    }
    assert!(stage.book.held.len() <= MOST_HELD + 1_000, "{}", stage.book.held.len());
}

#[test]
fn changes_are_told_once_while_somebody_listens() {
    let mut stage = Stage::new();
    stage.begin(1);
    assert!(!stage.book.has_listeners());
    stage.book.listen(true);
    assert_eq!(stage.news(), []);
    stage.begin(2);
    stage.end(2);
    stage.end(1);
    assert_eq!(stage.news(), [(1, COMPLETE), (2, COMPLETE)]);
    assert_eq!(stage.news(), []);
    stage.book.listen(false);
    stage.end(3);
    stage.book.listen(true);
    assert_eq!(stage.news(), []);
}

#[test]
fn under_a_great_load_some_are_skipped_but_no_end_of_what_was_seen_in_flight() {
    let mut stage = Stage::new();
    stage.book.listen(true);
    stage.begin(1);
    assert_eq!(stage.news(), [(1, None)]);
    stage.begin(2);
    stage.list(Filter { limit: 1, ..all() });
    (3..2_003).for_each(|key| stage.end(key));
    stage.end(1);
    stage.end(2);
    let update = stage.book.take_news().unwrap();
    assert_eq!(update.items.len() as u64 + update.skipped, 2_002);
    assert!(update.items.len() <= MOST_NEWS + 2);
    assert_eq!(seen(&update.items)[..2], [(1, COMPLETE), (2, COMPLETE)]);
}

#[test]
fn what_is_cleared_is_told_and_what_is_in_flight_stays() {
    let mut stage = Stage::new();
    stage.book.listen(true);
    stage.begin(1);
    stage.end(2);
    stage.book.forget_ended();
    let update = stage.book.take_news().unwrap();
    assert_eq!((seen(&update.items), update.cleared), (vec![(1, None)], Some(2)));
    assert_eq!(stage.list(all()), [(1, None)]);
    assert_eq!(stage.news(), []);
}
