//! One case for each sentence of the language that speaks of a message, good and hostile.

use super::{ask, json, lines, look, one, profile};
use crate::profile::{Door, FindRefusal, Material, Unselected};
use crate::rewrite::{Document, Format, Limits};

const NOTHING: [&str; 0] = [];

fn shape(what: &Result<Vec<String>, FindRefusal>) -> &'static str {
    match what {
        Err(FindRefusal::Shape { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

fn not_listed(what: &Result<Vec<String>, FindRefusal>) -> &str {
    match what {
        Err(FindRefusal::NotListed { rule }) => rule,
        other => panic!("{other:?}"),
    }
}

#[test]
fn unlisted_decides_where_no_rule_applies() {
    let drops = one("unlisted = \"drop\"\nfield = [ { at = \"/a\", do = \"keep\" } ]", "");
    let body = r#"{"a":1,"b":"Jansen","c":{"d":1},"e":null,"f":[]}"#;
    assert_eq!(look(&drops, Door::Leave, body).unwrap(), ["/b drop", "/c drop", "/e drop", "/f drop"]);
    let refuses = one("unlisted = \"refuse\"\nfield = [ { at = \"/a\", do = \"keep\" } ]", "");
    assert_eq!(look(&refuses, Door::Leave, r#"{"a":1}"#).unwrap(), NOTHING);
    for body in [r#"{"b":"Jansen"}"#, r#"{"a":1,"b":null}"#, r#"{"A":1}"#, "[1]", "\"Jansen\""] {
        assert_eq!(not_listed(&look(&refuses, Door::Leave, body)), "t request POST /x unlisted (line 8)");
    }
    let silent = one("field = [ { at = \"/a\", do = \"keep\" } ]", "");
    assert!(look(&silent, Door::Enter, r#"{"b":1}"#).is_err(), "without `unlisted` a message refuses");
}

#[test]
fn a_name_is_matched_decoded_and_whole() {
    let rules = one(
        "unlisted = \"drop\"\nfield = [ { at = \"/a~1b\", do = \"blank\" }, { at = \"/é~0\", do = \"blank\" } ]",
        "",
    );
    let body = r#"{"a\/b":"x","\u0061/b2":"y","\u00e9~":"z","a":{"b":"w"}}"#;
    assert_eq!(
        look(&rules, Door::Leave, body).unwrap(),
        ["/a/b blank", "/a/b2 drop", "/é~ blank", "/a drop"]
    );
}

#[test]
fn star_is_every_element_and_never_a_member() {
    let rules = one("unlisted = \"refuse\"\nfield = [ { at = \"/a/*\", do = \"blank\" } ]", "");
    assert_eq!(look(&rules, Door::Leave, r#"{"a":["x","y"]}"#).unwrap(), ["/a/0 blank", "/a/1 blank"]);
    assert!(look(&rules, Door::Leave, r#"{"a":{"*":"x"}}"#).is_err());
    assert!(look(&rules, Door::Leave, r#"{"a":{"b":"x"}}"#).is_err());
    let named = one("unlisted = \"refuse\"\nfield = [ { at = \"/a/b\", do = \"blank\" } ]", "");
    assert!(look(&named, Door::Leave, r#"{"a":[{"b":"x"}]}"#).is_err(), "an element is not passed over");
}

#[test]
fn deep_keeps_the_value_and_everything_in_it_until_a_longer_selector() {
    let rules = one(
        "unlisted = \"refuse\"\nfield = [ { at = \"/a/**\", do = \"keep\" }, { at = \"/a/b/c\", do = \"drop\" }, { at = \"/a/x/**\", do = { leave = \"drop\", enter = \"keep\" } } ]",
        "",
    );
    let body = r#"{"a":{"b":{"c":1,"d":[{"e":"f"}]},"x":{"y":1},"g":null}}"#;
    assert_eq!(look(&rules, Door::Leave, body).unwrap(), ["/a/b/c drop", "/a/x drop"]);
    assert_eq!(look(&rules, Door::Enter, body).unwrap(), ["/a/b/c drop"]);
    assert_eq!(look(&rules, Door::Leave, r#"{"a":"text"}"#).unwrap(), NOTHING);
}

#[test]
fn a_longer_selector_whose_condition_fails_does_not_fall_back() {
    let rules = one(
        "unlisted = \"refuse\"\nfield = [ { at = \"/a/**\", do = \"keep\" }, { at = \"/a/id\", do = \"blank\", when = { \"/a/type\" = \"X\" } } ]",
        "",
    );
    assert_eq!(look(&rules, Door::Leave, r#"{"a":{"type":"X","id":"1"}}"#).unwrap(), ["/a/id blank"]);
    assert!(look(&rules, Door::Leave, r#"{"a":{"type":"Y","id":"1"}}"#).is_err());
}

#[test]
fn conditions_decide_between_equal_selectors() {
    let rules = one(
        "unlisted = \"refuse\"\nfield = [ { at = [\"/t\", \"/u\"], do = \"keep\" }, { at = \"/v\", do = \"drop\" }, { at = \"/v\", do = \"blank\", when = { \"/t\" = [\"A\", \"1\"], \"/u\" = true } }, { at = \"/v\", do = \"constant\", value = \"c\", when = { \"/t\" = [\"A\", \"1\"], \"/u\" = false } } ]",
        "",
    );
    let says = |body: &str| look(&rules, Door::Leave, body).unwrap().join("; ");
    assert_eq!(says(r#"{"t":"A","u":1,"v":"x"}"#), "/v blank");
    assert_eq!(says(r#"{"v":"x","u":null,"t":"\u0041"}"#), "/v blank", "as received, decoded; null is there");
    assert_eq!(says(r#"{"t":1,"v":"x"}"#), "/v constant \"c\"");
    assert_eq!(says(r#"{"t":"a","u":1,"v":"x"}"#), "/v drop", "texts are compared exactly");
    shape(&look(&rules, Door::Leave, r#"{"t":["A"],"u":1,"v":"x"}"#));
}

#[test]
fn unless_keeps_an_element_only_for_known_types() {
    let rules = one(
        "unlisted = \"refuse\"\nfield = [ { at = \"/ids\", part = \"id\" } ]",
        "[part.id]\nfield = [ { at = \"\", do = \"drop\", unless = { \"/type\" = [\"A\"] } }, { at = [\"/type\", \"/id\"], do = \"keep\" } ]",
    );
    let body = r#"{"ids":[{"type":"A","id":"1"},{"type":"B","id":"2","new":"x"},{"id":"3"}]}"#;
    assert_eq!(look(&rules, Door::Leave, body).unwrap(), ["/ids/1 drop", "/ids/2 drop"]);
    assert!(look(&rules, Door::Leave, r#"{"ids":[{"type":"A","new":"x"}]}"#).is_err());
    assert_eq!(look(&rules, Door::Leave, r#"{"ids":[{}]}"#).unwrap(), NOTHING, "what is empty stays");
}

#[test]
fn a_container_is_listed_when_a_selector_leads_through() {
    let rules = one("unlisted = \"refuse\"\nfield = [ { at = \"/name/given\", do = \"blank\" } ]", "");
    assert_eq!(look(&rules, Door::Leave, r#"{"name":{}}"#).unwrap(), NOTHING);
    assert_eq!(look(&rules, Door::Leave, r#"{"name":null}"#).unwrap(), NOTHING);
    assert!(
        look(&rules, Door::Leave, r#"{"name":"Jansen"}"#).is_err(),
        "a value where a container is listed"
    );
    assert!(look(&rules, Door::Leave, r#"{"name":{"given":"J","family":"Jansen"}}"#).is_err());
}

#[test]
fn only_drop_refuse_and_part_take_containers() {
    for verb in [
        "do = \"keep\"",
        "do = \"blank\"",
        "do = \"constant\", value = \"x\"",
        "do = \"pseudonym\", kind = \"eck-id\"",
        "do = \"swap\", name = \"n\"",
        "do = \"address\"",
    ] {
        let rules = one(&format!("field = [ {{ at = \"/a\", {verb} }} ]"), "");
        for body in [r#"{"a":{"b":1}}"#, r#"{"a":["Jansen"]}"#] {
            shape(&look(&rules, Door::Leave, body));
            shape(&look(&rules, Door::Enter, body));
        }
        assert_eq!(look(&rules, Door::Leave, r#"{"a":{}}"#).unwrap(), NOTHING, "an empty one stays");
    }
    let drops = one("field = [ { at = \"/a\", do = \"drop\" } ]", "");
    assert_eq!(look(&drops, Door::Leave, r#"{"a":{"b":1}}"#).unwrap(), ["/a drop"]);
    let refuses = one("field = [ { at = \"/a\", do = \"refuse\" } ]", "");
    assert_eq!(not_listed(&look(&refuses, Door::Leave, r#"{"a":[1]}"#)), "t request POST /x /a (line 8)");
}

#[test]
fn null_and_empty_values_stay_except_for_constant_and_add() {
    for verb in [
        "do = \"drop\"",
        "do = \"refuse\"",
        "do = \"blank\"",
        "do = \"pseudonym\", kind = \"eck-id\"",
        "do = \"label\", as = \"given\"",
        "do = \"swap\", name = \"n\"",
        "do = \"address\"",
        "do = \"nested\", as = \"json\", part = \"p\"",
        "part = \"p\"",
    ] {
        let part =
            if verb.contains("\"p\"") { "[part.p]\nfield = [ { at = \"/x\", do = \"keep\" } ]" } else { "" };
        let rules = one(&format!("field = [ {{ at = \"/a\", {verb} }} ]"), part);
        for body in [r#"{"a":null}"#, r#"{"a":""}"#, r#"{"a":" \t"}"#] {
            assert_eq!(look(&rules, Door::Leave, body).unwrap(), NOTHING, "{verb} {body}");
        }
    }
    let constant = one("field = [ { at = \"/a\", do = \"constant\", value = \"c\" } ]", "");
    assert_eq!(look(&constant, Door::Leave, r#"{"a":null}"#).unwrap(), ["/a constant \"c\""]);
    assert_eq!(look(&constant, Door::Leave, r#"{"a":""}"#).unwrap(), ["/a constant \"c\""]);
    assert_eq!(look(&constant, Door::Enter, r#"{"a":"x"}"#).unwrap(), ["/a constant \"c\""]);
    assert_eq!(look(&constant, Door::Leave, "{}").unwrap(), NOTHING, "absent stays absent");
}

#[test]
fn a_number_stays_a_number_and_a_boolean_refuses() {
    let rules = one("field = [ { at = \"/a\", do = \"pseudonym\", kind = \"pupil-number\" } ]", "");
    assert_eq!(look(&rules, Door::Leave, r#"{"a":12345}"#).unwrap(), ["/a pseudonym pupil-number number"]);
    assert_eq!(
        look(&rules, Door::Enter, r#"{"a":112345678901}"#).unwrap(),
        ["/a pseudonym pupil-number number"]
    );
    assert_eq!(look(&rules, Door::Leave, r#"{"a":"0123"}"#).unwrap(), ["/a pseudonym pupil-number"]);
    for wrong in ["1.0", "1e3", "-5", "true", "false", "1E+2", "-0"] {
        shape(&look(&rules, Door::Leave, &format!("{{\"a\":{wrong}}}")));
    }
    let constant = one("field = [ { at = \"/a\", do = \"constant\", value = 7 } ]", "");
    assert_eq!(look(&constant, Door::Leave, r#"{"a":1}"#).unwrap(), ["/a constant 7"]);
    assert_eq!(look(&constant, Door::Leave, r#"{"a":"1"}"#).unwrap(), ["/a constant \"7\""]);
    shape(&look(&constant, Door::Leave, r#"{"a":true}"#));
    for verb in
        ["do = \"blank\"", "do = \"label\", as = \"full\"", "do = \"swap\", name = \"n\"", "do = \"address\""]
    {
        let person = "person = \"/id\"\n";
        let rules = one(
            &format!(
                "{person}field = [ {{ at = \"/a\", {verb} }}, {{ at = \"/id\", do = \"pseudonym\", kind = \"eck-id\" }} ]"
            ),
            "",
        );
        shape(&look(&rules, Door::Leave, r#"{"id":"1","a":5}"#));
    }
}

#[test]
fn a_part_applies_to_an_object_or_to_each_of_an_array() {
    let rules = one(
        "unlisted = \"refuse\"\nfield = [ { at = \"/users\", part = \"user\" }, { at = \"/l/*\", part = \"user\" } ]",
        "[part.user]\nunlisted = \"drop\"\nfield = [ { at = \"/a\", do = \"blank\" } ]",
    );
    assert_eq!(
        look(&rules, Door::Leave, r#"{"users":{"a":"x","b":1}}"#).unwrap(),
        ["/users/a blank", "/users/b drop"]
    );
    assert_eq!(
        look(&rules, Door::Leave, r#"{"users":[{"a":"x"},{"a":"y"},null]}"#).unwrap(),
        ["/users/0/a blank", "/users/1/a blank"]
    );
    assert_eq!(
        look(&rules, Door::Leave, r#"{"l":[{"a":"x"},[{"a":"z"}]]}"#).unwrap(),
        ["/l/0/a blank", "/l/1/0/a blank"]
    );
    for wrong in [
        r#"{"users":"Jansen"}"#,
        r#"{"users":[["x"]]}"#,
        r#"{"users":[{"a":"x"},"Jansen"]}"#,
        r#"{"users":5}"#,
        r#"{"users":true}"#,
    ] {
        shape(&look(&rules, Door::Leave, wrong));
    }
}

#[test]
fn doors_may_differ_and_generalise_enters_unchanged() {
    let rules = one(
        "field = [ { at = \"/a\", do = { leave = \"drop\", enter = \"keep\" } }, { at = \"/b\", do = \"generalise\", to = \"year\" }, { at = \"/c\", do = \"generalise\", to = \"first-of-month\" }, { at = \"/p\", do = \"generalise\", to = \"postcode-4\" } ]",
        "",
    );
    let body = r#"{"a":"x","b":"2013-09-04","c":"2013-09-04T08:00:00Z","p":"1234 AB"}"#;
    assert_eq!(
        look(&rules, Door::Leave, body).unwrap(),
        ["/a drop", "/b generalise 2013", "/c generalise 2013-09-01", "/p generalise 1234"]
    );
    assert_eq!(look(&rules, Door::Enter, body).unwrap(), NOTHING);
    for wrong in [
        r#"{"b":"04-09-2013"}"#,
        r#"{"b":"2013"}"#,
        r#"{"p":"Dorpsstraat 1"}"#,
        r#"{"p":"12345"}"#,
        r#"{"b":20130904}"#,
        r#"{"b":"2é13-09-04"}"#,
    ] {
        shape(&look(&rules, Door::Leave, wrong));
    }
}

#[test]
fn a_form_is_looked_through_and_another_text_refuses() {
    let rules =
        one("field = [ { at = \"/mbox\", do = \"pseudonym\", kind = \"email\", form = \"mailto:{}\" } ]", "");
    assert_eq!(
        look(&rules, Door::Leave, r#"{"mbox":"mailto:a@b.example"}"#).unwrap(),
        ["/mbox pseudonym email 7..0"]
    );
    for wrong in ["a@b.example", "mailto:", "MAILTO:a@b", " mailto:a@b", "mailto: "] {
        shape(&look(&rules, Door::Leave, &format!("{{\"mbox\":\"{wrong}\"}}")));
    }
}

const PERSON: &str = "[part.user]\nunlisted = \"drop\"\nperson = [\"/id\", \"/ids/*/v\"]\norder = \"pseudonym\"\nfield = [\n\
    { at = \"/name\", do = \"label\", as = \"full\", add = true },\n\
    { at = \"/id\", do = \"pseudonym\", kind = \"eck-id\" },\n\
    { at = \"/ids\", part = \"id\" },\n\
    { at = \"/mail\", do = \"pseudonym\", kind = \"email\", add = true },\n\
    { at = \"/inner\", part = \"inner\" } ]\n\
    [part.id]\nfield = [ { at = \"/v\", do = \"pseudonym\", kind = \"profile-id\", when = { \"/t\" = \"P\" } }, { at = \"/v\", do = \"pseudonym\", kind = \"las-key\", when = { \"/t\" = \"L\" } }, { at = \"/t\", do = \"keep\" } ]\n\
    [part.inner]\nunlisted = \"drop\"\nfield = [ { at = \"/nick\", do = \"label\", as = \"given\" } ]";

#[test]
fn the_first_filled_place_names_the_person_and_the_earliest_rule_of_several() {
    let rules = one("field = [ { at = \"/users\", part = \"user\" } ]", PERSON);
    let selected = rules.request("POST", &["x"], Some("application/json")).unwrap();
    let named = |body: &str| {
        let body = json(body);
        let material = Material { body: Some(&body), ..Material::default() };
        let found = rules.find(&selected, Door::Leave, false, &material).unwrap();
        let of = |person: u32| -> Vec<String> {
            let text = |at: &u32| found.text(found.findings[*at as usize].place, &material).into_owned();
            found.named_by(person).iter().map(text).collect()
        };
        (0..found.persons.len() as u32).map(of).collect::<Vec<_>>()
    };
    let ids = r#""ids":[{"t":"L","v":"l1"},{"t":"P","v":"p1"},{"t":"P","v":"p2"}]"#;
    assert_eq!(
        named(&format!("{{\"users\":[{{\"name\":\"n\",{ids},\"id\":\"e\",\"mail\":\"m\"}}]}}")),
        [["e", "p1", "p2", "l1"]]
    );
    assert_eq!(
        named(&format!("{{\"users\":[{{\"name\":\"n\",{ids},\"mail\":\"m\",\"id\":\"\"}}]}}")),
        [["p1", "p2", "l1"]]
    );
    assert_eq!(
        named(r#"{"users":[{"name":"n","id":"e1","mail":"m"},{"mail":"m","id":"e2","name":"n"}]}"#),
        [["e1"], ["e2"]]
    );
}

#[test]
fn labels_know_their_person_also_in_parts_within() {
    let rules = one("field = [ { at = \"/users\", part = \"user\" } ]", PERSON);
    let body = r#"{"users":[{"inner":{"nick":"x"},"name":"n","id":"e","mail":"m"}]}"#;
    assert_eq!(
        look(&rules, Door::Leave, body).unwrap(),
        [
            "/users/0/inner/nick label Given p0",
            "/users/0/name label Full add p0",
            "/users/0/id pseudonym eck-id p0",
            "/users/0/mail pseudonym email p0"
        ]
    );
    for nobody in [r#"{"users":[{"name":"n"}]}"#, r#"{"users":[{"inner":{"nick":"x"}}]}"#, r#"{"users":{}}"#]
    {
        let refusal = look(&rules, Door::Leave, nobody);
        assert!(matches!(refusal, Err(FindRefusal::NoPerson { .. })), "{refusal:?}");
    }
    let alone = one("field = [ { at = \"/n\", do = \"label\", as = \"full\" } ]", "");
    let refusal = look(&alone, Door::Leave, r#"{"n":"Jansen"}"#);
    assert_eq!(refusal, Err(FindRefusal::NoPerson { rule: "t request POST /x /n (line 8)".into() }));
}

#[test]
fn add_writes_what_is_absent_or_empty_while_its_object_exists() {
    let rules = one("field = [ { at = \"/users\", part = \"user\" } ]", PERSON);
    assert_eq!(
        look(&rules, Door::Leave, r#"{"users":[{"id":"e","name":""}]}"#).unwrap(),
        [
            "/users/0/id pseudonym eck-id p0",
            "/users/0/name label Full add p0",
            "+/users/0/mail person's pseudonym email p0"
        ]
    );
    assert_eq!(
        look(&rules, Door::Leave, r#"{"users":[{"id":"e","mail":null}]}"#).unwrap(),
        [
            "/users/0/id pseudonym eck-id p0",
            "/users/0/mail person's pseudonym email p0",
            "+/users/0/name label Full add p0"
        ]
    );
    assert_eq!(
        look(&rules, Door::Enter, r#"{"users":[{"id":"e"}]}"#).unwrap(),
        ["/users/0/id pseudonym eck-id p0"]
    );
    let more = one(
        "field = [ { at = \"/o/h\", do = \"swap\", name = \"home\", add = true }, { at = \"/o/c\", do = \"constant\", value = true, add = true }, { at = \"/o/x\", do = \"keep\" } ]",
        "",
    );
    assert_eq!(
        look(&more, Door::Leave, r#"{"o":{}}"#).unwrap(),
        ["+/o/h swap home add", "+/o/c constant true"]
    );
    assert_eq!(look(&more, Door::Enter, r#"{"o":{}}"#).unwrap(), ["+/o/c constant true"]);
    assert_eq!(look(&more, Door::Leave, "{}").unwrap(), NOTHING);
}

#[test]
fn order_lists_the_records_of_a_list_leaving_only() {
    let rules = one("field = [ { at = \"/users\", part = \"user\" } ]", PERSON);
    let selected = rules.request("POST", &["x"], Some("application/json")).unwrap();
    let body = json(
        r#"{"users":[{"id":"a","name":"n","mail":"m"},null,{"ids":[]},{"id":"c","name":"n","mail":"m"}]}"#,
    );
    let material = Material { body: Some(&body), ..Material::default() };
    // A record without person cannot be labelled: here it has no name, and `add` needs one.
    assert!(rules.find(&selected, Door::Leave, false, &material).is_err());
    let body = json(r#"{"users":[{"id":"a","name":"n","mail":"m"},null,{"id":"c","name":"n","mail":"m"}]}"#);
    let material = Material { body: Some(&body), ..Material::default() };
    let found = rules.find(&selected, Door::Leave, false, &material).unwrap();
    let persons: Vec<Option<u32>> = found.orders[0].elements.iter().map(|(_, person)| *person).collect();
    assert_eq!(persons, [Some(0), None, Some(1)]);
    assert_eq!(super::pointer(&body, found.orders[0].parent), "/users");
    assert!(rules.find(&selected, Door::Enter, false, &material).unwrap().orders.is_empty());
}

#[test]
fn outside_moves_the_identifier_of_whichever_form_is_filled() {
    let rules = one(
        "unlisted = \"refuse\"\nfield = [ { at = \"/actor\", part = \"agent\" } ]",
        "[part.agent]\nunlisted = \"drop\"\nperson = [\"/account/name\", \"/mbox\"]\noutside = \"/account/name\"\nfield = [\n\
         { at = \"/account/homePage\", do = \"swap\", name = \"home\", add = true },\n\
         { at = \"/account/name\", do = \"pseudonym\", kind = \"lms-user\" },\n\
         { at = \"/mbox\", do = \"pseudonym\", kind = \"email\", form = \"mailto:{}\" } ]",
    );
    let body = r#"{"actor":{"mbox":"mailto:a@b.example"}}"#;
    assert_eq!(look(&rules, Door::Leave, body).unwrap(), ["/actor/mbox outside account.name p0"]);
    assert_eq!(look(&rules, Door::Enter, body).unwrap(), ["/actor/mbox pseudonym email 7..0 p0"]);
    let account = r#"{"actor":{"account":{"homePage":"h","name":"n"}}}"#;
    assert_eq!(
        look(&rules, Door::Leave, account).unwrap(),
        ["/actor/account/homePage swap home add p0", "/actor/account/name pseudonym lms-user p0"]
    );
    assert_eq!(
        look(&rules, Door::Enter, account).unwrap(),
        ["/actor/account/homePage swap home add p0", "/actor/account/name outside account.name p0"]
    );
    for two in [
        r#"{"actor":{"mbox":"mailto:a@b","account":{"name":"n"}}}"#,
        r#"{"actor":{"mbox":"mailto:a@b","account":{"homePage":"h"}}}"#,
    ] {
        shape(&look(&rules, Door::Leave, two));
    }
}

#[test]
fn nested_values_are_decoded_and_keep_their_person() {
    let rules = one(
        "unlisted = \"refuse\"\nperson = \"/id\"\nfield = [ { at = \"/id\", do = \"pseudonym\", kind = \"eck-id\" }, { at = \"/j\", do = \"nested\", as = \"json\", part = \"p\" }, { at = \"/l\", do = \"nested\", as = \"list\", part = \"l\" } ]",
        "[part.p]\nunlisted = \"drop\"\nfield = [ { at = \"/n\", do = \"label\", as = \"full\" }, { at = \"/j\", do = \"nested\", as = \"json\", part = \"q\" } ]\n[part.q]\nfield = [ { at = \"/v\", do = \"blank\" } ]\n[part.l]\nfield = [ { at = \"*\", do = \"pseudonym\", kind = \"sis-user\" } ]",
    );
    let body = r#"{"id":"e","j":"{\"n\":\"Jansen\",\"x\":1,\"j\":\"{\\\"v\\\":\\\"w\\\"}\"}","l":"a,b"}"#;
    assert_eq!(
        look(&rules, Door::Leave, body).unwrap(),
        [
            "/id pseudonym eck-id p0",
            "/j nested 0 p0",
            "[0]/n label Full p0",
            "[0]/x drop p0",
            "[0]/j nested 1 p0",
            "[1]/v blank p0",
            "/l nested 2 p0",
            "[2]/0 pseudonym sis-user p0",
            "[2]/1 pseudonym sis-user p0"
        ]
    );
    for wrong in
        [r#"{"j":"Jansen"}"#, r#"{"j":"{\"n\":1"}"#, r#"{"j":"\"Jansen\""}"#, r#"{"j":5}"#, r#"{"l":"a,,b"}"#]
    {
        shape(&look(&rules, Door::Leave, wrong));
    }
    assert_eq!(look(&rules, Door::Leave, r#"{"j":"{}"}"#).unwrap(), NOTHING, "nothing in it changes");
}

const ROUTES: &str = r#"profile = "t"
title = "t"
[kinds]
group = { names = "thing" }
[[message]]
method = "GET"
path = ["/users/me", "/users/{id:sis-user}", "/groups/{group}/users"]
side = "request"
format = "none"
field = [ { at = "query:limit", do = "keep" }, { at = "header:Link", do = "address" }, { at = "header:X-A", do = "keep" },
  { at = "query:c", do = "constant", value = "1", add = true }, { at = "header:X-C", do = "constant", value = "1", add = true },
  { at = "query:id", do = "pseudonym", kind = "sis-user" }, { at = "query:s", do = "keep", when = { "query:s" = "a" } } ]
[[message]]
side = "response"
status = [200, 404]
format = "json"
media = ["application/scim+json", "application/json"]
field = [ { at = "/a", do = "keep" } ]
[[message]]
side = "response"
status = 204
format = "none"
[[message]]
method = "POST"
path = "/users"
side = "request"
format = "json"
person = "path:none"
"#;

#[test]
fn routing_is_by_method_and_path_a_literal_beats_a_placeholder() {
    let text = ROUTES.replace("person = \"path:none\"\n", "");
    let rules = profile(&text);
    let template =
        |path: &[&str]| rules.request("GET", path, None).map(|found| rules.template(found).to_owned());
    assert_eq!(template(&["users", "me"]).unwrap(), "/users/me");
    assert_eq!(template(&["users", "u1"]).unwrap(), "/users/{id:sis-user}");
    assert_eq!(template(&["groups", "g", "users"]).unwrap(), "/groups/{group}/users");
    for unknown in [&["users", ""][..], &["users", "a", "b"], &[], &["Users", "me"], &["users", "me", ""]] {
        assert_eq!(template(unknown), Err(Unselected::Path), "{unknown:?}");
    }
    assert_eq!(rules.request("DELETE", &["users", "me"], None), Err(Unselected::Method));
    assert_eq!(rules.request("GET", &["users"], None), Err(Unselected::Method));
    assert_eq!(rules.request("GET", &["users", "me"], Some("application/json")), Err(Unselected::Media));
    assert_eq!(rules.request("POST", &["users"], None), Err(Unselected::Media));
    for good in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""]
    {
        assert!(rules.request("POST", &["users"], Some(good)).is_ok());
    }
    for wrong in [
        "application/json; charset=iso-8859-1",
        "application/json; odata=verbose",
        "text/json",
        "application/*",
        "",
    ] {
        assert_eq!(rules.request("POST", &["users"], Some(wrong)), Err(Unselected::Media), "{wrong}");
    }
}

#[test]
fn replies_are_chosen_by_status_and_type() {
    let rules = profile(&ROUTES.replace("person = \"path:none\"\n", ""));
    let asked = rules.request("GET", &["users", "me"], None).unwrap();
    assert_eq!(rules.accepts(asked), ["application/scim+json", "application/json"]);
    assert!(rules.reply(asked, 200, Some("application/scim+json")).is_ok());
    assert!(rules.reply(asked, 404, Some("application/json")).is_ok());
    assert!(rules.reply(asked, 204, None).is_ok());
    assert_eq!(rules.reply(asked, 204, Some("application/json")), Err(Unselected::Media));
    assert_eq!(rules.reply(asked, 200, Some("text/html")), Err(Unselected::Media));
    assert_eq!(rules.reply(asked, 200, None), Err(Unselected::Media));
    assert_eq!(rules.reply(asked, 201, Some("application/json")), Err(Unselected::Status));
    assert_eq!(rules.reply(asked, 500, Some("application/json")), Err(Unselected::Status));
    let posted = rules.request("POST", &["users"], Some("application/json")).unwrap();
    assert_eq!(rules.reply(posted, 200, None), Err(Unselected::Status), "no reply is listed");
}

#[test]
fn the_default_status_is_every_2xx_but_206() {
    let rules = profile(
        "profile = \"t\"\ntitle = \"t\"\n[[message]]\nmethod = \"GET\"\npath = \"/\"\nside = \"request\"\nformat = \"none\"\n[[message]]\nside = \"response\"\nformat = \"json\"\n",
    );
    let asked = rules.request("GET", &[""], None).unwrap();
    assert_eq!(asked, rules.request("GET", &[], None).unwrap());
    let listed = |status| rules.reply(asked, status, Some("application/json")).is_ok();
    assert!(listed(200) && listed(299) && !listed(206) && !listed(199) && !listed(300));
}

#[test]
fn path_variables_and_parameters_are_found() {
    let rules = profile(&ROUTES.replace("person = \"path:none\"\n", ""));
    assert_eq!(
        ask(&rules, Door::Enter, &["users", "u1"], "limit=2&id=x").unwrap(),
        [
            "path 1 pseudonym sis-user",
            "?id pseudonym sis-user",
            "+?c constant \"1\"",
            "+header X-C constant \"1\""
        ]
    );
    assert_eq!(
        ask(&rules, Door::Leave, &["groups", "g", "users"], "c=9&limit=1&limit=2").unwrap(),
        ["?c constant \"1\"", "+header X-C constant \"1\""]
    );
    for question in
        ["naam=Jansen", "limit=1&Limit=2", "id=a&id=b", "s=b", "s=a&s=a", "s=a&s=b", "i%64=a&id=b"]
    {
        let refusal = ask(&rules, Door::Enter, &["users", "me"], question);
        assert!(matches!(refusal, Err(FindRefusal::Question { .. })), "{question} {refusal:?}");
    }
    assert!(ask(&rules, Door::Enter, &["users", " "], "").is_err(), "an empty identifier");
}

#[test]
fn listed_headers_cross_and_others_do_not() {
    let rules = profile(&ROUTES.replace("person = \"path:none\"\n", ""));
    let selected = rules.request("GET", &["users", "me"], None).unwrap();
    let headers = [("x-a", "1"), ("x-b", "Jansen"), ("link", "<a>"), ("x-a", "2"), ("x-c", "")];
    let material = Material { path: &["users", "me"], headers: &headers, ..Material::default() };
    let found = rules.find(&selected, Door::Leave, false, &material).unwrap();
    assert_eq!(found.kept_headers, [0, 3]);
    assert_eq!(
        lines(&rules, &found, &material),
        ["+?c constant \"1\"", "header link links", "header x-c constant \"1\""]
    );
}

#[test]
fn a_body_where_none_is_listed_refuses() {
    let rules = profile(&ROUTES.replace("person = \"path:none\"\n", ""));
    let selected = rules.request("GET", &["users", "me"], None).unwrap();
    let body = json("{}");
    let material = Material { body: Some(&body), path: &["users", "me"], ..Material::default() };
    assert!(rules.find(&selected, Door::Leave, false, &material).is_err());
}

#[test]
fn closed_routes_drop_texts_that_may_be_names() {
    let rules = one(
        "field = [ { at = [\"/a\", \"/b\", \"/l/*\"], do = \"keep\" }, { at = \"/f\", do = \"keep\", category = \"free-text\" }, { at = \"/s\", do = \"keep\", when = { \"/s\" = [\"Fully graded\"] } }, { at = \"/d/**\", do = \"keep\" } ]",
        "",
    );
    let selected = rules.request("POST", &["x"], Some("application/json")).unwrap();
    let body = json(
        r#"{"a":"Piet Jansen","b":"2013-09-04T08:00:00Z","l":["student","Piet"],"f":"ok","s":"Fully graded","d":{"x":"Piet","Piet Jansen":1,"y":[true,1.5,"ok"]}}"#,
    );
    let material = Material { body: Some(&body), ..Material::default() };
    let found = rules.find(&selected, Door::Leave, true, &material).unwrap();
    assert_eq!(
        lines(&rules, &found, &material),
        ["/a drop", "/l/1 drop", "/f drop", "/d/x drop", "/d/Piet Jansen drop"]
    );
    assert!(rules.find(&selected, Door::Enter, true, &material).unwrap().findings.is_empty());
    assert!(rules.find(&selected, Door::Leave, false, &material).unwrap().findings.is_empty());
}

#[test]
fn what_is_removed_can_still_be_read_for_the_watch() {
    let rules = one("field = [ { at = \"/a\", do = \"drop\", category = \"phone\" } ]", "");
    let selected = rules.request("POST", &["x"], Some("application/json")).unwrap();
    let body = json(r#"{"a":{"b":"x\u0041","c":[12,true,null,{"d":"y"}]}}"#);
    let material = Material { body: Some(&body), ..Material::default() };
    let found = rules.find(&selected, Door::Leave, false, &material).unwrap();
    let scalars = found.scalars(found.findings[0].place, &material);
    let texts: Vec<_> = scalars.map(|scalar| format!("{}={}", scalar.name, scalar.text)).collect();
    assert_eq!(texts, ["b=xA", "=12", "d=y"]);
    assert_eq!(found.findings[0].category, Some(crate::profile::Category::Phone));
    assert_eq!(found.counts[0], 1);
}

#[test]
fn rules_are_counted_also_where_nothing_changes() {
    let rules = one(
        "unlisted = \"drop\"\nfield = [ { at = \"/a/*\", do = \"keep\" }, { at = \"/b\", do = \"drop\" } ]",
        "",
    );
    let selected = rules.request("POST", &["x"], Some("application/json")).unwrap();
    let body = json(r#"{"a":[1,2,3],"b":1,"c":1,"d":2}"#);
    let material = Material { body: Some(&body), ..Material::default() };
    let found = rules.find(&selected, Door::Leave, false, &material).unwrap();
    assert_eq!(found.counts[..3], [3, 1, 2]);
    assert_eq!(rules.rules()[2].at, "unlisted");
}

#[test]
fn refusals_hold_nothing_of_the_message() {
    let rules = one("field = [ { at = \"/a\", do = \"pseudonym\", kind = \"eck-id\" } ]", "");
    for body in [r#"{"Jansen":"Jansen"}"#, r#"{"a":["Jansen"]}"#, r#"{"a":true}"#] {
        let text = look(&rules, Door::Leave, body).unwrap_err().to_string();
        assert!(!text.contains("Jansen") && text.contains("(line "), "{text}");
    }
}

/// A message of another format, `POST /x`.
fn other(format: &str, rules: &str) -> crate::profile::Profile {
    profile(&format!(
        "profile = \"t\"\ntitle = \"t\"\n[[message]]\nmethod = \"POST\"\npath = \"/x\"\nside = \"request\"\nformat = \"{format}\"\n{rules}\n"
    ))
}

#[test]
fn each_line_of_ndjson_is_a_root() {
    let rules = other(
        "ndjson",
        "unlisted = \"refuse\"\nperson = \"/id\"\norder = \"pseudonym\"\nfield = [ { at = \"/id\", do = \"pseudonym\", kind = \"eck-id\" }, { at = \"/name\", do = \"label\", as = \"full\" }, { at = \"/v\", do = \"blank\", when = { \"/t\" = \"A\" } }, { at = [\"/v\", \"/t\"], do = \"keep\" } ]",
    );
    let selected = rules.request("POST", &["x"], Some("application/x-ndjson")).unwrap();
    let look = |text: &str| {
        let body = Document::parse(Format::Ndjson, text.as_bytes().to_vec(), &Limits::default()).unwrap();
        let material = Material { body: Some(&body), ..Material::default() };
        let found = rules.find(&selected, Door::Leave, false, &material)?;
        Ok((lines(&rules, &found, &material), found.orders.len()))
    };
    let (found, orders) =
        look("{\"name\":\"n\",\"id\":\"1\",\"t\":\"A\",\"v\":\"x\"}\n{\"id\":\"2\",\"v\":\"x\"}\n").unwrap();
    assert_eq!(
        found,
        ["/0/name label Full p1", "/0/id pseudonym eck-id p1", "/0/v blank p1", "/1/id pseudonym eck-id p2"]
    );
    assert_eq!(orders, 1);
    let refusal: Result<(Vec<String>, usize), FindRefusal> = look("{\"id\":\"1\"}\n{\"name\":\"n\"}\n");
    assert!(matches!(refusal, Err(FindRefusal::NoPerson { .. })), "no line borrows another's person");
    assert!(look("{\"id\":\"1\"}\n[1]\n").is_err());
}

#[test]
fn a_form_is_as_a_query() {
    let rules = other(
        "form",
        "unlisted = \"drop\"\nfield = [ { at = \"user\", do = \"pseudonym\", kind = \"lms-user\" }, { at = \"n\", do = \"keep\" }, { at = \"v\", do = \"keep\", when = { t = \"A\" } }, { at = \"t\", do = \"keep\" } ]",
    );
    let selected = rules.request("POST", &["x"], Some("application/x-www-form-urlencoded")).unwrap();
    let look = |text: &str| {
        let body = Document::parse(Format::Form, text.as_bytes().to_vec(), &Limits::default()).unwrap();
        let material = Material { body: Some(&body), ..Material::default() };
        let found = rules.find(&selected, Door::Leave, false, &material)?;
        Ok::<_, FindRefusal>(lines(&rules, &found, &material))
    };
    assert_eq!(look("us%65r=1&n=1&n=2&x=Jansen&t=A&v=1").unwrap(), ["/user pseudonym lms-user", "/x drop"]);
    assert_eq!(look("v=1&t=B").unwrap(), ["/v drop"]);
    for twice in ["user=1&user=2", "user=1&us%65r=2", "v=1&t=A&t=B", "v=1&v=2&t=A"] {
        assert!(matches!(look(twice), Err(FindRefusal::Shape { .. })), "{twice}");
    }
}

#[test]
fn a_condition_on_a_header_that_comes_twice_refuses() {
    let rules = one("field = [ { at = \"/a\", do = \"keep\", when = { \"header:X-T\" = \"1\" } } ]", "");
    let selected = rules.request("POST", &["x"], Some("application/json")).unwrap();
    let body = json(r#"{"a":"x"}"#);
    let with = |headers: &[(&str, &str)]| {
        let material = Material { body: Some(&body), headers, ..Material::default() };
        rules.find(&selected, Door::Leave, false, &material).map(|found| found.findings.len())
    };
    assert_eq!(with(&[("x-t", "1")]), Ok(0));
    assert!(matches!(with(&[("x-t", "2")]), Err(FindRefusal::NotListed { .. })));
    assert!(matches!(with(&[]), Err(FindRefusal::NotListed { .. })));
    assert!(matches!(with(&[("x-t", "1"), ("x-t", "2")]), Err(FindRefusal::Shape { .. })));
}

#[test]
fn closed_routes_refuse_what_cannot_be_left_out() {
    let rules = profile(
        "profile = \"t\"\ntitle = \"t\"\n[[message]]\nmethod = \"GET\"\npath = \"/{a}\"\nside = \"request\"\nformat = \"none\"\nfield = [ { at = [\"query:q\", \"header:X-H\"], do = \"keep\" } ]\n",
    );
    let look = |path: &str, door| {
        let path = [path];
        let selected = rules.request("GET", &path, None).unwrap();
        let asked = super::query("q=Piet+Jansen");
        let headers = [("x-h", "Piet Jansen"), ("x-h", "12")];
        let material =
            Material { path: &path, query: Some(&asked), headers: &headers, ..Material::default() };
        let found = rules.find(&selected, door, true, &material)?;
        Ok::<_, FindRefusal>((lines(&rules, &found, &material), found.kept_headers))
    };
    let (found, kept) = look("12AB", Door::Leave).unwrap();
    assert_eq!(
        (found.as_slice(), kept.as_slice()),
        (["?q drop".to_owned(), "header x-h drop".to_owned()].as_slice(), [1].as_slice())
    );
    assert!(matches!(look("Jansen", Door::Leave), Err(FindRefusal::Closed { .. })));
    assert_eq!(look("Jansen", Door::Enter).unwrap().0, NOTHING);
}

#[test]
fn minted_kinds_say_so() {
    use crate::profile::{Act, Minted};
    let rules = one(
        "field = [ { at = \"/a\", do = \"pseudonym\", kind = \"a\" }, { at = \"/b\", do = \"pseudonym\", kind = \"b\" }, { at = \"/c\", do = \"pseudonym\", kind = \"eck-id\" } ]",
        "[kinds]\na = { names = \"thing\", minted = \"both\" }\nb = { names = \"person\", minted = \"publisher\" }",
    );
    let selected = rules.request("POST", &["x"], Some("application/json")).unwrap();
    let body = json(r#"{"a":"1","b":"2","c":"3"}"#);
    let material = Material { body: Some(&body), ..Material::default() };
    let found = rules.find(&selected, Door::Enter, false, &material).unwrap();
    let about = |at: usize| match found.findings[at].act {
        Act::Pseudonym(masking) => (masking.person, masking.minted),
        _ => panic!(),
    };
    assert_eq!(
        [about(0), about(1), about(2)],
        [(false, Minted::Both), (true, Minted::Publisher), (true, Minted::Inside)]
    );
}

#[test]
fn what_is_plain_cannot_be_a_name() {
    for plain in [
        "",
        "12",
        "2026-09-01T08:00:00.000Z",
        "student",
        "fully_graded",
        "1.0-10.0",
        "LL-10027",
        "true",
        "https://a.example/x1",
        "http://adlnet.gov/expapi/verbs/completed",
        "2026-09-01T08:00:00+01:00",
        "1,2,3a",
        "123456783",
        "0.12345678",
        "L123456782",
    ] {
        assert!(crate::profile::plain(plain), "{plain}");
    }
    for name in [
        "Jip",
        "Jip Jansen",
        "jip jansen",
        "Zoë",
        "jip@school.example",
        "Jansen,Piet",
        "O'Brien",
        "piet\u{200b}1",
        "p.jansen",
        "p.jansen2010@school.example",
        "+31612345678",
        "tel:+31612345678",
        "123456782",
        "bsn:123456782",
        "123.456.782",
        "1234-56-782",
        "/h.jansen",
        "piet.jansen/2",
        "https://school.example/piet.jansen",
        "7,Jansen,Piet",
        "jansen,7",
    ] {
        assert!(!crate::profile::plain(name), "{name}");
    }
}
