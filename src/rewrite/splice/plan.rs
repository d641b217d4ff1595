//! From changes of nodes to edits of bytes: what goes, what comes, what changes places.
//!
//! One walk over the part of the tree that changes. It must not know what literals look like.

use super::super::document::Document;
use super::super::json;
use super::{Change, Unspliced, write};

/// Edits and regions, both sorted by where they start. Edits do not overlap; regions nest or are apart.
pub(super) struct Plan {
    pub(super) edits: Vec<Edit>,
    pub(super) regions: Vec<Region>,
}

/// Source bytes that go, and what comes in their place.
pub(super) struct Edit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) put: Put,
    /// It stands behind the last byte of the source.
    pub(super) at_end: bool,
}

/// What comes.
#[derive(Clone, Copy)]
pub(super) enum Put {
    Nothing,
    Value { change: usize },
    Member { change: usize, first: bool },
}

/// From the first to the last element of an array that is reordered: its pieces as they will leave, an
/// element and what stood behind its place in turn. Every byte of the region is in one piece.
pub(super) struct Region {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) pieces: Vec<(usize, usize)>,
}

/// What happens to a node: changes sort by node, and by this at one node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Replace,
    Remove,
    Reorder,
    Insert,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    node: u32,
    act: Act,
    change: usize,
}

/// A container in or under which something changes, while its children pass.
struct Frame {
    node: u32,
    next: u32,
    /// Where the child before ended.
    behind: Option<usize>,
    any_kept: bool,
    /// Where the first child began, if it and all since were removed.
    removed_from: Option<usize>,
    /// If the container is reordered: by which change, and its kept elements.
    reorder: Option<(usize, Vec<Element>)>,
    /// Its inserts: a range of the targets.
    inserts: (usize, usize),
}

/// An element that stays, and its bytes.
#[derive(Clone, Copy)]
struct Element {
    node: u32,
    start: usize,
    end: usize,
}

impl Plan {
    pub(super) fn make(document: &Document, changes: &[Change]) -> Result<Plan, Unspliced> {
        let mut targets: Vec<Target> =
            changes.iter().enumerate().map(|(change, what)| target(change, what)).collect();
        targets.sort_unstable();
        let mut walk = Walk {
            document,
            changes,
            targets: &targets,
            plan: Plan { edits: Vec::with_capacity(changes.len() + 8), regions: Vec::new() },
            frames: Vec::new(),
        };
        walk.run()?;
        let mut plan = walk.plan;
        plan.regions.sort_unstable_by_key(|region| region.start);
        Ok(plan)
    }
}

fn target(change: usize, what: &Change) -> Target {
    let (node, act) = match what {
        Change::Replace { node, .. } | Change::ReplaceRaw { node, .. } => (*node, Act::Replace),
        Change::Remove { node } => (*node, Act::Remove),
        Change::Reorder { parent, .. } => (*parent, Act::Reorder),
        Change::Insert { parent, .. } | Change::InsertRaw { parent, .. } => (*parent, Act::Insert),
    };
    Target { node, act, change }
}

struct Walk<'a> {
    document: &'a Document,
    changes: &'a [Change],
    targets: &'a [Target],
    plan: Plan,
    frames: Vec<Frame>,
}

impl Walk<'_> {
    /// Passes the nodes in document order, and skips what nothing changes.
    fn run(&mut self) -> Result<(), Unspliced> {
        let mut at = 0;
        let mut ahead = 0;
        let document = self.document;
        // The node of the next target, and behind which node the innermost container ends.
        let mut wanted = self.targets.first().map_or(u32::MAX, |target| target.node);
        let mut ends = u32::MAX;
        while let Some(node) = document.node(at) {
            while at >= ends {
                let Some(frame) = self.frames.pop() else { break };
                self.close(frame)?;
                ends = self.frames.last().map_or(u32::MAX, |frame| frame.next);
            }
            if ahead == self.targets.len() && self.frames.is_empty() {
                break;
            }
            let (start, end) = write::extent(document.format, node);
            if wanted >= node.next {
                // Most nodes: nothing changes there, nor in it.
                self.pass(at, start, end, false);
                at = self.pass_on(node.next, wanted.min(ends));
                continue;
            }
            let own = self.targets.get(ahead..).unwrap_or_default();
            let own = own.iter().take_while(|target| target.node == at).count();
            let behind = ahead + own;
            let inside = self.targets.get(behind).filter(|target| target.node < node.next);
            match self.targets.get(ahead).filter(|_| own > 0) {
                Some(target) if target.act <= Act::Remove => {
                    let other = self.targets.get(ahead + 1).filter(|_| own > 1).or(inside);
                    if let Some(other) = other {
                        return Err(Unspliced::Overlap { change: other.change });
                    }
                    self.pass(at, start, end, target.act == Act::Remove);
                    if target.act == Act::Replace {
                        let put = Put::Value { change: target.change };
                        self.edit(node.value.0 as usize, node.value.1 as usize, put);
                    }
                    at = node.next;
                }
                _ => {
                    self.pass(at, start, end, false);
                    self.open(at, node.next, ahead, behind)?;
                    ends = node.next;
                    at += 1;
                }
            }
            ahead = behind;
            wanted = self.targets.get(ahead).map_or(u32::MAX, |target| target.node);
        }
        while let Some(frame) = self.frames.pop() {
            self.close(frame)?;
        }
        Ok(())
    }

    fn open(&mut self, node: u32, next: u32, from: usize, to: usize) -> Result<(), Unspliced> {
        let own = self.targets.get(from..to).unwrap_or_default();
        let mut reorders = own.iter().filter(|target| target.act == Act::Reorder);
        let reorder = reorders.next().map(|target| (target.change, Vec::new()));
        if let Some(other) = reorders.next() {
            return Err(Unspliced::Overlap { change: other.change });
        }
        // Inserts sort behind a reorder; a node is never an array and an object.
        let inserts = if reorder.is_some() { (to, to) } else { (from, to) };
        self.frames.push(Frame {
            node,
            next,
            behind: None,
            any_kept: false,
            removed_from: None,
            reorder,
            inserts,
        });
        Ok(())
    }

    /// A child passes: with what is removed goes the separator before it, or, when nothing stays before
    /// it, the one behind it.
    #[inline]
    fn pass(&mut self, node: u32, start: usize, end: usize, removed: bool) {
        let Some(frame) = self.frames.last_mut() else { return };
        let behind = frame.behind.replace(end).unwrap_or(start);
        let gone = match (removed, frame.any_kept) {
            (true, true) => Some((behind, end)),
            (true, false) => {
                frame.removed_from.get_or_insert(start);
                None
            }
            (false, _) => {
                frame.any_kept = true;
                if let Some((_, kept)) = &mut frame.reorder {
                    kept.push(Element { node, start, end });
                }
                frame.removed_from.take().map(|from| (from, start))
            }
        };
        if let Some((from, to)) = gone {
            self.edit(from, to, Put::Nothing);
        }
    }

    /// Children that stay pass, up to one in which something changes, or behind the last; returns that node.
    fn pass_on(&mut self, from: u32, until: u32) -> u32 {
        let mut at = from;
        let Some(frame) = self.frames.last_mut().filter(|frame| frame.reorder.is_none()) else { return at };
        while let Some(node) = self.document.node(at).filter(|node| at < until && node.next <= until) {
            frame.behind = Some(node.value.1 as usize);
            at = node.next;
        }
        at
    }

    /// All children of a container have passed.
    fn close(&mut self, frame: Frame) -> Result<(), Unspliced> {
        let from = match frame.behind {
            Some(behind) => behind,
            None => write::inside(self.document, frame.node),
        };
        if let Some(removed) = frame.removed_from {
            self.edit(removed, from, Put::Nothing);
        }
        let inserts = self.targets.get(frame.inserts.0..frame.inserts.1).unwrap_or_default();
        for (number, target) in inserts.iter().enumerate() {
            self.check_new(frame.node, inserts.get(..number).unwrap_or_default(), target.change)?;
            let first = number == 0 && !frame.any_kept;
            self.edit(from, from, Put::Member { change: target.change, first });
        }
        if let Some((change, kept)) = frame.reorder {
            self.reorder(frame.node, change, &kept)?;
        }
        Ok(())
    }

    /// Refuses a name that the object has, unless its member goes, or that an earlier insert brings.
    fn check_new(&self, parent: u32, earlier: &[Target], change: usize) -> Result<(), Unspliced> {
        let name = |change: usize| match self.changes.get(change) {
            Some(Change::Insert { name, .. } | Change::InsertRaw { name, .. }) => name.as_str(),
            _ => "",
        };
        let goes = |node: u32| {
            let found =
                self.targets.binary_search_by_key(&(node, Act::Remove), |target| (target.node, target.act));
            found.is_ok()
        };
        let same = |other: &str| json::is_same_name(other, name(change));
        let mut there = self.document.children(parent).filter(|child| same(&self.document.name(*child)));
        if earlier.iter().any(|target| same(name(target.change))) || there.any(|child| !goes(child)) {
            return Err(Unspliced::WriteValue { change, what: "the object has a member of that name" });
        }
        Ok(())
    }

    fn edit(&mut self, start: usize, end: usize, put: Put) {
        let at_end = start == self.document.source.len();
        self.plan.edits.push(Edit { start, end, put, at_end });
    }

    /// Checks an order, and lays the kept elements in their new places.
    fn reorder(&mut self, parent: u32, change: usize, kept: &[Element]) -> Result<(), Unspliced> {
        let Some(Change::Reorder { order, .. }) = self.changes.get(change) else { return Ok(()) };
        let mut given = order.clone();
        given.sort_unstable();
        if !self.document.children(parent).eq(given.iter().copied()) {
            return Err(Unspliced::Reorder { change });
        }
        let (Some(first), Some(last)) = (kept.first(), kept.last()) else { return Ok(()) };
        let find = |node: &u32| {
            kept.binary_search_by_key(node, |element| element.node).ok().and_then(|at| kept.get(at))
        };
        let moved = order.iter().filter_map(find);
        let mut pieces = Vec::with_capacity(kept.len() * 2);
        for (place, element) in moved.enumerate() {
            pieces.push((element.start, element.end));
            if let (Some(here), Some(next)) = (kept.get(place), kept.get(place + 1)) {
                pieces.push((here.end, next.start));
            }
        }
        self.plan.regions.push(Region { start: first.start, end: last.end, pieces });
        Ok(())
    }
}
