//! What a configuration and its profiles must agree on: swaps, kinds, and what an `[[assert]]` forbids.
//!
//! It must not know messages; it reads the rules that `profile` lists.

use crate::identity::Kind;
use crate::profile::{Category, Profile, Verb};

use super::problem::{At, Problem, Source};
use super::settings::{PublisherSettings, RouteSettings};
use super::tree::{Section, quoted};
use super::words::{Value, publisher as words, route};

/// Compares every route with its profile.
pub(super) fn compare(source: &Source, publishers: &[At<PublisherSettings>]) {
    for publisher in publishers {
        for route in &publisher.value.routes {
            swaps(source, route);
        }
        kinds(source, publisher);
    }
}

fn swaps(source: &Source, route: &RouteSettings) {
    let wanted = route.profile.swaps();
    let note = |message, values: Vec<(&'static str, Value)>| {
        source.note(Problem { place: route.place.clone(), message, values });
    };
    let profile = || ("profile", Value::from(route.profile.name()));
    for name in wanted.iter().filter(|name| !route.swap.contains_key(**name)) {
        note(&route::SWAP_MISSING, vec![profile(), ("name", (*name).into())]);
    }
    for name in route.swap.keys().filter(|name| !wanted.contains(&name.as_str())) {
        let known = match wanted.as_slice() {
            [] => Value::Each("nothing", "niets"),
            some => quoted(some.iter().copied()).into(),
        };
        note(&route::SWAP_UNUSED, vec![profile(), ("name", name.as_str().into()), ("known", known)]);
    }
}

/// A shape for a kind that none of the publisher's profiles has is a typing error.
fn kinds(source: &Source, publisher: &At<PublisherSettings>) {
    let mut known: Vec<Kind> = Vec::new();
    for route in &publisher.value.routes {
        known.extend(route.profile.kinds().iter().map(|used| used.kind));
    }
    for (kind, _) in &publisher.value.shapes {
        if !known.contains(kind) && !publisher.value.routes.is_empty() {
            let mut names: Vec<&str> = known.iter().map(|kind| kind.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let values = [("found", kind.as_str().into()), ("known", quoted(names.into_iter()).into())];
            source.report(&words::KIND, &publisher.span, values);
        }
    }
}

/// `[[assert]]`: what may never leave. A failure is an error, so that it keeps the old configuration.
pub(super) fn assertions(root: &Section<'_>, publishers: &[At<PublisherSettings>]) {
    for section in root.sections("assert", "[[assert]]") {
        let source = section.source();
        let about = section.needed("publisher", "\"rekenwonder\"");
        if !section.has("never") {
            section.missing("never", "[\"name\", \"email\"]");
        }
        let mut never = Vec::new();
        let written = section.texts("never");
        if written.is_empty() && section.has("never") {
            source.report(&words::ASSERT_NOTHING, section.span(), []);
        }
        for text in &written {
            match Category::named(text.value) {
                Some(category) => never.push(category),
                None => {
                    let known = quoted(Category::ALL.iter().map(|category| category.as_str()));
                    let values = [("found", text.value.into()), ("known", known.into())];
                    source.report(&words::CATEGORY, &text.span, values);
                }
            }
        }
        let span = section.span().clone();
        section.finish();
        let Some(about) = about else { continue };
        let mut known =
            publishers.iter().filter(|publisher| publisher.value.id.as_str() == about.value).peekable();
        if known.peek().is_none() {
            let known = quoted(publishers.iter().map(|publisher| publisher.value.id.as_str()));
            let values = [("publisher", about.value.into()), ("known", known.into())];
            source.report(&words::ASSERT_UNKNOWN, &about.span, values);
        }
        for publisher in known {
            for (route, rule, category) in broken(&publisher.value, &never) {
                let values = [
                    ("category", category.as_str().into()),
                    ("publisher", about.value.into()),
                    ("profile", route.profile.name().into()),
                    ("rule", rule.into()),
                    ("route", format!("{}/", route.mount).into()),
                ];
                source.report(&words::ASSERT_FAILED, &span, values);
            }
        }
    }
}

/// Every rule that lets one of these categories leave unmasked.
fn broken<'p>(
    publisher: &'p PublisherSettings,
    never: &[Category],
) -> Vec<(&'p RouteSettings, String, Category)> {
    let mut broken = Vec::new();
    for route in &publisher.routes {
        for rule in route.profile.rules() {
            let Some(category) = rule.category.filter(|category| never.contains(category)) else { continue };
            let kept =
                publisher.keep_eck_id && rule.leave == Verb::Pseudonym && rule.kind == Some(Kind::ECK_ID);
            if rule.leave.shares() || kept {
                let name = format!("{} {} ({})", rule.owner, rule.at, rule.line);
                broken.push((route, name, category));
            }
        }
    }
    broken
}

/// The values that this profile takes away and the exchange watch does not look for afterwards: selectors with
/// the reason, for `check` to print.
pub fn not_watched(profile: &Profile) -> Vec<(String, Option<Category>)> {
    let mut all: Vec<(String, Option<Category>)> = profile
        .rules()
        .iter()
        .filter(|rule| matches!(rule.leave, Verb::Drop | Verb::Blank | Verb::Constant | Verb::Generalise(_)))
        .filter(|rule| !rule.category.is_some_and(Category::identifies))
        .map(|rule| (format!("{} {}", rule.owner, rule.at), rule.category))
        .collect();
    all.dedup();
    all
}
