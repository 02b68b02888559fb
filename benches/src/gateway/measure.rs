//! The steps of the run: each measures one gateway for one round.
use std::net::SocketAddr;
use std::thread::sleep;
use std::time::Duration;

use super::board::Board;
use super::client::{Client, one_by_one, request, with_prompt};
use super::figure::Figure;
use super::load::{closed, paced};
use super::mock::Model;
use super::streams;
use super::subject::{Name, Subject, seen};
use crate::clock::{ms, ms_since, now_ns};
use crate::crowd::allow;
use crate::failure::{Outcome, broken};

/// Connections of the closed loop.
pub(crate) const CONNECTIONS: usize = 64;
/// Streams at once.
const STREAMS: u32 = 100;
/// Streams that are held open.
const IDLE: u32 = 1_000;
/// The size of a large prompt.
const LARGE: usize = 1_000_000;
/// Before memory is looked at, so that what was begun is done.
const SETTLE: Duration = Duration::from_millis(500);
/// How long anything may take that takes milliseconds, or 1,000 times a few of them.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long a reader stops.
const STOP: Duration = Duration::from_millis(1_500);

/// How much is done in a round.
pub(crate) struct Scale {
    /// Of the closed loop.
    pub(crate) time: Duration,
    /// Requests at a fixed rate: so many seconds.
    pub(crate) paced_s: u32,
    /// Large prompts and answers.
    pub(crate) large: u32,
    /// Times that a client leaves, a phase.
    pub(crate) leaves: u32,
    /// Requests over which memory may not grow, once a fifth as many were answered.
    pub(crate) many: f64,
}

/// A step.
pub(crate) type Step = fn(&Subject, &Scale, SocketAddr, &mut Board) -> Outcome<()>;

/// 64 connections as fast as they can.
pub(crate) fn throughput(
    subject: &Subject,
    scale: &Scale,
    _: SocketAddr,
    board: &mut Board,
) -> Outcome<()> {
    let keeper = || subject.keeper.map(crate::procfs::cpu_s).transpose();
    let (cpu_s, keeper_s) = (subject.cpu_s()?, keeper()?);
    let had = closed(subject.address, &request(Model::Short.name()), CONNECTIONS, scale.time)?;
    let each = 10_000.0 / had.answers;
    board.add(Figure::Throughput, subject.name, had.answers / had.time_s);
    if subject.name != Name::Direct {
        board.add(Figure::Cpu, subject.name, (subject.cpu_s()? - cpu_s) * each);
    }
    if let (Some(before_s), Some(after_s)) = (keeper_s, keeper()?) {
        board.add(Figure::RecordsCpu, subject.name, (after_s - before_s) * each);
    }
    Ok(())
}

/// 200 and 1,000 requests a second.
pub(crate) fn latency(
    subject: &Subject,
    scale: &Scale,
    _: SocketAddr,
    board: &mut Board,
) -> Outcome<()> {
    let request = request(Model::Short.name());
    let slow = paced(subject.address, &request, 200, 200 * scale.paced_s)?;
    board.add(Figure::Paced200, subject.name, slow.p50());
    let quick = paced(subject.address, &request, 1_000, 1_000 * scale.paced_s)?;
    board.add(Figure::Paced1000, subject.name, quick.p50());
    board.add(Figure::Paced1000Worst, subject.name, quick.p99());
    Ok(())
}

/// 100 streams of 100 chunks, 20 ms apart.
pub(crate) fn streaming(
    subject: &Subject,
    _: &Scale,
    _: SocketAddr,
    board: &mut Board,
) -> Outcome<()> {
    let had = streams::run(subject.address, &request(Model::Stream.name()), STREAMS)?;
    board.add(Figure::Chunk, subject.name, had.delay.p50());
    board.add(Figure::ChunkWorst, subject.name, had.delay.p99());
    board.add(Figure::Harmed, subject.name, f64::from(had.merged + had.split + had.lost));
    board.add(Figure::FirstToken, subject.name, had.first.p50());
    Ok(())
}

/// Large prompts, then large answers, one after another.
pub(crate) fn large(
    subject: &Subject,
    scale: &Scale,
    _: SocketAddr,
    board: &mut Board,
) -> Outcome<()> {
    let prompt = with_prompt(Model::Short.name(), LARGE);
    let prompts = one_by_one(subject.address, &prompt, scale.large)?;
    board.add(Figure::Prompt, subject.name, prompts.p50());
    let answers = one_by_one(subject.address, &request(Model::Long.name()), scale.large)?;
    board.add(Figure::Answer, subject.name, answers.p50());
    Ok(())
}

/// A client that begins to read 200 MB and stops.
pub(crate) fn stopped_reader(
    subject: &Subject,
    _: &Scale,
    _: SocketAddr,
    board: &mut Board,
) -> Outcome<()> {
    let before_mb = subject.memory_mb()?;
    let mut client = Client::connect(subject.address)?;
    client.send(&request(Model::Endless.name()))?;
    client.begin(true)?;
    sleep(STOP);
    board.add(Figure::StoppedReader, subject.name, subject.memory_mb()? - before_mb);
    Ok(())
}

/// 1,000 streams that have begun and say nothing more.
pub(crate) fn idle_streams(
    subject: &Subject,
    _: &Scale,
    _: SocketAddr,
    board: &mut Board,
) -> Outcome<()> {
    allow(2 * u64::from(IDLE) + 200)?;
    let before_mb = subject.memory_mb()?;
    let request = request(Model::Hushed.name());
    let (start_ns, mut clients) = (now_ns(), Vec::new());
    for _ in 0..IDLE {
        if ms_since(start_ns) > PATIENCE.as_secs_f64() * 1e3 {
            return broken(format!("only {} streams had begun in time", clients.len()));
        }
        let mut client = Client::connect(subject.address)?;
        client.send(&request)?;
        client.begin(true)?;
        clients.push(client);
    }
    sleep(SETTLE);
    let each_kb = (subject.memory_mb()? - before_mb) * 1e3 / f64::from(IDLE);
    board.add(Figure::IdleStream, subject.name, each_kb);
    Ok(())
}

/// Whether memory grows over many requests.
pub(crate) fn growth(
    subject: &Subject,
    scale: &Scale,
    _: SocketAddr,
    board: &mut Board,
) -> Outcome<()> {
    if subject.name != Name::Signalbox {
        return Ok(());
    }
    let request = request(Model::Short.name());
    let memory_after_mb = |count: f64| {
        let mut answers = 0.0;
        while answers < count {
            let time = Duration::from_secs(2);
            answers += closed(subject.address, &request, CONNECTIONS, time)?.answers;
        }
        sleep(SETTLE);
        subject.memory_mb()
    };
    // What its threads keep for the next requests is there after the first ones.
    let first = scale.many / 5.0;
    let before_mb = memory_after_mb(first)?;
    let growth_mb = memory_after_mb(scale.many)? - before_mb;
    board.add(Figure::Growth, subject.name, growth_mb);
    board.note(format!("growth: over {} requests, after {first}", scale.many));
    Ok(())
}

/// Clients that leave in three phases.
pub(crate) fn leaving(
    subject: &Subject,
    scale: &Scale,
    upstream: SocketAddr,
    board: &mut Board,
) -> Outcome<()> {
    for (figure, model) in [
        (Figure::CancelSilent, Model::Silent),
        (Figure::CancelHeaded, Model::Headed),
        (Figure::CancelStreaming, Model::Stream),
    ] {
        let mut worst_ms = 0.0;
        for _ in 0..scale.leaves {
            worst_ms = leave(subject.address, upstream, model)?.max(worst_ms);
        }
        board.add(figure, subject.name, worst_ms);
    }
    Ok(())
}

/// How long after a client's leave the upstream saw it, in ms.
fn leave(gateway: SocketAddr, upstream: SocketAddr, model: Model) -> Outcome<f64> {
    let mut client = Client::connect(gateway)?;
    let (_, before, _) = seen(upstream)?;
    client.send(&request(model.name()))?;
    if model == Model::Silent {
        until(upstream, |(busy, _, _)| busy > 0)?;
    } else {
        client.begin(model == Model::Stream)?;
    }
    sleep(Duration::from_millis(5));
    let start_ns = now_ns();
    drop(client);
    let (_, _, last_ns) = until(upstream, |(_, cancelled, _)| cancelled > before)?;
    Ok(ms(last_ns.saturating_sub(start_ns)))
}

/// Asks the mock until what it saw is as it should be.
fn until(
    upstream: SocketAddr,
    wanted: impl Fn((u64, u64, u64)) -> bool,
) -> Outcome<(u64, u64, u64)> {
    let start_ns = now_ns();
    while ms_since(start_ns) < PATIENCE.as_secs_f64() * 1e3 {
        let had = seen(upstream)?;
        if wanted(had) {
            return Ok(had);
        }
        sleep(Duration::from_micros(500));
    }
    broken("the upstream never saw that the client was gone")
}
