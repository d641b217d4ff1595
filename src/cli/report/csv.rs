//! Rows as CSV (RFC 4180), safe to open in a spreadsheet: what would be a formula there is text.
//!
//! It must not know what the rows are about.

use super::page::plain;

/// Lines that end in CR LF, every field quoted that needs it.
pub(super) fn csv<'r>(rows: impl IntoIterator<Item = &'r Vec<String>>) -> String {
    let mut out = String::new();
    for row in rows {
        let fields: Vec<String> = row.iter().map(|field| quoted(field)).collect();
        out.push_str(&fields.join(","));
        out.push_str("\r\n");
    }
    out
}

fn quoted(field: &str) -> String {
    let field = guarded(&plain(field));
    if field.contains(['"', ',', ';', '\'']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

/// A field that a spreadsheet would compute gets an apostrophe before it (OWASP, CSV injection); full-width forms too.
fn guarded(field: &str) -> String {
    let formula =
        field.starts_with(['=', '+', '-', '@', '|', '%', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if formula { format!("'{field}") } else { field.to_owned() }
}
