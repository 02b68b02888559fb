//! Telling the control server how the key stands, which it shows to people.

use request_log::Reporter;
use std::{convert::Infallible, sync::Arc};

use crate::exchange::Live;

/// Tells it now and whenever it changes, for as long as it is polled.
pub(crate) async fn tell(mut live: Live, reporter: Reporter) -> Infallible {
    loop {
        let credentials = Arc::clone(&live.borrow_and_update());
        let mut standing = credentials.key().watch();
        loop {
            if let Some(note) = credentials.note() {
                reporter.key(note);
            }
            tokio::select! {
                Ok(()) = standing.changed() => {}
                Ok(()) = live.changed() => break,
                // Nobody changes anything any more.
                else => return std::future::pending().await,
            }
        }
    }
}
