//! What is to be done, and what clients are told of it.

use std::time::SystemTime;

use api::{
    CredentialsAction, CredentialsUpdate, ModelAction, ModelsUpdate, ProviderAction,
    ProvidersUpdate,
};
use serde::Serialize;
use store::Change;

use super::View;

/// What is to be done.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// What to write; nothing, where all is as it should be.
    pub(crate) changes: Vec<Change>,
    /// What to tell once it is written.
    pub(crate) notices: Vec<Notice>,
    /// The id of the provider or model that is changed.
    pub(crate) id: String,
}

/// What clients are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    Provider(ProviderAction, String),
    Model(ModelAction, String),
    Credentials(CredentialsAction),
}

/// An event for all clients, encoded.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) name: &'static str,
    pub(crate) json: String,
}

impl Notice {
    /// The event, with what is so after it.
    pub(crate) fn message(self, view: &View, now_ms: u64) -> Option<Message> {
        let timestamp = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        let (name, json) = match self {
            Self::Provider(action, provider_id) => {
                let api::Providers { items, total, enabled } = view.providers.clone();
                let update =
                    ProvidersUpdate { action, provider_id, items, total, enabled, timestamp };
                ("providers:updated", encode(&update))
            }
            Self::Model(action, model_id) => {
                let api::Models { items, total } = view.models.clone();
                let update = ModelsUpdate { action, model_id, items, total, timestamp };
                ("models:updated", encode(&update))
            }
            Self::Credentials(action) => {
                let api::Credentials { valid: is_valid, has_credentials, is_expired, expires_at } =
                    view.credentials(now_ms);
                let update = CredentialsUpdate {
                    action,
                    has_credentials,
                    is_valid,
                    is_expired,
                    expires_at,
                    timestamp,
                };
                ("credentials:updated", encode(&update))
            }
        };
        json.map(|json| Message { name, json })
    }
}

fn encode(update: &impl Serialize) -> Option<String> {
    let json = serde_json::to_string(update);
    json.inspect_err(|error| tracing::error!(%error, "catalog.cannot_encode")).ok()
}
