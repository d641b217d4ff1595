//! Conditions: reading them, and proving that two of them cannot hold together.
//!
//! The proof is by one value: some place on which the two disagree. It must not know verbs.

use std::collections::BTreeMap;

use super::draft::{Answer, TestDraft};
use super::selector::{self, Area, Step, Syntax, Wrong};
use crate::profile::plan::{Subject, Test, Want};

/// Reads one entry of `when` or `unless`.
pub(super) fn read(
    draft: &TestDraft,
    syntax: Syntax,
    namespaces: &BTreeMap<String, String>,
) -> Result<Test, Wrong> {
    let selector = selector::read(&draft.at.text, syntax, namespaces)?;
    if selector.deep || selector.steps.contains(&Step::Element) {
        return Err((
            format!("a condition cannot look at `{}`", draft.at.text),
            "it looks at one value: no `*` inside".to_owned(),
        ));
    }
    let subject = match selector.area {
        Area::Query(name) => Subject::Query(name),
        Area::Header(name) => Subject::Header(name),
        Area::Path(name) => Subject::Path(name),
        Area::Body => Subject::Body(selector.steps.into_iter().filter_map(name).collect()),
    };
    let want = match (&draft.answer, draft.wanted) {
        (Answer::Texts(texts), true) => Want::In(texts.clone()),
        (Answer::Texts(texts), false) => Want::NotIn(texts.clone()),
        (Answer::Present(present), wanted) if *present == wanted => Want::Present,
        (Answer::Present(_), _) => Want::Absent,
    };
    Ok(Test { subject, want })
}

fn name(step: Step) -> Option<String> {
    match step {
        Step::Name(name) => Some(name),
        Step::Element => None,
    }
}

/// Whether no message can meet both lists of tests.
pub(super) fn apart(a: &[Test], b: &[Test]) -> bool {
    a.iter().any(|x| b.iter().any(|y| x.subject == y.subject && disagree(&x.want, &y.want)))
}

/// Whether no message can meet this list of tests.
pub(super) fn impossible(tests: &[Test]) -> bool {
    apart(tests, tests)
}

/// Whether one of two lists always holds, so that a rule without condition never would.
pub(super) fn complete(a: &[Test], b: &[Test]) -> bool {
    let ([x], [y]) = (a, b) else { return false };
    let opposite = |x: &Want, y: &Want| match (x, y) {
        (Want::Present, Want::Absent) => true,
        (Want::In(these), Want::NotIn(those)) => those.iter().all(|text| these.contains(text)),
        _ => false,
    };
    x.subject == y.subject && (opposite(&x.want, &y.want) || opposite(&y.want, &x.want))
}

fn disagree(x: &Want, y: &Want) -> bool {
    match (x, y) {
        (Want::In(these), Want::In(those)) => !these.iter().any(|text| those.contains(text)),
        (Want::In(these), Want::NotIn(those)) | (Want::NotIn(those), Want::In(these)) => {
            these.iter().all(|text| those.contains(text))
        }
        (Want::In(_) | Want::Present, Want::Absent) | (Want::Absent, Want::In(_) | Want::Present) => true,
        _ => false,
    }
}
