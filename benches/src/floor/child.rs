//! The floor's fork: the one place of the benchmark with unsafe code.
use std::ffi::{CString, NulError, c_char};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use rustix::process::Pid;

/// A program with its arguments, made ready before the fork: after it nothing may be allocated.
pub(super) struct Program {
    arguments: Vec<CString>,
}

impl Program {
    /// Takes the program's absolute path and its arguments.
    pub(super) fn try_new(command: &[String]) -> io::Result<Self> {
        let arguments: Result<Vec<CString>, NulError> =
            command.iter().map(|word| CString::new(word.as_str())).collect();
        let arguments = arguments?;
        if arguments.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no program"));
        }
        Ok(Self { arguments })
    }

    /// Starts it in a process group of its own, with an empty environment and `output` as its
    /// standard output and error.
    #[expect(unsafe_code, reason = "fork is what the floor is made of, and has no safe form")]
    pub(super) fn spawn(&self, output: BorrowedFd<'_>) -> io::Result<Pid> {
        let mut pointers: Vec<*const c_char> =
            self.arguments.iter().map(|word| word.as_ptr()).collect();
        pointers.push(ptr::null());
        let environment = [ptr::null::<c_char>()];
        let output = output.as_raw_fd();
        // SAFETY: the floor has one thread, so the child's copy of memory is consistent.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            // SAFETY: only async-signal-safe calls; every pointer was made before the fork and
            // ends in a null; the child never returns into Rust.
            unsafe {
                libc::setpgid(0, 0);
                libc::dup2(output, 1);
                libc::dup2(output, 2);
                libc::execve(pointers[0], pointers.as_ptr(), environment.as_ptr());
                libc::_exit(127);
            }
        }
        Pid::from_raw(pid.max(0)).ok_or_else(io::Error::last_os_error)
    }
}
