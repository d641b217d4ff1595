//! Every open connection, and which of them makes way when there is no place for another.
//!
//! Without that a stranger could hold every place with connections that ask for nothing. A connection between two exchanges may
//! be closed at any time (RFC 9112, 9.5), one that has not asked for anything yet all the more: the one that has been so for
//! longest goes. It must not know what a connection speaks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::activity::Activity;

/// So long nobody has to make way.
const GRACE: Duration = Duration::from_secs(1);

/// How often it is looked whether somebody can make way.
const AGAIN: Duration = Duration::from_millis(100);

/// All connections.
#[derive(Debug)]
pub(super) struct Crowd {
    places: Arc<Semaphore>,
    members: Mutex<Members>,
}

#[derive(Debug, Default)]
struct Members {
    next: u64,
    all: HashMap<u64, Arc<Member>>,
}

/// One connection, as the others know it.
#[derive(Debug)]
pub(super) struct Member {
    since: Instant,
    /// There once its handshake is done.
    activity: OnceLock<Arc<Activity>>,
    cut: Notify,
}

/// A connection's place, for as long as it is open.
#[derive(Debug)]
pub(super) struct Place {
    crowd: Arc<Crowd>,
    number: u64,
    pub(super) member: Arc<Member>,
    _permit: OwnedSemaphorePermit,
}

impl Crowd {
    /// Room for so many.
    pub(super) fn new(places: usize) -> Arc<Self> {
        Arc::new(Self { places: Arc::new(Semaphore::new(places)), members: Mutex::default() })
    }

    /// A place for a connection that was accepted; waits until there is one.
    pub(super) async fn place(self: &Arc<Self>) -> Place {
        loop {
            if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
                return self.admit(permit);
            }
            self.make_way();
            if let Ok(Ok(permit)) = timeout(AGAIN, Arc::clone(&self.places).acquire_owned()).await {
                return self.admit(permit);
            }
        }
    }

    fn admit(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Place {
        let member =
            Arc::new(Member { since: Instant::now(), activity: OnceLock::new(), cut: Notify::new() });
        let mut members = self.members();
        let number = members.next;
        members.next += 1;
        members.all.insert(number, Arc::clone(&member));
        Place { crowd: Arc::clone(self), number, member, _permit: permit }
    }

    /// Ends the connection that has been quiet for longest, if one has been for long enough.
    fn make_way(&self) {
        let members = self.members();
        let quiet = members.all.values().filter_map(|member| Some((member.quiet_since()?, member)));
        let longest = quiet.min_by_key(|(since, _)| *since);
        if let Some((_, member)) = longest.filter(|(since, _)| since.elapsed() >= GRACE) {
            member.cut.notify_one();
        }
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Member {
    /// Says what happens on it from now on.
    pub(super) fn speaks(&self, activity: &Arc<Activity>) {
        // Once a connection: there is nothing that could be there already.
        let _first = self.activity.set(Arc::clone(activity));
    }

    /// Waits until it has to make way.
    pub(super) async fn must_go(&self) {
        self.cut.notified().await;
    }

    fn quiet_since(&self) -> Option<Instant> {
        self.activity.get().map_or(Some(self.since), |activity| activity.quiet_since())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.members().all.remove(&self.number);
    }
}
