//! Which hardware address has an IPv4 address: the kernel's neighbor table.
//!
//! TFTP and HTTP see only an IP address, and people know their machines by the MAC address that DHCP saw.

use std::net::Ipv4Addr;

use crate::net::MacAddr;

/// The hardware address behind an address of a directly attached network, where the kernel knows it.
pub fn hardware_address(ip: Ipv4Addr) -> Option<MacAddr> {
    find(&std::fs::read_to_string("/proc/net/arp").ok()?, ip)
}

/// Reads the table of `/proc/net/arp`: address, type, flags, hardware address, mask, device.
fn find(table: &str, ip: Ipv4Addr) -> Option<MacAddr> {
    table.lines().skip(1).find_map(|line| {
        let mut columns = line.split_whitespace();
        let address: Ipv4Addr = columns.next()?.parse().ok()?;
        let mac: MacAddr = columns.nth(2)?.parse().ok()?;
        (address == ip && mac != MacAddr([0; 6])).then_some(mac)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_complete_entries_only() {
        let table = "\
IP address       HW type     Flags       HW address            Mask     Device
10.77.0.86       0x1         0x2         52:54:00:aa:bb:cc     *        lan0
10.77.0.87       0x1         0x0         00:00:00:00:00:00     *        lan0
";
        assert_eq!(find(table, Ipv4Addr::new(10, 77, 0, 86)), "52:54:00:aa:bb:cc".parse().ok());
        assert_eq!(find(table, Ipv4Addr::new(10, 77, 0, 87)), None);
        assert_eq!(find(table, Ipv4Addr::new(10, 77, 0, 8)), None);
    }
}
