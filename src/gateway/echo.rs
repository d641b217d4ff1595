//! Echoes: what a publisher's own question says, where a `Link` in the reply repeats it.
//!
//! A guess that comes back is no news to whoever made it. Judged, it would be answered: the guard refuses what the school
//! knows and passes what it does not. So a segment of such an address that stands where the question had it, a parameter
//! of the same name and value, and the number of the page before or behind are not judged. Everything else in the address
//! is, and so is every other place in the reply. It must not know the guard or the vault.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use bytes::Bytes;

use crate::rewrite::target::Target;
use crate::rewrite::{Document, Format, Limits, NodeKind};

/// A question as its publisher sent it: segments of its path, its parameters, and its body.
pub(super) struct Asked {
    target: String,
    segments: Vec<String>,
    parameters: Vec<(String, String)>,
    body: Bytes,
    /// The parameters that the school got, by name.
    kept: OnceLock<HashSet<String>>,
}

/// The longest number that is a place in a list.
const DIGITS: usize = 9;

impl Asked {
    /// Of a request, before anything in it is restored.
    pub(super) fn of(target: &Target, body: &Bytes) -> Self {
        let segments = target.segments().iter().map(|one| one.text().to_owned()).collect();
        let parameters = values(target).map(|(name, text, _)| (name, text)).collect();
        let (target, body) = (target.received().to_owned(), body.clone());
        Self { target, segments, parameters, body, kept: OnceLock::new() }
    }

    /// Notes what went on to the school: a parameter that did not, nobody can repeat.
    pub(super) fn forwarded(&self, target: &Target) {
        self.kept.get_or_init(|| values(target).map(|(name, ..)| name).collect());
    }

    /// Target and body, as received.
    pub(super) fn as_sent(&self) -> (String, Bytes) {
        (self.target.clone(), self.body.clone())
    }

    /// How many bytes its body has.
    pub(super) fn length(&self) -> usize {
        self.body.len()
    }

    /// Whether there is anything in it but a path.
    pub(super) fn brings(&self) -> bool {
        !self.parameters.is_empty() || !self.body.is_empty()
    }

    /// Every text that the question brought, and every member's name.
    pub(super) fn brought(&self, format: Option<Format>, limits: &Limits) -> Vec<String> {
        let mut brought = self.segments.clone();
        brought.extend(self.parameters.iter().flat_map(|(name, text)| [name.clone(), text.clone()]));
        // The body was parsed before, or nothing was asked.
        let body = format.and_then(|format| Document::parse(format, self.body.to_vec(), limits).ok());
        if let Some(body) = body {
            for node in 0..u32::try_from(body.len()).unwrap_or(u32::MAX) {
                if matches!(body.kind(node), NodeKind::Text | NodeKind::Number) {
                    brought.push(body.text(node).into_owned());
                }
                if node > 0 {
                    brought.push(body.name(node).into_owned());
                }
            }
        }
        brought
    }

    /// Where an address of a `Link`, as it leaves, repeats the question: spans of its target.
    pub(super) fn echoes(&self, address: &Target) -> Vec<Range<usize>> {
        let Some(kept) = self.kept.get() else { return Vec::new() };
        let same = |(own, asked): &(&crate::rewrite::target::Segment, &String)| own.text() == asked.as_str();
        let segments = address.segments().iter().zip(&self.segments).filter(same);
        let mut echoes: Vec<Range<usize>> = segments.map(|(own, _)| own.span()).collect();
        let all: Vec<(String, String, Range<usize>)> = values(address).collect();
        let repeated = all.iter().enumerate().filter(|(at, (name, text, _))| {
            let asked = || self.parameters.iter().filter(|(own, _)| own == name && kept.contains(own));
            asked().any(|(_, value)| value == text)
                || number(text).is_some_and(|place| {
                    let from = asked().filter_map(|(_, value)| number(value)).next();
                    // What nobody asked for begins at the beginning.
                    let from = from.or_else(|| asked().next().is_none().then_some(0));
                    from.is_some_and(|from| is_page_from(from, place, *at, &all))
                })
        });
        echoes.extend(repeated.map(|(_, (.., span))| span.clone()));
        echoes
    }
}

/// Whether a number is the place of the page before or behind: as far from where this one begins as another parameter of
/// the address says that a page is long.
fn is_page_from(from: u64, place: u64, at: usize, values: &[(String, String, Range<usize>)]) -> bool {
    let others = values.iter().enumerate().filter(|(other, _)| *other != at);
    let mut lengths = others.filter_map(|(_, (_, text, _))| number(text));
    lengths.any(|length| from.abs_diff(place) == length)
}

/// Names and values of the parameters, with the values' spans in the target.
fn values(target: &Target) -> impl Iterator<Item = (String, String, Range<usize>)> + '_ {
    let query = target.query();
    let from = target.received().len() - query.bytes().len();
    let pairs = query.children(0).filter(|pair| query.kind(*pair) == NodeKind::Text);
    pairs.map(move |pair| {
        let span = query.span(pair);
        (query.name(pair).into_owned(), query.text(pair).into_owned(), span.start + from..span.end + from)
    })
}

fn number(text: &str) -> Option<u64> {
    let plain = text.len() <= DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::Asked;
    use crate::rewrite::Limits;
    use crate::rewrite::target::Target;

    fn target(text: &str) -> Target {
        Target::parse(text, &Limits::default()).unwrap()
    }

    fn echoes<'a>(asked: &str, address: &'a str) -> Vec<&'a str> {
        forwarded(asked, asked, address)
    }

    fn forwarded<'a>(asked: &str, sent: &str, address: &'a str) -> Vec<&'a str> {
        let asked = Asked::of(&target(asked), &Bytes::new());
        asked.forwarded(&target(sent));
        asked.echoes(&target(address)).into_iter().map(|span| &address[span]).collect()
    }

    #[test]
    fn segments_and_parameters_are_echoes_where_the_question_had_them() {
        let asked = "/classes/95312/users?filter=class%3D%27jansen%27&orgId=ab";
        let address = "/classes/95312/users?filter=class%3D%27jansen%27&orgId=abc&limit=50";
        assert_eq!(echoes(asked, address), ["classes", "95312", "users", "class%3D%27jansen%27"]);
        assert_eq!(echoes("/a/jansen", "/b/jansen2?x=jan"), Vec::<&str>::new());
        assert_eq!(echoes("/a", "/b"), Vec::<&str>::new());
        // In another place it is the school's word.
        assert_eq!(echoes("/a/jansen", "/jansen/b?x=jansen"), Vec::<&str>::new());
        assert_eq!(echoes("/a?x=jansen", "/a/jansen?y=jansen"), ["a"]);
        assert_eq!(echoes("/a?x=jansen&x=95312", "/b?x=95312"), ["95312"]);
    }

    #[test]
    fn what_the_school_never_got_it_cannot_repeat() {
        assert_eq!(forwarded("/a?sort=jansen&x=1", "/a?x=1", "/b?sort=jansen&x=1"), ["1"]);
        let never = Asked::of(&target("/a?x=jansen"), &Bytes::new());
        assert!(never.echoes(&target("/a?x=jansen")).is_empty());
    }

    #[test]
    fn the_pages_beside_the_one_asked_are_echoes() {
        let asked = "/u?offset=95300&limit=50";
        assert_eq!(echoes(asked, "/v?offset=95350&limit=50"), ["95350", "50"]);
        assert_eq!(echoes(asked, "/v?offset=95250&limit=50"), ["95250", "50"]);
        assert_eq!(echoes(asked, "/v?offset=95351&limit=50"), ["50"]);
        assert_eq!(echoes(asked, "/v?other=95350&limit=50"), ["50"]);
        // The service's own length of a page, which nobody asked for.
        assert_eq!(echoes("/u?offset=95300", "/v?offset=95400&limit=100"), ["95400"]);
        assert_eq!(echoes("/u", "/v?offset=100&limit=100"), ["100", "100"]);
        assert_eq!(echoes("/u", "/v?offset=10027"), Vec::<&str>::new());
    }
}
