//! JSONTestSuite and documents of our own, as bodies that leave and enter, and as replies.

use super::corpora::{corpus, some};
use super::ground::{Ground, post};
use super::line::Reply;
use super::outside::Answer;
use super::tally::{DOCUMENTS, Tally};

/// What a document is, by its name: `y` must be read, `n` must not, `i` may.
type Case = (String, Vec<u8>);

fn suite() -> Vec<Case> {
    let Some(folder) = corpus("jsontestsuite") else { return Vec::new() };
    let mut all = Vec::new();
    for (part, mark) in [("test_parsing", ""), ("test_transform", "i_")] {
        for entry in std::fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            all.push((format!("{mark}{name}"), std::fs::read(&path).unwrap()));
        }
    }
    all.sort();
    all
}

fn own() -> Vec<Case> {
    let deep = |open: &str, close: &str, depth: usize| open.repeat(depth) + &close.repeat(depth);
    let mut all: Vec<(&str, Vec<u8>)> = vec![
        ("y_own_object", b"{\"score\":1}".to_vec()),
        ("n_own_twice", b"{\"a\":1,\"a\":2}".to_vec()),
        ("n_own_twice_escaped", br#"{"score":1,"scor\u0065":2}"#.to_vec()),
        ("n_own_twice_nfd", "{\"\u{e9}\":1,\"e\u{301}\":2}".into()),
        ("n_own_bom", b"\xef\xbb\xbf{}".to_vec()),
        ("n_own_utf16", b"\xff\xfe{\0}\0".to_vec()),
        ("n_own_lone", br#"["\ud800"]"#.to_vec()),
        ("n_own_two", b"{}{}".to_vec()),
        ("n_own_nul", b"{}\0".to_vec()),
        ("n_own_nan", b"[NaN]".to_vec()),
        ("i_own_infinity", b"[1e999999]".to_vec()),
        ("n_own_comment", b"{/*x*/}".to_vec()),
        ("n_own_tail", b"[1,]".to_vec()),
        ("n_own_quote", b"{'a':1}".to_vec()),
        ("n_own_overlong", b"[\"\xc0\xae\"]".to_vec()),
    ];
    all.push(("n_own_deep", deep("[", "]", 100_000).into_bytes()));
    all.push(("n_own_deep_objects", deep("{\"a\":", "}", 65).replace(":}", ":1}").into_bytes()));
    all.push(("i_own_long", format!("[\"{}\"]", "a".repeat(300_000)).into_bytes()));
    all.push(("i_own_wide", format!("[{}1]", "1,".repeat(200_000)).into_bytes()));
    all.into_iter().map(|(name, bytes)| (name.to_owned() + ".json", bytes)).collect()
}

/// Why a document that the suite lets be read is refused.
fn reason(name: &str) -> Option<&'static str> {
    let of = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if of(&["duplicated_key", "same_key", "nfc_nfd", "nfd_nfc"]) {
        return Some("a member name twice has two meanings (I-JSON, RFC 7493)");
    }
    // Also where a name does not say so: U+FFFE and its like.
    if of(&["noncharacter", "nonCharacter", "nonchar", "last_surrogates"]) {
        return Some("noncharacters stand in no text that is exchanged (I-JSON, RFC 7493, 2.1)");
    }
    None
}

fn chunk(body: &[u8], target: &str, extra: &str) -> Vec<u8> {
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{extra}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

struct Judge<'a> {
    tally: &'a mut Tally,
    ground: &'a Ground,
}

impl Judge<'_> {
    /// `passed` says that it reached whoever it was for.
    fn one(&mut self, place: &str, name: &str, said: Result<Vec<Reply>, String>, reached: usize) {
        let case = format!("{place} {name}");
        let said = match said {
            Ok(said) if said.len() == 1 => said[0].clone(),
            other => return self.tally.fail(format!("{case}: {other:?}")),
        };
        let (status, code) = (said.status, said.code());
        let passed = matches!(status, 200 | 204);
        let words =
            matches!((status, code.as_str()), (422 | 502, "SLS-110" | "SLS-111") | (415 | 502, "SLS-109"));
        if !(passed || words) || (reached > 0) != passed {
            return self.tally.fail(format!("{case}: {status} {code}, reached {reached}"));
        }
        match name.as_bytes()[0] {
            b'n' => self.tally.judge(!passed, || format!("{case}: passed")),
            b'y' if !passed && code == "SLS-110" => match reason(name) {
                Some(reason) => self.tally.except(reason, case),
                None => {
                    self.tally.fail(format!("{case}: refused, {:?}", String::from_utf8_lossy(&said.body)))
                }
            },
            _ => self.tally.pass(),
        }
    }

    fn body(&mut self, name: &str, bytes: &[u8]) {
        let door = format!("Authorization: Bearer {}\r\n", self.ground.token);
        for (place, target, extra) in
            [("leaving", "/own/any", ""), ("entering", "/from/own/any", door.as_str())]
        {
            let said = self.ground.told(&chunk(bytes, target, extra));
            let reached = self.ground.arrived().unwrap().len();
            self.one(place, name, said, reached);
        }
        let inside = [b"{\"x\":", bytes, b",\"score\":1}"].concat();
        let said = self.ground.told(&chunk(&inside, "/own/any", ""));
        let arrived = self.ground.arrived().unwrap();
        if arrived.iter().any(|seen| seen.body != b"{\"score\":1}") {
            self.tally.fail(format!("inside {name}: {arrived:?}"));
        } else if !(bytes.is_empty() || name.starts_with("n_") && closes_itself(bytes)) {
            self.one("inside", name, said, arrived.len());
        }
    }

    fn reply(&mut self, name: &str, bytes: &[u8]) {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            bytes.len()
        );
        let answer = Answer { bytes: [head.as_bytes(), bytes].concat(), hang_up: false };
        let door = format!("Authorization: Bearer {}\r\n", self.ground.token);
        for (place, target, extra) in
            [("reply entering", "/own/answer", ""), ("reply leaving", "/from/own/answer", door.as_str())]
        {
            self.ground.publisher.say(Some(answer.clone()));
            self.ground.school.say(Some(answer.clone()));
            let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n");
            let said = self.ground.told(request.as_bytes());
            self.ground.publisher.say(None);
            self.ground.school.say(None);
            let _ = self.ground.arrived().unwrap();
            let reached =
                usize::from(said.as_ref().is_ok_and(|said| said.iter().any(|reply| reply.status == 200)));
            self.one(place, name, said, reached);
        }
    }
}

/// Ill-formed alone, well-formed once something stands round it.
fn closes_itself(bytes: &[u8]) -> bool {
    let whole = [b"{\"x\":", bytes, b",\"score\":1}"].concat();
    serde_json::from_slice::<serde_json::Value>(&whole).is_ok()
}

#[test]
fn documents_that_are_not_json_reach_nobody() {
    let ground = Ground::usual();
    let mut tally = Tally::default();
    let mut all = own();
    all.extend(some(suite(), 120));
    for (number, (name, bytes)) in all.iter().enumerate() {
        let mut judge = Judge { tally: &mut tally, ground: &ground };
        judge.body(name, bytes);
        judge.reply(name, bytes);
        if number % 100 == 0 {
            ground.serves_on();
        }
    }
    assert!(!ground.told(&post("/own/any", "{\"score\":1}")).unwrap().is_empty());
    let _ = ground.arrived();
    ground.settle(&[]);
    tally.done(&DOCUMENTS);
}
