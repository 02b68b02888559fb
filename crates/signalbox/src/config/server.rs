//! The table `[server]`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use http::Uri;
use toml::Spanned;

use super::fault::Fault;
use super::section::Section;
use super::values::{self, Read, Value, wrong};

/// Where the control server listens unless told otherwise.
pub(crate) const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 3002);

/// When a log file of a process is rotated away, in MB, and how many files each process has, unless told otherwise.
pub(crate) const DEFAULT_LOG_FILE_MB: u32 = 10;
pub(crate) const DEFAULT_LOG_FILES: u32 = 5;

/// How much room the journal of events has, in MB, unless told otherwise: for some 150,000 events.
pub(crate) const DEFAULT_JOURNAL_MB: u32 = 100;

/// `[server]` as it was written: what is not there is decided later.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) listen: Option<SocketAddr>,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) allowed_origins: Vec<String>,
    pub(super) log_file_mb: Option<u32>,
    pub(super) log_files: Option<u32>,
    pub(super) journal_mb: Option<u32>,
}

/// Reads `[server]`; paths are relative to `directory`.
pub(super) fn read(
    section: Option<Section<'_>>,
    directory: &Path,
    faults: &mut Vec<Fault>,
) -> Written {
    let Some(mut section) = section else { return Written::default() };
    let listen = section.get("listen", values::address, faults);
    let data_dir = section.get("data_dir", |value| path(value, directory), faults);
    let allowed_origins = section.get("allowed_origins", origins, faults);
    let log_file_mb = section.get("log_file_mb", |value| values::whole(value, 1, 10_000), faults);
    let log_files = section.get("log_files", |value| values::whole(value, 1, 100), faults);
    let journal_mb = section.get("journal_mb", |value| values::whole(value, 1, 10_000), faults);
    section.finish(faults);
    Written {
        listen: listen.map(Spanned::into_inner),
        data_dir: data_dir.map(Spanned::into_inner),
        allowed_origins: allowed_origins.map(Spanned::into_inner).unwrap_or_default(),
        log_file_mb: log_file_mb.map(Spanned::into_inner),
        log_files: log_files.map(Spanned::into_inner),
        journal_mb: journal_mb.map(Spanned::into_inner),
    }
}

/// A path, made absolute. The shell is not there to expand `~`, and a directory of that name would puzzle everybody.
pub(super) fn path(value: &Value<'_>, directory: &Path) -> Read<PathBuf> {
    let given = values::filled_text(value)?;
    if given.starts_with("~/") || given == "~" {
        let help = "write the whole path, or one relative to this file";
        return wrong(Fault::at(value.span(), "`~` is not expanded here").help(help));
    }
    Ok(plain(&directory.join(given)))
}

/// Without `.` and `//`; links and `..` stay as they are, since what they lead to is not ours to know.
pub(super) fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

fn origins(value: &Value<'_>) -> Read<Vec<String>> {
    let texts = values::texts(value)?;
    let faults: Vec<Fault> = texts.iter().filter_map(origin_fault).collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(texts.into_iter().map(|text| text.into_inner().to_ascii_lowercase()).collect())
}

fn origin_fault(text: &Spanned<String>) -> Option<Fault> {
    let given = text.get_ref();
    let fault = |help: String| {
        let title = format!("bad origin {given:?}");
        Some(Fault::at(text.span(), title).help(help))
    };
    let Some((scheme, rest)) = given.split_once("://") else {
        return fault(
            "an origin is a scheme, a host and a port, such as \"http://localhost:5173\""
                .to_owned(),
        );
    };
    if let Some((host, _)) = rest.split_once('/') {
        return fault(format!("an origin has no path: write \"{scheme}://{host}\""));
    }
    let authority = given.parse::<Uri>().ok().and_then(|uri| uri.authority().cloned());
    match authority {
        Some(authority) if !authority.as_str().contains('@') && !rest.contains(['?', '*']) => None,
        _ => fault(
            "a host, and a port if it is not the scheme's own, such as \"https://example.org\""
                .to_owned(),
        ),
    }
}
