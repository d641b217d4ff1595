//! A page as Markdown (CommonMark, with the tables of GFM). Whatever a text holds, it stays text.
//!
//! It must not know what a page is about.

use super::page::{Block, Cell, CellKind, Page, Table, plain};

/// The page, ending in a newline.
pub(super) fn markdown(page: &Page) -> String {
    let mut out = format!("# {}\n", inside(&page.title));
    for block in &page.blocks {
        out.push('\n');
        match block {
            Block::Heading(level, heading) => {
                let marks = "#".repeat(usize::from(*level).clamp(2, 6));
                out.push_str(&format!("{marks} {}\n", inside(heading)));
            }
            Block::Text(paragraph) => out.push_str(&format!("{}\n", text(paragraph))),
            Block::List(items) => {
                items.iter().for_each(|item| out.push_str(&format!("- {}\n", text(item))));
            }
            Block::Table(rows) => table(rows, &mut out),
            Block::Commands(lines) => {
                lines.iter().for_each(|line| out.push_str(&format!("    {}\n", plain(line))));
            }
            Block::Sign(places) => {
                for place in places {
                    out.push_str(&format!("{}: ______________________________\n\n", text(place)));
                }
            }
        }
    }
    out
}

fn table(table: &Table, out: &mut String) {
    if !table.caption.is_empty() {
        out.push_str(&format!("**{}**\n\n", inside(&table.caption)));
    }
    let head: Vec<String> = table.head.iter().map(|name| inside(name)).collect();
    out.push_str(&format!("| {} |\n", head.join(" | ")));
    let first = table.rows.first();
    let rule = |column: usize| {
        let cell = first.and_then(|row| row.get(column));
        if cell.is_some_and(|cell| cell.kind == CellKind::Number) { "---:" } else { "---" }
    };
    let rules: Vec<&str> = (0..table.head.len()).map(rule).collect();
    out.push_str(&format!("|{}|\n", rules.join("|")));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(cell).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
}

fn cell(cell: &Cell) -> String {
    match cell.kind {
        CellKind::Code if !cell.text.is_empty() => code(&cell.text),
        _ => inside(&cell.text),
    }
}

/// A code span: fenced by more backticks than it holds, its pipes escaped for the table around it.
fn code(raw: &str) -> String {
    let plain = plain(raw);
    let longest = plain.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    if plain.contains('\\') && plain.contains('|') {
        // A pipe behind a backslash would end the cell after all.
        return escaped(raw, false);
    }
    let held = plain.replace('|', "\\|");
    if held.starts_with('`') || held.ends_with('`') {
        format!("{fence} {held} {fence}")
    } else {
        format!("{fence}{held}{fence}")
    }
}

/// Plain text: every character that could begin markup, escaped.
fn text(raw: &str) -> String {
    escaped(raw, true)
}

/// Plain text that does not begin a line.
fn inside(raw: &str) -> String {
    escaped(raw, false)
}

fn escaped(raw: &str, begins: bool) -> String {
    let plain = plain(raw);
    let mut out = String::with_capacity(plain.len() + 8);
    let mut numbering = begins;
    for (at, c) in plain.char_indices() {
        let first = at == 0;
        let marks = "\\`*_[]<>|~&".contains(c) || (first && begins && "#-+=".contains(c));
        // `1.` and `1)` at the begin are a list.
        let number = numbering && !first && matches!(c, '.' | ')');
        if marks || number {
            out.push('\\');
        }
        out.push(c);
        numbering &= c.is_ascii_digit();
    }
    out
}
