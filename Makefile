# What a newcomer types. Each line can be read; CI runs `make check test` and nothing else.

.PHONY: demo test check bench audit soak tools

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

soak:            ## what takes longer than minutes: the tests that `make test` leaves out
	cargo test --release --no-fail-fast -- --ignored

audit:           ## licences, bans and sources of every dependency, and advisories, whose database stands on github.com
	command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny check bans licenses sources
	cargo deny check advisories

tools:           ## what the tests need on a fresh Debian machine, when it is missing
	./tests/tools.sh
