//! The proxies read what a provider streams.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signalbox_fuzz::upstream(data));
