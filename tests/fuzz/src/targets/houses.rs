//! A house in memory for the doors: six pupils in its roster, two routes, and whoever is at the other end of them.
//!
//! It must not know what is sent.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use sluis::clock::{Clock, FixedClock, Timestamp};
use sluis::crypto::SigningKey;
use sluis::derive::Shape;
use sluis::disk::RealDisk;
use sluis::gateway::caller::{CallerRule, Credential};
use sluis::gateway::guard::Suspects;
use sluis::gateway::house::{House, Register};
use sluis::gateway::route::{Asks, Base, Link, Mount, Route, Routes, Shapes};
use sluis::gateway::{Carrier, Ended, Gateway, Observer, Patience};
use sluis::identity::{Epoch, Identifier, Kind, Publisher, School, Scope};
use sluis::journal::Journal;
use sluis::profile::Profile;
use sluis::rewrite::Limits;
use sluis::rewrite::coding::Expansion;
use sluis::roster::{Pupil, Roster};
use sluis::secret::Secret;
use sluis::vault::{Avoid, MaskAsk, Vault};
use tokio::runtime::Runtime;

use super::super::scan::Canaries;

/// A pupil: given name, prefix, family name, number, e-mail.
type Person = (&'static str, &'static str, &'static str, &'static str, &'static str);

const PEOPLE: [Person; 6] = [
    ("Zoë", "", "Çelikbaş", "LL-10024", "z.celikbas@leerling.vogel.example"),
    ("Maarten", "'t", "Hartogh", "LL-10027", "maarten.hartogh@leerling.vogel.example"),
    ("Sanne", "de", "Boerema", "LL-10031", "sboerema@leerling.vogel.example"),
    ("Jan-Peter", "van den", "Bergsma", "734000152", "jp.bergsma@leerling.vogel.example"),
    ("Qzwolsen", "", "Vogelkwast", "qz998877", "qzvogelkwast@leerling.vogel.example"),
    ("İpek", "", "Öztürkoğlu", "LL-10099", "ipek@leerling.vogel.example"),
];

/// The pupils' names, numbers and addresses.
pub(super) fn canaries() -> Canaries {
    let mut canaries = Canaries::default().whole_words();
    for (given, prefix, family, number, email) in PEOPLE {
        canaries.add("number", number);
        canaries.add_email(email);
        let name = format!("{given} {prefix} {family}").replace("  ", " ");
        canaries.add("name", &name);
        canaries.add("name", &format!("{family}, {given} {prefix}"));
    }
    canaries
}

/// The pupils' pseudonyms, which no input can know: `@0` to `@5` stand for them.
pub(super) fn pseudonyms(runtime: &Runtime, gateway: &Gateway) -> Vec<String> {
    let house = gateway.house();
    let avoid: Avoid = Arc::new(|_| false);
    let pseudonyms = PEOPLE.iter().map(|person| {
        let identifier = Identifier::new(Kind::LAS_KEY, person.3);
        let shape = Shape::Uuid;
        let asks = [MaskAsk { identifier: &identifier, shape: &shape, number: false, minted: false }];
        let answer = runtime.block_on(house.vault.mask(&scope(), &asks, &[], &avoid)).expect("an answer");
        answer.masked[0].pseudonym.as_str().to_owned()
    });
    pseudonyms.collect()
}

/// An input with the pseudonyms in their places.
pub(super) fn filled(pseudonyms: &[String], bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = tail;
        let place = tail.first().map(|digit| usize::from(digit.wrapping_sub(b'0')));
        match (first, place.and_then(|place| pseudonyms.get(place))) {
            (b'@', Some(pseudonym)) => {
                out.extend_from_slice(pseudonym.as_bytes());
                rest = &tail[1..];
            }
            _ => out.push(*first),
        }
    }
    out
}

struct Nobody;

impl Observer for Nobody {
    fn ended(&self, _: &Ended<'_>) {}
}

pub(super) fn scope() -> Scope {
    Scope {
        school: School::parse("12AB").expect("a school"),
        publisher: Publisher::parse("rekenwonder").expect("a publisher"),
        epoch: Epoch::parse("2026-2027").expect("an epoch"),
    }
}

/// A gateway at which the school asks under `/out` and the publisher under `/in`.
pub(super) fn gateway(
    place: &Path,
    far: &Arc<dyn Carrier>,
    (name, rules): (&str, &str),
    limits: Limits,
) -> Gateway {
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(Timestamp::from_millis(1_790_000_000_000)));
    let vault = Vault::in_memory().expect("a vault");
    vault.open_epoch(&scope().school, &scope().publisher, &scope().epoch, clock.now()).expect("an epoch");
    let key = SigningKey::from_seed(vault.journal_seed());
    let settings = sluis::journal::Settings {
        origin: "sluis.fuzz/12AB".to_owned(),
        key_version: 1,
        earlier_keys: Vec::new(),
        accept_clock: false,
    };
    let now = clock.now().as_millis();
    let journal = Journal::open(Arc::new(RealDisk), &place.join("journal"), &settings, &key, now);
    let (journal, _) = journal.expect("a journal");
    let mut roster = Roster::empty(clock.now());
    let secret = |text: &str| Secret::new(text.to_owned());
    for (given, prefix, family, number, email) in PEOPLE {
        let pupil = Pupil {
            identifiers: vec![(Kind::LAS_KEY, secret(number))],
            given: Some(secret(given)),
            prefix: Some(secret(prefix)).filter(|_| !prefix.is_empty()),
            family: Some(secret(family)),
            emails: vec![secret(email)],
            ..Pupil::default()
        };
        roster.add(pupil).expect("a pupil");
    }
    let profile = Arc::new(Profile::read(name, rules).expect("the profile"));
    let route = |mount: &str, asks| Route {
        host: None,
        mount: Mount::parse(mount).expect("a mount"),
        scope: scope(),
        asks,
        profile: Arc::clone(&profile),
        callers: vec![CallerRule { credential: Credential::ThisMachine, networks: Vec::new() }],
        shapes: Shapes::new(Shape::Uuid, [(Kind::EMAIL, Shape::parse("email:l.example").expect("a shape"))]),
        link: Link::Field,
        eck_id_kept: false,
        needle: false,
        suspects: Suspects::Block,
        swaps: Vec::new(),
        upstream: Base::parse("https://upstream.test/v1").expect("a base"),
        carrier: Arc::clone(far),
        terms: Arc::default(),
    };
    let house = House {
        vault: Arc::new(vault),
        journal: Arc::new(journal),
        clock,
        routes: Routes::new([route("/out", Asks::School), route("/in", Asks::Publisher)], None),
        rosters: HashMap::from([(scope().school, Arc::new(Register::build(roster)))]),
        consents: HashMap::new(),
        configuration: [0; 32],
        binary: [0; 32],
        limits,
        expansion: Expansion::default(),
        patience: Patience { failures_per_hour: u32::MAX, withheld_per_day: u32::MAX },
        needle: None,
    };
    Gateway::new(house, Arc::new(Nobody))
}
