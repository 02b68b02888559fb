//! Looks whether a generation serves: its port and who owns it, its HTTP path.
//!
//! Linux tells nobody when a socket begins to listen, so it is looked for: at once whenever the generation writes
//! something, and in between at growing distances. Once it is ready, the owner's end is an event (a pidfd), and for a
//! socket that is closed by a living owner one look a second is taken, for all processes together.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use lifecycle::{Fact, Proof};
use process::{PortOwner, Tree};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::attend::Reporter;
use crate::driver::Shared;
use crate::spec::LivenessSpec;

/// The shortest and the longest wait between two looks at a port that is not open yet.
const PORT_WAIT: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// The shortest and the longest wait between two requests to a path that does not answer yet.
const HTTP_WAIT: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(250));

/// How long one request to a ready path may take. Servers that load models accept long before they answer.
const HTTP_TIMEOUT: Duration = Duration::from_secs(5);

/// The wait after a look that failed, for want of descriptors say.
const UNSEEN_WAIT: Duration = Duration::from_secs(1);

/// How long a connection over loopback may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// What a look at a port found.
enum Look {
    Open(PortOwner),
    Closed,
    /// The look failed, which says nothing about the port.
    Unseen,
}

fn look(tree: &Tree, port: u16) -> Look {
    match tree.listening_on(port) {
        Ok(Some(owner)) => Look::Open(owner),
        Ok(None) => Look::Closed,
        Err(error) => {
            tracing::debug!(%error, port, "the port's owner cannot be seen");
            Look::Unseen
        }
    }
}

/// Reports when the port of this tree opens, and when it closes again before the other conditions hold.
pub(crate) async fn port_opens(tree: Tree, port: u16, heard: Arc<Notify>, reporter: Reporter) {
    let mut wait = PORT_WAIT.0;
    let mut open = false;
    loop {
        match look(&tree, port) {
            // Once it has accepted, no more connections: a server that does not take them yet has room for a few only.
            Look::Open(owner) if !open && accepts(&owner).await => {
                open = true;
                reporter.report(Fact::Held(Proof::Tcp { listener_pid: owner.pid }));
            }
            Look::Closed if open => {
                open = false;
                wait = PORT_WAIT.0;
                reporter.report(Fact::PortClosed);
            }
            Look::Open(_) | Look::Closed | Look::Unseen => {}
        }
        // Output brings the next look forward, but a flood of it no more than one look a millisecond.
        sleep(PORT_WAIT.0).await;
        tokio::select! {
            () = sleep(wait) => wait = (wait * 3 / 2 + PORT_WAIT.0).min(PORT_WAIT.1),
            () = heard.notified() => {}
        }
    }
}

async fn accepts(owner: &PortOwner) -> bool {
    let connecting = TcpStream::connect(reachable(owner.address));
    matches!(timeout(CONNECT_TIMEOUT, connecting).await, Ok(Ok(_)))
}

/// Where a listening address is reached from this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Watches the port of a running generation: its owner's end is seen at once, a closed socket within a second.
pub(crate) async fn port_stays(shared: Arc<Shared>, tree: Tree, port: u16, reporter: Reporter) {
    loop {
        match look(&tree, port) {
            Look::Open(owner) => {
                // Said each time: the prober may have seen it closed in the moment in which this took over.
                reporter.report(Fact::PortOpened { listener_pid: owner.pid });
                tokio::select! {
                    () = tree.member_exited(owner.pid) => sleep(PORT_WAIT.0).await,
                    () = shared.ports.closed(&tree, port) => {}
                }
            }
            Look::Closed => {
                reporter.report(Fact::PortClosed);
                until_open(&tree, port).await;
            }
            Look::Unseen => sleep(UNSEEN_WAIT).await,
        }
    }
}

async fn until_open(tree: &Tree, port: u16) {
    while !matches!(look(tree, port), Look::Open(_)) {
        sleep(PORT_WAIT.1).await;
    }
}

/// Reports when the path answers 2xx.
pub(crate) async fn path_answers(port: u16, path: String, heard: Arc<Notify>, reporter: Reporter) {
    let mut wait = HTTP_WAIT.0;
    loop {
        if let Ok(Ok(status @ 200..300)) = timeout(HTTP_TIMEOUT, get(port, &path)).await {
            // Again and again until all else holds, too: a server behind a wrapper may have been replaced.
            reporter.report(Fact::Held(Proof::Http(status)));
            wait = HTTP_WAIT.1;
        }
        sleep(HTTP_WAIT.0).await;
        tokio::select! {
            () = sleep(wait) => wait = (wait * 2).min(HTTP_WAIT.1),
            () = heard.notified() => {}
        }
    }
}

/// Reports what each liveness probe of a running generation met.
pub(crate) async fn stays_alive(port: u16, spec: LivenessSpec, reporter: Reporter) {
    loop {
        sleep(spec.interval).await;
        let path = &spec.http;
        reporter.report(match timeout(spec.timeout, get(port, path)).await {
            Ok(Ok(200..300)) => Fact::LivenessPassed,
            Ok(Ok(status)) => Fact::LivenessFailed { reason: format!("{path} answered {status}") },
            Ok(Err(error)) => Fact::LivenessFailed { reason: format!("{path}: {error}") },
            Err(_) => {
                let seconds = spec.timeout.as_secs_f64();
                Fact::LivenessFailed { reason: format!("{path} did not answer within {seconds}s") }
            }
        });
    }
}

/// The status that a path on a port of this machine answers with, or why there is none.
async fn get(port: u16, path: &str) -> Result<u16, String> {
    let stream = connect(port).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        _ => error.to_string(),
    })?;
    let request = hyper::Request::get(path)
        .header("host", format!("127.0.0.1:{port}"))
        .header("user-agent", "signalbox")
        .header("connection", "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(|error| error.to_string())?;
    let mut connection = std::pin::pin!(connection);
    let mut sending = std::pin::pin!(sender.send_request(request));
    let mut driving = true;
    loop {
        tokio::select! {
            response = &mut sending => {
                return response
                    .map(|response| response.status().as_u16())
                    .map_err(|error| error.to_string());
            }
            _ended = &mut connection, if driving => driving = false,
        }
    }
}

async fn connect(port: u16) -> std::io::Result<TcpStream> {
    match TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            TcpStream::connect((Ipv6Addr::LOCALHOST, port)).await.map_err(|_| error)
        }
        other => other,
    }
}
