//! A configuration is read, and shown again.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signalbox_fuzz::config(data));
