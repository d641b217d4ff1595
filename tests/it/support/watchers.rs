//! What looks over everything's shoulder: the log of the whole process, and what metrics are told.

use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};

use sluis::gateway::{Ended, Observer};

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static BEGIN: Once = Once::new();

/// From now on everything that is logged is kept. Sluis at every level, others as a server runs them.
pub(crate) fn keep_log() {
    BEGIN.call_once(|| {
        let filter = tracing_subscriber::EnvFilter::new("info,sluis=trace");
        let subscriber = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(|| Lines);
        let _ = subscriber.try_init();
    });
}

/// All that was logged in this process.
pub(crate) fn log() -> Vec<u8> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What metrics are told.
#[derive(Default)]
pub(crate) struct Told {
    lines: Mutex<Vec<String>>,
}

impl Told {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

impl Observer for Told {
    fn ended(&self, ended: &Ended<'_>) {
        self.lines.lock().unwrap().push(format!("{ended:?}"));
    }
}
