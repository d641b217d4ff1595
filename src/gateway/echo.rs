//! Echoes: what a publisher's own question says, where an address in the reply repeats it.
//!
//! A guess that comes back is no news to whoever made it. Judged, it would be answered: the guard refuses what the school
//! knows and passes what it does not. So whole segments and whole values of an address that the question brought are not
//! judged, and neither are the numbers of its neighbouring pages. Everything else in the address is, and so is every
//! other place in the reply. It must not know the guard or the vault.

use std::ops::Range;

use bytes::Bytes;

use crate::rewrite::target::Target;
use crate::rewrite::{Document, Format, Limits, NodeKind};

/// A question as its publisher sent it: segments of its path, values of its parameters, and its body.
pub(super) struct Asked {
    texts: Vec<String>,
    numbers: Vec<u64>,
    body: Bytes,
}

/// The longest number that is a place in a list.
const DIGITS: usize = 9;

impl Asked {
    /// Of a request, before anything in it is restored.
    pub(super) fn of(target: &Target, body: &Bytes) -> Self {
        let mut texts: Vec<String> = target.segments().iter().map(|one| one.text().to_owned()).collect();
        texts.extend(values(target).map(|(text, _)| text));
        let numbers = texts.iter().filter_map(|text| number(text)).collect();
        Self { texts, numbers, body: body.clone() }
    }

    /// Every text that the question brought, the words of longer ones too; the longest first.
    pub(super) fn brought(&self, format: Option<Format>, limits: &Limits) -> Vec<String> {
        let words = |text: &String| -> Vec<String> {
            let words = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.' | '@'));
            words.filter(|word| !word.is_empty() && *word != text).map(str::to_owned).collect()
        };
        let mut brought: Vec<String> = self.texts.clone();
        // The body was parsed before, or nothing was asked.
        let body = format.and_then(|format| Document::parse(format, self.body.to_vec(), limits).ok());
        if let Some(body) = body {
            let scalar = |node: &u32| matches!(body.kind(*node), NodeKind::Text | NodeKind::Number);
            let nodes = (0..u32::try_from(body.len()).unwrap_or(u32::MAX)).filter(scalar);
            brought.extend(nodes.map(|node| body.text(node).into_owned()));
        }
        let pieces: Vec<String> = brought.iter().flat_map(words).collect();
        brought.extend(pieces);
        brought.retain(|text| !text.is_empty());
        brought.sort_by_key(|text| std::cmp::Reverse(text.len()));
        brought
    }

    /// Where an address, as it leaves, repeats the question: spans of its target.
    pub(super) fn echoes(&self, address: &Target) -> Vec<Range<usize>> {
        let segments = address.segments().iter();
        let mut echoes: Vec<Range<usize>> = segments
            .filter(|segment| self.texts.iter().any(|text| text == segment.text()))
            .map(crate::rewrite::target::Segment::span)
            .collect();
        let values: Vec<(String, Range<usize>)> = values(address).collect();
        let repeated = values.iter().enumerate().filter(|(at, (text, _))| {
            self.texts.contains(text) || number(text).is_some_and(|place| self.is_beside(place, *at, &values))
        });
        echoes.extend(repeated.map(|(_, (_, span))| span.clone()));
        echoes
    }

    /// Whether a number is the place of the page before or behind: as far from a number that was asked, or from the
    /// beginning, as another parameter of the address says that a page is long.
    fn is_beside(&self, place: u64, at: usize, values: &[(String, Range<usize>)]) -> bool {
        let others = values.iter().enumerate().filter(|(other, _)| *other != at);
        let lengths: Vec<u64> = others.filter_map(|(_, (text, _))| number(text)).collect();
        self.numbers.iter().chain(&[0]).any(|asked| lengths.contains(&asked.abs_diff(place)))
    }
}

/// Values of the parameters, with their spans in the target.
fn values(target: &Target) -> impl Iterator<Item = (String, Range<usize>)> + '_ {
    let query = target.query();
    let from = target.received().len() - query.bytes().len();
    let pairs = query.children(0).filter(|pair| query.kind(*pair) == NodeKind::Text);
    pairs.map(move |pair| {
        let span = query.span(pair);
        (query.text(pair).into_owned(), span.start + from..span.end + from)
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
        let spans = Asked::of(&target(asked), &Bytes::new()).echoes(&target(address));
        spans.into_iter().map(|span| &address[span]).collect()
    }

    #[test]
    fn whole_segments_and_whole_values_are_echoes() {
        let asked = "/classes/95312/users?filter=class%3D%27jansen%27&orgId=ab";
        let address = "/classes/95312/users?filter=class%3D%27jansen%27&orgId=abc&limit=50";
        assert_eq!(echoes(asked, address), ["classes", "95312", "users", "class%3D%27jansen%27"]);
        assert_eq!(echoes("/a/jansen", "/b/jansen2?x=jan"), Vec::<&str>::new());
        assert_eq!(echoes("/a", "/b"), Vec::<&str>::new());
    }

    #[test]
    fn the_pages_beside_the_one_asked_are_echoes() {
        let asked = "/u?offset=95300&limit=50";
        assert_eq!(echoes(asked, "/v?offset=95350&limit=50"), ["95350", "50"]);
        assert_eq!(echoes(asked, "/v?offset=95250&limit=50"), ["95250", "50"]);
        assert_eq!(echoes(asked, "/v?offset=95351&limit=50"), ["50"]);
        // The service's own length of a page, which nobody asked for.
        assert_eq!(echoes("/u?offset=95300", "/v?offset=95400&limit=100"), ["95400"]);
        assert_eq!(echoes("/u", "/v?offset=10027"), Vec::<&str>::new());
    }
}
