//! How much a parser accepts before it refuses: depth, nodes and bytes.
//!
//! It knows numbers only; where they come from (the configuration, a test) it must not know.

/// Bounds on one parsed part. Always within what the tree's 32-bit offsets can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    depth: u32,
    nodes: u32,
    bytes: u32,
}

/// A bound that no [`Limits`] can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLimit {
    /// Depth is 1 to [`Limits::DEPTH_MAX`].
    #[error("depth must be from 1 to 256")]
    SetDepth,
    /// Nodes are at least 1.
    #[error("nodes must be from 1 to 4294967294")]
    SetNodes,
    /// Bytes are at least 1.
    #[error("bytes must be from 1 to 4294967294")]
    SetBytes,
}

impl Limits {
    /// The deepest nesting that can be asked for.
    pub const DEPTH_MAX: u32 = 256;

    /// How many containers may stand inside one another (default 64; the root counts as one).
    pub fn depth(&self) -> usize {
        self.depth as usize
    }

    /// How many nodes the tree may have (default 1,048,576; a node takes 24 bytes of memory).
    pub fn nodes(&self) -> usize {
        self.nodes as usize
    }

    /// How many bytes the part may have (default 8 MiB).
    pub fn bytes(&self) -> usize {
        self.bytes as usize
    }

    /// The same with another depth.
    pub fn with_depth(self, depth: u32) -> Result<Limits, InvalidLimit> {
        match depth {
            1..=Self::DEPTH_MAX => Ok(Limits { depth, ..self }),
            _ => Err(InvalidLimit::SetDepth),
        }
    }

    /// The same with another number of nodes.
    pub fn with_nodes(self, nodes: u32) -> Result<Limits, InvalidLimit> {
        match nodes {
            0 | u32::MAX => Err(InvalidLimit::SetNodes),
            _ => Ok(Limits { nodes, ..self }),
        }
    }

    /// The same with another number of bytes.
    pub fn with_bytes(self, bytes: u32) -> Result<Limits, InvalidLimit> {
        match bytes {
            0 | u32::MAX => Err(InvalidLimit::SetBytes),
            _ => Ok(Limits { bytes, ..self }),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 64, nodes: 1 << 20, bytes: 8 << 20 }
    }
}
