//! Work on a large body, beside the tasks of the runtime.
//!
//! Reading, finding, splicing and watching are one long breath each: a 10 MB body would keep everybody else on its
//! thread waiting. Above [`LARGE`] the thread first hands its tasks to another one, and no more such breaths are drawn
//! at once than the machine has cores; who comes later waits without a thread. It must not know what the work is.

use std::sync::LazyLock;
use std::thread::available_parallelism;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::block_in_place;

/// Bodies of more bytes than this are worked on aside. One of this size takes about 0.2 ms a stage: less than handing
/// over is worth.
const LARGE: usize = 64 * 1024;

/// Large bodies that are in work at once, beyond one for each core: taken apart, a body takes ten times its size, also
/// while it waits for the vault. Who comes later waits as the bytes that it is.
const BESIDE: usize = 2;

/// Places for large bodies in work.
static PLACES: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(cores() + BESIDE));

/// Turns for large bodies: a core each.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(cores()));

fn cores() -> usize {
    available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A place for a body of `bytes` bytes to be taken apart in; none is needed for a small one. It is held until the body
/// is bytes again.
pub(super) async fn place(bytes: usize) -> Option<SemaphorePermit<'static>> {
    if bytes <= LARGE {
        return None;
    }
    // Never closed: without a place the work is done all the same.
    PLACES.acquire().await.ok()
}

/// Does `work` on a body of `bytes` bytes. A small one costs nothing here.
pub(super) async fn aside<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    if bytes <= LARGE || Handle::current().runtime_flavor() != RuntimeFlavor::MultiThread {
        return work();
    }
    // Never closed: without a turn the work is done all the same.
    let _turn = TURNS.acquire().await;
    block_in_place(work)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use super::*;

    /// On one worker: whether a task that is ready meanwhile runs before the work is done.
    fn others_run_beside(bytes: usize) -> bool {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async move {
            let other = std::sync::Arc::new(AtomicBool::new(false));
            let seen = std::sync::Arc::clone(&other);
            let large = tokio::spawn(async move {
                let ready = std::sync::Arc::clone(&other);
                tokio::spawn(async move { ready.store(true, Ordering::SeqCst) });
                aside(bytes, || {
                    let begun = Instant::now();
                    let patience = Duration::from_millis(if bytes > LARGE { 10_000 } else { 100 });
                    while !seen.load(Ordering::SeqCst) && begun.elapsed() < patience {
                        std::thread::yield_now();
                    }
                    seen.load(Ordering::SeqCst)
                })
                .await
            });
            large.await.unwrap()
        })
    }

    #[test]
    fn a_large_body_does_not_stall_its_thread_and_a_small_one_is_not_handed_over() {
        assert!(others_run_beside(LARGE + 1));
        assert!(!others_run_beside(LARGE));
    }

    #[test]
    fn one_thread_has_nobody_to_hand_over_to() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(aside(LARGE + 1, || 7)), 7);
    }
}
