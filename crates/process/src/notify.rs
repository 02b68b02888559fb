//! A socket on which a process says how it is, in the words of `sd_notify`.
//!
//! Its name is in the abstract namespace: it needs no directory that can be written to, has no limit on the length of a
//! path, and is gone with the server however that ends. Everybody on the machine may send to it, so the kernel is asked
//! who each datagram is from; who may say what is for the caller to decide.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;

use tokio::io::Interest;
use tokio::net::UnixDatagram;

use crate::sys;

/// The longest notice, as systemd has it; what is longer is not taken for one.
const MAX_NOTICE_BYTES: usize = 4096;

/// The server's end.
#[derive(Debug)]
pub struct NotifySocket {
    socket: UnixDatagram,
    name: String,
}

/// One datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Who sent it, as the kernel says; none where the sender cannot be seen from here.
    pub sender: Option<u32>,
    /// Its lines, `NAME=VALUE` each. Of one that is too long there are none.
    pub text: String,
}

impl NotifySocket {
    /// Makes a socket of this name, which nobody should be able to guess. Must be called within a runtime.
    ///
    /// # Errors
    /// If the name is taken or too long, or the system has no descriptor left.
    pub fn bind(name: &str) -> io::Result<Self> {
        let address = SocketAddr::from_abstract_name(name)?;
        let socket = std::os::unix::net::UnixDatagram::bind_addr(&address)?;
        rustix::net::sockopt::set_socket_passcred(&socket, true)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket: UnixDatagram::from_std(socket)?, name: name.to_owned() })
    }

    /// What `NOTIFY_SOCKET` is set to for whoever is to send.
    pub fn address(&self) -> String {
        format!("@{}", self.name)
    }

    /// Waits for the next notice. Descriptors that come with it are closed, which is what `BARRIER=1` asks for: all that
    /// was sent before has been received. Dropping the future loses nothing.
    ///
    /// # Errors
    /// If the socket cannot be read.
    pub async fn receive(&self) -> io::Result<Notice> {
        let mut bytes = vec![0; MAX_NOTICE_BYTES];
        let receive = || sys::receive_from(&self.socket, &mut bytes);
        let (length, sender) = self.socket.async_io(Interest::READABLE, receive).await?;
        bytes.truncate(length.unwrap_or(0));
        Ok(Notice { sender, text: String::from_utf8_lossy(&bytes).into_owned() })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram as Sender;

    use super::*;

    fn pair(name: &str) -> (NotifySocket, Sender) {
        let name = format!("signalbox-test/{name}/{}", std::process::id());
        let socket = NotifySocket::bind(&name).unwrap();
        let sender = Sender::unbound().unwrap();
        sender.connect_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        assert_eq!(socket.address(), format!("@{name}"));
        (socket, sender)
    }

    #[tokio::test]
    async fn a_notice_comes_with_its_sender() {
        let (socket, sender) = pair("sender");
        sender.send(b"READY=1\nSTATUS=up").unwrap();
        let notice = socket.receive().await.unwrap();
        let expected =
            Notice { sender: Some(std::process::id()), text: "READY=1\nSTATUS=up".to_owned() };
        assert_eq!(notice, expected);
    }

    #[tokio::test]
    async fn one_that_is_too_long_says_nothing() {
        let (socket, sender) = pair("long");
        sender.send(&[b'x'; MAX_NOTICE_BYTES + 1]).unwrap();
        sender.send(b"READY=1").unwrap();
        assert_eq!(socket.receive().await.unwrap().text, "");
        assert_eq!(socket.receive().await.unwrap().text, "READY=1");
    }

    #[tokio::test]
    async fn descriptors_that_come_with_it_are_closed() {
        use std::io::{IoSlice, Read};
        use std::mem::MaybeUninit;
        use std::os::fd::AsFd;

        use rustix::cmsg_space;
        use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

        let (socket, sender) = pair("barrier");
        let (mut reader, writer) = io::pipe().unwrap();
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let descriptors = [writer.as_fd()];
        assert!(control.push(SendAncillaryMessage::ScmRights(&descriptors)));
        let parts = [IoSlice::new(b"BARRIER=1")];
        sendmsg(&sender, &parts, &mut control, SendFlags::empty()).unwrap();
        drop(writer);
        assert_eq!(socket.receive().await.unwrap().text, "BARRIER=1");
        // The end of the pipe, which would not come if anybody still had the other one.
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    }
}
