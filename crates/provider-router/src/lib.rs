//! One OpenAI-compatible address in front of all providers.

#![forbid(unsafe_code)]
