//! A streaming forwarder for OpenAI-compatible traffic.

#![forbid(unsafe_code)]
