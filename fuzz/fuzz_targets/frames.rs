//! Frames go over a connection, and others in between.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signalbox_fuzz::frames(data));
