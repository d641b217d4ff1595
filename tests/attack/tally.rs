//! What was tried at each gate and how it went; `make attack` turns it into `docs/HARDNESS.md`.
//!
//! A case passes, is an exception that stands in the suite with its reason, or fails the test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::corpora::full;

/// A gate's name, what is sent, and what must happen.
pub(crate) struct Gate {
    name: &'static str,
    what: &'static str,
    must: &'static str,
}

macro_rules! gates {
    ($($constant:ident $name:literal $what:literal $must:literal;)*) => {
        $(pub(crate) const $constant: Gate = Gate { name: $name, what: $what, must: $must };)*
        const GATES: &[Gate] = &[$($constant),*];
    };
}

gates! {
    LLHTTP "framing: llhttp" "requests of llhttp's tests, as they are and turned to a route that exists" "what llhttp refuses is refused as framing; at most one upstream request for each accepted one";
    GARDEN "framing: http-garden" "http-garden's trophies: what real servers read differently" "at most one upstream request for each accepted one";
    SMUGGLER "framing: smuggler" "668 ways to write Transfer-Encoding, each with a smuggled request and with an honest body, and a victim behind it" "the smuggled request reaches nobody; lengths decide once";
    FRAMING "framing: own" "own heads, lengths, chunks and codings" "the refusal that is written beside each";
    REPLIES "replies: llhttp and own" "a publisher's replies that break HTTP" "the caller gets one whole reply; what follows on the connection is its own";
    DOCUMENTS "documents: JSONTestSuite" "every document as a body, inside a good one, and as a reply, through both doors" "what is not JSON is refused with 422 (502 in a reply) and reaches nobody";
    NAMES "leak: naughty strings" "every naughty string as a pupil's name, in a record and in the roster" "masked or refused; nowhere in the recorded bytes";
    PATHS "paths: traversal" "own paths that leave, encode or confuse, on both doors" "400 or 404; nobody is asked";
    CRYPTO "crypto: Wycheproof" "HMAC, HKDF, AES-GCM and Ed25519 as the house calls them" "every vector's result";
    MARKUP "roster: W3C XML" "every document of the suite as a roster, its DTD before a good roster, its ill-formed content inside one" "no DTD or entity is read, nothing ill-formed is imported, no crash";
    HTTP2 "HTTP/2: conversations" "frames written by hand: pseudo-headers, lengths, trailers, connection headers, order" "refused, reset or closed; nobody is asked";
    FLOODS "HTTP/2: floods" "rapid reset, MadeYouReset, CONTINUATION, HPACK bomb, SETTINGS, PING, empty DATA, PRIORITY, streams without end" "the flood ends or is bounded, and others are served meanwhile";
    SLOW "slowloris" "slow heads, slow bodies, slow readers, slow handshakes" "each is cut off at its deadline, and others are served meanwhile";
    IDLE "idle connections" "connections that say nothing (10,000 in full), each after its handshake" "others are served meanwhile";
    TLS "TLS: conversations" "records and hellos written by hand; openssl's client with old versions and weak suites" "TLS 1.2 and 1.3 only, and every other conversation ends";
    SCAN "TLS: sslyze" "sslyze's scan of the port" "no weakness found";
    TESTSSL "TLS: testssl.sh" "testssl.sh's scan of the port: protocols, suites, forward secrecy, preference, vulnerabilities, tolerance" "nothing worse than information";
}

/// What happened at one gate.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    cases: usize,
    passes: usize,
    /// Reason, and the cases that it covers.
    exceptions: BTreeMap<String, Vec<String>>,
    #[serde(skip)]
    failures: Vec<String>,
}

impl Tally {
    pub(crate) fn pass(&mut self) {
        self.cases += 1;
        self.passes += 1;
    }

    /// A case that went otherwise than the gate says, for a reason that is right.
    pub(crate) fn except(&mut self, reason: &str, case: impl Into<String>) {
        self.cases += 1;
        self.exceptions.entry(reason.to_owned()).or_default().push(case.into());
    }

    pub(crate) fn fail(&mut self, case: impl Into<String>) {
        self.cases += 1;
        self.failures.push(case.into());
    }

    pub(crate) fn judge(&mut self, good: bool, case: impl FnOnce() -> String) {
        if good { self.pass() } else { self.fail(case()) }
    }

    /// Says how it went, writes it down in full runs, and fails the test when a case failed.
    #[track_caller]
    pub(crate) fn done(self, gate: &Gate) {
        let excepted: usize = self.exceptions.values().map(Vec::len).sum();
        println!("{}: {} cases, {} passed, {excepted} excepted", gate.name, self.cases, self.passes);
        for (reason, cases) in &self.exceptions {
            println!(
                "  excepted {}: {reason}: {}",
                cases.len(),
                cases.iter().take(8).cloned().collect::<Vec<_>>().join(", ")
            );
        }
        let failures = self.failures.len();
        let shown = self.failures.iter().take(40).cloned().collect::<Vec<_>>().join("\n  ");
        if full() && failures == 0 {
            self.keep(gate);
        }
        assert!(failures == 0, "{}: {failures} of {} cases failed:\n  {shown}", gate.name, self.cases);
        assert!(self.cases > 0, "{}: no case", gate.name);
    }

    fn keep(&self, gate: &Gate) {
        static WRITING: Mutex<()> = Mutex::new(());
        let _one = WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let folder = kept();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(file(gate), serde_json::to_string(self).unwrap()).unwrap();
        std::fs::write(page(), written()).unwrap();
    }
}

/// `docs/HARDNESS.md`.
fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/HARDNESS.md")
}

/// Where a full run keeps its tallies until all are there.
fn kept() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("attack")
}

fn file(gate: &Gate) -> PathBuf {
    let name: String = gate.name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    kept().join(name + ".json")
}

fn written() -> String {
    let mut rows = String::new();
    let mut reasons = String::new();
    for gate in GATES {
        let read = std::fs::read(file(gate)).ok();
        let Some(tally) = read.and_then(|text| serde_json::from_slice::<Tally>(&text).ok()) else {
            rows.push_str(&format!("| {} | {} | {} | not run | | |\n", gate.name, gate.what, gate.must));
            continue;
        };
        let excepted: usize = tally.exceptions.values().map(Vec::len).sum();
        rows.push_str(&format!(
            "| {} | {} | {} | {} | {} | {excepted} |\n",
            gate.name, gate.what, gate.must, tally.cases, tally.passes
        ));
        for (reason, cases) in &tally.exceptions {
            let shown = cases.iter().take(6).map(|case| format!("`{}`", case.replace(['`', '|'], "'")));
            let shown = shown.collect::<Vec<_>>().join(", ");
            let more = if cases.len() > 6 { ", …" } else { "" };
            reasons.push_str(&format!("| {} | {} | {reason} | {shown}{more} |\n", gate.name, cases.len()));
        }
    }
    format!(
        "# Hardness\n\n\
        Written by `make attack`; do not edit. Each case goes over real sockets and TLS to a running `sluis serve` with a vault, a\n\
        journal and a roster on disk, between a caller that says whatever it likes and a publisher that records every byte (crypto and\n\
        XML apart: those go to the library). The payloads are those of `../shared/corpora` and the suite's own in `tests/attack/`.\n\
        After each batch a good request on a fresh connection must pass. A case that fails stops the run, and this page is not written.\n\n\
        | gate | what is tried | what must happen | cases | passed | excepted |\n|---|---|---|---:|---:|---:|\n{rows}\n\
        ## Exceptions, and why\n\n| gate | cases | reason | such as |\n|---|---:|---|---|\n{reasons}\n"
    )
}

#[test]
fn the_page_knows_every_gate() {
    let page = std::fs::read_to_string(page()).unwrap();
    for gate in GATES {
        let row = page.lines().find(|line| line.starts_with(&format!("| {} |", gate.name)));
        let row = row.unwrap_or_else(|| panic!("docs/HARDNESS.md has no row {:?}: make attack", gate.name));
        assert!(!row.contains("not run"), "{row}");
    }
}
