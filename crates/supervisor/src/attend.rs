//! Attends one generation: reads its output and waits for its exit, and for what outlives it.
//!
//! The exit is told when the kernel tells it, never when a pipe ends: a grandchild may hold the pipe for ever. What the
//! child wrote before its exit is in the pipes by then, and is read first, without waiting for more.

use std::sync::Arc;
use std::time::Duration;

use api::Stream;
use lifecycle::{Exit, Fact, Generation, Input, Proof};
use process::{Child, ExitStatus, Lines, Output, signal_name};
use tokio::sync::{Notify, mpsc};
use tokio::task::yield_now;

use crate::driver::Happening;
use crate::log_book::LogBook;
use crate::ready_line::ReadyLine;

/// How long a line may be; a longer one is cut into pieces.
const MAX_LINE_BYTES: usize = 16 * 1024;

/// How much is read of each pipe after an exit. A pipe holds 64 KiB by default and 1 MiB at most: more than that was
/// written after the exit, by something that outlives it.
const DRAIN_BYTES: usize = 1024 * 1024;

/// What a generation's attendant reports to.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    pub(crate) generation: Generation,
    pub(crate) happenings: mpsc::UnboundedSender<Happening>,
}

impl Reporter {
    pub(crate) fn report(&self, fact: Fact) {
        // An error means that the process's task has ended, and nobody is left to be told.
        let _gone = self.happenings.send(Happening::Input(Input::Fact(self.generation, fact)));
    }

    /// Tells what the generation says of itself.
    pub(crate) fn say(&self, text: String) {
        let _gone = self.happenings.send(Happening::Said(self.generation, text));
    }

    /// Tells that the generation needs this much time, from now on, to get ready or to end.
    pub(crate) fn wants_time(&self, wait: Duration) {
        let _gone = self.happenings.send(Happening::WantsTime(self.generation, wait));
    }
}

/// The output of one generation.
pub(crate) struct Ears {
    pipes: [Pipe; 2],
    log: Arc<LogBook>,
    ready: ReadyLine,
    /// Rung with all output: servers tend to say something when they begin to listen.
    heard: Arc<Notify>,
    reporter: Reporter,
}

struct Pipe {
    stream: Stream,
    /// None once it has ended.
    output: Option<Output>,
    lines: Lines,
}

impl Pipe {
    fn new(stream: Stream, output: Output) -> Self {
        Self { stream, output: Some(output), lines: Lines::new(MAX_LINE_BYTES) }
    }

    /// Waits for output; for ever once the pipe has ended. Cancel-safe.
    async fn read(&mut self) -> Vec<u8> {
        let Some(output) = &mut self.output else { return std::future::pending().await };
        let mut bytes = Vec::new();
        match output.read(&mut bytes).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => self.output = None,
        }
        bytes
    }

    /// What is there now.
    fn drain(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Some(output) = &mut self.output
            && bytes.len() < DRAIN_BYTES
        {
            match output.try_read(&mut bytes) {
                Ok(Some(1..)) => {}
                Ok(None) => break,
                Ok(Some(0)) | Err(_) => self.output = None,
            }
        }
        bytes
    }
}

impl Ears {
    pub(crate) fn new(
        (stdout, stderr): (Output, Output),
        log: Arc<LogBook>,
        ready: ReadyLine,
        heard: Arc<Notify>,
        reporter: Reporter,
    ) -> Self {
        let pipes = [Pipe::new(Stream::Stdout, stdout), Pipe::new(Stream::Stderr, stderr)];
        Self { pipes, log, ready, heard, reporter }
    }

    /// Waits for output of either pipe and takes it in. What is on its way to the files is in memory: while that is much,
    /// more is left in the pipe. Cancel-safe.
    async fn listen(&mut self) {
        self.log.room().await;
        let [stdout, stderr] = &mut self.pipes;
        let (index, bytes) = tokio::select! {
            bytes = stdout.read() => (0, bytes),
            bytes = stderr.read() => (1, bytes),
        };
        self.take(index, &bytes);
    }

    fn take(&mut self, index: usize, bytes: &[u8]) {
        let Self { pipes, log, ready, heard, reporter } = self;
        let Pipe { stream, lines, .. } = &mut pipes[index];
        if let Some(line) = ready.take(lines, bytes, |line| log.push(*stream, line)) {
            reporter.report(Fact::Held(Proof::Line(line)));
        }
        heard.notify_one();
    }

    /// Takes in what is in the pipes now; with `end`, unfinished lines too.
    fn drain(&mut self, end: bool) {
        for index in 0..self.pipes.len() {
            let bytes = self.pipes[index].drain();
            self.take(index, &bytes);
            let Pipe { stream, lines, .. } = &mut self.pipes[index];
            if end && let Some(line) = lines.finish() {
                self.log.push(*stream, line);
            }
        }
        if end {
            self.log.end_generation();
        }
    }
}

/// Stays with a generation until nothing of its tree lives. After each read all others have their turn: what writes
/// without end never lets the pipe run empty, and so would have the thread for itself.
pub(crate) async fn attend(mut child: Child, mut ears: Ears) {
    let tree = child.tree();
    let status = loop {
        tokio::select! {
            biased;
            status = child.exited() => break status,
            () = ears.listen() => yield_now().await,
        }
    };
    let tree_empty = tree.is_empty();
    ears.drain(tree_empty);
    ears.reporter.report(Fact::Exited { exit: exit_of(status), tree_empty });
    if tree_empty {
        return;
    }
    let mut emptied = std::pin::pin!(tree.emptied());
    loop {
        tokio::select! {
            biased;
            () = &mut emptied => break,
            () = ears.listen() => yield_now().await,
        }
    }
    ears.drain(true);
    ears.reporter.report(Fact::TreeEmptied);
}

fn exit_of(status: ExitStatus) -> Exit {
    match status {
        ExitStatus::Code(code) => Exit::Code(code),
        ExitStatus::Signal(number) => {
            Exit::Signal { number, name: signal_name(number).into_owned() }
        }
    }
}
