# The NixOS module `services.netspec`. docs/install.md shows it.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.services.netspec;
  kdl = import ./lib.nix;

  isNodes = builtins.isAttrs cfg.spec && !(cfg.spec ? outPath) || builtins.isList cfg.spec;
  # A text may begin with `/` too: with `//`, `/*` or `/-`.
  isPlace =
    builtins.isString cfg.spec
    && builtins.substring 0 1 cfg.spec == "/"
    && !builtins.elem (builtins.substring 1 1 cfg.spec) [ "" "/" "*" "-" ];

  # What is written here, as a file in the store.
  written =
    if isNodes then
      pkgs.writeText "netspec.kdl" (kdl.toKDL cfg.spec)
    else if builtins.isString cfg.spec then
      pkgs.writeText "netspec.kdl" cfg.spec
    else
      # A path or a derivation.
      "${cfg.spec}";

  # The same file, if `netspec check` has nothing against it: else the system is not built.
  checked =
    pkgs.runCommand "netspec-checked.kdl"
      {
        nativeBuildInputs = [ cfg.package ];
        preferLocalBuild = true;
      }
      ''
        netspec check --no-host ${lib.optionalString (cfg.check == "language") "--no-files"} ${written}
        cp ${written} $out
      '';

  file = if isPlace then cfg.spec else checked;
in
{
  options.services.netspec = {
    enable = lib.mkEnableOption "netspec, which boots PCs over the network from ISO files";

    package = mkOption {
      type = types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = lib.literalMD "built from the source beside this module";
      description = "The package of netspec.";
    };

    spec = mkOption {
      # A string comes first, so that a text is never taken for a path.
      type = types.oneOf [
        types.str
        types.path
        (types.attrsOf types.anything)
        (types.listOf types.anything)
      ];
      example = lib.literalExpression ''
        {
          network = { _args = [ "home" ]; subnet = "192.168.1.0/24"; };
          iso = { _args = [ "arch" "/srv/isos/archlinux-x86_64.iso" ]; };
        }
      '';
      description = ''
        What PCs boot: the text of a spec; a file, as `./lab.kdl` or a derivation; nodes as Nix values, as `nix/lib.nix` reads
        them; or, as a string, the absolute path of a spec that is on the machine and is not checked before it is served.

        The file is copied to the store alone. So paths in it are absolute, and it includes no file by a relative path. A
        derivation in Nix values, such as an ISO by `pkgs.fetchurl`, becomes its path.
      '';
    };

    check = mkOption {
      type = types.enum [
        "language"
        "files"
      ];
      default = "language";
      description = ''
        What `netspec check` looks at while the system is built. `language`: all that the spec says. `files`: the ISOs and loaders
        that it names, too, which must be in the store then. What is wrong with them is found in any case when the service starts.
      '';
    };

    force = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to give out addresses also where another DHCP server answers.";
    };

    openFirewall = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to let PCs in: UDP 67, 69 and 4011, and HTTP.";
    };

    httpPort = mkOption {
      type = types.port;
      default = if builtins.isAttrs cfg.spec then cfg.spec.server.http or 80 else 80;
      defaultText = lib.literalMD "`http` of `server`, where the spec is an attribute set, else 80";
      description = "The port that the spec serves HTTP at, for `openFirewall`.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];

    networking.firewall = lib.mkIf cfg.openFirewall {
      allowedTCPPorts = [ cfg.httpPort ];
      allowedUDPPorts = [
        67
        69
        4011
      ];
    };

    # The same as docs/systemd/netspec.service, which has the reasons; a test compares them.
    systemd.services.netspec = {
      description = "netspec, which boots PCs over the network";
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      after = [ "network-online.target" ];
      serviceConfig = {
        Type = "notify";
        ExecStart = "${cfg.package}/bin/netspec serve ${lib.optionalString cfg.force "--force "}${file}";
        Restart = "on-failure";
        RestartSec = "5s";
        LimitNOFILE = 65536;

        DynamicUser = true;
        StateDirectory = "netspec";
        CacheDirectory = "netspec";
        UMask = "0077";

        AmbientCapabilities = [
          "CAP_NET_BIND_SERVICE"
          "CAP_NET_RAW"
        ];
        CapabilityBoundingSet = [
          "CAP_NET_BIND_SERVICE"
          "CAP_NET_RAW"
        ];
        NoNewPrivileges = true;

        ProtectSystem = "strict";
        ProtectHome = true;
        PrivateMounts = true;
        PrivateTmp = true;
        PrivateDevices = true;
        DevicePolicy = "closed";
        ProtectClock = true;
        ProtectControlGroups = true;
        ProtectHostname = true;
        ProtectKernelLogs = true;
        ProtectKernelModules = true;
        ProtectKernelTunables = true;
        ProtectProc = "invisible";
        RemoveIPC = true;
        LockPersonality = true;
        MemoryDenyWriteExecute = true;
        RestrictAddressFamilies = [
          "AF_INET"
          "AF_INET6"
          "AF_NETLINK"
          "AF_PACKET"
          "AF_UNIX"
        ];
        RestrictNamespaces = true;
        RestrictRealtime = true;
        RestrictSUIDSGID = true;
        SystemCallArchitectures = "native";
        SystemCallErrorNumber = "EPERM";
        SystemCallFilter = [
          "@system-service"
          "~@privileged @resources"
        ];
      };
    };
  };
}
