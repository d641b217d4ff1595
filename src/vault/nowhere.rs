//! A log that keeps nothing: for a vault in memory.
//!
//! It must not be used where something is to be kept.

use std::io;

use crate::disk::Medium;

/// Takes everything and keeps nothing.
pub(crate) struct Nowhere;

impl Medium for Nowhere {
    fn write_at(&mut self, bytes: &[u8], _offset: u64) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn truncate(&mut self, _len: u64) -> io::Result<()> {
        Ok(())
    }
}
