//! The lifecycle of one supervised process, as a pure state machine.

#![forbid(unsafe_code)]
