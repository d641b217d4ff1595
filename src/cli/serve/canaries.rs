//! What a running server says about its canaries: how each route's last trial ended, and when.
//!
//! It must not know how they are sent.

use serde_json::Value;

use crate::cli::failure::Failure;
use crate::clock::Timestamp;
use crate::config::Settings;
use crate::telemetry::Metrics;

/// Counts a run. One that ended with a failure tried nothing, on no route.
pub(super) fn measure(
    metrics: &Metrics,
    settings: &Settings,
    report: Result<&Value, &Failure>,
    now: Timestamp,
) {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit in 53 bits")]
    let seconds = now.as_millis() as f64 / 1000.0;
    let Ok(report) = report else {
        for publisher in &settings.publishers {
            for route in &publisher.routes {
                metrics.canaries(publisher.id.as_str(), &format!("{}/", route.mount), "failed", seconds);
            }
        }
        return;
    };
    for route in report.get("routes").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| route.get(key).and_then(Value::as_str).unwrap_or_default();
        metrics.canaries(text("publisher"), text("route"), text("outcome"), seconds);
    }
}
