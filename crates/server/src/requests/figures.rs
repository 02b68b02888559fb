//! Figures of requests for Prometheus, by process, provider and model.
//!
//! What a model is called is up to whoever asks, and a label for every name would fill the memory here and in the
//! database that collects them. Only a model that an upstream has answered for gets labels of its own, and only so many
//! do: all others count together, as `other`.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use api::RequestRow;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// How many combinations of process, provider and model have labels of their own.
const MOST_LABELS: usize = 200;

/// The model of those that have none of their own, and the provider of those that went nowhere.
const OTHER: &str = "other";
const NONE: &str = "none";

/// From a local model's first token to a thinking one's last, in seconds.
const BUCKETS: [f64; 14] =
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0];

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub(crate) struct Route {
    process: Arc<str>,
    provider: Arc<str>,
    model: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    process: Arc<str>,
    provider: Arc<str>,
    model: Arc<str>,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tokens {
    process: Arc<str>,
    provider: Arc<str>,
    model: Arc<str>,
    kind: &'static str,
}

type Histograms = Family<Route, Histogram, fn() -> Histogram>;

/// All figures of requests that have ended.
#[derive(Debug)]
pub(crate) struct Figures {
    known: Mutex<HashSet<Route>>,
    ended: Family<Ended, Counter>,
    upstream_errors: Family<Ended, Counter>,
    first_token: Histograms,
    total: Histograms,
    tokens: Family<Tokens, Counter>,
    /// What proxies had to tell and could not, because nobody read it in time.
    pub(super) lost: Counter,
}

impl Default for Figures {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        Self {
            known: Mutex::default(),
            ended: Family::default(),
            upstream_errors: Family::default(),
            first_token: Family::new_with_constructor(histogram),
            total: Family::new_with_constructor(histogram),
            tokens: Family::default(),
            lost: Counter::default(),
        }
    }
}

impl Figures {
    /// Has them encoded with all others.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let ended = self.ended.clone();
        registry.register("proxy_requests", "Requests that have ended, by outcome", ended);
        let errors = self.upstream_errors.clone();
        let help = "Requests that failed because of the upstream, by outcome";
        registry.register("proxy_upstream_errors", help, errors);
        let help = "From a request's beginning to the first token of a stream";
        registry.register("proxy_first_token_seconds", help, self.first_token.clone());
        let help = "From a request's beginning to its end";
        registry.register("proxy_request_seconds", help, self.total.clone());
        registry.register("proxy_tokens", "Tokens of prompts and answers", self.tokens.clone());
        let help = "Notes of requests that were lost, because there were too many at once";
        registry.register("proxy_notes_lost", help, self.lost.clone());
    }

    /// A request has ended.
    pub(super) fn count(&self, row: &RequestRow) {
        let route = self.route(row);
        let Some(outcome) = row.outcome else { return };
        let Route { process, provider, model } = route.clone();
        let ended = Ended { process, provider, model, outcome: outcome.name() };
        self.ended.get_or_create(&ended).inc();
        if outcome.is_upstream_fault() {
            self.upstream_errors.get_or_create(&ended).inc();
        }
        if let Some(first_token_ms) = row.first_token_ms {
            self.first_token.get_or_create(&route).observe(first_token_ms / 1e3);
        }
        if let Some(total_ms) = row.total_ms {
            self.total.get_or_create(&route).observe(total_ms / 1e3);
        }
        self.count_tokens(&route, "prompt", row.prompt_tokens);
        self.count_tokens(&route, "completion", row.completion_tokens);
    }

    fn count_tokens(&self, route: &Route, kind: &'static str, count: Option<u64>) {
        let Some(count) = count else { return };
        let Route { process, provider, model } = route.clone();
        self.tokens.get_or_create(&Tokens { process, provider, model, kind }).inc_by(count);
    }

    /// The labels of a request.
    pub(crate) fn route(&self, row: &RequestRow) -> Route {
        let provider = row.provider.clone().unwrap_or_else(|| NONE.into());
        let model = row.model.clone().unwrap_or_else(|| NONE.into());
        let route = Route { process: Arc::clone(&row.process), provider, model };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_answered = row.status.is_some_and(|status| (200..300).contains(&status));
        let is_known = known.contains(&route)
            || is_answered && known.len() < MOST_LABELS && known.insert(route.clone());
        if is_known { route } else { Route { model: OTHER.into(), ..route } }
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text;

    use super::*;

    fn row(model: &str, status: u16) -> RequestRow {
        let entry = request_log::Entry {
            model: Some(model.into()),
            provider: Some("p".into()),
            status: Some(status),
            outcome: Some(if status == 200 {
                request_log::Outcome::Complete
            } else {
                request_log::Outcome::UpstreamError
            }),
            prompt_tokens: Some(3),
            first_token_ms: Some(20.0),
            total_ms: Some(40.0),
            ..request_log::Entry::default()
        };
        super::super::row::of_entry(1, &"router".into(), 1, entry)
    }

    fn encoded(figures: &Figures) -> String {
        let mut registry = Registry::default();
        figures.register(&mut registry);
        let mut text = String::new();
        text::encode(&mut text, &registry).unwrap();
        text
    }

    #[test]
    fn every_ended_request_counts_once() {
        let figures = Figures::default();
        for status in [200, 200, 500] {
            figures.count(&row("m", status));
        }
        let text = encoded(&figures);
        let route = r#"process="router",provider="p",model="m""#;
        for line in [
            format!("proxy_requests_total{{{route},outcome=\"complete\"}} 2"),
            format!("proxy_requests_total{{{route},outcome=\"upstream_error\"}} 1"),
            format!("proxy_upstream_errors_total{{{route},outcome=\"upstream_error\"}} 1"),
            format!("proxy_tokens_total{{{route},kind=\"prompt\"}} 9"),
            format!("proxy_request_seconds_count{{{route}}} 3"),
            format!("proxy_first_token_seconds_bucket{{le=\"0.025\",{route}}} 3"),
        ] {
            assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
        }
    }

    #[test]
    fn names_that_anybody_makes_up_fill_nothing() {
        let figures = Figures::default();
        for number in 0..1_000 {
            figures.count(&row(&format!("made-up-{number}"), 404));
        }
        figures.count(&row("real", 200));
        let text = encoded(&figures);
        assert!(!text.contains("made-up"), "{text}");
        assert!(text.contains(r#"model="other",outcome="upstream_error"} 1000"#), "{text}");
        assert!(text.contains(r#"model="real""#), "{text}");
        for number in 0..1_000 {
            figures.count(&row(&format!("model-{number}"), 200));
        }
        let text = encoded(&figures);
        let own = text.lines().filter(|line| line.starts_with("proxy_requests_total")).count();
        assert_eq!(own, MOST_LABELS + 2, "and the others, with each outcome");
    }
}
