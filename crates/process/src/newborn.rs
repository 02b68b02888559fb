//! The first instructions of a child, until it becomes the program.
//!
//! It runs on the server's memory while the thread that made it sleeps (see [`clone`]), so it makes
//! system calls and nothing else: it may not allocate, lock or unwind.
//!
//! [`clone`]: crate::clone

#![expect(unsafe_code, reason = "the code between clone and exec is system calls on raw pointers")]

use std::ffi::{c_char, c_int, c_long, c_uint, c_void};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::process::Rlimit;

use crate::image::Image;

/// The kernel's count of signals, and the bytes of a set of them.
const SIGNALS: c_int = 64;
const SIGNAL_SET_BYTES: usize = 8;

/// The descriptors that become the child's 0, 1 and 2; each at least 3 itself, and all of low
/// numbers, as the child copies all up to them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stdio<'a> {
    pub(crate) input: BorrowedFd<'a>,
    pub(crate) output: BorrowedFd<'a>,
    pub(crate) errors: BorrowedFd<'a>,
}

/// Shared with the child while it borrows our memory.
#[derive(Debug)]
pub(crate) struct Plan {
    path: *const c_char,
    argv: *const *const c_char,
    env: *const *const c_char,
    cwd: *const c_char,
    stdio: [RawFd; 3],
    /// From this number on, no descriptor is for the child.
    first_unneeded: c_uint,
    parent: libc::pid_t,
    descriptors: Option<libc::rlimit>,
    /// 0, or at which step it failed.
    pub(crate) step: AtomicI32,
    pub(crate) errno: AtomicI32,
}

impl Plan {
    /// What it points to must outlive it.
    pub(crate) fn new(
        image: &Image,
        argv: &[*const c_char],
        env: &[*const c_char],
        stdio: Stdio<'_>,
        descriptors: Option<Rlimit>,
    ) -> Self {
        let stdio = [stdio.input, stdio.output, stdio.errors].map(|fd| fd.as_raw_fd());
        let last_needed = stdio.iter().copied().max().unwrap_or(2);
        Self {
            path: image.path.as_ptr(),
            argv: argv.as_ptr(),
            env: env.as_ptr(),
            cwd: image.cwd.as_ptr(),
            stdio,
            first_unneeded: last_needed.unsigned_abs() + 1,
            parent: rustix::process::getpid().as_raw_pid(),
            descriptors: descriptors.map(raw_limit),
            step: AtomicI32::new(0),
            errno: AtomicI32::new(0),
        }
    }
}

fn raw_limit(limit: Rlimit) -> libc::rlimit {
    let raw = |value: Option<u64>| value.unwrap_or(libc::RLIM_INFINITY);
    libc::rlimit { rlim_cur: raw(limit.current), rlim_max: raw(limit.maximum) }
}

/// Numbers of the steps, in [`Plan::step`].
pub(crate) const DIRECTORY: i32 = 1;
pub(crate) const EXEC: i32 = 2;
const SETUP: i32 = 3;

/// The child's whole life until the program runs. It shares our memory: nothing here may
/// allocate, lock or unwind.
pub(crate) extern "C" fn in_child(data: *mut c_void) -> c_int {
    // SAFETY: `clone` passes a plan that lives until this child has ended or become the program.
    let plan = unsafe { &*data.cast::<Plan>() };
    let step = prepare_and_exec(plan);
    plan.errno.store(last_error(), Ordering::Release);
    plan.step.store(step, Ordering::Release);
    // SAFETY: ends the child without running any handler of the server.
    unsafe { libc::_exit(127) }
}

/// Returns the step that failed, with `errno` set.
fn prepare_and_exec(plan: &Plan) -> i32 {
    // SAFETY: system calls only, with pointers that the plan keeps valid.
    unsafe {
        // Before anything else: until then the descriptors are the server's own.
        if close_from(plan.first_unneeded, libc::CLOSE_RANGE_UNSHARE) < 0 {
            return SETUP;
        }
        if libc::setsid() < 0 || die_with_parent(plan.parent) < 0 {
            return SETUP;
        }
        forget_signal_handlers();
        for (target, fd) in (0..).zip(plan.stdio) {
            if libc::dup2(fd, target) < 0 {
                return SETUP;
            }
        }
        if let Some(limit) = &plan.descriptors {
            libc::setrlimit(libc::RLIMIT_NOFILE, limit);
        }
        if libc::chdir(plan.cwd) < 0 {
            return DIRECTORY;
        }
        if close_from(3, 0) < 0 {
            return SETUP;
        }
        unblock_signals();
        libc::execve(plan.path, plan.argv, plan.env);
    }
    EXEC
}

/// # Safety
/// In the child only.
unsafe fn close_from(first: c_uint, flags: c_uint) -> c_long {
    // SAFETY: a system call without pointers.
    unsafe { libc::syscall(libc::SYS_close_range, first, c_uint::MAX, flags) }
}

/// # Safety
/// In the child only.
unsafe fn die_with_parent(parent: libc::pid_t) -> c_int {
    // SAFETY: system calls without pointers.
    unsafe {
        if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) < 0 {
            return -1;
        }
        // The server may have died before that call: then nothing would ever kill this child.
        if libc::getppid() != parent {
            libc::_exit(127);
        }
    }
    0
}

/// Resets every signal, the ignored ones as well: an ignored SIGPIPE or SIGTERM would be
/// inherited by the program. By system call, as the C library hides two signals from us.
///
/// # Safety
/// In the child only.
unsafe fn forget_signal_handlers() {
    // `struct sigaction` of the kernel: handler, flags, restorer and mask, all zero: the default.
    let default = [0u64; 4];
    for signal in 1..=SIGNALS {
        // SAFETY: `default` is a valid action; those that cannot be set are refused, which is fine.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                default.as_ptr(),
                ptr::null::<u64>(),
                SIGNAL_SET_BYTES,
            );
        }
    }
}

/// # Safety
/// In the child only, after its handlers are gone: a handler of the server must not run here.
unsafe fn unblock_signals() {
    let none = 0u64;
    // SAFETY: `none` is an empty set of the kernel's size.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            &raw const none,
            ptr::null::<u64>(),
            SIGNAL_SET_BYTES,
        );
    }
}

fn last_error() -> i32 {
    // SAFETY: the calling thread's own errno, which the child borrows with its memory.
    unsafe { *libc::__errno_location() }
}
