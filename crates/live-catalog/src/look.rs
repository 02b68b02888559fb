//! What the catalog's files look like from outside.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What changes when the catalog does: a change is written to the side file first, and later from
/// there into the file itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Look {
    file: Option<Stamp>,
    side: Option<Stamp>,
}

impl Look {
    pub(crate) fn at(path: &Path) -> Self {
        let mut side = path.as_os_str().to_owned();
        side.push("-wal");
        // An empty side file is as good as none: readers come and go with one.
        let side = stamp(&PathBuf::from(side)).filter(|stamp| stamp.size > 0);
        Self { file: stamp(path), side }
    }

    pub(crate) fn is_there(&self) -> bool {
        self.file.is_some()
    }
}

/// The change time is not for anybody to set, and moves with the rights and the owner as well.
#[derive(Clone, Debug, PartialEq)]
struct Stamp {
    inode: u64,
    size: u64,
    changed_s: i64,
    changed_ns: i64,
}

fn stamp(path: &Path) -> Option<Stamp> {
    let of = |file: Metadata| Stamp {
        inode: file.ino(),
        size: file.size(),
        changed_s: file.ctime(),
        changed_ns: file.ctime_nsec(),
    };
    fs::metadata(path).ok().map(of)
}
