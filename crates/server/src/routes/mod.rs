//! The calls of the control API, a file for each kind.

mod config;
mod credentials;
mod events;
mod logs;
mod models;
mod pages;
mod processes;
mod providers;
mod proxy;
mod requests;
mod settings;
mod system;

pub(crate) use config::*;
pub(crate) use credentials::*;
pub(crate) use events::*;
pub(crate) use logs::*;
pub(crate) use models::*;
pub(crate) use pages::*;
pub(crate) use processes::*;
pub(crate) use providers::*;
pub(crate) use proxy::*;
pub(crate) use requests::*;
pub(crate) use settings::*;
pub(crate) use system::*;

use std::sync::Arc;

use api::Process;

use crate::app::App;
use crate::failure::Failure;

impl App {
    /// The process with this id.
    fn process(&self, id: &str) -> Result<Arc<Process>, Failure> {
        self.supervisor.process(id).ok_or_else(|| self.unknown(id))
    }

    /// The failure that names the ids there are.
    pub(crate) fn unknown(&self, id: &str) -> Failure {
        Failure::unknown_process(id, self.supervisor.specs().iter().map(|spec| spec.id.as_str()))
    }
}
