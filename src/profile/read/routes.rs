//! Messages: their formats, paths, parameters and headers.
//!
//! It must not know verbs.

use super::draft::{MessageDraft, Side};
use super::selector::{Area, Syntax};
use super::source::{Said, suggest};
use super::weave::{Loom, Weaver};
use crate::profile::plan::{Branch, Mark, Message, NONE, Segment, Spot, Statuses, Template};
use crate::profile::rules::{RuleId, Unlisted};
use crate::rewrite::Format;

impl Weaver<'_, '_> {
    /// Every message, in the order of the file.
    pub(super) fn weave_messages(&mut self) {
        let draft = self.draft;
        let mut above: Option<Vec<usize>> = None;
        let mut responses = Vec::new();
        for (index, message) in draft.messages.iter().enumerate() {
            let (format, syntax, media) = self.format(message);
            self.side = message.side;
            let first = self.message_rules.get(index).copied().unwrap_or_default();
            let loom = self.record(&message.rules, first, syntax);
            let query = RuleId(loom.unlisted_rule().0.saturating_add(1));
            let templates = self.templates(message, RuleId(query.0.saturating_add(1)));
            self.message = Some(Message {
                format,
                media,
                record: loom.record,
                query: Branch::default(),
                headers: Branch::default(),
                path: Branch::default(),
                unlisted_query: query,
                templates,
            });
            let empty = message.format.as_ref().is_some_and(|said| said.text == "none");
            if empty {
                self.judge_empty(message);
            }
            let rows =
                message.format.as_ref().is_some_and(|said| matches!(said.text.as_str(), "ndjson" | "csv"));
            if let (Some(line), false) = (message.rules.order, rows) {
                let hint = "give it to the part that the list's records have";
                self.source.error(line, "the message is no list of records to put in `order`", hint);
            }
            self.weave_rules(&loom, &mut Self::elsewhere);
            self.weave_persons(&loom);
            let Some(woven) = self.message.take() else { continue };
            let number = u32::try_from(self.profile.messages.len()).unwrap_or(NONE);
            self.profile.messages.push(woven);
            match (message.side, message.files.is_empty()) {
                (_, false) => self.judge_file(message, index),
                (Some(Side::Request), _) => above = Some(self.request(message, number)),
                (Some(Side::Response), _) => responses.push((message, number, above.clone())),
                (None, true) => {
                    let hint = "side = \"request\" or \"response\", or `file`";
                    self.source.error(message.line, "the message does not say which `side` it is", hint);
                }
            }
        }
        // Only now: a response with its own paths may stand above their requests.
        for (message, number, above) in responses {
            self.response(message, number, above.as_deref());
        }
    }

    /// What rules of the first line of a message are called: side, method, path.
    pub(super) fn headings(&self) -> Vec<String> {
        let mut asked = String::new();
        let heading = |message: &MessageDraft| {
            let mut heading = message.methods.first().map_or(String::new(), |said| said.text.clone());
            if let Some(path) = message.paths.first() {
                heading = format!("{heading} {}", path.text);
            }
            heading
        };
        self.draft
            .messages
            .iter()
            .map(|message| match (message.side, message.files.first()) {
                (_, Some(file)) => format!("file {}", file.text),
                (Some(Side::Response), _) if message.paths.is_empty() => format!("response to {asked}"),
                (Some(Side::Response), _) => format!("response to {}", heading(message)),
                _ => {
                    asked = heading(message);
                    format!("request {asked}")
                }
            })
            .collect()
    }

    fn format(&mut self, message: &MessageDraft) -> (Option<Format>, Syntax, Vec<String>) {
        let said = message.format.as_ref();
        let (format, syntax, own) = match said.map_or("none", |said| said.text.as_str()) {
            "none" => (None, Syntax::Pointer, ""),
            "json" => (Some(Format::Json), Syntax::Pointer, "application/json"),
            "ndjson" => (Some(Format::Ndjson), Syntax::Pointer, "application/x-ndjson"),
            "form" => (Some(Format::Form), Syntax::Names, "application/x-www-form-urlencoded"),
            "xml" => (None, Syntax::Xml, "text/xml"),
            "csv" => (None, Syntax::Names, "text/csv"),
            other => {
                let hint = suggest(other, &["none", "json", "ndjson", "form", "xml", "csv"]);
                self.source.error(
                    said.map_or(1, |said| said.line),
                    format!("unknown format `{other}`"),
                    hint,
                );
                (None, Syntax::Pointer, "")
            }
        };
        if let Some(said) = said.filter(|said| matches!(said.text.as_str(), "xml" | "csv")) {
            self.source.not_carried(said.line, &format!("the format `{}`", said.text));
        }
        let mut media: Vec<String> = Vec::new();
        for said in &message.media {
            let (kind, sub) = said.text.split_once('/').unwrap_or_default();
            if kind.is_empty() || sub.is_empty() || said.text.contains(['*', ';', ' ']) {
                let what = format!("`{}` is no exact media type", said.text);
                self.source.error(said.line, what, "type/subtype, without wildcard and parameters");
            }
            if own.is_empty() {
                self.source.error(said.line, "a message without body has no `media`", "leave it out");
            }
            media.push(said.text.to_ascii_lowercase());
        }
        if media.is_empty() && !own.is_empty() {
            media.push(own.to_owned());
        }
        (format, syntax, media)
    }

    fn judge_empty(&mut self, message: &MessageDraft) {
        for field in &message.rules.fields {
            for at in &field.at {
                if !["query:", "header:", "path:"].iter().any(|area| at.text.starts_with(area)) {
                    let what = format!("this rule never applies: the message has no body for `{}`", at.text);
                    self.source.error(at.line, what, "give the message a format, or take the rule out");
                }
            }
        }
        if let Some((_, line)) = message.rules.unlisted {
            self.source.error(
                line,
                "a message without body has no `unlisted`",
                "unlisted parameters always refuse",
            );
        }
    }

    fn judge_file(&mut self, message: &MessageDraft, index: usize) {
        if message.side.is_some() || !message.methods.is_empty() || !message.paths.is_empty() {
            self.source.error(
                message.line,
                "`file` stands instead of method, path and side",
                "leave those out",
            );
        }
        if message.statuses != Statuses::Success {
            self.source.error(message.line, "a file has no `status`", "leave it out");
        }
        for file in &message.files {
            let earlier = self.draft.messages.iter().take(index).flat_map(|known| &known.files);
            if let Some(known) = earlier.clone().find(|known| known.text == file.text) {
                let what = format!("two messages for the file `{}`: also line {}", file.text, known.line);
                self.source.error(file.line, what, "take one of them out");
            }
        }
    }

    /// The paths of a message, read. `rule` is the id of its first placeholder.
    fn templates(&mut self, message: &MessageDraft, rule: RuleId) -> Vec<Template> {
        let mut next = rule;
        let mut templates = Vec::new();
        for path in &message.paths {
            let Some(rest) = path.text.strip_prefix('/') else {
                let what = format!("path `{}` does not begin with `/`", path.text);
                self.source.error(path.line, what, "a path is what follows the mount");
                continue;
            };
            let mut segments: Vec<Segment> = Vec::new();
            for segment in rest.split('/').filter(|_| !rest.is_empty()) {
                let rule = next;
                if segment.starts_with('{') {
                    next = RuleId(next.0.saturating_add(1));
                }
                match self.segment(path, segment, rule) {
                    Some(read) if !same_name(&segments, &read) => segments.push(read),
                    Some(_) => {
                        let what = format!("path `{}` names one variable twice", path.text);
                        self.source.error(path.line, what, "give each its own name");
                    }
                    None => {}
                }
            }
            templates.push(Template { text: path.text.clone(), segments });
        }
        templates
    }

    fn segment(&mut self, path: &Said, segment: &str, rule: RuleId) -> Option<Segment> {
        let Some(inner) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            if segment.contains(['{', '}', '*', '%', '?', '#', '\\']) || segment == "." || segment == ".." {
                let what = format!("`{segment}` in path `{}` is neither literal nor placeholder", path.text);
                self.source.error(path.line, what, "a whole segment is `{name}` or `{name:kind}`, unescaped");
                return None;
            }
            return Some(Segment::Literal(segment.to_owned()));
        };
        let (name, kind) = inner.split_once(':').map_or((inner, None), |(name, kind)| (name, Some(kind)));
        if name.is_empty()
            || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        {
            let what = format!("`{segment}` in path `{}` has no proper name", path.text);
            self.source.error(path.line, what, "letters, digits, `-` and `_`");
            return None;
        }
        let name = name.to_owned();
        match kind {
            None => Some(Segment::Kept { name, rule }),
            Some(kind) => {
                let kind = self.kind(&Said { text: kind.to_owned(), line: path.line })?;
                Some(Segment::Pseudonym { name, rule, kind, marks: Vec::new() })
            }
        }
    }

    /// The spot of a query parameter, header or path variable.
    fn elsewhere(&mut self, loom: &Loom<'_>, said: &Said, area: &Area) -> Option<u32> {
        if matches!(area, Area::Query(_) | Area::Path(_)) && self.side != Some(Side::Request) {
            let what = format!("this rule never applies: only a request has `{}`", said.text);
            self.source.error(said.line, what, "a response has its body and its headers");
            return None;
        }
        if let Area::Path(name) = area {
            let segments =
                || self.message.iter().flat_map(|message| &message.templates).flat_map(|t| &t.segments);
            let masked = |s: &Segment| matches!(s, Segment::Pseudonym { name: known, .. } if known == name);
            if segments().any(masked) || !self.has_variable(name) {
                let what = format!("`{}` is no kept variable of every path of the message", said.text);
                self.source.error(said.line, what, "write it as `{name}`; `{name:kind}` needs no rule");
                return None;
            }
        }
        let (unlisted, unlisted_rule) = match area {
            Area::Header(_) => (Unlisted::Drop, loom.unlisted_rule()),
            _ => (Unlisted::Refuse, self.message.as_ref()?.unlisted_query),
        };
        let next = u32::try_from(self.profile.spots.len()).unwrap_or(NONE);
        let (branch, name) = match (self.message.as_mut()?, area) {
            (message, Area::Query(name)) => (&mut message.query, name),
            (message, Area::Header(name)) => (&mut message.headers, name),
            (message, Area::Path(name)) => (&mut message.path, name),
            (_, Area::Body) => return None,
        };
        if let Some(known) = branch.names.get(name.as_bytes()) {
            return Some(known);
        }
        branch.names.insert(name, next);
        let (element, through) = (NONE, false);
        let (choices, marks, branch) = (Vec::new(), Vec::new(), Branch::default());
        self.profile.spots.push(Spot { branch, element, choices, through, unlisted, unlisted_rule, marks });
        Some(next)
    }

    /// Marks a parameter, header or path variable of the message as a place of `person`.
    pub(super) fn mark_elsewhere(&mut self, area: &Area, mark: Mark) -> bool {
        let inside = self.in_part();
        let Some(message) = self.message.as_mut().filter(|_| !inside) else { return false };
        let spot = match area {
            Area::Query(name) => message.query.names.get(name.as_bytes()),
            Area::Header(name) => message.headers.names.get(name.as_bytes()),
            _ => None,
        };
        if let Area::Path(name) = area {
            let mut marked = !message.templates.is_empty();
            for template in &mut message.templates {
                let place = template.segments.iter_mut().find_map(|segment| match segment {
                    Segment::Pseudonym { name: known, marks, .. } if known == name => Some(marks),
                    _ => None,
                });
                marked &= place.map(|marks| marks.push(mark)).is_some();
            }
            return marked;
        }
        let Some(spot) = spot.and_then(|spot| self.profile.spots.get_mut(spot as usize)) else {
            return false;
        };
        spot.marks.push(mark);
        spot.choices.iter().any(|choice| choice.pseudonym.is_some())
    }

    /// Whether every path of the message being woven has a variable of that name.
    pub(super) fn has_variable(&self, name: &str) -> bool {
        let Some(message) = &self.message else { return false };
        let has = |template: &Template| {
            template.segments.iter().any(|segment| match segment {
                Segment::Kept { name: known, .. } | Segment::Pseudonym { name: known, .. } => known == name,
                Segment::Literal(_) => false,
            })
        };
        !message.templates.is_empty() && message.templates.iter().all(has)
    }
}

fn same_name(segments: &[Segment], read: &Segment) -> bool {
    let name = |segment: &Segment| match segment {
        Segment::Literal(_) => None,
        Segment::Kept { name, .. } | Segment::Pseudonym { name, .. } => Some(name.clone()),
    };
    name(read).is_some_and(|read| segments.iter().any(|known| name(known).as_ref() == Some(&read)))
}
