//! What is measured of each gateway, and what Signalbox's figure has to be.

/// A figure, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Figure {
    Throughput,
    Cpu,
    RecordsCpu,
    Paced200,
    Paced1000,
    Paced1000Worst,
    Chunk,
    ChunkWorst,
    Harmed,
    FirstToken,
    Prompt,
    Answer,
    StoppedReader,
    IdleStream,
    Growth,
    CancelSilent,
    CancelHeaded,
    CancelStreaming,
    Ready,
    Idle,
}

/// What a figure is compared with.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// At most this.
    AtMost(f64),
    /// At most so many times what HAProxy has.
    TimesHaproxy(f64),
    /// At least so many times what HAProxy has.
    AtLeastTimesHaproxy(f64),
    /// At least so many times what the better one of the peers has.
    AtLeastTimesPeer(f64),
}

/// How a figure is shown.
pub(crate) struct Shape {
    /// For people.
    pub(crate) name: &'static str,
    /// Of what it is in.
    pub(crate) unit: &'static str,
    /// Shown less what the same rounds without a gateway had.
    pub(crate) added: bool,
    /// What Signalbox's has to be.
    pub(crate) goals: &'static [Goal],
}

impl Figure {
    /// All of them.
    pub(crate) const ALL: [Self; 20] = [
        Self::Throughput,
        Self::Cpu,
        Self::RecordsCpu,
        Self::Paced200,
        Self::Paced1000,
        Self::Paced1000Worst,
        Self::Chunk,
        Self::ChunkWorst,
        Self::Harmed,
        Self::FirstToken,
        Self::Prompt,
        Self::Answer,
        Self::StoppedReader,
        Self::IdleStream,
        Self::Growth,
        Self::CancelSilent,
        Self::CancelHeaded,
        Self::CancelStreaming,
        Self::Ready,
        Self::Idle,
    ];

    /// How it is shown, and what it has to be.
    pub(crate) fn shape(self) -> Shape {
        use Goal::{AtLeastTimesHaproxy, AtLeastTimesPeer, AtMost, TimesHaproxy};
        match self {
            Self::Throughput => whole(
                "64 connections: answers",
                "1/s",
                &[AtLeastTimesHaproxy(0.7), AtLeastTimesPeer(1.4)],
            ),
            Self::Cpu => whole("CPU for 10,000 answers", "s", &[TimesHaproxy(2.0)]),
            Self::RecordsCpu => whole("control server's CPU for their records", "s", &[]),
            Self::Paced200 => added("200 requests/s: added, p50", "ms", &[TimesHaproxy(2.0)]),
            Self::Paced1000 => added("1,000 requests/s: added, p50", "ms", &[TimesHaproxy(2.0)]),
            Self::Paced1000Worst => added("1,000 requests/s: added, p99", "ms", &[]),
            Self::Chunk => added("100 streams: added a chunk, p50", "ms", &[TimesHaproxy(1.5)]),
            Self::ChunkWorst => {
                added("100 streams: added a chunk, p99", "ms", &[TimesHaproxy(1.5)])
            }
            Self::Harmed => whole("chunks merged, split or lost", "", &[AtMost(0.0)]),
            Self::FirstToken => added("first token: added, p50", "ms", &[AtMost(0.3)]),
            Self::Prompt => whole("1 MB prompt, p50", "ms", &[TimesHaproxy(2.0)]),
            Self::Answer => whole("5 MB answer, p50", "ms", &[TimesHaproxy(2.0)]),
            Self::StoppedReader => {
                whole("200 MB to a client that stops reading: growth", "MB", &[AtMost(4.0)])
            }
            Self::IdleStream => whole("1,000 idle streams: each", "KB", &[AtMost(20.0)]),
            Self::Growth => whole("growth over many requests", "MB", &[AtMost(1.0)]),
            Self::CancelSilent => cancel("gone before the answer: seen upstream, worst"),
            Self::CancelHeaded => cancel("gone before the first token: seen upstream, worst"),
            Self::CancelStreaming => cancel("gone in the stream: seen upstream, worst"),
            Self::Ready => whole("exec → accepts, p50", "ms", &[AtMost(50.0)]),
            Self::Idle => whole("idle: proportional memory", "MB", &[AtMost(20.0)]),
        }
    }
}

fn whole(name: &'static str, unit: &'static str, goals: &'static [Goal]) -> Shape {
    Shape { name, unit, added: false, goals }
}

fn added(name: &'static str, unit: &'static str, goals: &'static [Goal]) -> Shape {
    Shape { name, unit, added: true, goals }
}

fn cancel(name: &'static str) -> Shape {
    whole(name, "ms", &[Goal::AtMost(5.0)])
}
