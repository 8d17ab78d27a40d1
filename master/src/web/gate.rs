//! Who may connect: so many connections in all, and so many from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// Connections that are being told why they are refused, or that ask something short, past a bound.
const ON_SUFFERANCE: usize = 256;
/// Refusals are logged this often at the most.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// The bounds.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Connections in all.
    pub in_all: usize,
    /// Connections of one address (of one /64 network, where it is IPv6).
    pub per_address: usize,
    /// Whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// Counts connections.
pub struct Gate {
    bounds: Bounds,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    open: usize,
    on_sufferance: usize,
    by_address: HashMap<IpAddr, usize>,
    refused: u64,
    logged_at: Option<Instant>,
}

/// Why a browser may not stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// Its address has as many connections as one may have.
    Address,
    /// There are as many connections as there may be.
    Server,
}

/// A connection that is counted until this is dropped.
pub struct Place {
    gate: Arc<Gate>,
    address: Option<IpAddr>,
    on_sufferance: bool,
}

/// What a new connection may do.
pub enum Entry {
    /// Everything.
    Welcome(Place),
    /// Ask something short, or be told why it may not stay.
    OnSufferance(Place, Full),
    /// Nothing: too many are being told already.
    Closed,
}

impl Gate {
    /// A gate nobody has come through.
    pub fn new(bounds: Bounds) -> Arc<Gate> {
        Arc::new(Gate { bounds, counts: Mutex::default() })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection from an address. A proxy's is counted for nobody: whose it is its requests say.
    pub fn enter(self: &Arc<Self>, peer: IpAddr) -> Entry {
        let address = (!self.is_trusted(peer)).then(|| network_of(peer));
        let mut counts = self.counts();
        let full = if counts.open >= self.bounds.in_all {
            Some(Full::Server)
        } else {
            let of_address = address.and_then(|address| counts.by_address.get(&address)).copied().unwrap_or(0);
            (of_address >= self.bounds.per_address).then_some(Full::Address)
        };
        let Some(full) = full else {
            counts.open += 1;
            if let Some(address) = address {
                *counts.by_address.entry(address).or_default() += 1;
            }
            drop(counts);
            return Entry::Welcome(Place { gate: self.clone(), address, on_sufferance: false });
        };
        counts.refused += 1;
        self.log(&mut counts, peer, full);
        if counts.on_sufferance >= ON_SUFFERANCE {
            return Entry::Closed;
        }
        counts.on_sufferance += 1;
        drop(counts);
        Entry::OnSufferance(Place { gate: self.clone(), address: None, on_sufferance: true }, full)
    }

    /// Counts a browser behind a trusted proxy, as long as the place is kept; `None` if `peer` is no such proxy.
    pub fn enter_behind_proxy(self: &Arc<Self>, peer: IpAddr, headers: &HeaderMap) -> Option<Result<Place, Full>> {
        if !self.is_trusted(peer) {
            return None;
        }
        let client = self.forwarded_for(headers)?;
        let address = network_of(client);
        let mut counts = self.counts();
        let of_address = counts.by_address.entry(address).or_default();
        if *of_address >= self.bounds.per_address {
            counts.refused += 1;
            self.log(&mut counts, client, Full::Address);
            return Some(Err(Full::Address));
        }
        *of_address += 1;
        // Its connection is the proxy's, which is counted already.
        counts.open += 1;
        drop(counts);
        Some(Ok(Place { gate: self.clone(), address: Some(address), on_sufferance: false }))
    }

    /// The last address in X-Forwarded-For that is not itself a trusted proxy's: what is before it anyone can write.
    fn forwarded_for(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let values = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
        for hop in hops.iter().rev() {
            let address: IpAddr = hop.parse().ok()?;
            if !self.is_trusted(address) {
                return Some(address);
            }
        }
        None
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.bounds.trusted_proxies.iter().any(|network| network.contains(&address))
    }

    /// Connections that are open, and how many there may be.
    pub fn occupancy(&self) -> (usize, usize) {
        (self.counts().open, self.bounds.in_all)
    }

    fn log(&self, counts: &mut Counts, from: IpAddr, full: Full) {
        if counts.logged_at.is_some_and(|at| at.elapsed() < LOG_INTERVAL) {
            return;
        }
        counts.logged_at = Some(Instant::now());
        let (open, refused) = (counts.open, std::mem::take(&mut counts.refused));
        let Bounds { in_all, per_address, .. } = self.bounds;
        match full {
            Full::Address => {
                tracing::warn!(%from, per_address, open, refused, "refused connections: an address has all it may have; --connections-per-address allows more")
            }
            Full::Server => tracing::warn!(
                in_all,
                open,
                refused,
                "refused connections: there are as many as there may be; the hard limit of open files (ulimit -Hn) allows more"
            ),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.gate.counts();
        if self.on_sufferance {
            counts.on_sufferance -= 1;
            return;
        }
        counts.open -= 1;
        if let Some(address) = self.address
            && let Some(of_address) = counts.by_address.get_mut(&address)
        {
            *of_address -= 1;
            if *of_address == 0 {
                counts.by_address.remove(&address);
            }
        }
    }
}

/// What is counted as one address: a household has a /64 of IPv6 addresses.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(in_all: usize, per_address: usize) -> Arc<Gate> {
        let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        Gate::new(Bounds { in_all, per_address, trusted_proxies })
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn welcome(entry: Entry) -> Option<Place> {
        match entry {
            Entry::Welcome(place) => Some(place),
            _ => None,
        }
    }

    #[test]
    fn an_address_has_its_share_and_others_are_welcome_beside_it() {
        let gate = gate(100, 2);
        let first = welcome(gate.enter(address("1.1.1.1"))).unwrap();
        let _second = welcome(gate.enter(address("::ffff:1.1.1.1"))).unwrap();
        assert!(matches!(gate.enter(address("1.1.1.1")), Entry::OnSufferance(_, Full::Address)));
        assert!(welcome(gate.enter(address("1.1.1.2"))).is_some());
        drop(first);
        assert!(welcome(gate.enter(address("1.1.1.1"))).is_some(), "who left made room");
    }

    #[test]
    fn addresses_of_one_household_are_one() {
        let gate = gate(100, 1);
        let _first = welcome(gate.enter(address("2001:db8::1"))).unwrap();
        assert!(welcome(gate.enter(address("2001:db8::2"))).is_none());
        assert!(welcome(gate.enter(address("2001:db8:0:1::2"))).is_some());
    }

    #[test]
    fn past_all_connections_a_few_may_still_ask_how_it_goes_and_not_more() {
        let gate = gate(1, 10);
        let _only = welcome(gate.enter(address("1.1.1.1"))).unwrap();
        let told: Vec<Entry> = (0..ON_SUFFERANCE).map(|_| gate.enter(address("1.1.1.2"))).collect();
        assert!(told.iter().all(|entry| matches!(entry, Entry::OnSufferance(_, Full::Server))));
        assert!(matches!(gate.enter(address("1.1.1.3")), Entry::Closed));
        drop(told);
        assert!(matches!(gate.enter(address("1.1.1.3")), Entry::OnSufferance(..)));
        assert_eq!(gate.occupancy(), (1, 1));
    }

    #[test]
    fn only_a_trusted_proxy_says_who_connects_and_only_what_it_wrote_itself_counts() {
        let gate = gate(100, 1);
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "9.9.9.9, 1.1.1.1, 10.0.0.7".parse().unwrap());
        assert!(gate.enter_behind_proxy(address("8.8.8.8"), &headers).is_none());
        let _place = gate.enter_behind_proxy(address("10.0.0.1"), &headers).unwrap().ok().unwrap();
        let again = gate.enter_behind_proxy(address("10.0.0.1"), &headers).unwrap();
        assert_eq!(again.err(), Some(Full::Address));
        assert!(welcome(gate.enter(address("1.1.1.1"))).is_none(), "it is 1.1.1.1 that connected");
        assert!(welcome(gate.enter(address("9.9.9.9"))).is_some());
        let (_one, _two) = (welcome(gate.enter(address("10.0.0.1"))), welcome(gate.enter(address("10.0.0.1"))));
        assert!(_one.is_some() && _two.is_some(), "a proxy's own connections are not bounded by address");
    }
}
