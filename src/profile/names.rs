//! A table from member names to spots, made once and asked for every member of every document.
//!
//! Open addressing over length and ends: names of one object are few, and a miss costs one look. A name of at most
//! sixteen bytes is its length and its ends: comparing them is comparing it. It must not know what a name means.

use crate::rewrite::ends;

/// A table from names to numbers.
#[derive(Debug, Default, Clone)]
pub(super) struct Names {
    entries: Vec<Entry>,
    slots: Vec<u16>,
}

#[derive(Debug, Clone)]
struct Entry {
    key: Key,
    number: u32,
    name: String,
}

/// Length and ends of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    length: usize,
    ends: (u64, u64),
}

impl Key {
    #[inline(always)]
    fn of(name: &[u8]) -> Self {
        Self { length: name.len(), ends: ends(name) }
    }

    /// Whether it is a whole name.
    #[inline(always)]
    fn is_whole(self) -> bool {
        self.length <= 16
    }

    #[inline(always)]
    fn hash(self) -> usize {
        let (head, tail) = self.ends;
        let mixed = (head ^ tail.rotate_left(29) ^ self.length as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 40) as usize
    }
}

/// A slot without an entry.
const EMPTY: u16 = u16::MAX;

impl Names {
    /// The number under `name`.
    #[inline(always)]
    pub(super) fn get(&self, name: &[u8]) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let key = Key::of(name);
        let mut slot = key.hash() & mask;
        loop {
            let entry = self.entries.get(usize::from(*self.slots.get(slot)?))?;
            if entry.key == key && (key.is_whole() || entry.name.as_bytes() == name) {
                return Some(entry.number);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Puts `number` under `name`, in place of what stood there. At most 65,534 names.
    pub(super) fn insert(&mut self, name: &str, number: u32) {
        if let Some(known) = self.entries.iter_mut().find(|known| known.name == name) {
            known.number = number;
            return;
        }
        self.entries.push(Entry { key: Key::of(name.as_bytes()), number, name: name.to_owned() });
        let size = (self.entries.len() * 4).next_power_of_two();
        self.slots = vec![EMPTY; size];
        for (index, known) in self.entries.iter().enumerate() {
            let mut slot = known.key.hash() & (size - 1);
            while self.slots.get(slot).is_some_and(|entry| *entry != EMPTY) {
                slot = (slot + 1) & (size - 1);
            }
            if let (Some(free), Ok(index)) = (self.slots.get_mut(slot), u16::try_from(index)) {
                *free = index;
            }
        }
    }

    /// Names and numbers, in the order in which they came.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.entries.iter().map(|known| (known.name.as_str(), known.number))
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn every_name_is_found_and_no_other() {
        let mut names = Names::default();
        assert_eq!(names.get(b"a"), None);
        for number in 0..300_u32 {
            names.insert(&format!("name{number}"), number);
        }
        names.insert("name7", 1000);
        for number in 0..300_u32 {
            let want = if number == 7 { 1000 } else { number };
            assert_eq!(names.get(format!("name{number}").as_bytes()), Some(want));
        }
        assert_eq!(names.get(b"name300"), None);
        assert_eq!(names.get(b""), None);
        assert_eq!(names.iter().count(), 300);
    }

    #[test]
    fn names_that_share_their_ends_are_two() {
        let mut names = Names::default();
        let all = [
            "",
            "a",
            "ab",
            "abc",
            "abcd",
            "abxcd",
            "abcabcd",
            "abcdabcd",
            "abcdabxcdabcd",
            "abcdabcdabcdabcd",
        ];
        let long = ["abcdabcd1abcdabcd", "abcdabcd2abcdabcd", "abcdabcd12abcdabcd", "abcdabcd21abcdabcd"];
        for (number, name) in (0..).zip(all.iter().chain(&long)) {
            assert_eq!(names.get(name.as_bytes()), None, "{name}");
            names.insert(name, number);
        }
        for (number, name) in (0..).zip(all.iter().chain(&long)) {
            assert_eq!(names.get(name.as_bytes()), Some(number), "{name}");
        }
        for other in ["\0", "\0\0", "ba", "abcabcdabcd", "abcdabcd3abcdabcd", "abcdabcdxabcdabcdabcdabcd"] {
            assert_eq!(names.get(other.as_bytes()), None, "{other}");
        }
    }
}
