//! Writing what waits to the control server's socket.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::queue::Queue;
use crate::{KeyNote, Line, Reporter, Row, Source, socket};

/// How many rows are written at once, at most: some 100 KB.
const BATCH: usize = 512;

/// How long what is to be told waits for more: a quick request is told once, when it has ended, and
/// the start of a slow one waits until it is on its way to the upstream. A stream that has begun to
/// arrive waits for nothing. Writes are as far apart at least.
const GATHER: Duration = Duration::from_millis(2);

/// How much longer for each row that was written before: some 10,000 a second lead to longer and
/// longer pauses, within which most requests end, so that they are told once instead of twice. That
/// halves what both sides do for them.
const GATHER_A_ROW: Duration = Duration::from_micros(100);

/// The longest such pause: what began within it is lost if the proxy is killed.
const LONGEST_GATHER: Duration = Duration::from_millis(20);

/// How soon a connection is tried again at first, and at the slowest.
const RETRY: Duration = Duration::from_millis(100);
const SLOWEST_RETRY: Duration = Duration::from_secs(5);

/// How long what is left may take at the end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What tells the control server of this data directory of requests, if there is both a server that
/// knows this program as `source` and such a directory; else what tells nobody.
#[must_use]
pub fn reporting(source: Option<Source>, data_dir: Option<&Path>) -> (Reporter, Writer) {
    match (source, data_dir) {
        (Some(source), Some(data_dir)) => Writer::new(source, data_dir),
        _ => (Reporter::default(), Writer::to_nobody()),
    }
}

/// Writes what its [`Reporter`] was told. It has to be run, and closed at the end.
#[derive(Debug)]
pub struct Writer {
    /// Where the control server listens; none: nobody wants to know.
    data_dir: Option<PathBuf>,
    hello: Vec<u8>,
    queue: Arc<Queue>,
    stream: Option<UnixStream>,
    /// What this connection was told of the key.
    told_key: Option<KeyNote>,
    /// What is being written: whole lines, of which so many bytes are gone.
    buffer: Vec<u8>,
    written: usize,
    /// When the next write may be.
    next_write: Instant,
}

impl Writer {
    fn new(source: Source, data_dir: &Path) -> (Reporter, Self) {
        let mut writer = Self::to_nobody();
        writer.data_dir = Some(data_dir.to_owned());
        Line::Hello(source).write_to(&mut writer.hello);
        (Reporter::to(Arc::clone(&writer.queue)), writer)
    }

    fn to_nobody() -> Self {
        Self {
            data_dir: None,
            hello: Vec::new(),
            queue: Arc::default(),
            stream: None,
            told_key: None,
            buffer: Vec::new(),
            written: 0,
            next_write: Instant::now(),
        }
    }

    /// Writes for as long as it is polled. May be dropped at any moment, and run again.
    pub async fn run(&mut self) -> Infallible {
        if self.data_dir.is_none() {
            return std::future::pending().await;
        }
        loop {
            self.connect_patiently().await;
            let error = loop {
                if let Err(error) = self.write_next().await {
                    break error;
                }
            };
            tracing::debug!(%error, "the control server does not read requests any more");
            self.stream = None;
        }
    }

    /// Writes what is left, unless nobody reads it.
    pub async fn close(mut self) {
        let rest = async {
            if self.stream.is_none() && self.connect().await.is_err() {
                return;
            }
            while self.flush().await.is_ok() {
                self.fill();
                if self.buffer.is_empty() {
                    return;
                }
            }
        };
        if timeout(LAST_WORDS, rest).await.is_err() {
            tracing::debug!("the control server did not read the last requests in time");
        }
    }

    async fn connect_patiently(&mut self) {
        let mut pause = RETRY;
        while self.stream.is_none() && self.connect().await.is_err() {
            sleep(pause).await;
            pause = SLOWEST_RETRY.min(pause * 2);
        }
    }

    async fn connect(&mut self) -> io::Result<()> {
        let Some(data_dir) = &self.data_dir else { return Err(io::ErrorKind::NotConnected.into()) };
        let mut stream = socket::connect(data_dir).await?;
        stream.write_all(&self.hello).await?;
        self.stream = Some(stream);
        self.told_key = None;
        // What the connection before this one may not have delivered is written again.
        self.written = 0;
        Ok(())
    }

    async fn write_next(&mut self) -> io::Result<()> {
        self.flush().await?;
        if self.is_all_told() {
            while self.is_all_told() {
                self.queue.news().await;
            }
            let _over_or_urgent = timeout(GATHER, self.queue.urgency()).await;
        }
        if self.next_write > Instant::now() {
            sleep_until(self.next_write).await;
        }
        let rows = self.fill();
        // What did not fit is not kept waiting.
        if rows < BATCH {
            self.next_write = Instant::now() + pause_after(rows);
        }
        Ok(())
    }

    fn is_all_told(&self) -> bool {
        self.queue.is_empty() && self.queue.key() == self.told_key
    }

    /// Takes the next batch, and says how many rows there are in it.
    fn fill(&mut self) -> usize {
        let mut rows: Vec<Row> = Vec::new();
        let dropped = self.queue.take(BATCH, &mut rows);
        if dropped > 0 {
            Line::Dropped(dropped).write_to(&mut self.buffer);
        }
        let key = self.queue.key();
        if let Some(key) = key.filter(|_| key != self.told_key) {
            Line::Key(key).write_to(&mut self.buffer);
            self.told_key = Some(key);
        }
        let count = rows.len();
        rows.into_iter().for_each(|row| Line::Row(row).write_to(&mut self.buffer));
        count
    }

    /// Writes the buffer to its end.
    async fn flush(&mut self) -> io::Result<()> {
        let Some(stream) = &self.stream else { return Err(io::ErrorKind::NotConnected.into()) };
        while self.written < self.buffer.len() {
            stream.writable().await?;
            match stream.try_write(&self.buffer[self.written..]) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        self.buffer.clear();
        self.written = 0;
        Ok(())
    }
}

/// How long the next write has to wait after one of so many rows.
fn pause_after(rows: usize) -> Duration {
    let rows = u32::try_from(rows).unwrap_or(u32::MAX);
    GATHER_A_ROW.saturating_mul(rows).clamp(GATHER, LONGEST_GATHER)
}

#[cfg(test)]
mod tests {
    use super::{BATCH, pause_after};

    #[test]
    fn the_busier_a_proxy_is_the_longer_it_gathers() {
        let pauses_ms = [0, 1, 20, 50, 150, 200, BATCH].map(|rows| pause_after(rows).as_millis());
        assert_eq!(pauses_ms, [2, 2, 2, 5, 15, 20, 20]);
    }
}
