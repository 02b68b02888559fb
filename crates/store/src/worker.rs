//! A thread that does what it is told, one thing after another.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

/// A handle to the thread; dropping it lets the thread do what it was told before, and joins it.
#[derive(Debug)]
pub(crate) struct Worker<Message> {
    name: &'static str,
    sender: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl<Message: Send + 'static> Worker<Message> {
    /// A thread of that name, which runs until there is nothing more to receive.
    ///
    /// # Errors
    /// The system starts no thread.
    pub(crate) fn start(
        name: &'static str,
        run: impl FnOnce(Receiver<Message>) + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let thread =
            std::thread::Builder::new().name(name.to_owned()).spawn(move || run(receiver))?;
        Ok(Self { name, sender: Some(sender), thread: Some(thread) })
    }

    pub(crate) fn tell(&self, message: Message) {
        if let Some(sender) = &self.sender {
            // An error means that the thread is gone; it has told why.
            let _gone = sender.send(message);
        }
    }

    /// Waits for the answer; none if the thread is gone, and with it what could be waited for.
    pub(crate) fn ask<Answer>(
        &self,
        message: impl FnOnce(Sender<Answer>) -> Message,
    ) -> Option<Answer> {
        let (answer, wait) = mpsc::channel();
        self.tell(message(answer));
        wait.recv().ok()
    }
}

impl<Message> Drop for Worker<Message> {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(thread = self.name, "a thread that writes panicked");
        }
    }
}
