//! What publishers themselves call the canaries (`minted = "publisher"`), in the scope that is thrown away: without it nobody
//! would be known by an id alone, and messages that name a pupil so would be refused.
//!
//! It must not know messages.

use super::pupils::{COUNT, Canaries, derived_from};
use crate::cli::failure::Failure;
use crate::cli::faults::vault_failed;
use crate::derive::Shape;
use crate::gateway::route::Route;
use crate::identity::Kind;
use crate::profile::Minted as Minting;
use crate::profile::sample::minted;
use crate::vault::{Alias, Avoid, MaskAsk, Minted, Vault};

/// Gives each canary its name, of every kind that the route's publisher names itself.
pub(super) async fn give(
    vault: &Vault,
    route: &Route,
    canaries: &Canaries,
    avoid: &Avoid,
) -> Result<(), Failure> {
    let named = route.profile.kinds().iter().filter(|used| used.person && used.minted == Minting::Publisher);
    let named: Vec<Kind> = named.map(|used| used.kind).collect();
    let inside = |used: &&crate::profile::KindUse| used.person && used.minted == Minting::Inside;
    let Some(first) = route.profile.kinds().iter().find(inside).filter(|_| !named.is_empty()) else {
        return Ok(());
    };
    let whose: Vec<_> =
        canaries.0.iter().map(|canary| derived_from(canary, first.kind, route.link.primary())).collect();
    let shape: &Shape = route.shapes.of(first.kind);
    let asks: Vec<MaskAsk<'_>> =
        whose.iter().map(|identifier| MaskAsk { identifier, shape, number: false, minted: false }).collect();
    let answer = vault.mask(&route.scope, &asks, &[], avoid).await.map_err(|error| vault_failed(&error))?;
    let names: [String; COUNT] = std::array::from_fn(minted);
    let persons = names.iter().zip(&whose).zip(&answer.masked);
    let given: Vec<Minted<'_>> = persons
        .flat_map(|((text, identifier), masked)| {
            let person = Some(Alias { identifier, core: masked.core, salt: masked.salt });
            named.iter().map(move |kind| Minted { kind: *kind, text, person })
        })
        .collect();
    vault.remember_minted(&route.scope, &given).await.map_err(|error| vault_failed(&error))
}
