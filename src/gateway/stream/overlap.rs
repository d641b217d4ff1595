//! Segments beside one another: what goes between them, and what of one the guard sees again with the next.
//!
//! It must not know what is looked for.

use bytes::{BufMut, Bytes, BytesMut};

use super::super::guard::{Part, Permit};

/// A segment behind what stands before it.
pub(super) fn after(before: &[u8], comma: bool, own: &Bytes) -> Bytes {
    if before.is_empty() && !comma {
        return own.clone();
    }
    let mut body = BytesMut::with_capacity(before.len() + 1 + own.len());
    body.put_slice(before);
    body.put_bytes(b',', usize::from(comma));
    body.put_slice(own);
    body.freeze()
}

/// The last bytes of what the guard has seen, at least as many as `reach`, and their permits. They begin behind a
/// mark where there is one: a piece of a number could be another's.
pub(super) fn last_of(body: &Bytes, permits: Vec<Permit>, reach: usize) -> (Bytes, Vec<Permit>) {
    let end = body.len().saturating_sub(reach);
    let mark = body.iter().take(end).rposition(|byte| matches!(byte, b',' | b'{' | b'[' | b'\n'));
    let mut start = mark.map_or(0, |mark| mark + 1);
    if end - start > reach {
        start = end;
    }
    let within = |permit: &Permit| permit.span.start < start && start < permit.span.end;
    start =
        permits.iter().filter(|permit| within(permit)).map(|permit| permit.span.start).min().unwrap_or(start);
    let body_of = |permit: Permit| {
        let from = permit.span.start.checked_sub(start).filter(|_| permit.part == Part::Body)?;
        Some(Permit { span: from..from + permit.span.len(), ..permit })
    };
    // Copied, so that the whole segment is not held for it.
    let last = body.get(start..).map_or_else(Bytes::new, Bytes::copy_from_slice);
    (last, permits.into_iter().filter_map(body_of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::guard::PermitKind;

    fn permit(from: usize, to: usize) -> Permit {
        Permit { part: Part::Body, span: from..to, kind: PermitKind::Pseudonym }
    }

    #[test]
    fn the_last_bytes_begin_behind_a_mark_and_keep_their_permits() {
        let body = Bytes::from_static(b"{\"a\":\"123456\"},{\"b\":\"789\"}");
        let (last, permits) = last_of(&body, vec![permit(5, 13), permit(20, 25)], 9);
        assert_eq!((&last[..], permits), (&b"{\"b\":\"789\"}"[2 - 1..], vec![permit(4, 9)]));
        let (last, permits) = last_of(&body, vec![permit(5, 13)], 4096);
        assert_eq!((&last, permits), (&body, vec![permit(5, 13)]));
        let long = Bytes::from(vec![b'x'; 100]);
        assert_eq!(last_of(&long, Vec::new(), 10).0.len(), 10, "no mark for too long");
        // A permit is kept whole: half a pseudonym could be another's number.
        let (last, permits) = last_of(&long, vec![permit(85, 95)], 10);
        assert_eq!((last.len(), permits), (15, vec![permit(0, 10)]));
        assert!(last_of(&Bytes::new(), Vec::new(), 10).0.is_empty());
    }

    #[test]
    fn a_comma_goes_between() {
        let own = Bytes::from_static(b"{}");
        assert_eq!(after(b"", false, &own), "{}");
        assert_eq!(after(b"", true, &own), ",{}");
        assert_eq!(after(b"[", true, &own), "[,{}");
    }
}
