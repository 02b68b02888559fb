//! What a caller of the control API sees: a real server, a real supervisor, shell children. A file for each behaviour.

mod socketio_order;
mod world;
