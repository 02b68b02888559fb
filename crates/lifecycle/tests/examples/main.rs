//! The machine by example, in the contract's words.

mod faults;
mod orders;
mod restarts;
mod stage;
mod waiting;
