//! Profiles: any text is rules or a list of mistakes with a line each; rules that were read can be used.

use sluis::profile::{Door, Material, Profile};
use sluis::rewrite::{Document, Format, Limits, Target};

const BODY: &[u8] =
    br#"{"id":"1","name":"Qzwolsen","list":[{"id":2,"a":null},{"id":3,"a":true}],"deep":{"a":{"b":["c"]}}}"#;

/// A profile's text.
pub fn profile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let profile = match Profile::read("fuzz.toml", text) {
        Ok(profile) => profile,
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "refused without a reason");
            let lines = text.split('\n').count();
            for mistake in mistakes {
                assert!((1..=lines.max(1)).contains(&(mistake.line as usize)), "{mistake}: of {lines} lines");
                assert!(!mistake.what.is_empty() && !mistake.hint.is_empty(), "{mistake}");
            }
            return;
        }
    };
    let again = Profile::read("fuzz.toml", text).expect("it was read before");
    assert_eq!(profile.digest(), again.digest());
    assert_eq!(format!("{:?}", profile.rules()), format!("{:?}", again.rules()), "one text, one meaning");
    for rule in 0..profile.rules().len() {
        let _ = profile.rules().get(rule).map(|rule| format!("{rule:?}"));
    }
    let limits = Limits::default();
    for path in ["/x", "/records", "/a/b", "/users/1", "/"] {
        let target =
            Target::parse(&format!("{path}?id=1&name=a&filter=id%3D%271%27"), &limits).expect("plain");
        let path: Vec<&str> = target.segments().iter().map(|segment| segment.text()).collect();
        for (media, format, body) in [
            ("application/json", Format::Json, BODY),
            ("application/x-ndjson", Format::Ndjson, BODY),
            ("application/x-www-form-urlencoded", Format::Form, b"id=1&name=a&name=b"),
        ] {
            for method in ["GET", "POST"] {
                let Ok(selected) = profile.request(method, &path, Some(media)) else { continue };
                let wanted = profile.format(selected);
                let body = wanted
                    .filter(|wanted| *wanted == format)
                    .map(|format| Document::parse(format, body.to_vec(), &limits).expect("plain"));
                let headers = [("x-note", "1"), ("authorization", "Bearer x")];
                let material = Material {
                    body: body.as_ref(),
                    query: Some(target.query()),
                    path: &path,
                    headers: &headers,
                };
                for (door, closed) in [(Door::Leave, false), (Door::Leave, true), (Door::Enter, false)] {
                    let _ = profile.find(&selected, door, closed, &material).map(|found| {
                        found.findings.iter().for_each(|finding| drop(found.text(finding.place, &material)));
                    });
                }
            }
        }
    }
}
