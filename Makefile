# make demo      boots a PC in QEMU from an ISO that netspec serves
# make test      runs every test, the boots in QEMU included
# Both install with apt-get what is missing.
#
# make matrix    boots every firmware with every system, and writes the table of README.md
# make gallery   boots every spec of specs/ to its menu, and writes docs/gallery.md with the screens
# make captures  records what each firmware asks, for tests that need no QEMU
# make compare   power-on to login, netspec beside dnsmasq and nginx
# make bench     the servers alone, beside nginx and dnsmasq: files, and answers to DHCP
# make fuzz      looks for inputs that make netspec panic, SECONDS (60) for each kind; needs `cargo install cargo-fuzz`

NETSPEC = target/release/netspec
LAB = target/debug/netspec-harness

.PHONY: demo test setup build media check unit run matrix gallery captures compare bench clean

demo: build
	$(LAB) demo --netspec $(NETSPEC)

# The media take minutes of waiting for packages, so they are made while the compiler works.
test: build
	$(MAKE) --no-print-directory -j 2 media unit
	$(MAKE) --no-print-directory compare run

setup:
	sh harness/setup.sh

build: setup
	+cargo build -p netspec-harness
	+cargo build --release

media: build
	$(LAB) media --cache target/media
	+cargo test --package netspec-harness --lib --quiet is_reproducible -- --ignored

unit: build
	+cargo fmt --check
	+cargo clippy --workspace --all-targets -- -D warnings
	+RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --document-private-items --quiet
	+cargo test --workspace --quiet

run: build
	$(LAB) run --netspec $(NETSPEC)
	$(LAB) matrix --cut --netspec $(NETSPEC)

matrix: build
	$(LAB) matrix --netspec $(NETSPEC) --into README.md

gallery: build
	$(LAB) gallery --netspec $(NETSPEC)

captures: build
	$(LAB) captures --netspec $(NETSPEC)

compare: build
	$(LAB) compare --netspec $(NETSPEC)

bench: setup
	+cargo bench

# cargo-fuzz asks for a nightly compiler only because of the flags of the sanitizer, which the variable allows.
SECONDS = 60
FUZZ = RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir tests/fuzz --target-dir target/fuzz
FOR = -- -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048

fuzz:
	mkdir -p tests/fuzz/corpus/spec_text tests/fuzz/corpus/dhcp_packet tests/fuzz/corpus/iso_index target/fuzz/isos
	xorriso -as mkisofs -quiet -rational-rock -joliet -o target/fuzz/isos/specs.iso specs
	+$(FUZZ) spec_text tests/fuzz/corpus/spec_text specs tests/diagnostics $(FOR) -max_len=4096
	+$(FUZZ) dhcp_packet tests/fuzz/corpus/dhcp_packet $(FOR) -max_len=1500
	+$(FUZZ) iso_index tests/fuzz/corpus/iso_index target/fuzz/isos $(FOR) -max_len=524288

clean:
	+cargo clean
