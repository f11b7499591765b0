# A spec in Nix with everything that `toKDL` knows.
{
  network = {
    _args = [ "lab" ];
    subnet = "10.20.0.0/16";
    dhcp = {
      _args = [ "server" ];
      range = "10.20.1.0-10.20.1.99";
      lease = "12h";
      router = null;
      dns._args = [ "10.20.0.1" "9.9.9.9" ];
    };
  };
  iso = [
    { _args = [ "arch" /srv/isos/archlinux-x86_64.iso ]; }
    {
      _args = [ "debian" "{isos}/debian \"live\".iso" ];
      arguments = [ "quiet" { _args = [ "console=tty0" "console=ttyS0,115200" ]; } ];
    }
  ];
  "let" = { _args = [ "isos" "/srv/isos" ]; };
  menu = {
    _args = [ "main" ];
    _props = { title = "Home netboot"; timeout = 30; };
    _children = [
      { entry = { _args = [ "disk" ]; _props = { boot = "local-disk"; default = true; }; }; }
      { separator = { }; }
      { entry = [ { _args = [ "arch" ]; _props = { iso = "arch"; title = null; }; } { _args = [ "debian" ]; _props.iso = "debian"; } ]; }
    ];
  };
  server = {
    http = 8080;
    tftp.single-port = { };
  };
  host = [ ];
}
