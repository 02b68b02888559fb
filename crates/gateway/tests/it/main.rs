//! The gateway over the wire, between a caller and an upstream that does what a test tells it.

#![cfg(test)]

mod anthropic;
mod attempts;
mod bare;
mod begun;
mod cancel;
mod connections;
mod crowd;
mod documents;
mod encoded;
mod ends;
mod errors_within;
mod http1;
mod lengths;
mod log;
mod patience;
mod records;
mod requests;
mod shutdown;
mod streaming;
mod support;
mod threads;
mod translated;
mod upstream_faults;
