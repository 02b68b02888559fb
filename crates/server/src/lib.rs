//! The control API over HTTP, server-sent events and Socket.IO.
//!
//! # Theory of operation
//!
//! Every request passes, from the outside in: headers that protect the answer (`routes::protect`), the count for the
//! metrics, who may call (`access`), Socket.IO's own paths, then the route (`app`). Orders go to the supervisor and come
//! back as its snapshot; nothing is decided about a process here. Events go the other way: one task (`live::fanout`)
//! owns one subscription and hands each event, encoded once, to all Socket.IO clients in the order of `seq`; each reader
//! of `/api/events` has a subscription of its own. What is changed of providers, models, settings and credentials goes
//! through one task (`catalog`), which has it written before it shows and tells it. Whoever cannot keep up is cut off, never given a gap.
//! Requests through the proxies are heard of by a thread of their own (`requests`). The auditor (`audit`) is one more
//! client of the events, which looks whether they are so.
//!
//! # Invariant
//!
//! Only this crate knows axum and Socket.IO. It makes no decision about processes and reads no environment.

#![forbid(unsafe_code)]

mod access;
mod app;
mod audit;
mod catalog;
mod connection;
mod cors;
mod dashboard;
mod failure;
mod first_sight;
mod guesses;
mod live;
mod metrics;
mod openapi;
mod readers;
mod request;
mod requests;
mod routes;
mod server;
mod tls;
mod token;

pub use server::{BindError, Options, Server};
pub use tls::{Tls, TlsError};
pub use token::Token;
