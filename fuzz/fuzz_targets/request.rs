//! The proxies read what a caller asks.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signalbox_fuzz::request(data));
