//! Messages made up from the rules: they hold the invented person wherever the rules change anything, and the rules take
//! them.

use std::collections::BTreeMap;

use super::{json, one, profile, query};
use crate::identity::Kind;
use crate::profile::sample::{Case, Invented, Making, Shape, Told};
use crate::profile::{Door, Material, Profile, Verb, builtin, builtin_names};

struct Two;

impl Invented for Two {
    fn identifier(&self, kind: Kind, person: usize) -> String {
        format!("{kind}-{person}")
    }

    fn told(&self, what: Told, person: usize) -> String {
        match what {
            Told::BirthDate => format!("2004-03-1{person}"),
            other => format!("{other:?}{person}"),
        }
    }
}

fn making(shape: Shape, planted: bool) -> Making<'static> {
    Making { inside: &Two, outside: &Two, shape, planted }
}

fn cases(profile: &Profile, shape: Shape, planted: bool) -> Vec<Case> {
    let making = making(shape, planted);
    profile.leaving_requests(making).into_iter().chain(profile.leaving_replies(making)).collect()
}

/// How often each rule applies to a case's message of interest; panics where the rules refuse it.
fn counts(profile: &Profile, case: &Case) -> Vec<u32> {
    let (path, asked) = case.target.split_once('?').unwrap_or((&case.target, ""));
    let path: Vec<&str> =
        path.trim_start_matches('/').split('/').filter(|segment| !segment.is_empty()).collect();
    let asking = profile.request(&case.method, &path, case.request.media.as_deref()).unwrap();
    let (selected, sample) = match &case.reply {
        Some((status, sample)) => (profile.reply(asking, *status, sample.media.as_deref()).unwrap(), sample),
        None => (asking, &case.request),
    };
    let body = sample.media.as_ref().map(|_| json(&sample.body));
    let asked = query(asked);
    let headers: Vec<(&str, &str)> =
        sample.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut material = Material { body: body.as_ref(), headers: &headers, ..Material::default() };
    if case.reply.is_none() {
        (material.path, material.query) = (&path, Some(&asked));
    }
    match profile.find(&selected, Door::Leave, false, &material) {
        Ok(found) => found.counts,
        Err(refusal) => panic!("{}: {refusal} {case:#?}", case.name),
    }
}

#[test]
fn every_rule_that_changes_what_leaves_is_tried() {
    for name in builtin_names() {
        let profile = builtin(name).unwrap();
        let mut tried: BTreeMap<usize, u32> = BTreeMap::new();
        for shape in [Shape::Lists, Shape::Singles] {
            for case in cases(&profile, shape, false) {
                for (rule, count) in counts(&profile, &case).into_iter().enumerate() {
                    *tried.entry(rule).or_default() += count;
                }
            }
        }
        for (number, rule) in profile.rules().iter().enumerate() {
            let changes = matches!(
                rule.leave,
                Verb::Pseudonym
                    | Verb::Label(_)
                    | Verb::Drop
                    | Verb::Blank
                    | Verb::Constant
                    | Verb::Generalise(_)
            );
            // `unlisted` of a message without a query, and the like, stand for nothing that could be there.
            // Nor does a segment of the path that a reply answers.
            let segment = rule.owner.starts_with("response") && rule.at.starts_with("path:");
            if changes && rule.at != "unlisted" && !segment {
                assert_ne!(
                    tried.get(&number),
                    Some(&0),
                    "{name} {} {} (line {})",
                    rule.owner,
                    rule.at,
                    rule.line
                );
            }
        }
    }
}

#[test]
fn a_kept_name_is_filled_and_a_free_text_is_planted() {
    let rules = one(
        "person = \"/id\"\nunlisted = \"drop\"\nfield = [\n\
         { at = \"/id\", do = \"pseudonym\", kind = \"las-key\", category = \"pupil-id\" },\n\
         { at = \"/achternaam\", do = \"keep\" },\n\
         { at = \"/mother\", do = \"keep\", category = \"guardian\" },\n\
         { at = \"/className\", do = \"keep\", category = \"group\" },\n\
         { at = \"/score\", do = \"keep\", type = \"number\" },\n\
         { at = \"/born\", do = \"generalise\", to = \"year\", category = \"birth-date\" },\n]",
        "",
    );
    let case = &cases(&rules, Shape::Singles, false)[0];
    assert_eq!(
        case.request.body,
        r#"{"achternaam":"Family0","born":"2004-03-10","canary":"FullName0","className":"2026","id":"las-key-0","mother":"FullName0","score":"1"}"#
    );
    assert_eq!(case.request.headers, [("x-canary".to_owned(), "FullName0".to_owned())]);
    let planted = &cases(&rules, Shape::Singles, true)[0];
    assert!(
        planted.request.body.contains(r#""className":"gemaakt door FullName0""#),
        "{}",
        planted.request.body
    );
    let without = one("field = [ { at = \"/score\", do = \"keep\", type = \"number\" } ]", "");
    assert!(cases(&without, Shape::Lists, true).is_empty(), "nowhere to plant a name");
}

#[test]
fn what_conditions_tell_apart_is_tried_apart() {
    let rules = profile(
        "profile = \"t\"\ntitle = \"t\"\n[[message]]\nmethod = \"POST\"\npath = \"/x\"\nside = \"request\"\nformat = \"json\"\n\
         unlisted = \"refuse\"\nfield = [ { at = \"/ids\", part = \"id\" } ]\n[part.id]\nunlisted = \"refuse\"\nfield = [\n\
         { at = \"\", do = \"drop\", unless = { \"/type\" = [\"A\", \"B\"] } },\n\
         { at = \"/type\", do = \"keep\", when = { \"/type\" = [\"A\", \"B\"] } },\n\
         { at = \"/id\", do = \"pseudonym\", kind = \"las-key\", when = { \"/type\" = \"A\" } },\n\
         { at = \"/id\", do = \"pseudonym\", kind = \"email\", when = { \"/type\" = \"B\" } },\n]",
    );
    let case = &cases(&rules, Shape::Lists, false)[0];
    let one = |person: usize| {
        format!(
            r#"{{"id":"FullName0","type":"canary"}},{{"id":"las-key-{person}","type":"A"}},{{"id":"email-{person}","type":"B"}}"#
        )
    };
    assert_eq!(case.request.body, format!(r#"{{"ids":[{},{}]}}"#, one(0), one(1)));
    counts(&rules, case);
}

#[test]
fn of_several_forms_of_a_person_each_is_tried_alone() {
    let text = include_str!("../../../tests/corpus/own-statements/profile.toml");
    let rules = Profile::read("own", text).unwrap();
    for shape in [Shape::Lists, Shape::Singles] {
        for case in cases(&rules, shape, false) {
            counts(&rules, &case);
        }
    }
    let all: String =
        cases(&rules, Shape::Lists, false).iter().map(|case| case.request.body.clone()).collect();
    for form in ["mailto:email-1", "email-sha1-1", "openid-1", "lms-user-1"] {
        assert!(all.contains(form), "{form} {all}");
    }
}
