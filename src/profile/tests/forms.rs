//! Forms: what a kept value may be, in questions at both doors and elsewhere when it leaves.

use super::{ask, json, lines, look, one, profile};
use crate::profile::{Door, FindRefusal, Material, Profile};

const BOTH: [Door; 2] = [Door::Leave, Door::Enter];

fn questions(fields: &str, rest: &str) -> Profile {
    profile(&format!(
        "profile = \"t\"\ntitle = \"t\"\n[[message]]\nmethod = \"GET\"\npath = [\"/x\", \"/x/{{id}}\"]\nside = \"request\"\n\
         format = \"none\"\n{fields}\n{rest}"
    ))
}

fn refuses(rules: &Profile, path: &[&str], query: &str) {
    for door in BOTH {
        let refusal = ask(rules, door, path, query);
        assert!(matches!(refusal, Err(FindRefusal::Question { .. })), "{path:?} {query} {refusal:?}");
    }
}

fn passes(rules: &Profile, path: &[&str], query: &str) {
    for door in BOTH {
        assert!(ask(rules, door, path, query).unwrap().is_empty(), "{path:?} {query}");
    }
}

#[test]
fn a_kept_value_of_a_question_has_its_form() {
    let rules = questions(
        r#"field = [
            { at = "query:n", do = "keep", type = "count", least = 50, most = 1000, step = 50 },
            { at = "query:state", do = "keep", values = ["active", "fully graded"] },
            { at = "query:since", do = "keep", type = ["date", "date-time"] },
            { at = "query:class", do = "keep", type = "token", longest = 8, digits = 4 },
        ]"#,
        "",
    );
    for good in ["n=50", "n=1000", "state=active", "state=fully%20graded", "since=2026-01-01", "class=2v-b"] {
        passes(&rules, &["x"], good);
    }
    for odd in [
        "n=1",
        "n=51",
        "n=1050",
        "n=",
        "n=95300",
        "n=050",
        "n=50&n=100",
        "state=Jansen",
        "state=",
        "state=Active",
        "since=Jansen",
        "since=2026-01-01%20OR%201",
        "class=95312",
        "class=2v-b%20AND%20x",
        "class=abcdefghi",
        "class=a%27",
    ] {
        refuses(&rules, &["x"], odd);
    }
}

#[test]
fn a_segment_of_the_path_is_a_token() {
    let rules = questions("", "");
    passes(&rules, &["x", "klas-2b.1:x_y"], "");
    for odd in ["a b", "a'b", "x AND y", "Hélène", "a=b", "a,b"] {
        refuses(&rules, &["x", odd], "");
    }
    refuses(&rules, &["x", &"a".repeat(65)], "");
    let rules = profile(
        "profile = \"t\"\ntitle = \"t\"\n[[message]]\nmethod = \"GET\"\npath = \"/x/{year}\"\nside = \"request\"\n\
         format = \"none\"\nfield = [ { at = \"path:year\", do = \"keep\", type = \"count\", most = 9999 } ]\n",
    );
    passes(&rules, &["x", "2026"], "");
    refuses(&rules, &["x", "jansen"], "");
}

#[test]
fn a_filter_asks_little_at_once() {
    let rules = questions(
        r#"field = [ { at = "query:f", do = "nested", as = "oneroster-filter", part = "f" } ]"#,
        r#"[part.f]
        field = [
            { at = "status", do = "keep", values = ["active", "tobedeleted"] },
            { at = "changed", do = "keep", type = "date" },
            { at = "id", do = "pseudonym", kind = "sis-user" },
        ]"#,
    );
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let filter = |text: &str| format!("f={}", encoded(text));
    passes(&rules, &["x"], &filter("changed>'2026-01-01' AND changed<'2026-02-01'"));
    passes(&rules, &["x"], &filter("status='active' OR status='tobedeleted'"));
    let masked = |count: usize| filter(&vec!["id='p'"; count].join(" OR "));
    assert_eq!(ask(&rules, Door::Enter, &["x"], &masked(8)).unwrap().len(), 9);
    for odd in [
        "status='Jansen'",
        "status='x AND familyName>M'",
        "status~'act'",
        "status=''",
        "changed>'jansen'",
        "changed>'2026-01-01' AND changed<'2026-02-01' AND changed!='2026-01-03'",
        "status='active' OR status='active' OR status='active'",
    ] {
        refuses(&rules, &["x"], &filter(odd));
    }
    refuses(&rules, &["x"], &masked(9));
}

#[test]
fn elsewhere_a_value_without_its_form_does_not_leave() {
    let rules = one(
        r#"unlisted = "refuse"
        field = [
            { at = "/score", do = "keep", type = "number" },
            { at = "/text", do = "keep", type = "token", longest = 16, digits = 4 },
            { at = "/state", do = "keep", values = ["done"] },
            { at = "/marks/*", do = "keep", type = "number" },
            { at = "/about/**", do = "keep", type = ["token", "number"], digits = 4 },
        ]"#,
        "",
    );
    let good = r#"{"score":8.50,"text":"goed","state":"done","marks":[1,2],"about":{"a":["b",1],"c":null}}"#;
    assert!(look(&rules, Door::Leave, good).unwrap().is_empty());
    assert!(look(&rules, Door::Leave, r#"{"score":null,"text":"","state":null}"#).unwrap().is_empty());
    let odd = r#"{"score":95312,"text":"Piet Jansen","state":"Jansen","marks":[1,95312],
        "about":{"a":["Piet Jansen","b",95312],"Piet Jansen":1,"x95312":1,"d":true}}"#;
    assert_eq!(
        look(&rules, Door::Leave, odd).unwrap(),
        [
            "/score drop",
            "/text drop",
            "/state drop",
            "/marks/1 drop",
            "/about/a/0 drop",
            "/about/a/2 drop",
            "/about/Piet Jansen drop",
            "/about/x95312 drop",
        ]
    );
    assert!(look(&rules, Door::Enter, odd).unwrap().is_empty());
}

#[test]
fn a_header_without_its_form_does_not_cross() {
    let rules = profile(
        "profile = \"t\"\ntitle = \"t\"\n[[message]]\nmethod = \"GET\"\npath = \"/x\"\nside = \"request\"\nformat = \"none\"\n\
         [[message]]\nside = \"response\"\nformat = \"none\"\nfield = [ { at = \"header:X-Total-Count\", do = \"keep\", type = \"count\" } ]\n",
    );
    let asked = rules.request("GET", &["x"], None).unwrap();
    let reply = rules.reply(asked, 200, None).unwrap();
    for (value, kept) in [("126", true), ("Jansen", false), ("126 Jansen", false)] {
        let headers = [("x-total-count", value)];
        let material = Material { headers: &headers, ..Material::default() };
        let found = rules.find(&reply, Door::Leave, false, &material).unwrap();
        assert_eq!(!found.kept_headers.is_empty(), kept, "{value}");
        assert_eq!(lines(&rules, &found, &material).is_empty(), kept, "{value}");
    }
}

#[test]
fn without_a_roster_listed_texts_leave_and_words_do_not() {
    let rules = one(
        r#"unlisted = "refuse"
        field = [
            { at = "/state", do = "keep", values = ["Volledig nagekeken"] },
            { at = "/text", do = "keep", type = "token" },
        ]"#,
        "",
    );
    let selected = rules.request("POST", &["x"], Some("application/json")).unwrap();
    let body = json(r#"{"state":"Volledig nagekeken","text":"Jansen"}"#);
    let material = Material { body: Some(&body), ..Material::default() };
    let found = rules.find(&selected, Door::Leave, true, &material).unwrap();
    assert_eq!(lines(&rules, &found, &material), ["/text drop"]);
}

#[test]
fn mistakes_in_a_form_are_named() {
    for (field, what) in [
        (r#"{ at = "/a", do = "keep", type = "counts" }"#, "unknown type `counts`"),
        (r#"{ at = "/a", do = "keep", values = [] }"#, "`values` is an empty list"),
        (r#"{ at = "/a", do = "keep", values = ["x"], type = "date" }"#, "`values` and `type` in one rule"),
        (r#"{ at = "/a", do = "drop", type = "date" }"#, "`type` means nothing to `drop`"),
        (r#"{ at = "/a", do = "drop", values = ["x"] }"#, "`values` means nothing to `drop`"),
        (r#"{ at = "/a", do = "keep", most = 5 }"#, "`most` narrows nothing"),
        (r#"{ at = "/a", do = "keep", type = "date", longest = 5 }"#, "`longest` narrows nothing"),
        (r#"{ at = "/a", do = "keep", type = "count", step = 0 }"#, "`step` is no whole number from 1"),
        (r#"{ at = "/a", do = "keep", type = "count", least = 9, most = 5 }"#, "no count is this large"),
        (
            r#"{ at = "/a", do = "keep", type = "token", longest = 256 }"#,
            "`longest` is no whole number from 1",
        ),
    ] {
        let text = format!(
            "profile = \"t\"\ntitle = \"t\"\n[[message]]\nmethod = \"POST\"\npath = \"/x\"\nside = \"request\"\n\
             format = \"json\"\nfield = [ {field} ]\n"
        );
        let errors = Profile::read("t.toml", &text).unwrap_err();
        assert!(errors.iter().any(|error| error.what.contains(what)), "{field}: {errors:?}");
    }
}
