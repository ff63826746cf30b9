//! The addresses at which an address that a server is bound to is reached.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use nix::{
    ifaddrs::{InterfaceAddress, getifaddrs},
    net::if_::InterfaceFlags,
};

/// The addresses that reach `bound`. For an unspecified one these are the address that the default route uses, which is
/// the likeliest, the other private addresses of this machine, as of a network without internet, and loopback.
pub(super) fn reached_at(bound: IpAddr) -> Vec<IpAddr> {
    if !bound.is_unspecified() {
        return vec![bound];
    }
    let routed = from(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into());
    let private = private_v4().into_iter().map(IpAddr::from).filter(|&ip| Some(ip) != routed);
    let v4 = routed.into_iter().chain(private);
    match bound {
        IpAddr::V4(_) => v4.chain([Ipv4Addr::LOCALHOST.into()]).collect(),
        // On most systems an unspecified IPv6 address accepts IPv4 too.
        IpAddr::V6(_) => {
            let v6 = from(Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into());
            v4.chain(v6).chain([Ipv6Addr::LOCALHOST.into()]).collect()
        }
    }
}

/// The address from which the system would send to a documentation address. Nothing is sent.
fn from(own: IpAddr, to: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind((own, 0)).ok()?;
    socket.connect((to, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

/// The private IPv4 addresses of the interfaces that are up.
fn private_v4() -> Vec<Ipv4Addr> {
    getifaddrs().into_iter().flatten().filter_map(|interface| private_v4_of(&interface)).collect()
}

fn private_v4_of(interface: &InterfaceAddress) -> Option<Ipv4Addr> {
    let is_up = interface.flags.contains(InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING);
    let address = interface.address.as_ref()?.as_sockaddr_in()?.ip();
    (is_up && address.is_private()).then_some(address)
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, net::TcpListener};

    use super::*;

    #[test]
    fn an_unspecified_address_is_reached_at_all_that_it_may_have_and_each_is_named_once() {
        for bound in [IpAddr::from(Ipv4Addr::UNSPECIFIED), Ipv6Addr::UNSPECIFIED.into()] {
            let reached = reached_at(bound);
            assert!(reached.last().unwrap().is_loopback(), "{reached:?}");
            assert!(private_v4().into_iter().all(|ip| reached.contains(&ip.into())), "{reached:?}");
            assert_eq!(reached.iter().collect::<HashSet<_>>().len(), reached.len(), "{reached:?}");
            for ip in reached {
                TcpListener::bind((ip, 0)).unwrap();
            }
        }
        assert_eq!(reached_at(Ipv4Addr::LOCALHOST.into()), [Ipv4Addr::LOCALHOST]);
    }

    #[test]
    fn only_a_private_address_of_an_interface_that_is_up_is_listed() {
        let interface = |flags, ip: [u8; 4]| InterfaceAddress {
            interface_name: "wlan0".to_owned(),
            flags,
            address: Some(std::net::SocketAddrV4::new(ip.into(), 0).into()),
            netmask: None,
            broadcast: None,
            destination: None,
        };
        let up = InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING;
        for ip in [[10, 1, 2, 3], [172, 16, 0, 1], [192, 168, 1, 4]] {
            assert_eq!(private_v4_of(&interface(up, ip)), Some(ip.into()));
            assert_eq!(private_v4_of(&interface(InterfaceFlags::IFF_UP, ip)), None, "a cable that is not plugged in");
        }
        for ip in [[127, 0, 0, 1], [169, 254, 0, 1], [8, 8, 8, 8]] {
            assert_eq!(private_v4_of(&interface(up, ip)), None);
        }
    }
}
