//! How an exchange ends: what log, journal and metrics are told, and what of a publisher's questions failed.
//!
//! It must not know doors or bodies.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use http::StatusCode;

use super::admission::{Ended, Observer};
use super::echo::Asked;
use super::exchange::Exchange;
use super::patience::{Failure, Failures};
use super::record::record_refusal;
use super::refusal::{At, Refusal};
use super::route::{Asks, Route};
use crate::identity::{Publisher, School};

/// Whose failures are counted together.
pub(super) type Party = (School, Publisher);

/// Who is told how one exchange ends.
#[derive(Clone)]
pub(super) struct Ending {
    pub(super) observer: Arc<dyn Observer>,
    pub(super) failures: Arc<Failures<Party>>,
    pub(super) since: Instant,
}

impl Ending {
    /// It was carried, with this status.
    pub(super) fn carried(&self, exchange: &Exchange, status: StatusCode) {
        // Other errors are the school's own state: a credential of Sluis's, a limit, a conflict.
        if matches!(status.as_u16(), 400 | 404 | 410 | 422) {
            self.note(exchange, Failure::Unknown);
        }
        tracing::info!(exchange = %exchange.id, route = exchange.template(), millis = self.millis(), "carried");
        self.tell(exchange, None);
    }

    /// It was refused.
    pub(super) async fn refused(&self, exchange: &Exchange, refusal: &Refusal, at: At) {
        match refusal {
            Refusal::UnknownPseudonym
            | Refusal::NotInRoster { .. }
            | Refusal::SecondPerson { .. }
            | Refusal::Objected
            | Refusal::NoConsent => self.note(exchange, Failure::Unknown),
            // Without a word of its own a question is no guess, and the fault is the school's alone.
            Refusal::Leak { .. } if at == At::Reply && exchange.asked.as_ref().is_some_and(Asked::brings) => {
                self.note(exchange, Failure::Withheld);
            }
            _ => {}
        }
        let delivered = at == At::Reply;
        let (code, millis) = (refusal.code(), self.millis());
        tracing::warn!(exchange = %exchange.id, route = exchange.template(), millis, code, delivered, "refused");
        // Of a message that was broken off a leaf says why already.
        if !exchange.broken.load(std::sync::atomic::Ordering::Relaxed) {
            record_refusal(exchange, refusal, delivered).await;
        }
        self.tell(exchange, Some(code));
    }

    /// Notes what failed of a publisher's question.
    fn note(&self, exchange: &Exchange, failure: Failure) {
        if exchange.route.asks == Asks::School {
            return;
        }
        let house = &exchange.house;
        if self.failures.note(party(&exchange.route), failure, house.patience, house.clock.now()) {
            let publisher = exchange.route.publisher().as_str();
            tracing::error!(publisher, ?failure, "so much failed that this publisher has to wait");
        }
    }

    fn tell(&self, exchange: &Exchange, code: Option<&'static str>) {
        let noted = std::mem::take(&mut *exchange.noted.lock().unwrap_or_else(PoisonError::into_inner));
        let took = self.since.elapsed();
        self.observer.ended(&Ended { route: Some(&exchange.route), code, took, noted: &noted });
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Whose failures are counted together.
pub(super) fn party(route: &Route) -> Party {
    (route.scope.school.clone(), route.publisher().clone())
}
