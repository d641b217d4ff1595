//! What a command has done with the stores, here or in the running server.
//!
//! It must not know terminals or sockets.

use std::io::Read;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::failure::Failure;
use super::progress::Progress;
use crate::config::Settings;

/// One act. Its names are those of the commands.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Act {
    /// `keys list`
    KeysList {},
}

impl Act {
    /// The name in log and journal.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::KeysList {} => "keys list",
        }
    }
}

/// A file's bytes, from disk or through the socket.
pub(super) struct Body {
    pub(super) bytes: Box<dyn Read + Send>,
    pub(super) length: u64,
}

pub(super) fn perform_alone(
    _settings: &Settings,
    _act: Act,
    _body: Option<Body>,
    _progress: &Progress,
) -> Result<Value, Failure> {
    Err(Failure::new(&super::words::INTERNAL, []))
}
