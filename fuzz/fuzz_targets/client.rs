//! The client commands read what a server sends.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signalbox_fuzz::client(data));
