//! Reading as it was done first: every word as text, every hash made anew. What is faster must give the same set.

use std::collections::HashSet;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::gateway::guard::unescape;
use crate::gateway::message::{Head, Message};
use crate::gateway::needle::distinct::LONGEST_RUN;
use crate::gateway::needle::month::MonthKey;
use crate::gateway::needle::words::{PARTICLES, Word, split};

fn words_of(text: &[u8], key: &MonthKey, hashes: &mut HashSet<u64>) {
    // The word before; the last one before particles; the joined run so far.
    let (mut before, mut over, mut run) = (String::new(), String::new(), String::new());
    split(text, &mut |word: Word| {
        let Word { text, joined } = word;
        hashes.insert(key.word(text.as_bytes()));
        if !before.is_empty() {
            hashes.insert(key.pair(before.as_bytes(), text.as_bytes()));
        }
        if joined {
            run.push_str(&text);
            // Longer ones were hashed too, in a time that grew with the square of a run.
            if run.len() <= LONGEST_RUN {
                hashes.insert(key.word(run.as_bytes()));
            }
        } else {
            run.clone_from(&text);
        }
        if PARTICLES.contains(&text.as_str()) {
            if over.is_empty() {
                over.clone_from(&before);
            }
        } else {
            if !over.is_empty() {
                hashes.insert(key.pair(over.as_bytes(), text.as_bytes()));
            }
            over.clear();
        }
        before = text;
    });
}

/// Hashes of all words and pairs in all texts of a message.
pub(super) fn gather(key: &MonthKey, message: &Message) -> HashSet<u64> {
    let mut hashes = HashSet::new();
    texts(message, &mut |text| words_of(text, key, &mut hashes));
    hashes
}

/// Times that escapes are undone.
const DEPTH: usize = 3;
/// The shortest run that is taken for base64.
const SHORTEST: usize = 8;

/// Gives every text of a message to `each`: method, target, names and values of headers, body, and what decoding makes of them.
fn texts(message: &Message, each: &mut impl FnMut(&[u8])) {
    if let Head::Request { method, target, .. } = &message.head {
        part(method.as_str().as_bytes(), each);
        part(target.as_bytes(), each);
    }
    for (name, value) in message.head.headers() {
        part(name.as_str().as_bytes(), each);
        part(value.as_bytes(), each);
    }
    part(&message.body, each);
}

fn part(text: &[u8], each: &mut impl FnMut(&[u8])) {
    layers(text, &mut |layer: &[u8]| {
        each(layer);
        packed(layer, &mut |plain: &[u8]| layers(plain, each));
    });
}

/// The text, and the text with its escapes undone once, twice and thrice.
fn layers(text: &[u8], each: &mut impl FnMut(&[u8])) {
    each(text);
    let mut above = unescape(text);
    for _ in 1..=DEPTH {
        let Some(layer) = above else { return };
        each(&layer);
        above = unescape(&layer);
    }
}

/// What runs of base64 hold (RFC 4648, 4 and 5), with padding or without: whatever is text.
fn packed(text: &[u8], each: &mut impl FnMut(&[u8])) {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let (standard, urls) = (GeneralPurpose::new(&STANDARD, config), GeneralPurpose::new(&URL_SAFE, config));
    let mut run = |run: &[u8], engine: &GeneralPurpose| {
        if run.len() >= SHORTEST
            && let Ok(plain) = engine.decode(run)
            && is_text(&plain)
        {
            each(&plain);
        }
    };
    let in_both = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'=';
    for piece in text.split(|byte| !in_both(byte) && !matches!(byte, b'+' | b'/' | b'-' | b'_')) {
        if piece.len() < SHORTEST {
            continue;
        }
        // `name=SmFuIHZhbg`: an equal sign ends a run, or stands before one.
        for value in values(piece) {
            run(value, &standard);
            let mixed = value.iter().any(|byte| !in_both(byte));
            if mixed {
                run(value, &urls);
                // A run between slashes or hyphens: a segment of a path.
                for segment in value.split(|byte| !in_both(byte)) {
                    run(segment, &standard);
                }
                for segment in value.split(|byte| *byte == b'/') {
                    run(segment, &urls);
                }
            }
        }
    }
}

/// The stretches of a run that equal signs part, padding left with what it ends.
fn values(piece: &[u8]) -> impl Iterator<Item = &[u8]> {
    piece.split(|byte| *byte == b'=')
}

/// UTF-8 without control characters other than white space.
fn is_text(plain: &[u8]) -> bool {
    std::str::from_utf8(plain).is_ok_and(|text| {
        text.chars().all(|letter| !letter.is_control() || matches!(letter, '\t' | '\r' | '\n'))
    })
}
