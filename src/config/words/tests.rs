//! The messages keep one shape in both languages.

use super::{Value, all, fill};
use crate::config::Language;

fn places(template: &str) -> Vec<&str> {
    let mut found: Vec<&str> =
        template.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn codes_are_distinct_and_of_one_form() {
    let codes: Vec<&str> = all().iter().map(|message| message.code).collect();
    let mut distinct = codes.clone();
    distinct.dedup();
    assert_eq!(codes, distinct);
    for code in codes {
        let number = code.strip_prefix("CFG-").expect("CFG-nnn");
        assert!(number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit()), "{code}");
    }
}

#[test]
fn both_languages_say_the_same_things() {
    for message in all() {
        let both = [message.english, message.dutch];
        let [english, dutch] = both.map(|said| {
            assert!(!said.what.is_empty() && !said.hint.is_empty(), "{}: nothing said", message.code);
            assert!(!said.what.ends_with('.') && !said.hint.ends_with('.'), "{}: full stop", message.code);
            places(&format!("{} {}", said.what, said.hint)).into_iter().map(String::from).collect::<Vec<_>>()
        });
        assert_eq!(english, dutch, "{}", message.code);
        assert_ne!(message.english, message.dutch, "{} is not translated", message.code);
    }
}

#[test]
fn places_are_filled_once_and_never_twice() {
    let values = [("key", Value::from("{table}")), ("table", Value::Each("a school", "een school"))];
    let filled = fill("`{key}` in {table}, {other} {", Language::Dutch, &values);
    assert_eq!(filled, "`{table}` in een school, {other} {");
}
