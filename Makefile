# What a newcomer types. Each line can be read; CI runs `make check test` and nothing else.

.PHONY: demo test check bench bench-peers bench-flat audit attack fuzz soak tools

demo:            ## a school, Sluis and a publisher over real TLS, with invented pupils
	cargo run --release -- demo

test: tools      ## everything that proves the promises; prints what it skipped and why
	./tests/run.sh

check:           ## form: rustfmt, clippy, documentation
	cargo fmt --check
	cargo clippy --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --quiet

bench:           ## what it costs, on this machine
	cargo bench

bench-peers:     ## what it costs beside nginx and others, on the rig in ../shared/bench: writes docs/SPEED.md's table and plot
	benches/peer/peers.sh

bench-flat:      ## whether cost and memory stay flat, to 100 MB, 10,000 connections, 1,000,000 mappings: writes docs/SPEED.md and docs/flat.svg
	benches/peer/flat.sh

fuzz:            ## fuzzing led by coverage, ten minutes for all targets (needs a C++ compiler)
	./tests/fuzz/run.sh 600

soak:            ## what takes longer than minutes: the tests that `make test` leaves out, 1,000 kills, an hour of fuzzing
	SLUIS_ROUNDS=1000 cargo test --release --no-fail-fast -- --ignored --nocapture
	SLUIS_ROUNDS=1000 cargo test --release --test it vault_kill -- --nocapture
	./tests/fuzz/run.sh 3600

attack:          ## every payload of ../shared/corpora against a running server; writes docs/HARDNESS.md (some minutes)
	./tests/tools.sh attack
	rm -rf target/tmp/attack
	SLUIS_ATTACK=full cargo test --test attack -- --nocapture --skip the_page
	cargo test --test attack the_page

audit:           ## licences, bans and sources of every dependency, and advisories, whose database stands on github.com
	command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny check bans licenses sources
	cargo deny check advisories

tools:           ## what the tests need on a fresh Debian machine, when it is missing
	./tests/tools.sh
