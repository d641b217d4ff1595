//! What an exchange watches for besides the roster: the values that its own rules removed, replaced or restored.
//!
//! Decided by category alone (PROMISES.md, attacks): identifiers, names, e-mail, phone, address and birth date;
//! never a vocabulary or free text. It must not know formats.

use super::exchange::Exchange;
use super::guard::{Watch, WatchKind};
use super::parts::Parts;
use super::piece::Piece;
use crate::profile::find::Finding;
use crate::profile::{Act, Category, Door, Minted, NamePart, Profile};

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
            let Some(kind) = watched_as(&exchange.route.profile, finding) else { continue };
            let texts: Vec<_> = piece.found.scalars(finding.place, &material).collect();
            for text in &texts {
                // `"type": "username"` goes with its object; the word itself points at nobody.
                if texts.len() > 1 && is_word(text) && kind == WatchKind::Identifier {
                    continue;
                }
                watch.add(numbered(Door::Leave, finding.person), kind, identifier_in(finding, text));
            }
        }
    }
}

/// Letters and hyphens only: in an object with an identifier the name of its kind.
fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
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

/// The kind of thing that a finding takes away; none when it is not watched.
fn watched_as(profile: &Profile, finding: &Finding) -> Option<WatchKind> {
    if let Some(kind) = of_label(&finding.act) {
        return Some(kind);
    }
    if matches!(finding.act, Act::Nested { .. } | Act::Address { .. } | Act::Swap { .. }) {
        return None;
    }
    if matches!(&finding.act, Act::Pseudonym(masking) if masking.minted == Minted::Publisher) {
        return None;
    }
    if matches!(finding.act, Act::Pseudonym(_)) && finding.category == Some(Category::Guardian) {
        return Some(WatchKind::Identifier);
    }
    let slot = || profile.rule(finding.rule).map_or("", |rule| rule.slot.as_str()).to_ascii_lowercase();
    Some(match finding.category? {
        Category::Name | Category::Guardian => match slot() {
            slot if slot.contains("prefix") || slot.contains("initial") || slot.contains("voorvoegsel") => {
                return None;
            }
            slot if slot.contains("family") || slot.contains("last") || slot.contains("achternaam") => {
                WatchKind::FamilyName
            }
            slot if slot.contains("full") || slot.contains("display") => WatchKind::FullName,
            _ => WatchKind::GivenName,
        },
        Category::PupilId | Category::StaffId | Category::Bsn => WatchKind::Identifier,
        Category::Email => WatchKind::Email,
        Category::Phone => WatchKind::Phone,
        Category::Address => WatchKind::Address,
        Category::BirthDate => WatchKind::BirthDate,
        _ => return None,
    })
}

/// Of `mailto:a@b` under `form = "mailto:{}"` the address; of other texts all.
fn identifier_in<'a>(finding: &Finding, text: &'a str) -> &'a str {
    let Act::Pseudonym(masking) = finding.act else { return text };
    let end = text.len().saturating_sub(usize::from(masking.after));
    text.get(usize::from(masking.before)..end).unwrap_or(text)
}
