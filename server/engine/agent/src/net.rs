//! One address, known beforehand: nothing is asked of the host.

use crate::sys;
use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;

const SET_FLAGS: u32 = 0x8914;
const SET_ADDRESS: u32 = 0x8916;
const SET_MASK: u32 = 0x891c;
const UP_AND_RUNNING: u16 = 0x41;
const FAMILY: u16 = 2;

pub fn set_up() -> io::Result<()> {
    bring_up("lo", Ipv4Addr::LOCALHOST, Ipv4Addr::new(255, 0, 0, 0))?;
    crate::patient("/sys/class/net/eth0")?;
    bring_up(
        "eth0",
        Ipv4Addr::new(10, 0, 2, 15),
        Ipv4Addr::new(255, 255, 255, 0),
    )
}

fn bring_up(name: &str, address: Ipv4Addr, mask: Ipv4Addr) -> io::Result<()> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    let fd = socket.as_raw_fd();
    sys::ioctl(fd, SET_ADDRESS, &mut with_address(name, address))?;
    sys::ioctl(fd, SET_MASK, &mut with_address(name, mask))?;
    let mut flags = named(name);
    flags[16..18].copy_from_slice(&UP_AND_RUNNING.to_le_bytes());
    sys::ioctl(fd, SET_FLAGS, &mut flags)
}

/// `struct ifreq`.
fn named(name: &str) -> [u8; 40] {
    let mut all = [0; 40];
    all[..name.len()].copy_from_slice(name.as_bytes());
    all
}

fn with_address(name: &str, address: Ipv4Addr) -> [u8; 40] {
    let mut all = named(name);
    all[16..18].copy_from_slice(&FAMILY.to_le_bytes());
    all[20..24].copy_from_slice(&address.octets());
    all
}
