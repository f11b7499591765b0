# What nix/ needs of nixpkgs, as little of it as the tests need: this machine may have no nixpkgs. Derivations are real and are
# built with the shell and the tools of the machine.
{ netspec }:
let
  inherit (builtins) all concatStringsSep elem listToAttrs map mapAttrs pathExists;

  build =
    name: environment: script:
    derivation (
      environment
      // {
        inherit name;
        system = builtins.currentSystem;
        builder = "/bin/sh";
        args = [ "-e" "-c" script ];
        PATH = concatStringsSep ":" (map (input: "${input}/bin") (environment.nativeBuildInputs or [ ]) ++ [ "/usr/bin" "/bin" ]);
      }
    );

  lib = {
    mkOption = option: option;
    mkEnableOption = description: { default = false; inherit description; };
    mkIf = condition: value: if condition then value else { };
    mkForce = value: value;
    optionalString = condition: text: if condition then text else "";
    literalExpression = text: text;
    literalMD = text: text;
    genAttrs = names: make: listToAttrs (map (name: { inherit name; value = make name; }) names);
    licenses = { mit = "MIT"; asl20 = "Apache-2.0"; };
    platforms.linux = [ "x86_64-linux" ];
    fileset = {
      unions = paths: assert all pathExists paths; paths;
      toSource = { root, fileset }: { inherit root fileset; };
    };
    types = {
      package = { };
      str = { };
      path = { };
      anything = { };
      bool = { };
      port = { };
      enum = values: { inherit values; };
      attrsOf = type: { };
      listOf = type: { };
      oneOf = types: { };
    };
  };

  # The program that is tested, as a package.
  program = build "netspec" { } "/bin/mkdir -p $out/bin; ln -s ${netspec} $out/bin/netspec";

  pkgs = {
    inherit lib;
    writeText = name: text: build name { inherit text; } "printf %s \"$text\" > $out";
    runCommand = build;
    callPackage = file: arguments: import file { inherit lib; rustPlatform.buildRustPackage = package: package; };
    xorriso = program;
    ipxe = "/ipxe";
    syslinux = "/syslinux";
    nixos = module: {
      config.system.build = { kernel = "/kernel"; netbootRamdisk = "/ramdisk"; toplevel = "/toplevel"; };
    };
    testers.runNixOSTest = test: test;
  };
in
{
  inherit lib pkgs program;

  # The configuration that the module makes of settings of `services.netspec`.
  module =
    settings:
    let
      made = import ../../nix/module.nix { inherit config lib pkgs; };
      options = made.options.services.netspec;
      config.services.netspec = mapAttrs (name: option: settings.${name} or option.default) options;
      unknown = builtins.filter (name: !elem name (builtins.attrNames options)) (builtins.attrNames settings);
    in
    assert unknown == [ ];
    made.config;
}
