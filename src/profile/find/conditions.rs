//! Conditions, on the message as received.
//!
//! A condition that looks at a name which occurs twice refuses: of two values, receivers choose differently. It
//! must not know verbs.

use super::FindRefusal;
use super::walk::Walk;
use crate::profile::plan::{Choice, Subject, Test, Want};
use crate::rewrite::{Document, Format, NodeKind};

/// Where the pointers of conditions start: a node of a document.
pub(super) type Scope<'a> = Option<(&'a Document, u32)>;

impl Walk<'_, '_> {
    /// Whether every test of a choice holds.
    pub(super) fn holds(&self, choice: &Choice, scope: Scope<'_>) -> Result<bool, FindRefusal> {
        for test in &choice.tests {
            match self.test(test, scope) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(Twice) => {
                    let rule = self.rule_text(choice.rule);
                    return Err(match test.subject {
                        Subject::Query(_) => FindRefusal::Question { rule },
                        _ => {
                            FindRefusal::Shape { rule, what: "a condition looks at a name that occurs twice" }
                        }
                    });
                }
            }
        }
        Ok(true)
    }

    fn test(&self, test: &Test, scope: Scope<'_>) -> Result<bool, Twice> {
        match &test.subject {
            Subject::Body(path) => {
                let mut node = scope;
                for name in path {
                    let Some((document, at)) = node else { break };
                    node = member(document, at, name)?.map(|at| (document, at));
                }
                Ok(meets(&test.want, node))
            }
            Subject::Query(name) => {
                let query = self.material.query;
                let node = query.map(|query| member(query, 0, name)).transpose()?.flatten();
                Ok(meets(&test.want, query.zip(node)))
            }
            Subject::Header(name) => {
                let mut values = self.material.headers.iter().filter(|(known, _)| known == name);
                let value = values.next().map(|(_, value)| *value);
                if values.next().is_some() { Err(Twice) } else { Ok(says(&test.want, value)) }
            }
            Subject::Path(name) => Ok(says(&test.want, self.variable(name))),
        }
    }

    fn variable(&self, name: &str) -> Option<&str> {
        use crate::profile::plan::Segment;
        let position = self.template?.segments.iter().position(|segment| match segment {
            Segment::Kept { name: known, .. } | Segment::Pseudonym { name: known, .. } => known == name,
            Segment::Literal(_) => false,
        })?;
        self.material.path.get(position).copied()
    }
}

/// A name that stands for two values.
struct Twice;

/// The member of that name, in an object.
fn member(document: &Document, parent: u32, name: &str) -> Result<Option<u32>, Twice> {
    if document.kind(parent) != NodeKind::Object {
        return Ok(None);
    }
    let mut known = document.children(parent).filter(|child| {
        let Some(node) = document.node(*child) else { return false };
        match node.name_escaped {
            true => document.name(*child) == name,
            false => {
                let bytes = document.bytes().get(node.name.0 as usize..node.name.1 as usize);
                bytes.is_some_and(|bytes| bytes == name.as_bytes())
            }
        }
    });
    let first = known.next();
    let repeats = matches!(document.format(), Format::Form | Format::Query);
    if repeats && known.next().is_some() { Err(Twice) } else { Ok(first) }
}

/// A value of a document against what is wanted. Containers and null are none of any texts.
fn meets(want: &Want, node: Option<(&Document, u32)>) -> bool {
    match (want, node) {
        (Want::Present, node) => node.is_some(),
        (Want::Absent, node) => node.is_none(),
        (Want::In(texts), Some((document, at))) => one_of(texts, document, at),
        (Want::In(_), None) => false,
        (Want::NotIn(texts), Some((document, at))) => !one_of(texts, document, at),
        (Want::NotIn(_), None) => true,
    }
}

fn one_of(texts: &[String], document: &Document, node: u32) -> bool {
    match document.kind(node) {
        NodeKind::Object | NodeKind::Array | NodeKind::Null => false,
        NodeKind::Text | NodeKind::Number | NodeKind::Bool => {
            let text = document.text(node);
            texts.iter().any(|known| *known == text)
        }
    }
}

fn says(want: &Want, value: Option<&str>) -> bool {
    let listed = |texts: &[String]| value.is_some_and(|value| texts.iter().any(|text| text == value));
    match want {
        Want::Present => value.is_some(),
        Want::Absent => value.is_none(),
        Want::In(texts) => listed(texts),
        Want::NotIn(texts) => !listed(texts),
    }
}
