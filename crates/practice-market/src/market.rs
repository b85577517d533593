//! The market's shell: the venues with their sockets, and what people do to them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use runtime::http::{KillableServer, ListenError, Listener};
use units::Price;

use crate::action::{Action, Change};
use crate::asset::{Asset, Place, VENUES};
use crate::floor::Floor;
use crate::server::{self, Shared, now_ms};
use crate::venue;

/// What a market is made from.
#[derive(Clone, Debug)]
pub struct MarketOptions {
    /// The address to listen on; loopback by default.
    pub bind: IpAddr,
    /// The first venue's port, the others follow; 0 takes any free ones.
    pub first_port: u16,
    /// The seed of everything random in it.
    pub seed: u64,
}

impl Default for MarketOptions {
    fn default() -> Self {
        Self { bind: IpAddr::V4(Ipv4Addr::LOCALHOST), first_port: 0, seed: 1 }
    }
}

/// Why something with venues was not done.
#[derive(Debug, thiserror::Error)]
pub enum MarketError {
    /// There is no such venue.
    #[error(
        "no venue is named {0:?}; there are: binance, coinbase, kraken, okx, bybit, bitstamp and pool"
    )]
    UnknownVenue(String),
    /// The pools are on a chain.
    #[error("pools can only be dumped and healed: break the practice chain's nodes instead")]
    NotForPools,
    /// The ports run past the last one.
    #[error("ports for six venues starting at {0} do not exist, the last port is 65535")]
    Ports(u16),
    /// A venue cannot listen.
    #[error("venue {name} cannot start")]
    Listen {
        /// The venue's name.
        name: &'static str,
        /// What the system said.
        #[source]
        source: ListenError,
    },
}

/// A market of a venue, as people and configurations see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketView {
    /// The venue's own name of it.
    pub name: String,
    /// What is bought and sold.
    pub base: Asset,
    /// What is paid with.
    pub quote: Asset,
}

/// A venue as people and configurations see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueView {
    /// Its name, that of the real one.
    pub name: &'static str,
    /// Where it streams.
    pub websocket: String,
    /// Where it answers questions.
    pub rest: String,
    /// What is traded there.
    pub markets: Vec<MarketView>,
    /// What is wrong with it in a few words; "healthy" where nothing is.
    pub fault: String,
}

/// Six venues over one market. Dropping it ends them.
#[derive(Debug)]
pub struct Market {
    shared: Arc<Shared>,
    addresses: Vec<(Place, SocketAddr)>,
    servers: Mutex<Vec<(Place, KillableServer)>>,
}

impl Market {
    /// Starts the venues.
    ///
    /// # Errors
    /// Where a port cannot be had.
    pub fn start(options: &MarketOptions) -> Result<Self, MarketError> {
        let shared = Arc::new(Shared::new(Floor::new(options.seed)));
        let (mut addresses, mut servers) = (Vec::new(), Vec::new());
        for (offset, place) in VENUES.into_iter().enumerate() {
            let port = match options.first_port {
                0 => Some(0),
                first => u16::try_from(offset).ok().and_then(|offset| first.checked_add(offset)),
            };
            let port = port.ok_or(MarketError::Ports(options.first_port))?;
            let listener = listen(place, SocketAddr::new(options.bind, port))?;
            addresses.push((place, listener.address()));
            servers.push((place, server::start(Arc::clone(&shared), place, listener)));
        }
        Ok(Self { shared, addresses, servers: Mutex::new(servers) })
    }

    /// The venues as they are now.
    #[must_use]
    pub fn venues(&self) -> Vec<VenueView> {
        let floor = self.shared.floor();
        let view = |(place, address): &(Place, SocketAddr)| {
            let markets = place.listings().iter().map(|listing| MarketView {
                name: venue::spell(*place, *listing),
                base: listing.base,
                quote: listing.quote,
            });
            VenueView {
                name: place.name(),
                websocket: format!("ws://{address}{}", venue::stream_path(*place)),
                rest: format!("http://{address}"),
                markets: markets.collect(),
                fault: floor.told(*place, now_ms()),
            }
        };
        self.addresses.iter().map(view).collect()
    }

    /// Does something to a venue, or to the pools; returns once it is done.
    ///
    /// # Errors
    /// Where there is no such venue, or it cannot have its port back.
    pub async fn apply(&self, venue: &str, action: &Action) -> Result<(), MarketError> {
        let place = Place::parse(venue);
        let place = place.ok_or_else(|| MarketError::UnknownVenue(venue.to_owned()))?;
        if place == Place::Pool && !action.suits_pools() {
            return Err(MarketError::NotForPools);
        }
        match action {
            Action::Refuse => {
                let server = self.take(place);
                if let Some(server) = server {
                    server.kill().await;
                }
            }
            Action::Heal => self.revive(place)?,
            Action::Dump(_)
            | Action::Freeze
            | Action::Delay(_)
            | Action::Disconnect
            | Action::Unstream
            | Action::Mute
            | Action::Limit(_)
            | Action::Silence
            | Action::Lie(_) => {}
        }
        self.shared.floor().apply(place, action, now_ms());
        tracing::info!(venue, ?action, "practice venue changed");
        Ok(())
    }

    /// Does something to the whole market.
    ///
    /// # Errors
    /// Where a venue that is healed cannot have its port back; the others are healed all the same.
    pub fn change(&self, change: &Change) -> Result<(), MarketError> {
        let mut outcome = Ok(());
        if *change == Change::Heal {
            for place in VENUES {
                outcome = outcome.and(self.revive(place));
            }
        }
        self.shared.floor().change(change, now_ms());
        tracing::info!(?change, "practice market changed");
        outcome
    }

    /// What an asset is worth in dollars now.
    #[must_use]
    pub fn worth(&self, asset: Asset) -> Price {
        self.shared.floor().model().worth(asset, now_ms())
    }

    /// The middle of a pool on the practice chain at a moment, in milliseconds since 1970.
    #[must_use]
    pub fn pool(&self, base: Asset, quote: Asset, at_ms: u64) -> Price {
        self.shared.floor().pool(base, quote, at_ms)
    }

    /// How many ether one wrapped ether is redeemed for at a moment, in milliseconds since 1970.
    #[must_use]
    pub fn exchange_rate(&self, at_ms: u64) -> Price {
        self.shared.floor().model().rate(at_ms)
    }

    /// What is wrong with the pools, in a few words.
    #[must_use]
    pub fn pool_fault(&self) -> String {
        self.shared.floor().told(Place::Pool, now_ms())
    }

    /// The prices that were set everywhere, in a few words each.
    #[must_use]
    pub fn falls(&self) -> Vec<String> {
        self.shared.floor().falls(now_ms())
    }

    /// Lines that tell people what to try. `oracle_url` is where the oracle answers and `control_url` where
    /// [`Market::handle`] is mounted, both without a slash at the end.
    #[must_use]
    pub fn hints(&self, oracle_url: &str, control_url: &str) -> Vec<String> {
        let market = format!("{control_url}/practice/market");
        vec![
            format!("price    curl -s {oracle_url}/v1/prices/USDE/USD"),
            format!("look     curl -s {market}"),
            format!(
                "dump     curl -s -X POST '{market}/venues/binance/dump?asset=USDE&to=0.65&over_s=20'"
            ),
            format!("why      seawall oracle explain USDE/USD --url {oracle_url}"),
            format!("freeze   curl -s -X POST {market}/venues/okx/freeze"),
            format!("delay    curl -s -X POST '{market}/venues/kraken/delay?ms=5000'"),
            format!("lie      curl -s -X POST '{market}/venues/bybit/lie?about=units'"),
            format!("fall     curl -s -X POST '{market}/fall?asset=USDE&to=0.65'"),
            format!("heal     curl -s -X POST {market}/heal"),
        ]
    }

    fn take(&self, place: Place) -> Option<KillableServer> {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let at = servers.iter().position(|(it, _)| *it == place)?;
        Some(servers.swap_remove(at).1)
    }

    /// Starts a venue's server again on its old port, where it has none.
    fn revive(&self, place: Place) -> Result<(), MarketError> {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let address = self.addresses.iter().find(|(it, _)| *it == place);
        let Some((_, address)) = address.filter(|_| servers.iter().all(|(it, _)| *it != place))
        else {
            return Ok(());
        };
        let listener = listen(place, *address)?;
        servers.push((place, server::start(Arc::clone(&self.shared), place, listener)));
        Ok(())
    }
}

fn listen(place: Place, address: SocketAddr) -> Result<Listener, MarketError> {
    let name = place.name();
    Listener::bind(address).map_err(|source| MarketError::Listen { name, source })
}
