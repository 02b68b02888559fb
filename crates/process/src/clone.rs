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

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use std::arch::asm;
use std::ffi::{c_int, c_long, c_void};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::Ordering;

use rustix::process::Rlimit;

use crate::image::{Image, pointers};
use crate::newborn::{DIRECTORY, EXEC, Plan, Stdio, in_child};

/// The child runs on it for a few system calls; `posix_spawn` uses half of it.
const STACK_BYTES: usize = 64 * 1024;

const CLONE_PIDFD: u64 = 0x0000_1000;
const CLONE_VM: u64 = 0x0000_0100;
const CLONE_FILES: u64 = 0x0000_0400;
const CLONE_VFORK: u64 = 0x0000_4000;
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;
const FLAGS: u64 = CLONE_PIDFD | CLONE_VM | CLONE_FILES | CLONE_VFORK;

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

fn clone(
    plan: &Plan,
    cgroup: Option<BorrowedFd<'_>>,
    stack: &mut ChildStack,
) -> io::Result<Cloned> {
    let mut pidfd: c_int = -1;
    let pid = match cgroup {
        Some(group) => clone_into(group, plan, stack, &mut pidfd),
        None => clone_here(plan, stack, &mut pidfd),
    }?;
    // SAFETY: the kernel has just opened this descriptor for us.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Ok(Cloned { pid, pidfd })
}

/// The older call, which containers allow that forbid the newer one.
fn clone_here(plan: &Plan, stack: &mut ChildStack, pidfd: &mut c_int) -> io::Result<u32> {
    let flags = c_int::try_from(FLAGS).unwrap_or(0) | libc::SIGCHLD;
    // SAFETY: the stack, given by its end, is exclusively ours until the call returns, which
    // CLONE_VFORK delays until the child no longer uses our memory; `plan` outlives the call.
    let result = unsafe {
        let top = stack.0.as_mut_ptr().add(stack.0.len());
        let plan = ptr::from_ref(plan).cast_mut();
        libc::clone(in_child, top.cast(), flags, plan.cast(), ptr::from_mut(pidfd))
    };
    u32::try_from(result).map_err(|_| io::Error::last_os_error())
}

fn clone_into(
    group: BorrowedFd<'_>,
    plan: &Plan,
    stack: &mut ChildStack,
    pidfd: &mut c_int,
) -> io::Result<u32> {
    let arguments = CloneArguments {
        flags: FLAGS | CLONE_INTO_CGROUP,
        pidfd: ptr::from_mut(pidfd) as u64,
        exit_signal: libc::SIGCHLD as u64,
        stack: stack.0.as_mut_ptr() as u64,
        stack_size: STACK_BYTES as u64,
        cgroup: group.as_raw_fd() as u64,
        ..CloneArguments::default()
    };
    // SAFETY: `arguments` is what clone3 expects, and the rest is as in `clone_here`; `in_child`
    // never returns.
    let result = unsafe { clone3(&arguments, in_child, ptr::from_ref(plan).cast_mut().cast()) };
    let error = || io::Error::from_raw_os_error(i32::try_from(-result).unwrap_or(libc::EIO));
    u32::try_from(result).map_err(|_| error())
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
    entry: extern "C" fn(*mut c_void) -> c_int,
    data: *mut c_void,
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
    entry: extern "C" fn(*mut c_void) -> c_int,
    data: *mut c_void,
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

/// Elsewhere children are made without a cgroup.
///
/// # Safety
/// None is needed.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
unsafe fn clone3(
    _: &CloneArguments,
    _: extern "C" fn(*mut c_void) -> c_int,
    _: *mut c_void,
) -> c_long {
    -c_long::from(libc::ENOSYS)
}
