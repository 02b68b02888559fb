//! The wire types of the control API, once: REST, server-sent events and Socket.IO all carry these.
//!
//! # Invariant
//!
//! This crate is data. It makes no decision, does no I/O and knows no server. Field names and their order are those of
//! the public contract; a change here is a change of the contract.

#![forbid(unsafe_code)]

mod audit;
mod catalog;
mod error;
mod event;
mod live;
mod log;
mod process;
mod request;
mod schema;
mod status;

pub use audit::{Audit, AuditViolation};
pub use catalog::{
    Done, Model, ModelChange, ModelList, NewModel, NewProvider, NewQwenCredentials, NewSetting,
    Provider, ProviderChange, ProviderHealth, ProviderList, ProviderTest, ProviderType,
    QwenCredentials, QwenRegion, QwenState, Setting, SettingList,
};
pub use error::{ApiError, ErrorBody};
pub use event::{Event, History, RecordedEvent};
pub use live::{
    CredentialsAction, CredentialsUpdate, DetailUpdate, ModelAction, ModelsUpdate, ProviderAction,
    ProvidersUpdate, StatusUpdate, Usage,
};
pub use log::{LogLine, Logs, ProcessLogLine, Stream};
pub use process::{Evidence, Exit, OutputLine, Process, Processes, Restart, Survivor};
pub use request::{RequestList, RequestOutcome, RequestRow, RequestsUpdate};
pub use schema::ServerEvents;
pub use status::{Credentials, Health, Models, Overall, Providers, Status};
