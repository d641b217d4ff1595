//! The command `sluis`.

fn main() {}
