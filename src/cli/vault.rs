//! `sluis vault`: is it whole, a copy of it, and bringing it back.
//!
//! Verifying and copying go through the running server; recovering needs the vault for itself. It must not
//! know records.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::act::Act;
use super::failure::Failure;
use super::faults::vault_failed;
use super::progress::Progress;
use super::screen::Screen;
use super::stores::{self, recovered};
use super::{Exit, admin, rights, words};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Settings, reason};
use crate::derive::Shape;
use crate::disk::{RealDisk, durable_write};
use crate::identity::Scope;
use crate::vault::{Circumstances, Recovered, Source, Vault, rehearse};

/// Verify, back up or recover the vault.
#[derive(Debug, Args)]
pub(super) struct VaultCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Open every record, and look for every row in the index.
    Verify {
        /// Build the index again when rows are missing.
        #[arg(long)]
        repair: bool,
    },
    /// Write a backup to a new file (mode 0600), while Sluis serves.
    Backup {
        /// The new file.
        file: PathBuf,
    },
    /// Bring the vault back from a backup, or from what is whole of its own log.
    Recover {
        /// The backup; without one, the vault's own log up to where it is damaged.
        file: Option<PathBuf>,
        /// Do everything except changing the vault: proves a backup.
        #[arg(long)]
        rehearse: bool,
        /// The newest file of tombstones, when the vault's own is lost: who was forgotten stays so.
        #[arg(long, value_name = "FILE")]
        erased: Option<PathBuf>,
    },
}

impl VaultCommand {
    pub(super) fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let settings = super::usable(config, screen)?;
        match self.what {
            What::Verify { repair } => {
                let report = admin::ask(&settings, Act::VaultVerify { repair }, None, screen)?;
                Ok(verified(&report, screen))
            }
            What::Backup { file } => {
                let absolute = std::path::absolute(&file).unwrap_or(file);
                let report = admin::ask(&settings, Act::VaultBackup { to: absolute }, None, screen)?;
                backed_up(&report, screen);
                Ok(Exit::Done)
            }
            What::Recover { file, rehearse, erased } => {
                recover(&settings, file, erased.as_deref(), rehearse, screen)
            }
        }
    }
}

fn verified(report: &Value, screen: &Screen) -> Exit {
    let number = |key: &str| report.get(key).and_then(Value::as_u64).unwrap_or_default();
    let missing = number("missing_rows");
    if screen.json {
        screen.report(report);
    } else {
        screen.say(&format!(
            "{} {} · {} {} · {} {}",
            number("records"),
            screen.pick("records, each opened", "regels, elk geopend"),
            number("mappings"),
            screen.pick("pseudonyms", "pseudoniemen"),
            number("labels"),
            screen.pick("stand-ins", "plaatsvervangende namen"),
        ));
        let index = format!("{} {}", number("rows"), screen.pick("rows in the index", "rijen in de index"));
        match (missing, report.get("repaired").and_then(Value::as_bool)) {
            (0, _) => screen.say(&format!("{index}, {}", screen.pick("none missing", "geen ontbreekt"))),
            (_, Some(true)) => {
                let built =
                    screen.pick("were missing; it was built again", "ontbraken; zij is opnieuw gebouwd");
                screen.say(&format!("{index}, {missing} {built}"));
            }
            _ => {
                let add = screen.pick("missing: add --repair", "ontbreken: voeg --repair toe");
                screen.say(&format!("{index}, {missing} {add}"));
            }
        }
    }
    let repaired = report.get("repaired").and_then(Value::as_bool).unwrap_or_default();
    if missing == 0 || repaired { Exit::Done } else { Exit::Warnings }
}

fn backed_up(report: &Value, screen: &Screen) {
    if screen.json {
        screen.report(report);
        return;
    }
    let text =
        |key: &str| report.get(key).map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
    let text = |key: &str| text(key).unwrap_or_default();
    screen.say(&format!("{} {}", screen.pick("written:", "geschreven:"), text("file")));
    screen.say(&format!(
        "  {} {} · {} {} · {}",
        text("records"),
        screen.pick("records", "regels"),
        text("scopes"),
        screen.pick("epochs", "periodes"),
        text("made"),
    ));
    screen.say(screen.pick(
        "  it opens with the unseal key of today; prove it with `sluis vault recover --rehearse FILE`",
        "  zij gaat open met de sleutel van vandaag; beproef haar met `sluis vault recover --rehearse BESTAND`",
    ));
}

fn recover(
    settings: &Settings,
    file: Option<PathBuf>,
    erased: Option<&Path>,
    only: bool,
    screen: &Screen,
) -> Result<Exit, Failure> {
    if !only && UnixStream::connect(settings.socket()).is_ok() {
        return Err(Failure::new(&words::SERVER_RUNS, []));
    }
    let bar = Progress::new(screen);
    let tell = |done, of| bar.at(done, of);
    let mut progress = stores::progress(&tell);
    let clock = Arc::new(SystemClock);
    let assigns = |scope: &Scope| assigns(settings, scope);
    // A journal that cannot be read cannot say what is missing; the recovery says so.
    let expected = stores::newest_head(settings).ok().flatten();
    let tombstones = rights::tombstones(settings);
    // The vault's own file is used as well; without any of the three somebody would be back unnoticed.
    if tombstones.is_none() && erased.is_none() && !settings.vault.path.join("erased").exists() {
        return Err(Failure::new(&words::TOMBSTONES_UNKNOWN, []));
    }
    let tombstones = tombstones.unwrap_or_default();
    let known = Circumstances { expected, assigns: &assigns, tombstones, erased, now: clock.now() };
    let beside = file.clone();
    let source = file.map_or(Source::Log, Source::Backup);
    let (at, unlock) = (stores::vault_settings(settings), stores::unlock(settings));
    let found = if only {
        rehearse(&at, &unlock, &source, &known, &mut progress).map_err(|error| vault_failed(&error))?
    } else {
        let done = Vault::recover(&at, &unlock, &source, &known, &mut progress);
        let (vault, found) = done.map_err(|error| vault_failed(&error))?;
        recovered(settings, vault, clock, &found)?;
        found
    };
    let consents = if only { Vec::new() } else { consents_back(settings, beside.as_deref())? };
    if screen.json {
        screen.report(&report(&found, only, &consents));
    } else {
        show(&found, only, screen);
        for path in &consents {
            let back = screen
                .pick("objections and consents put back from", "bezwaren en toestemmingen teruggezet uit");
            screen.say(&format!("  {back} {path}"));
        }
    }
    let whole = found.missing == Some(0) && found.reopened.is_empty() && !found.keys_from_backup;
    Ok(if whole { Exit::Done } else { Exit::Warnings })
}

/// Whether a scope has what must never be assigned twice: a `digits` shape. Labels the log knows itself.
fn assigns(settings: &Settings, scope: &Scope) -> bool {
    let digits = |shape: &Shape| matches!(shape, Shape::Digits(_));
    settings
        .publishers
        .iter()
        .filter(|publisher| publisher.scope() == *scope)
        .any(|publisher| digits(&publisher.shape) || publisher.shapes.iter().any(|(_, shape)| digits(shape)))
}

/// Puts back the objections and consents that stand beside a backup, where a school's file is gone. Whether they are the
/// newest, the journal says when they are read.
fn consents_back(settings: &Settings, backup: Option<&Path>) -> Result<Vec<String>, Failure> {
    let mut put = Vec::new();
    for school in &settings.schools {
        let path = settings.consents_of(&school.id);
        let Some(from) = backup.map(|backup| beside_backup(backup, &path)) else { continue };
        if path.exists() || !from.exists() {
            continue;
        }
        let shown = from.display().to_string();
        let failed = |message, why| Failure::new(message, [("path", shown.as_str().into()), ("reason", why)]);
        let bytes = std::fs::read(&from).map_err(|error| failed(&words::READ, reason(&error)))?;
        durable_write(&RealDisk, &path, &bytes)
            .map_err(|error| failed(&words::WRITE, error.to_string().into()))?;
        put.push(shown);
    }
    Ok(put)
}

/// The copy of a school's objections and consents beside a backup: `FILE.consents`, `FILE.consents-12AB`.
pub(super) fn beside_backup(backup: &Path, consents: &Path) -> PathBuf {
    let mut name = backup.as_os_str().to_owned();
    name.push(".");
    name.push(consents.file_name().unwrap_or_default());
    PathBuf::from(name)
}

fn report(found: &Recovered, only: bool, consents: &[String]) -> Value {
    let reopened = found.reopened.iter();
    json!({
        "rehearsal": only,
        "records": found.tally.records,
        "mappings": found.tally.mappings,
        "labels": found.tally.labels,
        "missing": found.missing,
        "reopened": reopened.map(|(scope, epoch)| json!({
            "school": scope.school.as_str(),
            "publisher": scope.publisher.as_str(),
            "epoch": scope.epoch.as_str(),
            "new_epoch": epoch.as_str(),
        })).collect::<Vec<_>>(),
        "keys_from_backup": found.keys_from_backup,
        "forgotten_again": found.forgotten_again,
        "consents_from": consents,
        "kept_aside": found.kept_aside.as_ref().map(|path| path.display().to_string()),
    })
}

fn show(found: &Recovered, only: bool, screen: &Screen) {
    let done = match only {
        true => screen.pick("rehearsed, and nothing was changed:", "beproefd, en er is niets veranderd:"),
        false => screen.pick("recovered:", "hersteld:"),
    };
    let mappings = screen.pick("pseudonyms", "pseudoniemen");
    let records = screen.pick("records", "regels");
    screen.say(&format!("{done} {} {records}, {} {mappings}", found.tally.records, found.tally.mappings));
    match found.missing {
        Some(0) => screen.say(screen.pick("  nothing is missing", "  er ontbreekt niets")),
        Some(missing) => {
            let tail = screen.pick(
                "records are missing that the journal names: their pseudonyms will be refused, never guessed",
                "regels ontbreken die het journaal noemt: hun pseudoniemen worden geweigerd, nooit geraden",
            );
            screen.say(&format!("  {missing} {tail}"));
        }
        None => screen.say(screen.pick(
            "  neither journal nor log can say whether anything is missing",
            "  journaal noch logboek kan zeggen of er iets ontbreekt",
        )),
    }
    for (scope, epoch) in &found.reopened {
        let change =
            screen.pick("change `epoch` in the configuration:", "verander `epoch` in de configuratie:");
        screen.say(&format!("  {}: {change} \"{epoch}\"", scope.publisher));
    }
    if found.keys_from_backup {
        screen.say(screen.pick(
            "  epochs that were closed since are open again: close them with `sluis keys close`",
            "  periodes die sindsdien gesloten zijn, zijn weer open: sluit ze met `sluis keys close`",
        ));
    }
    if found.forgotten_again > 0 {
        let again = screen.pick(
            "tombstones applied that it lacked: whom it still knew is forgotten again",
            "grafstenen toegepast die ontbraken: wie zij nog kende, is weer vergeten",
        );
        screen.say(&format!("  {} {again}", found.forgotten_again));
    }
    if let Some(aside) = &found.kept_aside {
        screen.say(&format!(
            "  {} {}",
            screen.pick("the old vault is kept in", "de oude kluis staat in"),
            aside.display()
        ));
    }
}
