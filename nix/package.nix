# `pkgs.callPackage ./package.nix { }`
{
  lib,
  rustPlatform,
}:
rustPlatform.buildRustPackage {
  pname = "netspec";
  version = (builtins.fromTOML (builtins.readFile ../Cargo.toml)).package.version;

  # What Cargo.toml names, and the documents that are part of the program.
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../.cargo
      ../Cargo.lock
      ../Cargo.toml
      ../README.md
      ../docs
      ../harness
      ../specs
      ../src
      ../tests
    ];
  };
  cargoLock.lockFile = ../Cargo.lock;

  cargoBuildFlags = [
    "--package"
    "netspec"
  ];
  # They boot PCs in QEMU and make networks as root: `make test`.
  doCheck = false;

  postInstall = ''
    install -Dm644 -t $out/share/doc/netspec README.md docs/*.md specs/*.kdl
  '';

  meta = {
    description = "Boots PCs over the network from ISO files, as one KDL file says";
    license = with lib.licenses; [
      mit
      asl20
    ];
    mainProgram = "netspec";
    platforms = lib.platforms.linux;
  };
}
