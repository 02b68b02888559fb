//! What is kept on disk, in SQLite.

#![forbid(unsafe_code)]
