//! Clean text passes: Dutch sentences with words that are names, and pseudonyms of every shape.

use super::{pass, reply};
use crate::gateway::guard::{Watch, WatchKind, Watched, Watchlist};

#[test]
fn placeholder() {
    let list = Watchlist::build([Watched { person: 0, kind: WatchKind::GivenName, text: "Roos" }]);
    assert!(pass(&list, &Watch::new(), &[], reply("Een roos")).is_ok());
}
