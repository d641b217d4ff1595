//! A message taken apart, as the rules look at it: path, query, headers, body.
//!
//! What a profile does not describe is refused here: a type, a coding, bytes that do not parse. It must
//! not know which door the message goes through.

use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName};

use super::house::House;
use super::message::{Head, Message};
use super::refusal::Refusal;
use super::route::Route;
use crate::profile::{Material, Profile, Selected, Unselected};
use crate::rewrite::target::Target;
use crate::rewrite::{Document, Unparsed};

/// A message taken apart. Everything is as received.
pub(super) struct Parts {
    pub(super) head: Head,
    pub(super) target: Option<Target>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Document>,
}

/// Borrowed lists that [`Material`] points into.
pub(super) struct Slices<'a> {
    path: Vec<&'a str>,
    headers: Vec<(&'a str, &'a str)>,
}

impl Parts {
    /// Takes a message apart under the rules that describe it.
    ///
    /// # Errors
    /// [`Refusal::Unparsed`] for bytes that are not what they claim to be.
    pub(super) fn take(
        message: Message,
        route: &Route,
        selected: Selected,
        house: &House,
    ) -> Result<Self, Refusal> {
        let Message { head, body } = message;
        let target = match &head {
            Head::Request { target, .. } => Some(Target::parse(target, &house.limits).map_err(unparsed)?),
            Head::Reply { .. } => None,
        };
        let headers = readable(head.headers());
        let body = match route.profile.format(selected) {
            Some(format) => Some(Document::parse(format, Vec::from(body), &house.limits).map_err(unparsed)?),
            None => None,
        };
        Ok(Self { head, target, headers, body })
    }

    /// How many bytes the body has.
    pub(super) fn length(&self) -> usize {
        self.body.as_ref().map_or(0, |body| body.bytes().len())
    }

    /// The lists that [`Parts::material`] needs.
    pub(super) fn slices(&self) -> Slices<'_> {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let path = self.target.as_ref().map_or_else(Vec::new, path);
        Slices { path, headers }
    }

    /// As [`Profile::find`] takes it.
    pub(super) fn material<'a>(&'a self, slices: &'a Slices<'a>) -> Material<'a> {
        slices.material(self.body.as_ref(), self.target.as_ref())
    }
}

impl<'a> Slices<'a> {
    /// Of a target alone.
    pub(super) fn of(target: &'a Target) -> Self {
        Self { path: path(target), headers: Vec::new() }
    }

    /// As [`Profile::find`] takes it.
    pub(super) fn material(&'a self, body: Option<&'a Document>, target: Option<&'a Target>) -> Material<'a> {
        // Also an empty query: rules may add to it.
        Material { body, query: target.map(Target::query), path: &self.path, headers: &self.headers }
    }
}

fn path(target: &Target) -> Vec<&str> {
    target.segments().iter().map(|segment| segment.text()).collect()
}

/// The message of the profile that a request is.
///
/// # Errors
/// A path, method or type that is not listed.
pub(super) fn select_request(
    profile: &Profile,
    method: &str,
    target: &Target,
    media: Option<&str>,
) -> Result<Selected, Refusal> {
    profile.request(method, &path(target), media).map_err(|unselected| match unselected {
        Unselected::Path | Unselected::Status => Refusal::NoRoute,
        Unselected::Method => Refusal::MethodNotListed,
        Unselected::Media => Refusal::MediaType,
    })
}

/// What the body claims to be; none when there is no body.
///
/// # Errors
/// A body without a type, or with two.
pub(super) fn media<'a>(headers: &'a HeaderMap, body: &[u8]) -> Result<Option<&'a str>, Refusal> {
    if body.is_empty() {
        return Ok(None);
    }
    let mut claims = headers.get_all(CONTENT_TYPE).iter();
    let claim = claims.next().and_then(|claim| claim.to_str().ok()).ok_or(Refusal::MediaType)?;
    if claims.next().is_some() {
        return Err(Refusal::MediaType);
    }
    Ok(Some(claim))
}

/// A refusal for bytes that did not parse.
pub(super) fn unparsed(unparsed: Unparsed) -> Refusal {
    Refusal::Unparsed { what: unparsed.what, offset: unparsed.offset }
}

/// Headers with readable values, names in lower case. Others are unlisted by nature and do not cross.
fn readable(headers: &HeaderMap) -> Vec<(String, String)> {
    let name = |name: &HeaderName| name.as_str().to_owned();
    headers
        .iter()
        .filter_map(|(key, value)| value.to_str().ok().map(|value| (name(key), value.to_owned())))
        .collect()
}
