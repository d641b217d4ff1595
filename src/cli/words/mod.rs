//! What the commands say when they fail, in Dutch and English, under codes that never change.
//!
//! It must not know where it is shown.

mod command;
pub(super) mod consent;
pub(super) mod differences;
mod needle;
mod pupil;
mod report;
mod roster;
mod stores;
mod witness;

use crate::config::words::Message;

pub(super) use command::{
    ANSWER_MISSING, ANSWER_UNFIT, ANSWERS_UNREADABLE, CARRY_REFUSED, CONFIG_UNUSABLE, DEMO, EXCHANGE_ID,
    EXCHANGE_UNKNOWN, INTERNAL, LIMITS, NO_RANDOM, NO_TERMINAL, OCCUPIED, OTHER_USER, OTHER_VERSION, PORT,
    READ, RESTART, ROUTE_UNKNOWN, RUNTIME, SERVER_LOST, SIGNALS, SOCKET, TRIAL, UPSTREAM, WRITE,
};
pub(super) use needle::{
    NEEDLE_FAILED, NEEDLE_KEY, NEEDLE_MONTH, NEEDLE_NAME, NEEDLE_NO_KEY, NEEDLE_NOW, NEEDLE_REASON,
};
pub(super) use pupil::{
    FORGET_FOR_EVER, PSEUDONYM_UNKNOWN, PUPIL_CHOOSE, PUPIL_INPUT, PUPIL_KIND, PUPIL_MANY, PUPIL_OFTEN,
    PUPIL_OUTPUT, PUPIL_REASON, PUPIL_UNKNOWN, TOMBSTONES, TOMBSTONES_UNKNOWN,
};
pub(super) use report::{BUNDLE_THERE, JOURNAL_DIFFERS, JOURNAL_MOVED, PERIOD};
pub(super) use roster::{
    ROSTER_COLUMN, ROSTER_IDS, ROSTER_KIND, ROSTER_MARKED, ROSTER_MEMBER, ROSTER_NOBODY, ROSTER_NONE,
    ROSTER_PLACE, ROSTER_PSEUDONYMS, ROSTER_PUT_BACK, ROSTER_REASON, ROSTER_SHOWN_OFTEN,
    reason as roster_reason,
};
pub(super) use stores::{
    BACKUP_UNFIT, CLOCK_BACK, DISK_FULL, EPOCH_OVER, EPOCH_SERVES, EPOCH_UNFIT, EPOCH_UNKNOWN, FOR_EVER,
    IN_USE, JOURNAL_FAILED, JOURNAL_MISSING, JOURNAL_SEALED, NO_PRIMARY, NO_ROSTER_PATH, PUBLISHER_UNKNOWN,
    ROSTER_DAMAGED, ROSTER_EMPTY, ROSTER_FAILED, SCHOOL_UNCLEAR, SERVER_RUNS, UNLOCK_UNFIT, UNLOCK_WRONG,
    VAULT_FAILED, VAULT_MISSING, VAULT_SEALED, VERIFIER_KEY,
};
pub(super) use witness::{
    EXPORT, NO_EXCHANGE, NO_SUCH_ENTRY, PUT_BACK, TILE, WITNESS_BOOK, WITNESS_CONFIG, WITNESS_KEY,
    WITNESS_NAME, WITNESS_UNUSABLE,
};

/// The message with this code.
pub(super) fn with_code(code: &str) -> Option<&'static Message> {
    all().find(|message| message.code == code)
}

/// Every message of the commands.
pub(super) fn all() -> impl Iterator<Item = &'static Message> {
    let groups = [
        command::ALL,
        consent::ALL,
        needle::ALL,
        pupil::ALL,
        report::ALL,
        roster::ALL,
        stores::ALL,
        witness::ALL,
    ];
    groups.into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use super::all;

    #[test]
    fn every_message_is_listed_once_and_says_the_same_in_both_languages() {
        let written = [
            include_str!("command.rs"),
            include_str!("consent.rs"),
            include_str!("needle.rs"),
            include_str!("pupil.rs"),
            include_str!("report.rs"),
            include_str!("roster.rs"),
            include_str!("stores.rs"),
            include_str!("witness.rs"),
        ]
        .concat();
        let mut codes: Vec<&str> = all().map(|message| message.code).collect();
        assert_eq!(written.matches(": Message = error(").count(), codes.len());
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all().count());
        let places = |text: &str| {
            let mut found: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}'))
                .map(|(name, _)| name.to_owned())
                .collect();
            found.sort();
            found.dedup();
            found
        };
        for message in all() {
            let [english, dutch] =
                [message.english, message.dutch].map(|said| places(&format!("{}{}", said.what, said.hint)));
            assert_eq!(english, dutch, "{}", message.code);
            assert_ne!(message.english, message.dutch, "{}", message.code);
        }
    }
}
