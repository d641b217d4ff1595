//! What the gateway tells about each exchange, as metrics.
//!
//! It must not know messages; labels come from the configuration and from closed lists.

use std::sync::Arc;

use crate::gateway::route::Asks;
use crate::gateway::{Ended, Observer};
use crate::telemetry::{ExchangeLabels, Metrics};

/// Counts into metrics.
pub(super) struct Counting(pub(super) Arc<Metrics>);

impl Observer for Counting {
    fn ended(&self, ended: &Ended<'_>) {
        let route = ended.route;
        let labels = ExchangeLabels {
            publisher: route.map_or_else(String::new, |route| route.scope.publisher.as_str().to_owned()),
            route: route.map_or_else(String::new, |route| format!("{}/", route.mount.as_str())),
            asks: match route.map(|route| route.asks) {
                Some(Asks::School) => "school".to_owned(),
                Some(Asks::Publisher) => "publisher".to_owned(),
                None => String::new(),
            },
            decision: if ended.code.is_some() { "refused" } else { "forwarded" }.to_owned(),
            code: ended.code.unwrap_or_default().to_owned(),
        };
        for (what, count) in ended.noted {
            self.0.noted(&labels.publisher, &labels.route, what, *count);
        }
        self.0.ended(labels, ended.took.as_secs_f64());
    }
}
