//! The control API over HTTP, server-sent events and Socket.IO.

#![forbid(unsafe_code)]
