//! Reading on what terms a publisher receives anything: `location`, `basis`, `kind`, `[publisher.agreement]`.
//!
//! It must not know routes; what follows from the terms is the gateway's.

use crate::clock::{Date, Timestamp};
use crate::gateway::terms::{Basis, Location, NotAgreed, Supply, unfounded};
use crate::profile::Category;

use super::problem::Problem;
use super::settings::{AgreementSettings, PublisherSettings, Recorded, RouteSettings, Settings};
use super::tree::{Section, quoted};
use super::words::{Value, publisher as words, terms};

/// The terms of one `[[publisher]]`, called `shown` in messages.
pub(super) fn recorded(section: &Section<'_>, shown: &str) -> Recorded {
    let source = section.source();
    let location = location(section);
    let basis = section.word("basis", &Basis::ALL.map(|basis| (basis.as_str(), basis)));
    let kind = section.word("kind", &[Supply::Bought, Supply::FreeApp].map(|kind| (kind.as_str(), kind)));
    let agreement = section.section("agreement", "[publisher.agreement]");
    let missing: Vec<(&str, &str)> = [
        (!section.has("location"), ("the place", "de plaats")),
        (!section.has("kind"), ("the kind", "het soort")),
        (!section.has("agreement"), ("the agreement", "de overeenkomst")),
    ]
    .into_iter()
    .filter_map(|(missing, words)| missing.then_some(words))
    .collect();
    if !missing.is_empty() {
        let (english, dutch) =
            (listed(&missing, |word| word.0, "and"), listed(&missing, |word| word.1, "en"));
        let plural = missing.len() > 1;
        let english = format!("{english} {}", if plural { "are" } else { "is" });
        let dutch = format!("{} {dutch}", if plural { "zijn" } else { "is" });
        let values = [("publisher", shown.into()), ("missing", Value::Brought(english, dutch))];
        source.report(&terms::NOT_RECORDED, section.span(), values);
    }
    let recorded = Recorded {
        location,
        basis: basis.map(|at| at.value),
        kind: kind.map(|at| at.value),
        agreement: agreement.and_then(self::agreement),
    };
    if unfounded(&recorded.location, recorded.basis)
        && let Some(at) = section.get("location")
    {
        let places = recorded.location.iter().filter(|place| !place.in_eea()).map(|place| place.as_str());
        let known = quoted(Basis::ALL.iter().map(|basis| basis.as_str()));
        let values = [
            ("publisher", shown.into()),
            ("places", places.collect::<Vec<_>>().join(", ").into()),
            ("known", known.into()),
        ];
        source.report(&terms::WITHOUT_BASIS, &at.span, values);
    }
    recorded
}

/// What `check` and a reload say of agreements that are over at this moment.
pub fn ended(settings: &Settings, now: Timestamp) -> Vec<Problem> {
    let over = settings.publishers.iter().filter_map(|publisher| {
        let agreement = publisher.recorded.agreement.as_ref().filter(|agreement| agreement.ended(now))?;
        Some((publisher, agreement.ends?))
    });
    let problem = |(publisher, ends): (&PublisherSettings, Date)| Problem {
        place: publisher.place.clone(),
        message: &terms::ENDED,
        values: vec![("publisher", publisher.id.as_str().into()), ("ends", ends.to_string().into())],
    };
    over.map(problem).collect()
}

/// The categories that a route's rules would let leave and the agreement does not name, in the order of registers: they
/// are held back. None without an agreement.
pub fn not_agreed(publisher: &PublisherSettings, route: &RouteSettings) -> Vec<Category> {
    let Some(agreement) = &publisher.recorded.agreement else { return Vec::new() };
    let shared = |category: &Category| {
        let rules = route.profile.rules();
        rules.iter().any(|rule| rule.category == Some(*category) && rule.leave.shares())
    };
    let named = |category: &Category| agreement.categories.contains(category);
    Category::ALL.into_iter().filter(|category| !named(category) && shared(category)).collect()
}

fn location(section: &Section<'_>) -> Vec<Location> {
    let mut places = Vec::new();
    for text in section.texts("location") {
        match Location::parse(text.value) {
            Some(place) => places.push(place),
            None => {
                section.source().report(&terms::LOCATION, &text.span, [("found", text.value.into())]);
            }
        }
    }
    places.sort_unstable();
    places.dedup();
    places
}

fn agreement(section: Section<'_>) -> Option<AgreementSettings> {
    let source = section.source();
    let document = section.text("document").map(|at| at.value.to_owned());
    let parties = section.texts("parties").into_iter().map(|at| at.value.to_owned()).collect();
    let (date, ends) = (date(&section, "date"), date(&section, "ends"));
    if let (Some(date), Some(ends)) = (date, ends)
        && ends < date
        && let Some(at) = section.get("ends")
    {
        let values = [("ends", ends.to_string().into()), ("date", date.to_string().into())];
        source.report(&terms::ENDS_BEFORE, &at.span, values);
    }
    let written = section.texts("categories");
    if written.is_empty() {
        source.report(&terms::NO_CATEGORY, section.span(), []);
    }
    let mut categories = Vec::new();
    for text in written {
        match Category::named(text.value) {
            Some(category) => categories.push(category),
            None => {
                let known = quoted(Category::ALL.iter().map(|category| category.as_str()));
                let values = [("found", text.value.into()), ("known", known.into())];
                source.report(&words::CATEGORY, &text.span, values);
            }
        }
    }
    categories.sort_unstable();
    categories.dedup();
    let other = [NotAgreed::Drop, NotAgreed::Refuse].map(|what| (what.as_str(), what));
    let not_agreed = section.word("not_agreed", &other).map(|at| at.value).unwrap_or_default();
    section.finish();
    Some(AgreementSettings { document, parties, date, ends, categories, not_agreed })
}

/// `YYYY-MM-DD`, in quotes.
fn date(section: &Section<'_>, key: &'static str) -> Option<Date> {
    let text = section.text(key)?;
    let date = Date::parse(text.value);
    if date.is_none() {
        let values = [("key", key.into()), ("found", text.value.into())];
        section.source().report(&words::DATE, &text.span, values);
    }
    date
}

/// `a, b and c`.
fn listed<'w>(words: &[(&'w str, &'w str)], one: fn(&(&'w str, &'w str)) -> &'w str, and: &str) -> String {
    let words: Vec<&str> = words.iter().map(one).collect();
    match words.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} {and} {last}", most.join(", ")),
        _ => words.join(""),
    }
}
