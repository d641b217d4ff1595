//! Endpoints: which requests and replies each method and path has, and what no two of them may share.
//!
//! It must not know verbs or bodies.

use super::draft::MessageDraft;
use super::source::Said;
use super::weave::Weaver;
use crate::profile::plan::{Endpoint, NONE, Reply, Segment, Statuses};

/// The literals of a path; `None` for a placeholder.
type Shape = Vec<Option<String>>;

impl Weaver<'_, '_> {
    /// Lists a request; gives its endpoints.
    pub(super) fn request(&mut self, message: &MessageDraft, number: u32) -> Vec<usize> {
        if message.methods.is_empty() || message.paths.is_empty() {
            self.source.error(message.line, "a request has `method` and `path`", "name both");
        }
        if message.statuses != Statuses::Success {
            self.source.error(message.line, "a request has no `status`", "leave it out");
        }
        let mut endpoints = Vec::new();
        for (method, path, template, shape) in self.shapes(message, number) {
            let index = self.endpoint(&method.text, &shape).unwrap_or_else(|| {
                let (replies, accepts, requests) = (Vec::new(), Vec::new(), Vec::new());
                let (method, text) = (method.text.clone(), path.text.clone());
                self.profile.endpoints.push(Endpoint { method, text, shape, requests, replies, accepts });
                self.profile.endpoints.len() - 1
            });
            let known = self.profile.endpoints.get(index).map_or(&[][..], |known| known.requests.as_slice());
            if let Some(line) = known.iter().find_map(|(other, _)| self.shares_media(*other, number)) {
                let what = format!("two messages for {} {}: also line {line}", method.text, path.text);
                self.source.error(path.line, what, "take one of them out, or give them different `media`");
            } else if let Some(endpoint) = self.profile.endpoints.get_mut(index) {
                endpoint.requests.push((number, template));
            }
            endpoints.push(index);
        }
        endpoints
    }

    /// Lists a reply for its own methods and paths, or for the request above it.
    pub(super) fn response(&mut self, message: &MessageDraft, number: u32, above: Option<&[usize]>) {
        let mut endpoints: Vec<usize> = Vec::new();
        match (message.methods.is_empty(), message.paths.is_empty()) {
            (true, true) => match above {
                Some(above) => endpoints.extend(above),
                None => {
                    let hint = "put it below the request it answers, or give it `method` and `path`";
                    self.source.error(message.line, "a response without request", hint);
                }
            },
            (false, false) => {
                let shapes = self.shapes(message, number);
                let asked = |shape: &Shape, method: &str| self.endpoint(method, shape);
                let known = |said: &Said| {
                    shapes.iter().any(|(method, path, _, shape)| {
                        (*method == said || *path == said) && asked(shape, &method.text).is_some()
                    })
                };
                // Methods and paths are multiplied: not every pair need be there, but each of them somewhere.
                let missing: Vec<&Said> =
                    message.methods.iter().chain(&message.paths).filter(|said| !known(said)).collect();
                endpoints
                    .extend(shapes.iter().filter_map(|(method, _, _, shape)| asked(shape, &method.text)));
                for said in missing {
                    let what = format!("a response without request: nothing asks `{}`", said.text);
                    self.source.error(said.line, what, "list the request, or take it out");
                }
            }
            _ => {
                let hint = "name both, or neither: then it answers the request above it";
                self.source.error(message.line, "a response has `method` and `path`, or neither", hint);
            }
        }
        for index in endpoints {
            self.reply(message, number, index);
        }
    }

    fn reply(&mut self, message: &MessageDraft, number: u32, index: usize) {
        let Some(endpoint) = self.profile.endpoints.get(index) else { return };
        let clash = endpoint.replies.iter().find_map(|known| {
            overlap(&known.statuses, &message.statuses).then(|| self.shares_media(known.message, number))?
        });
        if let Some(line) = clash {
            let what = format!(
                "two messages for {} {}, one status and one media type: also line {line}",
                endpoint.method, endpoint.text
            );
            self.source.error(message.line, what, "give them different `status` or `media`");
            return;
        }
        let success = (200..300).any(|status| message.statuses.hold(status));
        let media =
            self.profile.messages.get(number as usize).map(|known| known.media.clone()).unwrap_or_default();
        if let Some(endpoint) = self.profile.endpoints.get_mut(index) {
            endpoint.replies.push(Reply { statuses: message.statuses.clone(), message: number });
            for media in media.into_iter().filter(|_| success) {
                if !endpoint.accepts.contains(&media) {
                    endpoint.accepts.push(media);
                }
            }
        }
    }

    /// Every method with every path of a message.
    fn shapes<'d>(
        &mut self,
        message: &'d MessageDraft,
        number: u32,
    ) -> Vec<(&'d Said, &'d Said, u32, Shape)> {
        let Some(woven) = self.profile.messages.get(number as usize) else { return Vec::new() };
        let mut shapes = Vec::new();
        let mut wrong = Vec::new();
        for method in &message.methods {
            if method.text.is_empty() || !method.text.bytes().all(|byte| byte.is_ascii_uppercase()) {
                wrong.push(method);
            }
            for (index, template) in woven.templates.iter().enumerate() {
                let Some(path) = message.paths.iter().find(|path| path.text == template.text) else {
                    continue;
                };
                let shape = template.segments.iter().map(|segment| match segment {
                    Segment::Literal(text) => Some(text.clone()),
                    Segment::Kept { .. } | Segment::Pseudonym { .. } => None,
                });
                shapes.push((method, path, u32::try_from(index).unwrap_or(NONE), shape.collect()));
            }
        }
        for method in wrong {
            let what = format!("`{}` is no method", method.text);
            self.source.error(method.line, what, "in capitals, such as \"GET\"");
        }
        shapes
    }

    fn endpoint(&self, method: &str, shape: &Shape) -> Option<usize> {
        self.profile.endpoints.iter().position(|known| known.method == method && known.shape == *shape)
    }

    /// The line of message `a`, where it shares a media type with `b`, or neither has a body.
    fn shares_media(&self, a: u32, b: u32) -> Option<u32> {
        let (x, y) = (self.profile.messages.get(a as usize)?, self.profile.messages.get(b as usize)?);
        let shared =
            x.media.iter().any(|media| y.media.contains(media)) || (x.media.is_empty() && y.media.is_empty());
        shared.then(|| self.draft.messages.get(a as usize).map_or(1, |message| message.line))
    }
}

fn overlap(a: &Statuses, b: &Statuses) -> bool {
    match (a, b) {
        (Statuses::Success, Statuses::Success) => true,
        (Statuses::Listed(list), other) | (other, Statuses::Listed(list)) => {
            list.iter().any(|status| other.hold(*status))
        }
    }
}
