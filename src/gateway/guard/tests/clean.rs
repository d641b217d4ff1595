//! Clean text passes: Dutch sentences with words that are names, and pseudonyms of every shape.

use super::{pass, reply};
use crate::gateway::guard::{Watch, WatchKind, Watched, Watchlist};

const GIVEN: [&str; 24] = [
    "Roos", "Storm", "Bas", "Mei", "Bo", "Jet", "Fleur", "Ster", "Sky", "Wolf", "Beer", "Linde", "Iris",
    "Jade", "Bram", "Sanne", "Daan", "Noor", "Mees", "Pim", "Wil", "An", "Do", "Guus",
];
const FAMILY: [&str; 24] = [
    "Groen",
    "de Boer",
    "Visser",
    "de Wit",
    "van den Berg",
    "Bakker",
    "Smit",
    "de Jong",
    "Kok",
    "Mulder",
    "Prins",
    "Dekker",
    "Bos",
    "Vos",
    "Dijk",
    "Winter",
    "Zomer",
    "Haan",
    "de Vries",
    "Meijer",
    "A",
    "van Dam",
    "Steen",
    "Klein",
];
const WHO: [&str; 8] = [
    "De roos",
    "Een storm",
    "De bas",
    "Mei",
    "De visser",
    "De bakker uit de straat",
    "Onze groene boot",
    "Een kleine prins",
];
const DOES: [&str; 8] = [
    "bloeit in",
    "waait over",
    "klinkt door",
    "komt na",
    "kijkt naar",
    "loopt langs",
    "slaapt onder",
    "woont bij",
];
const WHERE: [&str; 8] = [
    "de tuin van de boer.",
    "het bos; de vos keek toe.",
    "een berg, zo wit als sneeuw.",
    "april en voor juni.",
    "de zee bij storm.",
    "een jong hert op de dijk.",
    "de kok (en zijn haan)!",
    "het water: 10023 liter, 4 meter diep.",
];

/// A roster in which every given name goes with every family name.
fn roster() -> Watchlist {
    let mut values = Vec::new();
    let mut numbers = Vec::new();
    for person in 0..(GIVEN.len() * FAMILY.len()) as u32 {
        numbers.push((person, format!("s{}", 2_000_000 + person), format!("{}", 1000 + person)));
    }
    for (person, number, short) in &numbers {
        let at = *person as usize;
        values.push((*person, WatchKind::GivenName, GIVEN[at % GIVEN.len()]));
        values.push((*person, WatchKind::FamilyName, FAMILY[at / GIVEN.len()]));
        values.push((*person, WatchKind::Identifier, number.as_str()));
        values.push((*person, WatchKind::Identifier, short.as_str()));
    }
    Watchlist::build(values.into_iter().map(|(person, kind, text)| Watched { person, kind, text }))
}

#[test]
fn sentences_with_words_that_are_names() {
    let list = roster();
    let mut sentences = 0;
    for who in WHO {
        for does in DOES {
            for place in WHERE {
                let text = format!("{who} {does} {place}");
                for body in [
                    text.clone(),
                    text.to_uppercase(),
                    serde_json::json!({ "comment": text, "year": 2013 }).to_string(),
                ] {
                    let got = pass(&list, &Watch::new(), &[], reply(body.clone())).err();
                    assert_eq!(got, None, "{body}");
                }
                sentences += 1;
            }
        }
    }
    assert_eq!(sentences, 512);
}

/// With initials of every kind beside names that are words too.
#[test]
fn letters_beside_words_that_are_names() {
    let list = roster();
    for text in [
        "'s winters op de dijk, 's zomers in 't bos",
        "a) groen b) bakker c) winter",
        "A: groen; B: zomer",
        "(b) bakker, (j) jong",
        "Kies A, B of C. De prins kiest groen.",
        "Vitamine B, de bakker heeft D nodig",
        "plan b mulder, groep s visser",
        "J'aime la mer, s'il vous plaît",
        "I see a king, a prins and a winter",
        "u bakker, o boer en i kok",
        r#"{"class":"B","name":"groen","s":"visser","m":"mulder"}"#,
        r#"["B","Bakker","S","Smit"]"#,
        "b=groen&s=visser&m=winter",
        "1.b 2.bakker 3.m 4.mulder",
        "B\tGroen\nS\tVisser",
    ] {
        let got = pass(&list, &Watch::new(), &[], reply(text)).err();
        assert_eq!(got, None, "{text}");
    }
    for text in ["B. Bakker", "s.visser@", "Groen, M.", "J. van den Berg"] {
        assert!(pass(&list, &Watch::new(), &[], reply(text)).is_err(), "{text}");
    }
}

#[test]
fn the_same_roster_finds_its_pupils() {
    let list = roster();
    for text in [
        "Roos de Boer is ziek",
        "storm visser",
        "MEI GROEN",
        "Berg, Bas van den",
        "nr. s2000123.",
        "Bo A",
        "Groen (1003)",
    ] {
        assert!(pass(&list, &Watch::new(), &[], reply(text)).is_err(), "{text}");
    }
}

/// Numbers that look random and repeat (xorshift).
fn dice(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn pseudonyms_of_every_shape() {
    let list = roster();
    let mut state = 0x1234_5678_9ABC_DEF1;
    for _ in 0..400 {
        let mut bytes = [0; 32];
        bytes.iter_mut().for_each(|byte| *byte = dice(&mut state) as u8);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let base32: String = bytes
            .iter()
            .map(|byte| char::from(b"abcdefghijklmnopqrstuvwxyz234567"[usize::from(byte & 31)]))
            .collect();
        let url = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &bytes[..16]);
        let uuid =
            format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..30]);
        let digits = 10_000_000_000 + dice(&mut state) % 90_000_000_000;
        let body = format!(
            r#"{{"a":"{}","b":"{base32}","c":"{url}","d":"{uuid}","e":{digits},"f":"https://ketenid.nl/pilot/{hex}{hex}","g":"{}@pseudo.example"}}"#,
            &hex[..32],
            &base32[..26],
        );
        assert_eq!(pass(&list, &Watch::new(), &[], reply(body.clone())).err(), None, "{body}");
    }
}
