//! The register as a value: what each publisher may receive by the configuration in force, and what really crossed by
//! the journal, put beside one another.
//!
//! It must not know a language or a format. It holds no name, number or pseudonym of a pupil: neither source has one.

use std::collections::BTreeMap;

use super::facts::{Facts, RosterFacts};
use super::field::{Field, fields};
use super::tally::{Crossed, Tally, Uses, Waived, Way};
use super::trials::Canaries;
use crate::clock::{Date, Timestamp};
use crate::config::Settings;
use crate::config::settings::{AsksSettings, PublisherSettings, RouteSettings};
use crate::gateway::terms::{Basis, Location, NotAgreed, Supply, unfounded};
use crate::journal::Witnessed;
use crate::profile::Category;

/// The journal that the register rests on.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    pub(super) origin: String,
    /// Entries under the checkpoint.
    pub(super) size: u64,
    pub(super) root: [u8; 32],
    /// The key's name.
    pub(super) signed_by: String,
    /// The public key, as `journal verify` takes it.
    pub(super) key: String,
    /// Each configured witness, and its newest word.
    pub(super) witnesses: Vec<(String, Option<Witnessed>)>,
}

/// The register.
#[derive(Debug, Clone)]
pub(super) struct Register {
    /// The moment that it is about, in milliseconds since the Unix epoch.
    pub(super) moment_ms: u64,
    pub(super) configuration: [u8; 32],
    pub(super) ground: Ground,
    pub(super) schools: Vec<SchoolPart>,
    pub(super) publishers: Vec<PublisherPart>,
    /// What crossed where the configuration in force has no route.
    pub(super) gone: Vec<(Way, Crossed)>,
    pub(super) tally: Tally,
    /// Limits that are not the usual ones: key, value, usual value.
    pub(super) limits: Vec<(&'static str, u64, u64)>,
}

/// A school.
#[derive(Debug, Clone)]
pub(super) struct SchoolPart {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) roster: Option<RosterFacts>,
}

/// A publisher.
#[derive(Debug, Clone)]
pub(super) struct PublisherPart {
    pub(super) school: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) epoch: String,
    pub(super) shape: String,
    /// One number for all kinds of a pupil's identifiers.
    pub(super) linked: bool,
    pub(super) eck_id_kept: bool,
    pub(super) same_ids_as: Option<String>,
    pub(super) kind: Option<Supply>,
    pub(super) location: Vec<Location>,
    pub(super) basis: Option<Basis>,
    pub(super) agreement: Option<AgreementPart>,
    /// Objections and consents on record that concern it.
    pub(super) objections: u64,
    pub(super) consents: u64,
    pub(super) routes: Vec<RoutePart>,
}

/// A processor agreement.
#[derive(Debug, Clone)]
pub(super) struct AgreementPart {
    pub(super) document: Option<String>,
    pub(super) parties: Vec<String>,
    pub(super) date: Option<Date>,
    pub(super) ends: Option<Date>,
    pub(super) ended: bool,
    pub(super) categories: Vec<Category>,
    pub(super) not_agreed: NotAgreed,
}

/// A route.
#[derive(Debug, Clone)]
pub(super) struct RoutePart {
    /// With its last `/`.
    pub(super) mount: String,
    /// Whether the school asks.
    pub(super) school_asks: bool,
    /// The host that is asked, where that is the publisher's.
    pub(super) recipient: Option<String>,
    pub(super) profile: String,
    pub(super) title: String,
    pub(super) source: String,
    pub(super) built_in: bool,
    /// Whether a filter is kept of what leaves, for looking up a name afterwards.
    pub(super) needle: bool,
    /// Whether what the guard only suspects leaves, and is counted.
    pub(super) suspects_reported: bool,
    pub(super) crossed: Crossed,
    pub(super) fields: Vec<Field>,
    /// Rules that the journal names and the profile in force does not have.
    pub(super) former_rules: Vec<(String, Uses)>,
    pub(super) canaries: Canaries,
}

impl Register {
    /// Puts configuration and journal beside one another, as of a moment.
    pub(super) fn of(
        settings: &Settings,
        facts: &Facts,
        ground: Ground,
        tally: Tally,
        moment: Timestamp,
    ) -> Self {
        let mut ways: BTreeMap<Way, Crossed> = tally.ways.clone();
        let mut canaries = tally.canaries.clone();
        let mut publishers = Vec::new();
        for publisher in &settings.publishers {
            let mut part = publisher_part(publisher, moment);
            for said in facts.said.iter().filter(|said| said.school == part.school) {
                if said.publisher.as_ref().is_none_or(|about| *about == part.id) {
                    part.objections += said.objections;
                    part.consents += said.consents;
                }
            }
            for route in &publisher.routes {
                let here = |way: &Way| is_of(way, publisher, route, settings);
                let crossed = taken(&mut ways, here).iter().fold(Crossed::default(), |mut sum, one| {
                    sum.add(one);
                    sum
                });
                let mut runs = Canaries::default();
                taken(&mut canaries, here).iter().for_each(|one| runs.add(one));
                part.routes.push(route_part(publisher, route, crossed, runs));
            }
            publishers.push(part);
        }
        let school = |school: &crate::config::settings::SchoolSettings| SchoolPart {
            id: school.id.to_string(),
            name: school.name.clone(),
            roster: facts.rosters.get(school.id.as_str()).copied(),
        };
        Self {
            moment_ms: moment.as_millis(),
            configuration: settings.digest,
            ground,
            schools: settings.schools.iter().map(school).collect(),
            publishers,
            gone: ways.into_iter().collect(),
            tally,
            limits: settings.limits.unusual(),
        }
    }

    /// Waivers in the journal.
    pub(super) fn waived(&self) -> &[Waived] {
        &self.tally.waived
    }
}

impl PublisherPart {
    /// Whether a place outside the EEA has no basis on record.
    pub(super) fn unfounded(&self) -> bool {
        unfounded(&self.location, self.basis)
    }

    /// What crossed by all its routes.
    pub(super) fn crossed(&self) -> Crossed {
        let mut whole = Crossed::default();
        self.routes.iter().for_each(|route| whole.add(&route.crossed));
        whole
    }

    /// The categories of which values leave by some route as they are, or coarser, in the order of registers; and whether
    /// anything without a category does.
    pub(super) fn shared(&self) -> (Vec<Category>, bool) {
        self.categories(Field::shares)
    }

    /// The categories of which something else leaves in their place.
    pub(super) fn replaced(&self) -> Vec<Category> {
        self.categories(Field::replaces).0
    }

    /// The categories that its rules let leave nowhere, in no form. What only the agreement holds back is not among them.
    pub(super) fn withheld(&self) -> Vec<Category> {
        let kept = |field: &Field| field.leaves.is_some() && (field.shares() || field.replaces());
        let leaving = self.categories(kept).0;
        let named = self.categories(|field| field.leaves.is_some() && !field.held_back).0;
        named.into_iter().filter(|category| !leaving.contains(category)).collect()
    }

    /// The categories that its rules would share and the agreement does not name.
    pub(super) fn held_back(&self) -> Vec<Category> {
        self.categories(|field| field.held_back).0
    }

    fn categories(&self, wanted: impl Fn(&Field) -> bool) -> (Vec<Category>, bool) {
        let fields = || self.routes.iter().flat_map(|route| &route.fields).filter(|field| wanted(field));
        let of = |category: &Category| fields().any(|field| field.category == Some(*category));
        (Category::ALL.into_iter().filter(of).collect(), fields().any(|field| field.category.is_none()))
    }
}

fn publisher_part(publisher: &PublisherSettings, moment: Timestamp) -> PublisherPart {
    let recorded = &publisher.recorded;
    PublisherPart {
        school: publisher.school.to_string(),
        id: publisher.id.to_string(),
        name: publisher.name.clone(),
        epoch: publisher.epoch.to_string(),
        shape: publisher.shape_written.clone(),
        linked: publisher.link_roster,
        eck_id_kept: publisher.keeps_eck_id(),
        same_ids_as: publisher.same_ids_as.as_ref().map(ToString::to_string),
        kind: recorded.kind,
        location: recorded.location.clone(),
        basis: recorded.basis,
        agreement: recorded.agreement.as_ref().map(|agreement| AgreementPart {
            document: agreement.document.clone(),
            parties: agreement.parties.clone(),
            date: agreement.date,
            ends: agreement.ends,
            ended: agreement.ended(moment),
            categories: agreement.categories.clone(),
            not_agreed: agreement.not_agreed,
        }),
        objections: 0,
        consents: 0,
        routes: Vec::new(),
    }
}

fn route_part(
    publisher: &PublisherSettings,
    route: &RouteSettings,
    crossed: Crossed,
    canaries: Canaries,
) -> RoutePart {
    let school_asks = route.asks == AsksSettings::School;
    let (fields, former_rules) = fields(publisher, route, &crossed);
    RoutePart {
        mount: format!("{}/", route.mount),
        school_asks,
        recipient: school_asks.then(|| route.upstream.base.host.clone()),
        profile: route.profile.name().to_owned(),
        title: route.profile.title().to_owned(),
        source: route.profile.source().to_owned(),
        built_in: crate::profile::builtin_names().any(|name| name == route.profile_written),
        needle: route.needle,
        suspects_reported: route.suspects_reported,
        crossed,
        fields,
        former_rules,
        canaries,
    }
}

/// Whether something crossed by this route: its scope is the publisher's, and no route of the school with a longer mount
/// leads there.
fn is_of(way: &Way, publisher: &PublisherSettings, route: &RouteSettings, settings: &Settings) -> bool {
    let leads = |mount: &str| {
        let rest = way.template.strip_prefix(mount);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if way.school != publisher.school.as_str()
        || way.publisher != publisher.scope_publisher().as_str()
        || !leads(&route.mount)
    {
        return false;
    }
    let here = settings.publishers.iter().filter(|other| other.school == publisher.school);
    let closer = |other: &RouteSettings| other.mount.len() > route.mount.len() && leads(&other.mount);
    !here.flat_map(|other| &other.routes).any(closer)
}

/// Takes out what is wanted.
fn taken<V>(from: &mut BTreeMap<Way, V>, wanted: impl Fn(&Way) -> bool) -> Vec<V> {
    from.extract_if(.., |way, _| wanted(way)).map(|(_, value)| value).collect()
}
