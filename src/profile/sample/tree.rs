//! Made-up bodies, member by member, as the rules' selectors lead.
//!
//! Conditions of a record are met one after another: a record for each value that they tell apart. It must not know who
//! is invented.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::leaf::{Names, coarsened, names, neutral};
use super::{Invented, Making, Shape, Told};
use crate::identity::Kind;
use crate::profile::form::Form;
use crate::profile::plan::{Choice, NONE, OutsidePlace, OutsidePlan, Spot, Subject, Want};
use crate::profile::rules::{Decoder, Door, Minted, NamePart, Profile, Rule, Unlisted, Verb};

/// The most records of one person that conditions tell apart.
const MOST_VARIANTS: usize = 12;
/// A value that no condition lists.
const UNKNOWN: &str = "canary";

/// Makes up the messages of one door.
pub(super) struct Maker<'a> {
    profile: &'a Profile,
    door: Door,
    invented: &'a dyn Invented,
    shape: Shape,
    plant: bool,
    planted: Cell<bool>,
}

/// What is being made up.
#[derive(Clone, Copy)]
struct At<'v> {
    /// Whose record; none yet: both persons', one after another.
    person: Option<usize>,
    /// What stands at the places that conditions ask about.
    assigned: &'v BTreeMap<Vec<String>, String>,
    /// The record goes as a whole: what is in it need not be listed.
    goes: bool,
}

/// A publisher's own name of a person, as every publisher of made-up messages gives it.
pub(crate) fn minted(person: usize) -> String {
    format!("publisher-{}", person + 1)
}

/// A record for each form of its person (`outside`): the others go, or nobody could say who it is.
fn forms(plan: &OutsidePlan, whole: &Value) -> Vec<Value> {
    let one = |kept: &OutsidePlace| {
        let mut record = whole.clone();
        let others = plan.places.iter().filter_map(|place| place.path.first());
        for other in others.filter(|other| kept.path.first() != Some(*other)) {
            record.as_object_mut().map(|members| members.remove(other));
        }
        record
    };
    plan.places.iter().map(one).collect()
}

impl<'a> Maker<'a> {
    pub(super) fn new(
        profile: &'a Profile,
        door: Door,
        invented: &'a dyn Invented,
        making: Making<'a>,
    ) -> Self {
        let Making { shape, planted: plant, .. } = making;
        Self { profile, door, invented, shape, plant, planted: Cell::new(false) }
    }

    /// Whether a name was planted.
    pub(super) fn has_planted(&self) -> bool {
        self.planted.get()
    }

    pub(super) fn leaves(&self) -> bool {
        self.door == Door::Leave
    }

    pub(super) fn told(&self, what: Told) -> String {
        self.invented.told(what, 0)
    }

    pub(super) fn identifier(&self, kind: Kind) -> String {
        self.invented.identifier(kind, 0)
    }

    /// The body of a message whose record this is.
    pub(super) fn root(&self, record: u32) -> Value {
        let person = (self.shape == Shape::Singles).then_some(0);
        self.records_of(record, person).into_iter().next().unwrap_or(Value::Null)
    }

    /// Every record of a part, or of a message: for both persons when none is given.
    pub(super) fn record(&self, record: u32, person: Option<usize>) -> Vec<Value> {
        let persons: &[usize] = match person {
            Some(0) => &[0],
            Some(_) => &[1],
            None => &[0, 1],
        };
        persons.iter().flat_map(|person| self.records_of(record, Some(*person))).collect()
    }

    /// A form's body.
    pub(super) fn form(&self, record: u32) -> String {
        let Value::Object(members) = self.root(record) else { return String::new() };
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let pairs = members
            .iter()
            .map(|(name, value)| format!("{}={}", super::percent(name), super::percent(&text(value))));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// A header's value; none for one that is kept or rewritten: it need not be there.
    pub(super) fn single(&self, spot: u32) -> Option<String> {
        let choice = self.chosen(self.spot(spot)?, &BTreeMap::new())?;
        match self.verb(choice) {
            Verb::Drop | Verb::Blank if self.leaves() => Some(self.told(Told::FullName)),
            Verb::Pseudonym => self.pseudonym(choice, 0),
            _ => None,
        }
    }

    /// A kept segment of a path.
    pub(super) fn kept(&self, spot: u32) -> Option<String> {
        let choice = self.chosen(self.spot(spot)?, &BTreeMap::new())?;
        Some(neutral(self.form_of(choice)))
    }

    /// A parameter's value, where the rules mask or take it away.
    pub(super) fn question(&self, spot: u32) -> Option<String> {
        let choice = self.chosen(self.spot(spot)?, &BTreeMap::new())?;
        match self.verb(choice) {
            Verb::Drop => Some(self.told(Told::FullName)),
            Verb::Pseudonym => self.pseudonym(choice, 0),
            Verb::Nested(Decoder::OneRosterFilter) => self.filter(choice.record),
            _ => None,
        }
    }

    /// Comparisons with the person's own identifiers.
    fn filter(&self, record: u32) -> Option<String> {
        let root = self.spot(self.profile.records.get(record as usize)?.root)?;
        let all = root.branch.names.iter().filter_map(|(name, spot)| {
            let choice = self.chosen(self.spot(spot)?, &BTreeMap::new())?;
            let own = (self.verb(choice) == Verb::Pseudonym).then(|| self.pseudonym(choice, 0)).flatten()?;
            Some(format!("{name}='{own}'"))
        });
        Some(all.collect::<Vec<_>>().join(" AND ")).filter(|filter| !filter.is_empty())
    }

    /// The records of one person, or one for both when the message itself is it.
    fn records_of(&self, record: u32, person: Option<usize>) -> Vec<Value> {
        let Some(root) = self.profile.records.get(record as usize).map(|record| record.root) else {
            return Vec::new();
        };
        let variants = self.variants(root);
        let one = |assigned: &BTreeMap<Vec<String>, String>| {
            self.value(root, &mut Vec::new(), At { person, assigned, goes: false })
        };
        let all: Vec<Value> = variants.iter().filter_map(one).collect();
        match self.profile.records.get(record as usize).and_then(|record| record.outside.as_deref()) {
            Some(plan) => all.iter().flat_map(|whole| forms(plan, whole)).collect(),
            None => all,
        }
    }

    /// What stands at the places that a record's conditions ask about, one record after another.
    fn variants(&self, root: u32) -> Vec<BTreeMap<Vec<String>, String>> {
        let mut asked: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
        self.conditions(root, true, &mut asked);
        let most = asked.values().map(Vec::len).max().unwrap_or(1).clamp(1, MOST_VARIANTS);
        let variant = |number: usize| {
            let one = |(path, texts): (&Vec<String>, &Vec<String>)| {
                let text = texts.get(number.checked_rem(texts.len())?)?;
                Some((path.clone(), text.clone()))
            };
            asked.iter().filter_map(one).collect()
        };
        (0..most).map(variant).collect()
    }

    fn conditions(&self, spot: u32, is_root: bool, asked: &mut BTreeMap<Vec<String>, Vec<String>>) {
        let Some(spot) = self.spot(spot) else { return };
        for choice in &spot.choices {
            for test in &choice.tests {
                let Subject::Body(path) = &test.subject else { continue };
                let texts = match &test.want {
                    Want::In(texts) => texts.clone(),
                    // What no condition lists goes with its record: that is to be tried, too.
                    Want::NotIn(_) if is_root && self.verb(choice) == Verb::Drop => vec![UNKNOWN.to_owned()],
                    _ => continue,
                };
                let known = asked.entry(path.clone()).or_default();
                for text in texts {
                    if !known.contains(&text) {
                        known.push(text);
                    }
                }
            }
        }
        for (_, child) in spot.branch.names.iter() {
            self.conditions(child, false, asked);
        }
        if spot.element != NONE {
            self.conditions(spot.element, false, asked);
        }
    }

    /// The value at a spot; none when nothing need stand there.
    fn value(&self, spot: u32, path: &mut Vec<String>, at: At<'_>) -> Option<Value> {
        let known = self.spot(spot)?;
        let container = known.element != NONE || known.branch.names.iter().next().is_some();
        let Some(choice) = self.chosen(known, at.assigned) else {
            return match (container, at.goes) {
                (true, _) => self.container(known, path, at),
                (false, true) => {
                    Some(self.assigned(path, at).unwrap_or_else(|| self.told(Told::FullName)).into())
                }
                (false, false) if path.is_empty() => Some(Value::Object(self.unlisted(known))),
                (false, false) => None,
            };
        };
        match self.verb(choice) {
            Verb::Refuse => None,
            Verb::Part => Some(self.part(choice.record, at.person)),
            Verb::Drop if path.is_empty() => self.container(known, path, At { goes: true, ..at }),
            verb if container && (verb == Verb::Keep || path.is_empty()) => self.container(known, path, at),
            verb => self.leaf(choice, verb, path, at),
        }
    }

    fn part(&self, record: u32, person: Option<usize>) -> Value {
        let mut records = self.record(record, person);
        match self.shape {
            Shape::Lists => Value::Array(records),
            Shape::Singles if records.is_empty() => Value::Null,
            Shape::Singles => records.swap_remove(0),
        }
    }

    fn container(&self, spot: &Spot, path: &mut Vec<String>, at: At<'_>) -> Option<Value> {
        if spot.element != NONE {
            let persons: &[Option<usize>] = match at.person {
                None => &[Some(0), Some(1)],
                Some(_) => &[at.person],
            };
            let one = |person: &Option<usize>| {
                self.value(spot.element, &mut vec![String::new()], At { person: *person, ..at })
            };
            return Some(Value::Array(persons.iter().filter_map(one).collect()));
        }
        let mut members = if at.goes { Map::new() } else { self.unlisted(spot) };
        for (name, child) in spot.branch.names.iter() {
            path.push(name.to_owned());
            let value = self.value(child, path, at);
            path.pop();
            members.extend(value.map(|value| (name.to_owned(), value)));
        }
        Some(Value::Object(members))
    }

    /// A member that no rule lists, where such a member goes.
    fn unlisted(&self, spot: &Spot) -> Map<String, Value> {
        let goes = self.leaves() && spot.unlisted == Unlisted::Drop;
        let member = || (UNKNOWN.to_owned(), Value::from(self.told(Told::FullName)));
        goes.then(member).into_iter().collect()
    }

    fn leaf(&self, choice: &Choice, verb: Verb, path: &[String], at: At<'_>) -> Option<Value> {
        let person = at.person.unwrap_or(0);
        let rule = self.profile.rule(choice.rule)?;
        let told = |what| Some(Value::from(self.invented.told(what, person)));
        match verb {
            Verb::Keep if choice.deep => {
                let inner = self.free(choice, rule, person);
                Some(Value::Object(Map::from_iter([("a".to_owned(), inner.into())])))
            }
            Verb::Keep => {
                let kept = || self.free(choice, rule, person);
                Some(self.assigned(path, at).unwrap_or_else(kept).into())
            }
            Verb::Drop | Verb::Blank => match names(rule) {
                Some(Names::Identifier) => Some(self.invented.identifier(Kind::PUPIL_NUMBER, person).into()),
                Some(Names::Told(what)) => told(what),
                None => told(Told::FullName),
            },
            Verb::Constant => match &rule.constant {
                Some(constant) if constant.literal => serde_json::from_str(&constant.text).ok(),
                _ => told(Told::FullName),
            },
            Verb::Generalise(to) => Some(coarsened(to, self.invented.told(Told::BirthDate, person)).into()),
            Verb::Pseudonym => self.pseudonym(choice, person).map(Value::from),
            Verb::Label(NamePart::Given) => told(Told::Given),
            Verb::Label(NamePart::Family) => told(Told::Family),
            Verb::Label(NamePart::Full) => told(Told::FullName),
            // Where it leads to nothing listed it goes, or refuses.
            Verb::Address if self.leaves() && rule.unlisted == Unlisted::Drop => {
                let own = self.invented.identifier(Kind::SIS_USER, person);
                Some(format!("https://canary.invalid/users/{}", super::percent(&own)).into())
            }
            Verb::Nested(Decoder::Json) => {
                self.records_of(choice.record, Some(person)).first().map(|inner| inner.to_string().into())
            }
            Verb::Nested(Decoder::Form) => Some(self.form(choice.record).into()),
            Verb::Refuse | Verb::Swap | Verb::Address | Verb::Nested(_) | Verb::Part => None,
        }
    }

    /// A kept value: of its form; the person, where the field names one; a planted name, where it may hold any text.
    fn free(&self, choice: &Choice, rule: &Rule, person: usize) -> String {
        let form = rule.form.as_ref();
        if self.leaves() {
            let named = names(rule).map(|names| match names {
                Names::Identifier => self.invented.identifier(Kind::PUPIL_NUMBER, person),
                Names::Told(what) => self.invented.told(what, person),
            });
            if let Some(named) = named.filter(|named| form.is_none_or(|form| form.holds(named))) {
                return named;
            }
            if self.plant && form.is_none() && !choice.vocabulary && choice.tests.is_empty() {
                self.planted.set(true);
                return format!("gemaakt door {}", self.told(Told::FullName));
            }
        }
        neutral(form)
    }

    fn pseudonym(&self, choice: &Choice, person: usize) -> Option<String> {
        let masks = choice.pseudonym.as_ref()?;
        if masks.kind.minted == Minted::Publisher {
            return Some(minted(person));
        }
        let own = self.invented.identifier(masks.kind.kind, person);
        Some(match &masks.form {
            Some((before, after)) => format!("{before}{own}{after}"),
            None => own,
        })
    }

    fn assigned(&self, path: &[String], at: At<'_>) -> Option<String> {
        at.assigned.get(path).cloned()
    }

    /// The rule that decides at a spot, with these values in the record.
    fn chosen<'s>(&self, spot: &'s Spot, assigned: &BTreeMap<Vec<String>, String>) -> Option<&'s Choice> {
        spot.choices.iter().find(|choice| {
            choice.tests.iter().all(|test| {
                let text = match &test.subject {
                    Subject::Body(path) => assigned.get(path),
                    Subject::Query(_) | Subject::Header(_) | Subject::Path(_) => None,
                };
                match &test.want {
                    Want::In(texts) => text.is_some_and(|text| texts.contains(text)),
                    Want::NotIn(texts) => text.is_none_or(|text| !texts.contains(text)),
                    Want::Present => matches!(test.subject, Subject::Body(_)),
                    Want::Absent => !matches!(test.subject, Subject::Body(_)),
                }
            })
        })
    }

    fn verb(&self, choice: &Choice) -> Verb {
        if self.leaves() { choice.leave } else { choice.enter }
    }

    fn form_of(&self, choice: &Choice) -> Option<&Form> {
        self.profile.rule(choice.rule).and_then(|rule| rule.form.as_ref())
    }

    fn spot(&self, spot: u32) -> Option<&'a Spot> {
        self.profile.spots.get(spot as usize)
    }
}
