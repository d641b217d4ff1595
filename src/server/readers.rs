//! Whose bodies are being waited for, and who makes way when too many are.
//!
//! An exchange holds a place from its head on. Were there no bound on those whose bodies do not come, a few connections
//! could hold every place (slowloris with bodies, on the token endpoint without a credential). So at most half of the
//! places are for waiting: beyond that the longest wait ends, or, where nobody has waited long yet, the newcomer's. A body
//! that comes with its head never waits. It must not know what a body means.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::gateway::Refusal;

/// So long nobody has to make way: what a well-behaved caller takes between a head and the rest.
const GRACE: Duration = Duration::from_millis(250);

/// All who wait.
#[derive(Debug)]
pub(super) struct Readers {
    most: usize,
    waiting: Mutex<VecDeque<Arc<Waiter>>>,
}

#[derive(Debug)]
struct Waiter {
    since: Instant,
    cut: Notify,
}

/// One who waits, for as long as he does.
struct Seat<'a> {
    readers: &'a Readers,
    waiter: Arc<Waiter>,
}

impl Readers {
    /// Of so many places, half.
    pub(super) fn new(places: usize) -> Self {
        Self { most: (places / 2).max(1), waiting: Mutex::default() }
    }

    /// Waits for a body.
    ///
    /// # Errors
    /// What reading it fails with; [`Refusal::SlowRequest`] when it must make way, [`Refusal::Overloaded`] when nobody else
    /// can.
    pub(super) async fn wait<T>(
        &self,
        reading: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        let mut reading = pin!(reading);
        let at_once = std::future::poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx))).await;
        if let Poll::Ready(done) = at_once {
            return done;
        }
        let seat = self.sit()?;
        tokio::select! {
            biased;
            done = reading => done,
            () = seat.waiter.cut.notified() => Err(Refusal::SlowRequest),
        }
    }

    fn sit(&self) -> Result<Seat<'_>, Refusal> {
        let mut waiting = self.waiting();
        if waiting.len() >= self.most {
            let longest = waiting.front().is_some_and(|first| first.since.elapsed() >= GRACE);
            match waiting.pop_front_if(|_| longest) {
                Some(first) => first.cut.notify_one(),
                None => return Err(Refusal::Overloaded),
            }
        }
        let waiter = Arc::new(Waiter { since: Instant::now(), cut: Notify::new() });
        waiting.push_back(Arc::clone(&waiter));
        Ok(Seat { readers: self, waiter })
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Arc<Waiter>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.readers.waiting().retain(|other| !Arc::ptr_eq(other, &self.waiter));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn never() -> Result<(), Refusal> {
        std::future::pending().await
    }

    #[tokio::test]
    async fn the_longest_wait_makes_way() {
        let readers = Readers::new(4);
        let (mut first, mut second) = (pin!(readers.wait(never())), pin!(readers.wait(never())));
        let still = |polled: Poll<Result<(), Refusal>>| polled.is_pending();
        assert!(std::future::poll_fn(|cx| Poll::Ready(still(first.as_mut().poll(cx)))).await);
        assert!(std::future::poll_fn(|cx| Poll::Ready(still(second.as_mut().poll(cx)))).await);
        // Nobody has waited long: the newcomer goes, unless his body is there.
        assert!(matches!(readers.wait(never()).await, Err(Refusal::Overloaded)));
        assert!(readers.wait(async { Ok(()) }).await.is_ok());
        tokio::time::sleep(GRACE).await;
        let mut third = pin!(readers.wait(never()));
        assert!(std::future::poll_fn(|cx| Poll::Ready(still(third.as_mut().poll(cx)))).await);
        assert!(matches!(first.await, Err(Refusal::SlowRequest)));
        assert_eq!(readers.waiting().len(), 2, "whoever was cut off holds no place");
    }
}
