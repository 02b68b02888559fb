//! OpenAI's responses: `POST /v1/responses`.

pub(crate) mod answer;
pub(crate) mod form;
pub(crate) mod items;
pub(crate) mod options;
pub(crate) mod output;
pub(crate) mod request;
pub(crate) mod teller;
pub(crate) mod tools;
