//! Single values of a made-up message: what a field is about, and a value of a form that names nobody.
//!
//! It must not know where the field stands.

use super::Told;
use crate::profile::category::Category;
use crate::profile::form::{Form, Type};
use crate::profile::rules::{Rule, To};

/// What a field holds, as far as it names a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// A pupil's number or another identifier.
    Identifier,
    /// Something else.
    Told(Told),
}

/// Whether a field names a person, by its category, else by its own name.
pub(super) fn names(rule: &Rule) -> Option<Names> {
    let slot = rule.slot.to_ascii_lowercase();
    let told = |told| Some(Names::Told(told));
    match rule.category {
        Some(Category::Name | Category::Guardian) => told(name_in(&slot).unwrap_or(Told::FullName)),
        Some(Category::PupilId | Category::StaffId | Category::Bsn) => Some(Names::Identifier),
        Some(Category::Email) => told(Told::Email),
        Some(Category::Phone) => told(Told::Phone),
        Some(Category::Address) => told(Told::Address),
        Some(Category::BirthDate) => told(Told::BirthDate),
        _ => by_slot(&slot),
    }
}

/// What a field of this name holds when no category says it.
fn by_slot(slot: &str) -> Option<Names> {
    let says = |pieces: &[&str]| pieces.iter().any(|piece| slot.contains(piece));
    if says(&["email", "e-mail", "mailadres"]) {
        return Some(Names::Told(Told::Email));
    }
    if says(&["birth", "geboorte", "born"]) {
        return Some(Names::Told(Told::BirthDate));
    }
    if says(&["telefoon", "telephone", "phone"]) {
        return Some(Names::Told(Told::Phone));
    }
    name_in(slot).map(Names::Told)
}

/// Which piece of a name stands in a field of this name.
fn name_in(slot: &str) -> Option<Told> {
    let says = |pieces: &[&str]| pieces.iter().any(|piece| slot.contains(piece));
    if says(&["givenname", "firstname", "nickname", "voornaam", "roepnaam"]) || slot == "given" {
        return Some(Told::Given);
    }
    if says(&["familyname", "lastname", "surname", "achternaam"]) || slot == "family" {
        return Some(Told::Family);
    }
    (says(&["fullname", "displayname"])).then_some(Told::FullName)
}

/// A value of a form, that names nobody. Without a form any word will do.
pub(super) fn neutral(form: Option<&Form>) -> String {
    match form {
        None => "2026".to_owned(),
        Some(Form::Values(values)) => values.first().cloned().unwrap_or_default(),
        Some(Form::Types(types)) => types.first().map_or_else(String::new, |first| of_type(*first)),
    }
}

fn of_type(kind: Type) -> String {
    match kind {
        Type::Count { least, step, .. } => {
            (least.div_ceil(step.max(1)).saturating_mul(step.max(1))).to_string()
        }
        Type::DateTime => "2026-11-20T08:40:00Z".to_owned(),
        Type::Date => "2026-11-20".to_owned(),
        Type::Token { .. } => "a".to_owned(),
        Type::Boolean => "true".to_owned(),
        Type::Uuid => "0f1e2d3c-4b5a-8978-8695-a4b3c2d1e0ff".to_owned(),
        Type::Number => "1".to_owned(),
    }
}

/// A value that can be made coarser.
pub(super) fn coarsened(to: To, birth: String) -> String {
    if to == To::Postcode4 { "1234 AB".to_owned() } else { birth }
}
