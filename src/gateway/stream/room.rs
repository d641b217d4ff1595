//! What all messages that stream may hold together: places, bytes of segments that are larger than usual, and values that
//! are watched for.
//!
//! A segment waits in several places at once: as it comes, between the stages, behind the one that is being written. Of the
//! usual size that is little for every place; a large one is counted, until the last piece of its message is taken. It must
//! not know what is in a segment.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::refusal::Refusal;

/// Messages that stream at once.
const AT_ONCE: usize = 16;
/// Bytes of a segment that need not be counted.
pub(super) const USUAL: usize = 256 * 1024;
/// How often a segment, or what was made of it, may be held at one time: coming, passed and waiting, being put, in the
/// channel, being written, and what the guard sees again.
const COPIES: usize = 6;
/// Bytes that large segments may take together: two of eight MiB, with all their copies.
const BYTES: usize = 128 * 1024 * 1024;
/// Values that one message may make Sluis watch for, and all messages together: about a hundred thousand people.
pub(super) const MOST: usize = 400_000;
/// Values of one message that need not be counted.
const FEW: usize = 4096;
/// Bytes that one permit stands for.
const UNIT: usize = 4096;

static PLACES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(AT_ONCE)));
static VALUES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(MOST)));
static ROOM: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(BYTES / UNIT)));

/// One message's part, for as long as it or any piece of it is held.
#[derive(Debug)]
pub(in super::super) struct Share {
    _place: OwnedSemaphorePermit,
    room: Arc<Semaphore>,
    bytes: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Share {
    /// A place for one more message.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when all are taken.
    pub(super) fn take() -> Result<Arc<Self>, Refusal> {
        Self::of(&PLACES, &ROOM)
    }

    fn of(places: &Arc<Semaphore>, room: &Arc<Semaphore>) -> Result<Arc<Self>, Refusal> {
        let place = Arc::clone(places).try_acquire_owned().map_err(|_| Refusal::Overloaded)?;
        Ok(Arc::new(Self { _place: place, room: Arc::clone(room), bytes: Mutex::default() }))
    }

    /// Room for segments of so many bytes.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when there is none.
    pub(super) fn hold(&self, bytes: usize) -> Result<(), Refusal> {
        if bytes <= USUAL {
            return Ok(());
        }
        let mut held = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let has = held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let wants = (bytes - USUAL).saturating_mul(COPIES).div_ceil(UNIT).saturating_sub(has);
        let wants = u32::try_from(wants).map_err(|_| Refusal::Overloaded)?;
        if wants == 0 {
            return Ok(());
        }
        let more = Arc::clone(&self.room).try_acquire_many_owned(wants).map_err(|_| Refusal::Overloaded)?;
        match held.as_mut() {
            Some(held) => held.merge(more),
            None => *held = Some(more),
        }
        Ok(())
    }

    /// A piece that keeps its message's part until it is taken.
    pub(in super::super) fn keep(self: &Arc<Self>, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Kept { bytes, _share: Arc::clone(self) })
    }
}

/// What the watch of a message may hold: values, of which so many need not be counted.
#[derive(Debug, Default)]
pub(in super::super) struct Values(Option<OwnedSemaphorePermit>);

impl Values {
    /// Room for so many in all.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when there is none.
    pub(super) fn hold(&mut self, count: usize) -> Result<(), Refusal> {
        self.hold_of(&VALUES, count)
    }

    fn hold_of(&mut self, room: &Arc<Semaphore>, count: usize) -> Result<(), Refusal> {
        let has = self.0.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if count <= FEW + has {
            return Ok(());
        }
        // Some at once: this is asked for each value.
        let wants = u32::try_from((count - FEW - has).max(FEW)).map_err(|_| Refusal::Overloaded)?;
        let more = Arc::clone(room).try_acquire_many_owned(wants).map_err(|_| Refusal::Overloaded)?;
        match self.0.as_mut() {
            Some(held) => held.merge(more),
            None => self.0 = Some(more),
        }
        Ok(())
    }
}

struct Kept {
    bytes: Bytes,
    _share: Arc<Share>,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rooms(places: usize, bytes: usize) -> (Arc<Semaphore>, Arc<Semaphore>) {
        (Arc::new(Semaphore::new(places)), Arc::new(Semaphore::new(bytes / UNIT)))
    }

    #[test]
    fn a_large_segment_is_counted_until_its_last_piece_is_taken() {
        let large = USUAL + 10 * UNIT;
        let (places, room) = rooms(2, 10 * UNIT * COPIES);
        let share = Share::of(&places, &room).unwrap();
        share.hold(USUAL).unwrap();
        assert_eq!(room.available_permits(), 10 * COPIES, "the usual size is not counted");
        share.hold(large).unwrap();
        share.hold(large).unwrap();
        assert_eq!(room.available_permits(), 0, "the largest counts, once");
        assert_eq!(share.hold(large + 1), Err(Refusal::Overloaded));
        let other = Share::of(&places, &room).unwrap();
        assert_eq!(other.hold(large), Err(Refusal::Overloaded));
        assert!(matches!(Share::of(&places, &room), Err(Refusal::Overloaded)), "no third place");

        let piece = share.keep(Bytes::from_static(b"piece"));
        drop(share);
        let rest = piece.slice(1..);
        drop(piece);
        assert_eq!(other.hold(large), Err(Refusal::Overloaded), "somebody still holds it");
        drop(rest);
        other.hold(large).unwrap();
        Share::of(&places, &room).unwrap();
    }

    #[test]
    fn what_is_watched_for_is_counted_over_all_messages() {
        let room = Arc::new(Semaphore::new(2 * FEW));
        let [mut one, mut other] = [Values::default(), Values::default()];
        one.hold_of(&room, FEW).unwrap();
        assert_eq!(room.available_permits(), 2 * FEW, "a few are not counted");
        one.hold_of(&room, FEW + 1).unwrap();
        one.hold_of(&room, 3 * FEW).unwrap();
        other.hold_of(&room, FEW).unwrap();
        assert_eq!(other.hold_of(&room, FEW + 1), Err(Refusal::Overloaded));
        assert_eq!(one.hold_of(&room, 3 * FEW + 1), Err(Refusal::Overloaded));
        drop(one);
        other.hold_of(&room, FEW + 1).unwrap();
    }
}
