//! What the rooms below report, as failures of a command.
//!
//! It must not know what the command was.

use super::failure::Failure;
use super::words;
use crate::disk::DiskError;
use crate::journal::{JournalError, Seal};
use crate::roster::RosterError;
use crate::vault::VaultError;

/// A vault that did not do what was asked.
pub(super) fn vault_failed(error: &VaultError) -> Failure {
    let shown = |path: &std::path::Path| path.display().to_string().into();
    match error {
        VaultError::Missing { path } => Failure::new(&words::VAULT_MISSING, [("path", shown(path))]),
        VaultError::NotEmpty { path } => Failure::new(&words::OCCUPIED, [("path", shown(path))]),
        VaultError::InUse { path } => Failure::new(&words::IN_USE, [("path", shown(path))]),
        VaultError::ReadUnlock { path, why } => {
            Failure::new(&words::UNLOCK_UNFIT, [("path", shown(path)), ("reason", (*why).into())])
        }
        VaultError::Unlock { why } => Failure::new(&words::UNLOCK_WRONG, [("reason", why.as_str().into())]),
        VaultError::Sealed { why } => Failure::new(&words::VAULT_SEALED, [("reason", why.as_str().into())]),
        VaultError::Backup { path, why } => {
            Failure::new(&words::BACKUP_UNFIT, [("path", shown(path)), ("reason", why.as_str().into())])
        }
        VaultError::Full => Failure::new(&words::DISK_FULL, []),
        VaultError::UnknownScope { scope } => Failure::new(
            &words::EPOCH_UNKNOWN,
            [("publisher", scope.publisher.as_str().into()), ("epoch", scope.epoch.as_str().into())],
        ),
        VaultError::ScopeOver { scope } => Failure::new(
            &words::EPOCH_OVER,
            [("publisher", scope.publisher.as_str().into()), ("epoch", scope.epoch.as_str().into())],
        ),
        other => Failure::new(&words::VAULT_FAILED, [("reason", other.to_string().into())]),
    }
}

/// A journal that did not do what was asked.
pub(super) fn journal_failed(error: &JournalError) -> Failure {
    match error {
        JournalError::Sealed(Seal::ClockSetBack { behind_ms }) => {
            let seconds = (behind_ms / 1000).to_string();
            Failure::new(&words::CLOCK_BACK, [("seconds", seconds.into())])
        }
        JournalError::Sealed(seal @ (Seal::RolledBack { .. } | Seal::Forked { .. })) => {
            Failure::new(&words::PUT_BACK, [("reason", seal.to_string().into())])
        }
        JournalError::Sealed(seal) => {
            Failure::new(&words::JOURNAL_SEALED, [("reason", seal.to_string().into())])
        }
        JournalError::ReadTile { path } => Failure::new(&words::TILE, [("path", path.as_str().into())]),
        JournalError::OpenJournal(DiskError::InUse { path }) => {
            Failure::new(&words::IN_USE, [("path", path.display().to_string().into())])
        }
        other => Failure::new(&words::JOURNAL_FAILED, [("reason", other.to_string().into())]),
    }
}

/// Objections and consents that could not be read or kept.
pub(super) fn consents_failed(error: &RosterError) -> Failure {
    match error {
        RosterError::Empty => Failure::new(&words::consent::CONSENTS_EMPTY, []),
        RosterError::Damaged { row, column, name, what, .. } => Failure::new(
            &words::consent::CONSENTS_DAMAGED,
            [
                ("row", row.to_string().into()),
                ("column", column.to_string().into()),
                ("name", name.as_str().into()),
                ("reason", (*what).into()),
            ],
        ),
        RosterError::Load { path, why } => Failure::new(
            &words::consent::CONSENTS_FAILED,
            [("path", path.display().to_string().into()), ("reason", (*why).into())],
        ),
        RosterError::Save { path, why } => Failure::new(
            &words::consent::CONSENTS_FAILED,
            [("path", path.display().to_string().into()), ("reason", why.as_str().into())],
        ),
        // Readers of rosters only.
        RosterError::Nobody
        | RosterError::Column { .. }
        | RosterError::Marked { .. }
        | RosterError::Archive { .. }
        | RosterError::Recognise { .. } => Failure::new(&words::INTERNAL, []),
    }
}

/// A roster that could not be read or kept.
pub(super) fn roster_failed(error: &RosterError) -> Failure {
    let number = |number: &u64| number.to_string().into();
    let other = |row: &Option<u64>| row.map_or_else(String::new, |row| format!(" ({row})")).into();
    match error {
        RosterError::Empty => Failure::new(&words::ROSTER_EMPTY, []),
        RosterError::Nobody => Failure::new(&words::ROSTER_NOBODY, []),
        RosterError::Damaged { file, row, column, name, other: beside, what } => {
            let message = if file.is_empty() { &words::ROSTER_DAMAGED } else { &words::ROSTER_PLACE };
            let mut values = vec![
                ("row", number(row)),
                ("column", column.to_string().into()),
                ("name", name.as_str().into()),
                ("reason", words::roster_reason(what)),
                ("other", other(beside)),
            ];
            values.extend((!file.is_empty()).then(|| ("file", (*file).into())));
            Failure::new(message, values)
        }
        RosterError::Column { file, name } => {
            Failure::new(&words::ROSTER_COLUMN, [("file", (*file).into()), ("name", (*name).into())])
        }
        RosterError::Marked { line, column, other: beside, what } => {
            let values = [
                ("line", number(line)),
                ("column", number(column)),
                ("reason", words::roster_reason(what)),
                ("other", other(beside)),
            ];
            Failure::new(&words::ROSTER_MARKED, values)
        }
        RosterError::Archive { member, what } => {
            let member = if member.is_empty() { String::new() } else { format!("{member}: ") };
            let values = [("member", member.into()), ("reason", words::roster_reason(what))];
            Failure::new(&words::ROSTER_MEMBER, values)
        }
        RosterError::Recognise { what } => {
            let values = [("member", "".into()), ("reason", words::roster_reason(what))];
            Failure::new(&words::ROSTER_MEMBER, values)
        }
        other => Failure::new(&words::ROSTER_FAILED, [("reason", other.to_string().into())]),
    }
}
