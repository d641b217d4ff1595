//! Which messages may cross in segments.

use super::{one, profile};
use crate::profile::{Door, Profile, Selected, builtin};
use crate::rewrite::segments::Cut;

/// A request with these fields, and a part `pupil` with these.
fn with(fields: &str, part: &str) -> Profile {
    profile(&format!(
        r#"profile = "t"
title = "t"
source = "t"

[[message]]
method = "POST"
path = "/x"
side = "request"
format = "json"
unlisted = "drop"
{fields}
[[message]]
side = "response"
format = "none"
[part.pupil]
{part}
"#
    ))
}

const PUPIL: &str = r#"person = "/id"
field = [
  { at = "/id", do = "pseudonym", kind = "las-key", category = "pupil-id" },
  { at = "/name", do = "label", as = "full", add = true, category = "name", when = { "/role" = "pupil" } },
  { at = "/role", do = "keep" },
]"#;

fn cut(profile: &Profile, door: Door) -> Option<Cut> {
    profile.cut(chosen(profile), door)
}

fn chosen(profile: &Profile) -> Selected {
    profile.request("POST", &["x"], Some("application/json")).unwrap()
}

fn members(members: &[&str]) -> Option<Cut> {
    Some(Cut::Elements { root: false, members: members.iter().map(|name| (*name).to_owned()).collect() })
}

#[test]
fn a_list_of_records_may_be_cut() {
    let root = with(r#"field = [{ at = "", part = "pupil" }]"#, PUPIL);
    assert_eq!(cut(&root, Door::Leave), Some(Cut::Elements { root: true, members: vec![] }));
    let member = with(
        r#"field = [{ at = ["/a", "/b"], part = "pupil" }, { at = "/n", do = "keep" }, { at = "/c/*/id", do = "keep" }]"#,
        PUPIL,
    );
    for door in [Door::Leave, Door::Enter] {
        assert_eq!(cut(&member, door), members(&["a", "b", "c"]));
    }
}

#[test]
fn what_needs_the_whole_body_is_not_cut() {
    let ordered = format!("order = \"pseudonym\"\n{PUPIL}");
    let ordered = with(r#"field = [{ at = "/a", part = "pupil" }]"#, &ordered);
    assert_eq!(cut(&ordered, Door::Leave), None);
    assert_eq!(cut(&ordered, Door::Enter), members(&["a"]), "what enters is put in no order");
    for field in [
        r#"{ at = "/n", do = "constant", value = 1, add = true }"#,
        r#"{ at = "/n", do = "drop", when = { "/z" = "1" } }, { at = "/n", do = "keep" }"#,
        r#"{ at = "/c/*/n", do = "drop", when = { "/z" = "1" } }, { at = "/c/*/n", do = "keep" }"#,
        r#"{ at = "header:X-A", do = "keep", when = { "/z" = "1" } }"#,
    ] {
        let looks = with(&format!(r#"field = [{{ at = "/a", part = "pupil" }}, {field}]"#), PUPIL);
        assert_eq!(cut(&looks, Door::Leave), None, "{field}");
    }
    let person = with(
        r#"person = "/id"
field = [{ at = "/id", do = "pseudonym", kind = "las-key", category = "pupil-id" }, { at = "/a", part = "pupil" }]"#,
        PUPIL,
    );
    assert_eq!(cut(&person, Door::Leave), None);
    let chosen_by = with(
        r#"field = [{ at = "/a", part = "pupil", when = { "/z" = "1" } }, { at = "/z", do = "keep" }]"#,
        PUPIL,
    );
    assert_eq!(cut(&chosen_by, Door::Leave), None);
    let named = profile(
        r#"profile = "t"
title = "t"
source = "t"
[kinds]
thing = { names = "thing", minted = "both" }
[[message]]
method = "POST"
path = "/x"
side = "request"
format = "json"
unlisted = "drop"
field = [{ at = "/a", part = "pupil" }]
[[message]]
side = "response"
format = "none"
[part.pupil]
unlisted = "drop"
field = [{ at = "/b/*/id", do = "pseudonym", kind = "thing" }]
"#,
    );
    assert_eq!((cut(&named, Door::Leave), cut(&named, Door::Enter)), (members(&["a"]), None));
    let single = one(r#"field = [{ at = "/a", do = "keep" }]"#, "");
    assert_eq!(single.cut(chosen(&single), Door::Leave), None);
}

#[test]
fn lists_of_the_profiles_that_come_with_sluis() {
    let oneroster = builtin("oneroster-1.2").unwrap();
    let asked = oneroster.request("GET", &["rostering", "v1p2", "users"], None).unwrap();
    let users = oneroster.reply(asked, 200, Some("application/json")).unwrap();
    assert_eq!(oneroster.cut(users, Door::Leave), None, "its order is that of the pseudonyms");
    assert_eq!(oneroster.cut(users, Door::Enter), members(&["users"]));
}
