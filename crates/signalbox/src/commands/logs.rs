//! `logs`: what processes wrote, and what they write.

use std::collections::HashMap;

use api::{LogLine, Stream};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::events::{AWAY, PAUSE};
use super::paint::{DIM, id_colour, moment, paint};
use super::select::select;
use crate::client::{Client, Followed, Socket};
use crate::command_line::Logs;
use crate::failure::Failure;
use crate::terminal::{Terminal, print_json, print_line, print_painted, tell};
use crate::visible::{visible, visible_output};

/// Shows output.
pub(super) async fn run(
    arguments: &Logs,
    client: &Client,
    terminal: Terminal,
) -> Result<(), Failure> {
    let ids = ids(arguments, client).await?;
    let view = View { ids, arguments, terminal, last: HashMap::new() };
    if arguments.follow { view.follow(client).await } else { view.show_tail(client).await }
}

async fn ids(arguments: &Logs, client: &Client) -> Result<Vec<String>, Failure> {
    let listing = client.processes().await?;
    let chosen = select(arguments.id.as_slice(), &listing)?;
    Ok(chosen.iter().map(|process| process.id.clone()).collect())
}

/// Whose output is shown, and how.
struct View<'a> {
    ids: Vec<String>,
    arguments: &'a Logs,
    terminal: Terminal,
    /// The number of the last line that was shown, for each process.
    last: HashMap<String, u64>,
}

impl View<'_> {
    async fn show_tail(self, client: &Client) -> Result<(), Failure> {
        let lines = self.tail(client, self.arguments.lines).await?;
        if self.arguments.json {
            let lines: Vec<Value> = lines.iter().map(|followed| self.document(followed)).collect();
            return print_json(&json!({ "lines": lines }));
        }
        lines.iter().try_for_each(|followed| self.show(followed))
    }

    /// Output is subscribed to first and the past asked for then, so that no line falls between the two; what is in both
    /// is known by its number.
    async fn follow(mut self, client: &Client) -> Result<(), Failure> {
        let mut wanted = self.arguments.lines;
        let mut since = None;
        loop {
            match self.follow_once(client, wanted).await {
                Err(Failure::NoServer { .. }) if self.may_come_back(&mut since) => {
                    tokio::time::sleep(PAUSE).await;
                }
                ended => return ended,
            }
            // What was written while we were away, as far as it is known.
            wanted = self.arguments.lines.max(1_000);
        }
    }

    /// A server that was never there is not waited for.
    fn may_come_back(&self, since: &mut Option<Instant>) -> bool {
        if self.last.is_empty() {
            return false;
        }
        if since.is_none() {
            tell("Disconnected. Reconnecting...");
        }
        since.get_or_insert_with(Instant::now).elapsed() < AWAY
    }

    async fn follow_once(&mut self, client: &Client, wanted: usize) -> Result<(), Failure> {
        let mut socket = client.socket().await?;
        for id in &self.ids {
            socket.follow(id).await.map_err(|error| client.socket_failure(error))?;
        }
        for followed in self.tail(client, wanted).await? {
            self.show_new(&followed)?;
        }
        self.show_live(&mut socket, client).await
    }

    async fn show_live(&mut self, socket: &mut Socket, client: &Client) -> Result<(), Failure> {
        loop {
            let followed = socket.next().await.map_err(|error| client.socket_failure(error))?;
            self.show_new(&followed)?;
        }
    }

    /// The last lines of all these processes together, by time.
    async fn tail(&self, client: &Client, wanted: usize) -> Result<Vec<Followed>, Failure> {
        let mut lines = Vec::new();
        for id in self.ids.iter().filter(|_| wanted > 0) {
            let of_one = client.tail(id, wanted).await?;
            lines.extend(of_one.into_iter().map(|line| Followed { process: id.clone(), line }));
        }
        lines.sort_by_key(|followed| followed.line.time);
        Ok(lines.split_off(lines.len().saturating_sub(wanted)))
    }

    fn show_new(&mut self, followed: &Followed) -> Result<(), Failure> {
        let last = self.last.get(&followed.process).copied();
        let missed = last.map_or(0, |last| followed.line.seq.saturating_sub(last + 1));
        if last.is_some_and(|last| last >= followed.line.seq) {
            return Ok(());
        }
        if missed > 0 {
            tell(format_args!("{missed} lines of {} were missed", followed.process));
        }
        self.last.insert(followed.process.clone(), followed.line.seq);
        if self.arguments.json {
            return print_line(self.document(followed));
        }
        self.show(followed)
    }

    fn document(&self, Followed { process, line }: &Followed) -> Value {
        let LogLine { seq, time, stream, text } = line;
        json!({ "process": process, "seq": seq, "time": time, "stream": stream, "text": text })
    }

    fn show(&self, Followed { process, line }: &Followed) -> Result<(), Failure> {
        let colours = self.terminal.out_colours;
        let mut shown = String::new();
        if self.arguments.time {
            shown.push_str(&format!("{}  ", paint(moment(line.time), DIM, colours)));
        }
        if self.arguments.id.is_none() {
            shown.push_str(&self.prefix(process, line.stream));
        }
        shown.push_str(&visible_output(&line.text, colours));
        print_painted(shown)
    }

    /// Who wrote it: `|` to standard output, `!` to standard error.
    fn prefix(&self, process: &str, stream: Stream) -> String {
        let width = self.ids.iter().map(String::len).max().unwrap_or(0);
        let index = self.ids.iter().position(|id| id == process).unwrap_or(0);
        let mark = match stream {
            Stream::Stdout => '|',
            Stream::Stderr => '!',
        };
        let name = format!("{:width$} {mark}", visible(process));
        format!("{} ", paint(name, id_colour(index), self.terminal.out_colours))
    }
}
