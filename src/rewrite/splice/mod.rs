//! Putting other values in a document's bytes: written once, for every format.
//!
//! Bytes outside a change leave exactly as they came. First a plan is made (`plan`: which bytes go,
//! what comes in their place, which elements change places), and checked; then it is written out in
//! one pass. What a format's literals look like is in `write`. It must not know why a value changes.

mod plan;
mod write;

use std::ops::Range;

use super::document::Document;
use plan::{Edit, Plan, Put};

/// One thing to do to a document. Nodes are indices in its tree.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// A scalar's text becomes another one, encoded as the format wants it. A number takes digits
    /// only, and stays a number; `null` becomes a text; a boolean or container cannot be replaced so.
    Replace {
        /// The scalar.
        node: u32,
        /// Its new text, not encoded.
        text: String,
    },
    /// A value's literal becomes another one, as given: a whole literal of the format.
    ReplaceRaw {
        /// The value, a container too.
        node: u32,
        /// What stands there instead, quotes included.
        literal: String,
    },
    /// A member, element or pair goes, and the separator that it makes superfluous.
    Remove {
        /// The value; not the root.
        node: u32,
    },
    /// A member is added behind the last one.
    Insert {
        /// The object.
        parent: u32,
        /// The new member's name, not encoded. It must not be there already.
        name: String,
        /// Its text, not encoded.
        text: String,
    },
    /// As `Insert`, with a whole literal of the format as its value (a JSON number or boolean).
    InsertRaw {
        /// The object.
        parent: u32,
        /// The new member's name, not encoded. It must not be there already.
        name: String,
        /// What stands behind the name, quotes included.
        literal: String,
    },
    /// An array's elements change places; what stands between the places stays.
    Reorder {
        /// The array.
        parent: u32,
        /// The nodes of all its elements, in their new order. Elements that another change removes
        /// are passed over.
        order: Vec<u32>,
    },
}

/// The bytes after all changes, and where the new values stand in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spliced {
    /// The new document.
    pub bytes: Vec<u8>,
    /// One entry for each change that brings a value, in the order of the changes.
    pub placed: Vec<Placed>,
}

/// Where a new value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Index in the changes that were given.
    pub change: usize,
    /// Byte span of the value's whole literal in the new bytes: a JSON text with its quotes.
    pub span: Range<usize>,
}

/// Why changes could not be made. `change` is an index in the changes that were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unspliced {
    /// A node that is not in the tree, or is not what the change needs.
    #[error("change {change}: {what}")]
    FindNode {
        /// Which change.
        change: usize,
        /// What is wrong with the node.
        what: &'static str,
    },
    /// Two changes of one value, or a change inside a value that another change takes away.
    #[error("change {change} overlaps another change")]
    Overlap {
        /// Which change; the other one comes before it in the document.
        change: usize,
    },
    /// The text, name or literal cannot stand in this format, or not at this place.
    #[error("change {change}: {what}")]
    WriteValue {
        /// Which change.
        change: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The order is not one of exactly this array's elements.
    #[error("change {change}: the order is not one of exactly the array's elements")]
    Reorder {
        /// Which change.
        change: usize,
    },
    /// The result would not fit the 32-bit offsets of a tree.
    #[error("the result is too large")]
    Grow,
}

/// Makes all changes at once. Their order does not matter, except among the inserts of one object.
///
/// # Errors
/// See [`Unspliced`]; then nothing was made.
pub fn splice(document: &Document, changes: &[Change]) -> Result<Spliced, Unspliced> {
    for (index, change) in changes.iter().enumerate() {
        write::check(document, index, change)?;
    }
    let plan = Plan::make(document, changes)?;
    let mut output = Output {
        document,
        changes,
        bytes: Vec::with_capacity(document.source.len() + changes.iter().map(Change::weight).sum::<usize>()),
        placed: Vec::with_capacity(changes.len()),
    };
    output.write(&plan);
    let Output { bytes, mut placed, .. } = output;
    if bytes.len() >= u32::MAX as usize {
        return Err(Unspliced::Grow);
    }
    placed.sort_unstable_by_key(|placed| placed.change);
    Ok(Spliced { bytes, placed })
}

impl Change {
    /// About how many bytes the change adds.
    fn weight(&self) -> usize {
        match self {
            Change::Replace { text, .. } => text.len() + 2,
            Change::ReplaceRaw { literal, .. } => literal.len(),
            Change::Insert { name, text: value, .. } | Change::InsertRaw { name, literal: value, .. } => {
                name.len() + value.len() + 6
            }
            Change::Remove { .. } | Change::Reorder { .. } => 0,
        }
    }
}

/// What has been written so far.
struct Output<'a> {
    document: &'a Document,
    changes: &'a [Change],
    bytes: Vec<u8>,
    placed: Vec<Placed>,
}

/// Source bytes to write, with what the plan does to them. `region`: the first one that can be inside.
struct Piece {
    start: usize,
    end: usize,
    region: usize,
}

impl Output<'_> {
    /// Pieces that still have to be written stand on a stack: where a region begins, its pieces in
    /// their new order go on top of what follows it.
    fn write(&mut self, plan: &Plan) {
        let mut stack = vec![Piece { start: 0, end: self.document.source.len(), region: 0 }];
        while let Some(piece) = stack.pop() {
            let mut at = piece.start;
            let mut edit = plan.edits.partition_point(|edit| edit.start < at);
            let region = plan.regions.get(piece.region).filter(|region| region.start < piece.end);
            let stop = region.map_or(piece.end, |region| region.start);
            // An insertion behind the last byte of all belongs to the last piece.
            let within = |edit: &&Edit| edit.start < stop || (edit.at_end && edit.start == stop);
            while let Some(found) = plan.edits.get(edit).filter(within) {
                self.copy(at, found.start);
                self.put(found.put);
                at = found.end;
                edit += 1;
            }
            self.copy(at, stop);
            let Some(region) = region else { continue };
            let after = plan.regions.partition_point(|other| other.start < region.end);
            stack.push(Piece { start: region.end, end: piece.end, region: after });
            for (start, end) in region.pieces.iter().rev().copied() {
                let inside = plan.regions.partition_point(|other| other.start < start);
                stack.push(Piece { start, end, region: inside.max(piece.region + 1) });
            }
        }
    }

    fn copy(&mut self, start: usize, end: usize) {
        self.bytes.extend_from_slice(self.document.bytes().get(start..end).unwrap_or_default());
    }

    fn put(&mut self, put: Put) {
        let (change, span) = match put {
            Put::Nothing => return,
            Put::Value { change } => {
                let span = match self.changes.get(change) {
                    Some(Change::Replace { node, text }) => {
                        write::replacement(self.document, *node, text, &mut self.bytes)
                    }
                    Some(Change::ReplaceRaw { node, literal }) => {
                        write::literal(self.document, *node, literal, &mut self.bytes)
                    }
                    _ => return,
                };
                (change, span)
            }
            Put::Member { change, first } => {
                let span = match self.changes.get(change) {
                    Some(Change::Insert { name, text, .. }) => {
                        write::member(self.document.format, name, first, &mut self.bytes);
                        write::encode(self.document.format, text, &mut self.bytes)
                    }
                    Some(Change::InsertRaw { name, literal, .. }) => {
                        write::member(self.document.format, name, first, &mut self.bytes);
                        write::as_is(literal, &mut self.bytes)
                    }
                    _ => return,
                };
                (change, span)
            }
        };
        self.placed.push(Placed { change, span });
    }
}

impl std::fmt::Debug for Change {
    /// Without texts: they can be identifiers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Change::Replace { node, .. } => write!(f, "Replace({node})"),
            Change::ReplaceRaw { node, .. } => write!(f, "ReplaceRaw({node})"),
            Change::Remove { node } => write!(f, "Remove({node})"),
            Change::Insert { parent, .. } => write!(f, "Insert({parent})"),
            Change::InsertRaw { parent, .. } => write!(f, "InsertRaw({parent})"),
            Change::Reorder { parent, .. } => write!(f, "Reorder({parent})"),
        }
    }
}

#[cfg(test)]
mod tests;
