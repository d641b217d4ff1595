//! What an exchange watches for besides the roster: the values that its own rules removed, replaced or restored.
//!
//! Decided by category alone (PROMISES.md, attacks): identifiers, names, e-mail, phone, address and birth date;
//! never a vocabulary or free text. It must not know formats.

use super::guard::{Watch, WatchKind};
use crate::profile::{Act, Category, Finding, Found, Material, NamePart, Profile};

/// Adds what this message's findings take away or give back. `first_person` keeps the persons of an exchange's two
/// messages apart.
pub(super) fn watch_findings(
    watch: &mut Watch,
    profile: &Profile,
    found: &Found,
    material: &Material<'_>,
    first_person: u32,
) {
    for finding in &found.findings {
        let Some(kind) = watched_as(profile, finding) else { continue };
        let person = finding.person.map(|person| person.saturating_add(first_person));
        for text in found.scalars(finding.place, material) {
            watch.add(person, kind, identifier_in(finding, &text));
        }
    }
}

/// The kind of thing that a finding takes away; none when it is not watched.
fn watched_as(profile: &Profile, finding: &Finding) -> Option<WatchKind> {
    let name = |part| match part {
        NamePart::Given => WatchKind::GivenName,
        NamePart::Family => WatchKind::FamilyName,
        NamePart::Full => WatchKind::FullName,
    };
    if let Act::Label { part, .. } = finding.act {
        return Some(name(part));
    }
    if matches!(finding.act, Act::Nested { .. } | Act::Address { .. } | Act::Swap { .. }) {
        return None;
    }
    if matches!(finding.act, Act::Pseudonym(_)) && finding.category == Some(Category::Guardian) {
        return Some(WatchKind::Identifier);
    }
    let slot = || profile.rule(finding.rule).map_or("", |rule| rule.slot.as_str()).to_ascii_lowercase();
    Some(match finding.category? {
        Category::Name | Category::Guardian => match slot() {
            slot if slot.contains("prefix") || slot.contains("initial") || slot.contains("voorvoegsel") => return None,
            slot if slot.contains("family") || slot.contains("last") || slot.contains("achternaam") => WatchKind::FamilyName,
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
