//! What a running server says about its rosters: how old, and how much they did not know.
//!
//! It must not know a pupil.

use serde_json::{Map, Value, json};

use crate::clock::Timestamp;
use crate::config::Settings;
use crate::gateway::house::House;
use crate::gateway::unknown::Share;
use crate::telemetry::{Metrics, PublisherLabels};

/// From this age on somebody should know, in days.
pub(in crate::cli) const OLD_DAYS: u64 = 30;

/// Every school's roster, as `/readyz` and `check` show it; `"none"` where there is none.
pub(super) fn shown(settings: &Settings, house: &House, now: Timestamp) -> Value {
    let schools = settings.schools.iter().map(|school| {
        let Some(register) = house.rosters.get(&school.id) else {
            return (school.id.to_string(), json!("none"));
        };
        let age_days = register.roster.age_days(now);
        let shares = register.unknown.shares();
        let mut warnings = Vec::new();
        if age_days > OLD_DAYS {
            warnings.push("old");
        }
        if shares.iter().any(Share::warns) {
            warnings.push("unknown");
        }
        let publishers: Map<String, Value> = shares.iter().map(publisher).collect();
        let state = json!({
            "pupils": register.roster.len(),
            "imported": register.roster.imported().rfc3339(),
            "age_days": age_days,
            "unknown": publishers,
            "warnings": warnings,
        });
        (school.id.to_string(), state)
    });
    Value::Object(schools.collect())
}

fn publisher(share: &Share) -> (String, Value) {
    let name = format!("{} {}", share.scope.publisher, share.scope.epoch);
    let state = json!({
        "seen": share.of,
        "unknown": share.unknown,
        "ratio": share.ratio(),
        "warns": share.warns(),
        "free_text": if share.closes() { "dropped" } else { "kept" },
    });
    (name, state)
}

/// Sets the gauges that follow the rosters.
pub(super) fn measure(metrics: &Metrics, house: &House, now: Timestamp) {
    let pupils: usize = house.rosters.values().map(|register| register.roster.len()).sum();
    metrics.roster_pupils.set(i64::try_from(pupils).unwrap_or(i64::MAX));
    let oldest = house.rosters.values().map(|register| register.roster.imported().as_millis()).min();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit in 53 bits")]
    let seconds = |millis: u64| millis as f64 / 1000.0;
    metrics.roster_imported.set(oldest.map_or(0.0, seconds));
    metrics.roster_age.set(oldest.map_or(0.0, |oldest| seconds(now.as_millis().saturating_sub(oldest))));
    for share in house.rosters.values().flat_map(|register| register.unknown.shares()) {
        let Some(ratio) = share.ratio() else { continue };
        let labels = PublisherLabels {
            school: share.scope.school.to_string(),
            publisher: share.scope.publisher.to_string(),
        };
        metrics.roster_unknown.get_or_create(&labels).set(ratio);
        metrics.roster_closed.get_or_create(&labels).set(i64::from(share.closes()));
    }
}
