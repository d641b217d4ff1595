//! A page as one HTML file that stands alone: no script, nothing from elsewhere, headings and tables that a screen
//! reader can follow (WCAG 2.2), and a style for paper.
//!
//! It must not know what a page is about. Everything is escaped; a policy in its head forbids whatever would slip through.

use super::page::{Block, Cell, CellKind, Page, Table, plain};
use crate::config::Language;

/// Nothing may load or run; only the style below, by its own presence.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#767676}\
body{font:1rem/1.55 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1.5rem}\
h1,h2,h3,h4{line-height:1.25}h2{border-top:2px solid var(--line);margin-top:2.5rem;padding-top:1rem}\
p,li{max-width:48rem}.scroll{overflow-x:auto;margin:1rem 0}\
table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:600;padding:.5rem 0}\
th,td{border:1px solid var(--line);padding:.35rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
td.n{text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:normal}tbody th{font-weight:400}\
code,pre{font:.9em ui-monospace,monospace}pre{border:1px solid var(--line);padding:.6rem;overflow-x:auto}\
a:focus-visible{outline:3px solid;outline-offset:2px}\
.sign{margin:2.5rem 0 0;border-bottom:1px solid;max-width:30rem}\
@media print{body{font-size:10pt;max-width:none;padding:0}.scroll{overflow:visible}nav{display:none}\
h2,h3,h4{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}a{color:inherit}}";

/// The page.
pub(super) fn html(page: &Page) -> String {
    let lang = code_of(page.language);
    let title = escape(&page.title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n",
        escape(POLICY),
    );
    contents(page, &mut out);
    let mut chapter = 0;
    for block in &page.blocks {
        match block {
            Block::Heading(level, text) => {
                let level = (*level).clamp(2, 4);
                chapter += u32::from(level == 2);
                let id = if level == 2 { format!(" id=\"c{chapter}\"") } else { String::new() };
                out.push_str(&format!("<h{level}{id}>{}</h{level}>\n", escape(text)));
            }
            Block::Text(text) => out.push_str(&format!("<p>{}</p>\n", escape(text))),
            Block::List(items) => {
                out.push_str("<ul>\n");
                items.iter().for_each(|item| out.push_str(&format!("<li>{}</li>\n", escape(item))));
                out.push_str("</ul>\n");
            }
            Block::Table(rows) => table(rows, &mut out),
            Block::Commands(lines) => {
                let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
                out.push_str(&format!("<pre><code>{}</code></pre>\n", lines.join("\n")));
            }
            Block::Sign(places) => {
                for place in places {
                    out.push_str(&format!("<p class=\"sign\">{}:</p>\n", escape(place)));
                }
            }
        }
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// Links to the chapters, where there are more than a screen of them.
fn contents(page: &Page, out: &mut String) {
    let chapters: Vec<&String> = page
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Heading(2, text) => Some(text),
            _ => None,
        })
        .collect();
    if chapters.len() < 4 {
        return;
    }
    let label = page.language.pick("Contents", "Inhoud");
    out.push_str(&format!("<nav aria-label=\"{label}\">\n<ul>\n"));
    for (at, chapter) in chapters.iter().enumerate() {
        out.push_str(&format!("<li><a href=\"#c{}\">{}</a></li>\n", at + 1, escape(chapter)));
    }
    out.push_str("</ul>\n</nav>\n");
}

fn table(table: &Table, out: &mut String) {
    // A table wider than the screen is scrolled by itself, with the keyboard too.
    let caption = escape(&table.caption);
    out.push_str(&format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\">\n<table>\n"
    ));
    out.push_str(&format!("<caption>{caption}</caption>\n<thead>\n<tr>"));
    table.head.iter().for_each(|name| out.push_str(&format!("<th scope=\"col\">{}</th>", escape(name))));
    out.push_str("</tr>\n</thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (column, found) in row.iter().enumerate() {
            out.push_str(&cell(found, column == 0));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
}

fn cell(cell: &Cell, names_row: bool) -> String {
    let text = escape(&cell.text);
    let (inside, attributes) = match cell.kind {
        CellKind::Code if !text.is_empty() => (format!("<code>{text}</code>"), String::new()),
        CellKind::Number => (text, " class=\"n\"".to_owned()),
        CellKind::In(language) if !text.is_empty() => (text, format!(" lang=\"{language}\"")),
        _ => (text, String::new()),
    };
    if names_row {
        format!("<th scope=\"row\"{attributes}>{inside}</th>")
    } else {
        format!("<td{attributes}>{inside}</td>")
    }
}

/// The language's code (BCP 47).
pub(super) fn code_of(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Dutch => "nl",
    }
}

/// Text, for between tags and for attributes in double quotes.
fn escape(text: &str) -> String {
    let plain = plain(text);
    let mut out = String::with_capacity(plain.len() + 8);
    for c in plain.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
