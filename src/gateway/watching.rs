//! What an exchange watches for besides the roster: the values that its own rules removed, replaced or restored.
//!
//! Decided by category alone (PROMISES.md, attacks): identifiers, names, e-mail, phone, address and birth date;
//! never a vocabulary or free text. It must not know formats.

use std::borrow::Cow;

use super::exchange::Exchange;
use super::guard::{Watch, WatchKind};
use super::parts::Parts;
use super::piece::Piece;
use crate::profile::find::{Finding, Scalar};
use crate::profile::{Act, Category, Door, Found, Material, Minted, NamePart, Profile};

/// The number of a person in the watch: an exchange's two messages number theirs apart.
pub(super) fn numbered(door: Door, person: Option<u32>) -> Option<u32> {
    person.map(|person| if door == Door::Enter { person | 1 << 31 } else { person })
}

/// Adds what the findings of a message that leaves, and of the addresses in it, take away. `stays` says of a finding
/// (its piece, its place there) that the publisher made it: that is its own to see.
pub(super) fn watch(
    watch: &mut Watch,
    exchange: &Exchange,
    pieces: &[Piece],
    parts: &Parts,
    stays: &dyn Fn(usize, usize) -> bool,
) {
    for (place, piece) in pieces.iter().enumerate() {
        let slices = piece.slices(parts);
        let material = piece.material(parts, &slices);
        for (index, finding) in piece.found.findings.iter().enumerate() {
            if stays(place, index) {
                continue;
            }
            let person = numbered(Door::Leave, finding.person);
            for (kind, text) in taken(&piece.route(exchange).profile, finding, &piece.found, &material) {
                watch.add(person, kind, &text);
            }
        }
    }
}

/// What a finding takes away that is watched for: every text of it, as the guard takes it.
fn taken<'a>(
    profile: &Profile,
    finding: &Finding,
    found: &'a Found,
    material: &Material<'a>,
) -> Vec<(WatchKind, Cow<'a, str>)> {
    if !is_watched(finding) {
        return Vec::new();
    }
    let kind = |scalar: &Scalar<'_>| of_label(&finding.act).or_else(|| watched_as(profile, finding, scalar));
    let scalars = found.scalars(finding.place, material);
    scalars.filter_map(|scalar| Some((kind(&scalar)?, identifier_in(finding, scalar.text)))).collect()
}

/// What a label stands for, as the guard names it.
pub(super) fn of_label(act: &Act) -> Option<WatchKind> {
    let Act::Label { part, .. } = act else { return None };
    Some(match part {
        NamePart::Given => WatchKind::GivenName,
        NamePart::Family => WatchKind::FamilyName,
        NamePart::Full => WatchKind::FullName,
    })
}

/// Whether a finding takes away something that points at a person.
fn is_watched(finding: &Finding) -> bool {
    match &finding.act {
        Act::Label { .. } => true,
        Act::Nested { .. } | Act::Address { .. } | Act::Swap { .. } => false,
        Act::Pseudonym(masking) if masking.minted == Minted::Publisher => false,
        _ => finding.category.is_some_and(Category::identifies),
    }
}

/// What a text that a finding takes away is; none when it is not watched.
fn watched_as(profile: &Profile, finding: &Finding, scalar: &Scalar<'_>) -> Option<WatchKind> {
    if is_vocabulary(scalar) {
        return None;
    }
    let name = || {
        let own = || profile.rule(finding.rule).map_or("", |rule| rule.slot.as_str());
        let slot = if scalar.name.is_empty() { own() } else { &*scalar.name };
        name_in(slot, &scalar.text)
    };
    match finding.category? {
        Category::Guardian if finding.act.masking().is_some() => Some(WatchKind::Identifier),
        Category::Guardian if scalar.text.contains('@') => Some(WatchKind::Email),
        Category::Guardian if scalar.text.contains(|c: char| c.is_ascii_digit()) => {
            Some(WatchKind::Identifier)
        }
        Category::Name | Category::Guardian => name(),
        Category::PupilId | Category::StaffId | Category::Bsn => Some(WatchKind::Identifier),
        Category::Email => Some(WatchKind::Email),
        Category::Phone => Some(WatchKind::Phone),
        Category::Address => Some(WatchKind::Address),
        Category::BirthDate => Some(WatchKind::BirthDate),
        _ => None,
    }
}

/// Names of members that say what kind of thing stands beside them: as a whole, or at the end (`userIdType`).
const KINDS: [&str; 6] = ["type", "role", "status", "kind", "system", "soort"];

/// Whether a text goes only because the object around it goes, and names a kind: `"type": "username"`. Watched for, it
/// would withhold every message with that word. Member and value must both say so: a login name of letters alone is
/// watched, and so is a number under `type`.
fn is_vocabulary(scalar: &Scalar<'_>) -> bool {
    let name = scalar.name.as_bytes();
    let ends = |kind: &str| {
        let at = name.len().checked_sub(kind.len());
        at.and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(kind.as_bytes()))
    };
    let word = |byte: u8| byte.is_ascii_alphabetic() || byte == b'-' || byte == b'_';
    !name.is_empty() && KINDS.iter().any(|kind| ends(kind)) && scalar.text.bytes().all(word)
}

/// Which piece of a name stands in a field, by the field's own name; of a field that only says `name`, by how many words
/// it holds.
fn name_in(slot: &str, text: &str) -> Option<WatchKind> {
    let said = said_by(slot);
    let says = |piece: u8| said & piece != 0;
    if says(BESIDE) {
        return None;
    }
    if says(FAMILY) {
        return Some(WatchKind::FamilyName);
    }
    if says(FULL) {
        return Some(WatchKind::FullName);
    }
    let several = text.split_whitespace().nth(1).is_some();
    Some(if several && !says(GIVEN) { WatchKind::FullName } else { WatchKind::GivenName })
}

/// No name by itself: what stands between or before names.
const BESIDE: u8 = 1;
const FAMILY: u8 = 2;
const FULL: u8 = 4;
const GIVEN: u8 = 8;

/// What the pieces of a field's name say, letter case aside. Looked at once, from front to back, by two letters at a time:
/// a message has thousands.
fn said_by(slot: &str) -> u8 {
    let mut said = 0;
    for (at, pair) in slot.as_bytes().array_windows::<2>().enumerate() {
        // With this bit capitals are small letters, and marks are others: what it lets through is compared as a whole.
        let pieces: &[(&str, u8)] = match pair.map(|byte| byte | 0x20) {
            [b'a', b'c'] => &[("achternaam", FAMILY)],
            [b'd', b'i'] => &[("display", FULL)],
            [b'f', b'a'] => &[("family", FAMILY)],
            [b'f', b'i'] => &[("first", GIVEN)],
            [b'f', b'u'] => &[("full", FULL)],
            [b'g', b'i'] => &[("given", GIVEN)],
            [b'i', b'n'] => &[("infix", BESIDE), ("initial", BESIDE)],
            [b'l', b'a'] => &[("last", FAMILY)],
            [b'm', b'i'] => &[("middle", GIVEN)],
            [b'n', b'i'] => &[("nick", GIVEN)],
            [b'p', b'r'] => &[("prefix", BESIDE)],
            [b'r', b'o'] => &[("roepnaam", GIVEN)],
            [b's', b'u'] => &[("surname", FAMILY)],
            [b'v', b'o'] => &[("voegsel", BESIDE), ("voornaam", GIVEN)],
            _ => continue,
        };
        let rest = slot.as_bytes().get(at..).unwrap_or_default();
        for (piece, what) in pieces {
            let here = rest.get(..piece.len()).is_some_and(|it| it.eq_ignore_ascii_case(piece.as_bytes()));
            said |= if here { *what } else { 0 };
        }
    }
    said
}

/// Of `mailto:a@b` under `form = "mailto:{}"` the address; of other texts all.
fn identifier_in<'a>(finding: &Finding, text: Cow<'a, str>) -> Cow<'a, str> {
    let Some(masking) = finding.act.masking() else { return text };
    let end = text.len().saturating_sub(usize::from(masking.after));
    match text.get(usize::from(masking.before)..end).filter(|within| within.len() < text.len()) {
        Some(within) => Cow::Owned(within.to_owned()),
        None => text,
    }
}

#[cfg(test)]
mod tests;
