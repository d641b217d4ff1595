//! Objections and consents from an older copy, when the newest is lost: the journal says how many changes are missing, and
//! who was forgotten since stays forgotten.
//!
//! It must not know terminals.

use std::io::Read as _;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::acts::{alone, count, knows, roster};
use crate::cli::act::{Body, Workplace, school_of};
use crate::cli::failure::Failure;
use crate::cli::rosters::plain_reason;
use crate::cli::{beside, words};
use crate::identity::{Identifier, School};
use crate::journal::Detail;
use crate::roster::consent::{Consents, Stance};

/// The longest file that is read.
const MOST: u64 = 1 << 30;

/// What to begin with again; a file is the body.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Recover {
    pub(super) school: Option<String>,
    /// The file, as it was named.
    pub(super) named: Option<String>,
    pub(super) none: bool,
    pub(super) reason: String,
}

/// `consent recover`.
pub(in crate::cli) fn recover(
    asked: &Recover,
    body: Option<Body>,
    at: &Workplace<'_>,
) -> Result<Value, Failure> {
    let school = school_of(at.settings, asked.school.as_deref())?;
    plain_reason(&asked.reason)?;
    let _alone = alone();
    let (mut consents, edition) =
        if asked.none { (Consents::default(), 0) } else { copy(asked, body, &school, at)? };
    let roster = roster(&school, at)?;
    // A copy must not bring anybody back; who returned since is in the roster, and his objection holds.
    let erased = |identifier: &&Identifier| {
        at.stores.vault.was_forgotten(&school, identifier) && !knows(roster.as_ref(), identifier)
    };
    let erased: Vec<Identifier> =
        consents.all().map(|(identifier, _)| identifier).filter(erased).cloned().collect();
    let forgotten = consents.forget(erased);
    let of = |stance| consents.all().filter(|(_, mark)| mark.stance == stance).count();
    let (objections, said) = (of(Stance::Objection), of(Stance::Consent));
    let missing = beside::edition(at.stores, &school).saturating_sub(edition);
    let details = [
        ("act", Detail::Text("consents recovered".to_owned())),
        ("consents", count(said)),
        ("missing", Detail::Number(missing)),
        ("objections", count(objections)),
        ("reason", Detail::Text(asked.reason.trim().to_owned())),
    ];
    let details = details.map(|(name, detail)| (name.to_owned(), detail)).to_vec();
    beside::put_consents(&consents, &school, details, at)?;
    Ok(json!({
        "school": school.as_str(), "objections": objections, "consents": said, "missing": missing, "forgotten": forgotten,
    }))
}

/// What the copy holds, and its edition.
fn copy(
    asked: &Recover,
    body: Option<Body>,
    school: &School,
    at: &Workplace<'_>,
) -> Result<(Consents, u64), Failure> {
    let path = at.settings.consents_of(school);
    let shown = asked.named.clone().unwrap_or_else(|| path.display().to_string());
    let unfit = || Failure::new(&words::consent::CONSENTS_RECOVER, [("path", shown.as_str().into())]);
    let mut sealed = Vec::new();
    let read = match (body, &asked.named) {
        (Some(body), Some(_)) => body.bytes.take(body.length.min(MOST)).read_to_end(&mut sealed),
        _ => std::fs::File::open(&path).and_then(|file| file.take(MOST).read_to_end(&mut sealed)),
    };
    read.map_err(|_| unfit())?;
    let (consents, edition) = Consents::unseal(&sealed, school, &at.stores.vault).map_err(|_| unfit())?;
    Ok((consents, edition.number))
}
