//! Drives the lifecycle machines of all processes.

#![forbid(unsafe_code)]
