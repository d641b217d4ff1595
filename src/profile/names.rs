//! A table from member names to spots, made once and asked for every member of every document.
//!
//! Open addressing over length, first, middle and last byte: names of one object are few, and a miss costs one
//! look. It must not know what a name means.

/// A table from names to numbers.
#[derive(Debug, Default, Clone)]
pub(super) struct Names {
    entries: Vec<(String, u32)>,
    slots: Vec<u16>,
}

/// A slot without an entry.
const EMPTY: u16 = u16::MAX;

impl Names {
    /// The number under `name`.
    pub(super) fn get(&self, name: &[u8]) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = hash(name) & mask;
        loop {
            let entry = *self.slots.get(slot)?;
            let (known, number) = self.entries.get(usize::from(entry))?;
            if known.as_bytes() == name {
                return Some(*number);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Puts `number` under `name`, in place of what stood there. At most 65,534 names.
    pub(super) fn insert(&mut self, name: &str, number: u32) {
        if let Some(known) = self.entries.iter_mut().find(|(known, _)| known == name) {
            known.1 = number;
            return;
        }
        self.entries.push((name.to_owned(), number));
        let size = (self.entries.len() * 4).next_power_of_two();
        self.slots = vec![EMPTY; size];
        for (index, (known, _)) in self.entries.iter().enumerate() {
            let mut slot = hash(known.as_bytes()) & (size - 1);
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
        self.entries.iter().map(|(name, number)| (name.as_str(), *number))
    }
}

/// A few bytes of the name, mixed; names of one object differ in these.
fn hash(name: &[u8]) -> usize {
    let byte = |at: usize| name.get(at).copied().map_or(0, usize::from);
    let length = name.len();
    let mixed = length
        .wrapping_mul(0x9e37)
        .wrapping_add(byte(0).wrapping_mul(0x85eb))
        .wrapping_add(byte(length / 2).wrapping_mul(0xc2b3))
        .wrapping_add(byte(length.wrapping_sub(1)).wrapping_mul(0x27d5));
    mixed ^ (mixed >> 7)
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
}
