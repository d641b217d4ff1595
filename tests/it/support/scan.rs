//! The search for canaries: every decoding of a recording, five deep. It shares nothing with the guard: where
//! both are wrong in the same way, a name leaves unseen.

use std::collections::HashSet;
use std::io::Read;

use base64::Engine;
use md5::Digest;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What may be nowhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Canaries {
    /// What it is, and its text: lower case, without marks.
    all: Vec<(String, String)>,
    /// Every text as it is written.
    written: Vec<String>,
    /// Whether long ones count in the middle of a word too.
    whole: bool,
}

impl Canaries {
    pub(crate) fn add(&mut self, what: &str, text: &str) {
        let plain = plain(text);
        if plain.chars().count() >= 3 && !self.all.iter().any(|(_, known)| *known == plain) {
            self.all.push((what.to_owned(), plain));
            self.written.push(text.to_owned());
        }
    }

    /// An address, its local part, and its digests.
    pub(crate) fn add_email(&mut self, email: &str) {
        if email.is_empty() {
            return;
        }
        self.add("email", email);
        let local = email.split('@').next().unwrap();
        if local.len() >= 5 {
            self.add("email", local);
        }
        for digest in [
            hex(&md5::Md5::digest(email.as_bytes())),
            hex(&sha1::Sha1::digest(email.as_bytes())),
            hex(&sha2::Sha256::digest(email.as_bytes())),
        ] {
            self.add("digest of an email", &digest);
        }
    }

    /// Without what is called so: what a publisher is allowed to have.
    pub(crate) fn without(mut self, what: &str) -> Self {
        self.all.retain(|(own, _)| own != what);
        self
    }

    /// Only as whole words, however long: for texts that nobody wrote, where a letter more makes another name.
    pub(crate) fn whole_words(mut self) -> Self {
        self.whole = true;
        self
    }

    /// The first canary found, and how it was hidden.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<String> {
        let mut seen = HashSet::new();
        let mut layers = vec![(bytes.to_vec(), String::from("plain"), 0)];
        while let Some((layer, how, depth)) = layers.pop() {
            if layer.len() < 3 || !seen.insert(layer.clone()) {
                continue;
            }
            let text = plain(&String::from_utf8_lossy(&layer));
            if let Some((what, canary)) =
                self.all.iter().find(|(_, canary)| stands_in(&text, canary, self.whole))
            {
                return Some(format!("{what} {canary:?} ({how})"));
            }
            if depth < 5 {
                let deeper = decodings(&layer);
                layers.extend(
                    deeper.into_iter().map(|(name, bytes)| (bytes, format!("{how}, {name}"), depth + 1)),
                );
            }
        }
        None
    }

    /// Fails the test when a canary is in it.
    #[track_caller]
    pub(crate) fn absent(&self, place: &str, bytes: &[u8]) {
        if let Some(found) = self.find(bytes) {
            panic!("{place} holds {found}\n{}", String::from_utf8_lossy(bytes));
        }
    }
}

impl Canaries {
    /// Fails the test when a canary stands in it as it is written: for sealed files, where no encoding is text.
    #[track_caller]
    pub(crate) fn absent_plainly(&self, place: &str, bytes: &[u8]) {
        for canary in self.written.iter().filter(|canary| canary.len() >= 5) {
            assert!(memchr::memmem::find(bytes, canary.as_bytes()).is_none(), "{place} holds {canary:?}");
        }
    }
}

/// A canary counts where it is not part of a longer word or number.
fn stands_in(text: &str, canary: &str, whole: bool) -> bool {
    text.match_indices(canary).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        let part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        // Long ones count anywhere.
        (!whole && canary.chars().count() >= 12) || !(part(before) || part(after))
    })
}

/// Lower case, NFKC, without marks and invisible characters, white space collapsed.
fn plain(text: &str) -> String {
    if text.is_ascii() {
        let lower = text.to_ascii_lowercase();
        return lower.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    }
    let folded: String = text
        .nfkd()
        .filter(|c| {
            !is_combining_mark(*c)
                && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
        })
        .map(|c| if matches!(c, '’' | '‘' | 'ʼ') { '\'' } else { c })
        .flat_map(char::to_lowercase)
        .collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn decodings(layer: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut found = Vec::new();
    if layer.contains(&b'%') {
        found.push(("percent", percent(layer)));
    }
    if layer.contains(&b'+') {
        found.push(("form", layer.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect()));
    }
    if layer.contains(&b'\\') {
        found.push(("json", unescape(layer)));
    }
    if layer.contains(&b'&') {
        found.push(("entities", entities(layer)));
    }
    for start in 0..layer.len().saturating_sub(2) {
        if layer[start..].starts_with(&[0x1f, 0x8b, 8]) {
            let mut plain = Vec::new();
            let read =
                flate2::read::MultiGzDecoder::new(&layer[start..]).take(1 << 20).read_to_end(&mut plain);
            if read.is_ok() || !plain.is_empty() {
                found.push(("gzip", plain));
            }
        }
    }
    if layer.iter().filter(|b| **b == 0).count() * 3 > layer.len() {
        found.push(("utf-16", layer.iter().copied().filter(|b| *b != 0).collect()));
    }
    let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    for run in layer.split(|b| !word(b)).filter(|run| run.len() >= 8) {
        if run.len().is_multiple_of(2) && run.iter().all(u8::is_ascii_hexdigit) {
            let digit = |b: u8| u8::try_from((b as char).to_digit(16).unwrap()).unwrap();
            let decoded = run.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
            found.push(("hex", decoded));
        }
        let standard: Vec<u8> = run
            .iter()
            .map(|b| match b {
                b'-' => b'+',
                b'_' => b'/',
                other => *other,
            })
            .collect();
        let whole = &standard[..standard.len() - usize::from(standard.len() % 4 == 1)];
        let lenient = base64::engine::general_purpose::GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent);
        let engine = base64::engine::GeneralPurpose::new(&base64::alphabet::STANDARD, lenient);
        if let Ok(decoded) = engine.decode(whole) {
            found.push(("base64", decoded));
        }
    }
    found
}

fn percent(layer: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < layer.len() {
        let pair = layer.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if layer[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(layer[at]);
                at += 1;
            }
        }
    }
    out
}

fn unescape(layer: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(layer);
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text.as_ref();
    while let Some(c) = rest.chars().next() {
        let unit = rest
            .strip_prefix("\\u")
            .and_then(|rest| rest.get(..4))
            .and_then(|hex| u16::from_str_radix(hex, 16).ok());
        if let Some(unit) = unit {
            units.push(unit);
            rest = &rest[6..];
        } else if c == '\\' {
            rest = &rest[1..];
            // Before another character a backslash is one (RFC 8259, 7).
            let meant = match rest.chars().next() {
                Some('n' | 't' | 'r' | 'b' | 'f') => ' ',
                Some(escaped @ ('"' | '\\' | '/')) => escaped,
                _ => {
                    units.push(u16::from(b'\\'));
                    continue;
                }
            };
            units.extend(meant.encode_utf16(&mut [0; 2]).iter());
            rest = &rest[1..];
        } else {
            units.extend(c.encode_utf16(&mut [0; 2]).iter());
            rest = &rest[c.len_utf8()..];
        }
    }
    String::from_utf16_lossy(&units).into_bytes()
}

fn entities(layer: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(layer);
    let mut out = String::new();
    let mut pieces = text.split('&');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let Some((name, rest)) = piece.split_once(';') else {
            out.push('&');
            out.push_str(piece);
            continue;
        };
        let code = name.strip_prefix('#').and_then(|code| match code.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => code.parse().ok(),
        });
        match (name, code.and_then(char::from_u32)) {
            (_, Some(c)) => out.push(c),
            ("amp", _) => out.push('&'),
            ("apos", _) => out.push('\''),
            ("quot", _) => out.push('"'),
            ("lt", _) => out.push('<'),
            ("gt", _) => out.push('>'),
            _ => out.push('?'),
        }
        out.push_str(rest);
    }
    out.into_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_canary_is_found_in_every_disguise() {
    let mut canaries = Canaries::default();
    canaries.add("full name", "Zoë Çelik");
    canaries.add("las-key", "LL-10024");
    canaries.add_email("z.celik@leerling.obs-devlinder.example");
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, "naam: Zoë Çelik".as_bytes()).unwrap();
    let utf_16: Vec<u8> = "Zoe Celik".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for disguised in [
        "x Zoë Çelik y".as_bytes().to_vec(),
        "ZOË  ÇELIK".as_bytes().to_vec(),
        "Zoe\u{308} C\u{327}elik".as_bytes().to_vec(),
        br"Zo\u00eb \u00c7elik".to_vec(),
        b"Zo%C3%AB+%C3%87elik".to_vec(),
        b"Zo%25C3%25AB%20%25C3%2587elik".to_vec(),
        b"Zo&#235; &#xC7;elik".to_vec(),
        base64("Zoë Çelik!".as_bytes()).into_bytes(),
        base64(&gzip.finish().unwrap()).into_bytes(),
        base64(base64("[Zoë Çelik]".as_bytes()).as_bytes()).into_bytes(),
        hex("ll-10024".as_bytes()).into_bytes(),
        b"leerling LL\\u002d10024.".to_vec(),
        hex(&md5::Md5::digest(b"z.celik@leerling.obs-devlinder.example")).into_bytes(),
        utf_16,
    ] {
        assert!(canaries.find(&disguised).is_some(), "{}", String::from_utf8_lossy(&disguised));
    }
    for clean in ["Zoë", "Çelikson", "LL-100245", "een zoete celikbloem"] {
        assert_eq!(canaries.find(clean.as_bytes()), None, "{clean}");
    }
}
