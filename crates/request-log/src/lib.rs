//! What became of each request, told by the proxies to the control server while it happens.
//!
//! # Theory of operation
//!
//! A proxy asks its [`Reporter`] for a [`Record`] when a request begins, notes in it what becomes
//! known, and finishes it, or drops it, which says that the client went away. Every note puts the
//! whole [`Entry`] into a bounded queue; one that still waits there is replaced, so that a request
//! which is over in a moment is told once. Nothing of this blocks, and nothing of it is I/O: what
//! waits is written by the [`Writer`], all that is ready at once, to the socket that the control
//! server listens on. A server that does not read, or is not there, costs the oldest entries, which
//! are counted, never a request.
//!
//! On the wire each [`Line`] is a JSON document. The first one says who speaks, which is why the
//! entries need not. The server reads them with a [`Reader`]. What is in flight when the connection
//! ends died with the proxy: the kernel keeps what was written before, so that no request vanishes
//! that was told of.
//!
//! The Qwen proxy tells over the same socket what its upstream thinks of its key ([`KeyNote`]). That
//! is told again with every connection, since a new server knows nothing of it.
//!
//! # Invariant
//!
//! An entry says what was asked for and how it went: never a key, and never what was in a body.

#![forbid(unsafe_code)]

mod entry;
mod key;
mod line;
mod queue;
mod reader;
mod record;
mod socket;
mod writer;

pub use entry::{Entry, Outcome};
pub use key::{KeyNote, KeyState};
pub use line::{Line, MalformedLine, Row, Source};
pub use reader::Reader;
pub use record::{Begin, Record, Reporter};
pub use socket::{SOCKET_FILE, connect, listen};
pub use writer::{Writer, reporting};
