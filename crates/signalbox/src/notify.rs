//! The socket on which whoever started this program wants to hear how it is: `sd_notify`.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::sync::Arc;

use crate::environment::Environment;

/// The way there, which leads nowhere if nobody wants to hear. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct NotifySocket(Option<Arc<UnixDatagram>>);

impl NotifySocket {
    /// The one that the environment names.
    pub(crate) fn find(environment: &Environment) -> Self {
        let socket = environment.text("NOTIFY_SOCKET").and_then(|address| match connect(address) {
            Ok(socket) => Some(Arc::new(socket)),
            Err(error) => {
                tracing::warn!(%error, address, "whoever started this cannot be told anything");
                None
            }
        });
        Self(socket)
    }

    /// Whether somebody wants to hear.
    pub(crate) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Tells it. It is its own fault if it does not read.
    pub(crate) fn tell(&self, text: &str) {
        if let Some(Err(error)) = self.0.as_ref().map(|socket| socket.send(text.as_bytes())) {
            tracing::debug!(%error, "notify.not_told");
        }
    }
}

fn connect(address: &str) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    let address = match address.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None if Path::new(address).is_absolute() => SocketAddr::from_pathname(address)?,
        None => return Err(io::Error::new(io::ErrorKind::Unsupported, "no local socket")),
    };
    socket.connect_addr(&address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
