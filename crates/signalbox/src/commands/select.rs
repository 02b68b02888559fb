//! Which processes are meant.

use std::sync::Arc;

use api::{Process, Processes};

use crate::config::nearest;
use crate::failure::Failure;

/// The processes with these ids, each once; none named means all.
pub(super) fn select(ids: &[String], listing: &Processes) -> Result<Vec<Arc<Process>>, Failure> {
    if let Some(unknown) = ids.iter().find(|id| find(id, listing).is_none()) {
        return Err(unknown_process(unknown, listing));
    }
    let chosen =
        listing.processes.iter().filter(|process| ids.is_empty() || ids.contains(&process.id));
    Ok(chosen.cloned().collect())
}

fn find<'l>(id: &str, listing: &'l Processes) -> Option<&'l Arc<Process>> {
    listing.processes.iter().find(|process| process.id == id)
}

fn unknown_process(id: &str, listing: &Processes) -> Failure {
    let known: Vec<String> = listing.processes.iter().map(|process| process.id.clone()).collect();
    let near = nearest(id, known.iter().map(String::as_str)).map(str::to_owned);
    Failure::UnknownProcess { id: id.to_owned(), near, known }
}
