//! Further threads for connections, once there are more than one thread should have.
//!
//! Each thread has a runtime of its own, with its own connections to upstreams, so that what belongs
//! to one request never crosses from one to another. As long as there are few connections, which is
//! always so for a person with a handful of programs, there is one thread and nothing else.

use std::{
    io,
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::{
    runtime::Builder,
    sync::{
        mpsc::{self, UnboundedReceiver, UnboundedSender, error::SendError},
        oneshot,
    },
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Application, Forwarder,
    crowd::Guest,
    drain::{all_end, log_panic},
    gate::Gate,
    serve::{converse, rest},
};

/// How many connections each thread has before there is another one.
const FEW: usize = 16;

/// How long a thread without connections stays, since the next ones may come soon.
const IDLE: Duration = Duration::from_secs(2);

/// How many threads there are at most, whatever the number of processors: others want to run, too.
const MOST: usize = 4;

/// The threads besides the one that accepts.
pub(crate) struct Threads<A> {
    gate: Arc<Gate<A>>,
    further: Vec<Further>,
    most: usize,
    /// How many connections the accepting thread has.
    open: Arc<AtomicUsize>,
}

/// A thread as the one that accepts knows it.
struct Further {
    connections: UnboundedSender<(TcpStream, Guest, Open)>,
    open: Arc<AtomicUsize>,
    handle: JoinHandle<()>,
}

/// Counts a connection for as long as it is open.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn of(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<A: Application> Threads<A> {
    pub(crate) fn new(gate: Arc<Gate<A>>) -> Self {
        let most = thread::available_parallelism().map_or(1, |count| count.get().min(MOST));
        Self { gate, further: Vec::new(), most, open: Arc::default() }
    }

    /// No more connections come. What is returned is to be joined once the tasks have ended, since
    /// what was cut is noted by its thread.
    pub(crate) fn close(self) -> Vec<JoinHandle<()>> {
        self.further.into_iter().map(|further| further.handle).collect()
    }

    /// Has a connection served, by a task in `tasks` or by another thread, which has one there.
    pub(crate) fn serve(
        &mut self,
        stream: tokio::net::TcpStream,
        guest: Guest,
        tasks: &mut JoinSet<()>,
    ) {
        self.further.retain(|further| !further.connections.is_closed());
        let here = self.open.load(Ordering::Relaxed);
        let least = self.further.iter().map(Further::open).fold(here, usize::min);
        if least >= FEW && self.further.len() + 1 < self.most {
            match Further::start(&self.gate, tasks) {
                Ok(further) => self.further.push(further),
                Err(error) => tracing::warn!(%error, "no further thread can be started"),
            }
        }
        let idlest = self.further.iter().min_by_key(|further| further.open());
        let left = match idlest.filter(|further| here >= FEW && further.open() < here) {
            Some(further) => further.take(stream, guest),
            None => Some((stream, guest)),
        };
        if let Some((stream, guest)) = left {
            let (gate, open) = (Arc::clone(&self.gate), Open::of(&self.open));
            tasks.spawn(async move {
                converse(stream, guest, gate).await;
                drop(open);
            });
        }
    }
}

impl Further {
    /// Starts a thread, with a task in `tasks` that ends when all its connections have ended and no
    /// more can come. If the task is dropped, they are cut.
    fn start<A: Application>(gate: &Arc<Gate<A>>, tasks: &mut JoinSet<()>) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (connections, incoming) = mpsc::unbounded_channel();
        let (tell_end, ended) = oneshot::channel();
        let cut = CancellationToken::new();
        let is_cut = cut.clone();
        let gate = gate.with(Forwarder::default());
        let thread = thread::Builder::new().name("connections".to_owned());
        let handle = thread.spawn(move || {
            runtime.block_on(is_cut.run_until_cancelled(serve_all(incoming, gate)));
            drop(runtime);
            let _nobody_waits = tell_end.send(());
        })?;
        tasks.spawn(async move {
            let _cut = cut.drop_guard();
            let _gone = ended.await;
        });
        Ok(Self { connections, open: Arc::default(), handle })
    }

    fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Hands a connection on; what is returned is not taken, because the thread is about to end.
    fn take(
        &self,
        stream: tokio::net::TcpStream,
        guest: Guest,
    ) -> Option<(tokio::net::TcpStream, Guest)> {
        // Each runtime knows of the sockets that were made in it alone.
        let handed = stream.into_std().map(|stream| (stream, guest, Open::of(&self.open)));
        match handed.map(|handed| self.connections.send(handed)) {
            Ok(Ok(())) => None,
            Ok(Err(SendError((stream, guest, _)))) => {
                Some((tokio::net::TcpStream::from_std(stream).ok()?, guest))
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be handed on");
                None
            }
        }
    }
}

/// Serves all connections that come, until there have been none for a while or no more can come.
async fn serve_all<A: Application>(
    incoming: UnboundedReceiver<(TcpStream, Guest, Open)>,
    gate: Arc<Gate<A>>,
) {
    let forwarder = Arc::clone(&gate.forwarder);
    tokio::select! {
        () = serve_each(incoming, gate) => {}
        never = forwarder.tend() => match never {},
    }
}

async fn serve_each<A: Application>(
    mut incoming: UnboundedReceiver<(TcpStream, Guest, Open)>,
    gate: Arc<Gate<A>>,
) {
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            next = incoming.recv() => match next {
                Some((stream, guest, open)) => {
                    let gate = Arc::clone(&gate);
                    tasks.spawn(async move {
                        match tokio::net::TcpStream::from_std(stream) {
                            Ok(stream) => converse(stream, guest, gate).await,
                            Err(error) => rest(&error).await,
                        }
                        drop(open);
                    });
                }
                None => break,
            },
            Some(ended) = tasks.join_next() => log_panic(ended),
            // What was sent in the meantime is still received.
            () = sleep(IDLE), if tasks.is_empty() => incoming.close(),
        }
    }
    all_end(&mut tasks).await;
}
