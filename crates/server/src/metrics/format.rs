//! The two text formats of figures.
//!
//! Figures are written as OpenMetrics; what older readers take differs from it in a few lines.

use std::collections::HashSet;

use http::{HeaderMap, header};

/// How figures are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// The text format 0.0.4 of Prometheus, which every reader takes.
    Prometheus,
    /// OpenMetrics 1.0.0, for those who name it.
    OpenMetrics,
}

impl Format {
    /// What the `Accept` of a request asks for.
    pub(crate) fn accepted(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT).iter();
        let mut ranges = values.filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
        let named = |range: &str| {
            let essence = range.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/openmetrics-text")
        };
        if ranges.any(named) { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// The `Content-Type` of an answer in it.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// OpenMetrics as Prometheus 0.0.4: a counter is called what its samples are, and no line says that it is the end.
pub(super) fn prometheus(openmetrics: &str) -> String {
    let kinds = openmetrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let counters: HashSet<&str> = kinds.filter_map(|line| line.strip_suffix(" counter")).collect();
    let mut text = String::with_capacity(openmetrics.len());
    for line in openmetrics.lines().filter(|line| *line != "# EOF") {
        match described(line) {
            Some((keyword, name, rest)) if counters.contains(name) => {
                text.extend(["# ", keyword, " ", name, "_total ", rest, "\n"]);
            }
            _ => text.extend([line, "\n"]),
        }
    }
    text
}

/// Keyword, name and the rest of a line that describes a figure.
fn described(line: &str) -> Option<(&str, &str, &str)> {
    let (keyword, rest) = line.strip_prefix("# ")?.split_once(' ')?;
    let (name, rest) = rest.split_once(' ')?;
    Some((keyword, name, rest))
}
