//! An OpenAI-compatible proxy for Qwen.

#![forbid(unsafe_code)]
