//! Which requests somebody asks for.

use api::{RequestOutcome, RequestRow};
use store::RequestQuery;

/// Which requests somebody asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) before: Option<u64>,
    pub(crate) limit: usize,
    pub(crate) process: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) end: Option<End>,
}

/// How a request is to have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Not yet.
    InFlight,
    /// Like this.
    With(RequestOutcome),
}

impl End {
    const IN_FLIGHT: &str = "in_flight";

    /// By its name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        if name == Self::IN_FLIGHT {
            return Some(Self::InFlight);
        }
        let outcome = RequestOutcome::ALL.into_iter().find(|outcome| outcome.name() == name);
        outcome.map(Self::With)
    }

    /// All names there are.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        let outcomes = RequestOutcome::ALL.into_iter().map(RequestOutcome::name);
        outcomes.chain([Self::IN_FLIGHT])
    }
}

impl Filter {
    /// Whether it lets a request through; how many there may be, and before which, is not looked at.
    pub(super) fn lets_through(&self, row: &RequestRow) -> bool {
        let is = |wanted: &Option<String>, text: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| text == Some(wanted))
        };
        is(&self.process, Some(&row.process))
            && is(&self.model, row.model.as_deref())
            && is(&self.provider, row.provider.as_deref())
            && match self.end {
                None => true,
                Some(End::InFlight) => row.outcome.is_none(),
                Some(End::With(outcome)) => row.outcome == Some(outcome),
            }
    }

    /// For those that have ended; none if no such one is asked for.
    pub(super) fn query(&self) -> Option<RequestQuery> {
        let outcome = match self.end {
            Some(End::InFlight) => return None,
            Some(End::With(outcome)) => Some(outcome.name().to_owned()),
            None => None,
        };
        let Self { before, limit, process, model, provider, end: _ } = self.clone();
        Some(RequestQuery { before, limit, process, model, provider, outcome })
    }
}
