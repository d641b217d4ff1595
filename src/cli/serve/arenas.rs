//! How many arenas glibc's allocator may have, which it reads from the environment when a process begins.
//!
//! It makes one for each thread that contends, up to eight a core, and what one has freed serves no other: large
//! messages, worked on by one thread after another, then hold twice the memory (docs/decisions/0014). `mallopt` would do,
//! but is not safe code; so the process begins once more. It knows nothing of what is served.

use std::os::unix::process::CommandExt;
use std::process::Command;

const SETTING: &str = "MALLOC_ARENA_MAX";
const ARENAS: &str = "2";

/// Begins the process anew with few arenas, under the same number and with the same arguments, unless somebody has set
/// how many there may be. Comes back when that was so, or could not be done: then more memory is used, and nothing else.
pub(super) fn limit() {
    if !cfg!(target_env = "gnu") || std::env::var_os(SETTING).is_some() {
        return;
    }
    let mut arguments = std::env::args_os();
    let Some(name) = arguments.next() else { return };
    // Not by its path, which may name a newer file by now.
    let error = Command::new("/proc/self/exe").arg0(name).args(arguments).env(SETTING, ARENAS).exec();
    tracing::warn!(error = %error.kind(), "the allocator keeps its many arenas: large messages take more memory");
}
