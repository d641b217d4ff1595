//! Values that must not be printed, copied by accident or left in memory.
//!
//! It must not know what the value is for. Nothing here reads, writes or logs.

use std::fmt;

use zeroize::Zeroize;

/// A value that is wiped when dropped and has no `Display`, `Serialize` or `Clone`.
///
/// ```compile_fail
/// let secret = sluis::secret::Secret::new(String::from("kept"));
/// println!("{secret}");
/// ```
///
/// The twin that compiles, taking the plain text by name:
///
/// ```
/// let secret = sluis::secret::Secret::new(String::from("kept"));
/// println!("{}", secret.expose().len());
/// ```
///
/// Nor can it be serialised:
///
/// ```compile_fail
/// let secret = sluis::secret::Secret::new(String::from("kept"));
/// serde_json::to_string(&secret).unwrap();
/// ```
///
/// The twin that compiles:
///
/// ```
/// let secret = sluis::secret::Secret::new(String::from("kept"));
/// serde_json::to_string(secret.expose()).unwrap();
/// ```
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes a value into custody.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The plain value. `tests/it/expose.list` names every file that may ask for it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::Secret;

    struct Watched(Rc<Cell<bool>>);

    impl zeroize::Zeroize for Watched {
        fn zeroize(&mut self) {
            self.0.set(true);
        }
    }

    #[test]
    fn wiped_when_dropped() {
        let wiped = Rc::new(Cell::new(false));
        let secret = Secret::new(Watched(Rc::clone(&wiped)));
        assert!(!wiped.get());
        drop(secret);
        assert!(wiped.get());
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new(String::from("Jip"))), "Secret(…)");
    }
}
