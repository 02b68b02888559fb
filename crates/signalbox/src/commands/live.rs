//! The status line that lives while a command waits.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::visible::visible;

/// How often the spinner turns.
const TURN: Duration = Duration::from_millis(100);

/// A line on standard error that shows what is waited for, if somebody looks at it.
#[derive(Debug)]
pub(super) struct Live(Option<ProgressBar>);

impl Live {
    /// Shows `text`; nothing at all unless `shown`.
    pub(super) fn new(shown: bool, text: String) -> Self {
        if !shown {
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message(visible(&text).into_owned());
        bar.enable_steady_tick(TURN);
        Self(Some(bar))
    }

    /// Shows what is waited for now.
    pub(super) fn show(&self, text: String) {
        if let Some(bar) = &self.0 {
            bar.set_message(visible(&text).into_owned());
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
