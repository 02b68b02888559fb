//! The command line, as clap reads it. What a word here means stands in the public contract, part 1.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

/// Starts, watches and stops the proxy servers of this machine, and tells the truth about them.
#[derive(Debug, Parser)]
#[command(name = "signalbox", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    disable_help_subcommand = true,
    subcommand_required = true,
    after_help = "\
Exit codes: 0 done; 1 it failed; 2 wrong usage, configuration or id; 3 no server answers;
4 the process did not reach the wanted state."
)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the control server with the dashboard, in the foreground.
    Up(Up),
    /// Show the processes: state, port, pid, uptime, restarts, message.
    Status(Status),
    /// Start processes and wait until they run.
    Start(Order),
    /// Stop processes and wait until nothing of them lives.
    Stop(Order),
    /// Stop processes, start them again and wait until they run.
    Restart(Order),
    /// Show what processes wrote.
    Logs(Logs),
    /// Show lifecycle events, one a line.
    Events(Events),
    /// Run the provider router, alone or under a control server.
    ProviderRouter(ProviderRouter),
    /// Run the Qwen proxy, alone or under a control server.
    QwenProxy(QwenProxy),
    /// Check or show the configuration.
    #[command(subcommand)]
    Config(Config),
    /// Run the control server as a service of this user, under systemd.
    #[command(subcommand)]
    Service(Service),
    /// Print completions for a shell, to be put where it looks for them.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Wait for the end of the server at the other end of standard input, and end what it left.
    #[command(hide = true)]
    Guard {
        /// What the server keeps of what it runs.
        ledger: PathBuf,
        /// Be the guard, rather than leave one behind.
        #[arg(long)]
        detached: bool,
    },
}

impl Command {
    /// Whether standard output is to have a JSON document even if it fails. `config check` writes its own in any case.
    pub(crate) fn owes_document(&self) -> bool {
        match self {
            Self::Status(status) => status.json,
            Self::Start(order) | Self::Stop(order) | Self::Restart(order) => order.json,
            Self::Logs(logs) => logs.json,
            Self::Events(events) => events.json,
            Self::Config(Config::Show(file)) => file.json,
            Self::Config(Config::Check(_))
            | Self::Up(_)
            | Self::ProviderRouter(_)
            | Self::QwenProxy(_)
            | Self::Service(_)
            | Self::Completions { .. }
            | Self::Guard { .. } => false,
        }
    }
}

/// The control server.
#[derive(Args, Debug)]
#[command(after_help = "\
SIGTERM, SIGINT and SIGHUP stop all processes in their order, then the server, which exits with 0.
A second one kills the processes at once; the exit code is 0 then, too. SIGNALBOX_LOG sets what
is logged on stderr: error, warn, info (the default), debug or trace, also by module.")]
pub(crate) struct Up {
    /// The configuration [default: $SIGNALBOX_CONFIG, ./signalbox.toml, the user's own, else built in].
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where to listen, such as 127.0.0.1:3002; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", value_parser = crate::config::parse_address)]
    pub(crate) listen: Option<SocketAddr>,
    /// Where everything is kept [default: $XDG_DATA_HOME/signalbox].
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// A file with the token that callers need [default: $SIGNALBOX_TOKEN, else none is needed].
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// The server's certificate and those that lead to its authority, in PEM: serves https in place of http.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's key, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Start nothing, not even what has `autostart = true`.
    #[arg(long)]
    pub(crate) no_start: bool,
}

/// How a client command finds and enters the server.
#[derive(Args, Clone, Debug)]
pub(crate) struct Connection {
    /// The server [default: $SIGNALBOX_URL, else http://127.0.0.1:3002].
    #[arg(long, value_name = "URL", help_heading = "Server")]
    pub(crate) url: Option<String>,
    /// A file with the server's token [default: $SIGNALBOX_TOKEN, else `token` in the data directory].
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    pub(crate) token_file: Option<PathBuf>,
    /// The certificate of the authority that vouches for an https server, in PEM [default: $SIGNALBOX_CA, and the public ones].
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    pub(crate) ca: Option<PathBuf>,
    /// The server's data directory, whose token is shown to a server at a loopback address alone.
    #[arg(long, value_name = "DIR", help_heading = "Server")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Status {
    /// Which processes; none means all.
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Args, Debug)]
pub(crate) struct Order {
    /// Which processes; none means all.
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Give the order and do not wait for what becomes of it.
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// How many seconds to wait [default: until it has settled, which its own timeouts see to]
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Args, Debug)]
pub(crate) struct Logs {
    /// Whose output; without it that of all processes, by time.
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,
    /// Go on with what is written from now on.
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// How many of the last lines to show.
    #[arg(short = 'n', long = "lines", value_name = "N", default_value_t = 100, value_parser = lines)]
    pub(crate) lines: usize,
    /// Show when each line was read.
    #[arg(short, long)]
    pub(crate) time: bool,
    /// Print one JSON document; with --follow, one a line.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Args, Debug)]
pub(crate) struct Events {
    /// Go on with what happens from now on.
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Only events after this one [default: all that the server knows; with --follow, none of them].
    #[arg(long, value_name = "SEQ")]
    pub(crate) after: Option<u64>,
    /// Print one JSON document; with --follow, one a line.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What both proxy servers take.
#[derive(Args, Debug)]
pub(crate) struct Proxy {
    /// Where the providers, models, settings and credentials are kept [default: $XDG_DATA_HOME/signalbox].
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// How long requests in flight may take to end after SIGTERM, such as 10s.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = humantime::parse_duration)]
    pub(crate) drain: Duration,
    /// A browser origin that may call besides those of this machine; may be given again.
    #[arg(long = "allowed-origin", value_name = "ORIGIN")]
    pub(crate) allowed_origins: Vec<String>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Where requests go is read from the data directory, again at SIGHUP and whenever it changes. --upstream
is used in place of it; its key is taken from SIGNALBOX_UPSTREAM_KEY.")]
pub(crate) struct ProviderRouter {
    /// The port to listen on [default: $PORT, else 3001].
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// An OpenAI-compatible base URL ending in /v1, for every model [default: $SIGNALBOX_UPSTREAM].
    #[arg(long, value_name = "URL")]
    pub(crate) upstream: Option<String>,
    #[command(flatten)]
    pub(crate) proxy: Proxy,
}

#[derive(Args, Debug)]
#[command(after_help = "\
The key is read from the data directory, again at SIGHUP and whenever it changes. If there is none, it
is taken from DASHSCOPE_API_KEY.")]
pub(crate) struct QwenProxy {
    /// The port to listen on [default: $PORT, else 3000].
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// A base URL in place of the region's own [default: $QWEN_BASE_URL].
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    #[command(flatten)]
    pub(crate) proxy: Proxy,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Tell every fault of a configuration, with its line and a hint.
    Check(ConfigFile),
    /// Print the configuration as it is in effect, every default written out, secrets masked.
    Show(ConfigFile),
}

#[derive(Args, Debug)]
pub(crate) struct ConfigFile {
    /// The file [default: $SIGNALBOX_CONFIG, ./signalbox.toml, the user's own, else built in].
    #[arg(value_name = "FILE", conflicts_with = "config")]
    pub(crate) file: Option<PathBuf>,
    /// The same, as `up` takes it.
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) config: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Service {
    /// Write a unit for systemd, enable it and start it. What `up` takes is what it runs.
    Install(Install),
    /// Stop it and remove its unit.
    Uninstall(Uninstall),
}

#[derive(Args, Debug)]
pub(crate) struct Install {
    /// Show the unit, and change nothing.
    #[arg(long)]
    pub(crate) print: bool,
    /// Replace a unit that was changed or written by hand.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) up: Up,
}

#[derive(Args, Debug)]
pub(crate) struct Uninstall {
    /// Remove a unit that was changed or written by hand.
    #[arg(long)]
    pub(crate) force: bool,
}

fn seconds(given: &str) -> Result<Duration, String> {
    let seconds = given.strip_suffix('s').unwrap_or(given).parse::<f64>().ok();
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "a number of seconds, such as 30 or 0.5".to_owned())
}

/// How many lines a server gives at once.
const MOST_LINES: usize = 10_000;

fn lines(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| *count <= MOST_LINES);
    count.ok_or_else(|| format!("a whole number from 0 to {MOST_LINES}"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::CommandLine::command().debug_assert();
    }
}
