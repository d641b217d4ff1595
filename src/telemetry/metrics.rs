//! Counts and durations, for Prometheus (OpenMetrics 1.0): prefix `sluis_`, base units.
//!
//! Labels are typed and come from the configuration or from closed lists: never a pupil, a pseudonym or a
//! path. It must not know where they are served.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds of the buckets for durations, in seconds.
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0];

/// An exchange's place in the configuration and its end.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ExchangeLabels {
    /// The publisher's id; empty when no route was found.
    pub publisher: String,
    /// The route's template; empty when no route was found.
    pub route: String,
    /// `school` or `publisher`: who asked.
    pub asks: String,
    /// `forwarded` or `refused`.
    pub decision: String,
    /// The refusal's code, or empty.
    pub code: String,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RouteLabels {
    /// The publisher's id.
    pub publisher: String,
    /// The route's template.
    pub route: String,
}

/// A publisher of a school.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PublisherLabels {
    /// The school's id.
    pub school: String,
    /// The publisher's id.
    pub publisher: String,
}

/// A route, and what the guard found and let go.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct NotedLabels {
    /// The publisher's id.
    pub publisher: String,
    /// The route's template.
    pub route: String,
    /// `suspect-full-name`, `typed-bsn` and so on: a closed list.
    pub what: &'static str,
}

/// A route, and what its canaries came to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CanaryLabels {
    /// The publisher's id.
    pub publisher: String,
    /// The route's mount.
    pub route: String,
    /// `held`, `leaked`, `weak`, `refused`, `empty` or `failed`.
    pub outcome: String,
}

/// All metrics of the process.
pub struct Metrics {
    registry: Registry,
    /// Exchanges that ended.
    pub exchanges: Family<ExchangeLabels, Counter>,
    /// From admission to the end of the exchange.
    pub exchange_seconds: Family<RouteLabels, Histogram>,
    /// What the guard found and let go.
    pub guard_noted: Family<NotedLabels, Counter>,
    /// Canary runs of each route since the start, those that could not be done among them.
    pub canary_runs: Family<CanaryLabels, Counter>,
    /// When a route was tried last, in seconds since the epoch: runs that could not be done do not count.
    pub canary_tried: Family<RouteLabels, Gauge<f64, AtomicU64>>,
    /// Pupils that the guard knows; 0 without a roster.
    pub roster_pupils: Gauge,
    /// When the roster was imported, in seconds since the epoch; 0 without one.
    pub roster_imported: Gauge<f64, AtomicU64>,
    /// How old the oldest roster is, in seconds; 0 without one.
    pub roster_age: Gauge<f64, AtomicU64>,
    /// Of the pupils' identifiers that were masked last, the share that the roster does not know, from 0 to 1.
    pub roster_unknown: Family<PublisherLabels, Gauge<f64, AtomicU64>>,
    /// 1 where free text does not leave, because that share is over 10 %.
    pub roster_closed: Family<PublisherLabels, Gauge>,
    /// 1 when the vault is sealed.
    pub vault_sealed: Gauge,
    /// Messages that left and got no needle filter, since the start.
    pub needle_missed: Counter,
    /// Configurations that were read and refused since the start.
    pub reloads_failed: Counter,
    /// Configurations that were taken into use since the start.
    pub reloads: Counter,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("sluis"),
            exchanges: Family::default(),
            exchange_seconds: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            guard_noted: Family::default(),
            canary_runs: Family::default(),
            canary_tried: Family::default(),
            roster_pupils: Gauge::default(),
            roster_imported: Gauge::default(),
            roster_age: Gauge::default(),
            roster_unknown: Family::default(),
            roster_closed: Family::default(),
            vault_sealed: Gauge::default(),
            needle_missed: Counter::default(),
            reloads_failed: Counter::default(),
            reloads: Counter::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("exchanges", "Exchanges that ended", self.exchanges.clone());
        let seconds = self.exchange_seconds.clone();
        registry.register_with_unit(
            "exchange",
            "From admission to the end of the exchange",
            Unit::Seconds,
            seconds,
        );
        let noted = self.guard_noted.clone();
        registry.register("guard_noted", "Finds of the guard that were counted and let go", noted);
        let runs = self.canary_runs.clone();
        registry.register("canary_runs", "Trials of a route with invented pupils", runs);
        let tried = self.canary_tried.clone();
        registry.register_with_unit("canary_tried_time", "When a route was tried last", Unit::Seconds, tried);
        registry.register("roster_pupils", "Pupils that the guard knows", self.roster_pupils.clone());
        let imported = self.roster_imported.clone();
        registry.register_with_unit(
            "roster_imported_time",
            "When the roster was imported",
            Unit::Seconds,
            imported,
        );
        let age = self.roster_age.clone();
        registry.register_with_unit("roster_age", "How old the oldest roster is", Unit::Seconds, age);
        let unknown = self.roster_unknown.clone();
        let help = "Share of the pupils' identifiers masked last that the roster does not know";
        registry.register_with_unit("roster_unknown", help, Unit::Ratios, unknown);
        let closed = self.roster_closed.clone();
        registry.register("roster_closed", "1 where free text does not leave, by that share", closed);
        registry.register("vault_sealed", "1 when the vault is sealed", self.vault_sealed.clone());
        let missed = self.needle_missed.clone();
        registry.register("needle_missed", "Messages that left and got no needle filter", missed);
        let failed = self.reloads_failed.clone();
        registry.register("reloads_failed", "Configurations that were read and refused", failed);
        registry.register("reloads", "Configurations that were taken into use", self.reloads.clone());
    }

    /// One exchange ended after so many seconds.
    pub fn ended(&self, labels: ExchangeLabels, seconds: f64) {
        let route = RouteLabels { publisher: labels.publisher.clone(), route: labels.route.clone() };
        self.exchange_seconds.get_or_create(&route).observe(seconds);
        self.exchanges.get_or_create(&labels).inc();
    }

    /// The guard found something so often, and let it go.
    pub fn noted(&self, publisher: &str, route: &str, what: &'static str, count: u64) {
        let labels = NotedLabels { publisher: publisher.to_owned(), route: route.to_owned(), what };
        self.guard_noted.get_or_create(&labels).inc_by(count);
    }

    /// A route was tried with canaries, with this outcome, or could not be, at so many seconds since the epoch.
    pub fn canaries(&self, publisher: &str, route: &str, outcome: &str, seconds: f64) {
        let (publisher, route) = (publisher.to_owned(), route.to_owned());
        if !matches!(outcome, "failed" | "empty") {
            let of = RouteLabels { publisher: publisher.clone(), route: route.clone() };
            self.canary_tried.get_or_create(&of).set(seconds);
        }
        let labels = CanaryLabels { publisher, route, outcome: outcome.to_owned() };
        self.canary_runs.get_or_create(&labels).inc();
    }

    /// The text that `/metrics` serves.
    pub fn text(&self) -> String {
        let mut written = String::new();
        // Writing into a string does not fail.
        let _ = text::encode(&mut written, &self.registry);
        written
    }
}

#[cfg(test)]
mod tests {
    use super::{ExchangeLabels, Metrics};

    #[test]
    fn names_carry_prefix_and_unit() {
        let metrics = Metrics::default();
        let labels = ExchangeLabels {
            publisher: "rekenwonder".into(),
            route: "/rekenwonder/users/{id}".into(),
            asks: "school".into(),
            decision: "refused".into(),
            code: "SLS-LEAK".into(),
        };
        metrics.ended(labels, 0.004);
        let text = metrics.text();
        for line in [
            "sluis_exchanges_total{publisher=\"rekenwonder\",route=\"/rekenwonder/users/{id}\",asks=\"school\",decision=\"refused\",code=\"SLS-LEAK\"} 1",
            "sluis_exchange_seconds_bucket{le=\"0.005\",publisher=\"rekenwonder\",route=\"/rekenwonder/users/{id}\"} 1",
            "sluis_vault_sealed 0",
            "sluis_needle_missed_total 0",
            "sluis_roster_imported_time_seconds 0",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.lines().filter(|line| !line.starts_with('#')).all(|line| line.starts_with("sluis_")));
    }
}
