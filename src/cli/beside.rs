//! Files beside the vault that the journal answers for: what pupils said, and who they are. A new one is written whole
//! beside its place, recorded by its edition, and only then put there; so one that was put back, replaced or taken away
//! since is found, and nothing goes on with it.
//!
//! It must not know who anybody is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::act::Workplace;
use super::failure::Failure;
use super::faults::{consents_failed, roster_failed};
use super::looks::Looks;
use super::stores::Stores;
use super::{hex, words};
use crate::config::Settings;
use crate::config::words::Value as Word;
use crate::disk::durable_write;
use crate::identity::School;
use crate::journal::{Detail, Event, Leaf};
use crate::roster::consent::{Consents, Edition};
use crate::roster::{Roster, RosterError};

/// Details of a leaf that put a file in place.
const EDITION: &str = "edition";
const SEALED: &str = "sealed";

/// Nobody reads while a file changes places.
static ALONE: Mutex<()> = Mutex::new(());

/// What the journal says last of each school's files, and who looked at pupils' data of late.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) looks: Looks,
    consents: BTreeMap<String, Said>,
    rosters: BTreeMap<String, String>,
}

/// What it says of objections and consents. An entry of an earlier version names no digest.
#[derive(Debug, Clone, Copy)]
struct Said {
    number: u64,
    digest: Option<[u8; 32]>,
}

impl Words {
    /// Hears the next leaf.
    pub(super) fn hear(&mut self, leaf: &Leaf) {
        self.looks.hear(leaf);
        if leaf.event != Event::ROSTER {
            return;
        }
        let detail = |name: &str| leaf.details.iter().find(|(of, _)| of == name).map(|(_, detail)| detail);
        let Some(Detail::Text(school)) = detail("school") else { return };
        match (detail("act"), detail(EDITION), detail(SEALED)) {
            (Some(_), Some(Detail::Number(number)), Some(Detail::Digest(digest))) => {
                self.consents.insert(school.clone(), Said { number: *number, digest: Some(*digest) });
            }
            (Some(_), ..) => {
                let number = self.consents.get(school).map_or(0, |said| said.number);
                self.consents.insert(school.clone(), Said { number, digest: None });
            }
            (None, Some(Detail::Text(edition)), _) => {
                self.rosters.insert(school.clone(), edition.clone());
            }
            (None, ..) => drop(self.rosters.remove(school)),
        }
    }
}

/// What pupils and parents of a school said: the edition that the journal names last. One of an earlier version is
/// recorded now.
pub(super) fn consents(settings: &Settings, stores: &Stores, school: &School) -> Result<Consents, Failure> {
    let _alone = alone();
    let path = settings.consents_of(school);
    let said = stores.words().consents.get(school.as_str()).copied();
    let found = Consents::load(&path, school, &stores.vault);
    match (said, found) {
        (None, Ok(None)) => Ok(Consents::default()),
        (None | Some(Said { digest: None, .. }), Ok(Some((consents, edition)))) => {
            record_first(stores, school, edition)?;
            Ok(consents)
        }
        (None, Err(error)) => Err(consents_failed(&error)),
        (Some(said), Ok(Some((consents, edition)))) if said.digest == Some(edition.digest) => Ok(consents),
        (Some(said), found) => finish(&path, school, said, stores)?.map_or_else(
            || Err(found.map_or_else(|error| consents_failed(&error), |found| put_back(&path, said, found))),
            Ok,
        ),
    }
}

/// A change that was recorded a moment before a crash takes its place now.
fn finish(path: &Path, school: &School, said: Said, stores: &Stores) -> Result<Option<Consents>, Failure> {
    match Consents::load(&next(path), school, &stores.vault) {
        Ok(Some((consents, edition))) if said.digest == Some(edition.digest) => {
            place(path, stores).map_err(|why| consents_failed(&unsaved(path, &why)))?;
            Ok(Some(consents))
        }
        _ => Ok(None),
    }
}

fn put_back(path: &Path, said: Said, found: Option<(Consents, Edition)>) -> Failure {
    let number = said.number;
    let reason = match found {
        None => Word::Each("the file is missing", "het bestand ontbreekt"),
        Some((_, edition)) if edition.number < number => Word::Brought(
            format!("the file is edition {}, and the journal names edition {number}", edition.number),
            format!("het bestand is uitgave {}, en het journaal noemt uitgave {number}", edition.number),
        ),
        Some(_) => Word::Each("the file is another one", "het bestand is een ander"),
    };
    let values = [("path", path.display().to_string().into()), ("reason", reason)];
    Failure::new(&words::consent::CONSENTS_PUT_BACK, values)
}

fn record_first(stores: &Stores, school: &School, edition: Edition) -> Result<(), Failure> {
    let mut leaf = stores.leaf(Event::ROSTER, stores.clock.now(), "");
    leaf.details = consents_details(
        school,
        edition,
        vec![("act".to_owned(), Detail::Text("consents found".to_owned()))],
    );
    stores.note(leaf).map(drop)
}

/// Which edition of a school's objections and consents the journal names last; 0 for none.
pub(super) fn edition(stores: &Stores, school: &School) -> u64 {
    stores.words().consents.get(school.as_str()).map_or(0, |said| said.number)
}

/// Puts what was said in place of what was on record: written whole, then recorded with these details, then in place.
pub(super) fn put_consents(
    consents: &Consents,
    school: &School,
    details: Vec<(String, Detail)>,
    at: &Workplace<'_>,
) -> Result<(), Failure> {
    let _alone = alone();
    let path = at.settings.consents_of(school);
    let number = edition(at.stores, school) + 1;
    let written = consents.save(&next(&path), school, number, &at.stores.vault);
    let written = written.map_err(|error| consents_failed(&error))?;
    let mut leaf = at.stores.leaf(Event::ROSTER, at.stores.clock.now(), &at.actor);
    leaf.details = consents_details(school, written, details);
    // When this fails nobody knows what the disk has of it: the new file stays beside, and the next start decides.
    at.stores.note(leaf)?;
    place(&path, at.stores).map_err(|why| consents_failed(&unsaved(&path, &why)))
}

/// Copies the newest objections and consents of a school, if it has any, to where they are wanted.
pub(super) fn copy_consents(
    school: &School,
    to: impl Fn(&Path) -> PathBuf,
    at: &Workplace<'_>,
) -> Result<(), Failure> {
    // What is not the newest is no copy to rely on.
    consents(at.settings, at.stores, school)?;
    let _alone = alone();
    let path = at.settings.consents_of(school);
    let to = to(&path);
    let unsaved = |why: String| consents_failed(&RosterError::Save { path: to.clone(), why });
    match std::fs::read(&path) {
        Ok(bytes) => {
            durable_write(at.stores.vault.disk(), &to, &bytes).map_err(|why| unsaved(why.to_string()))
        }
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(why) => Err(unsaved(why.kind().to_string())),
    }
}

fn consents_details(
    school: &School,
    edition: Edition,
    mut details: Vec<(String, Detail)>,
) -> Vec<(String, Detail)> {
    details.push((EDITION.to_owned(), Detail::Number(edition.number)));
    details.push((SEALED.to_owned(), Detail::Digest(edition.digest)));
    details.push(("school".to_owned(), Detail::Text(school.to_string())));
    details.sort_by(|a, b| a.0.cmp(&b.0));
    details
}

/// Where a school's roster is, when it is the edition that the journal names last; `None` when the school keeps none.
pub(super) fn roster(
    settings: &Settings,
    stores: &Stores,
    school: &School,
) -> Result<Option<PathBuf>, Failure> {
    let _alone = alone();
    let Some(path) = settings.roster_of(school) else { return Ok(None) };
    let Some(said) = stores.words().rosters.get(school.as_str()).cloned() else { return Ok(Some(path)) };
    let found = edition_of(&path, stores);
    if found.as_ref().is_ok_and(|found| found.as_ref() == Some(&said)) {
        return Ok(Some(path));
    }
    if edition_of(&next(&path), stores).is_ok_and(|found| found == Some(said)) {
        place(&path, stores).map_err(|why| roster_failed(&unsaved(&path, &why)))?;
        return Ok(Some(path));
    }
    let reason = match found.map_err(|error| roster_failed(&error))? {
        None => Word::Each("it is missing", "zij ontbreekt"),
        Some(_) => Word::Each("it is another one", "het is een andere"),
    };
    let values = [("path", path.display().to_string().into()), ("reason", reason)];
    Err(Failure::new(&words::ROSTER_PUT_BACK, values))
}

/// Puts a roster in place of an earlier one: written whole, then recorded by `leaf`, then in place.
pub(super) fn put_roster(
    roster: &mut Roster,
    path: &Path,
    mut leaf: Leaf,
    stores: &Stores,
) -> Result<(), Failure> {
    let _alone = alone();
    roster.save(&next(path), &stores.vault).map_err(|error| roster_failed(&error))?;
    leaf.details.push((EDITION.to_owned(), Detail::Text(hex(&roster.edition()))));
    leaf.details.sort_by(|a, b| a.0.cmp(&b.0));
    stores.note(leaf)?;
    place(path, stores).map_err(|why| roster_failed(&unsaved(path, &why)))
}

/// What stands against going on with the files of each school, for `check`.
pub(super) fn state(at: &Workplace<'_>) -> Value {
    let schools = at.settings.schools.iter().map(|school| &school.id);
    let failures = schools.flat_map(|school| {
        let said = consents(at.settings, at.stores, school).err();
        let roster = roster(at.settings, at.stores, school).err();
        said.into_iter().chain(roster)
    });
    failures.filter_map(|failure| serde_json::to_value(failure).ok()).collect()
}

fn edition_of(path: &Path, stores: &Stores) -> Result<Option<String>, RosterError> {
    Ok(Roster::summary(path, &stores.vault)?.map(|kept| hex(&kept.edition)))
}

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a file waits until it is recorded.
fn next(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".next");
    path.with_file_name(name)
}

fn place(path: &Path, stores: &Stores) -> std::io::Result<()> {
    let disk = stores.vault.disk();
    disk.rename(&next(path), path)?;
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    disk.sync_dir(above.unwrap_or_else(|| Path::new(".")))
}

fn unsaved(path: &Path, why: &std::io::Error) -> RosterError {
    RosterError::Save { path: path.to_owned(), why: why.kind().to_string() }
}
