//! A profile as written: its tables, checked one by one, before any rule meets another.
//!
//! Verbs, kinds, categories and keys are judged here, each where it stands. It must not know which part is used
//! where.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::forms;
use super::source::{Said, Source, suggest};
use super::verbs;
use crate::identity::Kind;
use crate::profile::category::Category;
use crate::profile::form::Form;
use crate::profile::plan::Statuses;
use crate::profile::rules::{Constant, KindUse, Minted, Unlisted, Verb};

/// A whole profile, as written.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) source: String,
    pub(super) namespaces: BTreeMap<String, String>,
    pub(super) kinds: BTreeMap<String, KindUse>,
    /// What names look like that a publisher makes up.
    pub(super) minted: Vec<(Kind, Form)>,
    pub(super) messages: Vec<MessageDraft>,
    /// In the order of the file.
    pub(super) parts: Vec<PartDraft>,
}

/// `[part.name]`.
#[derive(Debug)]
pub(super) struct PartDraft {
    pub(super) name: String,
    pub(super) rules: RulesDraft,
}

/// `[[message]]`.
#[derive(Debug)]
pub(super) struct MessageDraft {
    pub(super) line: u32,
    pub(super) methods: Vec<Said>,
    pub(super) paths: Vec<Said>,
    pub(super) files: Vec<Said>,
    pub(super) side: Option<Side>,
    pub(super) statuses: Statuses,
    pub(super) media: Vec<Said>,
    pub(super) format: Option<Said>,
    pub(super) rules: RulesDraft,
}

/// `side`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Response,
}

/// What parts and messages have in common.
#[derive(Debug, Default)]
pub(super) struct RulesDraft {
    pub(super) line: u32,
    pub(super) unlisted: Option<(Unlisted, u32)>,
    pub(super) person: Vec<Said>,
    /// The line of `order = "pseudonym"`.
    pub(super) order: Option<u32>,
    pub(super) outside: Option<Said>,
    pub(super) fields: Vec<FieldDraft>,
}

/// One line of `field`.
#[derive(Debug)]
pub(super) struct FieldDraft {
    pub(super) line: u32,
    pub(super) at: Vec<Said>,
    pub(super) leave: Verb,
    pub(super) enter: Verb,
    pub(super) part: Option<Said>,
    pub(super) kind: Option<Said>,
    pub(super) form: Option<(String, String)>,
    /// `values` or `type`: what a kept value may be.
    pub(super) kept: Option<Form>,
    pub(super) constant: Option<Constant>,
    pub(super) swap: Option<String>,
    pub(super) add: bool,
    pub(super) category: Option<Category>,
    pub(super) why: Option<String>,
    pub(super) tests: Vec<TestDraft>,
}

/// One entry of `when` (`wanted`) or `unless`.
#[derive(Debug)]
pub(super) struct TestDraft {
    pub(super) at: Said,
    pub(super) wanted: bool,
    pub(super) answer: Answer,
}

/// The right side of a condition.
#[derive(Debug)]
pub(super) enum Answer {
    Texts(Vec<String>),
    Present(bool),
}

/// The kinds of the language, with what their pseudonyms are about where a rule does not say.
pub(super) const KINDS: [(&str, Category); 12] = [
    ("pupil-number", Category::PupilId),
    ("eck-id", Category::PupilId),
    ("las-key", Category::PupilId),
    ("staff-key", Category::StaffId),
    ("sis-user", Category::PupilId),
    ("lms-user", Category::PupilId),
    ("username", Category::PupilId),
    ("email", Category::Email),
    ("email-sha1", Category::Email),
    ("profile-id", Category::PupilId),
    ("real-id", Category::PupilId),
    ("openid", Category::PupilId),
];

const TOP: [&str; 7] = ["profile", "title", "source", "namespaces", "kinds", "message", "part"];
const MESSAGE: [&str; 12] = [
    "method", "path", "file", "side", "status", "media", "format", "unlisted", "field", "person", "order",
    "outside",
];
const PART: [&str; 5] = ["unlisted", "field", "person", "order", "outside"];

/// Reads the whole table; mistakes go to `source`.
pub(super) fn read(source: &mut Source<'_>, top: &DeTable<'_>) -> Draft {
    source.only(top, &TOP, "the profile");
    let mut draft = Draft::default();
    for (key, field) in [("profile", &mut draft.name), ("title", &mut draft.title)] {
        match source.text(top, key) {
            Some(said) if !said.text.trim().is_empty() => *field = said.text,
            Some(said) => source.error(said.line, format!("`{key}` is empty"), "say what it is"),
            None if top.contains_key(key) => {}
            None => source.error(1, format!("`{key}` is missing"), format!("begin with `{key} = \"…\"`")),
        }
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    if !draft.name.bytes().all(plain) {
        let line = source.line_of(top, "profile", 1);
        source.error(line, "a profile's name has a-z, 0-9, `.` and `-` only", "such as `oneroster-1.2`");
    }
    draft.source = source.text(top, "source").map(|said| said.text).unwrap_or_default();
    read_namespaces(source, top, &mut draft);
    read_kinds(source, top, &mut draft);
    read_parts(source, top, &mut draft);
    if let Some(list) = tables(source, top, "message", "[[message]]") {
        draft.messages = list.into_iter().map(|(table, line)| read_message(source, table, line)).collect();
    }
    if draft.messages.is_empty() {
        source.error(1, "the profile has no message", "without a [[message]] nothing crosses");
    }
    say_whom(&mut draft);
    draft
}

/// A pseudonym of a kind that names persons is about a pupil where its rule does not say: without a category what it
/// replaces would not be watched.
fn say_whom(draft: &mut Draft) {
    let own = |kind: &str| KINDS.iter().all(|(known, _)| *known != kind);
    let rules = draft.parts.iter_mut().map(|part| &mut part.rules);
    for rules in rules.chain(draft.messages.iter_mut().map(|message| &mut message.rules)) {
        for field in &mut rules.fields {
            let kind = field.kind.as_ref().filter(|said| own(&said.text));
            let person = kind.and_then(|said| draft.kinds.get(&said.text)).is_some_and(|kind| kind.person);
            if person && field.category.is_none() {
                field.category = Some(Category::PupilId);
            }
        }
    }
}

fn read_namespaces(source: &mut Source<'_>, top: &DeTable<'_>, draft: &mut Draft) {
    let Some(table) = table(source, top, "namespaces") else { return };
    for (prefix, uri) in table {
        if let Some(uri) = source.as_text(uri, prefix.get_ref()) {
            draft.namespaces.insert(prefix.get_ref().to_string(), uri.text);
        }
    }
}

fn read_kinds(source: &mut Source<'_>, top: &DeTable<'_>, draft: &mut Draft) {
    for (name, _) in KINDS {
        if let Ok(kind) = Kind::named(name) {
            draft.kinds.insert(name.to_owned(), KindUse { kind, person: true, minted: Minted::Inside });
        }
    }
    let Some(table) = table(source, top, "kinds") else { return };
    for (key, value) in table {
        let (name, line) = (key.get_ref().as_ref(), source.line(key.span().start));
        if KINDS.iter().any(|(known, _)| *known == name) {
            source.error(line, format!("kind `{name}` is the language's own"), "it needs no declaration");
            continue;
        }
        let Ok(kind) = Kind::named(name) else {
            source.error(line, format!("`{name}` cannot name a kind"), "1 to 32 of a-z, 0-9 and `-`");
            continue;
        };
        let Some(about) = value.get_ref().as_table() else {
            source.error(line, format!("kind `{name}` is a table"), "such as { names = \"thing\" }");
            continue;
        };
        let keys: Vec<&str> = ["names", "minted"].into_iter().chain(forms::KEYS).collect();
        source.only(about, &keys, "a kind");
        let names = source.text(about, "names");
        let person = names.as_ref().is_some_and(|said| said.text == "person");
        if !names.is_some_and(|said| matches!(said.text.as_str(), "person" | "thing")) {
            source.error(
                line,
                format!("kind `{name}` does not say what it names"),
                "names = \"person\" or \"thing\"",
            );
        }
        let minted = match source.text(about, "minted") {
            None => Minted::Inside,
            Some(said) if said.text == "publisher" => Minted::Publisher,
            Some(said) if said.text == "both" => {
                if person {
                    let hint = "a person's id that the publisher made up is minted = \"publisher\"";
                    source.error(said.line, "minted = \"both\" is for things", hint);
                }
                Minted::Both
            }
            Some(said) => {
                let what = format!("unknown `minted = \"{}\"`", said.text);
                source.error(said.line, what, suggest(&said.text, &["both", "publisher"]));
                Minted::Inside
            }
        };
        if let Some(form) = forms::read(source, about, line) {
            if minted == Minted::Inside {
                let what = format!("kind `{name}` has a form, and nobody outside makes it up");
                source.error(line, what, "a form goes with `minted`: of what the publisher brings");
            }
            draft.minted.push((kind, form));
        }
        draft.kinds.insert(name.to_owned(), KindUse { kind, person, minted });
    }
}

fn read_parts(source: &mut Source<'_>, top: &DeTable<'_>, draft: &mut Draft) {
    let Some(parts) = table(source, top, "part") else { return };
    for (key, value) in parts {
        let line = source.line(key.span().start);
        let Some(table) = value.get_ref().as_table() else {
            source.error(line, format!("part `{}` is a table", key.get_ref()), "write [part.name]");
            continue;
        };
        source.only(table, &PART, "a part");
        let rules = read_rules(source, table, line);
        draft.parts.push(PartDraft { name: key.get_ref().to_string(), rules });
    }
    draft.parts.sort_by_key(|part| part.rules.line);
}

fn read_message(source: &mut Source<'_>, table: &DeTable<'_>, line: u32) -> MessageDraft {
    source.only(table, &MESSAGE, "a message");
    let side = source.text(table, "side").and_then(|said| match said.text.as_str() {
        "request" => Some(Side::Request),
        "response" => Some(Side::Response),
        other => {
            let hint = suggest(other, &["request", "response"]);
            source.error(said.line, format!("unknown side `{other}`"), hint);
            None
        }
    });
    let format = source.text(table, "format");
    if format.is_none() && !table.contains_key("format") {
        source.error(
            line,
            "the message has no `format`",
            "json, ndjson, form, xml, csv, or none for no body",
        );
    }
    let statuses = read_statuses(source, table);
    MessageDraft {
        line,
        methods: source.texts(table, "method"),
        paths: source.texts(table, "path"),
        files: source.texts(table, "file"),
        side,
        statuses,
        media: source.texts(table, "media"),
        format,
        rules: read_rules(source, table, line),
    }
}

fn read_statuses(source: &mut Source<'_>, table: &DeTable<'_>) -> Statuses {
    let Some(value) = table.get("status") else { return Statuses::Success };
    let line = source.line(value.span().start);
    let items: Vec<&DeValue<'_>> = match value.get_ref() {
        DeValue::Array(list) => list.iter().map(Spanned::get_ref).collect(),
        single => vec![single],
    };
    let mut list = Vec::new();
    for item in &items {
        let number = item.as_integer().and_then(|number| number.as_str().parse::<u16>().ok());
        match number {
            Some(206) => source.error(line, "status 206 never crosses", "ranges are refused"),
            Some(status @ 200..=599) => list.push(status),
            _ => source.error(line, "a status is a number from 200 to 599", "such as status = [200, 201]"),
        }
    }
    if items.is_empty() {
        source.error(line, "`status` is an empty list", "leave it out for every 2xx");
    }
    Statuses::Listed(list)
}

fn read_rules(source: &mut Source<'_>, table: &DeTable<'_>, line: u32) -> RulesDraft {
    let unlisted = source.text(table, "unlisted").and_then(|said| match said.text.as_str() {
        "drop" => Some((Unlisted::Drop, said.line)),
        "refuse" => Some((Unlisted::Refuse, said.line)),
        other => {
            let hint = "drop or refuse; what is to be kept must be listed";
            source.error(said.line, format!("unknown `unlisted = \"{other}\"`"), hint);
            None
        }
    });
    let order = source.text(table, "order").map(|said| {
        if said.text != "pseudonym" {
            source.error(said.line, format!("unknown order `{}`", said.text), "order = \"pseudonym\"");
        }
        said.line
    });
    let fields = tables(source, table, "field", "[[message.field]]").unwrap_or_default();
    RulesDraft {
        line,
        unlisted,
        person: source.texts(table, "person"),
        order,
        outside: source.text(table, "outside"),
        fields: fields.into_iter().filter_map(|(field, line)| verbs::read(source, field, line)).collect(),
    }
}

/// A table under `key`.
fn table<'t, 'i>(source: &mut Source<'_>, top: &'t DeTable<'i>, key: &str) -> Option<&'t DeTable<'i>> {
    let value = top.get(key)?;
    let table = value.get_ref().as_table();
    if table.is_none() {
        let line = source.line(value.span().start);
        source.error(line, format!("`{key}` is a table"), format!("write [{key}]"));
    }
    table
}

/// A list of tables under `key`, each with its line.
fn tables<'t, 'i>(
    source: &mut Source<'_>,
    top: &'t DeTable<'i>,
    key: &str,
    written: &str,
) -> Option<Vec<(&'t DeTable<'i>, u32)>> {
    let value = top.get(key)?;
    let line = source.line(value.span().start);
    let Some(list) = value.get_ref().as_array() else {
        source.error(line, format!("`{key}` is a list of tables"), format!("write {written}"));
        return None;
    };
    let mut tables = Vec::new();
    for item in list.iter() {
        let line = source.line(item.span().start);
        match item.get_ref().as_table() {
            Some(table) => tables.push((table, line)),
            None => source.error(line, format!("an item of `{key}` is no table"), "write { … }"),
        }
    }
    Some(tables)
}
