//! From EDEXML, alone or in an answer of UWLR (Edustandaard, leerlinggegevens): `leerling` in `leerlingen`, and
//! `leerkracht` in `leerkrachten` where staff is wanted.
//!
//! Names are compared as (namespace, local name). A document type, an entity of its own, another encoding than UTF-8
//! or markup within a value refuse the file; comments and instructions are passed over, and a value that they or CDATA
//! cut in pieces is one value. It must not know where the roster is kept.

use std::io::Read;

use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use zeroize::Zeroizing;

use super::markup::{Marks, Place, is_text};
use super::pupil::{Field, Pupil};
use super::taking::{Brought, Says, Taking};
use super::{RosterError, plain};
use crate::identity::Kind;
use crate::secret::Secret;

/// The namespace of UWLR's leerlinggegevens; EDEXML on its own has none.
const UWLR: &str = "http://www.edustandaard.nl/leerresultaten/2/leerlinggegevens";
/// How deep elements may lie in one another.
const DEEPEST: usize = 64;
/// The longest value, in bytes.
const LONGEST: usize = 64 * 1024;

/// What an element is.
#[derive(Clone, Copy, PartialEq)]
enum Element {
    Other,
    Pupils,
    Staff,
    /// A `leerling` or `leerkracht`.
    Person,
    /// Something about a person that is not read, with all that is in it.
    Aside,
    Value(Holds),
}

/// What a value of a person is.
#[derive(Clone, Copy, PartialEq)]
enum Holds {
    Field(Field),
    Identifier(Kind),
    /// All given names.
    GivenNames,
    Kind(&'static str),
}

const VALUES: &[(&str, Holds)] = &[
    ("achternaam", Holds::Field(Field::Family)),
    ("voorvoegsel", Holds::Field(Field::Prefix)),
    ("roepnaam", Holds::Field(Field::Given)),
    ("voornamen", Holds::GivenNames),
    ("geboortedatum", Holds::Field(Field::BirthDate)),
    ("gebruikersnaam", Holds::Identifier(Kind::USERNAME)),
    ("emailadres", Holds::Field(Field::Email)),
    ("bsn", Holds::Kind("bsn")),
    ("onderwijsnummer", Holds::Kind("education-number")),
];

/// Reads pupils, and staff where it is wanted.
pub(super) fn read(
    source: impl Read,
    staff: bool,
    mut taking: Taking<'_>,
) -> Result<(Brought, u64), RosterError> {
    let mut reader = NsReader::from_reader(Marks::new(source));
    reader.config_mut().check_comments = true;
    let mut buffer = Zeroizing::new(Vec::with_capacity(64 * 1024));
    let mut walk =
        Walk { staff, open: Vec::new(), person: None, text: Zeroizing::default(), found: false, roots: 0 };
    loop {
        buffer.clear();
        reader.get_mut().begins();
        let (resolved, event) = match reader.read_resolved_event_into(&mut buffer) {
            Ok(read) => read,
            Err(why) => {
                let what = super::markup::why(&why);
                return Err(reader.get_mut().place().wrong(what));
            }
        };
        let space = match resolved {
            ResolveResult::Bound(Namespace(uri)) if uri == UWLR => Space::Ours,
            ResolveResult::Unbound => Space::Ours,
            ResolveResult::Bound(_) => Space::Other,
            ResolveResult::Unknown(_) => Space::Unknown,
        };
        let place = reader.get_ref().place();
        if matches!(event, Event::Eof) {
            walk.ended(place)?;
            taking.told(place.taken);
            return Ok(taking.end(vec![Kind::LAS_KEY, Kind::STAFF_KEY, Kind::ECK_ID], Vec::new(), ""));
        }
        walk.take(&event, space, &mut taking, place)?;
    }
}

/// Where a name belongs.
#[derive(Clone, Copy, PartialEq)]
enum Space {
    Ours,
    Other,
    Unknown,
}

/// The entities that XML itself defines (XML 1.0, 4.6).
fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "apos" => '\'',
        "quot" => '"',
        _ => return None,
    })
}

/// Where in the document the reader is, and the person it is at.
struct Walk {
    staff: bool,
    open: Vec<Element>,
    person: Option<Person>,
    /// The value that is being read.
    text: Zeroizing<String>,
    /// Whether a list of pupils was there.
    found: bool,
    roots: usize,
}

struct Person {
    pupil: Pupil,
    /// All given names, for the whole name.
    names: Option<Secret<String>>,
    /// Nothing about him is kept.
    left_out: bool,
}

impl Walk {
    fn take(
        &mut self,
        event: &Event<'_>,
        space: Space,
        taking: &mut Taking<'_>,
        place: Place,
    ) -> Result<(), RosterError> {
        match event {
            Event::Start(start) => self.begin(start, space, place),
            Event::Empty(start) => {
                self.begin(start, space, place)?;
                self.end(taking, place)
            }
            Event::End(_) => self.end(taking, place),
            Event::Text(text) => self.text(&text.xml10_content(), place),
            Event::CData(text) => self.text(&text.xml10_content(), place),
            Event::GeneralRef(reference) => {
                let letter = match reference.resolve_char_ref() {
                    Ok(Some(letter)) => letter,
                    Ok(None) => predefined(&reference.xml10_content())
                        .ok_or_else(|| place.wrong("an entity: only those of XML itself are read"))?,
                    Err(_) => return Err(place.wrong("a reference to no character")),
                };
                self.text(letter.encode_utf8(&mut [0; 4]), place)
            }
            Event::DocType(_) => Err(place.wrong("a document type: entities could stand behind it")),
            Event::Decl(declaration) => {
                let known =
                    |name: &str| ["utf-8", "us-ascii"].iter().any(|own| name.eq_ignore_ascii_case(own));
                match declaration.encoding() {
                    Some(Ok(name)) if !known(&name) => {
                        Err(place.wrong("another encoding than UTF-8: save it as UTF-8"))
                    }
                    Some(Err(_)) => Err(place.wrong("another encoding than UTF-8: save it as UTF-8")),
                    _ => Ok(()),
                }
            }
            Event::Comment(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    /// Whether it ended as it should.
    fn ended(&self, place: Place) -> Result<(), RosterError> {
        if !self.open.is_empty() || self.roots == 0 {
            return Err(place.wrong("the document ends before its elements do"));
        }
        if !self.found {
            return Err(place.wrong("no leerlingen of EDEXML or UWLR are in it"));
        }
        Ok(())
    }

    fn begin(&mut self, start: &BytesStart<'_>, space: Space, place: Place) -> Result<(), RosterError> {
        let ours = match space {
            Space::Unknown => return Err(place.wrong("a prefix without a namespace")),
            space => space == Space::Ours,
        };
        if self.open.is_empty() {
            self.roots += 1;
            if self.roots > 1 {
                return Err(place.wrong("a second root element"));
            }
        }
        if self.open.len() >= DEEPEST {
            return Err(place.wrong("elements lie more than 64 deep"));
        }
        let name = start.local_name();
        let name: &str = name.as_ref();
        let parent = self.open.last().copied().unwrap_or(Element::Other);
        let element = match (parent, name) {
            (Element::Value(_), _) => return Err(place.wrong("markup within a value")),
            (Element::Aside, _) => Element::Aside,
            (Element::Person, _) => {
                let value = VALUES.iter().find(|(own, _)| ours && *own == name);
                value.map_or(Element::Aside, |(_, holds)| Element::Value(*holds))
            }
            (Element::Pupils, "leerling") if ours => {
                self.meet(start, Kind::LAS_KEY, false, place)?;
                Element::Person
            }
            (Element::Staff, "leerkracht") if ours => {
                self.meet(start, Kind::STAFF_KEY, !self.staff, place)?;
                Element::Person
            }
            (_, "leerlingen") if ours => {
                self.found = true;
                Element::Pupils
            }
            (_, "leerkrachten") if ours => Element::Staff,
            _ => Element::Other,
        };
        if element != Element::Person {
            // Attributes that are not read are well formed all the same, or the file is refused.
            for attribute in start.attributes() {
                let bad = "an attribute that is no attribute, or stands there twice";
                let attribute = attribute.map_err(|_| place.wrong(bad))?;
                attribute
                    .normalized_value(XmlVersion::Implicit1_0)
                    .map_err(|_| place.wrong("an entity: only those of XML itself are read"))?;
            }
        }
        self.text = Zeroizing::default();
        self.open.push(element);
        Ok(())
    }

    fn meet(
        &mut self,
        start: &BytesStart<'_>,
        kind: Kind,
        left_out: bool,
        place: Place,
    ) -> Result<(), RosterError> {
        let mut pupil = Pupil::default();
        for attribute in start.attributes() {
            let bad = "an attribute that is no attribute, or stands there twice";
            let attribute = attribute.map_err(|_| place.wrong(bad))?;
            let name: &str = attribute.key.as_ref();
            let kind = match name {
                "key" => kind,
                "eckid" => Kind::ECK_ID,
                _ => continue,
            };
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|_| place.wrong("an entity: only those of XML itself are read"))?;
            if value.len() > LONGEST {
                return Err(place.wrong(TOO_LONG));
            }
            if !is_text(&value) {
                return Err(place.wrong("a character that XML does not have"));
            }
            if !value.trim().is_empty() {
                pupil.identifiers.push((kind, Secret::new(value.trim().to_owned())));
            }
        }
        self.person = Some(Person { pupil, names: None, left_out });
        Ok(())
    }

    fn text(&mut self, text: &str, place: Place) -> Result<(), RosterError> {
        if !is_text(text) {
            return Err(place.wrong("a character that XML does not have"));
        }
        match self.open.last() {
            Some(Element::Value(_)) => {}
            None if !text.trim().is_empty() => return Err(place.wrong("text beside the root element")),
            _ => return Ok(()),
        }
        if self.text.len() + text.len() > LONGEST {
            return Err(place.wrong(TOO_LONG));
        }
        let mut joined = Zeroizing::new(String::with_capacity(self.text.len() + text.len()));
        joined.push_str(&self.text);
        joined.push_str(text);
        self.text = joined;
        Ok(())
    }

    fn end(&mut self, taking: &mut Taking<'_>, place: Place) -> Result<(), RosterError> {
        match self.open.pop() {
            Some(Element::Value(holds)) => self.value(holds, place),
            Some(Element::Person) => self.person(taking, place),
            _ => Ok(()),
        }
    }

    fn value(&mut self, holds: Holds, place: Place) -> Result<(), RosterError> {
        let Some(person) = &mut self.person else { return Ok(()) };
        let text = self.text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let secret = Secret::new(text.to_owned());
        let pupil = &mut person.pupil;
        match holds {
            Holds::Field(Field::Email) if !text.contains('@') => return Err(place.wrong(plain::NO_EMAIL)),
            Holds::Field(Field::BirthDate) => {
                // `xs:date` may carry an offset.
                let date = text.get(..10).unwrap_or(text);
                let date = super::columns::date(date).ok_or_else(|| place.wrong(plain::NO_DATE))?;
                pupil.birth_date = Some(Secret::new(date));
            }
            Holds::Field(field) => pupil.put(field, secret),
            Holds::Identifier(kind) => pupil.identifiers.push((kind, secret)),
            Holds::Kind(name) => {
                let kind = Kind::named(name)
                    .map_err(|_| place.wrong("more kinds of identifiers than there may be"))?;
                pupil.identifiers.push((kind, secret));
            }
            Holds::GivenNames => person.names = Some(secret),
        }
        Ok(())
    }

    fn person(&mut self, taking: &mut Taking<'_>, place: Place) -> Result<(), RosterError> {
        let Some(Person { mut pupil, names, left_out }) = self.person.take() else { return Ok(()) };
        if left_out {
            taking.leaves_out();
            return Ok(());
        }
        if let Some(names) = names {
            let full = [Some(&names), pupil.prefix.as_ref(), pupil.family.as_ref()];
            let full: Vec<&str> = full.into_iter().flatten().map(|part| part.expose().as_str()).collect();
            if full.len() > 1 {
                pupil.full_names.push(Secret::new(full.join(" ")));
            }
            pupil.put(Field::Given, names);
        }
        if pupil.is_nobody() {
            return Err(place.wrong("the pupil has no identifier"));
        }
        let keyed = |kind: &Kind| pupil.identifiers.iter().any(|(own, _)| own == kind);
        if taking.is_delta() && ![Kind::LAS_KEY, Kind::STAFF_KEY, Kind::ECK_ID].iter().any(keyed) {
            return Err(place.wrong("the pupil lacks the identifier by which changes are made"));
        }
        taking.take(&pupil, Says::Own, place.line, place.taken).map_err(|(_, other)| {
            let mut error = place.wrong(super::EARLIER_HAS_IT);
            if let RosterError::Marked { other: line, .. } = &mut error {
                *line = other;
            }
            error
        })
    }
}

const TOO_LONG: &str = "a value is over 64 KiB";
