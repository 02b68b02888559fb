//! The APIs whose streams pass through.

/// Which API's events a stream has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// OpenAI's chat completions, and all that is like them.
    Chat,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Messages,
}

impl Dialect {
    /// That of the streams at `path`, which is what follows `/v1`.
    pub(crate) fn of(path: &str) -> Self {
        match path {
            "/responses" => Self::Responses,
            "/messages" => Self::Messages,
            _ => Self::Chat,
        }
    }
}
