//! Registers, pages and bundles; hostile input first.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use sha2::Digest as _;

use super::facts::{Facts, RosterFacts, SaidFacts};
use super::register::{Ground, Register};
use super::tally::{Period, Tally};
use super::{Format, attention, configuration, csv, evidence, html, machine, markdown, page, sample};
use crate::cli::screen::Screen;
use crate::clock::{Date, Timestamp};
use crate::config::{self, Language, Settings};
use crate::crypto::SigningKey;
use crate::disk::RealDisk;
use crate::journal::{
    Decision, Detail, Event, Given, Journal, Leaf, LeafScope, Vkey, journal_vkey, verify_told,
};
use crate::secret::Secret;

const EVIL: &str =
    "=cmd|' /C calc'!A0 <script>alert(1)</script> & | **b** [x](http://x) \u{202e}live\u{200b} \"q\"";

/// A school with one or more publishers, read as `sluis` reads it.
fn settings(publishers: &str) -> (tempfile::TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    let secret = |name: &str, text: &str| {
        let path = folder.path().join(name);
        #[expect(clippy::disallowed_methods, reason = "a test's own files")]
        fs::write(&path, text).unwrap();
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    };
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    secret("cert.pem", &made.cert.pem());
    secret("key.pem", &made.signing_key.serialize_pem());
    secret("unseal.key", &"0".repeat(64));
    secret("a.token", "made-in-this-test-and-long-enough-0001");
    secret("b.token", "made-in-this-test-and-long-enough-0002");
    secret(
        "sluis.toml",
        &format!(
            "[school]\nid = \"12AB\"\nname = \"Petteflat College\"\n[listen]\naddress = \"127.0.0.1:0\"\ncertificate = \"cert.pem\"\n\
             private_key = \"key.pem\"\n[vault]\npath = \"vault\"\nunlock = {{ key_file = \"unseal.key\" }}\n[journal]\npath = \"journal\"\n{publishers}"
        ),
    );
    let reading = config::read(&folder.path().join("sluis.toml"));
    let told: Vec<String> = reading.problems.iter().map(|problem| problem.told(Language::English)).collect();
    (folder, reading.settings.unwrap_or_else(|| panic!("{}", told.join("\n"))))
}

fn publisher(id: &str, name: &str, more: &str, asks: &str, profile: &str, token: &str) -> String {
    let name = toml::Value::String(name.to_owned());
    let caller = format!("{{ bearer_token_file = \"{token}.token\" }}");
    let upstream =
        if asks == "school" { "https://api.pub.example/v2/" } else { "https://las.school.example/v1/" };
    format!(
        "[[publisher]]\nid = \"{id}\"\nname = {name}\nepoch = \"2026-2027\"\nshape = \"uuid\"\n{more}\n[[publisher.route]]\n\
         mount = \"/{id}/\"\nupstream = \"{upstream}\"\nasks = \"{asks}\"\nprofile = \"{profile}\"\ncaller = {caller}\n"
    )
}

const AGREED: &str = "location = \"NL\"\nkind = \"bought\"\nagreement = { document = \"VO 4.0\", parties = [\"A\", \"B\"], \
                      date = \"2026-06-01\", ends = \"2027-07-31\", categories = [\"pupil-id\", \"result\"] }";

fn facts() -> Facts {
    let key = journal_vkey("sluis/12AB", 1, [7; 32]).unwrap();
    let rosters =
        BTreeMap::from([("12AB".to_owned(), RosterFacts { pupils: 24, imported_ms: now().as_millis() })]);
    let said = |publisher: Option<&str>, objections| SaidFacts {
        school: "12AB".to_owned(),
        publisher: publisher.map(str::to_owned),
        objections,
        consents: 1,
    };
    Facts { key, rosters, said: vec![said(None, 2), said(Some("hub"), 3)] }
}

fn ground(key: &Vkey) -> Ground {
    Ground {
        origin: "sluis/12AB".to_owned(),
        size: 3,
        root: [1; 32],
        signed_by: key.name().to_owned(),
        key: key.to_string(),
        witnesses: Vec::new(),
    }
}

fn now() -> Timestamp {
    Date::parse("2026-11-25").unwrap().begin()
}

fn leaf(event: Event, publisher: &str, route: &str, configuration: [u8; 32]) -> Leaf {
    let mut leaf = Leaf::new(event, now().as_millis());
    let (school, epoch) = ("12AB".to_owned(), "2026-2027".to_owned());
    leaf.scope = Some(LeafScope { school, publisher: publisher.to_owned(), epoch });
    route.clone_into(&mut leaf.route);
    leaf.configuration = Some(configuration);
    leaf.decision = Decision::Passed;
    leaf
}

fn register(settings: &Settings, leaves: &[Leaf]) -> Register {
    let mut tally = Tally::new(Period::default(), settings.digest);
    for leaf in leaves {
        let _ = tally.take(leaf);
    }
    let facts = facts();
    let ground = ground(&facts.key);
    Register::of(settings, &facts, ground, tally, now())
}

fn codes(register: &Register) -> Vec<(&'static str, String)> {
    attention::points(register).into_iter().map(|point| (point.code, point.about)).collect()
}

/// The rule of the OneRoster profile that lets scores through.
fn rule_text(settings: &Settings, category: &str) -> String {
    let profile = &settings.publishers[0].routes[0].profile;
    let rules = profile.rules().iter().enumerate();
    let reach = profile.reach();
    let mut rules = rules.filter(|(at, rule)| rule.leave.shares() && reach[*at].request);
    let (at, _) =
        rules.find(|(_, rule)| rule.category.is_some_and(|found| found.as_str() == category)).unwrap();
    profile.rule_text(crate::profile::RuleId(u32::try_from(at).unwrap()))
}

#[test]
fn a_name_that_is_markup_stays_text_in_every_format() {
    let (_folder, settings) = settings(&publisher("evil", EVIL, AGREED, "school", "oneroster-1.2", "a"));
    let register = register(&settings, &[]);
    for language in [Language::English, Language::Dutch] {
        let html = Format::Html.write(&register, language);
        assert!(!html.contains("<script") && !html.contains("<b>"), "no tag of the name's own");
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; |"), "{html}");
        assert!(html.contains("&quot;q&quot;") && html.contains("&#39;"));
        let markdown = Format::Md.write(&register, language);
        assert!(!markdown.contains("<script>") && markdown.contains("\\<script\\>"), "{markdown}");
        assert!(markdown.contains("\\*\\*b\\*\\* \\[x\\]"));
        let csv = Format::Csv.write(&register, language);
        let guarded = "\"'=cmd|' /C calc'!A0 <script>";
        assert!(
            csv.contains(guarded) && !csv.contains("\n=") && !csv.contains(",=") && !csv.contains(",\"="),
            "{csv}"
        );
        assert!(csv.contains("\"\"q\"\""));
        for text in [&html, &markdown, &csv] {
            assert!(!text.contains(['\u{202e}', '\u{200b}']), "nothing turns the reading direction round");
        }
        // Every row of every table has as many cells as its head: a pipe in a name opens no column.
        for block in markdown.split("\n\n").filter(|block| block.starts_with("| ")) {
            let cells = |line: &str| line.replace("\\|", "").matches('|').count();
            let head = cells(block.lines().next().unwrap());
            assert!(block.lines().all(|line| cells(line) == head), "{block}");
        }
        assert_eq!(fields_of(&csv).iter().map(Vec::len).collect::<std::collections::BTreeSet<_>>().len(), 1);
    }
    let json: serde_json::Value =
        serde_json::from_str(&Format::Json.write(&register, Language::Dutch)).unwrap();
    assert_eq!(json["publishers"][0]["name"], EVIL, "JSON has its own escapes");
}

/// CSV read back as RFC 4180 says.
fn fields_of(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = csv.chars().peekable();
    while let Some(c) = chars.next() {
        match (quoted, c) {
            (true, '"') if chars.peek() == Some(&'"') => field.extend(chars.next()),
            (true, '"') => quoted = false,
            (false, '"') => quoted = true,
            (false, ',') => row.push(std::mem::take(&mut field)),
            (false, '\r') => {
                assert_eq!(chars.next(), Some('\n'));
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            (_, c) => field.push(c),
        }
    }
    assert!(!quoted && row.is_empty() && field.is_empty());
    rows
}

#[test]
fn csv_guards_what_a_spreadsheet_would_compute() {
    let rows = vec![vec![
        "=1+1".to_owned(),
        "+1".into(),
        "-1".into(),
        "@a".into(),
        "\t=1".into(),
        "a\r\nb".into(),
        "ok".into(),
    ]];
    let text = csv::csv(&rows);
    assert_eq!(fields_of(&text)[0], ["'=1+1", "'+1", "'-1", "'@a", "'=1", "a b", "ok"]);
    for formula in ["\u{ff1d}1", "\u{200b}=1", " =1"] {
        let text = csv::csv(&[vec![formula.to_owned()]]);
        let field = &fields_of(&text)[0][0];
        assert!(!field.starts_with(['=', '\u{ff1d}']), "{field}");
    }
}

#[test]
fn html_stands_alone_and_can_be_followed_by_a_screen_reader() {
    let two = publisher("a", "Aap", AGREED, "school", "oneroster-1.2", "a")
        + &publisher("b", "Beer", AGREED, "publisher", "edu-v-students-1.1", "b");
    let (_folder, settings) = settings(&two);
    let html = Format::Html.write(&register(&settings, &[]), Language::Dutch);
    assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"nl\">"));
    for never in
        ["<script", "javascript:", "http-equiv=\"refresh", "src=", "@import", "url(", " onload", " style=\""]
    {
        assert!(!html.contains(never), "{never}");
    }
    assert!(!html.contains("href=\"http"), "nothing is fetched");
    assert_eq!(html.matches("<h1>").count(), 1);
    assert!(html.contains("@media print") && html.contains("default-src &#39;none&#39;"));
    assert_eq!(html.matches("<table>").count(), html.matches("<caption>").count());
    assert!(html.matches("<th scope=\"col\">").count() > 8 && html.matches("<th scope=\"row\"").count() > 20);
    assert!(!html.contains("<th>"), "every head of a table says what it heads");
    // Levels do not jump: 1, 2, 3.
    let mut level = 1;
    for part in html.split("<h").skip(1) {
        let Some(next) = part.chars().next().and_then(|c| c.to_digit(10)) else { continue };
        assert!(next <= level + 1, "h{level} to h{next}");
        level = next;
    }
    for at in 1..=html.matches("<h2 id=").count() {
        assert!(html.contains(&format!("href=\"#c{at}\"")) && html.contains(&format!("id=\"c{at}\"")));
    }
    assert!(html.contains("lang=\"en\">"), "the reasons of profiles that come with Sluis are in English");
}

#[test]
fn what_crossed_stands_beside_what_may_cross() {
    let both = publisher("rekenwonder", "Rekenwonder", AGREED, "school", "oneroster-1.2", "a");
    let (_folder, settings) = settings(&both);
    let rule = rule_text(&settings, "result");
    let mut left = leaf(Event::LEFT, "rekenwonder", "/rekenwonder/gradebook/v1p2/results", settings.digest);
    left.rules = vec![(rule.clone(), 3)];
    left.left = Some([9; 32]);
    left.details = vec![
        ("guard-suspect-full-name".to_owned(), Detail::Number(2)),
        ("guard-typed-bsn".to_owned(), Detail::Number(1)),
    ];
    let mut before = left.clone();
    before.configuration = Some([8; 32]);
    let mut entered = leaf(Event::ENTERED, "rekenwonder", "/rekenwonder/x", settings.digest);
    entered.rules = vec![("oneroster-1.2 user /gone (line 1)".to_owned(), 2)];
    let mut refused = leaf(Event::REFUSED, "rekenwonder", "/rekenwonder/x", settings.digest);
    refused.decision = Decision::Refused("sls-601".to_owned());
    let elsewhere = leaf(Event::LEFT, "rekenwonder", "/rekenwonderland/x", settings.digest);
    let register = register(&settings, &[left, before, entered, refused, elsewhere]);
    let route = &register.publishers[0].routes[0];
    assert_eq!((route.crossed.left, route.crossed.entered, route.crossed.stopped()), (2, 1, 1));
    let used: Vec<_> = route.fields.iter().filter(|field| field.uses.left > 0).collect();
    assert_eq!(used.len(), 1);
    assert_eq!((used[0].uses.left, used[0].uses.left_before, used[0].never_used()), (3, 3, false));
    assert!(route.fields.iter().any(super::field::Field::never_used));
    assert_eq!((route.crossed.suspected(), route.crossed.noted["typed-bsn"]), (4, 2));
    assert!(codes(&register).contains(&("suspects-let-go", "rekenwonder".to_owned())));
    assert_eq!(route.former_rules.len(), 1, "{:?}", route.former_rules);
    assert_eq!(register.gone.len(), 1, "another mount, though its name begins alike");
    assert!(codes(&register).contains(&("former-routes", String::new())));
    let page = Format::Md.write(&register, Language::English);
    assert!(page.contains("SLS-601 (a name or number was recognised and stopped) 1×"), "{page}");
}

#[test]
fn what_was_seen_and_is_not_agreed_or_not_listed_is_told_and_did_not_leave() {
    let narrow = AGREED.replace(", \"result\"", "");
    let (_folder, settings) = settings(&publisher("a", "Aap", &narrow, "school", "oneroster-1.2", "a"));
    let unlisted = rule_text(&settings, "result").split(' ').take(2).collect::<Vec<_>>().join(" ");
    let profile = &settings.publishers[0].routes[0].profile;
    let texts: Vec<String> = (0..u32::try_from(profile.rules().len()).unwrap())
        .map(|rule| profile.rule_text(crate::profile::RuleId(rule)))
        .collect();
    let unlisted =
        texts.iter().find(|text| text.starts_with(&unlisted) && text.contains(" unlisted ")).unwrap();
    let mut left = leaf(Event::LEFT, "a", "/a/gradebook/v1p2/results", settings.digest);
    left.rules = vec![(rule_text(&settings, "result"), 5), (unlisted.clone(), 2)];
    left.rules.sort();
    let mut refused = leaf(Event::REFUSED, "a", "/a/gradebook/v1p2/results", settings.digest);
    refused.decision = Decision::Refused("sls-403".to_owned());
    refused.rules = vec![(rule_text(&settings, "result"), 1)];
    let register = register(&settings, &[left, refused]);
    let found = codes(&register);
    for code in ["seen-not-agreed", "seen-not-listed"] {
        assert!(found.contains(&(code, "a".to_owned())), "{code}: {found:?}");
    }
    assert!(!found.iter().any(|(code, _)| *code == "beyond-agreement"), "nothing of it left, ever");
    let fields = &register.publishers[0].routes[0].fields;
    let seen: Vec<(u64, bool)> = fields
        .iter()
        .filter(|field| field.seen_in_vain() > 0)
        .map(|field| (field.seen_in_vain(), field.held_back))
        .collect();
    assert!(seen.contains(&(6, true)) && seen.contains(&(2, false)), "{seen:?}");
    for (language, words) in [
        (Language::English, ["not in the agreement, did not leave (6×)", "in no rule, did not leave (2×)"]),
        (Language::Dutch, ["niet in de overeenkomst, vertrok niet (6×)", "in geen regel, vertrok niet (2×)"]),
    ] {
        for format in [Format::Md, Format::Csv, Format::Html] {
            let page = format.write(&register, language);
            assert!(words.iter().all(|word| page.contains(word)), "{format:?}: {page}");
        }
    }
    let json = machine::json_of(&register).to_string();
    assert!(json.contains("\"seen_in_vain\":6") && json.contains("\"seen_in_vain\":2"));
}

#[test]
fn what_a_school_loosened_is_told_in_every_format_and_language() {
    let one = publisher("a", "Aap", AGREED, "school", "oneroster-1.2", "a")
        + "suspect = \"report\"\nneedle = false\n[limits]\nwithheld_per_day = 5000\nidle_ms = 75000\n";
    let (_folder, settings) = settings(&one);
    let register = register(&settings, &[]);
    assert_eq!(register.limits, [("withheld_per_day", 5000, 50)], "only what differs");
    let found = codes(&register);
    for code in ["suspects-reported", "needle-off"] {
        assert!(found.contains(&(code, "a".to_owned())), "{code}: {found:?}");
    }
    // Two objections and a consent to all, by the facts of these tests.
    for (language, words) in [
        (
            Language::English,
            [
                "leaves, and is counted",
                "switched off by the school",
                "limit withheld_per_day",
                "5000 (usual: 50)",
                "objections on record",
                "consents on record",
            ],
        ),
        (
            Language::Dutch,
            [
                "vertrekt, en wordt geteld",
                "door de school uitgezet",
                "grens withheld_per_day",
                "5000 (gebruikelijk: 50)",
                "vastgelegde bezwaren",
                "vastgelegde toestemmingen",
            ],
        ),
    ] {
        for format in [Format::Md, Format::Html] {
            let page = format.write(&register, language).replace('\\', "");
            for word in words {
                assert!(page.contains(word), "{format:?}: {word} is not in {page}");
            }
        }
        let csv = Format::Csv.write(&register, language);
        let usual =
            language.pick("withheld_per_day 5000 (usual: 50)", "withheld_per_day 5000 (gebruikelijk: 50)");
        let row = csv.lines().nth(1).unwrap();
        let end = format!("2,1,0,{},{},{usual}", words[0], language.pick("no", "nee"));
        let quoted = format!("2,1,0,\"{}\",{},{usual}", words[0], language.pick("no", "nee"));
        assert!(row.trim_end().ends_with(&end) || row.trim_end().ends_with(&quoted), "{row}");
        let columns = machine::rows(&register, language);
        assert!(columns.iter().all(|row| row.len() == columns[0].len()));
    }
    let json = machine::json_of(&register);
    assert_eq!(json["limits"][0]["value"], 5000);
    let route = &json["publishers"][0]["routes"][0];
    assert_eq!((&route["suspects"], &route["needle"]), (&"report".into(), &false.into()));
    assert_eq!(
        (&json["publishers"][0]["objections"], &json["publishers"][0]["consents"]),
        (&2.into(), &1.into())
    );
}

#[test]
fn an_agreement_is_held_beside_what_left() {
    let narrow = AGREED.replace(", \"result\"", "");
    let (_folder, settings) = settings(&publisher("a", "Aap", &narrow, "school", "oneroster-1.2", "a"));
    let mut left = leaf(Event::LEFT, "a", "/a/gradebook/v1p2/results", [8; 32]);
    left.rules = vec![(rule_text(&settings, "result"), 5)];
    let register = register(&settings, &[left]);
    let publisher = &register.publishers[0];
    assert_eq!(publisher.held_back(), [crate::profile::Category::Result]);
    assert!(!publisher.shared().0.contains(&crate::profile::Category::Result));
    assert!(
        codes(&register).contains(&("beyond-agreement", "a".to_owned())),
        "it left before, and is agreed no more"
    );
    let page = Format::Md.write(&register, Language::Dutch);
    assert!(
        page.contains("niets: niet in de overeenkomst") && page.contains("Wordt tegengehouden"),
        "{page}"
    );
}

#[test]
fn what_is_wrong_comes_first() {
    let ended = AGREED.replace("2027-07-31", "2026-11-23");
    let none = publisher("none", "Geen", "", "school", "oneroster-1.2", "a");
    let (_folder, without) = settings(&none);
    let found = codes(&register(&without, &[]));
    for code in ["no-agreement", "no-location", "no-kind"] {
        assert!(found.contains(&(code, "none".to_owned())), "{code}");
    }
    let (_folder, over) = settings(&publisher("over", "Over", &ended, "school", "oneroster-1.2", "a"));
    let over = register(&over, &[]);
    assert!(codes(&over).contains(&("agreement-ended", "over".to_owned())));
    let page = Format::Md.write(&over, Language::Dutch);
    assert!(page.contains("liep af op 2026-11-23") && page.contains("(afgelopen)"), "{page}");
    let abroad = AGREED.replace("\"NL\"", "\"US\"");
    let (_folder, abroad) = settings(&publisher("us", "Abroad", &abroad, "school", "oneroster-1.2", "a"));
    assert!(codes(&register(&abroad, &[])).contains(&("no-basis", "us".to_owned())));
    let based = AGREED.replace("\"NL\"", "\"US\"\nbasis = \"scc\"");
    let (_folder, based) = settings(&publisher("us", "Abroad", &based, "school", "oneroster-1.2", "a"));
    let based = register(&based, &[]);
    assert!(!codes(&based).iter().any(|(code, _)| *code == "no-basis"));
    assert!(
        Format::Md
            .write(&based, Language::English)
            .contains("standard contractual clauses (GDPR art. 46(2)(c))")
    );
    let kept = format!("{AGREED}\neck-id = \"keep\"").replace("agreement =", "agreement=");
    let (_folder, kept) = settings(&publisher("eck", "Eck", &kept, "publisher", "edu-v-students-1.1", "a"));
    assert!(codes(&register(&kept, &[])).contains(&("eck-id-kept", "eck".to_owned())));
}

#[test]
fn publishers_that_share_ids_are_told_apart_by_their_routes() {
    let two = publisher("hub", "Verdeler", AGREED, "school", "oneroster-1.2", "a")
        + &publisher(
            "spoke",
            "Spaak",
            &format!("{AGREED}\nsame_ids_as = \"hub\""),
            "school",
            "oneroster-1.2",
            "b",
        );
    let (_folder, settings) = settings(&two);
    // The journal names the scope, which is the distributor's.
    let leaves = [
        leaf(Event::LEFT, "hub", "/hub/x", settings.digest),
        leaf(Event::LEFT, "hub", "/spoke/x", settings.digest),
        leaf(Event::LEFT, "hub", "/spoke/y", settings.digest),
    ];
    let register = register(&settings, &leaves);
    let counts: Vec<u64> = register.publishers.iter().map(|publisher| publisher.crossed().left).collect();
    assert_eq!((counts, register.gone.len()), (vec![1, 2], 0));
    let said: Vec<u64> = register.publishers.iter().map(|publisher| publisher.objections).collect();
    assert_eq!(said, [5, 2], "what was said of all concerns both, what was said of one does not");
    assert!(codes(&register).contains(&("shared-ids", "spoke".to_owned())));
}

#[test]
fn canaries_waivers_and_rosters_are_told() {
    let (_folder, settings) = settings(&publisher("a", "Aap", AGREED, "school", "oneroster-1.2", "a"));
    let mut run = leaf(Event::CANARY, "a", "/a/", settings.digest);
    run.details = ["leaked", "messages", "refused"]
        .iter()
        .zip([0, 9, 2])
        .map(|(name, count)| ((*name).to_owned(), Detail::Number(count)))
        .collect();
    let mut waived = leaf(Event::WAIVED, "a", "/a", settings.digest);
    waived.details = vec![("what".to_owned(), Detail::Text("opaque image/png".to_owned()))];
    let clean = register(&settings, &[run.clone(), waived.clone()]);
    assert_eq!(
        (clean.publishers[0].routes[0].canaries.runs, clean.publishers[0].routes[0].canaries.messages),
        (1, 9)
    );
    let found = codes(&clean);
    assert!(!found.iter().any(|(code, _)| matches!(*code, "no-canaries" | "canary-leaked" | "no-roster")));
    assert!(found.contains(&("waived", String::new())) && found.contains(&("no-witness", String::new())));
    assert!(Format::Md.write(&clean, Language::English).contains("opaque image/png"));
    run.details[0].1 = Detail::Number(1);
    assert_eq!(codes(&register(&settings, &[run.clone()]))[0].0, "canary-leaked", "the gravest first");
    run.details[0].1 = Detail::Number(0);
    run.decision = Decision::Refused("sls-601".to_owned());
    assert_eq!(codes(&register(&settings, &[run.clone()]))[0].0, "canary-weak");
    let mut over = run.clone();
    over.decision = Decision::Refused("sls-401".to_owned());
    let later = Leaf { time_ms: over.time_ms + 1, ..run.clone() };
    assert_eq!(codes(&register(&settings, &[run.clone(), over.clone()]))[1].0, "canary-refused");
    let points = codes(&register(&settings, &[over, later]));
    assert!(
        !points.iter().any(|(code, _)| *code == "canary-refused"),
        "a later run that was not refused counts"
    );
    let mut old = clean.clone();
    old.moment_ms += 31 * 24 * 60 * 60 * 1000;
    assert!(codes(&old).contains(&("old-roster", "12AB".to_owned())));
    old.schools[0].roster = None;
    assert!(codes(&old).contains(&("no-roster", "12AB".to_owned())));
    assert!(Format::Md.write(&old, Language::English).contains("roster: none"));
}

#[test]
fn counts_that_would_overflow_stay_the_most() {
    let (_folder, settings) = settings(&publisher("a", "Aap", AGREED, "school", "oneroster-1.2", "a"));
    let mut huge = leaf(Event::LEFT, "a", "/a/gradebook/v1p2/results", settings.digest);
    huge.rules = vec![(rule_text(&settings, "result"), u64::MAX)];
    let mut run = leaf(Event::CANARY, "a", "/a/", settings.digest);
    run.details = vec![
        ("leaked".to_owned(), Detail::Number(u64::MAX)),
        ("messages".to_owned(), Detail::Number(u64::MAX)),
    ];
    let before = Leaf { configuration: None, ..huge.clone() };
    let leaves = [huge.clone(), huge, before.clone(), before, run.clone(), run];
    let register = register(&settings, &leaves);
    for format in Format::ALL {
        for language in [Language::English, Language::Dutch] {
            assert!(format.write(&register, language).contains("18446744073709551615"));
        }
    }
}

#[test]
fn an_empty_journal_and_no_publisher_make_a_register() {
    let (_folder, one) = settings(&publisher("a", "Aap", AGREED, "school", "oneroster-1.2", "a"));
    let mut register = register(&one, &[]);
    register.publishers.clear();
    for language in [Language::English, Language::Dutch] {
        for format in Format::ALL {
            assert!(!format.write(&register, language).is_empty());
        }
    }
    assert!(Format::Md.write(&register, Language::Dutch).contains("Er is geen uitgever ingesteld"));
    assert_eq!(machine::rows(&register, Language::Dutch).len(), 1);
}

#[test]
fn a_period_is_counted_and_no_more() {
    let (_folder, settings) = settings(&publisher("a", "Aap", AGREED, "school", "oneroster-1.2", "a"));
    let day = Date::parse("2026-11-25").unwrap();
    let period = Period { from_ms: day.begin().as_millis(), until_ms: day.end().as_millis() };
    let mut tally = Tally::new(period, settings.digest);
    for (time_ms, counts) in [
        (period.from_ms - 1, false),
        (period.from_ms, true),
        (period.until_ms - 1, true),
        (period.until_ms, false),
    ] {
        let leaf = Leaf { time_ms, ..leaf(Event::LEFT, "a", "/a/x", settings.digest) };
        assert_eq!(tally.take(&leaf), counts);
    }
    assert_eq!((tally.leaves, tally.whole().left, tally.newest_ms), (2, 2, period.until_ms));
    assert_eq!(period.until_ms - period.from_ms, 24 * 60 * 60 * 1000);
}

#[test]
fn a_configuration_is_shown_without_what_is_secret() {
    let text = "# pw: hunter2 Sanne de Boer\n[vault]\nunlock = { key_file = \"secrets/unseal.key\" }\n[[publisher]]\nname = \"P\" # Sanne\n\
                [[publisher.route]]\nupstream = \"https://u:hunter2@host.example/v1?key=hunter2#f\"\n\
                [publisher.route.swap]\ncustomer = { inside = \"hunter2\", outside = \"hunter2\", outside_file = \"x\" }\n";
    let shown = configuration::shown(text).unwrap();
    assert!(!shown.contains("hunter2") && !shown.contains("Sanne"), "{shown}");
    assert!(shown.contains("secrets/unseal.key") && shown.contains("https://host.example/v1?…"), "{shown}");
    assert!(shown.parse::<toml::Table>().is_ok());
    assert_eq!(configuration::shown("no = = toml"), None);
}

#[test]
fn the_example_is_shown_whole() {
    let text = include_str!("../../../config/sluis.example.toml");
    let shown: toml::Table = configuration::shown(text).unwrap().parse().unwrap();
    let written: toml::Table = text.parse().unwrap();
    assert_eq!(shown.keys().collect::<Vec<_>>(), written.keys().collect::<Vec<_>>());
    assert_eq!(shown["publisher"].as_array().unwrap().len(), written["publisher"].as_array().unwrap().len());
}

#[test]
fn markdown_keeps_code_together() {
    let mut page = page::Page::new(Language::English, "1. # title");
    page.text("1. no list, # no heading");
    page.text("# no heading");
    page.table(
        "t",
        &["a"],
        ["x|y", "`", "a`b|c", "\\|", "a\nb"].map(|code| vec![page::Cell::code(code)]).to_vec(),
    );
    let text = markdown::markdown(&page);
    for line in [
        "# 1. # title",
        "1\\. no list, # no heading",
        "\\# no heading",
        "| `x\\|y` |",
        "| `` ` `` |",
        "| ``a`b\\|c`` |",
        "| `a b` |",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(text.contains("| \\\\\\| |"), "{text}");
    assert_eq!(html::code_of(Language::Dutch), "nl");
}

/// A journal of so many messages that left, beside a configuration, and the facts about it.
fn journal(settings: &Settings, count: usize) -> Facts {
    let key = SigningKey::from_seed(&Secret::new([5; 32]));
    let of = crate::journal::Settings {
        origin: "sluis/12AB".to_owned(),
        key_version: 1,
        earlier_keys: Vec::new(),
        accept_clock: false,
    };
    let now = now().as_millis();
    let (journal, _) = Journal::open(Arc::new(RealDisk), &settings.journal, &of, &key, now).unwrap();
    let rule = rule_text(settings, "result");
    std::thread::scope(|scope| {
        for writer in 0..64 {
            let (journal, rule) = (&journal, &rule);
            scope.spawn(move || {
                for number in (writer..count).step_by(64) {
                    let mut left = leaf(Event::LEFT, "a", "/a/gradebook/v1p2/results", settings.digest);
                    left.rules = vec![(rule.clone(), 1)];
                    left.left = Some(sha2::Sha256::digest(number.to_be_bytes()).into());
                    left.exchange = Some([u8::try_from(number % 251).unwrap(); 16]);
                    journal.append_blocking(left, vec![[7; 32]]).unwrap();
                }
            });
        }
    });
    journal.checkpoint(&key).unwrap();
    Facts { key: journal.vkey().clone(), rosters: BTreeMap::new(), said: Vec::new() }
}

/// Unpacks a zip file with the crate that wrote it; `tests/it/audit.rs` does so with Python.
fn unpack(zip: &Path, to: &Path) -> Vec<String> {
    let bytes = fs::read(zip).unwrap();
    let archive = rawzip::ZipArchive::from_slice(&bytes).unwrap();
    let mut names = Vec::new();
    for entry in archive.entries() {
        let entry = entry.unwrap();
        let name = String::from_utf8(entry.file_path().as_ref().to_vec()).unwrap();
        assert!(!name.starts_with('/') && !name.contains(".."), "{name}");
        let path = to.join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let found = archive.get_entry(entry.wayfinder()).unwrap();
        let mut plain = Vec::new();
        flate2::read::DeflateDecoder::new(found.data()).read_to_end(&mut plain).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test's own files")]
        fs::write(&path, plain).unwrap();
        names.push(name);
    }
    names
}

#[test]
fn a_bundle_of_many_tiles_verifies_and_holds_its_proofs() {
    let (folder, settings) = settings(&publisher("a", "Aap", AGREED, "school", "oneroster-1.2", "a"));
    let count = 700;
    let facts = journal(&settings, count);
    let screen = Screen::standard(Language::Dutch, true);
    let zip = folder.path().join("e.zip");
    evidence::make(&settings, &facts, Period::default(), &zip, &screen).unwrap();
    let out = folder.path().join("out");
    let names = unpack(&zip, &out);
    let unique: std::collections::BTreeSet<&String> = names.iter().collect();
    assert_eq!(unique.len(), names.len(), "no file stands in it twice");
    assert!(names.contains(&"journal/tile/entries/001".to_owned()), "{names:?}");
    let trusted = [facts.key.clone()];
    let report = verify_told(
        &out.join("journal"),
        &Given { trusted: &trusted, earlier: &[], witnesses: &[] },
        &|_, _| {},
    );
    assert!(report.is_good() && report.size == count as u64, "{}", report.json());
    let proofs: Vec<&String> = names.iter().filter(|name| name.starts_with("proofs/")).collect();
    assert_eq!(proofs.len(), sample::SAMPLES);
    for name in proofs {
        let text = fs::read_to_string(out.join(name)).unwrap();
        let given = Given { trusted: &trusted, earlier: &[], witnesses: &[] };
        let proven = crate::journal::verify_proof(&text, &given);
        assert!(proven.report.is_good() && proven.report.root == report.root, "{name}");
        assert_eq!(proven.leaf.unwrap().event, Event::LEFT);
    }
    let counts: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("counts.json")).unwrap()).unwrap();
    assert_eq!(
        (&counts["whole"]["left"], &counts["whole"]["pupil_commitments"]),
        (&count.into(), &count.into())
    );
    // The same again, and nothing written over.
    let again = folder.path().join("again.zip");
    evidence::make(&settings, &facts, Period::default(), &again, &screen).unwrap();
    assert!(fs::read(&zip).unwrap() == fs::read(&again).unwrap());
    assert!(evidence::make(&settings, &facts, Period::default(), &again, &screen).is_err());
    // One byte of one entry: nothing is made, and nothing half made is left.
    let entries = settings.journal.join("tile/entries/000");
    let mut bytes = fs::read(&entries).unwrap();
    bytes[100] ^= 1;
    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    fs::write(&entries, bytes).unwrap();
    let bad = folder.path().join("bad.zip");
    let failure = evidence::make(&settings, &facts, Period::default(), &bad, &screen).unwrap_err();
    assert_eq!(failure.code(), "CLI-154");
    let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.map(|name| name.to_string_lossy().into_owned()).all(|name| !name.contains("bad")));
}

#[test]
fn nobody_chooses_the_sample() {
    let sampled = |order: &mut dyn Iterator<Item = u64>| {
        let mut found = sample::Sample::default();
        for index in order {
            let entry = index.to_be_bytes();
            found.offer(index, &crate::journal::leaf_hash(&entry), &entry, &Leaf::default());
        }
        found.chosen().iter().map(|one| one.index).collect::<Vec<_>>()
    };
    let forwards = sampled(&mut (0..5000));
    assert_eq!((forwards.len(), sampled(&mut (0..5000).rev())), (sample::SAMPLES, forwards.clone()));
    assert!(forwards.windows(2).all(|two| two[0] < two[1]) && forwards != (0..10).collect::<Vec<_>>());
    assert_eq!(sampled(&mut (0..3)), [0, 1, 2]);
}

/// How long it takes and what it needs: `SLUIS_ENTRIES=1000000 cargo test --release --lib -- --ignored --nocapture a_large`.
#[test]
#[ignore = "minutes"]
fn a_large_journal_is_streamed() {
    let count =
        std::env::var_os("SLUIS_ENTRIES").and_then(|text| text.to_str()?.parse().ok()).unwrap_or(100_000);
    let (folder, settings) = settings(&publisher("a", "Aap", AGREED, "school", "oneroster-1.2", "a"));
    let facts = journal(&settings, count);
    let peak = || {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let (before, begin) = (peak(), std::time::Instant::now());
    let zip = folder.path().join("e.zip");
    let screen = Screen::standard(Language::English, true);
    evidence::make(&settings, &facts, Period::default(), &zip, &screen).unwrap();
    let (took, grew) = (begin.elapsed(), peak() - before);
    println!(
        "{count} entries: {took:?}, {} bytes, {grew} KiB more memory",
        fs::metadata(&zip).unwrap().len()
    );
    assert!(grew < 64 << 10, "{grew} KiB: the journal is not held in memory");
}

#[test]
fn witnesses_are_told_of_by_what_they_said() {
    let (_folder, settings) = settings(&publisher("a", "Aap", AGREED, "school", "oneroster-1.2", "a"));
    let mut register = register(&settings, &[leaf(Event::LEFT, "a", "/a/x", settings.digest)]);
    let newest_s = register.tally.newest_ms / 1000;
    let word = |size, time_s| {
        Some(crate::journal::Witnessed { witness: "w".to_owned(), size, time_s, newest: size == 3 })
    };
    register.ground.witnesses =
        vec![("Bestuur".to_owned(), word(3, newest_s)), ("Accountant".to_owned(), None)];
    let found = codes(&register);
    assert!(found.contains(&("witness-silent", "Accountant".to_owned())), "{found:?}");
    assert!(!found.iter().any(|(code, _)| matches!(*code, "no-witness" | "witness-behind")));
    let evidence = evidence::Evidence { register: &register, period: Period::default(), sample: &[] };
    for (language, said, proved) in [
        (
            Language::English,
            "cosigned 3 entries on",
            "With the key of witness Bestuur also that nothing was removed",
        ),
        (
            Language::Dutch,
            "tekende mee voor 3 regels op",
            "Met de sleutel van getuige Bestuur ook dat niets is weggehaald",
        ),
    ] {
        assert!(Format::Md.write(&register, language).contains(said));
        let claims = markdown::markdown(&super::claims::page(&evidence, language));
        assert!(
            claims.contains(proved) && !claims.contains("Not proved") && !claims.contains("Niet bewezen"),
            "{claims}"
        );
    }
    register.ground.witnesses = vec![("Bestuur".to_owned(), word(2, newest_s - 3 * 86_400))];
    assert!(codes(&register).contains(&("witness-behind", "Bestuur".to_owned())));
    register.ground.witnesses.clear();
    let evidence = evidence::Evidence { register: &register, period: Period::default(), sample: &[] };
    assert!(
        markdown::markdown(&super::claims::page(&evidence, Language::Dutch))
            .contains("Niet bewezen zonder getuige")
    );
}
