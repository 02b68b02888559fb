//! What a caller of the control API sees: a real server, a real supervisor, shell children. A file for each behaviour.

mod access;
mod bind;
mod errors;
mod events;
mod golden;
mod logs;
mod openapi;
mod orders;
mod pages;
mod reading;
mod shutdown;
mod slow;
mod socketio_order;
mod token;
mod upgrade;
mod usage;
mod world;
