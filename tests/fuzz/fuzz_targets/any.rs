//! Every target's binary: its name says which function it runs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let own = env!("CARGO_BIN_NAME");
    let found = sluis_fuzz::TARGETS.iter().find(|(name, _)| *name == own);
    found.expect("a target of this name").1(data);
});
