//! Makes a child with `clone3` and runs a program in it.
//!
//! The child borrows the server's memory until the program runs (`CLONE_VM`), as `posix_spawn`
//! does it: nothing is copied, however big the server is, and the thread that asked sleeps until
//! then (`CLONE_VFORK`), so that it can read from that same memory why the program did not start.
//! It borrows the table of descriptors as well (`CLONE_FILES`) and at once takes a copy of its
//! beginning only: with a thousand children, copying and closing thousands of descriptors would
//! cost more than all the rest. What `posix_spawn` cannot do is why this is here: a pidfd without a race, a cgroup from the
//! first instruction on, the parent-death signal, and which step failed.

#![expect(unsafe_code, reason = "clone3 with a stack of its own has no safe wrapper")]

use std::arch::asm;
use std::ffi::{CString, c_char, c_int, c_long, c_uint, c_void};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::process::Rlimit;

/// The child runs on it for a few system calls; `posix_spawn` uses half of it.
const STACK_BYTES: usize = 64 * 1024;

const CLONE_PIDFD: u64 = 0x0000_1000;
const CLONE_VM: u64 = 0x0000_0100;
const CLONE_FILES: u64 = 0x0000_0400;
const CLONE_VFORK: u64 = 0x0000_4000;
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// The kernel's count of signals, and the bytes of a set of them.
const SIGNALS: c_int = 64;
const SIGNAL_SET_BYTES: usize = 8;

/// What the child needs, made before it exists: it may not allocate.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) path: CString,
    pub(crate) argv: Vec<CString>,
    pub(crate) env: Vec<CString>,
    pub(crate) cwd: CString,
}

/// The descriptors that become the child's 0, 1 and 2; each at least 3 itself, and all of low
/// numbers, as the child copies all up to them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stdio<'a> {
    pub(crate) input: BorrowedFd<'a>,
    pub(crate) output: BorrowedFd<'a>,
    pub(crate) errors: BorrowedFd<'a>,
}

/// The step at which a child that was made already failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// No child was made.
    Clone,
    /// The working directory.
    Directory,
    /// The program.
    Exec,
    /// Session, descriptors, limits.
    Setup,
}

/// Why no program runs.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) step: Step,
    pub(crate) error: io::Error,
}

/// A child in which the program runs.
#[derive(Debug)]
pub(crate) struct Cloned {
    pub(crate) pid: u32,
    pub(crate) pidfd: OwnedFd,
}

/// The stack that each child borrows in turn.
#[derive(Debug)]
pub(crate) struct ChildStack(Vec<u128>);

impl ChildStack {
    pub(crate) fn new() -> Self {
        Self(vec![0; STACK_BYTES / size_of::<u128>()])
    }
}

/// Shared with the child while it borrows our memory.
struct Plan {
    path: *const c_char,
    argv: *const *const c_char,
    env: *const *const c_char,
    cwd: *const c_char,
    stdio: [RawFd; 3],
    /// From this number on, no descriptor is for the child.
    first_unneeded: c_uint,
    parent: libc::pid_t,
    descriptors: Option<libc::rlimit>,
    step: AtomicI32,
    errno: AtomicI32,
}

impl Plan {
    /// What it points to must outlive it.
    fn new(
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

/// `struct clone_args` of the kernel, as of 5.7.
#[repr(C, align(8))]
#[derive(Default)]
struct CloneArguments {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

/// Makes a child in a session of its own that is killed when the calling thread ends, and returns
/// once the program runs in it. Where the child cannot be made within the cgroup, it is made without.
/// All signals must be blocked in the calling thread.
pub(crate) fn clone_and_exec(
    image: &Image,
    stdio: Stdio<'_>,
    cgroup: Option<BorrowedFd<'_>>,
    descriptors: Option<Rlimit>,
    stack: &mut ChildStack,
) -> Result<Cloned, Failure> {
    let argv = pointers(&image.argv);
    let env = pointers(&image.env);
    let plan = Plan::new(image, &argv, &env, stdio, descriptors);
    let made = clone(&plan, cgroup, stack);
    let made = match (made, cgroup) {
        (Err(_), Some(_)) => clone(&plan, None, stack),
        (made, _) => made,
    };
    let cloned = made.map_err(|error| Failure { step: Step::Clone, error })?;
    outcome(cloned, &plan)
}

/// Whether a child can be made in a group and lives long enough to find that `/` is no program.
/// A group that the server may make and not use, or in which the kernel kills at once, is of no use.
pub(crate) fn works_in(cgroup: BorrowedFd<'_>, stdio: Stdio<'_>, stack: &mut ChildStack) -> bool {
    let image = Image { path: c"/".into(), argv: vec![], env: vec![], cwd: c"/".into() };
    let (argv, env) = (pointers(&image.argv), pointers(&image.env));
    let plan = Plan::new(&image, &argv, &env, stdio, None);
    let made = clone(&plan, Some(cgroup), stack);
    let Ok(cloned) = made else { return false };
    let failed_at = plan.step.load(Ordering::Acquire);
    crate::sys::reap(&cloned.pidfd);
    failed_at == EXEC
}

/// The child has either become the program or reported and ended by now.
fn outcome(cloned: Cloned, plan: &Plan) -> Result<Cloned, Failure> {
    let step = match plan.step.load(Ordering::Acquire) {
        0 => return Ok(cloned),
        DIRECTORY => Step::Directory,
        EXEC => Step::Exec,
        _ => Step::Setup,
    };
    crate::sys::reap(&cloned.pidfd);
    let error = io::Error::from_raw_os_error(plan.errno.load(Ordering::Acquire));
    Err(Failure { step, error })
}

fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}

fn raw_limit(limit: Rlimit) -> libc::rlimit {
    let raw = |value: Option<u64>| value.unwrap_or(libc::RLIM_INFINITY);
    libc::rlimit { rlim_cur: raw(limit.current), rlim_max: raw(limit.maximum) }
}

fn clone(
    plan: &Plan,
    cgroup: Option<BorrowedFd<'_>>,
    stack: &mut ChildStack,
) -> io::Result<Cloned> {
    let mut pidfd: c_int = -1;
    let arguments = CloneArguments {
        flags: CLONE_PIDFD
            | CLONE_VM
            | CLONE_FILES
            | CLONE_VFORK
            | if cgroup.is_some() { CLONE_INTO_CGROUP } else { 0 },
        pidfd: (&raw mut pidfd) as u64,
        exit_signal: libc::SIGCHLD as u64,
        stack: stack.0.as_mut_ptr() as u64,
        stack_size: STACK_BYTES as u64,
        cgroup: cgroup.map_or(0, |fd| fd.as_raw_fd() as u64),
        ..CloneArguments::default()
    };
    // SAFETY: `arguments` is what clone3 expects; the stack is exclusively ours until the call
    // returns, which CLONE_VFORK delays until the child no longer uses our memory; `in_child`
    // never returns and `plan` outlives the call.
    let result = unsafe { clone3(&arguments, in_child, ptr::from_ref(plan).cast()) };
    let pid = u32::try_from(result)
        .map_err(|_| io::Error::from_raw_os_error(i32::try_from(-result).unwrap_or(libc::EIO)))?;
    // SAFETY: the kernel has just opened this descriptor for us.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Ok(Cloned { pid, pidfd })
}

/// The system call, after which the child calls `entry(data)` on its own stack. A plain function
/// call could not do it: the child would return through a frame that the parent still needs.
///
/// # Safety
/// `arguments` must describe a stack, `entry` must never return and may only do what is safe
/// after a `vfork`.
#[cfg(target_arch = "x86_64")]
unsafe fn clone3(
    arguments: &CloneArguments,
    entry: extern "C" fn(*const c_void) -> !,
    data: *const c_void,
) -> c_long {
    let result: c_long;
    // SAFETY: the parent leaves at label 2 with nothing changed but the declared registers; the
    // child has a stack of its own and never leaves `entry`.
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, r12",
            "call r13",
            "ud2",
            "2:",
            inlateout("rax") libc::SYS_clone3 => result,
            in("rdi") ptr::from_ref(arguments),
            in("rsi") size_of::<CloneArguments>(),
            in("r12") data,
            in("r13") entry,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    result
}

/// As above.
///
/// # Safety
/// As above.
#[cfg(target_arch = "aarch64")]
unsafe fn clone3(
    arguments: &CloneArguments,
    entry: extern "C" fn(*const c_void) -> !,
    data: *const c_void,
) -> c_long {
    let result: c_long;
    // SAFETY: as above.
    unsafe {
        asm!(
            "svc #0",
            "cbnz x0, 2f",
            "mov x29, xzr",
            "mov x0, x20",
            "blr x21",
            "brk #1",
            "2:",
            in("x8") libc::SYS_clone3,
            inlateout("x0") ptr::from_ref(arguments) => result,
            in("x1") size_of::<CloneArguments>(),
            in("x20") data,
            in("x21") entry,
        );
    }
    result
}

const DIRECTORY: i32 = 1;
const EXEC: i32 = 2;
const SETUP: i32 = 3;

/// The child's whole life until the program runs. It shares our memory: nothing here may
/// allocate, lock or unwind.
extern "C" fn in_child(data: *const c_void) -> ! {
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
