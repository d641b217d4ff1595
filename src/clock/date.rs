//! Days of the calendar, and when they begin and end in the Netherlands: what agreements end by and birthdays fall on.
//!
//! It must not know the machine's time zone: an agreement of a Dutch school ends at midnight there, wherever Sluis
//! runs. Caribbean schools' days end some hours later than is counted here.

use super::{Timestamp, civil};

/// Milliseconds of an hour, and of a day.
const HOUR: u64 = 60 * 60 * 1000;
const DAY: u64 = 24 * HOUR;

/// A day of the proleptic Gregorian calendar, from year 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Reads `YYYY-MM-DD` (RFC 3339 `full-date`); none for anything else, also for the 31st of February.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |from: usize, to: usize| {
            let piece = text.get(from..to)?;
            piece.bytes().all(|byte| byte.is_ascii_digit()).then(|| piece.parse::<u16>().ok())?
        };
        let dashes = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
        let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
        let month = u8::try_from(month).ok()?;
        let day = u8::try_from(day).ok()?;
        let good = dashes && year >= 1 && day >= 1 && day <= month_days(year, month);
        good.then_some(Self { year, month, day })
    }

    /// The day that it is in the Netherlands at a moment.
    pub fn in_the_netherlands(now: Timestamp) -> Self {
        let local = now.0 + offset(now.0);
        Self::of_days(local / DAY)
    }

    /// The day after.
    #[must_use]
    pub fn next(self) -> Self {
        if self.day < month_days(self.year, self.month) {
            return Self { day: self.day + 1, ..self };
        }
        match self.month {
            12 => Self { year: self.year.saturating_add(1), month: 1, day: 1 },
            month => Self { month: month + 1, day: 1, ..self },
        }
    }

    /// The moment at which this day begins in the Netherlands.
    pub fn begin(self) -> Timestamp {
        let midnight = self.days() * DAY;
        // Clocks change at 01:00 UTC, never around midnight: the offset just before is that of midnight itself.
        Timestamp(midnight.saturating_sub(offset(midnight.saturating_sub(HOUR))))
    }

    /// The moment at which this day ends in the Netherlands.
    pub fn end(self) -> Timestamp {
        self.next().begin()
    }

    /// The same day, years later. Of 29 February in a year that has none: 1 March.
    #[must_use]
    pub fn years_later(self, years: u16) -> Self {
        let year = self.year.saturating_add(years);
        if self.day > month_days(year, self.month) {
            return Self { year, month: 3, day: 1 };
        }
        Self { year, ..self }
    }

    /// Days since 1970-01-01; 0 for earlier days.
    fn days(self) -> u64 {
        let (year, month) = (u64::from(self.year), u64::from(self.month));
        // Years counted from 1 March, as in `civil`.
        let shifted = if month > 2 { year } else { year - 1 };
        let (era, of_era) = (shifted / 400, shifted % 400);
        let march_month = (month + 9) % 12;
        let day_of_year = (153 * march_month + 2) / 5 + u64::from(self.day) - 1;
        let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
        (era * 146_097 + day_of_era).saturating_sub(719_468)
    }

    fn of_days(days: u64) -> Self {
        let (year, month, day) = civil(days);
        let small = |number: u64| u8::try_from(number).unwrap_or(1);
        Self { year: u16::try_from(year).unwrap_or(9999), month: small(month), day: small(day) }
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// How many days a month has; none for a month that there is not.
fn month_days(year: u16, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

/// How far Dutch time is ahead of UTC, in milliseconds: two hours from the last Sunday of March to the last of October,
/// 01:00 UTC (Directive 2000/84/EC), else one.
fn offset(millis: u64) -> u64 {
    let (year, ..) = civil(millis / DAY);
    let year = u16::try_from(year).unwrap_or(9999);
    let change = |month| {
        let last = Date { year, month, day: 31 }.days();
        // 1970-01-01 was a Thursday: of days counted from it, Sundays leave 3.
        let sunday = last - (last + 4) % 7;
        sunday * DAY + HOUR
    };
    if (change(3)..change(10)).contains(&millis) { 2 * HOUR } else { HOUR }
}

#[cfg(test)]
mod tests {
    use super::Date;
    use crate::clock::Timestamp;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn only_days_that_exist_are_read() {
        for good in ["2028-02-29", "2000-02-29", "2026-12-31", "0001-01-01", "9999-12-31"] {
            assert_eq!(date(good).to_string(), good);
        }
        for odd in [
            "2026-02-31",
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "2026-01-00",
            "0000-01-01",
            "26-01-01",
            "2026-1-01",
            "2026/01/01",
            "31-07-2027",
            "2026-01-01 ",
            "+026-01-01",
            "2026-01-0１",
            "",
            "2026-01-01T00:00:00Z",
        ] {
            assert_eq!(Date::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_day_ends_at_dutch_midnight() {
        for (day, end) in [
            ("2027-07-31", "2027-07-31T22:00:00.000Z"),
            ("2026-12-31", "2026-12-31T23:00:00.000Z"),
            // The day before the clock goes forward, the day itself, and the same in autumn.
            ("2027-03-27", "2027-03-27T23:00:00.000Z"),
            ("2027-03-28", "2027-03-28T22:00:00.000Z"),
            ("2027-10-30", "2027-10-30T22:00:00.000Z"),
            ("2027-10-31", "2027-10-31T23:00:00.000Z"),
            ("2028-02-28", "2028-02-28T23:00:00.000Z"),
        ] {
            assert_eq!(date(day).end().rfc3339(), end, "{day}");
            let just_before = Timestamp::from_millis(date(day).end().as_millis() - 1);
            assert_eq!(Date::in_the_netherlands(just_before), date(day));
            assert_eq!(Date::in_the_netherlands(date(day).end()), date(day).next());
        }
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        let mut day = date("1970-01-01");
        for number in 0..146_097 {
            assert_eq!((day.days(), Date::of_days(number)), (number, day));
            day = day.next();
        }
        assert_eq!(day, date("2370-01-01"));
    }

    #[test]
    fn a_leap_day_is_a_birthday_in_march() {
        assert_eq!(date("2012-02-29").years_later(16), date("2028-02-29"));
        assert_eq!(date("2012-02-29").years_later(15), date("2027-03-01"));
        assert_eq!(date("2010-11-25").years_later(16), date("2026-11-25"));
    }
}
