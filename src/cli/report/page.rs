//! A document before it is one: headings, paragraphs, lists and tables. Pages are made of these; `markdown.rs` and
//! `html.rs` write them down, and escape everything.
//!
//! It must not know what a page is about.

use crate::config::Language;

/// A document.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) language: Language,
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
}

/// A part of it.
#[derive(Debug, Clone)]
pub(super) enum Block {
    /// A heading of level 2 to 4.
    Heading(u8, String),
    Text(String),
    List(Vec<String>),
    Table(Table),
    /// Commands to type, line by line.
    Commands(Vec<String>),
    /// Places to sign: what each is for.
    Sign(Vec<String>),
}

/// A table whose first column names its rows.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A cell.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) kind: CellKind,
}

/// How a cell is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum CellKind {
    #[default]
    Text,
    /// A count: set to the right.
    Number,
    /// A name of a machine's: a path, a digest.
    Code,
    /// A text in this language, whatever the page's.
    In(&'static str),
}

impl Page {
    pub(super) fn new(language: Language, title: impl Into<String>) -> Self {
        Self { language, title: title.into(), blocks: Vec::new() }
    }

    pub(super) fn heading(&mut self, level: u8, text: impl Into<String>) {
        self.blocks.push(Block::Heading(level, text.into()));
    }

    pub(super) fn text(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Text(text.into()));
    }

    /// A list, unless it is empty.
    pub(super) fn list(&mut self, items: Vec<String>) {
        if !items.is_empty() {
            self.blocks.push(Block::List(items));
        }
    }

    /// A table, unless it has no rows.
    pub(super) fn table(&mut self, caption: impl Into<String>, head: &[&str], rows: Vec<Vec<Cell>>) {
        if !rows.is_empty() {
            let head = head.iter().map(|text| (*text).to_owned()).collect();
            self.blocks.push(Block::Table(Table { caption: caption.into(), head, rows }));
        }
    }

    /// A table of two columns: what, and which.
    pub(super) fn pairs(&mut self, caption: impl Into<String>, head: &[&str; 2], pairs: Vec<(String, Cell)>) {
        let rows = pairs.into_iter().map(|(what, which)| vec![Cell::from(what), which]).collect();
        self.table(caption, head, rows);
    }
}

impl Cell {
    pub(super) fn number(number: u64) -> Self {
        Self { text: number.to_string(), kind: CellKind::Number }
    }

    pub(super) fn code(text: impl Into<String>) -> Self {
        Self { text: text.into(), kind: CellKind::Code }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), kind: CellKind::Text }
    }
}

/// Text in one line, without what no reader sees: control characters, and those that turn the reading direction round
/// (a name that reads otherwise than it is written). White space is one blank.
pub(super) fn plain(text: &str) -> String {
    let shown = text.chars().map(|c| match c {
        c if c.is_whitespace() => ' ',
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
            '\u{fffd}'
        }
        c if c.is_control() => '\u{fffd}',
        c => c,
    });
    let shown: String = shown.collect();
    shown.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
