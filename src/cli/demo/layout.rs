//! Two columns side by side, as far as the terminal is wide enough; one under the other where it is not.
//!
//! It must not know what stands in them. Widths are counted in characters: the demo writes none that take two cells.

use std::io::IsTerminal as _;

/// Where nobody says how wide the output is.
const USUAL: usize = 100;
/// From here on the rule stands beside the columns.
const WIDE: usize = 124;
/// Below this the columns stand one under the other.
const NARROW: usize = 66;
/// Wider lines are hard to read.
const MOST: usize = 160;
/// Before every line.
const INDENT: usize = 3;

/// How lines are laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    width: usize,
}

/// A value on both sides, with its name and what is said of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Cells {
    pub(super) name: String,
    pub(super) inside: String,
    pub(super) outside: String,
    /// `number: only the school …`
    pub(super) said: String,
}

impl Layout {
    /// As wide as the terminal; of other outputs as `COLUMNS` says.
    pub(super) fn standard() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the environment is read in cli only")]
        let written = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let stdout = std::io::stdout();
        let size = stdout.is_terminal().then(|| rustix::termios::tcgetwinsize(&stdout).ok()).flatten();
        let terminal = size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0);
        Self::of(terminal.or(written).unwrap_or(USUAL))
    }

    /// Of this width.
    pub(super) fn of(width: usize) -> Self {
        Self { width: width.clamp(32, MOST) }
    }

    /// A line from side to side.
    pub(super) fn rule(self) -> String {
        "─".repeat(self.width)
    }

    /// A number and what it is of.
    pub(super) fn title(self, number: usize, text: &str) -> Vec<String> {
        let lines = wrap(text, self.width.saturating_sub(INDENT)).into_iter().enumerate();
        let begin = |first: bool| if first { number.to_string() } else { String::new() };
        lines.map(|(n, line)| format!("{}{line}", pad(&begin(n == 0), INDENT))).collect()
    }

    /// A text in lines, indented.
    pub(super) fn text(self, text: &str) -> Vec<String> {
        let room = self.width.saturating_sub(INDENT);
        wrap(text, room).into_iter().map(|line| format!("{}{line}", " ".repeat(INDENT))).collect()
    }

    /// What stands where, below one another; nothing where it does not fit.
    pub(super) fn map(self, way: &str, inside: &str, outside: &str) -> Vec<String> {
        let far = way.rfind('▶').and_then(|at| way.get(..at)).map_or(0, |before| before.chars().count() + 2);
        let below = format!("{}{outside}", pad(inside, far));
        let room = self.width.saturating_sub(INDENT);
        if room < way.chars().count().max(below.chars().count()) {
            return Vec::new();
        }
        [way, &below].iter().map(|line| format!("{}{line}", " ".repeat(INDENT))).collect()
    }

    /// Above the columns: what stands in them.
    pub(super) fn heads(self, inside: &str, outside: &str, said: &str) -> Vec<String> {
        if self.width < NARROW {
            return Vec::new();
        }
        let (name, side, last) = self.widths();
        let cell = |width: usize| "─".repeat(width);
        let line = |name: String, inside: String, outside: String, said: Option<String>| {
            let begin = format!("{}{name}", " ".repeat(INDENT));
            let rest = said.map_or_else(String::new, |said| format!(" │ {said}"));
            format!("{begin}{inside} │ {outside}{rest}").trim_end().to_owned()
        };
        let wide = self.width >= WIDE;
        vec![
            line(pad("", name), pad(inside, side), pad(outside, side), wide.then(|| said.to_owned())),
            line(cell(name), cell(side), cell(side), wide.then(|| cell(last))).replace(" │ ", "─┼─"),
        ]
    }

    /// A value on both sides. `inside` and `outside` name the sides where no columns do.
    pub(super) fn cells(self, cells: &Cells, inside: &str, outside: &str) -> Vec<String> {
        let begin = " ".repeat(INDENT);
        let (name, side, last) = self.widths();
        if self.width >= WIDE {
            let said = wrap(&cells.said, last);
            let line = |first: bool, said: &str| {
                let of =
                    |text: &str, width| pad(&if first { shorten(text, width) } else { String::new() }, width);
                let begin = format!("{begin}{}", of(&cells.name, name.saturating_sub(2)));
                let line =
                    format!("{begin}  {} │ {} │ {said}", of(&cells.inside, side), of(&cells.outside, side));
                line.trim_end().to_owned()
            };
            let mut lines: Vec<String> =
                said.iter().enumerate().map(|(n, said)| line(n == 0, said)).collect();
            if lines.is_empty() {
                lines.push(line(true, ""));
            }
            return lines;
        }
        let room = self.width.saturating_sub(INDENT);
        let title = match (cells.name.is_empty(), cells.said.is_empty()) {
            (true, true) => String::new(),
            (false, true) => cells.name.clone(),
            (true, false) => cells.said.clone(),
            (false, false) => format!("{} · {}", cells.name, cells.said),
        };
        let mut lines: Vec<String> = Vec::new();
        if !title.is_empty() {
            lines.extend(wrap(&title, room).into_iter().map(|line| format!("{begin}{line}")));
        }
        if self.width >= NARROW {
            let before = if title.is_empty() { "" } else { "  " };
            let room = side.saturating_sub(before.len());
            let left = pad(&format!("{before}{}", shorten(&cells.inside, room)), side);
            let right = shorten(&cells.outside, side);
            lines.push(format!("{begin}{left} │ {right}").trim_end().to_owned());
        } else {
            for (side, value) in [(inside, &cells.inside), (outside, &cells.outside)] {
                let room = room.saturating_sub(side.chars().count() + 4);
                lines.push(format!("{begin}  {side}: {}", shorten(value, room)).trim_end().to_owned());
            }
        }
        lines
    }

    /// Name, each side, and what is said.
    fn widths(self) -> (usize, usize, usize) {
        let room = self.width.saturating_sub(INDENT);
        if self.width < WIDE {
            return (0, room.saturating_sub(3) / 2, 0);
        }
        let name = 24;
        let side = 36;
        (name, side, room.saturating_sub(name + 2 * side + 6))
    }
}

fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(missing))
}

/// A text that fits: its middle goes.
pub(super) fn shorten(text: &str, room: usize) -> String {
    let length = text.chars().count();
    if length <= room {
        return text.to_owned();
    }
    let tail = (room / 3).min(8);
    let head = room.saturating_sub(tail + 1);
    let begin: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{begin}…{end}")
}

/// Lines of at most so many characters, broken between words.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let fits = |line: &String| line.chars().count() + 1 + word.chars().count() <= room;
        match lines.last_mut().filter(|line| fits(line)) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(shorten(word, room)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Cells, Layout, shorten, wrap};

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let cells = Cells {
            name: "userMasterIdentifier".to_owned(),
            inside: "https://ketenid.example/201703/".to_owned() + &"ab".repeat(64),
            outside: "01234567-89ab-8cde-8f01-23456789abcd".to_owned(),
            said: "number: only the school can tell whose it is, and nobody else".to_owned(),
        };
        for width in [32, 40, 66, 80, 100, 123, 124, 140, 160] {
            let layout = Layout::of(width);
            let mut lines = layout.cells(&cells, "inside the school", "at the publisher");
            lines.extend(layout.heads("inside the school", "at the publisher", "why"));
            lines.extend(layout.text(&cells.said));
            lines.push(layout.rule());
            lines.extend(layout.map(
                "A ◀══ TLS ══▶ B ◀══ TLS ══▶ C",
                "inside the school",
                "at the publisher",
            ));
            for line in &lines {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
            assert!(lines.iter().any(|line| line.contains("0123")), "{width}");
            assert!(lines.iter().any(|line| line.contains("number:")), "{width}");
        }
    }

    #[test]
    fn texts_are_shortened_in_the_middle_and_wrapped_between_words() {
        assert_eq!(shorten("Çelik", 5), "Çelik");
        assert_eq!(shorten("0123456789", 6), "012…89");
        assert_eq!(wrap("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(wrap("", 4), Vec::<String>::new());
    }
}
