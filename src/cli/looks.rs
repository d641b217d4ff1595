//! How often somebody looked at pupils' data of late. The journal says so, also after a restart; it is read once, when the
//! stores are opened, and heard from then on: a look costs the same however long the journal is.
//!
//! It must not know what was looked at, nor how often is too often.

use crate::journal::{Detail, Event, Leaf};

/// What stays known, in milliseconds: twice the hour that is counted, since clocks are set.
const KNOWN_MS: u64 = 2 * HOUR_MS;
/// The time over which looks are counted.
pub(super) const HOUR_MS: u64 = 60 * 60 * 1000;

/// What was looked at. Each kind is counted by itself: a nightly check of the roster keeps nobody from answering a parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Pupils of a roster, many at once.
    Roster,
    /// One pupil, by an identifier, a name or a pseudonym.
    Pupil,
}

/// Looks of the last hours.
#[derive(Debug, Default)]
pub(super) struct Looks(Vec<(u64, Look, String)>);

impl Looks {
    /// Hears the next leaf.
    pub(super) fn hear(&mut self, leaf: &Leaf) {
        let of_roster = leaf.details.iter().any(
            |(name, detail)| matches!((name.as_str(), detail), ("what", Detail::Text(what)) if what == "roster"),
        );
        let look = match leaf.event {
            Event::SHOWN if of_roster => Look::Roster,
            Event::SHOWN | Event::REIDENTIFIED => Look::Pupil,
            _ => return,
        };
        self.0.retain(|(time_ms, ..)| time_ms.saturating_add(KNOWN_MS) > leaf.time_ms);
        self.0.push((leaf.time_ms, look, leaf.actor.clone()));
    }

    /// How many there were in the hour before now; of one user, if one is named.
    pub(super) fn lately(&self, now_ms: u64, look: Look, actor: Option<&str>) -> usize {
        let since = now_ms.saturating_sub(HOUR_MS);
        let counts = |(time_ms, of, by): &&(u64, Look, String)| {
            *time_ms > since && *of == look && actor.is_none_or(|actor| actor == by)
        };
        self.0.iter().filter(counts).count()
    }
}

#[cfg(test)]
mod tests {
    use super::{HOUR_MS, Look, Looks};
    use crate::journal::{Detail, Event, Leaf};

    fn look(event: Event, time_ms: u64, actor: &str, what: &str) -> Leaf {
        let mut leaf = Leaf::new(event, time_ms);
        leaf.actor = actor.to_owned();
        leaf.details = vec![("what".to_owned(), Detail::Text(what.to_owned()))];
        leaf
    }

    #[test]
    fn each_kind_is_counted_by_itself_and_by_user() {
        let mut looks = Looks::default();
        for (event, actor, what) in [
            (Event::SHOWN, "uid 1", "roster"),
            (Event::SHOWN, "uid 1", "pupil"),
            (Event::SHOWN, "uid 2", "export"),
            (Event::REIDENTIFIED, "uid 1", ""),
            (Event::LEFT, "uid 1", "roster"),
        ] {
            looks.hear(&look(event, 10 * HOUR_MS, actor, what));
        }
        let now = 10 * HOUR_MS + 5;
        assert_eq!(looks.lately(now, Look::Roster, None), 1);
        assert_eq!(looks.lately(now, Look::Pupil, None), 3);
        assert_eq!(looks.lately(now, Look::Pupil, Some("uid 1")), 2);
        assert_eq!(looks.lately(now, Look::Pupil, Some("uid 3")), 0);
        assert_eq!(looks.lately(now + HOUR_MS, Look::Pupil, None), 0);
        // A clock that is set back frees nobody.
        assert_eq!(looks.lately(now - 3 * HOUR_MS, Look::Pupil, Some("uid 1")), 2);
    }

    #[test]
    fn what_is_kept_does_not_grow_with_the_journal() {
        let mut looks = Looks::default();
        for minute in 0..1_000_000_u64 {
            looks.hear(&look(Event::SHOWN, minute * 60_000, "uid 1", "pupil"));
        }
        assert!(looks.0.len() <= 121, "{}", looks.0.len());
        assert_eq!(looks.lately(999_999 * 60_000, Look::Pupil, Some("uid 1")), 60);
    }
}
