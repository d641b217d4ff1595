//! What stands behind the findings of a message that enters: identifiers, names, or nothing.
//!
//! It must not know how they were found, or how they are written.

use super::guard::{Watch, WatchKind};
use super::piece::Piece;
use super::record::each_once;
use super::watching;
use crate::derive::Core;
use crate::identity::{Identifier, Kind};
use crate::profile::Door;
use crate::profile::find::Finding;
use crate::secret::Secret;

/// What stands behind a finding.
pub(super) enum Answer {
    Nothing,
    /// The identifier of the field's kind, and the mapping it came by.
    Identifier {
        identifier: Identifier,
        core: Core,
        salt: [u8; 16],
    },
    /// Who it is that the publisher named itself: the name stays. What the vault holds of him stands under one of `cores`.
    Person {
        identifier: Identifier,
        cores: Vec<Core>,
        salt: [u8; 16],
    },
    /// The name that a label replaced.
    Name(Secret<String>),
    /// The member was added when the record left.
    Added,
}

/// Answers to every finding of every piece.
pub(super) struct Answers(Vec<Vec<Answer>>);

impl Answers {
    /// Nothing behind any finding of these pieces.
    pub(super) fn none(pieces: &[Piece]) -> Self {
        let nothing = |piece: &Piece| piece.found.findings.iter().map(|_| Answer::Nothing).collect();
        Self(pieces.iter().map(nothing).collect())
    }

    /// This stands behind a finding of a piece.
    pub(super) fn put(&mut self, piece: usize, finding: usize, answer: Answer) {
        if let Some(slot) = self.0.get_mut(piece).and_then(|own| own.get_mut(finding)) {
            *slot = answer;
        }
    }

    pub(super) fn at(&self, piece: usize, finding: usize) -> &Answer {
        self.0.get(piece).and_then(|own| own.get(finding)).unwrap_or(&Answer::Nothing)
    }

    pub(super) fn salts(&self) -> Vec<[u8; 16]> {
        each_once(self.0.iter().flatten().filter_map(|answer| match answer {
            Answer::Identifier { salt, .. } | Answer::Person { salt, .. } => Some(*salt),
            _ => None,
        }))
    }

    /// What names the person of a finding of a piece, if anything does: see [`crate::vault::Vault::cores`].
    pub(super) fn cores(&self, place: usize, piece: &Piece, finding: &Finding) -> Vec<Core> {
        let named_by = finding.person.map_or(&[][..], |person| piece.found.named_by(person));
        let of = |finding: &u32| match self.at(place, *finding as usize) {
            Answer::Identifier { core, .. } => Some(vec![*core]),
            Answer::Person { cores, .. } => Some(cores.clone()),
            _ => None,
        };
        named_by.iter().find_map(of).unwrap_or_default()
    }

    /// Whom a message is about, with the finding that says so.
    pub(super) fn people<'a>(
        &'a self,
        pieces: &'a [Piece],
    ) -> impl Iterator<Item = (&'a Finding, &'a Identifier)> {
        let all = self.0.iter().zip(pieces).flat_map(|(own, piece)| own.iter().zip(&piece.found.findings));
        all.filter_map(|(answer, finding)| match (answer, finding.act.masking()) {
            (Answer::Identifier { identifier, .. } | Answer::Person { identifier, .. }, Some(masking))
                if masking.person =>
            {
                Some((finding, identifier))
            }
            _ => None,
        })
    }

    pub(super) fn whom(&self) -> Vec<Identifier> {
        let of = |answer: &Answer| match answer {
            Answer::Identifier { identifier, .. } | Answer::Person { identifier, .. } => {
                Some(identifier.clone())
            }
            _ => None,
        };
        self.0.iter().flatten().filter_map(of).collect()
    }

    /// What was restored must not come back out in the same exchange. What the publisher sent may: it knows its own
    /// words, and a watch on them would answer its guesses.
    pub(super) fn watch(&self, watch: &mut Watch, pieces: &[Piece]) {
        for (own, piece) in self.0.iter().zip(pieces) {
            for (answer, finding) in own.iter().zip(&piece.found.findings) {
                let person = watching::numbered(Door::Enter, finding.person);
                match answer {
                    // Nothing of him was restored.
                    Answer::Nothing | Answer::Added | Answer::Person { .. } => {}
                    Answer::Identifier { identifier, .. } => {
                        let email = identifier.kind() == Kind::EMAIL;
                        let kind = if email { WatchKind::Email } else { WatchKind::Identifier };
                        watch.add(person, kind, identifier.expose_spelling());
                        watch.add(person, kind, identifier.expose());
                    }
                    Answer::Name(name) => {
                        if let Some(kind) = watching::of_label(&finding.act) {
                            watch.add(person, kind, name.expose());
                        }
                    }
                }
            }
        }
    }
}
