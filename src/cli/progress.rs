//! Progress of what takes long: a bar on a terminal, nothing anywhere else.
//!
//! It must not know what is done.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::screen::Screen;

/// A bar that appears with the first step and goes when it is dropped.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(screen: &Screen) -> Self {
        let shown = std::io::stderr().is_terminal() && !screen.json;
        Self { bar: shown.then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())) }
    }

    /// So much of so much is done; of 0 when the whole is not known.
    pub(super) fn at(&self, done: u64, of: u64) {
        let Some(bar) = &self.bar else { return };
        if bar.is_hidden() {
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {human_pos} / {human_len}") {
                bar.set_style(style.progress_chars("█▉ "));
            }
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        if of > 0 {
            bar.set_length(of);
        }
        bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
