//! A view of a vault: it answers what the vault knows, and makes and remembers nothing.
//!
//! It must not know why somebody only looks.

use std::sync::{Arc, Mutex};

use super::Vault;

impl Vault {
    /// The same vault for an exchange that is only tried: what is not known is refused ([`super::VaultError::ViewOnly`]) or not remembered,
    /// and nothing reaches the log. Dropping it closes nothing.
    pub fn view(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), applier: Mutex::new(None), view: true }
    }
}
