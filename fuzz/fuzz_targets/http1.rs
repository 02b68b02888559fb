//! The proxies read an answer of an upstream.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signalbox_fuzz::http1(data));
