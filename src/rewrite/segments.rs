//! Cutting a long document into small ones: JSON between the elements of one array, NDJSON between lines.
//!
//! Nothing is judged here but where to cut. What is handed out are documents for the strict parser: what stood before
//! the array, some elements, and closing brackets; the last one ends as the long one does. Where all of them are JSON, the
//! long one is, and nothing less is ever said of it: lists of elements that are JSON between brackets stay so when commas
//! join them (none may be blank beside such a comma, and none is handed out that is), and a name that occurs
//! twice, before and behind the array, does so in the last one. A wrong cut can only make a parser refuse. Memory is
//! bounded by what stands before the array, one segment and what was pushed last. It must not know rules.

use super::json;

/// Where a document may be cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// Between lines (NDJSON).
    Lines,
    /// Between elements of the root, when that is an array and `root`, or of the first member of the root object that is
    /// an array and one of `members` (names as they read, unescaped).
    Elements {
        /// Whether the root itself may be cut.
        root: bool,
        /// Members of the root object that may be.
        members: Vec<String>,
    },
}

/// How much is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes that a segment has at most, when its elements are smaller.
    pub aim: usize,
    /// Bytes that one element, or what stands behind the array, has at most.
    pub most: usize,
    /// Bytes that may stand before the array.
    pub head: usize,
}

/// Why a document cannot be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Uncut {
    /// It has no array that may be cut, or too much stands before it.
    #[error("there is no list in it that may be cut")]
    FindList,
    /// An element, a line or what stands behind the list is too large.
    #[error("an element is larger than {most} bytes")]
    HoldElement {
        /// The bound.
        most: usize,
    },
    /// A comma without an element beside it.
    #[error("an element is missing at byte {offset}")]
    FindElement {
        /// Where.
        offset: usize,
    },
}

/// A small document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// For the parser.
    pub document: Vec<u8>,
    /// Which part of the long one it is.
    pub role: Role,
    /// Bytes of what stands before the array, at its beginning.
    pub before: usize,
    /// Bytes of closing brackets that the long one does not have here, at its end.
    pub behind: usize,
    /// Where its own bytes begin in the long one.
    pub from: usize,
}

/// What a slice is of the long document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What stands before the array, and nothing in it. Always the first.
    Head,
    /// Elements. Between two of them a comma is left out.
    Middle,
    /// The last elements, if any, and everything behind the array.
    Last,
}

impl Slice {
    /// Where a byte of the small document stands in the long one.
    pub fn origin(&self, at: usize) -> usize {
        if at < self.before { at } else { self.from + (at - self.before) }
    }
}

/// Cuts what is pushed.
#[derive(Debug)]
pub struct Segments {
    cut: Cut,
    sizes: Sizes,
    /// What stands before the array, once that is known.
    head: Option<Vec<u8>>,
    closers: &'static [u8],
    /// Not handed out yet.
    held: Vec<u8>,
    /// Where `held` begins in the long document.
    from: usize,
    /// How much of `held` was looked at.
    seen: usize,
    scan: Scan,
    /// The last place in `held` at which it may be cut: of a comma, or behind a line.
    place: Option<usize>,
    /// Something was cut off before: a comma stands before what is held.
    cut_before: bool,
    /// The array has ended.
    ended: bool,
}

/// Strings and brackets.
#[derive(Debug, Default)]
struct Scan {
    depth: usize,
    string: bool,
    escaped: bool,
    /// Of the head: the member's name, and whether its colon was seen.
    name: (usize, usize),
    colon: bool,
}

impl Segments {
    /// Nothing was pushed yet.
    pub fn new(cut: Cut, sizes: Sizes) -> Self {
        let head = None;
        let closers: &[u8] = b"";
        let (held, scan) = Default::default();
        Self {
            cut,
            sizes,
            head,
            closers,
            held,
            from: 0,
            seen: 0,
            scan,
            place: None,
            cut_before: false,
            ended: false,
        }
    }

    /// Takes in what comes next.
    pub fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// How many bytes are held: pushed, and not handed out yet.
    pub const fn held(&self) -> usize {
        self.held.len()
    }

    /// The next slice, when enough was pushed.
    ///
    /// # Errors
    /// See [`Uncut`]; nothing that is handed out afterwards may be used.
    pub fn take(&mut self) -> Result<Option<Slice>, Uncut> {
        if self.head.is_none() {
            return self.take_head();
        }
        let place = if self.cut == Cut::Lines { self.line() } else { self.element()? };
        if let Some(place) = place {
            return self.hand_out(place).map(Some);
        }
        if self.held.len() > self.sizes.most {
            return Err(Uncut::HoldElement { most: self.sizes.most });
        }
        Ok(None)
    }

    /// The last slice: nothing more is pushed, and [`Segments::take`] has nothing more to give.
    ///
    /// # Errors
    /// See [`Uncut`].
    pub fn finish(mut self) -> Result<Slice, Uncut> {
        let Some(head) = self.head.take() else { return Err(Uncut::FindList) };
        if self.cut_before && !self.begins_with_element() {
            return Err(Uncut::FindElement { offset: self.from });
        }
        let before = head.len();
        let mut document = head;
        document.append(&mut self.held);
        Ok(Slice { document, role: Role::Last, before, behind: 0, from: self.from })
    }

    /// Whether something stands before the end of the array.
    fn begins_with_element(&self) -> bool {
        self.cut == Cut::Lines || first(&self.held).is_some_and(|byte| byte != b']')
    }

    fn take_head(&mut self) -> Result<Option<Slice>, Uncut> {
        let end = if self.cut == Cut::Lines { Some(0) } else { self.find_list()? };
        let Some(end) = end else {
            let most = self.sizes.head;
            return if self.held.len() > most { Err(Uncut::FindList) } else { Ok(None) };
        };
        if end > self.sizes.head {
            return Err(Uncut::FindList);
        }
        let rest = self.held.split_off(end);
        let head = std::mem::replace(&mut self.held, rest);
        let document = [head.as_slice(), self.closers].concat();
        let behind = self.closers.len();
        (self.from, self.seen, self.scan, self.place) = (end, 0, Scan::default(), None);
        self.head = Some(head);
        Ok(Some(Slice { document, role: Role::Head, before: 0, behind, from: 0 }))
    }

    /// Where the array's first element would begin.
    fn find_list(&mut self) -> Result<Option<usize>, Uncut> {
        let Cut::Elements { root, members } = &self.cut else { return Ok(Some(0)) };
        while let Some(&byte) = self.held.get(self.seen) {
            let at = self.seen;
            let scan = &mut self.scan;
            if scan.string {
                self.seen = scan.pass(&self.held, at);
                if !scan.string && scan.depth == 1 && !scan.colon {
                    scan.name.1 = self.seen - 1;
                }
                continue;
            }
            self.seen += 1;
            match byte {
                b' ' | b'\n' | b'\r' | b'\t' => {}
                b'[' if scan.depth == 0 => {
                    self.closers = b"]";
                    return if *root { Ok(Some(at + 1)) } else { Err(Uncut::FindList) };
                }
                b'[' if scan.depth == 1 && scan.colon => {
                    let raw = self.held.get(scan.name.0..scan.name.1).unwrap_or_default();
                    // A name that is no UTF-8 is nobody's; the parser refuses it.
                    let name = json::unescape(std::str::from_utf8(raw).unwrap_or_default());
                    if members.contains(&name) {
                        self.closers = b"]}";
                        return Ok(Some(at + 1));
                    }
                    scan.depth += 1;
                }
                b'{' => scan.depth += 1,
                b'[' if scan.depth > 0 => scan.depth += 1,
                _ if scan.depth == 0 => return Err(Uncut::FindList),
                b'}' | b']' => {
                    scan.depth -= 1;
                    if scan.depth == 0 {
                        return Err(Uncut::FindList);
                    }
                }
                b'"' => {
                    scan.string = true;
                    if scan.depth == 1 && !scan.colon {
                        scan.name.0 = self.seen;
                    }
                }
                b':' if scan.depth == 1 => scan.colon = true,
                b',' if scan.depth == 1 => scan.colon = false,
                _ => {}
            }
        }
        Ok(None)
    }

    /// Looks for the place of a comma at which to cut.
    fn element(&mut self) -> Result<Option<usize>, Uncut> {
        while !self.ended
            && let Some(&byte) = self.held.get(self.seen)
        {
            let at = self.seen;
            if self.scan.string {
                self.seen = self.scan.pass(&self.held, at);
                continue;
            }
            self.seen += 1;
            match byte {
                b'"' => self.scan.string = true,
                b'{' | b'[' => self.scan.depth += 1,
                b'}' | b']' if self.scan.depth == 0 => self.ended = true,
                b'}' | b']' => self.scan.depth -= 1,
                b',' if self.scan.depth == 0 => {
                    if at <= self.sizes.aim {
                        self.place = Some(at);
                    } else {
                        // Looked at again, when what is before the earlier comma is gone.
                        self.seen = at;
                        return Ok(Some(self.place.take().unwrap_or(at)));
                    }
                }
                _ => {}
            }
        }
        // The end was seen, or an element that is too long for this segment has begun.
        let long = self.held.len() > self.sizes.aim;
        Ok(if long { self.place.take() } else { None })
    }

    /// Looks for the end of a line at which to cut: the last within the aim, or else the first.
    fn line(&mut self) -> Option<usize> {
        while let Some(found) = self.held.get(self.seen..).and_then(|rest| memchr::memchr(b'\n', rest)) {
            let behind = self.seen + found + 1;
            if behind > self.sizes.aim {
                if self.place.is_none() {
                    self.seen = behind;
                }
                return Some(self.place.take().unwrap_or(behind));
            }
            self.seen = behind;
            self.place = Some(behind);
        }
        self.seen = self.held.len();
        if self.held.len() > self.sizes.aim { self.place.take() } else { None }
    }

    /// Hands out what stands before a place.
    fn hand_out(&mut self, place: usize) -> Result<Slice, Uncut> {
        let head = self.head.as_deref().unwrap_or_default();
        let own = self.held.get(..place).unwrap_or_default();
        let comma = usize::from(self.cut != Cut::Lines);
        if comma == 1 && first(own).is_none() {
            return Err(Uncut::FindElement { offset: self.from });
        }
        let document = [head, own, self.closers].concat();
        let (before, behind, from) = (head.len(), self.closers.len(), self.from);
        self.held.drain(..place + comma);
        self.seen = self.seen.saturating_sub(place + comma);
        self.from += place + comma;
        self.cut_before = comma == 1;
        Ok(Slice { document, role: Role::Middle, before, behind, from })
    }
}

impl Scan {
    /// Passes over a string's bytes from `at`; gives where to go on.
    fn pass(&mut self, held: &[u8], at: usize) -> usize {
        // The byte behind a backslash ends nothing.
        let from = at + usize::from(std::mem::take(&mut self.escaped));
        let Some(found) = held.get(from..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) else {
            return held.len();
        };
        self.string = held.get(from + found) != Some(&b'"');
        self.escaped = self.string;
        from + found + 1
    }
}

/// The first byte that is no white space.
fn first(bytes: &[u8]) -> Option<u8> {
    bytes.iter().copied().find(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))
}

#[cfg(test)]
mod tests;
