//! Days: how a birth date is written, and which day a few words name.

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    year: u16,
    month: u8,
    day: u8,
}

const MONTHS: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];
/// Short and English names of months, with their numbers.
const OTHER_MONTHS: [(&str, u8); 23] = [
    ("jan", 1),
    ("feb", 2),
    ("mrt", 3),
    ("apr", 4),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("sept", 9),
    ("okt", 10),
    ("nov", 11),
    ("dec", 12),
    ("january", 1),
    ("february", 2),
    ("march", 3),
    ("mar", 3),
    ("may", 5),
    ("june", 6),
    ("july", 7),
    ("august", 8),
    ("october", 10),
    ("oct", 10),
    ("maa", 3),
];

impl Day {
    /// Year × 10,000 + month × 100 + day.
    pub(super) fn number(self) -> u32 {
        u32::from(self.year) * 10_000 + u32::from(self.month) * 100 + u32::from(self.day)
    }

    fn new(year: u32, month: u32, day: u32) -> Option<Self> {
        let (year, month, day) =
            (u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?);
        let fits = (1900..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
        fits.then_some(Self { year, month, day })
    }
}

/// The day of `YYYY-MM-DD`, `YYYYMMDD` or `DD-MM-YYYY`, whatever stands between.
pub(super) fn parse(text: &str) -> Option<Day> {
    let date = text.split('T').next()?.trim();
    let mut parts = date.split(|mark: char| !mark.is_ascii_digit());
    let (first, second, third) = (parts.next()?, parts.next(), parts.next());
    let (year, month, day) = match (second, third) {
        (Some(month), Some(day)) if first.len() == 4 => (first, month, day),
        (Some(month), Some(year)) if year.len() == 4 => (year, month, first),
        (None, None) if first.len() == 8 => (first.get(..4)?, first.get(4..6)?, first.get(6..)?),
        _ => return None,
    };
    Day::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// Every usual way of writing a day, as folded words.
pub(super) fn written(date: Day, put: &mut impl FnMut(&[u8])) {
    let Day { year, month, day } = date;
    put(format!("{year:04} {month:02} {day:02}").as_bytes());
    put(format!("{year:04}{month:02}{day:02}").as_bytes());
    put(format!("{day:02} {month:02} {year:04}").as_bytes());
    put(format!("{day:02}{month:02}{year:04}").as_bytes());
    if day < 10 || month < 10 {
        put(format!("{day} {month} {year:04}").as_bytes());
        put(format!("{year:04} {month} {day}").as_bytes());
    }
    let names = OTHER_MONTHS.iter().filter(|(_, number)| *number == month).map(|(name, _)| *name);
    let own = MONTHS.get(usize::from(month.saturating_sub(1))).copied();
    for name in own.into_iter().chain(names) {
        put(format!("{day} {name} {year:04}").as_bytes());
        if day < 10 {
            put(format!("{day:02} {name} {year:04}").as_bytes());
        }
    }
}

/// The days that begin with the first of these folded words; `next` gives the words behind it.
pub(super) fn named<'a>(first: &[u8], next: impl Fn(usize) -> Option<&'a [u8]>) -> Vec<u32> {
    let mut days = Vec::new();
    let mut put = |year: u32, month: u32, day: u32| {
        days.extend(Day::new(year, month, day).map(Day::number));
    };
    // A time may follow without a break: `20120304T00`.
    let digits = |word: &[u8]| {
        let len = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let letters = word.get(len).is_none_or(u8::is_ascii_alphabetic);
        let number: u32 = std::str::from_utf8(word.get(..len)?).ok()?.parse().ok()?;
        (letters && len <= 8).then_some((number, len))
    };
    let Some((number, len)) = digits(first) else { return days };
    if len == 8 {
        put(number / 10_000, number / 100 % 100, number % 100);
        put(number % 10_000, number / 10_000 % 100, number / 1_000_000);
        return days;
    }
    let (Some(second), Some(third)) = (next(0), next(1)) else { return days };
    let Some((last, last_len)) = digits(third) else { return days };
    if let Some((middle, middle_len)) = digits(second).filter(|(_, len)| *len <= 2) {
        match (len, last_len) {
            (4, 1..=2) => put(number, middle, last),
            (1..=2, 4) => put(last, middle, number),
            (2, 2) if middle_len == 2 => {
                put(if last < 30 { 2000 + last } else { 1900 + last }, middle, number)
            }
            _ => {}
        }
    } else if len <= 2
        && last_len == 4
        && let Some(month) = month(second)
    {
        put(last, month, number);
    }
    days
}

fn month(word: &[u8]) -> Option<u32> {
    let own = MONTHS.iter().position(|name| name.as_bytes() == word).map(|at| at as u32 + 1);
    let other = || OTHER_MONTHS.iter().find(|(name, _)| name.as_bytes() == word);
    own.or_else(|| other().map(|(_, number)| u32::from(*number)))
}
