//! Puts the built dashboard into the binary: every file of `dashboard/dist`, with the compressed ones beside it.

use std::env;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How the compressed files that the dashboard's build writes beside each file end.
const COMPRESSED: [&str; 2] = ["br", "gz"];

#[expect(clippy::disallowed_methods, reason = "a build script is told everything this way")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dist = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../dashboard/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    if !dist.join("index.html").is_file() {
        println!("cargo::error=the dashboard is not built: run `make dashboard` first");
        return Ok(());
    }
    let dist = dist.canonicalize()?;
    let mut table = String::from("&[\n");
    for file in files(&dist)? {
        let is_compressed = file
            .extension()
            .is_some_and(|end| COMPRESSED.iter().any(|compressed| end == *compressed));
        if !is_compressed {
            entry(&mut table, &dist, &file)?;
        }
    }
    table.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("dashboard.rs"), table)?;
    Ok(())
}

/// All files below a folder, in an order of their own that never changes.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

fn entry(table: &mut String, dist: &Path, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let path = file.strip_prefix(dist)?.to_str().ok_or("a file's name is not UTF-8")?;
    let [brotli, gzip] = COMPRESSED.map(|end| {
        let beside = PathBuf::from(format!("{}.{end}", file.display()));
        if beside.is_file() { format!("Some(include_bytes!({beside:?}))") } else { "None".into() }
    });
    writeln!(
        table,
        "File {{ path: \"/{path}\", plain: include_bytes!({file:?}), brotli: {brotli}, gzip: {gzip} }},"
    )?;
    Ok(())
}
