//! The reader: whole profiles, and one mistake at a time, each with its line.

use crate::profile::{Profile, builtin, builtin_names};

/// Every mistake as `line: what`.
fn mistakes(text: &str) -> Vec<String> {
    match Profile::read("p.toml", text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors
            .iter()
            .map(|error| {
                assert_eq!(error.file, "p.toml");
                assert!(!error.hint.is_empty());
                format!("{}: {}", error.line, error.what)
            })
            .collect(),
    }
}

const HEAD: &str = "profile = \"p\"\ntitle = \"t\"\n";
const JSON: &str = "[[message]]\nmethod = \"POST\"\npath = \"/x\"\nside = \"request\"\nformat = \"json\"\n";

/// The mistakes of a JSON message's rules; the first of `fields` is line 9, `rest` begins after `]`.
fn rules(fields: &[&str], rest: &str) -> Vec<String> {
    mistakes(&format!("{HEAD}{JSON}field = [\n{}\n]\n{rest}", fields.join("\n")))
}

fn check(found: Vec<String>, wanted: &[&str]) {
    assert_eq!(found, wanted);
}

#[test]
fn every_builtin_profile_reads() {
    for name in builtin_names() {
        assert_eq!(builtin(name).unwrap().name(), name);
    }
    assert!(builtin("oneroster-1.1").is_none());
    let template = include_str!("../../../config/profiles/template.toml");
    assert_eq!(mistakes(template), [""; 0]);
}

#[test]
fn a_profile_says_what_it_is() {
    let text = format!("{HEAD}source = \"s\"\n{JSON}");
    let profile = Profile::read("p.toml", &text).unwrap();
    assert_eq!((profile.name(), profile.title(), profile.source()), ("p", "t", "s"));
    let other = Profile::read("p.toml", &text.replace("\"s\"", "\"S\"")).unwrap();
    assert_ne!(profile.digest(), other.digest());
    assert_eq!(profile.digest()[..2], sha2_of(&text)[..2]);
}

fn sha2_of(text: &str) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes()).into()
}

#[test]
fn what_is_not_toml_is_named_with_its_line() {
    let found = mistakes("profile = \"p\"\ntitle = \nx = [1,\n");
    assert!(found.iter().any(|line| line.starts_with("2: not TOML")), "{found:?}");
    check(
        mistakes(""),
        &["1: `profile` is missing", "1: `title` is missing", "1: the profile has no message"],
    );
}

#[test]
fn all_mistakes_come_at_once_in_the_order_of_the_lines() {
    let text = "profile = \"P x\"\ntitel = \"t\"\n[kinds]\neck-id = { names = \"thing\" }\n[[message]]\nmethod = \"post\"\npath = \"x\"\nside = \"request\"\nformat = \"jsn\"\nfield = [ { at = \"/a\", do = \"kep\" } ]\n[part.unused]\nfields = []\n";
    check(
        mistakes(text),
        &[
            "1: `title` is missing",
            "1: a profile's name has a-z, 0-9, `.` and `-` only",
            "2: unknown key `titel` in the profile",
            "4: kind `eck-id` is the language's own",
            "6: `post` is no method",
            "7: path `x` does not begin with `/`",
            "9: unknown format `jsn`",
            "10: unknown verb `kep`",
            "11: part `unused` is never used",
            "12: unknown key `fields` in a part",
        ],
    );
    let errors = Profile::read("p.toml", text).unwrap_err();
    let shown = errors.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(shown[2], "p.toml:2: unknown key `titel` in the profile. Hint: did you mean `title`?");
    assert_eq!(shown[7], "p.toml:10: unknown verb `kep`. Hint: did you mean `keep`?");
}

#[test]
fn unknown_keys_verbs_parts_kinds_and_categories() {
    check(rules(&["{ at = \"/a\", do = \"keep\", wen = 1 }"], ""), &["9: unknown key `wen` in a rule"]);
    check(rules(&["{ at = \"/a\" }"], ""), &["9: the rule has neither `do` nor `part`"]);
    check(rules(&["{ do = \"keep\" }"], ""), &["9: the rule has no `at`"]);
    check(rules(&["{ at = [], do = \"keep\" }"], ""), &["9: `at` is an empty list"]);
    check(rules(&["", "{ at = \"/a\", part = \"user\" }"], ""), &["10: unknown part `user`"]);
    check(
        rules(&["{ at = \"/a\", do = \"pseudonym\", kind = \"eckid\" }"], ""),
        &["9: unknown kind `eckid`"],
    );
    check(
        rules(&["{ at = \"/a\", do = \"keep\", category = \"naam\" }"], ""),
        &["9: unknown category `naam`"],
    );
    check(
        rules(&["{ at = \"/a\", do = \"part\", part = \"p\" }"], "[part.p]"),
        &["9: unknown verb `part`", "11: part `p` is never used"],
    );
    check(
        rules(&["{ at = \"/a\", do = \"keep\", minted = \"both\" }"], ""),
        &["9: `minted` belongs to a kind"],
    );
    check(mistakes(&format!("{HEAD}{JSON}unlisted = \"keep\"\n")), &["8: unknown `unlisted = \"keep\"`"]);
    check(
        mistakes(&format!("{HEAD}{JSON}order = \"name\"\n")),
        &[
            "8: unknown order `name`",
            "8: the message is no list of records to put in `order`",
            "8: `order` needs `person`",
        ],
    );
    check(
        mistakes(&format!("{HEAD}{}", JSON.replace("request", "reply"))),
        &["6: unknown side `reply`", "3: the message does not say which `side` it is"]
            .map(|s| s)
            .iter()
            .rev()
            .copied()
            .collect::<Vec<_>>(),
    );
}

#[test]
fn each_verb_has_its_keys_and_no_others() {
    for (field, wanted) in [
        ("do = \"pseudonym\"", "`pseudonym` needs `kind`"),
        ("do = \"constant\"", "`constant` needs `value`"),
        ("do = \"swap\"", "`swap` needs `name`"),
        ("do = \"label\"", "the verb needs `as`"),
        ("do = \"nested\", as = \"json\"", "`nested` or `part` needs `part`"),
        ("do = \"generalise\"", "the verb needs `to`"),
        ("do = \"label\", as = \"first\"", "unknown label `first`"),
        ("do = \"nested\", as = \"yaml\", part = \"p\"", "unknown decoder `yaml`"),
        ("do = \"generalise\", to = \"decade\"", "unknown `to = \"decade\"`"),
        ("do = \"keep\", kind = \"eck-id\"", "`kind` means nothing to `keep`"),
        ("do = \"drop\", value = \"x\"", "`value` means nothing to `drop`"),
        ("do = \"keep\", as = \"given\"", "`as` means nothing to `keep`"),
        ("do = \"keep\", form = \"m:{}\"", "`form` means nothing to `keep`"),
        ("do = \"constant\", value = 1.5", "`value` cannot be float"),
        (
            "do = \"pseudonym\", kind = \"email\", form = \"mailto:\"",
            "`form` has one `{}`, where the identifier stands",
        ),
        (
            "do = \"pseudonym\", kind = \"email\", form = \"{}{}\"",
            "`form` has one `{}`, where the identifier stands",
        ),
        ("do = \"keep\", add = true", "`add` goes with constant, swap, label and pseudonym only"),
        ("do = \"drop\", add = true", "`add` goes with constant, swap, label and pseudonym only"),
        ("do = { leave = \"drop\" }", "`do` does not say what happens to what is to enter"),
        ("do = { enter = \"drop\" }", "`do` does not say what happens to what is to leave"),
        ("do = { leave = \"drop\", enter = \"keep\", back = \"x\" }", "unknown key `back` in `do`"),
        ("do = 5", "`do` is a text, not integer"),
        ("do = \"keep\", when = {}", "`when` is empty"),
        ("do = \"keep\", when = \"/a\"", "`when` is a table"),
        ("do = \"keep\", when = { \"/b\" = [] }", "`when` is an empty list"),
        ("do = \"keep\", unless = { \"/b\" = 5 }", "`unless` is a text, not integer"),
    ] {
        let part = if field.contains("\"p\"") { "[part.p]" } else { "" };
        let found = rules(&[&format!("{{ at = \"/a\", {field} }}")], part);
        assert!(found.contains(&format!("9: {wanted}")), "{field}: {found:?}");
    }
}

#[test]
fn selectors_have_their_notation() {
    for (at, wanted) in [
        ("a", "selector `a` does not begin with `/`"),
        ("/a//b", "selector `/a//b` has an empty step"),
        ("/", "selector `/` has an empty step"),
        ("/a/**/b", "selector `/a/**/b` `/**` may only end a selector"),
        ("/a~2", "selector `a~2` has a `~` that stands for nothing"),
        ("header:", "selector `header:` has no name"),
        ("header:a b", "selector `header:a b` has no name"),
        ("query:", "selector `query:` has no name"),
    ] {
        check(rules(&[&format!("{{ at = \"{at}\", do = \"keep\" }}")], ""), &[&format!("9: {wanted}")]);
    }
    check(rules(&["{ at = \"/a/**\", do = \"drop\" }"], ""), &["9: `/**` goes with `keep`"]);
    check(
        rules(&["{ at = \"/a/**\", do = { leave = \"blank\", enter = \"keep\" } }"], ""),
        &["9: `/**` goes with `keep`"],
    );
    check(rules(&["{ at = \"/a/**\", do = { leave = \"refuse\", enter = \"keep\" } }"], ""), &[]);
}

#[test]
fn rules_that_never_apply() {
    check(
        rules(&["{ at = \"/a\", do = \"keep\" },", "{ at = [\"/b\", \"/a\"], do = \"drop\" }"], ""),
        &["10: this rule never applies: line 9 takes the same value"],
    );
    check(
        rules(&["{ at = \"/a\", do = \"keep\" },", "{ at = \"/a/**\", do = \"keep\" }"], ""),
        &["10: this rule never applies: line 9 takes the same value"],
    );
    check(
        rules(&["{ at = \"/a\", do = \"drop\" },", "{ at = \"/a/b\", do = \"keep\" }"], ""),
        &["10: this rule never applies: line 9 takes all of it"],
    );
    check(
        rules(
            &[
                "{ at = \"/a\", do = \"keep\", when = { \"/t\" = \"A\" }, unless = { \"/t\" = [\"A\", \"B\"] } }",
            ],
            "",
        ),
        &["9: this rule never applies"],
    );
    check(
        rules(
            &[
                "{ at = \"/a\", do = \"keep\", when = { \"/t\" = true } },",
                "{ at = \"/a\", do = \"drop\", when = { \"/t\" = false } },",
                "{ at = \"/a\", do = \"blank\" }",
            ],
            "",
        ),
        &["11: this rule never applies"],
    );
    check(
        mistakes(&format!(
            "{HEAD}[[message]]\nmethod = \"GET\"\npath = \"/x\"\nside = \"request\"\nformat = \"none\"\nfield = [ {{ at = \"/a\", do = \"keep\" }} ]\nunlisted = \"drop\"\n"
        )),
        &[
            "8: this rule never applies: the message has no body for `/a`",
            "9: a message without body has no `unlisted`",
        ],
    );
    let reply = "[[message]]\nside = \"response\"\nformat = \"json\"\nfield = [ { at = \"query:a\", do = \"keep\" },\n{ at = \"/a\", do = \"keep\", when = { \"query:a\" = \"1\" } } ]\n";
    check(
        mistakes(&format!("{HEAD}{JSON}{reply}")),
        &["11: this rule never applies: only a request has `query:a`", "12: only a request has `query:a`"],
    );
}

#[test]
fn a_rule_for_an_absent_value_needs_add() {
    let field = "{ at = \"/a\", do = \"constant\", value = \"x\", when = { \"/a\" = false } }";
    check(rules(&[field], ""), &["9: this rule never applies"]);
    let added = format!("{}, add = true }}", field.trim_end_matches('}').trim_end());
    check(rules(&[&added], ""), &[]);
}

#[test]
fn conditions_that_can_hold_together() {
    let pair = |a: &str, b: &str| {
        rules(
            &[
                &format!("{{ at = \"/v\", do = \"keep\", {a} }},"),
                &format!("{{ at = \"/v\", do = \"drop\", {b} }}"),
            ],
            "",
        )
    };
    let together = ["10: its condition and that of line 9 can hold together"];
    for (a, b) in [
        ("when = { \"/t\" = \"A\" }", "when = { \"/u\" = \"B\" }"),
        ("when = { \"/t\" = [\"A\", \"B\"] }", "when = { \"/t\" = [\"B\", \"C\"] }"),
        ("unless = { \"/t\" = \"A\" }", "unless = { \"/t\" = \"B\" }"),
        ("unless = { \"/t\" = \"A\" }", "when = { \"/t\" = [\"A\", \"B\"] }"),
        ("unless = { \"/t\" = \"A\" }", "when = { \"/t\" = false }"),
        ("when = { \"/t\" = true }", "when = { \"/t\" = \"A\" }"),
    ] {
        check(pair(a, b), &together);
    }
    for (a, b) in [
        ("when = { \"/t\" = \"A\" }", "when = { \"/t\" = \"B\" }"),
        ("when = { \"/t\" = \"A\" }", "unless = { \"/t\" = [\"A\", \"B\"] }"),
        ("when = { \"/t\" = true }", "unless = { \"/t\" = true }"),
        ("when = { \"/t\" = \"A\" }", "when = { \"/t\" = false }"),
        ("when = { \"/t\" = \"A\", \"/u\" = \"1\" }", "when = { \"/t\" = \"A\", \"/u\" = \"2\" }"),
    ] {
        check(pair(a, b), &[]);
    }
    check(
        rules(&["{ at = \"/v\", do = \"keep\", when = { \"/t/*\" = \"A\" } }"], ""),
        &["9: a condition cannot look at `/t/*`"],
    );
    check(
        rules(&["{ at = \"/v\", do = \"keep\", when = { \"/t/**\" = \"A\" } }"], ""),
        &["9: a condition cannot look at `/t/**`"],
    );
}

#[test]
fn parts_are_known_used_and_do_not_reach_themselves() {
    check(
        rules(
            &["{ at = \"/a\", part = \"a\" }"],
            "[part.a]\nfield = [ { at = \"/b\", part = \"b\" } ]\n[part.b]\nfield = [ { at = \"/a\", part = \"a\" } ]\n",
        ),
        &["14: part `a` reaches itself"],
    );
    check(
        rules(
            &["{ at = \"/a\", part = \"a\" },", "{ at = \"/a/x/y\", do = \"keep\" }"],
            "[part.a]\nunlisted = \"drop\"\n",
        ),
        &["10: another rule below a part: line 9 gives this value to a part"],
    );
    check(
        rules(&["{ at = \"query:q\", part = \"a\" }"], "[part.a]\nunlisted = \"drop\"\n"),
        &["9: `part` takes objects; this is a single value"],
    );
    check(
        rules(
            &["{ at = \"/a\", part = \"a\" }"],
            "[part.a]\nfield = [ { at = \"query:q\", do = \"keep\" },\n{ at = \"/b\", do = \"keep\", when = { \"header:x\" = \"1\" } } ]\n",
        ),
        &[
            "12: a part knows the value it is applied to only: `query:q`",
            "13: a part knows the value it is applied to only: `header:x`",
        ],
    );
    // 2^20 copies are refused, quickly.
    let mut text = String::new();
    for level in 0..20 {
        let next = level + 1;
        text.push_str(&format!(
            "[part.p{level}]\nfield = [ {{ at = [\"/a\", \"/b\"], part = \"p{next}\" }} ]\n"
        ));
    }
    text.push_str("[part.p20]\nfield = [ { at = \"/a\", do = \"keep\" } ]\n");
    let found = rules(&["{ at = \"/a\", part = \"p0\" }"], &text);
    assert!(found.iter().any(|line| line.contains("unfold without end")), "{found:?}");
}

#[test]
fn persons_are_named_by_pseudonyms() {
    let part = |head: &str, fields: &str| {
        rules(&["{ at = \"/a\", part = \"a\" }"], &format!("[part.a]\n{head}\nfield = [ {fields} ]\n"))
    };
    let id = "{ at = \"/id\", do = \"pseudonym\", kind = \"eck-id\" }";
    check(part("person = \"/id\"", id), &[]);
    check(part("person = \"/name\"", id), &["12: `/name` of `person` names no pseudonym"]);
    check(
        part("person = [\"/id\", \"/x\"]", &format!("{id}, {{ at = \"/x\", do = \"keep\" }}")),
        &["12: `/x` of `person` names no pseudonym"],
    );
    check(part("person = \"path:id\"", id), &["12: `path:id` of `person` names no pseudonym"]);
    check(part("order = \"pseudonym\"", id), &["12: `order` needs `person`"]);
    check(part("person = \"/id/**\"", id), &["12: `person` names single values"]);
    let text = format!("{HEAD}{}person = \"path:id\"\n", JSON.replace("/x", "/x/{id:eck-id}"));
    check(mistakes(&text), &[]);
    check(mistakes(&text.replace("{id:eck-id}", "{id}")), &["8: `path:id` of `person` names no pseudonym"]);
    let text = format!(
        "{HEAD}{JSON}person = [\"query:u\", \"header:X-User\"]\nfield = [ {{ at = [\"query:u\", \"header:x-user\"], do = \"pseudonym\", kind = \"eck-id\" }} ]\n"
    );
    check(mistakes(&text), &[]);
}

#[test]
fn outside_needs_a_kind_for_each_form() {
    let part = |head: &str, mail: &str| {
        rules(
            &["{ at = \"/a\", part = \"a\" }"],
            &format!(
                "[part.a]\n{head}\nfield = [ {{ at = \"/account/name\", do = \"pseudonym\", kind = \"lms-user\" }}, {{ at = \"/mbox\", do = \"pseudonym\", kind = \"{mail}\" }} ]\n"
            ),
        )
    };
    let head = "person = [\"/account/name\", \"/mbox\"]\noutside = \"/account/name\"";
    check(part(head, "email"), &[]);
    check(part(head, "lms-user"), &["12: two places of one kind: entering, the kind tells the form"]);
    check(
        part("person = \"/mbox\"\noutside = \"/account/name\"", "email"),
        &["13: `outside` names `/account/name`, which is no place of `person`"],
    );
}

#[test]
fn kinds_say_what_they_name() {
    let kind = |about: &str| mistakes(&format!("{HEAD}[kinds]\nk = {about}\n{JSON}"));
    check(kind("{ names = \"thing\", minted = \"both\" }"), &[]);
    check(kind("{ names = \"thing\", minted = \"both\", type = [\"uuid\", \"token\"], digits = 4 }"), &[]);
    check(kind("{ names = \"thing\", minted = \"both\", type = \"guid\" }"), &["4: unknown type `guid`"]);
    check(
        kind("{ names = \"thing\", type = \"uuid\" }"),
        &["4: kind `k` has a form, and nobody outside makes it up"],
    );
    check(kind("{ names = \"person\", minted = \"publisher\" }"), &[]);
    check(kind("{ names = \"person\", minted = \"both\" }"), &["4: minted = \"both\" is for things"]);
    check(kind("{ names = \"animal\" }"), &["4: kind `k` does not say what it names"]);
    check(kind("{}"), &["4: kind `k` does not say what it names"]);
    check(kind("{ names = \"thing\", minted = \"school\" }"), &["4: unknown `minted = \"school\"`"]);
    check(kind("{ names = \"thing\", shape = \"uuid\" }"), &["4: unknown key `shape` in a kind"]);
    check(kind("\"thing\""), &["4: kind `k` is a table"]);
    check(
        mistakes(&format!("{HEAD}[kinds]\nK_ = {{ names = \"thing\" }}\n{JSON}")),
        &["4: `K_` cannot name a kind"],
    );
}

#[test]
fn messages_answer_one_another_and_do_not_clash() {
    let reply = "[[message]]\nside = \"response\"\nformat = \"json\"\n";
    check(mistakes(&format!("{HEAD}{reply}{JSON}")), &["3: a response without request"]);
    check(
        mistakes(&format!("{HEAD}{JSON}{reply}{reply}")),
        &["11: two messages for POST /x, one status and one media type: also line 8"],
    );
    check(
        mistakes(&format!("{HEAD}{JSON}{reply}{reply}status = 200\n")),
        &["11: two messages for POST /x, one status and one media type: also line 8"],
    );
    check(mistakes(&format!("{HEAD}{JSON}{reply}{reply}status = [404, 409]\n")), &[]);
    check(mistakes(&format!("{HEAD}{JSON}{reply}{reply}media = \"text/json\"\n")), &[]);
    check(mistakes(&format!("{HEAD}{JSON}{JSON}")), &["10: two messages for POST /x: also line 3"]);
    let other = JSON.replace("/x", "/{y}");
    let same = JSON.replace("/x", "/{z:eck-id}");
    check(mistakes(&format!("{HEAD}{other}{same}")), &["10: two messages for POST /{z:eck-id}: also line 3"]);
    check(
        mistakes(&format!("{HEAD}{JSON}{reply}method = [\"POST\", \"PUT\"]\npath = [\"/x\", \"/y\"]\n")),
        &[
            "11: a response without request: nothing asks `PUT`",
            "12: a response without request: nothing asks `/y`",
        ],
    );
    check(
        mistakes(&format!("{HEAD}{JSON}{reply}path = \"/x\"\n")),
        &["8: a response has `method` and `path`, or neither"],
    );
    check(mistakes(&format!("{HEAD}{JSON}status = 200\n")), &["3: a request has no `status`"]);
    check(
        mistakes(&format!("{HEAD}{}", JSON.replace("method = \"POST\"\n", ""))),
        &["3: a request has `method` and `path`"],
    );
    check(
        mistakes(&format!("{HEAD}{}", JSON.replace("format = \"json\"\n", ""))),
        &["3: the message has no `format`"],
    );
    for status in ["99", "\"200\"", "600", "-1", "[200, 1000]"] {
        check(
            mistakes(&format!("{HEAD}{JSON}{reply}status = {status}\n")),
            &["11: a status is a number from 200 to 599"],
        );
    }
    check(mistakes(&format!("{HEAD}{JSON}{reply}status = [200, 206]\n")), &["11: status 206 never crosses"]);
    for media in ["application/*", "json", "application/json; charset=utf-8"] {
        check(
            mistakes(&format!("{HEAD}{JSON}media = \"{media}\"\n")),
            &[&format!("8: `{media}` is no exact media type")],
        );
    }
}

#[test]
fn paths_are_literals_and_whole_placeholders() {
    for (path, wanted) in [
        ("/a/{x", "`{x` in path `/a/{x` is neither literal nor placeholder"),
        ("/a{x}", "`a{x}` in path `/a{x}` is neither literal nor placeholder"),
        ("/a/../b", "`..` in path `/a/../b` is neither literal nor placeholder"),
        ("/a%2Fb", "`a%2Fb` in path `/a%2Fb` is neither literal nor placeholder"),
        ("/a?b", "`a?b` in path `/a?b` is neither literal nor placeholder"),
        ("/{}", "`{}` in path `/{}` has no proper name"),
        ("/{x:eckid}", "unknown kind `eckid`"),
        ("/{x}/{x:eck-id}", "path `/{x}/{x:eck-id}` names one variable twice"),
    ] {
        check(mistakes(&format!("{HEAD}{}", JSON.replace("/x", path))), &[&format!("5: {wanted}")]);
    }
    let on_path = |fields: &str| {
        mistakes(&format!("{HEAD}{}field = [ {fields} ]\n", JSON.replace("/x", "/{x}/{y:eck-id}")))
    };
    check(
        on_path(
            "{ at = \"path:x\", do = \"refuse\", unless = { \"path:x\" = \"12AB\" } }, { at = \"path:x\", do = \"keep\" }",
        ),
        &[],
    );
    check(
        on_path("{ at = \"path:x\", do = \"drop\" }"),
        &["8: this verb cannot act on a segment of the path"],
    );
    check(
        on_path("{ at = \"path:y\", do = \"keep\" }"),
        &["8: `path:y` is no kept variable of every path of the message"],
    );
    check(
        on_path("{ at = \"path:z\", do = \"keep\" }"),
        &["8: `path:z` is no kept variable of every path of the message"],
    );
    check(
        on_path("{ at = \"/a\", do = \"keep\", when = { \"path:z\" = \"1\" } }"),
        &["8: no variable `z` in every path of the message"],
    );
}

#[test]
fn headers_that_are_not_a_profiles_to_decide() {
    for name in [
        "Authorization",
        "cookie",
        "Set-Cookie",
        "Content-Type",
        "Range",
        "X-Forwarded-For",
        "Host",
        "Referer",
    ] {
        let found = rules(&[&format!("{{ at = \"header:{name}\", do = \"keep\" }}")], "");
        check(found, &[&format!("9: the header `{}` is not a profile's to decide", name.to_lowercase())]);
    }
    check(
        rules(&["{ at = \"header:Location\", do = \"keep\" }"], ""),
        &["9: the header `location` would lead round Sluis"],
    );
    check(rules(&["{ at = \"header:Link\", do = \"address\" }"], ""), &[]);
    check(
        rules(&["{ at = \"header:X-A\", do = \"keep\" },", "{ at = \"header:x-a\", do = \"drop\" }"], ""),
        &["10: this rule never applies: line 9 takes the same value"],
    );
}

#[test]
fn filters_hold_keep_pseudonym_and_refuse_only() {
    let filter = |part: &str| {
        rules(
            &["{ at = \"query:filter\", do = \"nested\", as = \"oneroster-filter\", part = \"f\" }"],
            &format!("[part.f]\n{part}\n"),
        )
    };
    check(
        filter(
            "field = [ { at = \"a.b\", do = \"keep\" }, { at = \"c\", do = \"pseudonym\", kind = \"email\" }, { at = \"d\", do = \"refuse\" } ]",
        ),
        &[],
    );
    check(filter("field = [ { at = \"a\", do = \"drop\" } ]"), &["12: a filter's part cannot `drop`"]);
    check(
        filter("field = [ { at = \"a\", do = { leave = \"keep\", enter = \"blank\" } } ]"),
        &["12: a filter's part cannot `blank`"],
    );
    check(filter("unlisted = \"drop\""), &["12: a filter's part cannot drop"]);
    check(filter("field = [ { at = \"/a\", do = \"keep\" } ]"), &["12: selector `/a` is no name"]);
    check(
        filter("field = [ { at = \"a\", do = \"keep\", when = { b = \"1\" } } ]"),
        &["12: a filter's part has no conditions"],
    );
}

#[test]
fn add_writes_names_only() {
    for at in ["/a/*", ""] {
        let found =
            rules(&[&format!("{{ at = \"{at}\", do = \"constant\", value = \"x\", add = true }}")], "");
        assert!(found.contains(&format!("9: `add` cannot write `{at}`")), "{found:?}");
    }
}

const XML: &str = "[[message]]\nmethod = \"POST\"\npath = \"/\"\nside = \"request\"\nformat = \"xml\"\n";

#[test]
fn what_is_not_carried_yet_is_said_and_still_judged() {
    let text = format!(
        "{HEAD}[namespaces]\nle = \"urn:le\"\n{XML}field = [ {{ at = \"/le:a/@key\", do = \"keep\" }},\n{{ at = \"/lr:a\", do = \"keep\" }},\n{{ at = \"/le:b\", do = \"constant\", value = \"x\", add = true }},\n{{ at = \"/le:c/*\", do = \"keep\" }} ]\n"
    );
    check(
        mistakes(&text),
        &[
            "9: the format `xml` is not carried yet",
            "11: unknown prefix `lr` in `lr:a`",
            "12: `add` cannot write XML",
            "13: selector `/le:c/*` `*` means nothing in XML",
        ],
    );
    let errors = Profile::read("p.toml", &text).unwrap_err();
    assert!(errors[0].not_carried && !errors[1].not_carried);
    let csv = "[[message]]\nfile = [\"a.csv\", \"b.csv\"]\nformat = \"csv\"\nperson = \"id\"\norder = \"pseudonym\"\nfield = [ { at = \"id\", do = \"pseudonym\", kind = \"sis-user\" }, { at = \"v\", do = \"keep\", when = { id = \"1\" } } ]\n";
    check(mistakes(&format!("{HEAD}{csv}")), &["5: the format `csv` is not carried yet"]);
    check(
        mistakes(&format!("{HEAD}{csv}{csv}side = \"request\"\n")),
        &[
            "5: the format `csv` is not carried yet",
            "9: `file` stands instead of method, path and side",
            "10: two messages for the file `a.csv`: also line 4",
            "10: two messages for the file `b.csv`: also line 4",
            "11: the format `csv` is not carried yet",
        ],
    );
    check(
        rules(
            &["{ at = \"query:f\", do = \"nested\", as = \"scim-filter\", part = \"f\" }"],
            "[part.f]\nfield = [ { at = \"userName\", do = \"pseudonym\", kind = \"username\" } ]",
        ),
        &["9: the decoder `scim-filter` is not carried yet"],
    );
}

#[test]
fn the_whole_language_is_read() {
    // Profiles of protocols that come later: nothing is wrong with them but what is not carried yet.
    for (name, text, carried) in [
        ("lti-ags-2.0", include_str!("../../../tests/corpus/profiles/lti-ags-2.0.toml"), true),
        ("lti-nrps-2.0", include_str!("../../../tests/corpus/profiles/lti-nrps-2.0.toml"), true),
        ("xapi-1.0.3", include_str!("../../../tests/corpus/profiles/xapi-1.0.3.toml"), true),
        ("oneroster-1.2-csv", include_str!("../../../tests/corpus/profiles/oneroster-1.2-csv.toml"), false),
        ("scim-2.0", include_str!("../../../tests/corpus/profiles/scim-2.0.toml"), false),
        ("uwlr-2.2", include_str!("../../../tests/corpus/profiles/uwlr-2.2.toml"), false),
    ] {
        match Profile::read(name, text) {
            Ok(profile) => assert!(carried && profile.name() == name, "{name}"),
            Err(errors) => assert!(!carried && errors.iter().all(|error| error.not_carried), "{errors:?}"),
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 300, ..Default::default() })]

    #[test]
    fn a_damaged_profile_gives_errors_within_the_file(from in 0..6000_usize, length in 0..40_usize, put in "[\\[\\]{}=\",a/*#\n]{0,4}") {
        let whole = include_str!("../../../config/profiles/template.toml");
        let boundary = |at: usize| (at..=whole.len()).find(|at| whole.is_char_boundary(*at)).unwrap_or(whole.len());
        let (start, end) = (boundary(from.min(whole.len())), boundary((from + length).min(whole.len())));
        let text = format!("{}{put}{}", &whole[..start], &whole[end..]);
        let last = text.lines().count() as u32 + 1;
        if let Err(errors) = Profile::read("p.toml", &text) {
            proptest::prop_assert!(!errors.is_empty());
            for error in errors {
                proptest::prop_assert!((1..=last).contains(&error.line), "{}", error);
            }
        }
    }
}
