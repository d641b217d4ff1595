//! What somebody should know before believing that all is well: the points that a register puts first.
//!
//! It must not decide what the school does about them.

use super::register::{PublisherPart, Register, RoutePart};
use super::trials::{Canaries, Last};
use super::words;
use crate::config::Language;

/// Days after which a roster is old.
const OLD_ROSTER_DAYS: u64 = 30;
/// Days after which a nightly trial should have been repeated.
const OLD_TRIAL_DAYS: u64 = 2;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// One point: a stable code, for machines, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) code: &'static str,
    /// The publisher's or school's id; empty when it is about the whole.
    pub(super) about: String,
    english: String,
    dutch: String,
}

impl Point {
    /// In words.
    pub(super) fn told(&self, language: Language) -> &str {
        language.pick(&self.english, &self.dutch)
    }
}

/// Everything to know, the gravest first.
pub(super) fn points(register: &Register) -> Vec<Point> {
    let mut found = Vec::new();
    for publisher in &register.publishers {
        canaries(publisher, register, &mut found);
        terms(publisher, &mut found);
        seen(publisher, &mut found);
        suspects(publisher, &mut found);
    }
    for publisher in &register.publishers {
        on_purpose(publisher, &mut found);
    }
    whole(register, &mut found);
    found
}

fn point(code: &'static str, about: &str, english: String, dutch: String) -> Point {
    Point { code, about: about.to_owned(), english, dutch }
}

fn canaries(publisher: &PublisherPart, register: &Register, found: &mut Vec<Point>) {
    let (id, name) = (&publisher.id, &publisher.name);
    let sum = |of: fn(&Canaries) -> u64| {
        publisher.routes.iter().fold(0_u64, |sum, route| sum.saturating_add(of(&route.canaries)))
    };
    let leaked = sum(|canaries| canaries.leaked);
    if leaked > 0 {
        found.push(point(
            "canary-leaked",
            id,
            format!("{name}: in trials with invented pupils, something about them was found {leaked} times in what would have left"),
            format!("{name}: in proeven met verzonnen leerlingen werd {leaked} keer iets over hen gevonden in wat zou vertrekken"),
        ));
    }
    let weak = sum(|canaries| canaries.runs_weak);
    if weak > 0 {
        found.push(point(
            "canary-weak",
            id,
            format!("{name}: in {weak} trials the rules would have let an invented pupil through, and only the guard stopped it"),
            format!("{name}: in {weak} proeven hadden de regels een verzonnen leerling doorgelaten, en hield alleen de wachter het tegen"),
        ));
    }
    // Without any trial at all, that is said once.
    let tried = !register.tally.canaries.is_empty();
    for route in publisher.routes.iter().filter(|_| tried) {
        if let Some((code, english, dutch)) = silent(route, register.moment_ms) {
            found.push(point(code, id, format!("{name}: {english}"), format!("{name}: {dutch}")));
        }
    }
}

/// Why the newest trial of a route says nothing of its rules as they are now.
fn silent(route: &RoutePart, moment_ms: u64) -> Option<(&'static str, String, String)> {
    let (mount, runs) = (&route.mount, &route.canaries);
    let days = moment_ms.saturating_sub(runs.last_ms) / DAY_MS;
    Some(match &runs.last {
        _ if runs.runs == 0 => (
            "canary-missing",
            format!("no trial with invented pupils on {mount} is in the journal"),
            format!("in het journaal staat geen proef met verzonnen leerlingen op {mount}"),
        ),
        Last::Refused(code) => {
            let said = |to| words::refusal(code, to);
            (
                "canary-refused",
                format!(
                    "the newest trial on {mount} was refused whole, {}: it says nothing of the rules",
                    said(Language::English)
                ),
                format!(
                    "de laatste proef op {mount} werd in zijn geheel geweigerd, {}: zij zegt niets over de regels",
                    said(Language::Dutch)
                ),
            )
        }
        Last::Failed(code) => {
            let code = code.to_ascii_uppercase();
            (
                "canary-failed",
                format!(
                    "the newest trial on {mount} could not be done ({code}): it says nothing of the rules"
                ),
                format!(
                    "de laatste proef op {mount} kon niet worden gedaan ({code}): zij zegt niets over de regels"
                ),
            )
        }
        Last::Tried if days > OLD_TRIAL_DAYS => (
            "canary-old",
            format!("the newest trial on {mount} is {days} days old"),
            format!("de laatste proef op {mount} is {days} dagen oud"),
        ),
        // By such a route nothing but a status leaves.
        Last::Tried | Last::Empty => return None,
    })
}

fn terms(publisher: &PublisherPart, found: &mut Vec<Point>) {
    let (id, name) = (&publisher.id, &publisher.name);
    let mut push = |code, english: String, dutch: String| {
        found.push(point(code, id, format!("{name}: {english}"), format!("{name}: {dutch}")));
    };
    match &publisher.agreement {
        None => push(
            "no-agreement",
            "no processor agreement is recorded".into(),
            "er is geen verwerkersovereenkomst vastgelegd".into(),
        ),
        Some(agreement) if agreement.ended => {
            let ends = agreement.ends.map(|ends| ends.to_string()).unwrap_or_default();
            push(
                "agreement-ended",
                format!("the agreement ended on {ends}; everything is refused since"),
                format!("de overeenkomst liep af op {ends}; sindsdien wordt alles geweigerd"),
            );
        }
        Some(_) => {}
    }
    if publisher.unfounded() {
        let places = |to| words::places(&publisher.location, to);
        push(
            "no-basis",
            format!(
                "processes at a place without a recorded basis: {}; everything is refused",
                places(Language::English)
            ),
            format!(
                "verwerkt op een plaats zonder vastgelegde grondslag: {}; alles wordt geweigerd",
                places(Language::Dutch)
            ),
        );
    }
    if publisher.location.is_empty() {
        push(
            "no-location",
            "no place of processing is recorded".into(),
            "er is geen plaats van verwerking vastgelegd".into(),
        );
    }
    if publisher.kind.is_none() {
        push(
            "no-kind",
            "it is not recorded whether the school bought this or it is a free app".into(),
            "er is niet vastgelegd of de school dit kocht of dat het een gratis app is".into(),
        );
    }
}

/// What was seen of categories that the agreement does not name, or in fields that no rule lists.
fn seen(publisher: &PublisherPart, found: &mut Vec<Point>) {
    let (id, name) = (&publisher.id, &publisher.name);
    let mut push = |code, english: String, dutch: String| {
        found.push(point(code, id, format!("{name}: {english}"), format!("{name}: {dutch}")));
    };
    let beyond: u64 = fields(publisher).map(|field| field.beyond_agreement()).fold(0, u64::saturating_add);
    if beyond > 0 {
        push(
            "beyond-agreement",
            format!(
                "{beyond} values that the present agreement does not name were seen under earlier configurations, and may have left"
            ),
            format!(
                "{beyond} gegevens die de huidige overeenkomst niet noemt zijn gezien onder eerdere configuraties, en mogelijk vertrokken"
            ),
        );
    }
    let in_vain = |held_back: bool| {
        let of = fields(publisher).filter(|field| field.held_back == held_back);
        of.map(|field| field.seen_in_vain()).fold(0, u64::saturating_add)
    };
    if in_vain(true) > 0 {
        push(
            "seen-not-agreed",
            format!(
                "{} values were offered that the agreement does not name; they did not leave",
                in_vain(true)
            ),
            format!(
                "{} gegevens werden aangeboden die de overeenkomst niet noemt; zij vertrokken niet",
                in_vain(true)
            ),
        );
    }
    if in_vain(false) > 0 {
        push(
            "seen-not-listed",
            format!("{} values were offered that no rule lists; they did not leave", in_vain(false)),
            format!(
                "{} gegevens werden aangeboden die in geen regel staan; zij vertrokken niet",
                in_vain(false)
            ),
        );
    }
}

fn fields(publisher: &PublisherPart) -> impl Iterator<Item = &super::field::Field> {
    publisher.routes.iter().flat_map(|route| &route.fields)
}

/// What left although the guard thought that it might be a name.
fn suspects(publisher: &PublisherPart, found: &mut Vec<Point>) {
    let suspected = publisher.crossed().suspected();
    if suspected > 0 {
        let name = &publisher.name;
        found.push(point(
            "suspects-let-go",
            &publisher.id,
            format!("{name}: {suspected} times something left that may have been a name and may have been a word: the route only reports those"),
            format!("{name}: {suspected} keer vertrok iets dat een naam kon zijn of een woord: de route meldt die alleen"),
        ));
    }
}

/// What the school chose, and others should know.
fn on_purpose(publisher: &PublisherPart, found: &mut Vec<Point>) {
    let (id, name) = (&publisher.id, &publisher.name);
    let mut push = |code, english: String, dutch: String| {
        found.push(point(code, id, format!("{name}: {english}"), format!("{name}: {dutch}")));
    };
    for route in publisher.routes.iter().filter(|route| route.suspects_reported) {
        let mount = &route.mount;
        push(
            "suspects-reported",
            format!("what may be a name and may be a word leaves by {mount}, and is only counted"),
            format!("wat een naam kan zijn of een woord vertrekt over {mount}, en wordt alleen geteld"),
        );
    }
    for route in publisher.routes.iter().filter(|route| !route.needle) {
        let mount = &route.mount;
        push(
            "needle-off",
            format!("what leaves by {mount} cannot be searched for a name afterwards: that is switched off"),
            format!("wat over {mount} vertrekt is achteraf niet te doorzoeken op een naam: dat is uitgezet"),
        );
    }
    if publisher.eck_id_kept {
        push(
            "eck-id-kept",
            "receives the ECK iD itself: by this number publishers that have it can recognise the same pupil".into(),
            "ontvangt het ECK iD zelf: aan dat nummer kunnen uitgevers die het hebben dezelfde leerling herkennen".into(),
        );
    }
    if let Some(other) = &publisher.same_ids_as {
        push(
            "shared-ids",
            format!("receives the same numbers as {other}: together they can recognise the same pupil"),
            format!("ontvangt dezelfde nummers als {other}: samen kunnen zij dezelfde leerling herkennen"),
        );
    }
}

fn whole(register: &Register, found: &mut Vec<Point>) {
    for school in &register.schools {
        let (id, name) = (&school.id, &school.name);
        match school.roster {
            None => found.push(point(
                "no-roster",
                id,
                format!("{name}: roster: none. Names are not known to Sluis, so that free text does not leave at all"),
                format!("{name}: leerlingenlijst: geen. Sluis kent geen namen, en laat daarom geen vrije tekst vertrekken"),
            )),
            Some(roster) => {
                let days = register.moment_ms.saturating_sub(roster.imported_ms) / DAY_MS;
                if days > OLD_ROSTER_DAYS {
                    found.push(point(
                        "old-roster",
                        id,
                        format!("{name}: the roster is {days} days old; pupils who came since are not known"),
                        format!("{name}: de leerlingenlijst is {days} dagen oud; wie er daarna bij kwam is onbekend"),
                    ));
                }
            }
        }
    }
    witnesses(register, found);
    let mut push =
        |code, english: &str, dutch: &str| found.push(point(code, "", english.into(), dutch.into()));
    if register.ground.witnesses.iter().all(|(_, word)| word.is_none()) {
        push(
            "no-witness",
            "witnesses: none. That the whole journal was not put back is found only with a checkpoint kept elsewhere",
            "getuigen: geen. Of het hele journaal is teruggezet blijkt alleen uit een elders bewaard checkpoint",
        );
    }
    if register.tally.canaries.is_empty() {
        push(
            "no-canaries",
            "no trial with invented pupils is in the journal for this period",
            "in het journaal staat over deze periode geen proef met verzonnen leerlingen",
        );
    }
    if !register.waived().is_empty() {
        push(
            "waived",
            "a protection was waived by name; see below",
            "van een bescherming is met naam afgezien; zie hieronder",
        );
    }
    if !register.gone.is_empty() {
        push(
            "former-routes",
            "messages crossed by routes that the present configuration no longer has; see below",
            "er gingen berichten over routes die de huidige configuratie niet meer heeft; zie hieronder",
        );
    }
}

/// Witnesses of the configuration that said nothing yet, or nothing of late.
fn witnesses(register: &Register, found: &mut Vec<Point>) {
    for (name, word) in &register.ground.witnesses {
        let Some(word) = word else {
            found.push(point(
                "witness-silent",
                name,
                format!("witness {name} has cosigned nothing yet"),
                format!("getuige {name} heeft nog niets medeondertekend"),
            ));
            continue;
        };
        let since = register.tally.newest_ms.saturating_sub(word.time_s.saturating_mul(1000));
        if word.size < register.ground.size && since > DAY_MS {
            let (missing, days) = (register.ground.size - word.size, since / DAY_MS);
            found.push(point(
                "witness-behind",
                name,
                format!("witness {name} has not cosigned the last {missing} entries, for {days} days"),
                format!(
                    "getuige {name} heeft de laatste {missing} regels niet medeondertekend, al {days} dagen"
                ),
            ));
        }
    }
}
