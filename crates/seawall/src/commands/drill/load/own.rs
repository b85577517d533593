//! What is loaded where no target is named: the real gateway over practice nodes, or the real venue, in this process.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, anyhow};
use load::capacity::Surface;
use load::{Holder, Prices};
use practice::{World, WorldOptions};
use runtime::client::{Client, Endpoint};
use runtime::clock;
use units::Span;

use crate::config::{self, Config};
use crate::error::CommandError;
use crate::parts::{AddressKeys, Parts};
use crate::practice::gateway_over;
use crate::practice_folder::PracticeFolder;
use crate::practice_venue::{
    PRACTICE_ACCOUNT, PRACTICE_KEY, PRACTICE_MONEY, PRACTICE_SECRET, standing_prices, venue_tables,
};

/// What a message names where an address cannot be had: the system chooses them.
const ADDRESSES: AddressKeys =
    AddressKeys { gateway: "nothing", oracle: "nothing", venue: "nothing", status: "nothing" };

/// How long it may take until it is ready.
const READY_WITHIN: Span = Span::from_secs(30);

/// How often it is asked whether it is, and how long it may take to say so.
const ASKED_EVERY: Span = Span::from_millis(50);

/// The largest answer to that, in bytes.
const READY_BYTES: usize = 64 << 10;

/// A part of ours and what it needs, for as long as it is loaded.
#[derive(Debug)]
pub(super) struct Own {
    surface: Surface,
    address: SocketAddr,
    /// There until the end.
    parts: Option<Parts>,
    world: Option<World>,
    _prices: Option<Prices>,
    _folder: Option<PracticeFolder>,
}

impl Own {
    /// Starts it.
    ///
    /// # Errors
    /// Where it cannot be.
    pub(super) fn start(surface: Surface) -> Result<Self, CommandError> {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        match surface {
            Surface::Gateway => {
                let world = World::start(WorldOptions::default());
                let world = world.context("cannot start the practice nodes")?;
                let gateway = Some(gateway_over(&world, anywhere)?);
                let config =
                    Config { gateway, oracle: None, venue: None, status: None, names: None };
                let parts = Parts::start(&config, None, ADDRESSES)?;
                let address = address(parts.gateway_url())?;
                Ok(Self {
                    surface,
                    address,
                    parts: Some(parts),
                    world: Some(world),
                    _prices: None,
                    _folder: None,
                })
            }
            Surface::Venue => {
                let folder =
                    PracticeFolder::make().context("cannot make a folder for the venue")?;
                let prices = standing_prices().context("cannot start a source of prices")?;
                let source = format!("[venue]\nprices = \"http://{}\"\n", prices.address());
                let tables =
                    venue_tables(anywhere, folder.path()).replacen("[venue]\n", &source, 1);
                let checked = config::check(&tables, &|_| None).config;
                let config = checked.map_err(|mistakes| {
                    let file = std::path::Path::new("venue");
                    CommandError::Config(config::listing(file, &mistakes, &[]))
                })?;
                let parts = Parts::start(&config, None, ADDRESSES)?;
                if let Some(venue) = parts.venue() {
                    venue.endow(PRACTICE_ACCOUNT, PRACTICE_MONEY);
                }
                let address = address(parts.venue_url())?;
                let (prices, folder) = (Some(prices), Some(folder));
                let parts = Some(parts);
                Ok(Self { surface, address, parts, world: None, _prices: prices, _folder: folder })
            }
        }
    }

    /// Where it is.
    ///
    /// # Errors
    /// None that can be: its address makes a URL.
    pub(super) fn endpoint(&self) -> Result<Endpoint, CommandError> {
        let endpoint = Endpoint::parse(&format!("http://{}", self.address));
        Ok(endpoint.map_err(|why| anyhow!(why))?)
    }

    /// In whose name orders are sent to it.
    pub(super) fn account(&self) -> Option<Holder> {
        let venue = self.parts.as_ref().and_then(Parts::venue);
        venue.map(|_| Self::key())
    }

    /// The key of its account.
    pub(super) fn key() -> Holder {
        Holder::new(PRACTICE_ACCOUNT, PRACTICE_KEY, PRACTICE_SECRET)
    }

    /// What it is.
    pub(super) fn words(&self) -> String {
        match (&self.surface, &self.world) {
            (Surface::Gateway, Some(world)) => {
                format!("a gateway over {} practice nodes in this process", world.nodes().len())
            }
            _ => "a venue in this process".to_owned(),
        }
    }

    /// Waits until it is ready.
    ///
    /// # Errors
    /// Where it takes too long.
    pub(super) async fn wait(&self) -> Result<(), CommandError> {
        let client = Client::new(self.endpoint()?, READY_BYTES);
        let until = clock::now().after(READY_WITHIN);
        while clock::now() < until {
            let asked = client.get("/readyz", READY_WITHIN).await;
            if asked.is_ok_and(|answer| answer.status.as_u16() == 200) {
                return Ok(());
            }
            clock::sleep(ASKED_EVERY).await;
        }
        Err(anyhow!("{} was not ready within {READY_WITHIN}", self.words()).into())
    }
}

impl Drop for Own {
    /// Before its folder goes, in which a venue that still ran would write.
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            parts.stop();
        }
    }
}

fn address(url: Option<String>) -> Result<SocketAddr, CommandError> {
    let address = url.as_deref().and_then(|url| url.rsplit('/').next()?.parse().ok());
    Ok(address.context("the part has no address")?)
}
