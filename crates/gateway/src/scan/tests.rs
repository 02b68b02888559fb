//! What is found in documents and streams, in whatever pieces they come.

use super::{Found, LONGEST_MARK, MARKS, Scanner};

fn shown(found: &Found<'_>) -> String {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    match found {
        Found::Usage(value) => format!("usage {}", text(value)),
        Found::Timings(value) => format!("timings {}", text(value)),
        Found::Error(value) => format!("error {}", text(value)),
        Found::ErrorObject(value) => format!("object {}", text(value)),
        Found::ErrorEvent(value) => format!("event {}", text(value)),
        Found::Choices(true) => "choice".to_owned(),
        Found::Choices(false) => "no choice".to_owned(),
        Found::Finished => "finished".to_owned(),
        Found::LastEvent => "last".to_owned(),
        Found::LastLine => "done".to_owned(),
        Found::EventNumber(value) => format!("number {}", text(value)),
    }
}

fn scan(mut scanner: Scanner, chunks: &[&[u8]]) -> Vec<String> {
    let mut all = Vec::new();
    for chunk in chunks {
        scanner.scan(chunk, |found| all.push(shown(&found)));
    }
    all
}

/// Whole, byte by byte, and cut in two wherever that is possible.
#[track_caller]
fn check(new: fn() -> Scanner, text: &str, expected: &[&str]) {
    let bytes = text.as_bytes();
    assert_eq!(scan(new(), &[bytes]), expected, "{text:?} whole");
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(scan(new(), &single), expected, "{text:?} byte by byte");
    for at in 0..=bytes.len() {
        let (left, right) = bytes.split_at(at);
        let told = scan(new(), &[left, b"", right]);
        assert_eq!(told, expected, "{text:?} cut at {at}");
    }
}

#[track_caller]
fn stream(text: &str, expected: &[&str]) {
    check(Scanner::of_event_stream, text, expected);
}

#[track_caller]
fn document(text: &str, expected: &[&str]) {
    check(Scanner::of_document, text, expected);
}

#[test]
fn no_mark_is_longer_than_the_longest() {
    assert_eq!(MARKS.iter().map(|(name, _)| name.len()).max(), Some(LONGEST_MARK));
}

#[test]
fn members_of_events() {
    stream(
        "data: {\"choices\":[{\"finish_reason\":null}],\"usage\":null}\n\n\
         data: {\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\" : {\"a\":{\"b\":1}} }\n\n\
         data: [DONE]\n\n",
        &["choice", "choice", "finished", "usage {\"a\":{\"b\":1}}", "done"],
    );
    stream(
        "data:{\"timings\":{\"n\":1}}\r\n\r\ndata:[DONE]\r\n\r\n",
        &["timings {\"n\":1}", "done"],
    );
    stream(
        "event: error\ndata: {\"error\":{\"message\":\"}{\\\"\"}}",
        &["error {\"message\":\"}{\\\"\"}"],
    );
    stream("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", &["last"]);
    stream("data: {\"type\":\"response.incomplete\",\"r\":{\"usage\":{}}}", &["last", "usage {}"]);
}

#[test]
fn choices() {
    stream(
        "data: {\"choices\":[]}\n\ndata: {\"choices\" : [ {\"text\":\"a\"}]}\n\ndata: {\"choices\":[",
        &["no choice", "choice"],
    );
    document("{\"choices\": [\n]}", &["no choice"]);
}

#[test]
fn objects_that_are_errors() {
    stream(
        "data: {\"object\":\"error\",\"message\":\"}\",\"code\":400}\n\ndata: [DONE]\n\n",
        &["object {\"message\":\"}\",\"code\":400}", "done"],
    );
    document("{\"object\": \"error\" , \"message\": {}}", &["object { \"message\": {}}"]);
    stream(
        "event: error\ndata: {\"type\":\"error\",\ndata:\"message\":\"m\",\"sequence_number\":3}\n\n",
        &["event {\"message\":\"m\",\"sequence_number\":3}", "number 3"],
    );
    stream(
        "data: {\"error\":{\"message\":\"m\",\"type\":\"error\"}}\n\n",
        &["error {\"message\":\"m\",\"type\":\"error\"}"],
    );
}

#[test]
fn numbers_of_events() {
    stream(
        "data: {\"type\":\"response.created\",\"sequence_number\":0}\n\n\
         data: {\"sequence_number\" : 17, \"sequence_number\":\"x\"}\n\ndata: {\"sequence_number\":1",
        &["number 0", "number 17"],
    );
}

#[test]
fn an_event_of_many_lines() {
    stream(
        "data: {\"usage\"\r\ndata: :\r\n: {\"usage\":{}}\r\ndata: {\"a\":\r\nid: 7\r\ndata:1}}\r\n\r\n",
        &["usage {\"a\":1}"],
    );
    // An event that ends too soon ends its members too.
    stream("data: {\"usage\":{\"a\":\n\ndata: 1}}\n\n", &[]);
}

#[test]
fn lines_may_end_in_any_way() {
    for end in ["\n", "\r\n", "\r"] {
        let text = "data: {\"usage\"\ndata: :\n: {\"usage\":{}}\ndata: {\"a\":\ndata:1}}\n\n\
                    :data: [DONE]\ndata: {\"usage\":{\"b\":\n\ndata: 1}}\n\ndata: [DONE]\n\n";
        stream(&text.replace('\n', end), &["usage {\"a\":1}", "done"]);
    }
}

#[test]
fn what_only_looks_like_a_member() {
    stream(": {\"usage\":{\"a\":1}}\n\n:data: [DONE]\n", &[]);
    stream("data: {\"content\":\"\\\"usage\\\":{} data: [DONE]\"}\n\n", &[]);
    stream("data: {\"a\":\"usage\",\"b\":[\"usage\"],\"error\":\"no\",\"usage\":[{}]}\n\n", &[]);
    stream("data: [DO]\n\nid: data: [DONE]\n\n", &[]);
    document("{\"content\":\"data: [DONE]\\n\",\"usage\":1}", &[]);
}

#[test]
fn members_of_documents() {
    document("{\n \"usage\"\n:\n{ \"a\"\n: 1 }\n,\"error\":null}", &["usage { \"a\"\n: 1 }"]);
    document("{\"data\":[1,2],\"usage\":{\"a\":1}}\n", &["usage {\"a\":1}"]);
}

#[test]
fn what_is_kept_is_bounded() {
    for new in [Scanner::of_document, Scanner::of_event_stream] {
        let mut scanner = new();
        for _ in 0..1000 {
            scanner.scan(b"{\"usage\":{\"a\":\"", |found| panic!("{found:?}"));
            scanner.scan(&[b'x'; 1000], |found| panic!("{found:?}"));
            assert!(scanner.begun.len() < 8 * 1024, "{}", scanner.begun.len());
        }
        scanner.scan(b"\"}},\"usage\":{\"b\":2}", |_| ());
    }
}
