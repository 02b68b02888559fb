//! The auditor inside the server: it hears what all clients hear, and says what it found to whoever asks.

use std::sync::Arc;
use std::time::Duration;

use api::AuditViolation;
use auditor::{Auditor, Report, Violation};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use supervisor::{Supervisor, Told};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::catalog::ms_of;
use crate::metrics::metric;
use crate::routes::snapshot_json;

/// Bounds of the lag, in seconds.
const BUCKETS: [f64; 8] = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0];

/// What is found by comparing what is announced with what is.
#[derive(Clone, Debug)]
pub(crate) struct Audit {
    /// None where the machine had no thread for it.
    auditor: Option<Arc<Auditor>>,
    lag: Histogram,
}

impl Audit {
    pub(crate) fn start(supervisor: &Supervisor) -> Self {
        let lag = Histogram::new(BUCKETS);
        let observed = lag.clone();
        let on_lag = move |lag: Duration| observed.observe(lag.as_secs_f64());
        let started = Auditor::start(supervisor.epoch(), on_lag);
        let auditor =
            started.inspect_err(|error| tracing::warn!(%error, "what is announced is not audited"));
        Self { auditor: auditor.ok().map(Arc::new), lag }
    }

    /// Tells the auditor what is announced, as a client is told it, until the server closes.
    pub(crate) async fn listen(self, supervisor: Supervisor, closing: CancellationToken) {
        let Some(auditor) = self.auditor else { return };
        tokio::select! {
            () = closing.cancelled() => {}
            () = tell(&auditor, &supervisor) => {}
        }
    }

    /// What was found until now; it is looked once more for it. Blocks for some milliseconds.
    pub(crate) fn report(&self) -> api::Audit {
        let report = self.auditor.as_ref().map(|auditor| auditor.report()).unwrap_or_default();
        let Report { age, at, checks, violations, last, .. } = report;
        api::Audit {
            verified_at: at.map(ms_of),
            age: age.map(|age| age.as_secs_f64()),
            checks,
            violations,
            last: last.into_iter().map(violation).collect(),
        }
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        let help = "How long something that was announced was not so, each time";
        registry.register("truth_lag_seconds", help, self.lag.clone());
        registry.register_collector(Box::new(self.clone()));
    }
}

/// A reader that is too slow begins again with the whole state, as any client does.
async fn tell(auditor: &Auditor, supervisor: &Supervisor) {
    loop {
        let (snapshot, mut live) = supervisor.subscribe();
        auditor.hear_all(snapshot_json(snapshot));
        loop {
            match live.recv().await {
                Ok(Told::Event(published)) => auditor.hear(published.json.clone()),
                // What a process says of itself is its own word.
                Ok(Told::Detail(_)) => {}
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return,
            }
        }
    }
}

fn violation(found: Violation) -> AuditViolation {
    let Violation { process, seq, state, what } = found;
    AuditViolation { process, seq, state: state.to_owned(), what }
}

impl Collector for Audit {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let api::Audit { age, checks, violations, .. } = self.report();
        let help = "Announced states that were compared with what is so";
        metric(&mut encoder, "truth_checks", help, &ConstCounter::new(checks))?;
        let help = "Announced states that were not so for longer than can be explained";
        metric(&mut encoder, "truth_violations", help, &ConstCounter::new(violations))?;
        let Some(age) = age else { return Ok(()) };
        let help = "Since what is announced was last compared with what is so";
        metric(&mut encoder, "truth_verified_age_seconds", help, &ConstGauge::new(age))
    }
}
