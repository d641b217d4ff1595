//! The two invented pupils of a school: the same every night, known to nobody outside the vault, and named as no pupil of
//! the roster is.
//!
//! They are made from a key of the vault, so that nobody can leave them out on purpose. It must not know routes.

use std::collections::{BTreeSet, HashMap};

use crate::clock::Timestamp;
use crate::crypto::hkdf;
use crate::identity::{Identifier, Kind, School};
use crate::profile::sample::{Invented, Told};
use crate::roster::{Field, Pupil, Roster};
use crate::secret::Secret;
use crate::vault::Vault;

/// How many there are.
pub(super) const COUNT: usize = 2;
/// How often another name is tried when somebody of the roster has it.
const MOST_TRIES: u32 = 64;

/// One invented pupil. Not a secret: nobody is behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Canary {
    pub(super) given: String,
    pub(super) family: String,
    pub(super) birth: String,
    pub(super) phone: String,
    pub(super) address: String,
    /// What its numbers are made of: 16 hexadecimal digits.
    pub(super) mark: String,
}

/// The canaries of a school.
pub(super) struct Canaries(pub(super) [Canary; COUNT]);

impl Canaries {
    /// The canaries of a school whose vault this is; their names are no words of its roster's names. None when every name
    /// that was tried is one, which no roster does by chance.
    pub(super) fn of(vault: &Vault, school: &School, roster: Option<&Roster>) -> Option<Self> {
        let words = roster.map_or_else(BTreeSet::new, words);
        let mut made = (0..COUNT).map(|number| {
            (0..MOST_TRIES).map(|attempt| Canary::make(vault, school, number, attempt)).find(|canary| {
                ![&canary.given, &canary.family].iter().any(|word| words.contains(&word.to_lowercase()))
            })
        });
        let (first, second) = (made.next()??, made.next()??);
        Some(Self([first, second]))
    }

    fn get(&self, person: usize) -> &Canary {
        let [first, second] = &self.0;
        if person == 0 { first } else { second }
    }

    /// A roster of the canaries alone, with identifiers of all these kinds.
    pub(super) fn roster(&self, kinds: &[Kind], now: Timestamp) -> Roster {
        let mut roster = Roster::empty(now);
        for canary in &self.0 {
            let secret = |text: &str| Secret::new(text.to_owned());
            let others = kinds.iter().filter(|kind| **kind != Kind::EMAIL);
            let pupil = Pupil {
                identifiers: others.map(|kind| (*kind, Secret::new(canary.identifier(*kind)))).collect(),
                given: Some(secret(&canary.given)),
                family: Some(secret(&canary.family)),
                full_names: vec![Secret::new(canary.name())],
                emails: vec![Secret::new(canary.email())],
                phones: vec![secret(&canary.phone)],
                addresses: vec![secret(&canary.address)],
                birth_date: Some(secret(&canary.birth)),
                ..Pupil::default()
            };
            // Two marks are never one.
            let _ = roster.add(pupil);
        }
        roster
    }
}

impl Canary {
    fn make(vault: &Vault, school: &School, number: usize, attempt: u32) -> Self {
        let purpose = format!("sluis-canary-1 {school} {number} {attempt}");
        let key = hkdf(vault.journal_seed(), purpose.as_bytes());
        let bytes = key.expose();
        let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
        let word = |from: usize, syllables: usize| -> String {
            (from..from + syllables).map(|at| syllable(byte(at))).collect()
        };
        let mark: String = (8..16).map(|at| format!("{:02x}", byte(at))).collect();
        Self {
            given: capital(&word(0, 4)),
            // Recognisable by whoever meets it.
            family: capital(&format!("{}kanarie", word(4, 3))),
            // Grown up: where a free app needs a consent, it is not the age that keeps a canary inside.
            birth: format!("200{}-0{}-1{}", byte(16) % 6, byte(17) % 9 + 1, byte(18) % 10),
            phone: format!("+3197010{:03}{:03}", byte(19), byte(20)),
            address: format!("{}straat {}", capital(&word(21, 4)), 1000 + u32::from(byte(25))),
            mark,
        }
    }

    /// Given and family name.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    /// An address that leads nowhere (RFC 2606).
    pub(super) fn email(&self) -> String {
        format!("{}.{}@kanarie.invalid", self.given, self.family).to_lowercase()
    }

    /// The identifier of a kind.
    pub(super) fn identifier(&self, kind: Kind) -> String {
        let digits: String = self.mark.bytes().map(|byte| char::from(b'0' + byte % 10)).collect();
        match kind {
            Kind::EMAIL => self.email(),
            // Longer than a BSN.
            Kind::PUPIL_NUMBER => format!("9{digits}"),
            Kind::ECK_ID => format!("https://ketenid.nl/202601/{}", self.mark.repeat(8)),
            Kind::EMAIL_SHA1 => {
                format!("{}{}{}", self.mark, self.mark, self.mark.get(..8).unwrap_or_default())
            }
            Kind::USERNAME => format!("{}.{}", self.given.to_lowercase(), self.mark),
            kind => format!("kanarie-{}-{}", self.mark, kind.as_str()),
        }
    }

    /// Everything that names it: what, and the text.
    pub(super) fn all(&self, kinds: &[Kind]) -> Vec<(&'static str, String)> {
        let mut all = vec![
            ("given-name", self.given.clone()),
            ("family-name", self.family.clone()),
            ("email", self.email()),
            ("phone", self.phone.clone()),
            ("address", self.address.clone()),
            ("birth-date", self.birth.clone()),
        ];
        let identifiers = kinds.iter().filter(|kind| **kind != Kind::EMAIL);
        all.extend(identifiers.map(|kind| (kind.as_str(), self.identifier(*kind))));
        all
    }
}

impl Invented for Canaries {
    fn identifier(&self, kind: Kind, person: usize) -> String {
        self.get(person).identifier(kind)
    }

    fn told(&self, what: Told, person: usize) -> String {
        let canary = self.get(person);
        match what {
            Told::Given => canary.given.clone(),
            Told::Family => canary.family.clone(),
            Told::FullName => canary.name(),
            Told::Email => canary.email(),
            Told::Phone => canary.phone.clone(),
            Told::Address => canary.address.clone(),
            Told::BirthDate => canary.birth.clone(),
        }
    }
}

/// The canaries as the publisher of a throw-away scope knows them.
pub(super) struct Outside(pub(super) HashMap<(Kind, usize), String>);

impl Invented for Outside {
    fn identifier(&self, kind: Kind, person: usize) -> String {
        self.0.get(&(kind, person)).cloned().unwrap_or_else(|| "unknown".to_owned())
    }

    fn told(&self, _what: Told, _person: usize) -> String {
        "x".to_owned()
    }
}

/// The identifier that a canary's is derived from.
pub(super) fn derived_from(canary: &Canary, kind: Kind, primary: Option<Kind>) -> Identifier {
    let kind = primary.unwrap_or(kind);
    Identifier::new(kind, &canary.identifier(kind))
}

fn syllable(byte: u8) -> String {
    let consonants = "bdfgklmnprstvwz";
    let vowels = "aeiou";
    let pick = |letters: &str, number: u8| letters.chars().nth(usize::from(number) % letters.len());
    [pick(consonants, byte / 5), pick(vowels, byte % 5)].into_iter().flatten().collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// Every word of every name, in lower case.
fn words(roster: &Roster) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for pupil in roster.pupils() {
        let names = [Field::Given, Field::Family, Field::FullName].map(|field| pupil.all(field));
        for name in names.into_iter().flatten() {
            let name = name.expose().to_lowercase();
            all.extend(name.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{Canaries, Canary};
    use crate::clock::Timestamp;
    use crate::identity::{Kind, School};
    use crate::roster::{Pupil, Roster};
    use crate::secret::Secret;
    use crate::vault::Vault;

    #[test]
    fn canaries_are_of_their_school_and_nobody_else() {
        let vault = Vault::in_memory().expect("a vault");
        let school = |brin| School::parse(brin).expect("a BRIN");
        let of = |vault: &Vault, brin, roster: Option<&Roster>| {
            Canaries::of(vault, &school(brin), roster).expect("canaries").0
        };
        let [one, two] = of(&vault, "12AB", None);
        assert_eq!([one.clone(), two.clone()], of(&vault, "12AB", None), "the same every night");
        assert_ne!(one, two);
        assert_ne!(one, of(&vault, "34CD", None)[0], "another school's are others");
        assert_ne!(one, of(&Vault::in_memory().expect("a vault"), "12AB", None)[0], "and another vault's");
        for kind in Kind::ALL {
            assert_ne!(one.identifier(*kind), two.identifier(*kind), "{kind}");
        }
        assert!(one.family.ends_with("kanarie") && one.email().ends_with("@kanarie.invalid"));
        assert!(crate::clock::Date::parse(&one.birth).is_some(), "{}", one.birth);
        // A pupil who happens to have a canary's name makes it another.
        let mut roster = Roster::empty(Timestamp::from_millis(0));
        let pupil = Pupil {
            identifiers: vec![(Kind::PUPIL_NUMBER, Secret::new("1".to_owned()))],
            given: Some(Secret::new(one.given.to_uppercase())),
            ..Pupil::default()
        };
        roster.add(pupil).expect("a pupil");
        let [other, same] = of(&vault, "12AB", Some(&roster));
        assert_ne!(other.given, one.given);
        assert_eq!(same, two);
    }

    #[test]
    fn every_canary_fits_in_a_roster() {
        let vault = Vault::in_memory().expect("a vault");
        let school = School::parse("12AB").expect("a BRIN");
        let canaries = Canaries::of(&vault, &school, None).expect("canaries");
        let roster = canaries.roster(Kind::ALL, Timestamp::from_millis(0));
        assert_eq!(roster.len(), super::COUNT);
        let words: Vec<String> = canaries.0.iter().map(Canary::name).collect();
        assert!(words.iter().all(|name| name.split(' ').all(|word| word.len() >= 8)), "{words:?}");
    }
}
