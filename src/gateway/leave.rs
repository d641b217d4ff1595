//! The leaving door: Message → Found → Masked → Cleared.
//!
//! One call to the vault for all findings; the guard looks at the final bytes; the journal knows of it
//! before anything moves. It must not know sockets.

use std::sync::Arc;

use super::aliases::Aliases;
use super::aside::{aside, place};
use super::asking::{Ask, Questions, gather, naming, within};
use super::edits::{Edits, Write, Written, whole_order};
use super::exchange::Exchange;
use super::guard::{Cleared, Leak, Permit, Suspects, Watch, Watchlist, clear_under};
use super::house::Register;
use super::message::{Head, Message};
use super::parts::Parts;
use super::piece::{Piece, pieces};
use super::record::{Crossing, each_once, record};
use super::refusal::Refusal;
use super::route::Route;
use super::stream::{Carried, Names};
use super::withheld::{Withheld, take_totals};
use super::{address, aliases, outside, watching};
use crate::journal::Event;
use crate::profile::find::{Finding, Masking, Order};
use crate::profile::{Act, Door, Minted, Place, Selected};
use crate::vault::{Avoid, LabelAsk, MaskAnswer, MaskAsk, Masked as Answered, Person, VaultError};

/// A message with its findings replaced; not yet looked at by the guard.
pub(super) struct Masked {
    pub(super) written: Written,
    pub(super) salts: Vec<[u8; 16]>,
    pub(super) counts: Vec<u32>,
    /// List elements that do not leave.
    pub(super) withheld: usize,
    /// Of each person, what names it: of a segment only.
    pub(super) names: Names,
}

/// Lets a message leave, or says why not.
pub(super) async fn leave(
    exchange: &Exchange,
    selected: Selected,
    message: Message,
    watch: &mut Watch,
) -> Result<Cleared, Refusal> {
    let register = exchange.register();
    let closed = exchange.house.is_closed(&exchange.route.scope);
    let masked = masked(exchange, selected, closed, message, watch, None).await?;
    let Masked { written, salts, counts, withheld, .. } = masked;
    let length = written.message.body.len();
    let suspects = exchange.route.suspects;
    let cleared =
        aside(length, || guarded(suspects, register, watch, &written.permits, written.message)).await?;
    exchange.note(cleared.noted());
    let crossing = Crossing {
        event: Event::LEFT,
        counts: &counts,
        salts: &salts,
        permits: cleared.permits_used(),
        noted: cleared.noted(),
        withheld,
        segment: None,
    };
    record(exchange, &crossing, Some(cleared.message())).await?;
    Ok(cleared)
}

/// Message → Found → Masked. What is watched for is added to `watch`; `carried` is there for a segment.
pub(super) async fn masked(
    exchange: &Exchange,
    selected: Selected,
    closed: bool,
    message: Message,
    watch: &mut Watch,
    carried: Option<&Carried>,
) -> Result<Masked, Refusal> {
    let _place = place(message.body.len()).await;
    exchange.lawful()?;
    let register = exchange.register();
    let length = message.body.len();
    let found = aside(length, || {
        let parts = Parts::take(message, &exchange.route, selected, &exchange.house)?;
        let mut found = pieces(exchange, selected, Door::Leave, closed, &parts)?;
        if let Some(whole) = found.first_mut() {
            take_totals(exchange, &parts, whole);
        }
        let names = carried.zip(found.first()).map(|(carried, whole)| carried.names(&parts, whole));
        Ok::<_, Refusal>((parts, found, names))
    });
    let (parts, found, names) = found.await?;
    let aliases = aliases::look_up(exchange, &parts, &found).await?;
    let withheld = aside(length, || Withheld::of(exchange, register, &parts, &found, &aliases)).await?;
    let masked = mask(exchange, selected, parts, found, (&withheld, &aliases), watch).await?;
    Ok(Masked { names: names.unwrap_or_default(), ..masked })
}

/// Past the guard, or what it found.
pub(super) fn guarded(
    suspects: Suspects,
    register: Option<&Register>,
    watch: &Watch,
    permits: &[Permit],
    message: Message,
) -> Result<Cleared, Refusal> {
    let cleared = match register {
        Some(register) => clear_under(suspects, &register.watchlist, watch, permits, message),
        None => clear_under(suspects, &Watchlist::empty(), watch, permits, message),
    };
    cleared.map_err(|Leak { kind, part }| Refusal::Leak { found: kind.name(), part })
}

/// Found → Masked.
async fn mask(
    exchange: &Exchange,
    selected: Selected,
    parts: Parts,
    found: Vec<Piece>,
    (withheld, aliases): (&Withheld, &Aliases),
    watch: &mut Watch,
) -> Result<Masked, Refusal> {
    let register = exchange.register();
    let length = parts.length();
    let questions = aside(length, || gather(exchange, register, &parts, &found, withheld, aliases)).await?;
    let Questions { asks, wanted, names: labels, met } = questions;
    if let Some(register) = register {
        register.unknown.met(&exchange.route.scope, &met);
    }
    let questions: Vec<MaskAsk<'_>> = wanted
        .iter()
        .map(|ask| MaskAsk {
            identifier: &ask.identifier,
            shape: &ask.shape,
            number: ask.number,
            minted: ask.minted,
        })
        .collect();
    let names: Vec<LabelAsk<'_>> = labels
        .iter()
        .map(|ask| LabelAsk {
            person: Person::Ask(ask.person),
            slot: ask.slot,
            part: ask.part,
            original: ask.original.expose(),
        })
        .collect();
    let avoid: Avoid = match register {
        Some(register) => Arc::clone(&register.avoid),
        None => Arc::new(|_: &str| false),
    };
    let answer = exchange
        .house
        .vault
        .mask(&exchange.route.scope, &questions, &names, &avoid)
        .await
        .map_err(|error| vault_refusal(&error))?;
    let minted = |place: usize, finding: usize| match asks.get(place).and_then(|own| own.get(finding)) {
        Some(Ask::Identifier(ask)) => answer.masked.get(*ask).is_some_and(|one| one.minted),
        _ => false,
    };
    let answered = Answers { asks: &asks, answer: &answer, withheld };
    let written = aside(length, || {
        watching::watch(watch, exchange, &found, &parts, &minted);
        write(exchange, selected, parts, &found, &answered)
    });
    let written = written.await?;
    let salts = each_once(answer.masked.iter().filter(|one| !one.minted).map(|one| one.salt));
    let counts = found.into_iter().next().map(|piece| piece.found.counts).unwrap_or_default();
    Ok(Masked { written, salts, counts, withheld: withheld.elements().len(), names: Names::new() })
}

/// What every finding asked, what came of it, and what does not leave.
struct Answers<'a> {
    asks: &'a [Vec<Ask>],
    answer: &'a MaskAnswer,
    withheld: &'a Withheld,
}

/// Masked: every finding written, elements withheld, lists put in the order of pseudonyms.
fn write(
    exchange: &Exchange,
    selected: Selected,
    parts: Parts,
    pieces: &[Piece],
    answers: &Answers<'_>,
) -> Result<Written, Refusal> {
    let Answers { asks, answer, withheld } = answers;
    let (Some(whole), Some(own)) = (pieces.first(), asks.first()) else { return Err(Refusal::Internal) };
    let edit = |place: usize, piece: &Piece| edits(exchange, &parts, (place, piece), answers);
    let mut edits = edit(0, whole)?;
    for element in withheld.elements() {
        edits.put(Place::Body(element), "", Write::Nothing)?;
    }
    for (index, finding) in whole.found.findings.iter().enumerate() {
        if let (Act::Address { .. }, false) = (&finding.act, withheld.takes(0, index)) {
            let address = address::write(exchange, pieces, index, &edit)?;
            let write = |(text, echoes)| Write::Address { text, echoes };
            edits.put(finding.place, "", address.map_or(Write::Nothing, write))?;
        }
    }
    let stays = |order: &&Order| !withheld.takes_node(&whole.found, order.nested, order.parent);
    for order in whole.found.orders.iter().filter(stays) {
        let pseudonym = |person: Option<u32>| {
            let masked = answer.masked.get(naming(&whole.found, person?, own)?)?;
            Some(masked.pseudonym.as_str())
        };
        let mut sorted: Vec<(Option<&str>, u32)> =
            order.elements.iter().map(|(node, person)| (pseudonym(*person), *node)).collect();
        // Whoever names no person comes last, in the order of the document.
        sorted.sort_by(|a, b| a.0.is_none().cmp(&b.0.is_none()).then_with(|| a.0.cmp(&b.0)));
        let document = match order.nested {
            None => parts.body.as_ref(),
            Some(nested) => whole.found.nested.get(nested as usize).map(|inner| &inner.document),
        };
        let sorted = sorted.into_iter().map(|(_, node)| node).collect();
        let every = whole_order(document.ok_or(Refusal::Internal)?, order.parent, sorted);
        edits.reorder(order.nested, order.parent, every)?;
    }
    let accept = match &parts.head {
        Head::Request { headers, .. } => exchange.accept(selected, headers)?,
        Head::Reply { .. } => None,
    };
    edits.make(parts, &whole.found, accept.as_deref())
}

/// The edits of one piece, addresses apart.
fn edits(
    exchange: &Exchange,
    parts: &Parts,
    (place, piece): (usize, &Piece),
    Answers { asks, answer, withheld }: &Answers<'_>,
) -> Result<Edits, Refusal> {
    let asks = asks.get(place);
    let slices = piece.slices(parts);
    let material = piece.material(parts, &slices);
    let mut edits = Edits::new(&piece.found);
    let route = piece.route(exchange);
    for (index, finding) in piece.found.findings.iter().enumerate() {
        match &finding.act {
            _ if withheld.takes(place, index) => {}
            Act::Nested { nested } => edits.host(*nested, finding.place),
            Act::Address { .. } => {}
            Act::Drop => edits.put(finding.place, "", Write::Nothing)?,
            Act::Outside(outside) => {
                let masked = match asks.and_then(|asks| asks.get(index)) {
                    Some(Ask::Identifier(ask)) => answer.masked.get(*ask).ok_or(Refusal::Internal)?,
                    _ => return Err(Refusal::Internal),
                };
                outside::leave(route, finding, outside, masked.pseudonym.as_str(), &mut edits)?;
            }
            _ => {
                let ask = asks.and_then(|asks| asks.get(index)).unwrap_or(&Ask::Nothing);
                let text = piece.found.text(finding.place, &material);
                if let Some(write) = change(route, finding, ask, answer, &text)? {
                    edits.put(finding.place, route.slot(finding.rule), write)?;
                }
            }
        }
    }
    Ok(edits)
}

/// What stands at a finding when it leaves; none when it stays.
fn change(
    route: &Route,
    finding: &Finding,
    ask: &Ask,
    answer: &MaskAnswer,
    text: &str,
) -> Result<Option<Write>, Refusal> {
    let masked = || match ask {
        Ask::Identifier(ask) => answer.masked.get(*ask).ok_or(Refusal::Internal),
        _ => Err(Refusal::Internal),
    };
    Ok(match &finding.act {
        Act::Drop => Some(Write::Nothing),
        Act::Blank => Some(Write::Text(String::new())),
        Act::Constant { text, literal: true } => Some(Write::Literal(text.clone())),
        Act::Constant { text, .. } | Act::Generalise { text } => Some(Write::Text(text.clone())),
        // Whom the publisher named, it named itself: the guard lets its own word stand. Other words it judges.
        Act::Pseudonym(masking) if masking.minted == Minted::Publisher => match ask {
            Ask::Identifier(_) => Some(Write::Minted(text.to_owned())),
            _ => None,
        },
        Act::Pseudonym(masking) if route.keeps(masking.kind, within(masking, text)) => {
            Some(Write::Kept(text.to_owned()))
        }
        Act::Pseudonym(masking) => Some(pseudonym(masking, masked()?, text)),
        Act::PersonPseudonym { form, .. } => {
            let (before, after) = form.as_ref().map_or(("", ""), |form| (form.0.as_str(), form.1.as_str()));
            Some(Write::Pseudonym(format!("{before}{}{after}", masked()?.pseudonym)))
        }
        Act::Label { .. } => match ask {
            Ask::Label(label) => {
                Some(Write::Text(answer.labels.get(*label).ok_or(Refusal::Internal)?.to_string()))
            }
            _ => return Err(Refusal::Internal),
        },
        Act::Swap { name, added } => Some(Write::Text(swapped(route, name, text, *added)?)),
        Act::Nested { .. } | Act::Address { .. } | Act::Outside(_) => return Err(Refusal::Internal),
    })
}

/// The pseudonym, in what stood round the identifier. What the publisher made stays.
fn pseudonym(masking: &Masking, masked: &Answered, text: &str) -> Write {
    if masked.minted {
        return Write::Minted(text.to_owned());
    }
    let before = text.get(..usize::from(masking.before)).unwrap_or("");
    let after = text.get(text.len().saturating_sub(usize::from(masking.after))..).unwrap_or("");
    if before.is_empty() && after.is_empty() {
        Write::Pseudonym(masked.pseudonym.as_str().to_owned())
    } else {
        Write::Pseudonym(format!("{before}{}{after}", masked.pseudonym))
    }
}

fn swapped(route: &Route, name: &str, text: &str, added: bool) -> Result<String, Refusal> {
    let pair = route.swaps.iter().find(|pair| pair.name == name).ok_or(Refusal::Internal)?;
    if added || super::caller::same(pair.inside.expose(), text) {
        return Ok(pair.outside.expose().clone());
    }
    Err(Refusal::SwapMismatch)
}

/// What the caller hears of a vault that does not answer.
pub(super) fn vault_refusal(error: &VaultError) -> Refusal {
    tracing::error!(%error, "the vault refused");
    match error {
        VaultError::BadAsk { .. } => {
            Refusal::Unparsed { what: "a value longer than the vault keeps", offset: 0 }
        }
        // Of a trial only: the publisher never saw it.
        VaultError::ViewOnly => Refusal::UnknownPseudonym,
        _ => Refusal::VaultSealed,
    }
}
