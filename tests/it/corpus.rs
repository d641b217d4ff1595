//! The corpus: each case is four files that a privacy officer can read, and what really happens must match them
//! byte for byte.
//!
//! `1-sent` by the caller · `2-forwarded` to the other side · `3-answered` by it · `4-returned` to the caller: a
//! head, an empty line, a body. `case.toml` says who asks, by which mount, and what it shows. In the files:
//!
//! | written | stands for |
//! |---|---|
//! | `{{pseudonym KIND:IDENTIFIER}}` | what that identifier is called outside |
//! | `{{pseudonym KIND:IDENTIFIER as OTHER}}` | the same, in a field of another kind |
//! | `{{label given KIND:IDENTIFIER}}`, `family`, `full` | the stand-in of that pupil's name: readable, his alone |
//! | `{{inside}}`, `{{outside}}` | the address of the route on either side |
//! | `{{record KIND:IDENTIFIER}}`…`{{end}}` | a record of a list that leaves in the order of its pseudonyms |
//!
//! A folder with a `profile.toml` of its own holds cases of that profile, mounted as `own`. A request's head holds no `Host`, `Content-Length` or credential, and a reply's no `Content-Length` or `Date`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use http::HeaderMap;
use serde::Deserialize;

use super::support::caller::Reply;
use super::support::far::{Got, reply};
use super::support::pupils::corpus;
use super::support::world::{Options, World};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it shows.
    why: String,
    /// `publisher` or `school`.
    asks: String,
    mount: String,
    /// Whether the school told Sluis who its pupils are.
    roster: bool,
    /// A case of the same profile that happens first, in the same school.
    before: Option<String>,
    /// The code with which it is refused; `2-forwarded` is missing when nothing may be forwarded.
    refused: Option<String>,
}

/// Stand-ins seen so far: by part and pupil.
type Labels = BTreeMap<(String, String), String>;

/// A head and a body.
struct Sides {
    head: String,
    body: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edu_v_students() {
    all("edu-v-students-1.1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edu_v_results() {
    all("edu-v-results-2.1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sem() {
    all("sem-1.3").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oneroster() {
    all("oneroster-1.2").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_that_a_publisher_gives() {
    all("own-accounts").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_of_an_actor() {
    all("own-statements").await;
}

#[test]
fn every_profile_has_a_case() {
    for profile in sluis::profile::builtin_names() {
        assert!(!cases(profile).is_empty(), "{profile}: no case");
    }
}

fn cases(profile: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(corpus().join(profile)) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|p| p.is_dir()).collect();
    found.sort();
    found
}

async fn all(profile: &str) {
    let cases = cases(profile);
    assert!(!cases.is_empty(), "{profile}: no case");
    let own = std::fs::read_to_string(corpus().join(profile).join("profile.toml")).ok();
    let own_profile = own.map(|text| &*text.leak());
    for path in cases {
        let case = read_case(&path);
        let roster = Options::default().roster.filter(|_| case.roster);
        let swaps =
            vec![("home-page", "https://elo.obs-devlinder.example", "https://sluis.example/accounts")];
        let swaps = if own_profile.is_some() { swaps } else { Vec::new() };
        let world = World::with(Options { roster, own_profile, swaps, ..Options::default() }).await;
        let mut labels = Labels::new();
        if let Some(before) = &case.before {
            let path = path.parent().unwrap().join(before);
            run(&world, &path, &read_case(&path), &mut labels).await;
            world.clean();
            world.forget();
        }
        run(&world, &path, &case, &mut labels).await;
        world.clean();
    }
}

fn read_case(path: &Path) -> Case {
    let text = std::fs::read_to_string(path.join("case.toml")).unwrap();
    let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(!case.why.is_empty());
    case
}

async fn run(world: &World, path: &Path, case: &Case, labels: &mut Labels) {
    let name = path.strip_prefix(corpus()).unwrap().display().to_string();
    let (caller, far, before) = match case.asks.as_str() {
        "publisher" => (world.outside("rekenwonder"), &world.school, "/from"),
        "school" => (world.inside("rekenwonder"), &world.publisher, ""),
        other => panic!("{name}: asks = {other:?}"),
    };
    let mount = format!("{before}/rekenwonder/{}", case.mount);
    let here = format!("https://{}{mount}", world.address);
    let there = format!("https://{}/{}", far.address, case.mount);
    let (inside, outside) = if case.asks == "publisher" { (there, here) } else { (here, there) };
    let fill = Fill { world, inside, outside };

    let sent = fill.sides(path, "1-sent", labels).await.expect("1-sent");
    if let Some(answered) = fill.sides(path, "3-answered", labels).await {
        let (status, headers) = answered.head.split_once('\n').unwrap_or((&answered.head, ""));
        let status: u16 = status.trim().parse().unwrap();
        let headers: Vec<(&str, &str)> = headers.lines().map(|line| line.split_once(": ").unwrap()).collect();
        let response = reply(status, &headers, answered.body.clone());
        far.answer(move |_| response.clone());
    }
    let (line, headers) = sent.head.split_once('\n').unwrap_or((&sent.head, ""));
    let (method, target) = line.split_once(' ').unwrap();
    let headers: Vec<(&str, &str)> = headers.lines().map(|line| line.split_once(": ").unwrap()).collect();
    let reply = caller.send(method, &format!("{mount}{target}"), &headers, sent.body).await;

    let got = far.got();
    if let Some(dump) = std::env::var_os("SLUIS_CORPUS_DUMP") {
        dump_case(Path::new(&dump), &name, got.first(), &reply);
        return;
    }
    match fill.sides(path, "2-forwarded", labels).await {
        None => assert!(got.is_empty() && far.raw().is_empty(), "{name}: nothing may be forwarded"),
        Some(expected) => {
            assert_eq!(got.len(), 1, "{name}: one request, {}", reply.text());
            check(&name, "2-forwarded", &request_text(&got[0], &case.mount), &expected, labels);
        }
    }
    if let Some(code) = &case.refused {
        assert_eq!(&reply.code(), code, "{name}: {}", reply.text());
    } else {
        let expected = fill.sides(path, "4-returned", labels).await.expect("4-returned");
        check(&name, "4-returned", &reply_text(&reply), &expected, labels);
    }
    assert_distinct(labels);
}

/// What the case's placeholders stand for.
struct Fill<'a> {
    world: &'a World,
    inside: String,
    outside: String,
}

impl Fill<'_> {
    /// A file with everything filled in, but for labels that nobody has seen yet.
    async fn sides(&self, path: &Path, file: &str, labels: &Labels) -> Option<Sides> {
        let text = std::fs::read_to_string(path.join(file)).ok()?;
        let text = text.replace("{{inside}}", &self.inside).replace("{{outside}}", &self.outside);
        let text = self.records(&text).await;
        let text = self.pseudonyms(&text).await;
        let mut filled = text;
        for ((part, who), label) in labels {
            filled = filled.replace(&format!("{{{{label {part} {who}}}}}"), label);
        }
        let (head, body) = filled.split_once("\n\n").unwrap_or((&filled, ""));
        Some(Sides { head: head.trim_end().to_owned(), body: body.to_owned() })
    }

    async fn pseudonyms(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{pseudonym ") {
            let (who, after) = after.split_once("}}").unwrap();
            out.push_str(before);
            out.push_str(&self.pseudonym(who).await);
            rest = after;
        }
        out + rest
    }

    async fn pseudonym(&self, who: &str) -> String {
        let (kind, identifier) = who.split_once(':').unwrap();
        let (identifier, place) = identifier.split_once(" as ").unwrap_or((identifier, kind));
        self.world.pseudonym_as("rekenwonder", kind, identifier, place).await
    }

    /// Records change places; what stands between them stays.
    async fn records(&self, text: &str) -> String {
        let mut between = Vec::new();
        let mut records = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{record ") {
            let (who, after) = after.split_once("}}").unwrap();
            let (record, after) = after.split_once("{{end}}").unwrap();
            between.push(before);
            records.push((self.pseudonym(who).await, record));
            rest = after;
        }
        records.sort();
        let mut out = String::new();
        for (before, (_, record)) in between.into_iter().zip(&records) {
            out.push_str(before);
            out.push_str(record);
        }
        out + rest
    }
}

/// Compares byte for byte; a label that is new is learned.
fn check(name: &str, file: &str, actual: &Sides, expected: &Sides, labels: &mut Labels) {
    assert_eq!(actual.head, expected.head, "{name}/{file}: the head");
    let mut rest = actual.body.as_str();
    let mut wanted = expected.body.as_str();
    while let Some((literal, after)) = wanted.split_once("{{label ") {
        let (hole, after) = after.split_once("}}").unwrap();
        let (part, who) = hole.split_once(' ').unwrap();
        let Some(behind) = rest.strip_prefix(literal) else { break };
        let end = behind.find('"').expect("a label ends with its string");
        let label = &behind[..end];
        assert!(is_readable(label), "{name}/{file}: {label:?} as a stand-in");
        let known = labels.entry((part.to_owned(), who.to_owned())).or_insert_with(|| label.to_owned());
        assert_eq!(known, label, "{name}/{file}: one pupil, one stand-in");
        rest = &behind[end..];
        wanted = after;
    }
    let same = rest == wanted;
    assert!(same, "{name}/{file}:\n--- happened\n{}\n--- expected\n{}", actual.body, expected.body);
}

/// Words that can be read aloud, and perhaps a number.
fn is_readable(label: &str) -> bool {
    let word = |word: &str| word.chars().all(char::is_alphabetic) || word.chars().all(|c| c.is_ascii_digit());
    !label.is_empty() && label.len() <= 40 && label.split([' ', '-']).all(word)
}

/// Two pupils never share given and family name together.
fn assert_distinct(labels: &Labels) {
    let people: BTreeSet<&String> = labels.keys().map(|(_, who)| who).collect();
    let name = |who: &String| {
        let part = |part: &str| labels.get(&(part.to_owned(), who.clone())).cloned().unwrap_or_default();
        format!("{} {} {}", part("given"), part("family"), part("full"))
    };
    let names: BTreeSet<String> = people.iter().map(|who| name(who)).collect();
    assert_eq!(names.len(), people.len(), "two pupils have one stand-in");
}

fn request_text(got: &Got, mount: &str) -> Sides {
    let below = got.target.strip_prefix(&format!("/{mount}")).expect("below its base");
    Sides { head: head(&format!("{} {below}", got.method), &got.headers), body: got.text().to_owned() }
}

fn reply_text(reply: &Reply) -> Sides {
    Sides { head: head(reply.status.as_str(), &reply.headers), body: reply.text().to_owned() }
}

fn head(first: &str, headers: &HeaderMap) -> String {
    let mut lines: Vec<String> = headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "host" | "content-length" | "date"))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    lines.insert(0, first.to_owned());
    lines.join("\n")
}

/// For whoever writes a new case: what happened, as files.
fn dump_case(folder: &Path, name: &str, got: Option<&Got>, reply: &Reply) {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    if let Some(got) = got {
        let text =
            format!("{}\n\n{}", head(&format!("{} {}", got.method, got.target), &got.headers), got.text());
        std::fs::write(folder.join("2-forwarded"), text).unwrap();
    }
    let sides = reply_text(reply);
    std::fs::write(folder.join("4-returned"), format!("{}\n\n{}", sides.head, sides.body)).unwrap();
}
