//! The reader, on whole profiles and on one mistake at a time.

use crate::profile::{builtin, builtin_names};

#[test]
fn every_builtin_profile_reads() {
    for name in builtin_names() {
        assert_eq!(builtin(name).unwrap().name(), name);
    }
    assert!(builtin("oneroster-1.1").is_none());
}
