//! Figures for Prometheus.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::Process;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use lifecycle::State as ProcessState;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;
use supervisor::Supervisor;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::app::App;
use crate::audit::Audit;
use crate::requests::{Requests, Route};

mod format;

pub(crate) use format::Format;

/// What the server counts itself; what processes are is read when asked.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    /// Clients of Socket.IO that are connected.
    pub(crate) sockets: Gauge,
    /// Readers of `/api/events` that are connected.
    pub(crate) streams: Gauge,
    /// Clients that were cut off because they were too slow.
    pub(crate) cut_off: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

impl Metrics {
    pub(crate) fn new(
        supervisor: Supervisor,
        started: Instant,
        proxied: &Arc<Requests>,
        audit: &Audit,
    ) -> Self {
        let mut registry = Registry::with_prefix("signalbox");
        let requests = Family::default();
        let (sockets, streams, cut_off) = (Gauge::default(), Gauge::default(), Counter::default());
        registry.register("http_requests", "Requests by route and status", requests.clone());
        registry.register("socketio_clients", "Connected Socket.IO clients", sockets.clone());
        registry.register("event_streams", "Connected readers of /api/events", streams.clone());
        registry.register("clients_cut_off", "Clients that were too slow", cut_off.clone());
        registry.register_collector(Box::new(Processes { supervisor, started }));
        proxied.figures.register(&mut registry);
        registry.register_collector(Box::new(InFlight(Arc::clone(proxied))));
        audit.register(&mut registry);
        Self { registry, requests, sockets, streams, cut_off }
    }

    /// All of it as text.
    pub(crate) fn encode(&self, format: Format) -> Result<String, std::fmt::Error> {
        let mut buffer = String::new();
        text::encode(&mut buffer, &self.registry)?;
        Ok(match format {
            Format::Prometheus => format::prometheus(&buffer),
            Format::OpenMetrics => buffer,
        })
    }
}

/// Counts every request by its route; paths that are none count together, or anybody could fill the memory.
pub(crate) async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let method = method_name(request.method());
    let path = request.extensions().get::<MatchedPath>();
    let route = path.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    let labels = RequestLabels { method, route, status: response.status().as_u16() };
    app.metrics.requests.get_or_create(&labels).inc();
    response
}

fn method_name(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// The requests in flight at the moment of asking.
#[derive(Debug)]
struct InFlight(Arc<Requests>);

impl Collector for InFlight {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let mut counts: BTreeMap<Route, u64> = BTreeMap::new();
        for row in self.0.in_flight() {
            *counts.entry(self.0.figures.route(&row)).or_default() += 1;
        }
        let kind = ConstGauge::<u64>::new(0).metric_type();
        let (name, help) = ("proxy_requests_in_flight", "Requests that have not ended");
        let mut descriptor = encoder.encode_descriptor(name, help, None, kind)?;
        for (route, count) in counts {
            ConstGauge::new(count).encode(descriptor.encode_family(&route)?)?;
        }
        Ok(())
    }
}

/// What the processes are at the moment of asking.
#[derive(Debug)]
struct Processes {
    supervisor: Supervisor,
    started: Instant,
}

impl Collector for Processes {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let snapshot = self.supervisor.snapshot();
        let uptime = ConstGauge::new(self.started.elapsed().as_secs_f64());
        metric(&mut encoder, "uptime_seconds", "Since the server began to accept", &uptime)?;
        let events = ConstCounter::new(snapshot.seq);
        metric(&mut encoder, "events", "Lifecycle events, also of earlier runs", &events)?;
        // A task that is never done would show nowhere else.
        let alive = Handle::try_current().map_or(0, |runtime| runtime.metrics().num_alive_tasks());
        metric(
            &mut encoder,
            "tasks",
            "Tasks of the server that are not done yet",
            &ConstGauge::new(alive as u64),
        )?;
        encode_states(&mut encoder, &snapshot.processes)?;
        let each = |f: fn(&Process) -> f64| {
            snapshot.processes.iter().map(move |one| (one.id.as_str(), f(one)))
        };
        gauges(
            &mut encoder,
            "process_generation",
            "Which start it is",
            each(|one| one.generation as f64),
        )?;
        gauges(
            &mut encoder,
            "process_restarts",
            "Automatic restarts since the last order",
            each(|one| f64::from(one.restarts)),
        )?;
        gauges(
            &mut encoder,
            "process_uptime_seconds",
            "Since it was ready",
            each(|one| one.uptime as f64),
        )?;
        self.encode_usage(&mut encoder, &snapshot.processes)
    }
}

impl Processes {
    fn encode_usage(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        processes: &[Arc<Process>],
    ) -> Result<(), std::fmt::Error> {
        let usage = |one: &Arc<Process>| Some((one.id.clone(), self.supervisor.usage(&one.id)?));
        let usage: Vec<_> = processes.iter().filter_map(usage).collect();
        let memory = usage.iter().map(|(id, usage)| (id.as_str(), usage.memory_bytes as f64));
        gauges(encoder, "process_memory_bytes", "Memory of its tree", memory)?;
        let cpu = usage.iter().map(|(id, usage)| (id.as_str(), usage.cpu_seconds));
        gauges(encoder, "process_cpu_seconds", "Processor time of its tree", cpu)
    }
}

pub(crate) fn metric(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric: &impl EncodeMetric,
) -> Result<(), std::fmt::Error> {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

fn gauges<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl Iterator<Item = (&'a str, f64)>,
) -> Result<(), std::fmt::Error> {
    let kind = ConstGauge::new(0.0).metric_type();
    let mut descriptor = encoder.encode_descriptor(name, help, None, kind)?;
    for (id, value) in values {
        let labels = [("process", id)];
        ConstGauge::new(value).encode(descriptor.encode_family(&labels)?)?;
    }
    Ok(())
}

fn encode_states(
    encoder: &mut DescriptorEncoder<'_>,
    processes: &[Arc<Process>],
) -> Result<(), std::fmt::Error> {
    const STATES: [ProcessState; 5] = [
        ProcessState::Stopped,
        ProcessState::Starting,
        ProcessState::Running,
        ProcessState::Stopping,
        ProcessState::Error,
    ];
    let gauge = |value: bool| ConstGauge::<u64>::new(u64::from(value));
    let kind = gauge(false).metric_type();
    let help = "1 for the state that it is in";
    let mut descriptor = encoder.encode_descriptor("process_state", help, None, kind)?;
    for process in processes {
        for state in STATES {
            let labels = [("process", process.id.as_str()), ("state", state.name())];
            gauge(process.state == state).encode(descriptor.encode_family(&labels)?)?;
        }
    }
    Ok(())
}
