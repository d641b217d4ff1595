//! Keeping secrets out of core dumps, debuggers, swap and panic messages.
//!
//! It must not know what the secrets are.

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// Whether memory is kept out of swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locked {
    /// All of it, now and later.
    All,
    /// None of it: the limit on locked memory is lower than what a running Sluis needs.
    Limit,
    /// None of it: the kernel refused.
    Refused,
}

/// No core dumps, no ptrace by others of the same user, panics without their text; and, for a process that
/// serves, memory locked. Call it before any key is read. A step that the kernel refuses is logged and not
/// fatal: a container may forbid what another layer already provides.
///
/// Memory is locked as a whole (`mlockall`, which is safe to call) and only where the limit is infinite: with
/// a finite one every later allocation beyond it would fail. Locking single keys needs `mlock` on a pointer,
/// which is `unsafe` and so not for this crate.
pub fn guard_process(lock_memory: bool) -> Locked {
    hush_panics();
    if setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).is_err() {
        tracing::warn!("core dumps could not be switched off");
    }
    if set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err() {
        tracing::warn!("the process could not be made undumpable");
    }
    if !lock_memory || getrlimit(Resource::Memlock).current.is_some() {
        return Locked::Limit;
    }
    let flags = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    if mlockall(flags).is_ok() { Locked::All } else { Locked::Refused }
}

/// A panic's text may hold a value; its place never does.
fn hush_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!(%place, "a part of Sluis failed unexpectedly");
    }));
}
