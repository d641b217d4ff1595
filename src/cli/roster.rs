//! `sluis roster import FILE`: what the guard knows about pupils, from plain CSV.
//!
//! It must not show a pupil.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;

use super::act::Act;
use super::failure::Failure;
use super::screen::Screen;
use super::{Exit, admin};

/// Import what the guard knows about pupils.
#[derive(Debug, Args)]
pub(super) struct RosterCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Replace the roster by a CSV file: its first row names the columns. All of it, or nothing.
    #[command(after_long_help = COLUMNS)]
    Import {
        /// The file: UTF-8, with commas or semicolons.
        file: PathBuf,
        /// The school's BRIN, when there are several.
        #[arg(long, value_name = "BRIN")]
        school: Option<String>,
    },
}

const COLUMNS: &str = "\
Columns, in English or Dutch, in any order; at least one identifier or name in each row:
  identifiers  pupil_number (leerlingnummer), eck_id (ketenid), las_key, staff_key, sis_user (sourcedId),
               lms_user, username (gebruikersnaam), profile_id, real_id, openid, id:KIND
  names        given_name (voornaam), prefix (tussenvoegsel), family_name (achternaam), full_name (naam)
  reach        email, phone (telefoon), address (adres)
  birth date   birth_date (geboortedatum), as 2010-12-31 or 31-12-2010";

impl RosterCommand {
    pub(super) fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let What::Import { file, school } = self.what;
        let settings = super::usable(config, screen)?;
        let report = admin::ask(&settings, Act::RosterImport { school }, Some(&file), screen)?;
        if screen.json {
            screen.report(&report);
            return Ok(Exit::Done);
        }
        let number = |key: &str| report.get(key).and_then(Value::as_u64).unwrap_or_default();
        let (pupils, before) = (number("pupils"), number("before"));
        let school = report.get("school").and_then(Value::as_str).unwrap_or_default();
        screen.say(&format!(
            "{school}: {pupils} {} {before})",
            screen.pick("pupils imported (before:", "leerlingen ingelezen (hiervoor:"),
        ));
        Ok(Exit::Done)
    }
}
