//! `seawall up`: every part, on a practice world where there is no configuration.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use practice::{MarkSource, World, WorldOptions};
use practice_market::{Market, MarketOptions};
use practice_traders::Traders;
use runtime::log::Format;

use crate::config::{self, Config, StatusConfig};
use crate::error::CommandError;
use crate::parts::{AddressKeys, FILE_KEYS, Parts};
use crate::practice::{ChainMarks, Practice, chain_tables, gateway_over, oracle_tables};
use crate::practice_drills::{BASE, Drills};
use crate::practice_folder::PracticeFolder;
use crate::practice_venue::{
    PRACTICE_ACCOUNT, PRACTICE_KEY, PRACTICE_MONEY, PRACTICE_SECRET, trader_options, venue_hints,
    venue_tables,
};

/// How the practice world's addresses are changed, for messages.
const FLAGS: AddressKeys = AddressKeys {
    gateway: "--listen",
    oracle: "--oracle-listen",
    venue: "--venue-listen",
    status: "--status-listen",
};

/// Where the practice world's parts listen, and how many trade there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PracticePlan {
    /// The gateway.
    pub gateway: SocketAddr,
    /// The oracle.
    pub oracle: SocketAddr,
    /// The venue.
    pub venue: SocketAddr,
    /// The status page.
    pub status: SocketAddr,
    /// Traders on the venue, and makers with them; none of either where it is 0.
    pub traders: usize,
}

/// Serves what the file names, or everything on a practice world, until the process is told to stop.
///
/// # Errors
/// Where the file holds a mistake, or a part cannot start.
pub(crate) fn run(
    file: Option<&Path>,
    plan: PracticePlan,
    log_format: Format,
) -> Result<(), CommandError> {
    runtime::log::start(log_format, "info");
    if let Some(file) = file {
        let config = super::load(file)?;
        Parts::start(&config, None, FILE_KEYS)?.run_until_stopped();
        return Ok(());
    }
    let market =
        Market::start(&MarketOptions::default()).context("cannot start the practice market")?;
    let market = Arc::new(market);
    let marks: Arc<dyn MarkSource> = Arc::new(ChainMarks(Arc::clone(&market)));
    let options = WorldOptions { marks: Some(marks), ..WorldOptions::default() };
    let world = Arc::new(World::start(options).context("cannot start the practice world")?);
    let binary = std::env::current_exe().context("cannot find the path of this program")?;
    let drills = Drills::new(crate::drills::library(binary));
    let practice = Practice { world, market, traders: Arc::default(), drills };
    let data = PracticeFolder::make().context("cannot make a folder for the practice venue")?;
    let config = practice_config(&practice, plan, data.path())?;
    let parts = Parts::start(&config, Some(practice.clone()), FLAGS)?;
    if let Some(venue) = parts.venue() {
        venue.endow(PRACTICE_ACCOUNT, PRACTICE_MONEY);
    }
    if plan.traders > 0
        && let Some(url) = parts.venue_url()
    {
        let options = trader_options(&url, plan.traders, Arc::clone(&practice.market));
        let traders = Traders::start(&options).context("cannot start the practice traders")?;
        practice.traders.get_or_init(|| traders);
    }
    say_what_to_try(&practice, &parts).context("cannot write to standard output")?;
    parts.run_until_stopped();
    Ok(())
}

/// A configuration whose upstreams are the practice world's nodes.
fn practice_config(
    practice: &Practice,
    addresses: PracticePlan,
    data: &Path,
) -> Result<Config, CommandError> {
    let Practice { world, market, .. } = practice;
    let gateway = gateway_over(world, addresses.gateway)?;
    let status = StatusConfig { listen: addresses.status, name: None, controls: Vec::new() };
    let tables = oracle_tables(market, addresses.oracle)
        + &chain_tables(addresses.gateway, world.block_time())
        + &venue_tables(addresses.venue, data);
    let checked = config::check(&tables, &|_| None).config;
    let oracle = checked.map_err(|mistakes| {
        CommandError::Config(config::listing(Path::new("practice"), &mistakes, &[]))
    })?;
    Ok(Config { gateway: Some(gateway), status: Some(status), ..oracle })
}

fn say_what_to_try(practice: &Practice, parts: &Parts) -> std::io::Result<()> {
    let Practice { world, market, .. } = practice;
    let gateway_url = parts.gateway_url().unwrap_or_default();
    let oracle_url = parts.oracle_url().unwrap_or_default();
    let page_url = parts.page_url().unwrap_or_default();
    let venue_url = parts.venue_url().unwrap_or_default();
    let mut out = std::io::stdout().lock();
    let (nodes, venues) = (world.nodes().len(), market.venues().len());
    writeln!(out, "\nSeawall is up on a practice world of {nodes} nodes and {venues} venues.\n")?;
    writeln!(
        out,
        "  gateway  {gateway_url}   (chain id {}; point a wallet at it)",
        world.chain_id()
    )?;
    writeln!(out, "  oracle   {oracle_url}   (prices at /v1/prices)")?;
    writeln!(
        out,
        "  venue    {venue_url}   (Binance's USD-margined futures, for ccxt and others)"
    )?;
    writeln!(out, "  status   {page_url}   (open it in a browser)\n")?;
    writeln!(out, "Things to try with the chain:\n")?;
    for hint in world.hints(&gateway_url, page_url) {
        writeln!(out, "  {hint}")?;
    }
    writeln!(out, "\nThings to try with prices:\n")?;
    for hint in market.hints(&oracle_url, page_url) {
        writeln!(out, "  {hint}")?;
    }
    writeln!(
        out,
        "\nThings to try with the venue (key {PRACTICE_KEY}, secret {PRACTICE_SECRET}):\n"
    )?;
    for hint in venue_hints(&venue_url, page_url) {
        writeln!(out, "  {hint}")?;
    }
    writeln!(out, "\nDrills, each a crisis replayed with the defences off and on:\n")?;
    writeln!(out, "  curl {page_url}{BASE}")?;
    writeln!(out, "  curl -X POST '{page_url}{BASE}/usde?form=short'")?;
    writeln!(out, "\nCtrl-C ends it.")?;
    out.flush()
}
