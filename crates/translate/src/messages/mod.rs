//! Anthropic's messages: `POST /v1/messages` and `POST /v1/messages/count_tokens`.

pub(crate) mod answer;
pub(crate) mod content;
pub(crate) mod count;
pub(crate) mod error;
pub(crate) mod models;
pub(crate) mod options;
pub(crate) mod page;
pub(crate) mod request;
pub(crate) mod teller;
