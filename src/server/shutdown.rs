//! Stopping: accept nothing new, finish what is in flight, and not wait for ever.
//!
//! A [`Drain`] is pulled once, by a signal or by a test; everything that serves holds a [`Draining`]. It must
//! not know what is being served.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// The handle that begins the drain.
#[derive(Debug, Clone)]
pub struct Drain {
    begin: Arc<watch::Sender<bool>>,
}

/// What those who serve watch.
#[derive(Debug, Clone)]
pub struct Draining {
    watch: watch::Receiver<bool>,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// `SIGTERM` or `SIGINT`: finish and stop.
    Stop,
    /// `SIGHUP`: read the configuration again.
    Reload,
}

/// Signals could not be listened for.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen for signals")]
pub struct ListenForSignals;

impl Default for Drain {
    fn default() -> Self {
        Self { begin: Arc::new(watch::Sender::new(false)) }
    }
}

impl Drain {
    /// Begins the drain; a second call changes nothing.
    pub fn begin(&self) {
        self.begin.send_replace(true);
    }

    /// A watch on it.
    pub fn watch(&self) -> Draining {
        Draining { watch: self.begin.subscribe() }
    }
}

impl Draining {
    /// True from the moment the drain began.
    pub fn is_begun(&self) -> bool {
        *self.watch.borrow()
    }

    /// Waits until the drain begins, or until nobody is left who could begin it.
    pub async fn begun(&mut self) {
        // An error means that the handle is gone: nothing will be served for anybody any more.
        let _ = self.watch.wait_for(|begun| *begun).await;
    }
}

/// The signals of this process, as a stream of what they ask for. Listening begins with the call, so a signal
/// that comes between two calls of `next` is not lost.
#[derive(Debug)]
pub struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system does not let the process listen for signals.
    pub fn listen() -> Result<Self, ListenForSignals> {
        let listen = |kind| signal(kind).map_err(|_| ListenForSignals);
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// The next signal.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hang_up.recv() => Asked::Reload,
        }
    }
}
