//! Labels: readable stand-ins for a name, derived from the pupil's pseudonym and never from the name.
//!
//! A label is an adjective and a noun with a number, e.g. `Kwieke` `Waterlelie 3178`. The words are no
//! Dutch first or family names; whoever knows more names hands them in as `avoid`. That a label is not yet taken is the
//! vault's affair: it asks again with the next attempt.

use sha2::{Digest, Sha256};

use super::Core;

/// A stand-in, split as names are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// In place of a given name.
    pub given: String,
    /// In place of a family name: unique together with the given name.
    pub family: String,
}

/// 64 adjectives, so that six bits choose one. Kind ones, because a teacher reads them about a child. The order is
/// frozen: it decides labels.
const GIVEN: [&str; 64] = [
    "Aardige",
    "Alerte",
    "Attente",
    "Blije",
    "Behendige",
    "Beleefde",
    "Bedachtzame",
    "Dappere",
    "Deftige",
    "Dromerige",
    "Eerlijke",
    "Feestelijke",
    "Geestige",
    "Fleurige",
    "Flinke",
    "Fantasierijke",
    "Frisse",
    "Gele",
    "Gezonde",
    "Gladde",
    "Glanzende",
    "Guitige",
    "Geduldige",
    "Handige",
    "Heldere",
    "Hartelijke",
    "Ijverige",
    "Jolige",
    "Kalme",
    "Kleurige",
    "Kordate",
    "Kwieke",
    "Leuke",
    "Levendige",
    "Lichte",
    "Leergierige",
    "Lollige",
    "Luchtige",
    "Moedige",
    "Montere",
    "Nette",
    "Nuchtere",
    "Olijke",
    "Paarse",
    "Pientere",
    "Pittige",
    "Rappe",
    "Plezierige",
    "Ronde",
    "Rustige",
    "Schrandere",
    "Sierlijke",
    "Slimme",
    "Snuggere",
    "Soepele",
    "Sportieve",
    "Standvastige",
    "Speelse",
    "Stoere",
    "Trouwe",
    "Vlotte",
    "Vrolijke",
    "Warme",
    "Zonnige",
];

/// 128 nouns, so that seven bits choose one. The order is frozen.
const FAMILY: [&str; 128] = [
    "Aalscholver",
    "Aardappel",
    "Aardbei",
    "Akkerdistel",
    "Appelflap",
    "Avondster",
    "Badeend",
    "Bergkristal",
    "Berkenblad",
    "Bladwijzer",
    "Boerenkool",
    "Boomkikker",
    "Boomklever",
    "Boshommel",
    "Bosuil",
    "Boterbloem",
    "Braamstruik",
    "Brandnetel",
    "Brilduiker",
    "Broodrooster",
    "Brugleuning",
    "Buitenband",
    "Citroenvlinder",
    "Dagpauwoog",
    "Dakpan",
    "Dauwdruppel",
    "Dennenappel",
    "Distelvlinder",
    "Dotterbloem",
    "Draaimolen",
    "Duinpieper",
    "Duizendpoot",
    "Eikenblad",
    "Elastiek",
    "Fietsbel",
    "Fluisterboot",
    "Fotolijst",
    "Ganzenveer",
    "Gierzwaluw",
    "Glimworm",
    "Goudplevier",
    "Grasklokje",
    "Grasspriet",
    "Grutto",
    "Haarspeld",
    "Hagedis",
    "Hazelnoot",
    "Heidehommel",
    "Hermelijn",
    "Herfstblad",
    "Hoefijzer",
    "Hommelnest",
    "Houtduif",
    "Huiszwaluw",
    "IJsbloem",
    "IJsvogel",
    "Kameleon",
    "Kaleidoscoop",
    "Kievitsbloem",
    "Kiezelsteen",
    "Klaproos",
    "Kompasnaald",
    "Koolwitje",
    "Korenbloem",
    "Krentenbol",
    "Krokodil",
    "Kwikstaart",
    "Letterbak",
    "Lichtbundel",
    "Lieveheersbeestje",
    "Lijsterbes",
    "Luchtballon",
    "Maanvis",
    "Madeliefje",
    "Magneet",
    "Meerkoet",
    "Meikever",
    "Merelnest",
    "Muziekdoos",
    "Mosselschelp",
    "Muurbloem",
    "Narwal",
    "Notenkraker",
    "Noorderlicht",
    "Ophaalbrug",
    "Oranjetip",
    "Otterspoor",
    "Paardenbloem",
    "Pannenlap",
    "Parelmoer",
    "Pimpelmees",
    "Pinguïn",
    "Poolster",
    "Potlood",
    "Plumeau",
    "Regenboog",
    "Ringslang",
    "Roodborst",
    "Rotsblok",
    "Schildpad",
    "Schoolbord",
    "Sleutelbloem",
    "Slingerplant",
    "Sneeuwvlok",
    "Speenkruid",
    "Spijkerbroek",
    "Springtouw",
    "Sprinkhaan",
    "Stekelbaars",
    "Steenuil",
    "Sterrenstof",
    "Struisvogel",
    "Tafelpoot",
    "Theekopje",
    "Toverhazelaar",
    "Trapgevel",
    "Tureluur",
    "Vergrootglas",
    "Vlinderstruik",
    "Vuurtoren",
    "Wasknijper",
    "Waterjuffer",
    "Waterlelie",
    "Windmolen",
    "Winterkoning",
    "Zandloper",
    "Zeepaardje",
    "Zonnebloem",
];

impl Label {
    /// The label of a pupil's core at an attempt, counted from 0. Words for which `avoid` is true are passed over.
    /// None when nothing is left to choose from; the caller then refuses.
    pub fn derive(core: &Core, attempt: u32, avoid: &dyn Fn(&str) -> bool) -> Option<Self> {
        let mut hash = Sha256::new();
        hash.update(b"sluis-label-v1");
        hash.update(core.as_bytes());
        hash.update(attempt.to_be_bytes());
        let code: [u8; 32] = hash.finalize().into();
        let [a, b, c, d, e, f, ..] = code;
        let given = choose(&GIVEN, usize::from(a), avoid)?;
        let family = choose(&FAMILY, usize::from(b), avoid)?;
        // Four digits: with 64 × 128 pairs of words there is room for 73 million pupils.
        let number = 1000 + u32::from_be_bytes([c, d, e, f]) % 9000;
        Some(Self { given: given.to_owned(), family: format!("{family} {number}") })
    }

    /// Both, as one text.
    pub fn full(&self) -> String {
        format!("{} {}", self.given, self.family)
    }
}

/// The word at a place, or the next that is not avoided.
fn choose(words: &[&'static str], place: usize, avoid: &dyn Fn(&str) -> bool) -> Option<&'static str> {
    let start = place % words.len().max(1);
    words.iter().cycle().skip(start).take(words.len()).copied().find(|word| !avoid(word))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FAMILY, GIVEN, Label};
    use crate::derive::Core;

    #[test]
    fn words_are_distinct_and_the_choice_is_frozen() {
        let all: BTreeSet<_> = GIVEN.iter().chain(&FAMILY).map(|word| word.to_lowercase()).collect();
        assert_eq!(all.len(), GIVEN.len() + FAMILY.len());
        let frozen = include_str!("../../tests/vectors/label.txt");
        for line in frozen.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split('\t');
            let core = Core::from_bytes([parts.next().unwrap().parse().unwrap(); 16]);
            let attempt = parts.next().unwrap().parse().unwrap();
            assert_eq!(Label::derive(&core, attempt, &|_| false).unwrap().full(), parts.next().unwrap());
        }
    }

    #[test]
    fn a_word_of_the_roster_is_passed_over() {
        for byte in 0..=255 {
            let core = Core::from_bytes([byte; 16]);
            let plain = Label::derive(&core, 0, &|_| false).unwrap();
            let other = Label::derive(&core, 0, &|word| word == plain.given).unwrap();
            assert_ne!(plain.given, other.given);
            assert_eq!(plain.family, other.family);
        }
        assert_eq!(Label::derive(&Core::from_bytes([0; 16]), 0, &|_| true), None);
    }
}
