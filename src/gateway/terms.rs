//! On what terms a publisher may receive anything at all: until when, where it processes, for what kind of use.
//!
//! What an agreement says of categories is in the rules by the time an exchange begins (`Profile::limited`). It must not
//! know messages.

use std::sync::atomic::{AtomicBool, Ordering};

use super::refusal::Refusal;
use crate::clock::{Date, Timestamp};
use crate::identity::Publisher;

/// Where a publisher processes: a country of ISO 3166-1 (alpha-2), or the European Economic Area as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location(&'static str);

/// The area in which the GDPR holds by itself.
const EEA: &str = "EEA";

/// The states of the European Economic Area.
const MEMBERS: &str =
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK";

/// The other codes of ISO 3166-1.
const OTHERS: &str = "AD AE AF AG AI AL AM AO AQ AR AS AU AW AX AZ BA BB BD BF BH BI BJ BL BM BN BO BQ BR BS BT BV BW \
                      BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX DJ DM DO DZ EC EG EH ER ET FJ FK FM FO \
                      GA GB GD GE GF GG GH GI GL GM GN GP GQ GS GT GU GW GY HK HM HN HT ID IL IM IN IO IQ IR JE JM JO \
                      JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LK LR LS LY MA MC MD ME MF MG MH MK ML MM MN MO MP \
                      MQ MR MS MU MV MW MX MY MZ NA NC NE NF NG NI NP NR NU NZ OM PA PE PF PG PH PK PM PN PR PS PW PY \
                      QA RE RS RU RW SA SB SC SD SG SH SJ SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM \
                      TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

impl Location {
    /// Reads `NL` or `EEA`; none for what is neither a country nor the area.
    pub fn parse(text: &str) -> Option<Self> {
        let mut known = MEMBERS.split(' ').chain(OTHERS.split(' ')).chain([EEA]);
        known.find(|code| *code == text).map(Self)
    }

    /// Its code.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether what is processed there needs no basis of chapter V of the GDPR.
    pub fn in_eea(self) -> bool {
        self.0 == EEA || MEMBERS.split(' ').any(|code| code == self.0)
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// What allows a transfer to a place outside the EEA: chapter V of the GDPR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// A decision of the Commission that the place protects well enough (art. 45).
    Adequacy,
    /// Standard contractual clauses (art. 46(2)(c)).
    StandardClauses,
    /// Binding corporate rules (art. 47).
    CorporateRules,
    /// An approved code of conduct (art. 46(2)(e)).
    CodeOfConduct,
    /// An approved certification (art. 46(2)(f)).
    Certification,
}

impl Basis {
    /// Every basis, in the order of the articles.
    pub const ALL: [Self; 5] = [
        Self::Adequacy,
        Self::StandardClauses,
        Self::CodeOfConduct,
        Self::Certification,
        Self::CorporateRules,
    ];

    /// As configurations and registers write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Adequacy => "adequacy",
            Self::StandardClauses => "scc",
            Self::CorporateRules => "bcr",
            Self::CodeOfConduct => "code-of-conduct",
            Self::Certification => "certification",
        }
    }

    /// The article of the GDPR: `46(2)(c)`.
    pub fn article(self) -> &'static str {
        match self {
            Self::Adequacy => "45",
            Self::StandardClauses => "46(2)(c)",
            Self::CorporateRules => "47",
            Self::CodeOfConduct => "46(2)(e)",
            Self::Certification => "46(2)(f)",
        }
    }
}

/// How a school came by what a publisher offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Supply {
    /// The school bought it: no pupil is asked.
    Bought,
    /// An app that costs the school nothing: under 16 a parent's consent is needed (GDPR art. 8, UAVG art. 5).
    FreeApp,
}

impl Supply {
    /// As configurations and registers write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bought => "bought",
            Self::FreeApp => "free-app",
        }
    }
}

/// What becomes of a field whose category the agreement does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NotAgreed {
    /// It goes; where it cannot go (a path, a whole document, a comparison) the message is refused.
    #[default]
    Drop,
    /// The message is refused.
    Refuse,
}

impl NotAgreed {
    /// As configurations and registers write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Refuse => "refuse",
        }
    }
}

/// The terms of one publisher, as its routes hold to them.
#[derive(Debug, Default)]
pub struct Terms {
    /// Whose they are; none: the publisher of the route's scope.
    publisher: Option<Publisher>,
    /// The agreement's last day.
    ends: Option<Date>,
    /// A place outside the EEA, without a basis on record.
    unfounded: bool,
    /// Under 16 only who has a consent leaves.
    pub consent_under_16: bool,
    /// The end was seen: a clock that goes back does not bring the agreement back.
    over: AtomicBool,
}

impl Terms {
    /// The same terms as those of this publisher, by its own id: its scope may be another's (`same_ids_as`).
    #[must_use]
    pub fn of(self, publisher: Publisher) -> Self {
        Self { publisher: Some(publisher), ..self }
    }

    /// Whose they are, when that is said.
    pub(super) fn publisher(&self) -> Option<&Publisher> {
        self.publisher.as_ref()
    }

    /// Terms: the agreement's last day, where the publisher processes and on what basis, and how the school came by it.
    pub fn new(
        ends: Option<Date>,
        location: &[Location],
        basis: Option<Basis>,
        supply: Option<Supply>,
    ) -> Self {
        Self {
            publisher: None,
            ends,
            unfounded: unfounded(location, basis),
            consent_under_16: supply == Some(Supply::FreeApp),
            over: AtomicBool::new(false),
        }
    }

    /// Whether anything may cross at this moment.
    ///
    /// # Errors
    /// [`Refusal::AgreementEnded`] from the midnight after the last day, in the Netherlands; [`Refusal::NoBasis`] for a
    /// place outside the EEA without a basis.
    pub(super) fn hold(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.unfounded {
            return Err(Refusal::NoBasis);
        }
        let Some(ends) = self.ends else { return Ok(()) };
        if now >= ends.end() {
            self.over.store(true, Ordering::Relaxed);
        }
        if self.over.load(Ordering::Relaxed) { Err(Refusal::AgreementEnded) } else { Ok(()) }
    }
}

/// Whether a publisher processes at a place outside the EEA, and no basis for it is on record.
pub fn unfounded(location: &[Location], basis: Option<Basis>) -> bool {
    basis.is_none() && location.iter().any(|place| !place.in_eea())
}

#[cfg(test)]
mod tests {
    use super::{Basis, Location, Refusal, Supply, Terms};
    use crate::clock::{Date, Timestamp};

    fn at(location: &str, basis: Option<Basis>) -> Result<(), Refusal> {
        let places: Vec<Location> = location.split(' ').map(|code| Location::parse(code).unwrap()).collect();
        Terms::new(None, &places, basis, Some(Supply::Bought)).hold(Timestamp::from_millis(0))
    }

    #[test]
    fn a_place_outside_the_eea_needs_a_basis() {
        for inside in ["EEA", "NL", "BE", "GR", "IS", "LI", "NO", "NL DE"] {
            assert_eq!(at(inside, None), Ok(()), "{inside}");
        }
        for outside in ["US", "GB", "CH", "NL US", "CW", "AW"] {
            assert_eq!(at(outside, None), Err(Refusal::NoBasis), "{outside}");
            for basis in Basis::ALL {
                assert_eq!(at(outside, Some(basis)), Ok(()), "{outside}");
            }
        }
        for odd in ["", "nl", "EU", "UK", "EL", "NLD", "Nederland", "N", "NL BE", " NL"] {
            assert_eq!(Location::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn an_agreement_ends_at_midnight_and_stays_ended() {
        let ends = Date::parse("2027-07-31").unwrap();
        let terms = Terms::new(Some(ends), &[], None, None);
        let end = ends.end().as_millis();
        assert_eq!(terms.hold(Timestamp::from_millis(end - 1)), Ok(()), "the last day is whole");
        assert_eq!(terms.hold(Timestamp::from_millis(end)), Err(Refusal::AgreementEnded));
        // Clock set back: what has ended has ended, until somebody writes another end.
        assert_eq!(terms.hold(Timestamp::from_millis(end - 1)), Err(Refusal::AgreementEnded));
        assert_eq!(Terms::default().hold(Timestamp::from_millis(u64::MAX)), Ok(()), "no end, no refusal");
    }
}
