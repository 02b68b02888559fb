//! The program: its command line, its configuration, and what holds the other crates together.

#![forbid(unsafe_code)]

mod config;
mod environment;

fn main() {}
