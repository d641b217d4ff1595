//! Which message of a profile a request or a reply is.
//!
//! Paths are compared by decoded segments; a literal beats a placeholder. It must not know header maps or
//! bodies: whoever asks says what type the body claims to be.

use std::cmp::Ordering;

use super::plan::{Endpoint, Message, NONE, Reply};
use super::rules::Profile;
use crate::rewrite::Format;

/// A message of a profile, chosen for a request or a reply. Of use with the profile that chose it only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selected {
    pub(super) message: u32,
    pub(super) endpoint: u32,
    pub(super) template: u32,
}

/// Why no message describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unselected {
    /// No such path.
    #[error("the profile lists no such path")]
    Path,
    /// The path is listed, the method is not.
    #[error("the profile does not list this method for the path")]
    Method,
    /// The body is of a type that is not listed, is there where none is listed, or is not there where one is.
    #[error("the profile does not list this media type here")]
    Media,
    /// No reply with this status: it crosses as a number only.
    #[error("the profile lists no reply with this status")]
    Status,
}

impl Profile {
    /// The message that describes a request.
    ///
    /// `segments` are the decoded segments of the path below the mount: `/a/b` is `["a", "b"]`, `/` is empty,
    /// `/a/` is `["a", ""]`. `media` is the `Content-Type` as it came, or `None` when there is no body. A path that
    /// a literal template matches is never looked up under a placeholder as well.
    pub fn request(
        &self,
        method: &str,
        segments: &[&str],
        media: Option<&str>,
    ) -> Result<Selected, Unselected> {
        let segments = if segments == [""] { &[] } else { segments };
        let mut best: Option<&Endpoint> = None;
        for endpoint in self.endpoints.iter().filter(|known| matches(&known.shape, segments)) {
            if best.is_none_or(|known| closer(&endpoint.shape, &known.shape) == Ordering::Less) {
                best = Some(endpoint);
            }
        }
        let shape = &best.ok_or(Unselected::Path)?.shape;
        let (index, endpoint) = self
            .endpoints
            .iter()
            .enumerate()
            .find(|(_, known)| known.method == method && known.shape == *shape)
            .ok_or(Unselected::Method)?;
        for (message, template) in &endpoint.requests {
            if self.message(*message).is_some_and(|known| known.takes(media)) {
                let endpoint = u32::try_from(index).unwrap_or(NONE);
                return Ok(Selected { message: *message, endpoint, template: *template });
            }
        }
        Err(Unselected::Media)
    }

    /// The message that describes the reply to a request. `media` as in [`Profile::request`]: `None` when the
    /// reply has no body, whatever its head claims.
    pub fn reply(&self, request: Selected, status: u16, media: Option<&str>) -> Result<Selected, Unselected> {
        let endpoint = self.endpoints.get(request.endpoint as usize).ok_or(Unselected::Status)?;
        let mut refusal = Unselected::Status;
        for Reply { statuses, message } in &endpoint.replies {
            if !statuses.hold(status) {
                continue;
            }
            refusal = Unselected::Media;
            if self.message(*message).is_some_and(|known| known.takes(media)) {
                return Ok(Selected { message: *message, endpoint: request.endpoint, template: NONE });
            }
        }
        Err(refusal)
    }

    /// The types that the successful replies to a request list: what its `Accept` is reduced to. A wildcard
    /// becomes the whole list; nothing left is 406. Empty: its replies have no body.
    pub fn accepts(&self, request: Selected) -> &[String] {
        self.endpoints.get(request.endpoint as usize).map_or(&[], |endpoint| endpoint.accepts.as_slice())
    }

    /// The types that a message may have; empty when it has no body.
    pub fn media(&self, selected: Selected) -> &[String] {
        self.message(selected.message).map_or(&[], |message| message.media.as_slice())
    }

    /// How its body is parsed; `None` when it has none.
    pub fn format(&self, selected: Selected) -> Option<Format> {
        self.message(selected.message).and_then(|message| message.format)
    }

    /// The path of a request as the profile writes it (`/users/{user:sis-user}`): for logs and the journal.
    pub fn template(&self, request: Selected) -> &str {
        let endpoint = self.endpoints.get(request.endpoint as usize);
        endpoint.map_or("", |endpoint| endpoint.text.as_str())
    }

    /// Every method and path that the profile lists, in the order of the file.
    pub fn paths(&self) -> impl Iterator<Item = (&str, &str)> {
        self.endpoints.iter().map(|endpoint| (endpoint.method.as_str(), endpoint.text.as_str()))
    }

    pub(super) fn message(&self, index: u32) -> Option<&Message> {
        self.messages.get(index as usize)
    }
}

impl Message {
    /// Whether a body of this type, or none, is what the message lists.
    fn takes(&self, media: Option<&str>) -> bool {
        match (self.format, media) {
            (None, None) => true,
            (Some(_), Some(claimed)) => self.media.iter().any(|listed| is_type(listed, claimed)),
            _ => false,
        }
    }
}

/// Whether a `Content-Type` names exactly this type, in UTF-8 (RFC 9110, 8.3). Any parameter but
/// `charset=utf-8` makes it another type.
fn is_type(listed: &str, claimed: &str) -> bool {
    let mut pieces = claimed.split(';').map(str::trim);
    if !pieces.next().is_some_and(|essence| essence.eq_ignore_ascii_case(listed)) {
        return false;
    }
    pieces.all(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        name.eq_ignore_ascii_case("charset") && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    })
}

/// Whether segments fit a shape; a placeholder takes one segment that is not empty.
fn matches(shape: &[Option<String>], segments: &[&str]) -> bool {
    shape.len() == segments.len()
        && shape.iter().zip(segments).all(|(wanted, segment)| match wanted {
            Some(literal) => literal == segment,
            None => !segment.is_empty(),
        })
}

/// `Less` where `a` is the closer of two shapes that fit the same path: the first literal decides.
fn closer(a: &[Option<String>], b: &[Option<String>]) -> Ordering {
    let rank = |shape: &[Option<String>]| shape.iter().map(Option::is_none).collect::<Vec<_>>();
    rank(a).cmp(&rank(b))
}
