//! WebSockets whose clients have not said yet who they are. Anybody can open one, so each network has
//! a small share of the places, and when all are taken, whoever has waited longest makes room: nobody
//! is kept out by strangers who say nothing.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

use crate::domain::network::network;

/// Where they wait. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Lobby(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most: usize,
    most_a_network: usize,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// The number of the next one.
    next: u64,
    /// By their numbers: the first has waited longest.
    guests: BTreeMap<u64, Guest>,
    /// How many each network has.
    networks: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Guest {
    /// None where the address is not known: those are not counted for one.
    network: Option<IpAddr>,
    leave: CancellationToken,
}

/// A place in the lobby, as long as it exists.
#[derive(Debug)]
pub(super) struct LobbyPlace {
    lobby: Lobby,
    number: u64,
    leave: CancellationToken,
}

impl Lobby {
    /// Nobody waits.
    pub fn new(most: usize, most_a_network: usize) -> Self {
        Self(Arc::new(Inner {
            most,
            most_a_network,
            waiting: Mutex::default(),
        }))
    }

    /// Lets one more in, unless its network has as many as it may.
    pub fn enter(&self, address: Option<IpAddr>) -> Option<LobbyPlace> {
        let network = address.map(network);
        let mut waiting = self.waiting();
        if let Some(network) = network {
            let count = waiting.networks.entry(network).or_default();
            if *count >= self.0.most_a_network {
                return None;
            }
            *count += 1;
        }
        while waiting.guests.len() >= self.0.most.max(1) {
            waiting.dismiss_oldest();
        }
        let number = waiting.next;
        waiting.next += 1;
        let leave = CancellationToken::new();
        let guest = Guest {
            network,
            leave: leave.clone(),
        };
        waiting.guests.insert(number, guest);
        drop(waiting);
        Some(LobbyPlace {
            lobby: self.clone(),
            number,
            leave,
        })
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        let waiting = &self.0.waiting;
        waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn dismiss_oldest(&mut self) {
        if let Some((_, oldest)) = self.guests.pop_first() {
            self.uncount(oldest.network);
            oldest.leave.cancel();
        }
    }

    fn uncount(&mut self, network: Option<IpAddr>) {
        let Some(network) = network else {
            return;
        };
        if let Some(count) = self.networks.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.networks.remove(&network);
            }
        }
    }
}

impl LobbyPlace {
    /// Is over when this one has to make room.
    pub fn leave(&self) -> CancellationToken {
        self.leave.clone()
    }
}

impl Drop for LobbyPlace {
    fn drop(&mut self) {
        let mut waiting = self.lobby.waiting();
        if let Some(guest) = waiting.guests.remove(&self.number) {
            waiting.uncount(guest.network);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(lobby: &Lobby, address: &str) -> Option<LobbyPlace> {
        lobby.enter(Some(address.parse().unwrap()))
    }

    fn is_in(place: Option<&LobbyPlace>) -> bool {
        place.is_some_and(|place| !place.leave.is_cancelled())
    }

    #[test]
    fn a_network_has_its_share_whatever_its_addresses_are() {
        for addresses in [
            ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:1:1:1"],
            ["203.0.113.5", "203.0.113.5", "203.0.113.5"],
            ["203.0.113.5", "::ffff:203.0.113.5", "::ffff:cb00:7105"],
        ] {
            let lobby = Lobby::new(10, 2);
            let [first, second, third] = addresses.map(|address| enter(&lobby, address));
            assert!(is_in(first.as_ref()) && is_in(second.as_ref()));
            assert!(third.is_none(), "{addresses:?}");
            // Others are not of that network.
            for other in ["2001:db8:0:1::1", "203.0.113.6", "::ffff:203.0.113.7"] {
                assert!(enter(&lobby, other).is_some(), "{other}");
            }
            drop(first);
            assert!(enter(&lobby, addresses[2]).is_some());
        }
    }

    #[test]
    fn the_oldest_makes_room_and_is_counted_no_more() {
        let lobby = Lobby::new(2, 2);
        let first = enter(&lobby, "2001:db8::1");
        let second = enter(&lobby, "2001:db8::2");
        assert!(enter(&lobby, "2001:db8::3").is_none());
        let third = enter(&lobby, "2001:db8:0:1::1");
        assert!(!is_in(first.as_ref()));
        assert!(is_in(second.as_ref()) && is_in(third.as_ref()));
        // Its place is free for its network, though it is not gone yet; when it is, no other goes.
        let fourth = enter(&lobby, "2001:db8::4");
        assert!(!is_in(second.as_ref()) && is_in(fourth.as_ref()));
        drop((first, second));
        assert_eq!(lobby.waiting().guests.len(), 2);
        let unknown = [lobby.enter(None), lobby.enter(None), lobby.enter(None)];
        let left = unknown.iter().filter(|place| is_in(place.as_ref()));
        assert_eq!(left.count(), 2);
        drop((third, fourth, unknown));
        let waiting = lobby.waiting();
        assert!(waiting.guests.is_empty() && waiting.networks.is_empty());
    }
}
