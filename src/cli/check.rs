//! `sluis check`: the whole configuration, all problems at once; then what it lets through, by which line.
//!
//! It changes nothing and sends nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::act::Act;
use super::failure::Failure;
use super::screen::Screen;
use super::serve::OLD_DAYS;
use super::{Exit, admin};
use crate::clock::{Clock as _, SystemClock};
use crate::config::settings::{AsksSettings, CallerSettings, PublisherSettings, RouteSettings, Settings};
use crate::config::words::school;
use crate::config::{self, Place, Problem};

/// Check the whole configuration.
#[derive(Debug, Args)]
pub(super) struct Check {}

impl Check {
    /// Reports every problem; exit 1 with errors, 3 with warnings only.
    pub(super) fn run(self, file: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let config::Reading { settings, mut problems } = config::read(file);
        if let Some(settings) = &settings {
            problems.extend(config::inspect::certificates(settings, SystemClock.now()));
            problems.extend(config::ended(settings, SystemClock.now()));
            problems.extend(rosters(settings));
            problems.extend(epochs(settings, screen)?);
            let beside = beside(settings, screen)?;
            // Files that nothing goes on with say nothing of their age.
            if beside.is_empty() {
                problems.extend(ages(settings, screen)?);
            }
            problems.extend(beside);
        }
        let errors = problems.iter().filter(|problem| problem.is_error()).count();
        let warnings = problems.len() - errors;
        if screen.json {
            screen.report(&report(file, settings.as_ref(), &problems, screen));
        } else {
            for problem in &problems {
                screen.tell(&problem.told(screen.language));
            }
            if let Some(settings) = &settings {
                preview(settings, screen);
                show_unwatched(settings, screen);
            }
            screen.say(&summary(file, errors, warnings, screen));
        }
        Ok(match (errors, warnings) {
            (0, 0) => Exit::Done,
            (0, _) => Exit::Warnings,
            _ => Exit::Error,
        })
    }
}

/// Rosters that were never imported.
fn rosters(settings: &Settings) -> Vec<Problem> {
    let paths = settings.schools.iter().filter_map(|school| settings.roster_of(&school.id));
    let missing = paths.filter(|path| !path.exists());
    let problem = |path: PathBuf| Problem {
        place: Place { file: settings.file.clone(), line: 0, column: 0 },
        message: &school::ROSTER_MISSING,
        values: vec![("path", path.display().to_string().into())],
    };
    missing.map(problem).collect()
}

/// Rosters that are old, or know too few of those who cross; the latter a running server only can tell.
fn ages(settings: &Settings, screen: &Screen) -> Result<Vec<Problem>, Failure> {
    let kept = settings.schools.iter().filter_map(|school| settings.roster_of(&school.id));
    if !settings.vault.path.exists() || !kept.into_iter().any(|path| path.exists()) {
        return Ok(Vec::new());
    }
    let report = admin::ask(settings, Act::RosterState {}, None, screen)?;
    let problem = |message, values| {
        let place = Place { file: settings.file.clone(), line: 0, column: 0 };
        Problem { place, message, values }
    };
    let mut problems = Vec::new();
    for (school, state) in report.as_object().into_iter().flatten() {
        let number = |value: &Value, key: &str| value.get(key).and_then(Value::as_u64).unwrap_or_default();
        let days = number(state, "age_days");
        if days > OLD_DAYS {
            let values = vec![("school", school.clone().into()), ("days", days.to_string().into())];
            problems.push(problem(&school::ROSTER_OLD, values));
        }
        let shares = state.get("unknown").and_then(Value::as_object).into_iter().flatten();
        for (publisher, share) in shares.filter(|(_, share)| share.get("warns") == Some(&Value::Bool(true))) {
            let values = vec![
                ("school", school.clone().into()),
                ("publisher", publisher.clone().into()),
                ("seen", number(share, "seen").to_string().into()),
                ("unknown", number(share, "unknown").to_string().into()),
            ];
            problems.push(problem(&school::ROSTER_UNKNOWN, values));
        }
    }
    Ok(problems)
}

/// Rosters, objections and consents that are not those which the journal names last.
fn beside(settings: &Settings, screen: &Screen) -> Result<Vec<Problem>, Failure> {
    if !settings.vault.path.exists() {
        return Ok(Vec::new());
    }
    let report = admin::ask(settings, Act::BesideState {}, None, screen)?;
    let failures: Vec<Failure> = serde_json::from_value(report).unwrap_or_default();
    let place = Place { file: settings.file.clone(), line: 0, column: 0 };
    Ok(failures.into_iter().map(|failure| failure.problem(place.clone())).collect())
}

/// Publishers whose epoch has no key, when there is a vault that can be asked.
fn epochs(settings: &Settings, screen: &Screen) -> Result<Vec<Problem>, Failure> {
    if !settings.vault.path.exists() {
        return Ok(Vec::new());
    }
    let report = admin::ask(settings, Act::KeysList {}, None, screen)?;
    let text =
        |epoch: &Value, key: &str| epoch.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let serves = |publisher: &PublisherSettings| {
        let scope = publisher.scope();
        report.get("epochs").and_then(Value::as_array).into_iter().flatten().any(|epoch| {
            text(epoch, "state") == "serving"
                && text(epoch, "school") == scope.school.as_str()
                && text(epoch, "publisher") == scope.publisher.as_str()
                && text(epoch, "epoch") == scope.epoch.as_str()
        })
    };
    let problem = |publisher: &PublisherSettings| Problem {
        place: publisher.place.clone(),
        message: &school::EPOCH_WITHOUT_KEY,
        values: vec![("publisher", publisher.id.as_str().into()), ("epoch", publisher.epoch.as_str().into())],
    };
    Ok(settings.publishers.iter().filter(|publisher| !serves(publisher)).map(problem).collect())
}

/// Who reaches what, and the line that says so.
fn preview(settings: &Settings, screen: &Screen) {
    for school in &settings.schools {
        screen.say(&format!("{} {}", screen.bold(school.id.as_str()), school.name));
        for publisher in settings.publishers.iter().filter(|publisher| publisher.school == school.id) {
            let epoch = screen.pick("epoch", "periode");
            let line = format!(
                "  {} · {} · {epoch} {} · {}",
                publisher.id, publisher.name, publisher.epoch, publisher.shape_written
            );
            screen.say(&line);
            for route in &publisher.routes {
                screen.say(&format!("    {}", route_line(publisher, route, screen)));
            }
        }
    }
}

/// Per profile, what its rules take away and the exchange does not watch for afterwards: closed vocabularies and
/// free text (PROMISES.md). The roster's names and numbers are watched everywhere, whatever stands here.
fn unwatched(settings: &Settings) -> BTreeMap<String, Vec<String>> {
    let mut profiles = BTreeMap::new();
    for route in settings.publishers.iter().flat_map(|publisher| &publisher.routes) {
        profiles.entry(route.profile.name().to_owned()).or_insert_with(|| {
            let rules = config::not_watched(&route.profile).into_iter();
            let mut rules: Vec<String> = rules
                .map(|(rule, category)| match category {
                    Some(category) => format!("{rule} ({category})"),
                    None => rule,
                })
                .collect();
            rules.sort_unstable();
            rules.dedup();
            rules
        });
    }
    profiles
}

fn show_unwatched(settings: &Settings, screen: &Screen) {
    for (profile, rules) in unwatched(settings) {
        if !rules.is_empty() {
            let told =
                screen.pick("takes away, and does not watch for:", "neemt weg, en let er verder niet op:");
            screen.say(&format!("  {profile} {told} {}", rules.join(" · ")));
        }
    }
}

fn route_line(publisher: &PublisherSettings, route: &RouteSettings, screen: &Screen) -> String {
    let (who, whom) = match route.asks {
        AsksSettings::School => (screen.pick("the school", "de school"), publisher.id.as_str()),
        AsksSettings::Publisher => (publisher.id.as_str(), screen.pick("the school", "de school")),
    };
    let asks = screen.pick("asks", "vraagt");
    let line = screen.pick("line", "regel");
    let held = held(publisher, route);
    let held = match held.as_slice() {
        [] => String::new(),
        some => format!(" · {}: {}", screen.pick("not agreed", "niet overeengekomen"), some.join(", ")),
    };
    format!(
        "{}/ · {who} {asks} {whom} · {} · {} · {} · {line} {}{held}",
        route.mount,
        route.upstream.base,
        route.profile_written,
        callers(&route.caller, screen),
        route.place.line,
    )
}

/// The categories that the agreement holds back here.
fn held(publisher: &PublisherSettings, route: &RouteSettings) -> Vec<&'static str> {
    config::not_agreed(publisher, route).into_iter().map(|category| category.as_str()).collect()
}

fn callers(caller: &CallerSettings, screen: &Screen) -> String {
    let mut shown = Vec::new();
    if !caller.tokens.is_empty() {
        shown.push("token".to_owned());
    }
    if !caller.certificates.is_empty() {
        shown.push(screen.pick("certificate", "certificaat").to_owned());
    }
    if !caller.clients.is_empty() {
        shown.push("OAuth2".to_owned());
    }
    if caller.this_machine {
        shown.push(screen.pick("this machine", "deze machine").to_owned());
    }
    let mut told = shown.join(screen.pick(" or ", " of "));
    if !caller.networks.is_empty() {
        let networks: Vec<String> = caller.networks.iter().map(ToString::to_string).collect();
        told.push_str(screen.pick(" from ", " vanaf "));
        told.push_str(&networks.join(", "));
    }
    told
}

fn summary(file: &Path, errors: usize, warnings: usize, screen: &Screen) -> String {
    let file = file.display();
    match (errors, warnings) {
        (0, 0) => format!("{file}: {}", screen.pick("no problems", "geen problemen")),
        (0, _) => {
            format!("{file}: {} {warnings}", screen.pick("usable; warnings:", "bruikbaar; waarschuwingen:"))
        }
        _ => format!(
            "{file}: {} {errors}, {} {warnings}",
            screen.pick("not usable; errors:", "niet bruikbaar; fouten:"),
            screen.pick("warnings:", "waarschuwingen:"),
        ),
    }
}

fn report(file: &Path, settings: Option<&Settings>, problems: &[Problem], screen: &Screen) -> Value {
    let problems: Vec<Value> = problems.iter().map(|problem| problem.json(screen.language)).collect();
    let routes = settings.map_or_else(Vec::new, |settings| {
        let all = settings.publishers.iter().flat_map(|p| p.routes.iter().map(move |route| (p, route)));
        all.map(|(publisher, route)| route_json(publisher, route, screen)).collect()
    });
    json!({
        "file": file.display().to_string(),
        "usable": settings.is_some(),
        "digest": settings.map(|settings| super::hex(&settings.digest)),
        "problems": problems,
        "routes": routes,
        "not_watched": settings.map(unwatched),
    })
}

fn route_json(publisher: &PublisherSettings, route: &RouteSettings, screen: &Screen) -> Value {
    json!({
        "school": publisher.school.as_str(),
        "publisher": publisher.id.as_str(),
        "epoch": publisher.epoch.as_str(),
        "mount": format!("{}/", route.mount),
        "asks": match route.asks { AsksSettings::School => "school", AsksSettings::Publisher => "publisher" },
        "upstream": route.upstream.base.to_string(),
        "profile": route.profile_written,
        "callers": callers(&route.caller, screen),
        "line": route.place.line,
        "not_agreed": held(publisher, route),
    })
}
