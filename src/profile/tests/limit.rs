//! Rules under an agreement: what is not agreed goes, or refuses where it cannot go.

use super::{ask, look, one, profile};
use crate::profile::{Category, Door, FindRefusal, Profile, Verb, builtin, builtin_names};

const FIELDS: &str = r#"person = "/id"
field = [
  { at = "/id", do = "pseudonym", kind = "las-key", category = "pupil-id" },
  { at = "/name", do = "label", as = "full", category = "name" },
  { at = "/gender", do = "keep", category = "gender" },
  { at = "/born", do = "generalise", to = "year", category = "birth-date" },
  { at = "/score", do = "keep", category = "result" },
  { at = "/status", do = "keep" },
  { at = "/care/**", do = "keep", category = "care" },
]"#;
const BODY: &str = r#"{"id":"1","name":"Bo A","gender":"x","born":"2013-09-04","score":7,"status":"active","care":{"a":{"b":1}}}"#;

fn agreed(refuse: bool) -> Profile {
    one(FIELDS, "").limited(&[Category::Result], refuse)
}

#[test]
fn what_is_not_agreed_goes_and_nothing_else() {
    let found = look(&agreed(false), Door::Leave, BODY).unwrap();
    // A pseudonym and a stand-in are not what they stand for: no category has to be agreed for them.
    assert_eq!(
        found,
        [
            "/id pseudonym las-key p0",
            "/name label Full p0",
            "/gender drop p0",
            "/born drop p0",
            "/care drop p0"
        ]
    );
    assert_eq!(
        look(&agreed(false), Door::Enter, BODY).unwrap(),
        ["/id pseudonym las-key p0", "/name label Full p0"],
        "what comes home is not held back"
    );
    let all = one(FIELDS, "").limited(&Category::ALL, true);
    assert_eq!(look(&all, Door::Leave, BODY), look(&one(FIELDS, ""), Door::Leave, BODY));
}

#[test]
fn refusing_names_the_rule() {
    let FindRefusal::NotAgreed { rule } = look(&agreed(true), Door::Leave, BODY).unwrap_err() else {
        panic!("refused for another reason")
    };
    assert!(rule.starts_with("t request POST /x /gender (line"), "{rule}");
    // What is not there refuses nothing; null says nothing.
    for body in [r#"{"id":"1","score":7}"#, r#"{"id":"1","gender":null}"#] {
        assert!(look(&agreed(true), Door::Leave, body).is_ok(), "{body}");
    }
    assert!(look(&agreed(true), Door::Enter, BODY).is_ok());
}

#[test]
fn what_cannot_go_refuses() {
    let rules = profile(
        "profile = \"t\"\ntitle = \"t\"\n[[message]]\nmethod = \"GET\"\npath = \"/x/{class}\"\nside = \"request\"\nformat = \"none\"\n\
         field = [\n\
         { at = \"path:class\", do = \"keep\", category = \"group\" },\n\
         { at = \"query:group\", do = \"keep\", type = \"token\", category = \"school\" },\n\
         { at = \"query:filter\", do = \"nested\", as = \"oneroster-filter\", part = \"f\" },\n\
         ]\n[part.f]\nunlisted = \"refuse\"\nfield = [ { at = \"grades\", do = \"keep\", type = \"token\", category = \"result\" } ]\n",
    );
    for (agreed, target) in [
        ([Category::School, Category::Result], ""),
        ([Category::Group, Category::Result], "group=4a"),
        ([Category::Group, Category::School], "filter=grades%3D%2704%27"),
    ] {
        let refusal = ask(&rules.limited(&agreed, false), Door::Leave, &["x", "4a"], target);
        assert!(matches!(refusal, Err(FindRefusal::NotAgreed { .. })), "{target}: {refusal:?}");
        assert!(ask(&rules.limited(&agreed, false), Door::Enter, &["x", "4a"], target).is_ok(), "{target}");
        assert!(ask(&rules, Door::Leave, &["x", "4a"], target).is_ok(), "{target}");
    }
    let root = one("field = [ { at = \"/**\", do = \"keep\", category = \"care\" } ]", "");
    let refusal = look(&root.limited(&[], false), Door::Leave, r#"{"a":1}"#);
    assert!(matches!(refusal, Err(FindRefusal::NotAgreed { .. })), "{refusal:?}");
}

#[test]
fn no_profile_of_ours_shares_a_category_past_an_agreement() {
    for name in builtin_names() {
        let Some(profile) = builtin(name) else { panic!("{name}") };
        let limited = profile.limited(&[], false);
        assert_eq!(limited.digest(), profile.digest());
        for (rule, before) in limited.rules().iter().zip(profile.rules()) {
            assert!(rule.category.is_none() || !rule.leave.shares(), "{name} {}", rule.at);
            assert_eq!(rule.enter, before.enter);
            assert_eq!(rule.not_agreed, rule.leave != before.leave, "{name} {}", rule.at);
            assert!(rule.leave == before.leave || rule.leave == Verb::Drop);
        }
    }
}
