//! A profile as others see it: its rules, verbs and kinds.
//!
//! What `check`, registers, assertions, refusals and the journal speak of. This file must not know TOML, and it
//! holds no value of a message.

use super::category::Category;
use super::form::Form;
use super::plan::{Endpoint, Message, Record, Spot};
use crate::identity::Kind;
use crate::rewrite::Format;

/// Which way a message crosses the boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Door {
    /// Towards the publisher.
    Leave,
    /// Towards the school.
    Enter,
}

/// One line of a profile with one selector; an index into [`Profile::rules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u32);

/// What decides where no rule applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlisted {
    /// The value, member or element goes.
    Drop,
    /// The message is refused.
    Refuse,
}

/// Which piece of a person's name a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NamePart {
    /// The given name.
    Given,
    /// The family name.
    Family,
    /// Both, as one text.
    Full,
}

/// Who makes up the values of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Minted {
    /// The school's side, as usual: everything is masked.
    Inside,
    /// Either side: what the publisher brought stays, the rest is masked; an unknown value that enters is
    /// remembered as the publisher's.
    Both,
    /// The publisher: unchanged at both doors; beside a known identifier in `person` it names that person.
    Publisher,
}

/// How far `generalise` goes. Dates are RFC 3339 full-dates or date-times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// `2013-09-04` becomes `2013`.
    Year,
    /// `2013-09-04` becomes `2013-09`.
    Month,
    /// `2013-09-04` becomes `2013-01-01`: still a date.
    FirstOfYear,
    /// `2013-09-04` becomes `2013-09-01`: still a date.
    FirstOfMonth,
    /// The four digits of a Dutch postcode.
    Postcode4,
}

/// What a rule does at one door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// It stays as it is.
    Keep,
    /// Value, member, element, parameter or header goes.
    Drop,
    /// It becomes empty.
    Blank,
    /// It becomes the rule's constant.
    Constant,
    /// The message is refused.
    Refuse,
    /// It becomes coarser when it leaves; it enters unchanged.
    Generalise(To),
    /// Identifier to pseudonym and back.
    Pseudonym,
    /// Name to stand-in and back.
    Label(NamePart),
    /// The route's inside value to its outside value and back.
    Swap,
    /// A web address to this publisher's routes and back.
    Address,
    /// Decoded, treated by its part, encoded again.
    Nested(Decoder),
    /// The part's rules decide.
    Part,
}

impl Verb {
    /// As profiles write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::Blank => "blank",
            Self::Constant => "constant",
            Self::Refuse => "refuse",
            Self::Generalise(_) => "generalise",
            Self::Pseudonym => "pseudonym",
            Self::Label(_) => "label",
            Self::Swap => "swap",
            Self::Address => "address",
            Self::Nested(_) => "nested",
            Self::Part => "part",
        }
    }

    /// Whether the value crosses as it is, or coarser: what a register calls shared.
    pub fn shares(self) -> bool {
        matches!(self, Self::Keep | Self::Generalise(_))
    }
}

/// What `nested` decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoder {
    /// A JSON document in a text.
    Json,
    /// A form in a text.
    Form,
    /// Values between commas.
    List,
    /// OneRoster's `filter`.
    OneRosterFilter,
}

impl Decoder {
    /// The format that reads it.
    pub fn format(self) -> Format {
        match self {
            Self::Json => Format::Json,
            Self::Form => Format::Form,
            Self::List => Format::List,
            Self::OneRosterFilter => Format::OneRosterFilter,
        }
    }
}

/// A constant that a rule writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    /// Its text.
    pub text: String,
    /// Written in the profile as a number or boolean, so that it stands in JSON without quotes.
    pub literal: bool,
}

/// One line of a profile with one selector. What `check`, `explain`, registers and refusals speak of.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Where it stands: a part's name, or side, method and path of a message.
    pub owner: String,
    /// The selector as written; `unlisted` for what no rule mentions.
    pub at: String,
    /// The line in the profile, from 1.
    pub line: u32,
    /// What happens when the message leaves.
    pub leave: Verb,
    /// What happens when it enters.
    pub enter: Verb,
    /// What the value is about.
    pub category: Option<Category>,
    /// The profile's reason.
    pub why: Option<String>,
    /// The selector's last component: the name of the member, parameter or header. A label's slot, and the name
    /// that an insertion writes.
    pub slot: String,
    /// What a kept value may be; none: anything.
    pub form: Option<Form>,
    /// What `constant` writes.
    pub constant: Option<Constant>,
    /// The name of the route's `swap` pair.
    pub swap: Option<String>,
    /// The kind of a `pseudonym`.
    pub kind: Option<Kind>,
    /// Whether an absent or empty value is written.
    pub add: bool,
    /// What counts where an `address` leads to no listed path.
    pub unlisted: Unlisted,
    /// Whether the rule's condition names the only texts that it lets through: an enumeration.
    pub vocabulary: bool,
    /// Whether the rule has a condition.
    pub conditional: bool,
    /// Whether the rule would share its value and the publisher's agreement does not name its category.
    pub not_agreed: bool,
    /// How refusals and the journal name it; said once, since every exchange repeats it.
    pub(super) text: String,
}

impl Rule {
    /// What happens at a door.
    pub fn verb(&self, door: Door) -> Verb {
        match door {
            Door::Leave => self.leave,
            Door::Enter => self.enter,
        }
    }
}

/// A kind that the profile itself declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindUse {
    /// Which.
    pub kind: Kind,
    /// Whether its values point at persons; a thing is never joined through the roster.
    pub person: bool,
    /// Who makes its values up.
    pub minted: Minted,
}

/// A profile, read and compiled. Immutable; shared by all exchanges of the routes that use it.
#[derive(Debug, Clone)]
pub struct Profile {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) source: String,
    pub(super) digest: [u8; 32],
    pub(super) kinds: Vec<KindUse>,
    pub(super) minted: Vec<(Kind, Form)>,
    pub(super) rules: Vec<Rule>,
    pub(super) messages: Vec<Message>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) spots: Vec<Spot>,
    pub(super) records: Vec<Record>,
}

impl Profile {
    /// Its name, as routes give it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One line for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Where the protocol is described.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// SHA-256 of the profile's text, for the journal.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The kinds that its pseudonyms use, each once.
    pub fn kinds(&self) -> &[KindUse] {
        &self.kinds
    }

    /// Whether a publisher may give this name to something of a kind: it has the form that the kind says, if it says
    /// one. Judged before anybody looks whether the school has such a thing, it tells nothing.
    pub fn may_be_named(&self, kind: Kind, name: &str) -> bool {
        self.minted.iter().find(|(known, _)| *known == kind).is_none_or(|(_, form)| form.holds(name))
    }

    /// Every rule, in the order of the file.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// One rule. An id of another profile gives an arbitrary rule or none.
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id.0 as usize)
    }

    /// A rule as refusals and the journal name it: `oneroster-1.2 user /givenName (line 41)`.
    pub fn rule_text(&self, id: RuleId) -> String {
        self.rule_name(id).to_owned()
    }

    /// The same, borrowed.
    pub fn rule_name(&self, id: RuleId) -> &str {
        self.rule(id).map_or(&self.name, |rule| &rule.text)
    }

    /// Says the rules' texts, once all are there.
    pub(super) fn say_texts(&mut self) {
        for rule in &mut self.rules {
            let at = if rule.at.is_empty() { "\"\"" } else { rule.at.as_str() };
            rule.text = format!("{} {} {at} (line {})", self.name, rule.owner, rule.line);
        }
    }

    /// Names of the `swap` pairs that a route with this profile must have.
    pub fn swaps(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.rules.iter().filter_map(|rule| rule.swap.as_deref()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
