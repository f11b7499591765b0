# A NixOS test on one LAN: a router that gives out addresses and knows nothing of network boot, netspec, and a PC without a disk
# that boots a NixOS from the ISO that netspec serves.
#
#   nix build .#checks.x86_64-linux.boots
{ pkgs }:
let
  # What the PC boots: a NixOS that is wholly in its initial RAM disk and says on the serial line when it is there.
  guest =
    (pkgs.nixos (
      { modulesPath, ... }:
      {
        imports = [ "${modulesPath}/installer/netboot/netboot-minimal.nix" ];
        boot.kernelParams = [ "console=ttyS0" ];
        networking.hostName = "booted-by-netspec";
        system.stateVersion = "24.11";
      }
    )).config.system.build;

  # Its files in an ISO.
  iso =
    pkgs.runCommand "guest.iso" { nativeBuildInputs = [ pkgs.xorriso ]; } ''
      mkdir root
      cp ${guest.kernel}/bzImage root/kernel
      cp ${guest.netbootRamdisk}/initrd root/initrd
      xorriso -as mkisofs -quiet -iso-level 3 -rational-rock -volid GUEST -o $out root
    '';

  lan = address: {
    virtualisation.vlans = [ 1 ];
    networking = {
      useDHCP = false;
      interfaces.eth1.ipv4.addresses = pkgs.lib.mkForce [
        {
          inherit address;
          prefixLength = 24;
        }
      ];
    };
  };
in
pkgs.testers.runNixOSTest {
  name = "netspec";

  nodes.router = {
    imports = [ (lan "10.20.0.1") ];
    networking.firewall.enable = false;
    services.dnsmasq = {
      enable = true;
      settings = {
        interface = "eth1";
        port = 0;
        dhcp-range = "10.20.0.100,10.20.0.199,1h";
      };
    };
  };

  nodes.server = {
    imports = [
      (lan "10.20.0.2")
      ./module.nix
    ];
    services.netspec = {
      enable = true;
      openFirewall = true;
      # The ISO is in the store, so the build looks into it.
      check = "files";
      spec = {
        network = {
          _args = [ "lan" ];
          subnet = "10.20.0.0/24";
        };
        iso._args = [
          "guest"
          iso
        ];
        menu = {
          _args = [ "main" ];
          _props = {
            title = "NixOS test";
            timeout = 1;
          };
          entry = {
            _args = [ "guest" ];
            _props = {
              iso = "guest";
              default = true;
            };
            kernel = "/kernel";
            initrd = "/initrd";
            arguments._args = [
              "init=${guest.toplevel}/init"
              "console=ttyS0"
            ];
          };
        };
        # The network card of the PC brings iPXE, but of a kind that may know too little.
        loader = [
          {
            _args = [
              "ipxe-bios"
              "${pkgs.ipxe}/undionly.kpxe"
            ];
          }
          {
            _args = [
              "pxelinux"
              "${pkgs.syslinux}/share/syslinux/lpxelinux.0"
            ];
            _props.modules = "${pkgs.syslinux}/share/syslinux";
          }
        ];
      };
    };
  };

  nodes.pc = {
    virtualisation = {
      vlans = [ 1 ];
      diskImage = null;
      directBoot.enable = false;
      memorySize = 3072;
      qemu.options = [ "-boot order=n" ];
    };
  };

  testScript = ''
    router.start()
    server.start()
    router.wait_for_unit("dnsmasq.service")
    # The service is up when its ports are open, for it is of the type `notify`.
    server.wait_for_unit("netspec.service")
    server.succeed("systemctl show netspec.service --property=User,DynamicUser | grep -q DynamicUser=yes")
    pc.start()
    pc.wait_for_console_text("booted-by-netspec login:")
    server.succeed("journalctl -u netspec.service | grep -q initrd")
  '';
}
