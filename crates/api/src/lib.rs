//! The wire types of the control API.

#![forbid(unsafe_code)]
