//! What the profiles that come with Sluis keep: nothing that a publisher may choose leaves without a form.

use std::collections::BTreeSet;

use crate::profile::plan::{Branch, Choice, NONE};
use crate::profile::{Category, Profile, RuleId, Verb, builtin, builtin_names};

/// Rules that keep what a publisher may choose, without a form: profile, owner and selector. It may only shrink.
const EXCEPTIONS: [(&str, &str, &str); 0] = [];

/// Every rule that stands at these spots, or below them.
fn rules_below(profile: &Profile, spot: u32, found: &mut Vec<Known>) {
    let Some(spot) = profile.spots.get(spot as usize) else { return };
    for choice in &spot.choices {
        found.push(Known::of(choice));
        if let Some(record) = profile.records.get(choice.record as usize) {
            rules_below(profile, record.root, found);
        }
    }
    for (_, child) in spot.branch.names.iter() {
        rules_below(profile, child, found);
    }
    if spot.element != NONE {
        rules_below(profile, spot.element, found);
    }
}

fn rules_of(profile: &Profile, branch: &Branch, found: &mut Vec<Known>) {
    for (_, spot) in branch.names.iter() {
        rules_below(profile, spot, found);
    }
}

/// A rule as it stands somewhere.
struct Known {
    rule: RuleId,
    vocabulary: bool,
    formed: bool,
}

impl Known {
    fn of(choice: &Choice) -> Self {
        Self { rule: choice.rule, vocabulary: choice.vocabulary, formed: choice.formed }
    }
}

/// Every rule of a request (path, query, headers, body): what a caller may choose. What a body brings, the same
/// rules let out again, in the replies that use them or on a route whose school asks.
fn chosen(profile: &Profile) -> Vec<Known> {
    let mut found = Vec::new();
    for (request, _) in profile.endpoints.iter().flat_map(|endpoint| &endpoint.requests) {
        let message = &profile.messages[*request as usize];
        for branch in [&message.query, &message.headers, &message.path] {
            rules_of(profile, branch, &mut found);
        }
        rules_below(profile, profile.records[message.record as usize].root, &mut found);
    }
    found
}

/// The rules that keep what a publisher may choose, and say nothing of what it looks like.
fn without_form(profile: &Profile) -> BTreeSet<(String, String)> {
    let free = chosen(profile).into_iter().filter_map(|known| {
        let rule = profile.rule(known.rule)?;
        let told = rule.category == Some(Category::FreeText) && rule.why.is_some();
        let free = rule.leave == Verb::Keep && !known.formed && !known.vocabulary && !told;
        free.then(|| (rule.owner.clone(), rule.at.clone()))
    });
    free.collect()
}

#[test]
fn nothing_that_a_publisher_may_choose_leaves_without_a_form() {
    let mut excused: BTreeSet<&(&str, &str, &str)> = BTreeSet::new();
    for name in builtin_names() {
        let profile = builtin(name).unwrap();
        assert!(chosen(&profile).len() > 3, "{name}: the walk finds its rules");
        for (owner, at) in without_form(&profile) {
            let known = EXCEPTIONS.iter().find(|known| **known == (name, owner.as_str(), at.as_str()));
            assert!(known.is_some(), "{name}: `{owner}` keeps `{at}` without a form");
            excused.extend(known);
        }
    }
    for exception in &EXCEPTIONS {
        assert!(excused.contains(exception), "{exception:?} is no longer needed");
    }
}

#[test]
fn the_walk_finds_what_has_no_form() {
    let rules = super::profile(
        r#"profile = "t"
title = "t"
[[message]]
method = "PUT"
path = "/x/{id}"
side = "request"
format = "json"
field = [
  { at = "query:free", do = "keep" },
  { at = "query:formed", do = "keep", type = "date" },
  { at = "query:listed", do = "keep", when = { "query:listed" = ["a"] } },
  { at = "query:filter", do = "nested", as = "oneroster-filter", part = "f" },
  { at = "header:X-Free", do = "keep" },
  { at = "/list", part = "p" },
  { at = "/told", do = "keep", category = "free-text", why = "because" },
  { at = "/untold", do = "keep", category = "free-text" },
  { at = "/inside", do = { enter = "keep", leave = "drop" } },
]
[[message]]
side = "response"
format = "json"
field = [ { at = "/shown", do = "keep" }, { at = "/list", part = "p" } ]
[part.f]
field = [ { at = "status", do = "keep" } ]
[part.p]
field = [ { at = "/a/*/b", do = "keep" }, { at = "/deep/**", do = "keep" }, { at = "/n", do = "keep", type = "number" } ]
"#,
    );
    let found: Vec<String> = without_form(&rules).into_iter().map(|(_, at)| at).collect();
    assert_eq!(found, ["status", "/a/*/b", "/deep/**", "/untold", "header:X-Free", "query:free"]);
}
