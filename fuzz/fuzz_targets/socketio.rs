//! Clients ask a server over Socket.IO.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signalbox_fuzz::socketio(data));
