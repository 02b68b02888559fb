//! The blocks of a message, in the parts that a chat completion has for them.

use crate::{
    Fault,
    chat::part::{Part, divide, join},
    field::Field,
};

/// What no provider of chat completions could look up.
const NOT_STORED: &str = "files are not stored here; send the contents as base64";

/// The parts of a content: a text, or a list of blocks.
pub(crate) fn parts(content: &Field<'_>) -> Result<Vec<Part>, Fault> {
    if let Some(text) = content.value.as_str() {
        return Ok(vec![Part::Text(text.to_owned())]);
    }
    let mut parts = Vec::new();
    for block in content.items()? {
        parts.extend(part(&block)?);
    }
    Ok(parts)
}

/// The parts of one block.
pub(crate) fn part(block: &Field<'_>) -> Result<Vec<Part>, Fault> {
    match block.kind()? {
        "text" => Ok(vec![Part::Text(block.text_of("text")?.to_owned())]),
        "image" => Ok(vec![image(&block.need("source")?)?]),
        "document" => document(block),
        "search_result" => search_result(block),
        "tool_reference" => Ok(vec![Part::Text(block.text_of("tool_name")?.to_owned())]),
        kind => Err(block
            .wrong(format!("a block of type `{kind}` cannot be translated to a chat completion"))),
    }
}

fn image(source: &Field<'_>) -> Result<Part, Fault> {
    match source.kind()? {
        "base64" => Ok(Part::image(&data_url(source)?, None)),
        "url" => Ok(Part::image(source.text_of("url")?, None)),
        "file" => Err(source.wrong(NOT_STORED)),
        kind => Err(unknown_source(source, kind)),
    }
}

fn document(block: &Field<'_>) -> Result<Vec<Part>, Fault> {
    let title = block.text_if("title")?;
    let source = block.need("source")?;
    let mut parts: Vec<Part> =
        title.map(|title| Part::Text(title.to_owned())).into_iter().collect();
    parts.extend(block.text_if("context")?.map(|text| Part::Text(text.to_owned())));
    match source.kind()? {
        "text" => parts.push(Part::Text(source.text_of("data")?.to_owned())),
        "content" => parts.extend(self::parts(&source.need("content")?)?),
        "base64" => {
            let name = title.unwrap_or("document.pdf");
            return Ok(vec![Part::file(name, &data_url(&source)?)]);
        }
        "url" => {
            return Err(source.wrong("a document's URL is not fetched here; send it as base64"));
        }
        "file" => return Err(source.wrong(NOT_STORED)),
        kind => return Err(unknown_source(&source, kind)),
    }
    Ok(parts)
}

fn search_result(block: &Field<'_>) -> Result<Vec<Part>, Fault> {
    let head = ["title", "source"].into_iter().map(|name| block.text_of(name).map(str::to_owned));
    let head = join(head.collect::<Result<Vec<_>, _>>()?);
    let mut parts = vec![Part::Text(head)];
    parts.extend(self::parts(&block.need("content")?)?);
    Ok(parts)
}

/// A tool's result: its text, and what else it shows.
pub(crate) fn result(block: &Field<'_>) -> Result<(String, Vec<Part>), Fault> {
    let content = block.get("content");
    let parts = content.map(|content| parts(&content)).transpose()?.unwrap_or_default();
    let (text, shown) = divide(parts);
    let failed = block.get("is_error").is_some_and(|failed| failed.value == true);
    // A chat completion has no mark for a result that is an error, so the text must say it.
    let says_so = text.to_ascii_lowercase().contains("error");
    Ok(if failed && !says_so { (format!("Error: {text}"), shown) } else { (text, shown) })
}

fn data_url(source: &Field<'_>) -> Result<String, Fault> {
    let (kind, data) = (source.text_of("media_type")?, source.text_of("data")?);
    Ok(format!("data:{kind};base64,{data}"))
}

fn unknown_source(source: &Field<'_>, kind: &str) -> Fault {
    source.wrong(format!("a source of type `{kind}` cannot be translated to a chat completion"))
}
