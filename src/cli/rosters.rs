//! What the commands of `sluis roster` have done: import, change, take away, show, say how old.
//!
//! The leaf first: what the guard knows changes, and what is shown is shown, only when that is on record. It must not
//! know terminals or sockets.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Cursor, Read as _};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::act::{Body, Workplace, school_of};
use super::beside;
use super::failure::Failure;
use super::faults::roster_failed;
use super::looks::Look;
use super::words;
use crate::identity::{Identifier, Kind, School};
use crate::journal::{Detail, Event};
use crate::roster::{
    Applied, Brought, Changes, Field, Format, Import, ImportProgress, Known, Moves, Options, Roster,
    Seekable, Source, bring,
};

/// One change at a time: two at once would both begin with the roster as it was, and one would be lost.
static ALONE: Mutex<()> = Mutex::new(());
/// How often pupils of a roster may be listed in an hour, by all users together.
const SHOWN_AN_HOUR: usize = 12;
/// How many pupils are shown at once, whatever is asked.
const MOST_SHOWN: usize = 500;
/// How many bytes of them: the socket's lines are bounded.
const MOST_SHOWN_BYTES: usize = 512 * 1024;
/// The longest identifier of a list, in bytes.
const LONGEST_ID: usize = 1000;

/// How a file is imported.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Import1 {
    /// The school; the only one when it is not named.
    pub(super) school: Option<String>,
    /// `csv`, `oneroster` or `edexml`; by what is in the file when it is not named.
    pub(super) format: Option<String>,
    /// Changes, not a whole roster.
    pub(super) delta: bool,
    /// Also who works at the school.
    pub(super) staff: bool,
    /// The kind by which a plain file of changes finds pupils.
    #[serde(default)]
    pub(super) key: Option<String>,
    /// Primary identifiers may mean other pupils than before.
    pub(super) new_pseudonyms: bool,
}

/// Keeps everyone else from changing a roster.
pub(super) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `roster import`.
pub(super) fn import(asked: &Import1, body: Option<Body>, at: &Workplace<'_>) -> Result<Value, Failure> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::of(asked.school.as_deref(), at)?;
    let Some(body) = body else { return Err(Failure::new(&words::ROSTER_EMPTY, [])) };
    let options = Options {
        format: asked.format.as_deref().and_then(Format::named),
        delta: asked.delta,
        staff: asked.staff,
        key: match &asked.key {
            Some(named) => held_kind(&place.load(at)?, named)?,
            None => at.settings.roster_primary,
        },
    };
    let now = at.stores.clock.now();
    let mut told = |progress: ImportProgress| (at.tell)(progress.bytes, progress.of);
    let read = bring(source(body)?, &options, now, &mut told).map_err(|error| roster_failed(&error))?;
    let Import { brought, format, left_out } = read;
    let mut report = match brought {
        Brought::Whole(roster) => place.replace(roster, asked.new_pseudonyms, at)?,
        Brought::Changes(changes) => place.change(changes, asked.new_pseudonyms, at)?,
    };
    if let Value::Object(members) = &mut report {
        members.insert("format".into(), format.name().into());
        members.insert("left_out".into(), left_out.into());
    }
    Ok(report)
}

/// `roster remove`, with one identifier a line as the body.
pub(super) fn remove(
    school: Option<&str>,
    kind: &str,
    body: Option<Body>,
    at: &Workplace<'_>,
) -> Result<Value, Failure> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::of(school, at)?;
    let Some(body) = body else { return Err(Failure::new(&words::ROSTER_IDS, [("line", "1".into())])) };
    let now = at.stores.clock.now();
    let roster = place.load(at)?;
    let kind = held_kind(&roster, kind)?;
    let who = identifiers(kind, body)?;
    drop(roster);
    place.change(Changes::removal(who, now), true, at)
}

/// The kind of that name, when the roster holds it.
fn held_kind(roster: &Roster, named: &str) -> Result<Kind, Failure> {
    let kind = Kind::ALL.iter().copied().chain(roster.kinds()).find(|kind| kind.as_str() == named);
    let held = |kind: &Kind| roster.holds(*kind);
    kind.filter(held).ok_or_else(|| {
        let known: Vec<&str> = roster.kinds().map(Kind::as_str).collect();
        let values = [("found", named.to_owned().into()), ("known", known.join(", ").into())];
        Failure::new(&words::ROSTER_KIND, values)
    })
}

fn identifiers(kind: Kind, body: Body) -> Result<Vec<Identifier>, Failure> {
    let mut lines = BufReader::new(body.bytes);
    let (mut who, mut number) = (Vec::new(), 0_u64);
    loop {
        number += 1;
        let unfit = || Failure::new(&words::ROSTER_IDS, [("line", number.to_string().into())]);
        let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_ID + 8));
        let most = u64::try_from(LONGEST_ID + 4).unwrap_or(u64::MAX);
        let read = lines.by_ref().take(most).read_until(b'\n', &mut line).map_err(|_| unfit())?;
        if read == 0 {
            return if who.is_empty() { Err(unfit()) } else { Ok(who) };
        }
        let text = std::str::from_utf8(&line).map_err(|_| unfit())?;
        let text = if number == 1 { text.trim_start_matches('\u{feff}') } else { text }.trim();
        if text.len() > LONGEST_ID || text.chars().any(char::is_control) {
            return Err(unfit());
        }
        if !text.is_empty() {
            who.push(Identifier::new(kind, text));
        }
    }
}

/// `roster list`: pupils from a number on.
pub(super) fn list(
    school: Option<&str>,
    reason: &str,
    from: u64,
    most: u64,
    at: &Workplace<'_>,
) -> Result<Value, Failure> {
    let place = Place::of(school, at)?;
    plain_reason(reason)?;
    let now = at.stores.clock.now();
    // Two at once must not both be the last that is allowed.
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let shown = at.stores.words().looks.lately(now.as_millis(), Look::Roster, None);
    if shown >= SHOWN_AN_HOUR {
        return Err(Failure::new(&words::ROSTER_SHOWN_OFTEN, [("count", shown.to_string().into())]));
    }
    let roster = place.load(at)?;
    let most = usize::try_from(most).unwrap_or(MOST_SHOWN).min(MOST_SHOWN);
    let skipped = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
    let (mut pupils, mut bytes) = (Vec::new(), 0);
    for known in roster.pupils().skip(skipped).take(most) {
        let pupil = pupil_json(known);
        bytes += pupil.to_string().len();
        if bytes > MOST_SHOWN_BYTES {
            break;
        }
        pupils.push(pupil);
    }
    let mut leaf = at.stores.leaf(Event::SHOWN, now, &at.actor);
    leaf.details = vec![
        ("pupils".to_owned(), count(pupils.len())),
        ("reason".to_owned(), Detail::Text(reason.trim().to_owned())),
        ("school".to_owned(), Detail::Text(place.school.to_string())),
        ("what".to_owned(), Detail::Text("roster".to_owned())),
    ];
    at.stores.note(leaf)?;
    Ok(json!({
        "school": place.school.as_str(),
        "of": roster.len(),
        "imported": roster.imported().rfc3339(),
        "age_days": roster.age_days(now),
        "from": from.max(1),
        "pupils": pupils,
    }))
}

/// Refuses a reason that the journal cannot keep, or that is none.
pub(super) fn plain_reason(reason: &str) -> Result<(), Failure> {
    let plain = reason.chars().all(|letter| !letter.is_control());
    if plain && reason.trim().len() >= 4 && reason.len() <= 200 {
        return Ok(());
    }
    Err(Failure::new(&words::ROSTER_REASON, []).usage())
}

/// Everything that the roster knows of a pupil.
pub(super) fn pupil_json(known: Known<'_>) -> Value {
    let identifiers = known.all_identifiers().filter(|(kind, _)| *kind != Kind::EMAIL);
    let identifiers: Vec<Value> =
        identifiers.map(|(kind, text)| json!({ "kind": kind.as_str(), "value": text.expose() })).collect();
    let mut pupil = serde_json::Map::new();
    pupil.insert("identifiers".into(), identifiers.into());
    for field in Field::ALL {
        let texts: Vec<&str> = known.all(field).map(|text| text.expose()).collect();
        if !texts.is_empty() {
            pupil.insert(field.name().into(), texts.into());
        }
    }
    Value::Object(pupil)
}

/// How old each school's roster is, as its file says; a running server adds what it has seen.
pub(super) fn state(at: &Workplace<'_>) -> Result<Value, Failure> {
    let now = at.stores.clock.now();
    let mut schools = serde_json::Map::new();
    for school in &at.settings.schools {
        let Some(path) = beside::roster(at.settings, at.stores, &school.id)? else { continue };
        let kept = Roster::summary(&path, &at.stores.vault).map_err(|error| roster_failed(&error))?;
        let state = kept.map(|kept| {
            json!({
                "pupils": kept.pupils,
                "imported": kept.imported.rfc3339(),
                "age_days": kept.age_days(now),
            })
        });
        schools.insert(school.id.to_string(), state.unwrap_or(Value::Null));
    }
    Ok(Value::Object(schools))
}

/// Whose roster, and where it is kept.
struct Place {
    school: School,
    path: PathBuf,
}

impl Place {
    fn of(school: Option<&str>, at: &Workplace<'_>) -> Result<Self, Failure> {
        let school = school_of(at.settings, school)?;
        let path = at.settings.roster_of(&school);
        let path = path.ok_or_else(|| Failure::new(&words::NO_ROSTER_PATH, []))?;
        Ok(Self { school, path })
    }

    fn load(&self, at: &Workplace<'_>) -> Result<Roster, Failure> {
        beside::roster(at.settings, at.stores, &self.school)?;
        let roster = Roster::load(&self.path, &at.stores.vault).map_err(|error| roster_failed(&error))?;
        roster.ok_or_else(|| Failure::new(&words::ROSTER_NONE, []))
    }

    /// Whether a publisher of the school joins identifiers through the roster.
    fn joins(&self, at: &Workplace<'_>) -> bool {
        let mut publishers = at.settings.publishers.iter();
        publishers.any(|publisher| publisher.link_roster && publisher.school == self.school)
    }

    fn replace(&self, roster: Roster, new_pseudonyms: bool, at: &Workplace<'_>) -> Result<Value, Failure> {
        let joins = self.joins(at);
        if joins && !new_pseudonyms {
            let (mut moves, primary) = (Moves::default(), at.settings.roster_primary);
            // A damaged earlier roster can be replaced; whether pupils keep their pseudonyms is not known then.
            let vault = &at.stores.vault;
            let _ = Roster::each(&self.path, vault, &mut |before| moves.count(before, &roster, primary));
            keeps(moves, at)?;
        }
        let before = Roster::summary(&self.path, &at.stores.vault).ok().flatten();
        let before = before.map_or(0, |kept| kept.pupils);
        self.keep(roster, before, None, joins, at)
    }

    fn change(&self, changes: Changes, new_pseudonyms: bool, at: &Workplace<'_>) -> Result<Value, Failure> {
        let mut roster = self.load(at)?;
        let joins = self.joins(at);
        let before = u64::try_from(roster.len()).unwrap_or(u64::MAX);
        let now = at.stores.clock.now();
        let applied = changes.apply(&mut roster, at.settings.roster_primary, now);
        let applied = applied.map_err(|error| roster_failed(&error))?;
        if joins && !new_pseudonyms {
            keeps(applied.moves, at)?;
        }
        self.keep(roster, before, Some(applied), joins, at)
    }

    fn keep(
        &self,
        mut roster: Roster,
        before: u64,
        applied: Option<Applied>,
        joins: bool,
        at: &Workplace<'_>,
    ) -> Result<Value, Failure> {
        if joins {
            let primary = at.settings.roster_primary;
            let without = roster.pupils().filter(|pupil| pupil.identifier(primary).is_none()).count();
            if without > 0 {
                let values = [("count", without.to_string().into()), ("kind", primary.as_str().into())];
                return Err(Failure::new(&words::NO_PRIMARY, values));
            }
        }
        let number = |name: &str, number: u64| (name.to_owned(), Detail::Number(number));
        let mut leaf = at.stores.leaf(Event::ROSTER, at.stores.clock.now(), &at.actor);
        let mut details = vec![
            number("before", before),
            ("pupils".to_owned(), count(roster.len())),
            ("school".to_owned(), Detail::Text(self.school.to_string())),
        ];
        let mut report = json!({ "school": self.school.as_str(), "pupils": roster.len(), "before": before, "delta": false });
        if let Some(applied) = applied {
            let counts = [
                ("added", applied.added),
                ("changed", applied.changed),
                ("removed", applied.removed),
                ("unknown", applied.unknown),
            ];
            details.extend(counts.map(|(name, of)| number(name, of)));
            if let Value::Object(members) = &mut report {
                members.insert("delta".into(), true.into());
                members.extend(counts.map(|(name, of)| (name.to_owned(), of.into())));
            }
        }
        leaf.details = details;
        beside::put_roster(&mut roster, &self.path, leaf, at.stores)?;
        Ok(report)
    }
}

/// Refuses when pupils would lose their pseudonyms, or get another's.
fn keeps(moves: Moves, at: &Workplace<'_>) -> Result<(), Failure> {
    if moves.is_none() {
        return Ok(());
    }
    let values = [
        ("changed", moves.changed.to_string().into()),
        ("taken", moves.taken.to_string().into()),
        ("kind", at.settings.roster_primary.as_str().into()),
    ];
    Err(Failure::new(&words::ROSTER_PSEUDONYMS, values))
}

fn count(items: usize) -> Detail {
    Detail::Number(u64::try_from(items).unwrap_or(u64::MAX))
}

/// The files behind a body, or its bytes.
fn source(mut body: Body) -> Result<Source, Failure> {
    if body.files.is_empty() {
        let unread = |error: std::io::Error| {
            let values = [("path", "-".into()), ("reason", crate::config::reason(&error))];
            Failure::new(&words::READ, values)
        };
        let mut bytes = Vec::new();
        body.bytes.read_to_end(&mut bytes).map_err(unread)?;
        return Ok(Source::File(Box::new(Cursor::new(bytes))));
    }
    let boxed = |file: File| -> Box<dyn Seekable> { Box::new(file) };
    if body.folder {
        let named = |(name, file): (String, File)| {
            let name = Source::wants().iter().find(|known| **known == name)?;
            Some((*name, boxed(file)))
        };
        return Ok(Source::Folder(body.files.into_iter().filter_map(named).collect()));
    }
    let first = body.files.into_iter().next().map(|(_, file)| Source::File(boxed(file)));
    first.ok_or_else(|| Failure::new(&words::ROSTER_EMPTY, []))
}
