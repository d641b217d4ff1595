//! The law of the house, enforced: floors, sibling edges, crates by floor, lengths, `//!`, `expose()`.
//!
//! It reads source text, so it is strict about form: one module, one floor. Change the tables here only
//! together with ARCHITECTURE.md and a decision in `docs/decisions/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A module of the top level and its floor.
const FLOORS: &[(&str, u8)] = &[
    ("secret", 0),
    ("clock", 0),
    ("identity", 0),
    ("crypto", 0),
    ("derive", 1),
    ("rewrite", 1),
    ("profile", 1),
    ("disk", 2),
    ("vault", 2),
    ("roster", 2),
    ("journal", 2),
    ("gateway", 3),
    ("federation", 3),
    ("server", 4),
    ("upstream", 4),
    ("console", 4),
    ("config", 5),
    ("telemetry", 5),
    ("cli", 5),
];

/// Imports between modules of one floor; no others.
const SIBLINGS: &[(&str, &str)] = &[
    ("crypto", "secret"),
    ("identity", "secret"),
    ("profile", "rewrite"),
    ("vault", "disk"),
    ("journal", "disk"),
    ("roster", "vault"),
    ("roster", "disk"),
    ("federation", "gateway"),
    ("cli", "config"),
    ("cli", "telemetry"),
];

/// The lowest floor on which a crate may be named.
const CRATES: &[(&str, u8)] = &[
    ("quick_xml", 1),
    ("flate2", 1),
    ("brotli", 1),
    ("zstd", 1),
    ("base64", 1),
    ("serde_json", 1),
    ("toml", 1),
    ("rawzip", 2),
    ("sled", 2),
    ("tokio", 2),
    ("tracing", 2),
    ("rustix", 2),
    ("http", 3),
    ("bytes", 3),
    ("hyper", 4),
    ("hyper_util", 4),
    ("hyper_rustls", 4),
    ("http_body_util", 4),
    ("rustls", 4),
    ("tokio_rustls", 4),
    ("tower", 4),
    ("tower_http", 4),
    ("rcgen", 5),
    ("clap", 5),
    ("anyhow", 5),
    ("indicatif", 5),
    ("prometheus_client", 5),
    ("tracing_subscriber", 5),
];

/// Files that may turn a secret or identifier into plain text, each with its reason.
const MAY_EXPOSE: &str = include_str!("expose.list");

/// Lines a file may have, unit tests apart.
const FILE_LINES: usize = 400;
/// Lines a function may have.
const FUNCTION_LINES: usize = 70;

struct Source {
    path: PathBuf,
    module: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|ending| ending != "rs") {
                continue;
            }
            let inside = path.strip_prefix(&root).unwrap();
            let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
            let module = first.trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&path).unwrap();
            found.push(Source { path: inside.to_path_buf(), module, text });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The part of a file above its unit tests; nothing of a file that is tests only.
fn code(source: &Source) -> &str {
    let tests = |name: &str| name == "tests.rs" || name.ends_with("_tests.rs") || name == "tests";
    if source.path.components().any(|part| tests(&part.as_os_str().to_string_lossy())) {
        return "";
    }
    let cut = source.text.find("#[cfg(test)]\nmod ").unwrap_or(source.text.len());
    &source.text[..cut]
}

/// Lines of code with comments removed, numbered from 1.
fn plain_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(n, line)| (n + 1, line.split_once("//").map_or(line, |(before, _)| before)))
        .filter(|(_, line)| !line.trim().is_empty())
}

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

fn complain(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
}

#[test]
fn every_module_has_a_floor_and_looks_down_only() {
    let mut wrong = Vec::new();
    for source in sources() {
        if matches!(source.module.as_str(), "lib" | "main") {
            continue;
        }
        let Some(own) = floor(&source.module) else {
            wrong.push(format!("{}: module `{}` has no floor", source.path.display(), source.module));
            continue;
        };
        for (line, text) in plain_lines(code(&source)) {
            for part in text.split("crate::").skip(1) {
                let target: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if target == source.module {
                    continue;
                }
                let sibling = SIBLINGS.contains(&(source.module.as_str(), target.as_str()));
                match floor(&target) {
                    Some(other) if other < own || (other == own && sibling) => {}
                    _ => {
                        wrong.push(format!("{}:{line}: {} → {target}", source.path.display(), source.module))
                    }
                }
            }
        }
    }
    complain("imports that look up or sideways", &wrong);
}

#[test]
fn crates_stand_on_their_floor() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(own) = floor(&source.module) else { continue };
        for (line, text) in plain_lines(code(&source)) {
            for (name, lowest) in CRATES {
                let path = format!("{name}::");
                let named = text.match_indices(&path).any(|(at, _)| {
                    let before = text[..at].chars().next_back();
                    !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
                });
                if named && own < *lowest {
                    wrong.push(format!("{}:{line}: {name} on floor {own}", source.path.display()));
                }
            }
        }
    }
    complain("crates used below their floor", &wrong);
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut wrong = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//!") {
            wrong.push(format!("{}: does not open with //!", source.path.display()));
        }
        let lines = code(&source).lines().count();
        if lines > FILE_LINES {
            wrong.push(format!("{}: {lines} lines, at most {FILE_LINES}", source.path.display()));
        }
        for name in ["utils", "common", "core", "manager", "handler", "helper", "helpers"] {
            if source.path.file_stem().is_some_and(|stem| stem == name) {
                wrong.push(format!("{}: `{name}` says nothing", source.path.display()));
            }
        }
    }
    complain("files", &wrong);
}

#[test]
fn functions_fit_on_a_screen() {
    let mut wrong = Vec::new();
    for source in sources() {
        let lines: Vec<&str> = code(&source).lines().collect();
        for (n, line) in lines.iter().enumerate() {
            let words = line.trim_start();
            let opens = [
                "fn ",
                "pub fn ",
                "pub(crate) fn ",
                "pub(super) fn ",
                "async fn ",
                "pub async fn ",
                "const fn ",
            ]
            .iter()
            .any(|head| words.starts_with(head));
            // A trait's signature has no body.
            if !opens || line.trim_end().ends_with(';') {
                continue;
            }
            let indent = line.len() - words.len();
            let close = lines[n..]
                .iter()
                .position(|l| l.len() > indent && l.trim_end() == format!("{}}}", " ".repeat(indent)));
            let length = close.map_or(1, |end| end + 1);
            if length > FUNCTION_LINES {
                wrong.push(format!(
                    "{}:{}: {length} lines, at most {FUNCTION_LINES}",
                    source.path.display(),
                    n + 1
                ));
            }
        }
    }
    complain("functions", &wrong);
}

#[test]
fn plain_text_of_secrets_is_taken_where_the_list_says() {
    let mut allowed: BTreeMap<&str, bool> = BTreeMap::new();
    for line in MAY_EXPOSE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let (path, reason) = line.split_once(" : ").expect("each line is `path : reason`");
        assert!(!reason.trim().is_empty(), "{path}: no reason");
        allowed.insert(path.trim(), false);
    }
    let mut wrong = Vec::new();
    for source in sources() {
        let uses = plain_lines(code(&source))
            .any(|(_, text)| text.contains(".expose()") || text.contains(".expose_spelling()"));
        if !uses {
            continue;
        }
        match allowed.get_mut(source.path.to_string_lossy().as_ref()) {
            Some(used) => *used = true,
            None => {
                wrong.push(format!("{}: takes plain text and is not in expose.list", source.path.display()))
            }
        }
    }
    for (path, used) in allowed {
        if !used {
            wrong.push(format!("{path}: in expose.list without need"));
        }
    }
    complain("expose()", &wrong);
}
