//! The few system calls that have no safe wrapper elsewhere, and small ones over those that have.

#![expect(unsafe_code, reason = "raw system calls, each a few words long")]

use std::ffi::c_uint;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, WaitIdStatus};
use signal_hook_registry::SigId;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::ExitStatus;

/// Of `pidfd_send_signal`, since Linux 6.9: to the group that the process leads.
const PIDFD_SIGNAL_PROCESS_GROUP: c_uint = 4;

/// Sends a signal to the process of a pidfd, and to no other one that got its number.
pub(crate) fn signal_process(pidfd: &impl AsFd, signal: i32) -> io::Result<()> {
    pidfd_signal(pidfd, signal, 0)
}

/// Sends a signal to the group led by the process of a pidfd, also after that process has ended.
pub(crate) fn signal_group(pidfd: &impl AsFd, signal: i32) -> io::Result<()> {
    pidfd_signal(pidfd, signal, PIDFD_SIGNAL_PROCESS_GROUP)
}

fn pidfd_signal(pidfd: &impl AsFd, signal: i32, flags: c_uint) -> io::Result<()> {
    let fd = pidfd.as_fd().as_raw_fd();
    // SAFETY: no pointer but a null one is passed.
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            fd,
            signal,
            ptr::null::<libc::siginfo_t>(),
            flags,
        )
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Sends a signal to a group by its number, for kernels that cannot do it by pidfd.
pub(crate) fn signal_group_number(group: u32, signal: i32) -> io::Result<()> {
    let Ok(group) = i32::try_from(group) else { return Err(io::ErrorKind::InvalidInput.into()) };
    // SAFETY: no pointer is passed.
    if unsafe { libc::kill(-group, signal) } < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Blocks all signals in the calling thread: a handler of the server must never run in a child
/// that still borrows its memory.
pub(crate) fn block_all_signals() {
    // SAFETY: both calls only write to the set, which is ours; they cannot fail with these values.
    unsafe {
        let mut all = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, ptr::null_mut());
    }
}

/// Sets the flag and adds to the eventfd whenever a child of this process ends.
pub(crate) fn on_child_exit(flag: Arc<AtomicBool>, wake: Arc<OwnedFd>) -> io::Result<SigId> {
    // SAFETY: an atomic store and a `write` by system call are what a signal handler may do; the
    // wrapper makes the call directly and leaves errno alone.
    unsafe {
        signal_hook_registry::register(libc::SIGCHLD, move || {
            flag.store(true, Ordering::Release);
            let _ = rustix::io::write(&*wake, &1u64.to_ne_bytes());
        })
    }
}

/// Lets the reactor say when a descriptor is readable.
pub(crate) fn watch(fd: Arc<OwnedFd>) -> io::Result<AsyncFd<Arc<OwnedFd>>> {
    // SAFETY: the descriptor is owned, never replaced, and shared ownership keeps it open for as
    // long as the reactor knows it.
    Ok(unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }?)
}

/// A descriptor for a process; fails if there is none of this number.
pub(crate) fn open_pidfd(pid: u32) -> io::Result<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
    Ok(rustix::process::pidfd_open(pid, PidfdFlags::empty())?)
}

/// Whether the process of a pidfd has ended, waited for or not.
pub(crate) fn has_exited(pidfd: &impl AsFd) -> bool {
    wait_readable(pidfd, Timespec { tv_sec: 0, tv_nsec: 0 })
}

/// Waits until a descriptor is readable, for so long at most, and blocks the thread meanwhile. A
/// signal to the thread begins the time anew.
pub(crate) fn wait_readable(fd: &impl AsFd, timeout: Timespec) -> bool {
    let mut fds = [PollFd::new(fd, PollFlags::IN)];
    loop {
        match rustix::event::poll(&mut fds, Some(&timeout)) {
            Err(Errno::INTR) => {}
            done => return matches!(done, Ok(ready) if ready > 0),
        }
    }
}

/// How a child ended, which ends its being a zombie; `None` while it runs.
pub(crate) fn exit_status(pidfd: &impl AsFd) -> io::Result<Option<ExitStatus>> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    let status = rustix::process::waitid(WaitId::PidFd(pidfd.as_fd()), options)?;
    Ok(status.as_ref().and_then(read_status))
}

fn read_status(status: &WaitIdStatus) -> Option<ExitStatus> {
    let code = status.exit_status().map(ExitStatus::Code);
    code.or_else(|| status.terminating_signal().map(ExitStatus::Signal))
}

/// Waits for a child that is about to end or has ended.
pub(crate) fn reap(pidfd: &OwnedFd) {
    let _ = rustix::process::waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED);
}

/// Takes the status of a child by number if it has ended.
pub(crate) fn reap_if_ended(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        let _ = rustix::process::waitid(WaitId::Pid(pid), options);
    }
}

/// Takes the next datagram: how long it is, none if it does not fit, and whose, none if that cannot be seen from here.
/// Descriptors that came with it are closed.
pub(crate) fn receive_from(
    socket: &impl AsFd,
    bytes: &mut [u8],
) -> io::Result<(Option<usize>, Option<u32>)> {
    // Room for the credentials, which the kernel puts first, and some descriptors; what does not fit is not received.
    let mut control = [0u64; 16];
    let mut part = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    // SAFETY: all zeros are a message header without anything.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = size_of_val(&control);
    let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: the header points at the two buffers, which are ours and as long as it says.
    let length = unsafe { libc::recvmsg(socket.as_fd().as_raw_fd(), &raw mut message, flags) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    let sender = read_control(&message);
    Ok(((message.msg_flags & libc::MSG_TRUNC == 0).then_some(length), sender))
}

/// The sender's pid, if there is one that means something here; closes the descriptors of a received message.
fn read_control(message: &libc::msghdr) -> Option<u32> {
    let mut sender = None;
    // SAFETY: the kernel wrote the control messages and their total length; the macros stay within that. Credentials
    // are as long as their type, and each descriptor is ours from now on, once.
    unsafe {
        let mut head = libc::CMSG_FIRSTHDR(message);
        while let Some(control) = head.as_ref() {
            let data = libc::CMSG_DATA(head);
            if (control.cmsg_level, control.cmsg_type) == (libc::SOL_SOCKET, libc::SCM_CREDENTIALS)
            {
                let credentials = data.cast::<libc::ucred>().read_unaligned();
                sender = u32::try_from(credentials.pid).ok().filter(|pid| *pid != 0);
            } else if (control.cmsg_level, control.cmsg_type)
                == (libc::SOL_SOCKET, libc::SCM_RIGHTS)
            {
                let bytes = control.cmsg_len - (data.addr() - head.addr());
                for index in 0..bytes / size_of::<libc::c_int>() {
                    let descriptor = data.cast::<libc::c_int>().add(index).read_unaligned();
                    drop(OwnedFd::from_raw_fd(descriptor));
                }
            }
            head = libc::CMSG_NXTHDR(message, head);
        }
    }
    sender
}
