//! How many descriptors a process may have open.

use std::sync::OnceLock;

use rustix::process::{Resource, Rlimit};

/// More descriptors than this are never needed, and some systems allow a billion.
const MAX_DESCRIPTORS: u64 = 1 << 20;

/// How many connections may be open while a quarter of all descriptors is left for what else needs some, above all each
/// process that is started. As many are asked for as the system allows: most give a program 1024 until it does.
pub fn descriptors_for_connections() -> usize {
    raise_descriptor_limit();
    let limit = rustix::process::getrlimit(Resource::Nofile).current.unwrap_or(MAX_DESCRIPTORS);
    usize::try_from(limit / 4 * 3).unwrap_or(usize::MAX)
}

/// Raises the soft limit of open files to the hard one and returns what it was at first; also a
/// second time, so that children never get the raised one.
pub(crate) fn raise_descriptor_limit() -> Option<Rlimit> {
    static AT_START: OnceLock<Rlimit> = OnceLock::new();
    let at_start = *AT_START.get_or_init(|| rustix::process::getrlimit(Resource::Nofile));
    let wanted = at_start.maximum.unwrap_or(MAX_DESCRIPTORS).min(MAX_DESCRIPTORS);
    if at_start.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit { current: Some(wanted), maximum: at_start.maximum };
        let _ = rustix::process::setrlimit(Resource::Nofile, raised);
    }
    Some(at_start)
}
