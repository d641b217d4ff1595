//! Judging rules: each in its place, and those of one place together.
//!
//! What would never apply, what could apply twice, what a verb cannot take. It must not change the profile.

use super::conditions::{apart, complete, impossible};
use super::draft::{FieldDraft, Side};
use super::selector::{Area, Selector, Step, Syntax};
use super::source::Said;
use super::weave::{Loom, Weaver};
use crate::profile::plan::{Choice, NONE, Subject};
use crate::profile::rules::{Unlisted, Verb};

/// Headers that Sluis writes itself, or that never cross: framing, codings, ranges, credentials, origins.
const NEVER: [&str; 43] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-ranges",
    "alt-svc",
    "authorization",
    "baggage",
    "connection",
    "content-encoding",
    "content-length",
    "content-location-base",
    "content-range",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "from",
    "host",
    "http2-settings",
    "if-range",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "refresh",
    "set-cookie",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "www-authenticate",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "content-disposition",
];

/// Headers that lead a client to an address: they are rewritten or they go.
const ADDRESSES: [&str; 3] = ["link", "location", "content-location"];

impl Weaver<'_, '_> {
    /// One rule, where it stands.
    pub(super) fn judge_field(
        &mut self,
        loom: &Loom<'_>,
        field: &FieldDraft,
        at: &Said,
        selector: &Selector,
    ) {
        let verbs = [field.leave, field.enter];
        let only = |known: &[&str]| verbs.iter().all(|verb| known.contains(&verb.as_str()));
        if selector.deep && (!only(&["keep", "drop", "refuse"]) || !verbs.contains(&Verb::Keep)) {
            self.source.error(at.line, "`/**` goes with `keep`", "name the values one by one");
        }
        match &selector.area {
            Area::Body => {}
            _ if verbs.contains(&Verb::Part) => {
                let hint = "do = \"nested\" decodes it first";
                self.source.error(at.line, "`part` takes objects; this is a single value", hint);
            }
            Area::Path(_) if !only(&["keep", "refuse", "constant", "swap"]) => {
                let hint = "`{name:kind}` in `path` masks it; keep, refuse, constant and swap are left";
                self.source.error(at.line, "this verb cannot act on a segment of the path", hint);
            }
            Area::Header(name) if NEVER.contains(&name.as_str()) => {
                let hint = "Sluis writes it itself, or it never crosses; take the rule out";
                self.source.error(at.line, format!("the header `{name}` is not a profile's to decide"), hint);
            }
            Area::Header(name)
                if ADDRESSES.contains(&name.as_str()) && !only(&["address", "drop", "refuse"]) =>
            {
                let what = format!("the header `{name}` would lead round Sluis");
                self.source.error(at.line, what, "do = \"address\"");
            }
            _ => {}
        }
        if field.add {
            self.judge_add(loom, at, selector);
        }
    }

    fn judge_add(&mut self, loom: &Loom<'_>, at: &Said, selector: &Selector) {
        let hint = "`add` writes a named member, parameter or header";
        let named = match &selector.area {
            Area::Body => matches!(selector.steps.last(), Some(Step::Name(_))) && !selector.deep,
            Area::Query(_) | Area::Header(_) => true,
            Area::Path(_) => false,
        };
        if loom.syntax == Syntax::Xml && selector.area == Area::Body {
            self.source.error(at.line, "`add` cannot write XML", "leave `add` out");
        } else if !named || loom.syntax == Syntax::Filter {
            self.source.error(at.line, format!("`add` cannot write `{}`", at.text), hint);
        }
    }

    /// What a condition looks at.
    pub(super) fn judge_subject(&mut self, subject: &Subject, at: &Said) {
        let elsewhere = !matches!(subject, Subject::Body(_));
        if self.in_part() && elsewhere {
            let what = format!("a part knows the value it is applied to only: `{}`", at.text);
            self.source.error(at.line, what, "`query:`, `header:` and `path:` stand in messages");
            return;
        }
        match subject {
            Subject::Query(_) | Subject::Path(_) if self.side != Some(Side::Request) => {
                let what = format!("only a request has `{}`", at.text);
                self.source.error(at.line, what, "a response has its body and its headers");
            }
            Subject::Path(name) if !self.has_variable(name) => {
                let what = format!("no variable `{name}` in every path of the message");
                self.source.error(at.line, what, "write it as `{name}` in `path`");
            }
            _ => {}
        }
    }

    /// A part that a filter uses.
    pub(super) fn judge_filter(&mut self, loom: &Loom<'_>) {
        if let Some((Unlisted::Drop, line)) = loom.rules.unlisted {
            let hint = "a question without one of its terms is another question";
            self.source.error(line, "a filter's part cannot drop", hint);
        }
        for field in &loom.rules.fields {
            for verb in [field.leave, field.enter] {
                if !matches!(verb, Verb::Keep | Verb::Pseudonym | Verb::Refuse) {
                    let what = format!("a filter's part cannot `{}`", verb.as_str());
                    self.source.error(field.line, what, "keep, pseudonym or refuse");
                }
            }
            if let Some(test) = field.tests.first() {
                self.source.error(
                    test.at.line,
                    "a filter's part has no conditions",
                    "every attribute stands alone",
                );
            }
        }
    }

    /// The rules of one spot, together.
    pub(super) fn judge(&mut self, spot: u32) {
        let Some(known) = self.profile.spots.get(spot as usize) else { return };
        let line = |choice: &Choice| self.profile.rule(choice.rule).map_or(1, |rule| rule.line);
        let mut mistakes: Vec<(u32, String, &str)> = Vec::new();
        for (at, later) in known.choices.iter().enumerate() {
            if impossible(&later.tests) {
                mistakes.push((
                    line(later),
                    "this rule never applies".into(),
                    "its conditions contradict one another",
                ));
            }
            for earlier in known.choices.iter().take(at) {
                let (first, second) = (line(earlier).min(line(later)), line(earlier).max(line(later)));
                match (earlier.tests.is_empty(), later.tests.is_empty()) {
                    (true, true) => mistakes.push((
                        second,
                        format!("this rule never applies: line {first} takes the same value"),
                        "take one of them out, or give it a condition",
                    )),
                    (false, false) if !apart(&earlier.tests, &later.tests) => mistakes.push((
                        second,
                        format!("its condition and that of line {first} can hold together"),
                        "name different texts of one and the same value",
                    )),
                    (false, true) => {
                        let others = || known.choices.iter().take(at);
                        if others().any(|a| others().any(|b| complete(&a.tests, &b.tests))) {
                            mistakes.push((
                                line(later),
                                "this rule never applies".into(),
                                "the conditions of the others leave nothing over",
                            ));
                        }
                    }
                    _ => {}
                }
            }
        }
        if let Some(below) = self.below(spot) {
            let whole = |choice: &&Choice| {
                let ends = |verb: Verb| matches!(verb, Verb::Drop | Verb::Refuse);
                choice.tests.is_empty() && !choice.deep && ends(choice.leave) && ends(choice.enter)
            };
            if let Some(part) = known.choices.iter().find(|choice| choice.leave == Verb::Part) {
                let what =
                    format!("another rule below a part: line {} gives this value to a part", line(part));
                mistakes.push((below, what, "put the rule into the part"));
            } else if let Some(whole) = known.choices.iter().find(whole) {
                let what = format!("this rule never applies: line {} takes all of it", line(whole));
                mistakes.push((below, what, "take one of them out"));
            }
        }
        for (line, what, hint) in mistakes {
            self.source.error(line, what, hint);
        }
    }

    /// The line of some rule below a spot.
    fn below(&self, spot: u32) -> Option<u32> {
        let known = self.profile.spots.get(spot as usize)?;
        let children = known.branch.names.iter().map(|(_, child)| child);
        for child in children.chain((known.element != NONE).then_some(known.element)) {
            let here = self.profile.spots.get(child as usize)?.choices.first();
            let line = here.and_then(|choice| self.profile.rule(choice.rule)).map(|rule| rule.line);
            if let Some(line) = line.or_else(|| self.below(child)) {
                return Some(line);
            }
        }
        None
    }
}
