//! What is done once a night: named jobs, one after another, at an hour of the configuration, Dutch legal time.
//!
//! It must not know what a job does. A night in which the server does not run is not made up for, except by the
//! jobs that say so; a job that fails is logged by its code, and tried again the next night.

use std::sync::Arc;
use std::time::Duration;

use crate::cli::failure::Failure;
use crate::clock::{Clock, Timestamp};
use crate::server::Draining;

/// How often the clock is looked at: it may be set, and the machine may sleep.
pub(super) const LOOK: Duration = Duration::from_secs(30);

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Something to do every night.
pub(super) struct Job {
    /// Its name in the log.
    pub(super) name: &'static str,
    /// Also done once shortly after the start: for work that must not wait when no night comes.
    pub(super) at_start: bool,
    /// Does it; may block.
    pub(super) run: Box<dyn Fn() -> Result<(), Failure> + Send + Sync>,
}

/// Runs the jobs every night until the drain begins. `hour` is asked each time: a reload may change it.
pub(super) async fn run(
    jobs: Vec<Job>,
    clock: Arc<dyn Clock>,
    hour: impl Fn() -> u8 + Send,
    look: Duration,
    mut draining: Draining,
) {
    let jobs: Vec<Arc<Job>> = jobs.into_iter().map(Arc::new).collect();
    let (mut last, mut first) = (night(clock.now(), hour()), true);
    loop {
        tokio::select! {
            () = tokio::time::sleep(look) => {}
            () = draining.begun() => return,
        }
        let tonight = night(clock.now(), hour());
        for job in jobs.iter().filter(|job| tonight > last || (first && job.at_start)) {
            if draining.is_begun() {
                return;
            }
            perform(Arc::clone(job)).await;
        }
        // A clock that is set back does not bring the same night again.
        last = last.max(tonight);
        first = false;
    }
}

async fn perform(job: Arc<Job>) {
    let name = job.name;
    match tokio::task::spawn_blocking(move || (job.run)()).await {
        Ok(Ok(())) => tracing::info!(job = name, "done for tonight"),
        Ok(Err(failure)) => {
            tracing::error!(job = name, code = failure.code(), "not done; tried again next night");
        }
        Err(_) => tracing::error!(job = name, "it panicked; tried again next night"),
    }
}

/// The number of the night whose hour passed last, on a Dutch clock.
fn night(now: Timestamp, hour: u8) -> u64 {
    let ahead = if summer(now) { 2 * HOUR_MS } else { HOUR_MS };
    (now.as_millis() + ahead).saturating_sub(u64::from(hour) * HOUR_MS) / DAY_MS
}

/// Whether Dutch clocks show summer time: from the last Sunday of March to the last of October, each at 01:00
/// UTC (Directive 2000/84/EC).
fn summer(now: Timestamp) -> bool {
    let text = now.rfc3339();
    let number = |from: usize| text.get(from..from + 2).and_then(|two| two.parse::<u64>().ok());
    let (Some(month), Some(day), Some(hour)) = (number(5), number(8), number(11)) else { return false };
    // 1 January 1970 was a Thursday; Sunday is 0.
    let weekday = (now.as_millis() / DAY_MS + 4) % 7;
    let sunday = day.saturating_sub(weekday);
    let turned = sunday >= 25 && (weekday > 0 || hour >= 1);
    match month {
        4..=9 => true,
        3 => turned,
        10 => !turned,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::{DAY_MS, Job, night, run, summer};
    use crate::cli::failure::Failure;
    use crate::cli::words;
    use crate::clock::{FixedClock, Timestamp};
    use crate::server::Drain;

    /// 2026-01-01T00:00:00Z.
    const NEW_YEAR: u64 = 1_767_225_600_000;

    fn at(day: u64, hour: u64, minute: u64) -> Timestamp {
        Timestamp::from_millis(NEW_YEAR + day * DAY_MS + hour * 3_600_000 + minute * 60_000)
    }

    #[test]
    fn summer_begins_and_ends_on_sundays_at_one() {
        // 2026: 29 March (day 87) and 25 October (day 297).
        for (day, hour, minute, expected) in [
            (0, 12, 0, false),
            (86, 23, 59, false),
            (87, 0, 59, false),
            (87, 1, 0, true),
            (88, 0, 0, true),
            (200, 0, 0, true),
            (297, 0, 59, true),
            (297, 1, 0, false),
            (298, 0, 0, false),
            (303, 0, 0, false),
            (340, 0, 0, false),
        ] {
            let now = at(day, hour, minute);
            assert_eq!(summer(now), expected, "{}", now.rfc3339());
        }
        // The day before the last Sunday, and a Sunday that is not the last.
        assert!(!summer(at(80, 12, 0)), "22 March");
        assert!(summer(at(290, 12, 0)), "18 October");
    }

    #[test]
    fn a_night_begins_at_the_hour_on_a_dutch_clock() {
        // Winter: 03:00 is 02:00 UTC; summer: 01:00 UTC.
        assert_eq!(night(at(10, 1, 59), 3) + 1, night(at(10, 2, 0), 3));
        assert_eq!(night(at(10, 2, 0), 3), night(at(11, 1, 59), 3));
        assert_eq!(night(at(200, 0, 59), 3) + 1, night(at(200, 1, 0), 3));
        // Neither change of the clock skips or doubles a night.
        for hour in 0..24 {
            let mut last = night(at(80, 0, 0), hour);
            let mut nights = 0;
            for minute in 0..(230 * 24 * 4) {
                let now = night(at(80, 0, minute * 15), hour);
                assert!(now <= last + 1);
                nights += u64::from(now > last);
                last = last.max(now);
            }
            // The window ends in winter time: an hour of it may or may not hold one more.
            assert!((229..=231).contains(&nights), "{nights} at {hour}");
        }
    }

    #[tokio::test]
    async fn each_job_runs_once_a_night_and_a_failure_stops_no_other() {
        let clock = Arc::new(FixedClock::at(at(10, 1, 0)));
        let counts: Vec<Arc<AtomicUsize>> = (0..3).map(|_| Arc::default()).collect();
        let job = |number: usize, at_start, fails: bool| {
            let count = Arc::clone(&counts[number]);
            let run = move || {
                count.fetch_add(1, Ordering::SeqCst);
                if fails { Err(Failure::new(&words::INTERNAL, [])) } else { Ok(()) }
            };
            Job { name: "count", at_start, run: Box::new(run) }
        };
        let drain = Drain::default();
        let jobs = vec![job(0, false, true), job(1, false, false), job(2, true, false)];
        let look = Duration::from_millis(5);
        let running = tokio::spawn(run(jobs, Arc::clone(&clock) as _, || 3, look, drain.watch()));
        let seen = || counts.iter().map(|count| count.load(Ordering::SeqCst)).collect::<Vec<_>>();
        let until = |expected: [usize; 3]| async move {
            for _ in 0..1000 {
                if seen() == expected {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert_eq!(seen(), expected);
        };
        until([0, 0, 1]).await;
        clock.set(at(10, 2, 0));
        until([1, 1, 2]).await;
        // Not again when the clock is set back, nor later that night.
        clock.set(at(9, 12, 0));
        tokio::time::sleep(Duration::from_millis(30)).await;
        clock.set(at(10, 5, 0));
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert_eq!(seen(), [1, 1, 2]);
        clock.set(at(11, 3, 0));
        until([2, 2, 3]).await;
        drain.begin();
        running.await.expect("ends with the drain");
    }
}
