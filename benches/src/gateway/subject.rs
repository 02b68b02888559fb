//! The gateways, each as it is shipped but for what it needs to start: one upstream, no access log,
//! streams not held back.
use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::client::{self, Client};
use super::mock::Model;
use crate::failure::{Doing, Outcome, broken};
use crate::procfs;
use crate::program::Program;
use crate::signalbox;

/// Which one; in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// None: the load asks the mock itself.
    Direct,
    Haproxy,
    Nginx,
    Signalbox,
    Crabllm,
    LiterLlm,
}

impl Name {
    /// All of them.
    pub(crate) const ALL: [Self; 6] =
        [Self::Direct, Self::Haproxy, Self::Nginx, Self::Signalbox, Self::Crabllm, Self::LiterLlm];

    /// What it is called.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Haproxy => "haproxy",
            Self::Nginx => "nginx",
            Self::Signalbox => "signalbox",
            Self::Crabllm => "crabllm",
            Self::LiterLlm => "liter-llm",
        }
    }

    /// How to get it.
    fn hint(self) -> &'static str {
        match self {
            Self::Direct | Self::Signalbox => "",
            Self::Haproxy => "apt-get install haproxy",
            Self::Nginx => "apt-get install nginx-light",
            Self::Crabllm => "cargo install --root FOLDER crabllm, then --peers FOLDER",
            Self::LiterLlm => "cargo install --root FOLDER liter-llm-cli, then --peers FOLDER",
        }
    }
}

/// A running gateway.
pub(crate) struct Subject {
    /// Which one.
    pub(crate) name: Name,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The process that passes requests on, with whatever it starts.
    pid: Option<u32>,
    /// The process that keeps records, where that is another one.
    pub(crate) keeper: Option<u32>,
    _program: Option<Program>,
}

/// What all of them need to start.
pub(crate) struct Scene<'a> {
    /// The mock.
    pub(crate) upstream: SocketAddr,
    /// For configurations.
    pub(crate) folder: &'a Path,
    /// Where the peers were installed.
    pub(crate) peers: Option<&'a Path>,
    /// Signalbox's binary.
    pub(crate) signalbox: Option<&'a Path>,
}

impl Subject {
    /// CPU seconds so far of all its processes.
    pub(crate) fn cpu_s(&self) -> Outcome<f64> {
        let Some(pid) = self.pid else { return Ok(0.0) };
        procfs::tree(pid)?.into_iter().map(procfs::cpu_s).sum()
    }

    /// The memory of all its processes, each shared page by its share, in MB.
    pub(crate) fn memory_mb(&self) -> Outcome<f64> {
        let Some(pid) = self.pid else { return Ok(0.0) };
        let tree = procfs::tree(pid)?.into_iter();
        tree.map(|pid| procfs::memory(pid).map(|memory| memory.proportional_mb)).sum()
    }
}

impl Scene<'_> {
    /// Starts it; what is not on this machine is none, and an error says how to get it.
    pub(crate) fn start(&self, name: Name) -> Outcome<Subject> {
        let folder = self.folder.join(name.text());
        fs::create_dir_all(&folder).doing("making a folder")?;
        let port = free_port()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if name == Name::Direct {
            let address = self.upstream;
            return Ok(Subject { name, address, pid: None, keeper: None, _program: None });
        }
        if name == Name::Signalbox {
            return self.signalbox(&folder, address);
        }
        let program = self.program(name, &folder, address)?;
        let pid = Some(program.pid());
        Ok(Subject { name, address, pid, keeper: None, _program: Some(program) })
    }

    /// Starts what needs no more than a configuration.
    fn program(&self, name: Name, folder: &Path, address: SocketAddr) -> Outcome<Program> {
        let mut command = Command::new(self.find(name)?);
        let config = folder.join("config.toml");
        let text = match name {
            Name::Haproxy => haproxy(address, self.upstream),
            Name::Nginx => nginx(folder, address, self.upstream),
            Name::Crabllm => crabllm(address, self.upstream),
            _ => liter_llm(self.upstream),
        };
        fs::write(&config, text).doing("writing a configuration")?;
        match name {
            Name::Haproxy => command.arg("-db").arg("-f").arg(&config),
            Name::Nginx => command.args(["-e", "stderr", "-g", "daemon off;", "-c"]).arg(&config),
            Name::Crabllm => command.args(["serve", "--config"]).arg(&config),
            _ => {
                let port = address.port().to_string();
                command
                    .args(["api", "--host", "127.0.0.1", "--port", &port, "--config"])
                    .arg(&config)
            }
        };
        // What it logs of itself would be work for the disk.
        command.env("RUST_LOG", "error");
        Program::start_at(&mut command, &folder.join("errors"), address)
    }

    /// The built-in router below the control server, with one provider, records and all.
    fn signalbox(&self, folder: &Path, address: SocketAddr) -> Outcome<Subject> {
        let Some(binary) = self.signalbox else {
            return broken("only the yardsticks are measured");
        };
        let port = address.port();
        let processes = format!("[process.router]\nbuiltin = \"provider-router\"\nport = {port}\n");
        let program = signalbox::serve(binary, folder, &processes, &["--no-start"])?;
        let control = program.address();
        let upstream = self.upstream;
        let provider = format!(
            r#"{{"id":"mock","name":"mock","type":"openai-compatible","baseUrl":"http://{upstream}/v1"}}"#
        );
        ask(control, "POST", "/api/providers", &provider)?;
        ask(control, "PUT", "/api/settings/active_provider", r#"{"value":"mock"}"#)?;
        let router = ask(control, "POST", "/api/processes/router/start?wait=10", "")?;
        let pid = router["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
        let keeper = Some(program.pid());
        Ok(Subject { name: Name::Signalbox, address, pid, keeper, _program: Some(program) })
    }

    /// The router as a program of its own, for how soon it is there.
    pub(crate) fn router_alone(&self, round: u32) -> Outcome<Program> {
        let Some(binary) = self.signalbox else {
            return broken("only the yardsticks are measured");
        };
        let port = free_port()?;
        let folder = self.folder.join(format!("alone-{round}"));
        let mut command = Command::new(binary);
        command.args(["provider-router", "--port", &port.to_string(), "--data-dir"]).arg(&folder);
        command.args(["--upstream", &format!("http://{}/v1", self.upstream)]);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Program::start_at(&mut command, &self.folder.join("alone.errors"), address)
    }

    fn find(&self, name: Name) -> Outcome<PathBuf> {
        let installed = self.peers.map(|peers| peers.join("bin").join(name.text()));
        if let Some(path) = installed.filter(|path| path.exists()) {
            return Ok(path);
        }
        for folder in ["/usr/sbin", "/usr/local/sbin"] {
            let path = Path::new(folder).join(name.text());
            if path.exists() {
                return Ok(path);
            }
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", "command -v \"$0\"", name.text()]).stdout(Stdio::null());
        if shell.status().is_ok_and(|status| status.success()) {
            return Ok(PathBuf::from(name.text()));
        }
        broken(format!("not here: {}", name.hint()))
    }
}

/// Calls the control server and reads what it answers.
fn ask(control: SocketAddr, method: &str, path: &str, body: &str) -> Outcome<Value> {
    let length = body.len();
    let mut client = Client::connect(control)?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {control}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    client.send(request.as_bytes())?;
    let body = client.answer_any()?;
    match serde_json::from_slice::<Value>(&body) {
        Ok(value) if value["success"] != false => Ok(value),
        _ => broken(format!("{method} {path}: {}", String::from_utf8_lossy(&body))),
    }
}

fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").doing("finding a free port")?;
    Ok(listener.local_addr().doing("finding a free port")?.port())
}

fn haproxy(address: SocketAddr, upstream: SocketAddr) -> String {
    format!(
        "global\n  maxconn 4000\ndefaults\n  mode http\n  timeout connect 10s\n  \
         timeout client 600s\n  timeout server 600s\n  option http-no-delay\nlisten all\n  bind {address}\n  \
         server mock {upstream}\n"
    )
}

fn nginx(folder: &Path, address: SocketAddr, upstream: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        "worker_processes auto;\nuser root;\npid {folder}/pid;\nerror_log {folder}/error.log;\n\
         events {{ worker_connections 8192; }}\nhttp {{\n  access_log off;\n  \
         keepalive_requests 100000000;\n  client_max_body_size 64m;\n  \
         client_body_temp_path {folder}/body;\n  proxy_temp_path {folder}/proxy;\n  \
         fastcgi_temp_path {folder}/fastcgi;\n  uwsgi_temp_path {folder}/uwsgi;\n  \
         scgi_temp_path {folder}/scgi;\n  upstream mock {{ server {upstream}; keepalive 128; \
         keepalive_requests 100000000; }}\n  server {{\n    listen {address};\n    location / {{\n      \
         proxy_pass http://mock;\n      proxy_http_version 1.1;\n      \
         proxy_set_header Connection \"\";\n      proxy_buffering off;\n      \
         proxy_read_timeout 600s;\n    }}\n  }}\n}}\n"
    )
}

fn crabllm(address: SocketAddr, upstream: SocketAddr) -> String {
    let names = Model::ALL.map(|(name, _)| format!("\"{name}\""));
    format!(
        "listen = \"{address}\"\n\n[providers.mock]\nkind = \"openai\"\napi_key = \"sk-bench\"\n\
         base_url = \"http://{upstream}/v1\"\nmodels = [{}]\ntimeout = 600\n",
        names.join(", ")
    )
}

fn liter_llm(upstream: SocketAddr) -> String {
    let mut text =
        "[general]\nmaster_key = \"sk-bench\"\n\n[security]\noutbound_policy = \"off\"\n"
            .to_owned();
    for (name, _) in Model::ALL {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n[[models]]\nname = \"{name}\"\nprovider_model = \"openai/{name}\"\n\
             api_key = \"sk-bench\"\nbase_url = \"http://{upstream}/v1\"\n"
        );
    }
    text
}

/// What the mock saw: how many requests are under way, how many were given up, and when it saw the last of these.
pub(crate) fn seen(upstream: SocketAddr) -> Outcome<(u64, u64, u64)> {
    let value: Value = serde_json::from_slice(&client::get(upstream, "/seen")?).unwrap_or_default();
    let field = |name: &str| value[name].as_u64().unwrap_or(0);
    Ok((field("busy"), field("cancelled"), field("last_ns")))
}
