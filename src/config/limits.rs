//! The usual limits, and which of a configuration's are not.
//!
//! It must not know how they are written.

use super::settings::LimitSettings;

impl Default for LimitSettings {
    /// What holds where the configuration says nothing.
    fn default() -> Self {
        Self {
            body_bytes: 8 << 20,
            streamed_bytes: 128 << 20,
            connections: 4096,
            exchanges: 256,
            request_ms: 30_000,
            idle_ms: 75_000,
            drain_ms: 20_000,
            failures_per_hour: 1000,
            withheld_per_day: 50,
        }
    }
}

impl LimitSettings {
    /// The limits that are not the usual ones: key, value, usual value.
    pub fn unusual(&self) -> Vec<(&'static str, u64, u64)> {
        let all = |of: &Self| {
            let wide = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
            [
                ("body_bytes", wide(of.body_bytes)),
                ("streamed_bytes", of.streamed_bytes),
                ("connections", wide(of.connections)),
                ("exchanges", wide(of.exchanges)),
                ("request_ms", of.request_ms),
                ("idle_ms", of.idle_ms),
                ("drain_ms", of.drain_ms),
                ("failures_per_hour", of.failures_per_hour.into()),
                ("withheld_per_day", of.withheld_per_day.into()),
            ]
        };
        let both = all(self).into_iter().zip(all(&Self::default()));
        both.filter(|(own, usual)| own != usual).map(|((key, own), (_, usual))| (key, own, usual)).collect()
    }
}
