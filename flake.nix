{
  description = "Boots PCs over the network from ISO files, as one KDL file says";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      each = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
    in
    {
      packages = each (pkgs: rec {
        netspec = pkgs.callPackage ./nix/package.nix { };
        default = netspec;
      });

      nixosModules = rec {
        netspec = ./nix/module.nix;
        default = netspec;
      };

      # `toKDL`, for those who write specs in Nix.
      lib = import ./nix/lib.nix;

      # The PC in the test has the processor of its server, so one kind is enough.
      checks.x86_64-linux.boots = import ./nix/test.nix { pkgs = nixpkgs.legacyPackages.x86_64-linux; };
    };
}
