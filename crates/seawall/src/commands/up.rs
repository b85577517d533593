//! `seawall up`: every part, on a practice world where there is no configuration.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use gateway::config::{AdmissionConfig, ChainConfig, ClientLimits, GatewayConfig, UpstreamConfig};
use practice::{World, WorldOptions};
use runtime::client::Endpoint;
use runtime::log::Format;

use crate::config::{Config, StatusConfig};
use crate::error::CommandError;
use crate::parts::{AddressKeys, FILE_KEYS, Parts};

/// The name of the practice world's chain.
const CHAIN: &str = "practice";

/// How the practice world's addresses are changed, for messages.
const FLAGS: AddressKeys =
    AddressKeys { gateway: "--listen", oracle: "--oracle-listen", status: "--status-listen" };

/// Where the practice world's parts listen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PracticeAddresses {
    /// The gateway.
    pub gateway: SocketAddr,
    /// The status page.
    pub status: SocketAddr,
}

/// Serves what the file names, or everything on a practice world, until the process is told to stop.
///
/// # Errors
/// Where the file holds a mistake, or a part cannot start.
pub(crate) fn run(
    file: Option<&Path>,
    addresses: PracticeAddresses,
    log_format: Format,
) -> Result<(), CommandError> {
    runtime::log::start(log_format, "info");
    if let Some(file) = file {
        let config = super::load(file)?;
        Parts::start(&config, None, FILE_KEYS)?.run_until_stopped();
        return Ok(());
    }
    let world = World::start(WorldOptions::default()).context("cannot start the practice world")?;
    let world = Arc::new(world);
    let config = practice_config(&world, addresses)?;
    let parts = Parts::start(&config, Some(Arc::clone(&world)), FLAGS)?;
    say_what_to_try(&world, &parts).context("cannot write to standard output")?;
    parts.run_until_stopped();
    Ok(())
}

/// A configuration whose upstreams are the practice world's nodes.
fn practice_config(world: &World, addresses: PracticeAddresses) -> Result<Config, CommandError> {
    let mut upstreams = Vec::new();
    for node in world.nodes() {
        let http = Endpoint::parse(&node.url)
            .map_err(|why| anyhow::anyhow!("practice node {}: {why}", node.name))?;
        let upstream = UpstreamConfig::new(&node.name, http, &node.operator);
        upstreams.push(UpstreamConfig { cloud: Some(node.cloud), ..upstream });
    }
    let chain = ChainConfig::new(CHAIN, world.chain_id(), world.block_time(), upstreams);
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let gateway = GatewayConfig {
        listen: addresses.gateway,
        workers,
        limits: ClientLimits::default(),
        admin_token: None,
        admission: AdmissionConfig::default(),
        chains: vec![chain],
    };
    let status = StatusConfig { listen: addresses.status, name: None, controls: Vec::new() };
    Ok(Config { gateway: Some(gateway), oracle: None, status: Some(status) })
}

fn say_what_to_try(world: &World, parts: &Parts) -> std::io::Result<()> {
    let gateway_url = parts.gateway_url().unwrap_or_default();
    let page_url = parts.page_url().unwrap_or_default();
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nSeawall is up on a practice world of {} nodes.\n", world.nodes().len())?;
    writeln!(
        out,
        "  gateway  {gateway_url}   (chain id {}; point a wallet at it)",
        world.chain_id()
    )?;
    writeln!(out, "  status   {page_url}   (open it in a browser)\n")?;
    writeln!(out, "Things to try:\n")?;
    for hint in world.hints(&gateway_url, page_url) {
        writeln!(out, "  {hint}")?;
    }
    writeln!(out, "\nCtrl-C ends it.")?;
    out.flush()
}
