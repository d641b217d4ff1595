//! One streamed message through its door: segment by segment, each parsed, masked or restored, guarded and journalled
//! before it is handed on (docs/decisions/0017).
//!
//! A segment is a small document: its wrapping is made once, of what stands before the list, and taken off every
//! later one, which must have the same. It must not know where pieces go.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap};
use sha2::Digest;
use tokio::runtime::Handle;

use super::super::aside::aside;
use super::super::enter;
use super::super::exchange::Exchange;
use super::super::flow::{Inflow, Passed};
use super::super::guard::{Part, Permit, Watch};
use super::super::leave::{self, guarded};
use super::super::message::{Head, Message};
use super::super::record::{Crossing, record};
use super::super::refusal::Refusal;
use super::super::route::Asks;
use super::carried::Carried;
use super::leaves::{Ended, close};
use super::overlap::{after, last_of};
use super::room::{Share, USUAL, Values};
use crate::journal::Event;
use crate::profile::{Door, Selected};
use crate::rewrite::segments::{Cut, Role, Segments, Sizes, Slice, Uncut};

/// Bytes of a segment whose elements are smaller.
const AIM: usize = USUAL;
/// Bytes that may stand before the list.
const LEAD: usize = 64 * 1024;
/// Bytes before a segment that the guard sees again, at least.
const OVERLAP: usize = 4096;

/// A message on its way.
pub(in super::super) struct Way {
    exchange: Arc<Exchange>,
    selected: Selected,
    door: Door,
    /// As it came.
    head: Head,
    inflow: Box<dyn Inflow>,
    /// None once the last slice was cut.
    segments: Option<Segments>,
    arrived: u64,
    /// What every segment is wrapped in, and how often rules applied to it.
    lead: Vec<u8>,
    lead_counts: Vec<u32>,
    /// The head as it goes.
    written: Option<Head>,
    carried: Carried,
    /// What the guard saw last, and its permits.
    tail: (Bytes, Vec<Permit>),
    /// Lines, between which no comma goes.
    lines: bool,
    /// Whether elements have passed: then a comma goes before the next.
    any: bool,
    ended: Ended,
    /// Passed, and not handed on yet.
    ready: VecDeque<Passed>,
    share: Arc<Share>,
}

/// A slice through the stages, its wrapping taken off.
struct Own {
    body: Bytes,
    counts: Vec<u32>,
    what: What,
}

enum What {
    Leaves(leave::Masked),
    Enters(enter::Opened),
}

impl Way {
    /// Begins: nothing may move before what this returns is handed on. `most` is how many bytes may come.
    ///
    /// # Errors
    /// What the head or the first segment is refused for; nothing of the message has crossed then.
    pub(in super::super) async fn begin(
        exchange: &Arc<Exchange>,
        (selected, door): (Selected, Door),
        head: Head,
        inflow: Box<dyn Inflow>,
        watch: Watch,
    ) -> Result<Self, Refusal> {
        let cut = super::may_stream(exchange, selected, door)
            .ok_or_else(|| exchange.too_large(door, exchange.house.limits.bytes()))?;
        let share = Share::take()?;
        let (lines, most) = (cut == Cut::Lines, exchange.house.limits.bytes().saturating_sub(LEAD).max(1));
        let sizes = Sizes { aim: AIM.min(most), most, head: LEAD };
        let mut way = Self {
            exchange: Arc::clone(exchange),
            selected,
            door,
            head,
            inflow,
            segments: Some(Segments::new(cut, sizes)),
            arrived: 0,
            lead: Vec::new(),
            lead_counts: Vec::new(),
            written: None,
            carried: Carried::over(watch),
            tail: (Bytes::new(), Vec::new()),
            lines,
            any: false,
            ended: Ended::default(),
            ready: VecDeque::new(),
            share,
        };
        match way.fill().await {
            Ok(()) => Ok(way),
            Err(refusal) => Err(way.broken(refusal).await),
        }
    }

    /// The head as it goes.
    pub(in super::super) fn take_head(&mut self) -> Option<Head> {
        self.written.clone()
    }

    /// Its part of what may be held.
    pub(in super::super) fn share(&self) -> Arc<Share> {
        Arc::clone(&self.share)
    }

    /// What the exchange watches for by now.
    pub(in super::super) fn take_watch(&mut self) -> (Watch, Values) {
        std::mem::replace(&mut self.carried, Carried::over(Watch::new())).into_watch()
    }

    /// The next piece; none when all have been given.
    ///
    /// # Errors
    /// What a segment is refused for. Those before it may have crossed: the message must then be broken off.
    pub(in super::super) async fn next(&mut self) -> Result<Option<Passed>, Refusal> {
        if self.ready.is_empty()
            && let Some(slice) = self.slice().await?
        {
            self.pass(slice).await?;
        }
        Ok(self.ready.pop_front())
    }

    /// All of it has crossed: the journal knows, and then the end may be written.
    pub(in super::super) async fn end(&mut self) -> Result<(), Refusal> {
        close(&self.exchange, &mut self.ended, self.door, None).await
    }

    /// It is broken off: the journal knows, as far as it can still be written.
    pub(in super::super) async fn broken(&mut self, refusal: Refusal) -> Refusal {
        if let Err(failed) = close(&self.exchange, &mut self.ended, self.door, Some(refusal.code())).await {
            tracing::error!(exchange = %self.exchange.id, code = failed.code(), "the end could not be journalled");
        }
        refusal
    }

    /// The head, and the first segment.
    async fn fill(&mut self) -> Result<(), Refusal> {
        for _ in 0..2 {
            let slice = self.slice().await?.ok_or(Refusal::Internal)?;
            self.pass(slice).await?;
        }
        Ok(())
    }

    /// The next slice, as soon as enough has come.
    async fn slice(&mut self) -> Result<Option<Slice>, Refusal> {
        loop {
            let Some(segments) = &mut self.segments else { return Ok(None) };
            let cut = aside(AIM, || segments.take()).await;
            if let Some(slice) = cut.map_err(|uncut| self.uncut(uncut))? {
                return Ok(Some(slice));
            }
            match self.inflow.piece().await? {
                Some(piece) => {
                    self.arrived += piece.len() as u64;
                    if self.arrived > self.exchange.streams {
                        let limit = usize::try_from(self.exchange.streams).unwrap_or(usize::MAX);
                        return Err(self.exchange.too_large(self.door, limit));
                    }
                    if let Some(segments) = &mut self.segments {
                        segments.push(&piece);
                        self.share.hold(segments.held())?;
                    }
                }
                None => {
                    let last = self.segments.take().ok_or(Refusal::Internal)?.finish();
                    return last.map(Some).map_err(|uncut| self.uncut(uncut));
                }
            }
        }
    }

    fn uncut(&self, uncut: Uncut) -> Refusal {
        match uncut {
            Uncut::FindElement { offset } => Refusal::Unparsed { what: "no value begins like this", offset },
            Uncut::FindList | Uncut::HoldElement { .. } => {
                self.exchange.too_large(self.door, self.exchange.house.limits.bytes())
            }
        }
    }

    /// One slice through the door, and its leaf.
    async fn pass(&mut self, slice: Slice) -> Result<(), Refusal> {
        let (role, number) = (slice.role, self.ended.segments);
        let Own { body, mut counts, what } = self.own(slice).await?;
        let (body, comma) = self.join(role, body);
        if role == Role::Head {
            self.lead_counts.clone_from(&counts);
        } else {
            for (count, lead) in counts.iter_mut().zip(&self.lead_counts) {
                *count = count.saturating_sub(*lead);
            }
        }
        let event = if role == Role::Head { Event::OPENED } else { Event::CONTINUED };
        let head = match (&self.written, role) {
            (Some(head), Role::Head) => head.clone(),
            _ => Head::Reply { status: StatusCode::OK, headers: HeaderMap::new() },
        };
        let message = Message { head, body };
        let passed = match what {
            What::Leaves(masked) => self.clear((message, comma), &counts, masked, (event, number)).await?,
            What::Enters(mut opened) => {
                // Where the publisher may name something, nothing streams.
                if !opened.take_given().is_empty() {
                    return Err(Refusal::Internal);
                }
                let body = after(b"", comma, &message.body);
                (opened.message, opened.counts) = (Message { body, ..message }, counts);
                Passed::Restored(opened.into_restored(&self.exchange, event, Some(number)).await?)
            }
        };
        self.ended.opened = true;
        self.ended.segments += 1;
        self.ended.bytes += passed.len() as u64;
        if let Passed::Cleared(cleared) = &passed {
            self.ended.digest.update(&cleared.message().body);
        }
        self.ready.push_back(passed);
        Ok(())
    }

    /// One slice masked or restored, and its wrapping taken off.
    async fn own(&mut self, slice: Slice) -> Result<Own, Refusal> {
        let Slice { role, behind, .. } = slice;
        let origin = Slice { document: Vec::new(), ..slice };
        let message = Message { head: self.head.clone(), body: Bytes::from(slice.document) };
        let mut watch = Watch::new();
        let (exchange, carried) = (&self.exchange, Some(&self.carried));
        let (message, counts, names, what) = match self.door {
            Door::Leave => {
                let masked =
                    leave::masked(exchange, self.selected, false, message, &mut watch, carried).await;
                let mut masked = masked.map_err(|refusal| moved(refusal, &origin))?;
                let empty = Message { head: self.head.clone(), body: Bytes::new() };
                let message = std::mem::replace(&mut masked.written.message, empty);
                let counts = std::mem::take(&mut masked.counts);
                (message, counts, std::mem::take(&mut masked.names), What::Leaves(masked))
            }
            Door::Enter => {
                let opened = enter::opened(exchange, self.selected, message, &mut watch, carried).await;
                let mut opened = opened.map_err(|refusal| moved(refusal, &origin))?;
                let empty = Message { head: self.head.clone(), body: Bytes::new() };
                let message = std::mem::replace(&mut opened.message, empty);
                let counts = std::mem::take(&mut opened.counts);
                (message, counts, std::mem::take(&mut opened.names), What::Enters(opened))
            }
        };
        // What enters last is watched for by nobody.
        if self.door == Door::Leave || self.exchange.route.asks == Asks::Publisher {
            self.carried.take(&watch, &names)?;
        }
        self.same_head(message.head)?;
        let wrapped = message.body;
        let end = wrapped.len().checked_sub(behind).ok_or(Refusal::Internal)?;
        if role == Role::Head {
            self.lead = wrapped.slice(..end).to_vec();
            return Ok(Own { body: wrapped.slice(..end), counts, what });
        }
        if !wrapped.starts_with(&self.lead) || end < self.lead.len() {
            return Err(Refusal::Internal);
        }
        Ok(Own { body: wrapped.slice(self.lead.len()..end), counts, what })
    }

    /// Every segment has the head that the first one had.
    fn same_head(&mut self, mut head: Head) -> Result<(), Refusal> {
        let media = self.head.headers().get(CONTENT_TYPE).cloned();
        if let (Head::Request { headers, .. } | Head::Reply { headers, .. }, Some(media)) = (&mut head, media)
        {
            headers.insert(CONTENT_TYPE, media);
        }
        match &self.written {
            None => self.written = Some(head),
            Some(written) if *written == head => {}
            Some(_) => return Err(Refusal::Internal),
        }
        Ok(())
    }

    /// What goes of a segment's own bytes, and whether a comma goes before it. Of elements that all went nothing is left.
    fn join(&mut self, role: Role, body: Bytes) -> (Bytes, bool) {
        let white = |byte: &&u8| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        let first = body.iter().find(white);
        match (role, first) {
            (Role::Head, _) => (body, false),
            _ if self.lines => (body, false),
            (Role::Middle, None) => (Bytes::new(), false),
            (Role::Last, None | Some(b']')) => (body, false),
            _ => (body, std::mem::replace(&mut self.any, true)),
        }
    }

    /// Masked → Cleared: behind what the guard saw last.
    async fn clear(
        &mut self,
        (own, comma): (Message, bool),
        counts: &[u32],
        masked: leave::Masked,
        (event, number): (Event, u64),
    ) -> Result<Passed, Refusal> {
        let exchange = Arc::clone(&self.exchange);
        let register = exchange.register().ok_or(Refusal::RosterUnavailable)?;
        let (before, mut permits) = std::mem::take(&mut self.tail);
        let body = after(&before, comma, &own.body);
        let (from, lead) = (before.len() + usize::from(comma), if number == 0 { 0 } else { self.lead.len() });
        let moved = masked.written.permits.into_iter().filter_map(|permit| match permit.part {
            Part::Body => {
                let start = permit.span.start.checked_sub(lead)? + from;
                Some(Permit { span: start..start + permit.span.len(), ..permit })
            }
            // Of the head that went first.
            Part::Target | Part::Header(_) => (number == 0).then_some(permit),
        });
        permits.extend(moved);
        let message = Message { head: own.head, body: body.clone() };
        let watch = self.carried.watch();
        let cleared =
            aside(body.len(), || guarded(exchange.route.suspects, Some(register), watch, &permits, message));
        let cleared = cleared.await?;
        let longest = register.watchlist.longest().max(watch.longest());
        let reach = OVERLAP.max(2 * longest + 64);
        self.tail = last_of(&body, permits, reach);
        let cleared = cleared.behind(before.len());
        exchange.note(cleared.noted());
        let crossing = Crossing {
            event,
            counts,
            salts: &masked.salts,
            permits: cleared.permits_used(),
            noted: cleared.noted(),
            withheld: masked.withheld,
            segment: Some(number),
        };
        record(&exchange, &crossing, Some(cleared.message())).await?;
        Ok(Passed::Cleared(cleared))
    }
}

impl Drop for Way {
    /// Whoever waited for it is gone: the journal must know that it has no end.
    fn drop(&mut self) {
        let mut ended = std::mem::take(&mut self.ended);
        if let (true, Ok(runtime)) = (ended.is_open(), Handle::try_current()) {
            let (exchange, door) = (Arc::clone(&self.exchange), self.door);
            runtime.spawn(async move {
                let code = Refusal::Framing("").code();
                if close(&exchange, &mut ended, door, Some(code)).await.is_err() {
                    tracing::error!(exchange = %exchange.id, "the end could not be journalled");
                }
            });
        }
    }
}

/// Where the message did not parse, as its sender counts.
fn moved(refusal: Refusal, slice: &Slice) -> Refusal {
    match refusal {
        Refusal::Unparsed { what, offset } => Refusal::Unparsed { what, offset: slice.origin(offset) },
        refusal => refusal,
    }
}
