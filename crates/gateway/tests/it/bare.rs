//! An upstream that is nothing but a TCP listener.

use tokio::net::{TcpListener, TcpStream};

use crate::support::{LOOPBACK, OneUpstream, Running, listen, within};

/// A gateway, and what its upstream listens on.
pub(crate) async fn gateway_to_bare() -> (Running, TcpListener) {
    let listener = TcpListener::bind((LOOPBACK, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let application = OneUpstream::at(&format!("http://{address}/v1"));
    (Running::gateway_with(listen(), application).await, listener)
}

/// The next connection.
pub(crate) async fn accepted(listener: &TcpListener) -> TcpStream {
    within("a connection", listener.accept()).await.expect("a connection").0
}
