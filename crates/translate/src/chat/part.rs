//! The parts of a message's content.

use serde_json::{Value, json};

/// A piece of content.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Text(String),
    /// An image, a file or a sound, as chat completions write it.
    Media(Value),
}

impl Part {
    /// An image at a URL, which may be a `data:` one.
    pub(crate) fn image(url: &str, detail: Option<&str>) -> Self {
        let mut image = json!({ "url": url });
        if let Some(detail) = detail {
            image["detail"] = Value::from(detail);
        }
        Self::Media(json!({ "type": "image_url", "image_url": image }))
    }

    /// A file: its name and its contents as a `data:` URL.
    pub(crate) fn file(name: &str, data: &str) -> Self {
        Self::Media(json!({ "type": "file", "file": { "filename": name, "file_data": data } }))
    }

    fn into_value(self) -> Value {
        match self {
            Self::Text(text) => json!({ "type": "text", "text": text }),
            Self::Media(media) => media,
        }
    }
}

/// The contents of a message. Texts alone are joined to one: that is what every server takes, and
/// some make several messages of several texts.
pub(crate) fn content(parts: Vec<Part>) -> Value {
    if parts.iter().all(|part| matches!(part, Part::Text(_))) {
        return Value::from(join(parts.into_iter().map(|part| match part {
            Part::Text(text) => text,
            Part::Media(_) => String::new(),
        })));
    }
    parts.into_iter().map(Part::into_value).collect()
}

/// Texts that stood apart, as one.
pub(crate) fn join(texts: impl IntoIterator<Item = String>) -> String {
    let texts: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    texts.join("\n\n")
}

/// The texts of a tool's result, as one, and what else is in it.
pub(crate) fn divide(parts: Vec<Part>) -> (String, Vec<Part>) {
    let (texts, media): (Vec<_>, Vec<_>) =
        parts.into_iter().partition(|part| matches!(part, Part::Text(_)));
    let text = content(texts);
    (text.as_str().unwrap_or_default().to_owned(), media)
}
