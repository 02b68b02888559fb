//! Schemas of what the derive cannot describe: objects with the processes' ids as keys, and the words of `lifecycle`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::{
    Credentials, CredentialsUpdate, DetailUpdate, Event, Models, ModelsUpdate, Overall, Process,
    ProcessLogLine, Providers, ProvidersUpdate, RequestsUpdate, Status, StatusUpdate, Usage,
};

/// What is so of a process.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum State {
    Stopped,
    Starting,
    Running,
    Stopping,
    Error,
}

/// The kind of an error, for programs.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum Cause {
    CannotStart,
    PortTaken,
    ExitedDuringStartup,
    KilledDuringStartup,
    StartupTimeout,
    Exited,
    Killed,
    NotServing,
    NotResponding,
}

/// Everything at a glance, each process under its id.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct StatusObject {
    /// True in the answer to an order, which was taken; missing elsewhere.
    success: Option<bool>,
    /// What all processes together are.
    status: Overall,
    providers: Providers,
    models: Models,
    credentials: Credentials,
    /// What became of an order, or the message of the primary process.
    message: String,
    /// The last event that this includes.
    seq: u64,
    /// This run of the server.
    epoch: String,
    #[serde(flatten)]
    processes: BTreeMap<String, Process>,
}

/// One state change of one process, which stands under its id; its `port` is null while `stopping` and `stopped`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct EventObject {
    /// When, in ms since the epoch.
    timestamp: u64,
    /// Grows by one with every event of this server, over all processes.
    seq: u64,
    /// This run of the server.
    epoch: String,
    #[serde(flatten)]
    process: BTreeMap<String, Process>,
}

/// The events that Socket.IO sends, each with its payload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct ServerEvents {
    #[schema(rename = "proxy:status")]
    proxy_status: StatusUpdate,
    #[schema(rename = "lifecycle:update")]
    lifecycle_update: Event,
    #[schema(rename = "detail:updated")]
    detail_updated: DetailUpdate,
    #[schema(rename = "credentials:updated")]
    credentials_updated: CredentialsUpdate,
    #[schema(rename = "providers:updated")]
    providers_updated: ProvidersUpdate,
    #[schema(rename = "models:updated")]
    models_updated: ModelsUpdate,
    #[schema(rename = "log:line")]
    log_line: ProcessLogLine<'static>,
    #[schema(rename = "requests:updated")]
    requests_updated: RequestsUpdate,
    #[schema(rename = "usage:updated")]
    usage_updated: UsageUpdate,
}

/// What each process uses, under its id.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct UsageUpdate {
    /// When, in ms since the epoch.
    timestamp: u64,
    #[serde(flatten)]
    processes: BTreeMap<String, Usage>,
}

impl PartialSchema for Status {
    fn schema() -> RefOr<Schema> {
        StatusObject::schema()
    }
}

impl ToSchema for Status {
    fn name() -> Cow<'static, str> {
        "Status".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        StatusObject::schemas(schemas);
    }
}

impl PartialSchema for Event {
    fn schema() -> RefOr<Schema> {
        EventObject::schema()
    }
}

impl ToSchema for Event {
    fn name() -> Cow<'static, str> {
        "Event".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        EventObject::schemas(schemas);
    }
}
