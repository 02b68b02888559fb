//! Orders to one process and to all.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use api::Process;
use lifecycle::Order;
use thiserror::Error;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::driver::{Ask, OrderAsked};
use crate::events::Snapshot;
use crate::spec::ProcessSpec;
use crate::supervisor::Supervisor;

/// An order cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OrderError {
    /// There is no such process.
    #[error("there is no process `{0}`")]
    UnknownProcess(String),
    /// The server stops.
    #[error("the server is shutting down")]
    ShuttingDown,
}

/// What became of an order in the time given.
#[derive(Clone, Debug)]
pub enum Settled {
    /// The process settled.
    InTime(Arc<Process>),
    /// It has not settled yet.
    NotYet(Arc<Process>),
}

impl Supervisor {
    /// Gives an order and says what is so once it was taken.
    ///
    /// # Errors
    ///
    /// If there is no such process, or the server stops.
    pub async fn order(&self, id: &str, order: Order) -> Result<Arc<Process>, OrderError> {
        let index = self.index_for_order(id)?;
        let (taken, answer) = oneshot::channel();
        self.give(index, order, Some(taken), None);
        answer.await.map_err(|_| OrderError::ShuttingDown)
    }

    /// Gives an order and waits until the process has settled, but no longer than `within`.
    ///
    /// # Errors
    ///
    /// If there is no such process, or the server stops.
    pub async fn order_and_settle(
        &self,
        id: &str,
        order: Order,
        within: Duration,
    ) -> Result<Settled, OrderError> {
        let index = self.index_for_order(id)?;
        let (settled, answer) = oneshot::channel();
        self.give(index, order, None, Some(settled));
        match timeout(within, answer).await {
            Ok(Ok(process)) => Ok(Settled::InTime(process)),
            Ok(Err(_)) => Err(OrderError::ShuttingDown),
            Err(_) => Ok(Settled::NotYet(self.0.shared.events.process(index))),
        }
    }

    /// Gives an order to all processes, in the order of `after`, reversed for an end, and says what is so once all have
    /// taken it.
    ///
    /// # Errors
    ///
    /// If the server stops.
    pub async fn order_all(&self, order: Order) -> Result<Snapshot, OrderError> {
        if self.0.closing.load(Ordering::SeqCst) {
            return Err(OrderError::ShuttingDown);
        }
        self.give_all(order, |_| true).await;
        Ok(self.snapshot())
    }

    /// Starts what is to be started with the server.
    pub async fn autostart(&self) {
        if !self.0.closing.load(Ordering::SeqCst) {
            self.give_all(Order::Start, |spec| spec.autostart).await;
        }
    }

    /// Stops everything, takes no more orders, and returns when all is down and on disk. `kill_all` hurries it.
    pub async fn shutdown(&self) {
        self.0.closing.store(true, Ordering::SeqCst);
        let waits: Vec<_> = self
            .0
            .start_order
            .iter()
            .rev()
            .map(|index| {
                let (settled, answer) = oneshot::channel();
                self.give(*index, Order::Stop, None, Some(settled));
                answer
            })
            .collect();
        for wait in waits {
            // An error means that the task is gone, and its process with it.
            let _gone = wait.await;
        }
        self.end_tasks().await;
        let this = self.clone();
        let flush = move || {
            this.0.shared.events.flush();
            this.0.log_writer.flush();
        };
        if tokio::task::spawn_blocking(flush).await.is_err() {
            tracing::error!("journal and logs could not be flushed");
        }
    }

    /// Tells every process that can do so to read again what it has read: those that run at once, those that start when
    /// they are ready. Returns at once.
    pub fn reload(&self) {
        for (spec, asks) in self.0.specs.iter().zip(&self.0.asks) {
            if spec.builtin {
                // Without its task the process is gone.
                let _gone = asks.send(Ask::Reload);
            }
        }
    }

    /// Kills everything that lives, at once.
    pub async fn kill_all(&self) {
        self.give_all(Order::Kill, |_| true).await;
    }

    async fn give_all(&self, order: Order, which: impl Fn(&ProcessSpec) -> bool) {
        let mut order_of_orders = self.0.start_order.clone();
        if matches!(order, Order::Stop | Order::Kill) {
            order_of_orders.reverse();
        }
        order_of_orders.retain(|index| which(&self.0.specs[*index]));
        // All are marked before the first is told: none may miss that a neighbour is to move as well.
        let answers: Vec<_> = order_of_orders
            .into_iter()
            .map(|index| {
                let (taken, answer) = oneshot::channel();
                self.give(index, order, Some(taken), None);
                answer
            })
            .collect();
        for answer in answers {
            let _gone = answer.await;
        }
    }

    async fn end_tasks(&self) {
        let mut tasks = {
            let mut tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *tasks)
        };
        tasks.shutdown().await;
    }

    fn index_for_order(&self, id: &str) -> Result<usize, OrderError> {
        let index = self.0.indexes.get(id).copied();
        let index = index.ok_or_else(|| OrderError::UnknownProcess(id.to_owned()))?;
        let closing = self.0.closing.load(Ordering::SeqCst);
        if closing { Err(OrderError::ShuttingDown) } else { Ok(index) }
    }

    fn give(
        &self,
        index: usize,
        order: Order,
        taken: Option<oneshot::Sender<Arc<Process>>>,
        settled: Option<oneshot::Sender<Arc<Process>>>,
    ) {
        self.0.shared.neighbours.ordered(index, order);
        let ask = Ask::Order(OrderAsked { order, taken, settled });
        if self.0.asks[index].send(ask).is_err() {
            self.0.shared.neighbours.taken(index, order);
        }
    }
}
