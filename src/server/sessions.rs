//! Sessions that callers may resume (RFC 8446, 2.2): in memory only, so many, the oldest goes first.
//!
//! A store of its own, because the library's looks through all of them for each that is taken, and a caller who comes
//! back takes one. It must not know what a session holds.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustls::server::StoresServerSessions;
use zeroize::Zeroizing;

/// All sessions.
pub(super) struct Sessions {
    most: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    next: u64,
    /// By name: its number, and what it holds, with keys in it.
    all: HashMap<Vec<u8>, (u64, Zeroizing<Vec<u8>>)>,
    /// In the order in which they came. Of one that was taken or replaced the number fits no more.
    order: VecDeque<(u64, Vec<u8>)>,
}

impl Sessions {
    /// Room for so many.
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn put(&mut self, most: usize, key: Vec<u8>, value: Vec<u8>) {
        let number = self.next;
        self.next += 1;
        self.all.insert(key.clone(), (number, Zeroizing::new(value)));
        self.order.push_back((number, key));
        while self.all.len() > most {
            let Some((number, key)) = self.order.pop_front() else { return };
            if self.is_there(number, &key) {
                self.all.remove(&key);
            }
        }
        // What was taken leaves its place in the order behind: swept before there are as many again.
        if self.order.len() > most.saturating_mul(2) {
            let all = &self.all;
            self.order.retain(|(number, key)| all.get(key).is_some_and(|(own, _)| own == number));
        }
    }

    fn is_there(&self, number: u64, key: &[u8]) -> bool {
        self.all.get(key).is_some_and(|(own, _)| *own == number)
    }
}

impl StoresServerSessions for Sessions {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        self.held().put(self.most, key, value);
        true
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.held().all.get(key).map(|(_, value)| value.to_vec())
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        let (_, mut value) = self.held().all.remove(key)?;
        Some(std::mem::take(&mut *value))
    }

    fn can_cache(&self) -> bool {
        true
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

#[cfg(test)]
mod tests {
    use super::{Sessions, StoresServerSessions as _};

    fn name(number: u32) -> Vec<u8> {
        number.to_be_bytes().to_vec()
    }

    #[test]
    fn a_session_is_taken_once() {
        let sessions = Sessions::new(4);
        assert!(sessions.put(name(1), vec![7]));
        assert_eq!(sessions.get(&name(1)), Some(vec![7]));
        assert_eq!(sessions.take(&name(1)), Some(vec![7]));
        assert_eq!(sessions.take(&name(1)), None);
        assert_eq!(sessions.get(&name(1)), None);
    }

    #[test]
    fn the_oldest_goes_and_a_name_that_came_again_is_new() {
        let sessions = Sessions::new(2);
        sessions.put(name(1), vec![1]);
        sessions.put(name(2), vec![2]);
        sessions.put(name(1), vec![3]);
        sessions.put(name(4), vec![4]);
        assert_eq!(sessions.get(&name(2)), None, "the oldest");
        assert_eq!(sessions.get(&name(1)), Some(vec![3]));
        assert_eq!(sessions.get(&name(4)), Some(vec![4]));
    }

    #[test]
    fn neither_those_held_nor_their_order_grows_beyond_its_bound() {
        let sessions = Sessions::new(8);
        // One that nobody takes stays at the front of the order: what is taken behind it must go all the same.
        sessions.put(name(0), vec![0]);
        for number in 1..10_000 {
            sessions.put(name(number), vec![1]);
            assert!(sessions.take(&name(number)).is_some());
            let held = sessions.held();
            assert!(held.order.len() <= 16 && held.all.len() == 1, "{number}");
        }
        for number in 0..10_000 {
            sessions.put(name(number), vec![1]);
            let held = sessions.held();
            assert!(held.all.len() <= 8 && held.order.len() <= 16, "{number}");
        }
        assert_eq!(sessions.get(&name(9_992)), Some(vec![1]));
        assert_eq!(sessions.get(&name(9_991)), None);
    }
}
