//! What `sluis consent` has done with the stores. Every change is journalled before it is kept: what was said, of which
//! publisher and why; never of whom.
//!
//! It must not know terminals.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cli::act::{Body, Workplace, school_of};
use crate::cli::beside;
use crate::cli::failure::Failure;
use crate::cli::faults::{consents_failed, roster_failed};
use crate::cli::words;
use crate::clock::Date;
use crate::config::words::Value as Word;
use crate::identity::{Identifier, Publisher, School};
use crate::journal::Detail;
use crate::roster::consent::{Consents, Mark, Said, Stance, import_consents, kind_named};
use crate::roster::{Field, Known, Roster};

/// The longest reason, in bytes: a leaf's short text.
const MOST_REASON: usize = 255;

/// One statement, to be recorded or taken back; the identifier is the body.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Change {
    pub(super) school: Option<String>,
    pub(super) publisher: String,
    pub(super) kind: String,
    pub(super) stance: String,
    pub(super) date: Option<String>,
    pub(super) reason: String,
    pub(super) withdraw: bool,
}

/// One change at a time: two at once would both begin with what was on record, and one would be lost.
static ALONE: Mutex<()> = Mutex::new(());

/// Keeps everyone else from changing what was said.
pub(super) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `consent import`.
pub(in crate::cli) fn import(
    school: Option<&str>,
    body: Option<Body>,
    at: &Workplace<'_>,
) -> Result<Value, Failure> {
    let school = school_of(at.settings, school)?;
    let Some(body) = body else { return Err(Failure::new(&words::consent::CONSENTS_EMPTY, [])) };
    let _alone = alone();
    let mut consents = load(&school, at)?;
    let roster = roster(&school, at)?;
    let known = |id: &Publisher| has(&school, id, at);
    let today = Date::in_the_netherlands(at.stores.clock.now());
    let all = import_consents(body.bytes, &known, today).map_err(|error| consents_failed(&error))?;
    let of = |stance| all.iter().filter(|said| said.mark.stance == stance).count();
    let (objections, said) = (of(Stance::Objection), of(Stance::Consent));
    let nobody = |said: &&Said| !knows(roster.as_ref(), &said.identifier);
    let unknown = if roster.is_some() { all.iter().filter(nobody).count() } else { 0 };
    let new = all.into_iter().map(|said| consents.record(said)).filter(|new| *new).count();
    let details = [
        ("act", Detail::Text("consents imported".to_owned())),
        ("consents", count(said)),
        ("new", count(new)),
        ("objections", count(objections)),
    ];
    keep(&consents, &school, details, at)?;
    Ok(json!({
        "school": school.as_str(), "objections": objections, "consents": said, "new": new, "unknown": unknown,
    }))
}

/// `consent set` and `consent withdraw`.
pub(in crate::cli) fn change(
    change: &Change,
    body: Option<Body>,
    at: &Workplace<'_>,
) -> Result<Value, Failure> {
    let school = school_of(at.settings, change.school.as_deref())?;
    let unfit = |key: &str, reason: Word| {
        Failure::new(&words::consent::CONSENT_FIELD, [("key", key.into()), ("reason", reason)])
    };
    let stance = Stance::named(&change.stance);
    let stance = stance.ok_or_else(|| unfit("stance", Word::Each("it is none", "dat is er geen")))?;
    let publisher = publisher(change, stance, &school, at)?;
    let kind = kind_named(&change.kind);
    let kind =
        kind.ok_or_else(|| unfit("--kind", Word::Each("there is no such kind", "die soort bestaat niet")))?;
    let identifier = Identifier::new(kind, &identifier(body, &unfit)?);
    let today = Date::in_the_netherlands(at.stores.clock.now());
    let date = match change.date.as_deref().map(Date::parse) {
        None => today,
        Some(Some(date)) if date <= today => date,
        Some(Some(_)) => {
            return Err(unfit("--date", Word::Each("it has not come yet", "die is nog niet geweest")));
        }
        Some(None) => {
            return Err(unfit(
                "--date",
                Word::Each("it is no day of the calendar", "dat is geen dag van de kalender"),
            ));
        }
    };
    let _alone = alone();
    let mut consents = load(&school, at)?;
    let roster = roster(&school, at)?;
    check_reason(&change.reason, &identifier, roster.as_ref())?;
    let unknown = roster.is_some() && !knows(roster.as_ref(), &identifier);
    let entries = if change.withdraw {
        consents.withdraw(roster.as_ref(), &identifier, publisher.as_ref(), stance)
    } else {
        let mark = Mark { publisher: publisher.clone(), stance, date };
        usize::from(consents.record(Said { identifier, mark }))
    };
    if change.withdraw && entries == 0 {
        let said = match stance {
            Stance::Objection => Word::Each("objection", "bezwaar"),
            Stance::Consent => Word::Each("consent", "toestemming"),
        };
        let values = [("stance", said), ("publisher", change.publisher.as_str().into())];
        return Err(Failure::new(&words::consent::CONSENT_NOTHING, values));
    }
    let act = if change.withdraw { "withdrawn" } else { "recorded" };
    let details = [
        ("act", Detail::Text(format!("{} {act}", stance.as_str()))),
        ("publisher", Detail::Text(change.publisher.clone())),
        ("reason", Detail::Text(change.reason.clone())),
    ];
    keep(&consents, &school, details, at)?;
    Ok(json!({
        "school": school.as_str(), "publisher": change.publisher, "stance": stance.as_str(), "act": act,
        "entries": entries, "unknown": u8::from(unknown),
    }))
}

/// Takes away all that was said about a pupil who is being forgotten, which is on record already. How many entries went.
pub(in crate::cli) fn forget(
    school: &School,
    identifiers: &[Identifier],
    at: &Workplace<'_>,
) -> Result<usize, Failure> {
    let _alone = alone();
    let mut consents = load(school, at)?;
    let gone = consents.forget(identifiers.iter().cloned());
    if gone > 0 {
        let details = [
            ("act".to_owned(), Detail::Text("consents forgotten".to_owned())),
            ("entries".to_owned(), count(gone)),
        ];
        beside::put_consents(&consents, school, details.to_vec(), at)?;
    }
    Ok(gone)
}

/// `consent list`.
pub(in crate::cli) fn list(school: Option<&str>, at: &Workplace<'_>) -> Result<Value, Failure> {
    let school = school_of(at.settings, school)?;
    let consents = load(&school, at)?;
    let roster = roster(&school, at)?;
    let mut publishers: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut unknown = 0_u64;
    for (identifier, mark) in consents.all() {
        let counts = publishers.entry(mark.publisher.as_ref().map_or("*", Publisher::as_str)).or_default();
        match mark.stance {
            Stance::Objection => counts.0 += 1,
            Stance::Consent => counts.1 += 1,
        }
        unknown += u64::from(roster.is_some() && !knows(roster.as_ref(), identifier));
    }
    let one = |(publisher, (objections, consents)): (&&str, &(u64, u64))| json!({ "publisher": publisher, "objections": objections, "consents": consents });
    let publishers: Vec<Value> = publishers.iter().map(one).collect();
    Ok(json!({ "school": school.as_str(), "publishers": publishers, "unknown": unknown }))
}

fn publisher(
    change: &Change,
    stance: Stance,
    school: &School,
    at: &Workplace<'_>,
) -> Result<Option<Publisher>, Failure> {
    if change.publisher == "*" {
        let reason = Word::Each(
            "a consent is for one publisher; `*` is for objections",
            "een toestemming is voor één uitgever; `*` is voor bezwaren",
        );
        // What cannot be recorded cannot be there to be withdrawn.
        return match stance {
            Stance::Objection => Ok(None),
            Stance::Consent => Err(Failure::new(
                &words::consent::CONSENT_FIELD,
                [("key", "--publisher".into()), ("reason", reason)],
            )),
        };
    }
    let id = Publisher::parse(&change.publisher).ok().filter(|id| has(school, id, at));
    let values = [("publisher", change.publisher.as_str().into())];
    id.map(Some).ok_or_else(|| Failure::new(&words::PUBLISHER_UNKNOWN, values))
}

/// The one line of the body.
fn identifier(body: Option<Body>, unfit: &dyn Fn(&str, Word) -> Failure) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    if let Some(body) = body {
        let read = body.bytes.take(body.length).read_to_end(&mut bytes);
        read.map_err(|_| unfit("--id-file", Word::Each("it cannot be read", "het is niet te lezen")))?;
    }
    let text = String::from_utf8(bytes).ok().map(|text| text.trim().to_owned());
    let one = text.filter(|text| !text.is_empty() && !text.contains(char::is_control));
    one.ok_or_else(|| {
        let reason =
            Word::Each("it holds not exactly one identifier", "er staat niet precies één kenmerk in");
        unfit("--id-file", reason)
    })
}

/// Refuses a reason that would put the pupil into the journal.
fn check_reason(reason: &str, identifier: &Identifier, roster: Option<&Roster>) -> Result<(), Failure> {
    let told = reason.to_lowercase();
    let names = |text: &str| !text.is_empty() && told.contains(&text.to_lowercase());
    let pupil = roster.and_then(|roster| roster.pupil(identifier));
    let named = |pupil: Known<'_>| {
        let identifiers = pupil.all_identifiers().map(|(_, text)| text);
        let told = [Field::Given, Field::Family, Field::FullName].map(|field| pupil.all(field));
        identifiers.chain(told.into_iter().flatten()).any(|text| names(text.expose()))
    };
    let fits = !reason.trim().is_empty() && reason.len() <= MOST_REASON && !reason.contains(char::is_control);
    if fits && !names(identifier.expose()) && !pupil.is_some_and(named) {
        return Ok(());
    }
    Err(Failure::new(&words::consent::CONSENT_REASON, [("most", MOST_REASON.to_string().into())]))
}

fn load(school: &School, at: &Workplace<'_>) -> Result<Consents, Failure> {
    beside::consents(at.settings, at.stores, school)
}

pub(super) fn roster(school: &School, at: &Workplace<'_>) -> Result<Option<Roster>, Failure> {
    let Some(path) = beside::roster(at.settings, at.stores, school)? else { return Ok(None) };
    Roster::load(&path, &at.stores.vault).map_err(|error| roster_failed(&error))
}

/// Who leaves changes only when that is on record.
fn keep<const N: usize>(
    consents: &Consents,
    school: &School,
    details: [(&str, Detail); N],
    at: &Workplace<'_>,
) -> Result<(), Failure> {
    let details = details.into_iter().map(|(name, detail)| (name.to_owned(), detail));
    beside::put_consents(consents, school, details.collect(), at)
}

fn has(school: &School, id: &Publisher, at: &Workplace<'_>) -> bool {
    at.settings.publishers.iter().any(|known| known.id == *id && known.school == *school)
}

pub(super) fn knows(roster: Option<&Roster>, identifier: &Identifier) -> bool {
    roster.is_some_and(|roster| roster.pupil(identifier).is_some())
}

pub(super) fn count(entries: usize) -> Detail {
    Detail::Number(u64::try_from(entries).unwrap_or(u64::MAX))
}
