//! The peer of the fan-out figures: Node's `socket.io` server.
use std::path::Path;
use std::process::Command;

use crate::failure::{Doing, Outcome, broken};
use crate::program::Program;

/// Where its program and its lock file are.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/node");

/// Starts it; what it needs is installed first where it is missing.
pub(crate) fn start(folder: &Path) -> Outcome<Program> {
    if !Path::new(FOLDER).join("node_modules/socket.io").exists() {
        install()?;
    }
    let mut node = Command::new("node");
    node.arg("server.mjs").current_dir(FOLDER).env("NODE_ENV", "production");
    Program::start(&mut node, &folder.join("node.errors"))
}

fn install() -> Outcome<()> {
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--silent"]).current_dir(FOLDER);
    let installed = npm.status().doing("running npm")?.success();
    if installed { Ok(()) } else { broken("npm could not install what benches/node needs") }
}
