//! A good configuration, and one test case for every message that a bad one brings.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::clock::{Date, Timestamp};

use super::{Language, Problem, Reading, read_text, words};

/// A configuration without problems or warnings, apart from what a case changes.
const GOOD: &str = r#"roster = "state/roster"

[school]
id   = "12AB"
name = "Petteflat College"

[listen]
address     = "0.0.0.0:8443"
certificate = "tls/cert.pem"
private_key = "tls/key.pem"

[vault]
path   = "state/vault"
unlock = { key_file = "secrets/unseal.key" }

[journal]
path = "state/journal"

[[publisher]]
id    = "rekenwonder"
name  = "Rekenwonder BV"
epoch = "2026-2027"
location  = "EEA"
kind      = "free-app"
agreement = { document = "Model 4.0", parties = ["Petteflat", "Rekenwonder"], categories = ["pupil-id"] }

  [[publisher.route]]
  mount    = "/rekenwonder/"
  upstream = "https://api.rekenwonder.example/v2/"
  asks     = "school"
  profile  = "own.toml"
  caller   = { bearer_token_file = "secrets/las.token", network = ["10.1.4.0/28"] }

  [[publisher.route]]
  mount    = "/from/rekenwonder/uwlr"
  upstream = "https://las.petteflat.example/uwlr/v2"
  asks     = "publisher"
  profile  = "own.toml"
  caller   = { client_certificate = { ca = "tls/ca.pem", oin = "00000003123456780000" } }

[[publisher]]
id    = "taalreus"
name  = "Taalreus"
epoch = "2026-2027"
location  = "NL"
kind      = "bought"
agreement = { date = "2026-06-01", ends = "2099-07-31", categories = ["pupil-id", "result"] }

  [[publisher.route]]
  mount    = "/taalreus"
  upstream = "https://api.taalreus.example/"
  asks     = "school"
  profile  = "own.toml"
  caller   = { oauth2_clients = [{ id = "las", secret_file = "secrets/other.token" }] }
"#;

/// A directory with every file that the cases name.
fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, bytes: &[u8], mode: u32| {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("parent")).expect("create");
        #[expect(clippy::disallowed_methods, reason = "a test's own files")]
        fs::write(&path, bytes).expect("write");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("mode");
    };
    let key = rcgen::generate_simple_self_signed(vec!["sluis.example".into()]).expect("certificate");
    write("tls/cert.pem", key.cert.pem().as_bytes(), 0o644);
    write("tls/ca.pem", key.cert.pem().as_bytes(), 0o644);
    write("tls/key.pem", key.signing_key.serialize_pem().as_bytes(), 0o600);
    write("secrets/unseal.key", &[b'a'; 64], 0o600);
    write("secrets/las.token", b"canary-token-of-the-las\n", 0o600);
    write("secrets/other.token", b"canary-token-of-another\n", 0o600);
    write("secrets/open.token", b"canary-token-too-open\n", 0o644);
    write("secrets/short.token", b"canary\n", 0o600);
    write("secrets/two.token", b"canary token with a blank\n", 0o600);
    write("own.toml", include_bytes!("test_profile.toml"), 0o644);
    let own = include_str!("test_profile.toml");
    let swap = own.replace(
        "{ at = \"/*/status\", do = \"keep\" }",
        "{ at = \"/*/key\", do = \"swap\", name = \"klantcode\" }",
    );
    write("swap.toml", swap.as_bytes(), 0o644);
    write("broken.toml", b"profile = \"broken\"\n\n[[message]]\nmethod = 3\n", 0o644);
    directory
}

fn reading(directory: &Path, text: &str) -> Reading {
    read_text(&directory.join("sluis.toml"), text.to_owned())
}

fn codes(problems: &[Problem]) -> Vec<&'static str> {
    problems.iter().map(Problem::code).collect()
}

#[test]
fn a_good_configuration_has_no_problem() {
    let directory = directory();
    let Reading { settings, problems } = reading(directory.path(), GOOD);
    assert!(problems.is_empty(), "{problems:#?}");
    let settings = settings.expect("settings");
    assert_eq!(settings.schools[0].id.as_str(), "12AB");
    assert_eq!(settings.publishers.len(), 2);
    assert_eq!(settings.publishers[0].routes[0].mount, "/rekenwonder");
    assert_eq!(
        settings.publishers[0].routes[1].upstream.base.to_string(),
        "https://las.petteflat.example/uwlr/v2/"
    );
    assert!(settings.publishers[0].routes[1].upstream.allow_private, "the school's own system may be inside");
    assert!(!settings.publishers[0].routes[0].upstream.allow_private, "a publisher may not");
    assert!(settings.operations.ip().is_loopback());
    assert_eq!(settings.nightly_hour, 3);
    assert_eq!(settings.socket(), directory.path().join("state/sluis.sock"));
}

/// What is replaced, by what, and the codes that must come of it.
type Case = (&'static str, &'static str, &'static [&'static str]);

const CASES: &[Case] = &[
    ("[school]", "[school", &["CFG-002"]),
    ("name  = \"Taalreus\"", "nmae  = \"Taalreus\"", &["CFG-004", "CFG-003"]),
    ("[journal]\npath = \"state/journal\"", "", &["CFG-004"]),
    ("\"Petteflat College\"", "7", &["CFG-005"]),
    ("\"Petteflat College\"", "\"\"", &["CFG-006"]),
    ("[journal]", "[limits]\nbody_bytes = 3\n[journal]", &["CFG-007"]),
    ("asks     = \"publisher\"", "asks     = \"teacher\"", &["CFG-008"]),
    (
        "key_file = \"secrets/unseal.key\"",
        "key_file = \"secrets/unseal.key\", passphrase_file = \"secrets/las.token\"",
        &["CFG-009"],
    ),
    ("\"12AB\"", "\"12ab\"", &["CFG-010"]),
    ("[listen]", "[listen]\nurl = \"https://sluis.example/?x\"", &["CFG-021"]),
    ("0.0.0.0:8443", "everywhere", &["CFG-020"]),
    ("[journal]", "[operations]\naddress = \"0.0.0.0:9443\"\n[journal]", &["CFG-024"]),
    ("[journal]", "[nightly]\nhour = 24\n[journal]", &["CFG-007"]),
    ("[journal]", "[nightly]\nminute = 3\n[journal]", &["CFG-003"]),
    ("[school]", "[school]\nhost = \"a.example\"", &["CFG-025"]),
    ("tls/cert.pem", "tls/absent.pem", &["CFG-030"]),
    ("secrets/las.token", "secrets/short.token", &["CFG-031"]),
    ("secrets/las.token", "secrets/two.token", &["CFG-031"]),
    ("secrets/las.token", "secrets/open.token", &["CFG-032"]),
    ("\"tls/ca.pem\"", "\"tls/key.pem\"", &["CFG-033"]),
    ("id    = \"taalreus\"", "id    = \"Taal reus\"", &["CFG-040"]),
    ("id    = \"taalreus\"", "id    = \"rekenwonder\"", &["CFG-041"]),
    (
        "name  = \"Taalreus\"\nepoch = \"2026-2027\"",
        "name  = \"Taalreus\"\nepoch = \"2026/2027\"",
        &["CFG-042"],
    ),
    ("name  = \"Taalreus\"", "name  = \"Taalreus\"\nsame_ids_as = \"nobody\"", &["CFG-045"]),
    ("name  = \"Taalreus\"", "name  = \"Taalreus\"\nsame_ids_as = \"taalreus\"", &["CFG-045"]),
    ("name  = \"Taalreus\"", "name  = \"Taalreus\"\neck-id = \"keep\"", &["CFG-047"]),
    ("location  = \"NL\"", "", &["CFG-074"]),
    ("kind      = \"bought\"", "", &["CFG-074"]),
    ("kind      = \"bought\"", "kind = \"gratis\"", &["CFG-008"]),
    ("location  = \"NL\"", "location = \"Nederland\"", &["CFG-076"]),
    ("location  = \"NL\"", "location = [\"NL\", \"EU\"]", &["CFG-076"]),
    ("location  = \"NL\"", "location = [\"NL\", \"US\"]", &["CFG-077"]),
    ("location  = \"NL\"", "location = \"US\"", &["CFG-077"]),
    ("location  = \"NL\"", "location = \"US\"\nbasis = \"scc\"", &[]),
    ("location  = \"NL\"", "location = \"US\"\nbasis = \"privacy-shield\"", &["CFG-008", "CFG-077"]),
    ("ends = \"2099-07-31\"", "ends = \"31-07-2027\"", &["CFG-039"]),
    ("ends = \"2099-07-31\"", "ends = \"2027-02-31\"", &["CFG-039"]),
    ("ends = \"2099-07-31\"", "ends = 2027-02-28", &["CFG-005"]),
    ("ends = \"2099-07-31\"", "ends = \"2026-05-31\"", &["CFG-079"]),
    ("ends = \"2099-07-31\"", "einde = \"2099-07-31\"", &["CFG-003"]),
    (", \"result\"] }", ", \"results\"] }", &["CFG-081"]),
    (", categories = [\"pupil-id\", \"result\"] }", " }", &["CFG-075"]),
    ("[\"pupil-id\", \"result\"] }", "[] }", &["CFG-075"]),
    (", \"result\"] }", ", \"result\"], not_agreed = \"warn\" }", &["CFG-008"]),
    ("\"/taalreus\"", "\"/taalreus/../x\"", &["CFG-050"]),
    ("\"/taalreus\"", "\"/rekenwonder/taalreus\"", &["CFG-051"]),
    ("\"/taalreus\"", "\"/from/rekenwonder/uwlr/\"", &["CFG-051"]),
    ("https://api.taalreus.example/", "http://api.taalreus.example/", &["CFG-052"]),
    ("https://api.taalreus.example/", "https://10.0.0.8/", &["CFG-057"]),
    ("https://api.taalreus.example/", "https://169.254.169.254/", &["CFG-057"]),
    ("https://api.taalreus.example/", "https://a:b@api.taalreus.example/", &["CFG-021"]),
    (
        "profile  = \"own.toml\"\n  caller   = { oauth2",
        "profile  = \"own-er\"\n  caller   = { oauth2",
        &["CFG-053"],
    ),
    (
        "profile  = \"own.toml\"\n  caller   = { oauth2",
        "profile  = \"absent.toml\"\n  caller   = { oauth2",
        &["CFG-053"],
    ),
    ("bearer_token_file = \"secrets/las.token\", ", "", &["CFG-060"]),
    (
        "secret_file = \"secrets/other.token\" }] }",
        "secret_file = \"secrets/other.token\" }], bearer_token_file = \"secrets/las.token\" }",
        &["CFG-061"],
    ),
    ("10.1.4.0/28", "10.1.4.1/28", &["CFG-062"]),
    (", oin = \"00000003123456780000\"", "", &["CFG-063"]),
    ("00000003123456780000", "0000000312345678", &["CFG-064"]),
    ("oin = \"00000003123456780000\"", "san = \"*.rekenwonder.example\"", &["CFG-064"]),
    ("oin = \"00000003123456780000\"", "sha256 = \"12:34\"", &["CFG-064"]),
    ("oin = \"00000003123456780000\"", "ca_is_ours = true", &["CFG-072"]),
    ("oin = \"00000003123456780000\"", "ca_is_ours = true, san = \"a.example\"", &["CFG-009", "CFG-072"]),
    (
        "oin = \"00000003123456780000\"",
        "oin = \"00000003123456780000\", crl_file = \"tls/none.pem\"",
        &["CFG-030"],
    ),
    (
        "oin = \"00000003123456780000\"",
        "oin = \"00000003123456780000\", crl_file = \"tls/ca.pem\"",
        &["CFG-034"],
    ),
    ("caller   = { bearer", "caller   = { message_key_file = \"secrets/other.token\", bearer", &["CFG-065"]),
    ("caller   = { bearer", "caller   = { this_machine = true, bearer", &["CFG-067"]),
    ("caller   = { client_cert", "caller   = { this_machine = true, client_cert", &["CFG-066"]),
    ("id = \"las\"", "id = \"l as\"", &["CFG-068"]),
    (
        "secret_file = \"secrets/other.token\" }] }",
        "jwks_url = \"https://las.example/jwks\" }] }",
        &["CFG-073"],
    ),
    ("asks     = \"publisher\"", "asks     = \"publisher\"\n  client_key = \"tls/key.pem\"", &["CFG-015"]),
    (
        "asks     = \"publisher\"",
        "asks     = \"publisher\"\n  bearer_token_file = \"secrets/other.token\"\n  oauth2 = { token_url = \"https://las.example/token\", client_id = \"x\", client_secret_file = \"secrets/other.token\", scope = \"a  b\" }",
        &["CFG-070", "CFG-071"],
    ),
    (
        "asks     = \"publisher\"",
        "asks     = \"publisher\"\n  oauth2 = { token_url = \"https://las.example/token\", client_id = \"x\", private_key_file = \"secrets/other.token\" }",
        &["CFG-069"],
    ),
    ("path = \"state/journal\"", "path = \"state/vault/journal\"", &["CFG-093"]),
    ("path = \"state/journal\"", "path = \"state/journal\"\norigin = \"a b\"", &["CFG-110"]),
    ("path = \"state/journal\"", "path = \"state/journal\"\norigin = \"sluis/12AB/2\"", &[]),
    (
        "path = \"state/journal\"",
        "path = \"state/journal\"\n[[journal.witness]]\nname = \"a\"\nkey = \"w.example+fd0a1844+BAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\"\nurl = \"https://w.example:8444/\"\n[[journal.witness]]\nname = \"b\"\nkey = \"v.example+aff5c5f4+BAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\"\nurl = \"https://w.example:8444/\"",
        &[],
    ),
    (
        "path = \"state/journal\"",
        "path = \"state/journal\"\n[[journal.witness]]\nname = \"a\"\nkey = \"w.example+fd0a1844+BAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\"\nurl = \"https://w.example:8444/\"\n[[journal.witness]]\nname = \"a\"\nkey = \"v.example+aff5c5f4+BAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\"\nurl = \"https://w.example:8444/\"\n[[journal.witness]]\nname = \"c\"\nkey = \"w.example+fd0a1844+BAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\"\nurl = \"https://w.example:8444/\"",
        &["CFG-112", "CFG-112"],
    ),
    (
        "path = \"state/journal\"",
        "path = \"state/journal\"\n[[journal.witness]]\nname = \"a\"\nkey = \"nonsense\"\nurl = \"http://w.example/\"",
        &["CFG-111", "CFG-021"],
    ),
    (
        "path = \"state/journal\"",
        "path = \"state/journal\"\n[[journal.witness]]\nname = \"a\"\nkey = \"w.example+fd0a1844+BAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\"\nurl = \"https://w.example:8444/\"\nca = \"secrets/las.token\"",
        &["CFG-033"],
    ),
    ("roster = \"state/roster\"\n", "", &["CFG-090"]),
    (
        "roster = \"state/roster\"\n\n[school]\nid   = \"12AB\"",
        "[[school]]\nid = \"34CD\"\nname = \"x\"\n[[school]]\nid   = \"34CD\"",
        &["CFG-012", "CFG-012", "CFG-011", "CFG-014", "CFG-014", "CFG-090"],
    ),
    ("name  = \"Taalreus\"", "name  = \"Taalreus\"\nschool = \"56EF\"", &["CFG-013"]),
    (GOOD_END, "", &["CFG-038"]),
    ("name  = \"Taalreus\"", "name  = \"Taalreus\"\nshape = \"digits:9\"", &["CFG-043"]),
    ("name  = \"Taalreus\"", "name  = \"Taalreus\"\nshapes = { email = \"hex\" }", &["CFG-044"]),
    (
        "profile  = \"own.toml\"\n  caller   = { oauth2",
        "profile  = \"swap.toml\"\n  caller   = { oauth2",
        &["CFG-055"],
    ),
    (
        "profile  = \"own.toml\"\n  caller   = { oauth2",
        "profile  = \"own.toml\"\n  swap = { klantcode = { inside = \"a\", outside_file = \"secrets/other.token\" } }\n  caller   = { oauth2",
        &["CFG-056"],
    ),
    (
        "[school]",
        "[[assert]]\npublisher = \"nobody\"\nnever = [\"name\", \"names\"]\n[school]",
        &["CFG-080", "CFG-081"],
    ),
    ("[school]", "[[assert]]\npublisher = \"taalreus\"\nnever = [\"pupil-id\", \"name\"]\n[school]", &[]),
    ("[school]", "[[assert]]\npublisher = \"taalreus\"\nnever = []\n[school]", &["CFG-083"]),
    (
        "[school]",
        "[[assert]]\npublisher = \"taalreus\"\nnever = [\"group\", \"name\"]\n[school]",
        &["CFG-082"],
    ),
    (
        "name  = \"Taalreus\"",
        "name  = \"Taalreus\"\nshapes = { email = \"eckid:https://ketenid.nl/x\", \"E mail\" = \"hex\" }",
        &["CFG-043", "CFG-044"],
    ),
];

/// The last route, with which `GOOD` ends.
const GOOD_END: &str = r#"
  [[publisher.route]]
  mount    = "/taalreus"
  upstream = "https://api.taalreus.example/"
  asks     = "school"
  profile  = "own.toml"
  caller   = { oauth2_clients = [{ id = "las", secret_file = "secrets/other.token" }] }
"#;

#[test]
fn every_mistake_is_found_and_named() {
    let directory = directory();
    for (from, to, expected) in CASES {
        assert!(GOOD.contains(from), "the case's place is gone: {from}");
        let text = GOOD.replacen(from, to, 1);
        let reading = reading(directory.path(), &text);
        let mut found = codes(&reading.problems);
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{from} → {to}: {:#?}", reading.problems);
        let stopped = reading.problems.iter().any(Problem::is_error);
        assert_eq!(reading.settings.is_none(), stopped, "{from} → {to}");
        for problem in &reading.problems {
            for language in [Language::English, Language::Dutch] {
                let told = problem.told(language);
                assert!(!told.contains('{') || told.contains(" = {"), "an unfilled place: {told}");
                assert!(!told.contains("canary"), "a secret is told: {told}");
            }
        }
    }
}

#[test]
fn every_message_has_a_case() {
    let elsewhere = [
        "CFG-001", "CFG-046", "CFG-049", "CFG-054", // below
        "CFG-022", "CFG-023", "CFG-078", // at a moment, below
        "CFG-091", "CFG-092", "CFG-094", "CFG-095", // cli/check
    ];
    for message in words::all() {
        let here = CASES.iter().any(|(_, _, codes)| codes.contains(&message.code));
        assert!(here != elsewhere.contains(&message.code), "{} has no case, or two", message.code);
    }
}

#[test]
fn an_agreement_that_ended_is_told_from_its_midnight_on() {
    let directory = directory();
    let settings = reading(directory.path(), GOOD).settings.expect("settings");
    let end = Date::parse("2099-07-31").expect("a day").end().as_millis();
    let told = |millis| super::ended(&settings, Timestamp::from_millis(millis));
    assert!(told(end - 1).is_empty(), "the last day is whole");
    let after = told(end);
    assert_eq!(codes(&after), ["CFG-078"]);
    assert!(after[0].what(Language::English).contains("2099-07-31"));
    let terms = |publisher: usize| &settings.publishers[publisher].recorded;
    assert!(terms(1).forbids(Timestamp::from_millis(end)) && !terms(1).forbids(Timestamp::from_millis(0)));
    assert!(!terms(0).forbids(Timestamp::from_millis(end)), "without an end it holds until further notice");
    assert_eq!(terms(0).agreement.as_ref().expect("an agreement").parties, ["Petteflat", "Rekenwonder"]);
}

#[test]
fn all_problems_come_at_once_and_in_order() {
    let directory = directory();
    let text = GOOD
        .replacen("\"12AB\"", "\"12ab\"", 1)
        .replacen("asks     = \"publisher\"", "asks     = \"teacher\"", 1)
        .replacen("\"/taalreus\"", "\"taalreus\"", 1)
        .replacen("epoch = \"2026-2027\"", "epock = \"2026-2027\"", 1);
    let problems = reading(directory.path(), &text).problems;
    let told: Vec<(usize, usize, &str)> =
        problems.iter().map(|problem| (problem.place.line, problem.place.column, problem.code())).collect();
    assert_eq!(
        told,
        [(4, 8, "CFG-010"), (19, 1, "CFG-004"), (22, 1, "CFG-003"), (37, 14, "CFG-008"), (50, 14, "CFG-050")]
    );
    assert_eq!(problems[2].hint(Language::English), "did you mean `epoch`?");
}

#[test]
fn a_missing_file_and_an_empty_one_are_told_apart() {
    let directory = directory();
    let missing = super::read(&directory.path().join("absent.toml"));
    assert_eq!(codes(&missing.problems), ["CFG-001"]);
    let empty = reading(directory.path(), "");
    let mut found = codes(&empty.problems);
    found.dedup();
    assert_eq!(found, ["CFG-004", "CFG-049", "CFG-090"]);
    assert!(empty.settings.is_none());
}

#[test]
fn one_credential_belongs_to_one_publisher() {
    let directory = directory();
    let other = "caller   = { oauth2_clients = [{ id = \"las\", secret_file = \"secrets/other.token\" }] }";
    let cases = [
        // The token that Sluis sends to one publisher, accepted from another.
        format!("bearer_token_file = \"secrets/las.token\"\n  {other}"),
        // The same certificate's subject.
        "caller = { client_certificate = { ca = \"tls/ca.pem\", oin = \"00000003123456780000\" } }"
            .to_owned(),
        // A CA of ours that vouches for another publisher's certificate as well.
        "caller = { client_certificate = { ca = \"tls/ca.pem\", ca_is_ours = true } }".to_owned(),
    ];
    for case in cases {
        let text = GOOD.replacen(other, &case, 1);
        let problems = reading(directory.path(), &text).problems;
        let shared: Vec<&Problem> = problems.iter().filter(|problem| problem.code() == "CFG-061").collect();
        assert_eq!(shared.len(), 1, "{case}: {problems:#?}");
        assert!(
            shared[0].what(Language::English).contains("rekenwonder"),
            "{}",
            shared[0].what(Language::English)
        );
    }
    // One publisher may use one credential on all its routes.
    let text = GOOD.replacen(
        "client_certificate = { ca",
        "bearer_token_file = \"secrets/las.token\", client_certificate = { ca",
        1,
    );
    assert_eq!(codes(&reading(directory.path(), &text).problems), [] as [&str; 0]);
}

#[test]
fn the_digest_follows_text_and_profiles() {
    let directory = directory();
    let first = reading(directory.path(), GOOD).settings.expect("settings").digest;
    assert_eq!(first, reading(directory.path(), GOOD).settings.expect("settings").digest);
    let other = GOOD.replacen("Taalreus\"", "Taalreuzin\"", 1);
    assert_ne!(first, reading(directory.path(), &other).settings.expect("settings").digest);
    let profile: PathBuf = directory.path().join("own.toml");
    let text = fs::read_to_string(&profile).expect("profile");
    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    fs::write(&profile, format!("{text}\n# changed\n")).expect("write");
    assert_ne!(first, reading(directory.path(), GOOD).settings.expect("settings").digest);
}

#[test]
fn certificate_and_key_are_tried_and_their_end_is_told() {
    use super::inspect::certificates;
    let directory = directory();
    let settings = reading(directory.path(), GOOD).settings.expect("settings");
    // rcgen's usual certificate ends on the first of January 4096.
    let (day, end) = (86_400_000, 67_090_118_400_000);
    let at = |moment: u64| certificates(&settings, Timestamp::from_millis(moment));
    assert!(at(end - 31 * day).is_empty());
    for (moment, words) in
        [(end - 29 * day, "ends in 29 days"), (end - day, "within two days"), (end, "has ended")]
    {
        let problems = at(moment);
        assert_eq!(codes(&problems), ["CFG-023"]);
        assert!(
            problems[0].what(Language::English).contains(words),
            "{}",
            problems[0].what(Language::English)
        );
    }
    let other = rcgen::generate_simple_self_signed(vec!["other.example".into()]).expect("certificate");
    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    fs::write(directory.path().join("tls/key.pem"), other.signing_key.serialize_pem()).expect("write");
    let problems = at(end - 31 * day);
    assert_eq!(codes(&problems), ["CFG-022"]);
    assert_eq!(problems[0].place.line, 9);
}

#[test]
fn a_link_through_the_roster_needs_one() {
    let directory = directory();
    let text = GOOD.replacen("name  = \"Taalreus\"", "name  = \"Taalreus\"\nlink = \"roster\"", 1);
    assert_eq!(codes(&reading(directory.path(), &text).problems), [] as [&str; 0]);
    let text = text.replacen("roster = \"state/roster\"\n", "", 1);
    assert_eq!(codes(&reading(directory.path(), &text).problems), ["CFG-090", "CFG-046"]);
}

#[test]
fn errors_in_a_profile_keep_its_file_and_line() {
    let directory = directory();
    let text = GOOD.replacen("own.toml", "broken.toml", 1);
    let problems = reading(directory.path(), &text).problems;
    assert!(problems.iter().all(|problem| problem.code() == "CFG-054"), "{problems:#?}");
    assert!(problems.iter().any(|problem| problem.place.line == 4), "{problems:#?}");
    assert_eq!(problems[0].place.file, directory.path().join("broken.toml"));
}

#[test]
fn what_the_exchange_does_not_watch_is_listed() {
    let directory = directory();
    let settings = reading(directory.path(), GOOD).settings.expect("settings");
    let listed = super::not_watched(&settings.publishers[0].routes[0].profile);
    let texts: Vec<&str> = listed.iter().map(|(rule, _)| rule.as_str()).collect();
    assert!(texts.iter().any(|text| text.ends_with("/*/role")), "{texts:?}");
    assert!(!texts.iter().any(|text| text.ends_with("/*/name") || text.ends_with("/*/id")), "{texts:?}");
}

#[test]
fn the_example_holds_and_uses_every_key() {
    let directory = directory();
    let path = directory.path();
    let copy = |from: &str, to: &str| {
        fs::copy(path.join(from), path.join(to)).expect("copy");
    };
    for certificate in ["tls/client.pem", "tls/las-ca.pem", "tls/pkio.pem"] {
        copy("tls/cert.pem", certificate);
    }
    copy("tls/key.pem", "tls/client.key");
    for (number, token) in
        ["secrets/rekenwonder.secret", "secrets/to-las.token", "secrets/taalreus.secret"].iter().enumerate()
    {
        copy("secrets/other.token", token);
        let mut text = fs::read_to_string(path.join(token)).expect("token");
        text.insert_str(0, &number.to_string());
        #[expect(clippy::disallowed_methods, reason = "a test's own files")]
        fs::write(path.join(token), text).expect("write");
    }
    let example = include_str!("../../config/sluis.example.toml");
    let Reading { settings, problems } = reading(path, example);
    assert!(problems.is_empty(), "{problems:#?}");
    let settings = settings.expect("settings");
    assert_eq!(settings.publishers.len(), 2);
    assert_eq!(settings.publishers[1].routes[0].caller.clients.len(), 2);
    // Its values are the usual ones, so that what is left out means what the example shows.
    let without = example.split("[limits]").next().expect("a part").to_owned() + "\n";
    let usual = reading(path, &without).settings.expect("settings");
    assert_eq!(usual.limits, settings.limits);
    assert_eq!(usual.operations, settings.operations);
}
