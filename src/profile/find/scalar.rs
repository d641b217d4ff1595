//! A single value under a verb: what must happen to it, or why it refuses.
//!
//! Null and empty values stay, a number stays a number, a container never comes here. It must not know where the
//! value stands beyond its place.

use std::borrow::Cow;

use super::question::Asks;
use super::walk::{Area, At, Walk};
use super::{Act, FindRefusal, Masking, Nested, OUTER, Place};
use crate::profile::category::Category;
use crate::profile::plan::{Choice, NONE, Spot};
use crate::profile::rules::{Decoder, Door, KindUse, NamePart, RuleId, To, Verb};
use crate::rewrite::{Document, Limits, NodeKind};

/// How many decoded values may stand in one another.
const DEEPEST: u32 = 8;

/// How an identifier of a kind is masked.
pub(super) fn masking(kind: KindUse, number: bool, before: u16, after: u16) -> Masking {
    Masking { kind: kind.kind, person: kind.person, minted: kind.minted, number, before, after }
}

/// Whether nothing stands in a text but what is no part of an identifier.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| OUTER.contains(&c))
}

/// A value, with how it may be read.
#[derive(Clone, Copy)]
struct Value<'a> {
    place: Place,
    kind: NodeKind,
    text: &'a str,
    /// Of a number: without fraction and exponent.
    integer: bool,
    /// Of a filter's comparison: equality, or none.
    equal: bool,
}

impl<'p> Walk<'p, '_> {
    /// A scalar of a document.
    pub(super) fn scalar(
        &mut self,
        at: At<'_>,
        node: u32,
        spot: &'p Spot,
        choice: &'p Choice,
    ) -> Result<(), FindRefusal> {
        let kind = at.document.kind(node);
        let verb = self.verb(choice);
        let text = at.document.text(node);
        if verb == Verb::Keep {
            let name = if at.asks() { at.document.name(node) } else { Cow::Borrowed("") };
            let asks = if at.asks() { Asks::Value(&name) } else { Asks::No };
            if kind != NodeKind::Null && !self.fits(asks, &text, choice) {
                return self.misfit(asks, at.place(node), choice);
            }
            if !self.closed {
                self.count(choice.rule);
                return Ok(());
            }
        }
        let integer = kind == NodeKind::Number && at.document.is_integer(node);
        let equal = at.document.operator(node).is_none_or(|operator| operator == "=");
        let value = Value { place: at.place(node), kind, text: &text, integer, equal };
        if node == 0 && verb == Verb::Drop {
            return Err(self.rooted(at.place(node), choice.rule));
        }
        self.apply(value, spot, choice)
    }

    /// A header or a segment of the path.
    pub(super) fn single(&mut self, place: Place, text: &str, spot: u32) -> Result<(), FindRefusal> {
        let Some(known) = self.spot(spot) else { return Ok(()) };
        let Some(choice) = self.choose(known, self.scope(None))? else {
            // An unlisted header never crosses and never refuses.
            return match place {
                Place::Header(_) => Ok(()),
                _ => Err(self.refused(place, known.unlisted_rule)),
            };
        };
        let findings = self.found.findings.len();
        let value = Value { place, kind: NodeKind::Text, text, integer: false, equal: true };
        let asks = if matches!(place, Place::Path(_)) { Asks::Segment } else { Asks::No };
        if self.verb(choice) == Verb::Keep && !self.fits(asks, text, choice) {
            return self.misfit(asks, place, choice);
        }
        self.apply(value, known, choice)?;
        if let (Place::Header(index), true) = (place, self.found.findings.len() == findings) {
            self.found.kept_headers.push(index);
        }
        Ok(())
    }

    /// A member, parameter or header with `add` that is not there.
    pub(super) fn add(&mut self, place: Place, spot: u32, at: Option<At<'_>>) -> Result<(), FindRefusal> {
        let Some(known) = self.spot(spot) else { return Ok(()) };
        match self.choose(known, self.scope(at))? {
            Some(choice) if choice.add => self.add_here(place, choice),
            _ => Ok(()),
        }
    }

    /// Writes where nothing stands.
    fn add_here(&mut self, place: Place, choice: &'p Choice) -> Result<(), FindRefusal> {
        let act = match (self.verb(choice), self.door) {
            (Verb::Constant, _) => self.constant(choice, NodeKind::Null)?,
            (_, Door::Enter) => return Ok(()),
            (Verb::Swap, _) => Act::Swap { name: self.swap_name(choice.rule), added: true },
            (Verb::Label(part), _) => {
                self.need_person(choice.rule)?;
                Act::Label { part, added: true }
            }
            (Verb::Pseudonym, _) => {
                self.need_person(choice.rule)?;
                let Some(masks) = &choice.pseudonym else { return Ok(()) };
                Act::PersonPseudonym { kind: masks.kind.kind, form: masks.form.clone().map(Box::new) }
            }
            _ => return Ok(()),
        };
        self.push(place, choice.rule, act, choice.category);
        Ok(())
    }

    fn apply(&mut self, value: Value<'_>, spot: &'p Spot, choice: &'p Choice) -> Result<(), FindRefusal> {
        let verb = self.verb(choice);
        let empty = match value.kind {
            NodeKind::Null => true,
            NodeKind::Text => is_blank(value.text),
            _ => false,
        };
        if empty && choice.add && (self.door == Door::Leave || verb == Verb::Constant) {
            return self.add_here(value.place, choice);
        }
        if empty && verb != Verb::Constant {
            self.count(choice.rule);
            return Ok(());
        }
        let act = match verb {
            Verb::Keep => return self.keep(value, choice),
            Verb::Drop => {
                self.may_go(value.place, choice.rule)?;
                Act::Drop
            }
            Verb::Refuse => return Err(self.refused(value.place, choice.rule)),
            Verb::Part => return Err(self.shape(choice.rule, "a single value, where an object is listed")),
            Verb::Constant => self.constant(choice, value.kind)?,
            Verb::Pseudonym => return self.pseudonym(value, spot, choice),
            Verb::Generalise(_) if self.door == Door::Enter => return self.keep(value, choice),
            Verb::Blank
            | Verb::Generalise(_)
            | Verb::Label(_)
            | Verb::Swap
            | Verb::Address
            | Verb::Nested(_)
                if value.kind != NodeKind::Text =>
            {
                return Err(self.shape(choice.rule, "not a text"));
            }
            Verb::Blank => Act::Blank,
            Verb::Generalise(to) => match generalise(to, value.text) {
                Some(text) => Act::Generalise { text },
                None => return Err(self.shape(choice.rule, "no date or postcode to make coarser")),
            },
            Verb::Label(part) => self.label(part, choice)?,
            Verb::Swap => Act::Swap { name: self.swap_name(choice.rule), added: choice.add },
            Verb::Address => {
                let link = self
                    .profile
                    .rule(choice.rule)
                    .is_some_and(|rule| rule.at.eq_ignore_ascii_case("header:link"));
                Act::Address { link }
            }
            Verb::Nested(decoder) => return self.nested(value, decoder, choice),
        };
        self.push(value.place, choice.rule, act, choice.category);
        Ok(())
    }

    /// A value that stays. Without a roster a text leaves only when it cannot be a name.
    fn keep(&mut self, value: Value<'_>, choice: &Choice) -> Result<(), FindRefusal> {
        let free = choice.category == Some(Category::FreeText) || !super::plain(value.text);
        let closed = self.closed && self.door == Door::Leave && value.kind == NodeKind::Text;
        if !closed || choice.vocabulary || !free {
            self.count(choice.rule);
            return Ok(());
        }
        match value.place {
            Place::Path(_) | Place::Body(0) | Place::Nested { .. } => {
                Err(FindRefusal::Closed { rule: self.rule_text(choice.rule) })
            }
            place => {
                self.push(place, choice.rule, Act::Drop, choice.category);
                Ok(())
            }
        }
    }

    fn label(&mut self, part: NamePart, choice: &Choice) -> Result<Act, FindRefusal> {
        self.need_person(choice.rule)?;
        Ok(Act::Label { part, added: choice.add })
    }

    fn pseudonym(&mut self, value: Value<'_>, spot: &'p Spot, choice: &'p Choice) -> Result<(), FindRefusal> {
        let Some(masks) = &choice.pseudonym else { return Ok(()) };
        if !value.equal {
            return Err(FindRefusal::Question { rule: self.rule_text(choice.rule) });
        }
        let number = match value.kind {
            NodeKind::Text => false,
            // A sign, a fraction or an exponent: two receivers could read two identifiers.
            NodeKind::Number if value.integer && value.text.bytes().all(|byte| byte.is_ascii_digit()) => true,
            NodeKind::Number => {
                return Err(self.shape(choice.rule, "an identifier with a sign, fraction or exponent"));
            }
            _ => return Err(self.shape(choice.rule, "a boolean, where an identifier is listed")),
        };
        let (mut before, mut after) = (0, 0);
        if let Some((head, tail)) = &masks.form {
            let rest =
                value.text.strip_prefix(head.as_str()).and_then(|rest| rest.strip_suffix(tail.as_str()));
            if number || rest.is_none_or(is_blank) {
                return Err(self.shape(choice.rule, "not of the form that is listed"));
            }
            before = u16::try_from(head.len()).unwrap_or_default();
            after = u16::try_from(tail.len()).unwrap_or_default();
        }
        let act = Act::Pseudonym(masking(masks.kind, number, before, after));
        self.push(value.place, choice.rule, act, choice.category);
        self.mark(&spot.marks, choice.rule);
        Ok(())
    }

    fn constant(&self, choice: &Choice, kind: NodeKind) -> Result<Act, FindRefusal> {
        let constant = self.profile.rule(choice.rule).and_then(|rule| rule.constant.as_ref());
        let Some(constant) = constant else { return Err(self.shape(choice.rule, "no constant")) };
        let number = || constant.text.parse::<i64>().is_ok();
        let literal = match kind {
            NodeKind::Text => false,
            NodeKind::Null => constant.literal,
            NodeKind::Number if number() => true,
            NodeKind::Bool if matches!(constant.text.as_str(), "true" | "false") => true,
            _ => return Err(self.shape(choice.rule, "the constant is of another type")),
        };
        Ok(Act::Constant { text: constant.text.clone(), literal })
    }

    fn swap_name(&self, rule: RuleId) -> String {
        self.profile.rule(rule).and_then(|rule| rule.swap.clone()).unwrap_or_default()
    }

    fn nested(&mut self, value: Value<'_>, decoder: Decoder, choice: &Choice) -> Result<(), FindRefusal> {
        let bytes = value.text.as_bytes().to_vec();
        let parsed = Document::parse(decoder.format(), bytes, &Limits::default());
        let (Ok(document), true) = (parsed, self.depth < DEEPEST) else {
            return Err(match value.place {
                Place::Query(_) => FindRefusal::Question { rule: self.rule_text(choice.rule) },
                _ => self.shape(choice.rule, "a value that does not decode"),
            });
        };
        let index = u32::try_from(self.found.nested.len()).unwrap_or(NONE);
        // Known before its contents are: a decoded value in it comes after it.
        let (format, host) = (decoder.format(), value.place);
        let empty = Document { format, source: String::new(), nodes: Vec::new() };
        self.found.nested.push(Nested { document: empty, host });
        self.push(value.place, choice.rule, Act::Nested { nested: index }, choice.category);
        let before = self.found.findings.len();
        self.depth += 1;
        let at = At { document: &document, area: Area::Nested(index), record: 0 };
        let list = decoder == Decoder::Json && document.kind(0) == NodeKind::Array;
        let single = !matches!(document.kind(0), NodeKind::Object | NodeKind::Array | NodeKind::Null);
        if single {
            return Err(self.shape(choice.rule, "a single value, where an object is listed"));
        } else if list {
            self.records(at, 0, choice.record)?;
        } else {
            self.record(at, 0, choice.record)?;
        }
        self.depth -= 1;
        let changed = self.found.findings.len() > before
            || self.found.orders.iter().any(|order| order.nested.is_some_and(|nested| nested >= index));
        if changed {
            if let Some(nested) = self.found.nested.get_mut(index as usize) {
                nested.document = document;
            }
        } else {
            // Nothing in it changes: the value stays as it is.
            self.found.nested.truncate(index as usize);
            self.found.findings.truncate(before - 1);
        }
        Ok(())
    }
}

/// A coarser form of a date or postcode; `None` when it is none.
fn generalise(to: To, text: &str) -> Option<String> {
    let digits = |from: usize, to: usize| {
        text.get(from..to)
            .filter(|piece| piece.len() == to - from && piece.bytes().all(|b| b.is_ascii_digit()))
    };
    if to == To::Postcode4 {
        let rest = text.get(4..)?.trim_start_matches(' ');
        let letters =
            rest.is_empty() || (rest.len() == 2 && rest.bytes().all(|byte| byte.is_ascii_alphabetic()));
        return digits(0, 4).filter(|_| letters).map(str::to_owned);
    }
    let (year, month) = (digits(0, 4)?, digits(5, 7)?);
    let date = digits(8, 10).is_some() && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    date.then(|| match to {
        To::Year => year.to_owned(),
        To::Month => format!("{year}-{month}"),
        To::FirstOfYear => format!("{year}-01-01"),
        To::FirstOfMonth | To::Postcode4 => format!("{year}-{month}-01"),
    })
}
