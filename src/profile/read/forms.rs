//! The form of a kept value: `values`, or `type` with the keys that narrow it.
//!
//! It must not know where the rule stands.

use toml::de::DeTable;

use super::source::{Said, Source, suggest};
use crate::profile::form::{Form, Type};

const TYPES: [&str; 7] = ["count", "date-time", "date", "token", "boolean", "number", "uuid"];

/// Keys that narrow a type, and the type they narrow.
const NARROW: [(&str, &str); 5] =
    [("least", "count"), ("most", "count"), ("step", "count"), ("longest", "token"), ("digits", "token")];

/// Every key of a form.
pub(super) const KEYS: [&str; 7] = ["values", "type", "least", "most", "step", "longest", "digits"];

/// Reads the form of a rule, or of a kind; none when it gives none.
pub(super) fn read(source: &mut Source<'_>, table: &DeTable<'_>, line: u32) -> Option<Form> {
    let values: Vec<String> = source.texts(table, "values").into_iter().map(|said| said.text).collect();
    let said = source.texts(table, "type");
    for (key, owner) in NARROW {
        if table.contains_key(key) && !said.iter().any(|known| known.text == owner) {
            let line = source.line_of(table, key, line);
            source.error(
                line,
                format!("`{key}` narrows nothing"),
                format!("it goes with type = \"{owner}\""),
            );
        }
    }
    if !values.is_empty() && !said.is_empty() {
        let line = source.line_of(table, "type", line);
        source.error(line, "`values` and `type` in one rule", "list the texts, or name the type");
        return None;
    }
    if !values.is_empty() {
        return Some(Form::Values(values));
    }
    let types: Vec<Type> = said.iter().filter_map(|said| read_type(source, table, said)).collect();
    (!types.is_empty()).then_some(Form::Types(types))
}

fn read_type(source: &mut Source<'_>, table: &DeTable<'_>, said: &Said) -> Option<Type> {
    Some(match said.text.as_str() {
        "count" => {
            let least = source.number(table, "least", 0, 999_999_999).unwrap_or(0);
            let most = source.number(table, "most", 0, 999_999_999).unwrap_or(99_999);
            let step = source.number(table, "step", 1, 999_999_999).unwrap_or(1);
            if least > most {
                source.error(said.line, "no count is this large and this small", "`least` is at most `most`");
            }
            Type::Count { least, most, step }
        }
        "date-time" => Type::DateTime,
        "date" => Type::Date,
        "token" => {
            let longest = source.number(table, "longest", 1, 255).and_then(|n| u8::try_from(n).ok());
            let digits = source.number(table, "digits", 0, 255).and_then(|n| u8::try_from(n).ok());
            Type::Token { longest: longest.unwrap_or(64), digits: digits.unwrap_or(u8::MAX) }
        }
        "boolean" => Type::Boolean,
        "number" => Type::Number,
        "uuid" => Type::Uuid,
        other => {
            source.error(said.line, format!("unknown type `{other}`"), suggest(other, &TYPES));
            return None;
        }
    })
}
