//! The configuration for an auditor: what it says, without any secret, and without comments, in which anything may stand.
//!
//! Secrets stand in files, of which only the path is shown. It must not read them.

use toml::{Table, Value};

/// What stands for a value that is not shown.
const HIDDEN: &str = "(not shown)";

/// The configuration's text without secrets; none when it is no TOML.
pub(super) fn shown(text: &str) -> Option<String> {
    let mut table: Table = text.parse().ok()?;
    for value in table.iter_mut().map(|(_, value)| value) {
        clean(value);
    }
    let body = toml::to_string(&table).ok()?;
    Some(format!(
        "# The configuration in force, as Sluis read it: without comments, without the values of `swap`, and of secrets the\n\
         # path only. Its SHA-256 in leaves and reports is that of the school's own file together with its profiles.\n\n{body}"
    ))
}

fn clean(value: &mut Value) {
    match value {
        Value::Table(table) => {
            for (name, inside) in table.iter_mut() {
                if name == "swap" { hide(inside) } else { clean(inside) }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(clean),
        Value::String(text) => {
            if let Some(address) = address(text) {
                *text = address;
            }
        }
        _ => {}
    }
}

/// Both sides of a swap may be secrets, whatever they are called.
fn hide(value: &mut Value) {
    match value {
        Value::Table(table) => table.iter_mut().for_each(|(_, inside)| hide(inside)),
        Value::Array(list) => list.iter_mut().for_each(hide),
        other => *other = Value::String(HIDDEN.to_owned()),
    }
}

/// A web address without what may carry a secret: user, query and fragment.
fn address(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"))?;
    let (rest, cut) = match rest.find(['?', '#']) {
        Some(at) => (rest.get(..at)?, "?…"),
        None => (rest, ""),
    };
    let host_ends = rest.find('/').unwrap_or(rest.len());
    let host_begins = rest.get(..host_ends)?.rfind('@').map_or(0, |at| at + 1);
    Some(format!("{scheme}://{}{cut}", rest.get(host_begins..)?))
}
