//! A request as a proxy tells it, as clients see it, and as it is kept.

use std::sync::Arc;

use api::{RequestOutcome, RequestRow};
use request_log::Entry;
use store::StoredRequest;

/// As clients see it.
pub(super) fn of_entry(id: u64, process: &Arc<str>, generation: u64, entry: Entry) -> RequestRow {
    RequestRow {
        id,
        time: entry.time,
        process: Arc::clone(process),
        generation,
        model: entry.model,
        provider: entry.provider,
        status: entry.status,
        outcome: entry.outcome,
        stream: entry.stream,
        prompt_tokens: entry.prompt_tokens,
        completion_tokens: entry.completion_tokens,
        first_token_ms: entry.first_token_ms,
        total_ms: entry.total_ms,
        error: entry.error,
        client: entry.client,
        path: entry.path,
    }
}

/// The same one after the death of its proxy.
pub(super) fn crashed(row: &RequestRow, now_ms: u64) -> RequestRow {
    let why = || format!("{} died while the request was in flight", row.process).into();
    RequestRow {
        outcome: Some(RequestOutcome::Crashed),
        total_ms: Some(now_ms.saturating_sub(row.time) as f64),
        error: Some(row.error.clone().unwrap_or_else(why)),
        ..row.clone()
    }
}

/// As it is kept; none if it cannot be put into words.
pub(super) fn to_store(row: &RequestRow) -> Option<StoredRequest> {
    Some(StoredRequest {
        id: row.id,
        process: Arc::clone(&row.process),
        model: row.model.clone(),
        provider: row.provider.clone(),
        outcome: row.outcome.map(|outcome| outcome.name().into()),
        payload: serde_json::to_string(row).ok()?.into(),
    })
}

/// From what is kept; none for what another version of this program wrote and this one cannot read.
pub(super) fn of_stored(stored: &StoredRequest) -> Option<RequestRow> {
    serde_json::from_str(&stored.payload).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let entry = Entry { path: "/v1/x".into(), model: Some("m".into()), ..Entry::default() };
        let row = of_entry(7, &"a".into(), 3, entry);
        let stored = to_store(&row).unwrap();
        assert_eq!((stored.id, stored.outcome.as_deref()), (7, None));
        assert_eq!(of_stored(&stored), Some(row));
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        let row = of_entry(7, &"a".into(), 3, Entry::default());
        let stored = to_store(&row).unwrap();
        for payload in ["", "{", "[]", r#"{"id":"seven"}"#] {
            assert_eq!(
                of_stored(&StoredRequest { payload: payload.into(), ..stored.clone() }),
                None
            );
        }
    }
}
