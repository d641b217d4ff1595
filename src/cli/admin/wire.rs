//! The lines that client and server exchange.
//!
//! It must not know sockets.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::act::Act;
use crate::cli::failure::Failure;

/// The longest line, in bytes.
pub(super) const MOST_LINE: usize = 1 << 20;
/// The most bytes that may follow a question.
pub(super) const MOST_BODY: u64 = 1 << 30;

/// The most files that may travel with a question.
pub(super) const MOST_FILES: usize = 8;

/// What a client asks.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Question {
    /// What is to be done.
    pub(super) act: Act,
    /// How many bytes of a file follow the line.
    pub(super) body: u64,
    /// Names of the open files that travel with the line (`SCM_RIGHTS`), in their order.
    #[serde(default)]
    pub(super) files: Vec<String>,
    /// Whether they lie in one folder.
    #[serde(default)]
    pub(super) folder: bool,
}

/// What a server answers; any number of `Progress`, then one of the others.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// So much of so much is done; 0 of it when the whole is not known.
    Progress(u64, u64),
    /// It was done, and this is the report.
    Done(Value),
    /// It was not.
    Failed(Failure),
}
