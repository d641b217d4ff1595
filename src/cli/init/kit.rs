//! The recovery kit: what somebody needs, besides a backup, to bring a school back on another machine.
//!
//! It must not know how a recovery is done.

use std::fmt::Write as _;
use std::fs;

use zeroize::Zeroizing;

use super::staging::Staging;
use crate::cli::failure::Failure;
use crate::cli::faults::vault_failed;
use crate::cli::stores::Stores;
use crate::cli::words;
use crate::clock::Timestamp;
use crate::config::settings::UnlockSettings;
use crate::config::{Settings, reason};

/// Writes the kit: a page that can be printed, the vault's sealed key file, who was forgotten (nobody
/// yet), and the journal's public key.
pub(super) fn write(
    staging: &Staging,
    settings: &Settings,
    stores: &Stores,
    now: Timestamp,
) -> Result<(), Failure> {
    let unreadable = |path: &std::path::Path, error: &std::io::Error| {
        let values = [("path", path.display().to_string().into()), ("reason", reason(error))];
        Failure::new(&words::READ, values)
    };
    let keys = settings.vault.path.join("keys");
    let sealed = fs::read(&keys).map_err(|error| unreadable(&keys, &error))?;
    staging.write("recovery/keys", &sealed, 0o600)?;
    // Nobody is forgotten yet: a recovery that has nothing newer can be told so.
    let erased = staging.path().join("recovery/erased");
    stores.vault.write_tombstones(&erased).map_err(|error| vault_failed(&error))?;
    let vkey = format!("{}\n", stores.journal.vkey());
    staging.write("recovery/journal.vkey", vkey.as_bytes(), 0o644)?;
    let mut page = Zeroizing::new(String::with_capacity(4096));
    let school = settings.schools.first();
    let (id, name) = school.map_or(("", ""), |school| (school.id.as_str(), school.name.as_str()));
    let _ = write!(page, "Sluis - recovery kit / herstelset\n\n{id} {name}\n{}\n\n", now.rfc3339());
    match &settings.vault.unlock {
        UnlockSettings::KeyFile(path) => {
            let key = fs::read(path).map(Zeroizing::new).map_err(|error| unreadable(path, &error))?;
            let key = Zeroizing::new(String::from_utf8_lossy(&key).trim().to_owned());
            let _ = write!(page, "Unseal key / sleutel:\n\n");
            for line in key.as_bytes().chunks(16) {
                let _ = writeln!(page, "    {}", String::from_utf8_lossy(line));
            }
        }
        UnlockSettings::PassphraseFile(path) => {
            let place = path.display();
            let _ = write!(
                page,
                "The passphrase stands in {place}, and not here.\nDe wachtzin staat in {place}, en niet hier.\n"
            );
        }
    }
    let _ = write!(page, "\nPublic key of the journal / publieke sleutel van het journaal:\n\n    {vkey}");
    page.push_str(TEXT);
    staging.write("recovery/README.txt", page.as_bytes(), 0o600)
}

const TEXT: &str = "
NL  Bewaar deze map buiten de machine waarop Sluis draait, achter slot: wie haar heeft en ook een
    reservekopie van de kluis, kan pseudoniemen tot leerlingen herleiden. Terug naar een werkende school:
    1. zet sluis.toml, tls/ en secrets/ terug, met de sleutel hierboven in secrets/unseal.key;
    2. proef eerst: sluis vault recover --rehearse RESERVEKOPIE
    3. daarna zonder --rehearse. Een reservekopie maakt u met: sluis vault backup BESTAND
    Naast elke reservekopie staan BESTAND.erased (wie is vergeten) en, zodra er zijn, BESTAND.consents
    (bezwaren en toestemmingen): bewaar ze erbij. Wie een leerling vergeet, vervangt hier ook `erased`
    door state/vault/erased: met --erased blijft de leerling vergeten, ook als alles verloren is.

EN  Keep this directory away from the machine that runs Sluis, locked away: who has it and a backup of
    the vault as well can trace pseudonyms to pupils. Back to a working school:
    1. put sluis.toml, tls/ and secrets/ back, with the key above in secrets/unseal.key;
    2. rehearse first: sluis vault recover --rehearse BACKUP
    3. then without --rehearse. A backup is made with: sluis vault backup FILE
    Beside each backup stand FILE.erased (who was forgotten) and, once there are any, FILE.consents
    (objections and consents): keep them with it. Whoever forgets a pupil also replaces `erased` here
    by state/vault/erased: with --erased the pupil stays forgotten, even when all else is lost.
";
