# make demo    boots a PC in QEMU from an ISO that netspec serves
# make test    runs every test, the boots in QEMU included
# Both install what they need with apt-get where it is missing.

NETSPEC = target/release/netspec
LAB = target/release/netspec-harness

.PHONY: demo test setup build check unit lab compare bench clean

demo: build
	$(LAB) demo --netspec $(NETSPEC)

test: build check unit lab

setup:
	sh harness/setup.sh

build: setup
	cargo build --release --workspace

check: setup
	cargo fmt --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --document-private-items --quiet

unit: build
	cargo test --workspace --quiet

# Every boot, then the same boots with dnsmasq and nginx for comparison.
lab: build
	$(LAB) run --netspec $(NETSPEC)

compare: build
	$(LAB) compare --netspec $(NETSPEC)

bench: build
	cargo bench

clean:
	cargo clean
