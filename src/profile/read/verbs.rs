//! One line of `field`: its verb at each door, and the keys that go with it.
//!
//! It must not know where the line stands or what other lines say.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::draft::{Answer, FieldDraft, TestDraft};
use super::forms;
use super::source::{Said, Source, suggest};
use crate::profile::category::Category;
use crate::profile::rules::{Constant, Decoder, NamePart, To, Verb};

const FIELD: [&str; 22] = [
    "at", "do", "part", "kind", "form", "as", "value", "name", "to", "add", "when", "unless", "category",
    "why", "minted", "values", "type", "least", "most", "step", "longest", "digits",
];
const VERBS: [&str; 11] = [
    "keep",
    "drop",
    "blank",
    "constant",
    "refuse",
    "generalise",
    "pseudonym",
    "label",
    "swap",
    "address",
    "nested",
];

/// Reads one line; `None` when it has no verb to go on with.
pub(super) fn read(source: &mut Source<'_>, table: &DeTable<'_>, line: u32) -> Option<FieldDraft> {
    // `minted` belongs to a kind; it stands in FIELD so that the hint can say so.
    source.only(table, &FIELD, "a rule");
    if table.contains_key("minted") {
        let line = source.line_of(table, "minted", line);
        source.error(line, "`minted` belongs to a kind", "declare it under [kinds]");
    }
    let at = source.texts(table, "at");
    if at.is_empty() && !table.contains_key("at") {
        source.error(line, "the rule has no `at`", "name a value: at = \"/sourcedId\"");
    }
    let words = doors(source, table, line)?;
    let [leave, enter] = words.map(|word| verb(source, table, &word));
    let (leave, enter) = (leave?, enter?);
    let field = FieldDraft {
        line,
        at,
        leave,
        enter,
        part: source.text(table, "part"),
        kind: source.text(table, "kind"),
        form: form(source, table),
        kept: forms::read(source, table, line),
        constant: constant(source, table),
        swap: source.text(table, "name").map(|said| said.text),
        add: source.flag(table, "add"),
        category: category(source, table),
        why: source.text(table, "why").map(|said| said.text),
        tests: tests(source, table),
    };
    companions(source, table, &field);
    Some(field)
}

/// The word for each door, leaving first.
fn doors(source: &mut Source<'_>, table: &DeTable<'_>, line: u32) -> Option<[Said; 2]> {
    let Some(value) = table.get("do") else {
        if let Some(part) = table.get("part") {
            let said = Said { text: "part".to_owned(), line: source.line(part.span().start) };
            return Some([said.clone(), said]);
        }
        source.error(
            line,
            "the rule has neither `do` nor `part`",
            format!("known are: {}", VERBS.join(", ")),
        );
        return None;
    };
    let Some(pair) = value.get_ref().as_table() else {
        let word = source.as_text(value, "do")?;
        return Some([word.clone(), word]);
    };
    source.only(pair, &["leave", "enter"], "`do`");
    let words = ["leave", "enter"].map(|door| {
        if !pair.contains_key(door) {
            let line = source.line(value.span().start);
            let hint = format!("add {door} = \"…\"; both doors are named");
            source.error(line, format!("`do` does not say what happens to what is to {door}"), hint);
        }
        source.text(pair, door)
    });
    let [Some(leave), Some(enter)] = words else { return None };
    Some([leave, enter])
}

fn verb(source: &mut Source<'_>, table: &DeTable<'_>, word: &Said) -> Option<Verb> {
    Some(match word.text.as_str() {
        "keep" => Verb::Keep,
        "drop" => Verb::Drop,
        "blank" => Verb::Blank,
        "constant" => Verb::Constant,
        "refuse" => Verb::Refuse,
        "pseudonym" => Verb::Pseudonym,
        "swap" => Verb::Swap,
        "address" => Verb::Address,
        "generalise" => Verb::Generalise(to(source, table, word.line)?),
        "label" => Verb::Label(name_part(source, table, word.line)?),
        "nested" => Verb::Nested(decoder(source, table, word.line)?),
        "part" if !table.contains_key("do") => Verb::Part,
        other => {
            source.error(word.line, format!("unknown verb `{other}`"), suggest(other, &VERBS));
            return None;
        }
    })
}

fn to(source: &mut Source<'_>, table: &DeTable<'_>, line: u32) -> Option<To> {
    const KNOWN: [&str; 5] = ["year", "month", "first-of-year", "first-of-month", "postcode-4"];
    let said = needed(source, table, "to", line)?;
    Some(match said.text.as_str() {
        "year" => To::Year,
        "month" => To::Month,
        "first-of-year" => To::FirstOfYear,
        "first-of-month" => To::FirstOfMonth,
        "postcode-4" => To::Postcode4,
        other => {
            source.error(said.line, format!("unknown `to = \"{other}\"`"), suggest(other, &KNOWN));
            return None;
        }
    })
}

fn name_part(source: &mut Source<'_>, table: &DeTable<'_>, line: u32) -> Option<NamePart> {
    let said = needed(source, table, "as", line)?;
    Some(match said.text.as_str() {
        "given" => NamePart::Given,
        "family" => NamePart::Family,
        "full" => NamePart::Full,
        other => {
            let hint = suggest(other, &["given", "family", "full"]);
            source.error(said.line, format!("unknown label `{other}`"), hint);
            return None;
        }
    })
}

/// The decoder of `nested`. One that is not carried yet is noted, and stands in as the nearest that is.
fn decoder(source: &mut Source<'_>, table: &DeTable<'_>, line: u32) -> Option<Decoder> {
    const KNOWN: [&str; 5] = ["json", "form", "list", "oneroster-filter", "scim-filter"];
    let said = needed(source, table, "as", line)?;
    Some(match said.text.as_str() {
        "json" => Decoder::Json,
        "form" => Decoder::Form,
        "list" => Decoder::List,
        "oneroster-filter" => Decoder::OneRosterFilter,
        "scim-filter" => {
            source.not_carried(said.line, "the decoder `scim-filter`");
            Decoder::OneRosterFilter
        }
        other => {
            source.error(said.line, format!("unknown decoder `{other}`"), suggest(other, &KNOWN));
            return None;
        }
    })
}

fn needed(source: &mut Source<'_>, table: &DeTable<'_>, key: &str, line: u32) -> Option<Said> {
    if !table.contains_key(key) {
        source.error(line, format!("the verb needs `{key}`"), format!("add {key} = \"…\""));
    }
    source.text(table, key)
}

fn form(source: &mut Source<'_>, table: &DeTable<'_>) -> Option<(String, String)> {
    let said = source.text(table, "form")?;
    match said.text.split_once("{}") {
        Some((before, after)) if !after.contains("{}") && said.text.len() < 1000 => {
            Some((before.to_owned(), after.to_owned()))
        }
        _ => {
            source.error(
                said.line,
                "`form` has one `{}`, where the identifier stands",
                "such as \"mailto:{}\"",
            );
            None
        }
    }
}

fn constant(source: &mut Source<'_>, table: &DeTable<'_>) -> Option<Constant> {
    let value = table.get("value")?;
    let (text, literal) = match value.get_ref() {
        DeValue::String(text) => (text.to_string(), false),
        DeValue::Integer(number) if number.radix() == 10 => (number.as_str().replace('_', ""), true),
        DeValue::Boolean(flag) => (flag.to_string(), true),
        other => {
            let line = source.line(value.span().start);
            let what = format!("`value` cannot be {}", other.type_str());
            source.error(line, what, "a text, a whole number, true or false");
            return None;
        }
    };
    Some(Constant { text, literal })
}

fn category(source: &mut Source<'_>, table: &DeTable<'_>) -> Option<Category> {
    let said = source.text(table, "category")?;
    let category = Category::named(&said.text);
    if category.is_none() {
        let known = Category::ALL.map(Category::as_str);
        source.error(said.line, format!("unknown category `{}`", said.text), suggest(&said.text, &known));
    }
    category
}

fn tests(source: &mut Source<'_>, table: &DeTable<'_>) -> Vec<TestDraft> {
    let mut tests = Vec::new();
    for (key, wanted) in [("when", true), ("unless", false)] {
        let Some(value) = table.get(key) else { continue };
        let line = source.line(value.span().start);
        let Some(entries) = value.get_ref().as_table() else {
            source.error(line, format!("`{key}` is a table"), "such as { \"/userIdType\" = [\"ASI\"] }");
            continue;
        };
        if entries.is_empty() {
            source.error(line, format!("`{key}` is empty"), "name a value, or leave it out");
        }
        for (at, answer) in entries {
            let at = Said { text: at.get_ref().to_string(), line: source.line(at.span().start) };
            if let Some(answer) = read_answer(source, answer, key) {
                tests.push(TestDraft { at, wanted, answer });
            }
        }
    }
    tests
}

fn read_answer(source: &mut Source<'_>, answer: &Spanned<DeValue<'_>>, key: &str) -> Option<Answer> {
    if let DeValue::Boolean(present) = answer.get_ref() {
        return Some(Answer::Present(*present));
    }
    let texts: Vec<String> = source.as_texts(answer, key).into_iter().map(|said| said.text).collect();
    (!texts.is_empty()).then_some(Answer::Texts(texts))
}

/// Keys that belong to verbs: each there when its verb is, and only then.
fn companions(source: &mut Source<'_>, table: &DeTable<'_>, field: &FieldDraft) {
    let verbs = [field.leave, field.enter];
    let uses = |name: &str| verbs.iter().any(|verb| verb.as_str() == name);
    let rows: [(&str, &[&str], bool); 9] = [
        ("kind", &["pseudonym"], true),
        ("form", &["pseudonym"], false),
        ("value", &["constant"], true),
        ("name", &["swap"], true),
        ("to", &["generalise"], false),
        ("as", &["label", "nested"], false),
        ("part", &["nested", "part"], true),
        ("values", &["keep"], false),
        ("type", &["keep"], false),
    ];
    for (key, owners, required) in rows {
        let used = owners.iter().any(|owner| uses(owner));
        let line = source.line_of(table, key, field.line);
        if table.contains_key(key) && !used {
            let hint = format!("it goes with {}", owners.join(" and "));
            source.error(line, format!("`{key}` means nothing to `{}`", verbs[0].as_str()), hint);
        }
        if required && used && !table.contains_key(key) {
            source.error(
                line,
                format!("`{}` needs `{key}`", owners.join("` or `")),
                format!("add {key} = \"…\""),
            );
        }
    }
    if uses("label") && uses("nested") {
        source.error(field.line, "`as` cannot serve `label` and `nested` at once", "write two profiles");
    }
    let adds = ["constant", "swap", "label", "pseudonym"];
    if field.add && !verbs.iter().all(|verb| adds.contains(&verb.as_str())) {
        let line = source.line_of(table, "add", field.line);
        source.error(line, "`add` goes with constant, swap, label and pseudonym only", "leave `add` out");
    }
}
