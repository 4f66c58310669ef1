//! What a person may choose about the Engine, and its defaults.

use std::time::Duration;

/// Where the Engine is, and whose instances these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `unix:///var/run/docker.sock` or `tcp://host:port`.
    pub host: String,
    /// Goes into a label of everything made here, so that two installations on one Engine
    /// never touch each other's containers.
    pub installation: String,
    /// How long an instance may take to end by itself when the Engine is stopped.
    pub stop_grace_s: u32,
    /// Of the disk that images are built on, this much stays free: a build that wants it ends.
    pub disk_reserve_bytes: u64,
    /// The longest wait for the Engine to begin its answer.
    pub answer_timeout: Duration,
    /// After this long without exiting, the Engine itself restarts an instance that ends.
    pub settle_after: Duration,
    /// A registry that sends nothing for this long is given up.
    pub registry_stall: Duration,
    /// A registry that wants to be asked less often is asked again for this long.
    pub registry_patience: Duration,
    /// Where the networks of the environments are cut from. Docker's own pools hold about
    /// thirty networks, which fifty apps exhaust; 198.18.0.0/15 is set aside by RFC 2544 and
    /// is in nobody's office network.
    pub subnets: Subnets,
}

/// A range of IPv4 addresses, cut into networks of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnets {
    pub base: std::net::Ipv4Addr,
    pub bits: u8,
    pub network_bits: u8,
}

impl Options {
    /// The Engine that `DOCKER_HOST` names, else the one at the usual socket.
    pub fn new(installation: &str) -> Self {
        let host = std::env::var("DOCKER_HOST")
            .ok()
            .filter(|host| !host.is_empty());
        Self {
            host: host.unwrap_or_else(|| "unix:///var/run/docker.sock".into()),
            installation: installation.to_owned(),
            stop_grace_s: 30,
            disk_reserve_bytes: 2 << 30,
            answer_timeout: Duration::from_secs(30),
            settle_after: Duration::from_secs(10),
            registry_stall: Duration::from_secs(180),
            registry_patience: Duration::from_secs(300),
            subnets: Subnets {
                base: std::net::Ipv4Addr::new(198, 18, 0, 0),
                bits: 15,
                network_bits: 26,
            },
        }
    }
}

impl Subnets {
    /// The `n`th network of the range, wrapping around at its end.
    pub fn nth(&self, n: u64) -> String {
        let index = n % self.count();
        let address = u64::from(u32::from(self.base)) + (index << (32 - self.network_bits));
        format!(
            "{}/{}",
            std::net::Ipv4Addr::from(address as u32),
            self.network_bits
        )
    }

    pub const fn count(&self) -> u64 {
        1 << (self.network_bits - self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_cut_into_equal_networks_and_wraps() {
        let subnets = Options::new("here").subnets;
        assert_eq!(subnets.count(), 2048);
        assert_eq!(subnets.nth(0), "198.18.0.0/26");
        assert_eq!(subnets.nth(5), "198.18.1.64/26");
        assert_eq!(subnets.nth(2047), "198.19.255.192/26");
        assert_eq!(subnets.nth(2048), subnets.nth(0));
    }
}
