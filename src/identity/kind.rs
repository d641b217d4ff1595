//! Kinds of identifiers. A kind enters the derivation, so its name is final.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// What sort of identifier a value is: `pupil-number`, `eck-id`, `email` …
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind(&'static str);

/// A kind that was not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KindError {
    /// Not a kind's name.
    #[error("a kind is 1 to 32 of a-z, 0-9 and `-`")]
    ReadKind,
    /// More kinds than profiles can sensibly declare.
    #[error("more than 4096 kinds of identifiers")]
    TooMany,
}

/// Names beyond the language's own list, kept for the life of the process. Bounded, because kinds come from
/// profiles only.
static DECLARED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
const MOST: usize = 4096;

macro_rules! kinds {
    ($($constant:ident $name:literal $meaning:literal;)*) => {
        impl Kind {
            $(#[doc = $meaning] pub const $constant: Self = Self($name);)*

            /// The language's own list (PROFILES.md).
            pub const ALL: &'static [Self] = &[$(Self::$constant),*];
        }
    };
}

// One list instead of two that could drift apart.
kinds! {
    PUPIL_NUMBER "pupil-number" "The number that the school gives a pupil.";
    ECK_ID "eck-id" "Educatieve Content Keten iD, a pseudonym of the chain.";
    LAS_KEY "las-key" "The key of the school's administration.";
    STAFF_KEY "staff-key" "The key of somebody who works at the school.";
    SIS_USER "sis-user" "OneRoster's sourcedId of a user.";
    LMS_USER "lms-user" "The learning environment's user id.";
    USERNAME "username" "A name to log in with.";
    EMAIL "email" "An e-mail address; lower case counts.";
    EMAIL_SHA1 "email-sha1" "SHA-1 of an e-mail address (xAPI mbox_sha1sum).";
    PROFILE_ID "profile-id" "Entree's nlEduPersonProfileId.";
    REAL_ID "real-id" "Entree's nlEduPersonRealId.";
    OPENID "openid" "An OpenID URL.";
}

impl Kind {
    /// The kind of that name, the language's own or one that a profile declares.
    ///
    /// # Errors
    /// A name of another form, or the 4097th.
    pub fn named(name: &str) -> Result<Self, KindError> {
        if let Some(own) = Self::ALL.iter().find(|kind| kind.0 == name) {
            return Ok(*own);
        }
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if !(1..=32).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(KindError::ReadKind);
        }
        let mut declared = DECLARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = declared.get(name) {
            return Ok(Self(known));
        }
        if declared.len() >= MOST {
            return Err(KindError::TooMany);
        }
        let kept: &'static str = Box::leak(name.into());
        declared.insert(kept);
        Ok(Self(kept))
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
