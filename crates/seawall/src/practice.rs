//! What runs where there is no configuration: a practice chain and a practice market, and the oracle's tables over
//! them.

use std::fmt::Write as _;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use gateway::config::{AdmissionConfig, ChainConfig, ClientLimits, GatewayConfig, UpstreamConfig};
use practice::{MARKET_CONTRACTS, MarkSource, MarketContracts, Marks, World};
use practice_market::{Asset, Market, MarketView};
use practice_traders::Traders;
use runtime::client::Endpoint;
use runtime::http::{Request, Response, StatusCode};
use status::{Mount, StatusState};
use units::Span;

use crate::practice_drills::{self, Drills};

/// The feeds: symbol, class, what CoinGecko calls the asset, and what it can be redeemed for.
const FEEDS: [(&str, &str, &str, Option<&str>); 6] = [
    ("BTC/USD", "major", "bitcoin", None),
    ("ETH/USD", "major", "ethereum", None),
    ("USDT/USD", "pegged", "tether", Some(r#"rate = "1""#)),
    ("USDC/USD", "pegged", "usd-coin", Some(r#"rate = "1""#)),
    ("USDE/USD", "pegged", "ethena-usde", Some(r#"rate = "1""#)),
    ("WBETH/USD", "pegged", "wrapped-beacon-eth", Some(r#"base = "ETH/USD", rate = "wbeth""#)),
];

/// The practice chain, the practice market, and the practice venue's traders.
#[derive(Clone, Debug)]
pub(crate) struct Practice {
    /// The chain's nodes.
    pub world: Arc<World>,
    /// The venues.
    pub market: Arc<Market>,
    /// The traders, once the venue is there.
    pub traders: Arc<OnceLock<Traders>>,
    /// The drills that can be started beside them.
    pub drills: Drills,
}

impl Practice {
    /// Mounts the buttons of all on the page.
    pub(crate) fn mount(&self, state: &StatusState) {
        let all = self.clone();
        state.set_panel(Arc::new(move || {
            let traders = all.traders.get().map(Traders::panel_html).unwrap_or_default();
            let (market, world) = (all.market.panel_html(), all.world.panel_html());
            format!("{traders}{market}{world}{}", all.drills.panel_html())
        }));
        state.mount(practice_drills::BASE, Arc::new(DrillMount(self.drills.clone())));
        // The longer path first: whichever is mounted first takes what is below it.
        state.mount("/practice/venue", Arc::new(TraderMount(Arc::clone(&self.traders))));
        state.mount("/practice/market", Arc::new(MarketMount(Arc::clone(&self.market))));
        state.mount("/practice", Arc::new(WorldMount(Arc::clone(&self.world))));
    }
}

/// The configuration of a gateway whose upstreams are the nodes of a practice chain.
///
/// # Errors
/// Where a node has no address.
pub(crate) fn gateway_over(world: &World, listen: SocketAddr) -> anyhow::Result<GatewayConfig> {
    let mut upstreams = Vec::new();
    for node in world.nodes() {
        let http = Endpoint::parse(&node.url)
            .map_err(|why| anyhow::anyhow!("practice node {}: {why}", node.name))?;
        let upstream = UpstreamConfig::new(&node.name, http, &node.operator);
        upstreams.push(UpstreamConfig { cloud: Some(node.cloud), ..upstream });
    }
    let chain = ChainConfig::new(CHAIN, world.chain_id(), world.block_time(), upstreams);
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(GatewayConfig {
        listen,
        workers,
        limits: ClientLimits::default(),
        admin_token: None,
        admission: AdmissionConfig::default(),
        chains: vec![chain],
    })
}

struct WorldMount(Arc<World>);

impl Mount for WorldMount {
    fn handle(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>> {
        Box::pin(self.0.handle(request))
    }
}

struct DrillMount(Drills);

impl Mount for DrillMount {
    fn handle(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>> {
        Box::pin(self.0.handle(request))
    }
}

struct MarketMount(Arc<Market>);

impl Mount for MarketMount {
    fn handle(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>> {
        Box::pin(self.0.handle(request))
    }
}

struct TraderMount(Arc<OnceLock<Traders>>);

impl Mount for TraderMount {
    fn handle(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>> {
        match self.0.get() {
            Some(traders) => Box::pin(traders.handle(request)),
            None => {
                let why = "{\"error\":\"there are no practice traders\"}\n";
                Box::pin(async move { Response::json(StatusCode::NOT_FOUND, why) })
            }
        }
    }
}

/// The market as the chain's contracts see it.
#[derive(Debug)]
pub(crate) struct ChainMarks(pub Arc<Market>);

impl MarkSource for ChainMarks {
    fn marks(&self, unix_seconds: u64) -> Marks {
        let at_ms = unix_seconds.saturating_mul(1_000);
        Marks {
            usde_usdt: self.0.pool(Asset::Usde, Asset::Usdt, at_ms),
            wbeth_eth: self.0.pool(Asset::Wbeth, Asset::Eth, at_ms),
            rate: self.0.exchange_rate(at_ms),
        }
    }
}

/// The name of the practice world's chain.
pub(crate) const CHAIN: &str = "practice";

/// What the oracle reads on the practice chain, through the gateway: pools, so that there is a second kind of market,
/// and what the wrapped ether is redeemed for.
pub(crate) fn chain_tables(gateway: SocketAddr, block_time: Span) -> String {
    let address = |bytes| wire_eth::Address(bytes).to_string();
    let MarketContracts { usde, usdt, weth, wbeth, usde_pool, wbeth_pool } = MARKET_CONTRACTS;
    let pool = |pool, asset, unit, feed: &str, quote: &str| {
        format!(
            "[[oracle.chain.source]]\nkind = \"uniswap_v3\"\naddress = \"{}\"\nasset = \"{}\"\nunit = \"{}\"\n\
             feed = \"{feed}\"\nquote = \"{quote}\"\nwindow = \"1m\"\n",
            address(pool),
            address(asset),
            address(unit),
        )
    };
    format!(
        "\n[[oracle.chain]]\nname = \"{CHAIN}\"\nhttp = \"http://{gateway}/{CHAIN}\"\npoll = \"{}ms\"\n\
         {}{}\
         [[oracle.chain.rate]]\nname = \"wbeth\"\nkind = \"wbeth\"\naddress = \"{}\"\n",
        block_time.as_millis().max(100),
        pool(usde_pool, usde, usdt, "USDE/USD", "USDT/USD"),
        pool(wbeth_pool, wbeth, weth, "WBETH/USD", "ETH/USD"),
        address(wbeth),
    )
}

/// The oracle's tables over a practice market: what a file would hold.
pub(crate) fn oracle_tables(market: &Market, listen: SocketAddr) -> String {
    let mut text = format!("[oracle]\nlisten = \"{listen}\"\n");
    for (symbol, class, coingecko, fundamental) in FEEDS {
        let fundamental =
            fundamental.map_or_else(String::new, |it| format!("fundamental = {{ {it} }}\n"));
        push(
            &mut text,
            format_args!(
                "\n[[oracle.feed]]\nsymbol = \"{symbol}\"\nclass = \"{class}\"\ncoingecko = \"{coingecko}\"\n\
                 {fundamental}"
            ),
        );
    }
    for venue in market.venues() {
        push(
            &mut text,
            format_args!(
                "\n[[oracle.venue]]\nvenue = \"{}\"\nwebsocket = \"{}\"\nrest = \"{}\"\nmarkets = [\n",
                venue.name, venue.websocket, venue.rest
            ),
        );
        for line in venue.markets.iter().filter_map(market_line) {
            push(&mut text, format_args!("  {line},\n"));
        }
        text.push_str("]\n");
    }
    text
}

/// A market of a venue; none for what is priced in something that has no feed for it.
fn market_line(market: &MarketView) -> Option<String> {
    let feed = format!("{}/USD", market.base);
    let quote = match market.quote {
        Asset::Usd => String::new(),
        Asset::Usdt => ", quote = \"USDT/USD\"".to_owned(),
        Asset::Eth => ", quote = \"ETH/USD\"".to_owned(),
        Asset::Btc | Asset::Usdc | Asset::Usde | Asset::Wbeth => return None,
    };
    Some(format!("{{ market = \"{}\", feed = \"{feed}\"{quote} }}", market.name))
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    text.write_fmt(arguments).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use practice_market::MarketOptions;

    use super::*;
    use crate::config;

    #[test]
    fn the_practice_market_can_be_read_as_a_file_would_be() {
        // Else the first thing that a stranger tries ends with a list of mistakes in a file that they never saw.
        let market = Market::start(&MarketOptions::default()).expect("starts");
        let listen = SocketAddr::from(([127, 0, 0, 1], 8600));
        let gateway = SocketAddr::from(([127, 0, 0, 1], 8545));
        let tables = oracle_tables(&market, listen) + &chain_tables(gateway, Span::from_secs(2));
        let checked = config::check(&tables, &|_| None);
        let config = checked.config.unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{tables}"));
        assert_eq!(checked.warnings, []);
        let oracle = config.oracle.expect("an oracle");
        assert_eq!((oracle.feeds.len(), oracle.venues.len(), oracle.chains.len()), (6, 6, 1));
        assert_eq!(oracle.settings().sources.len(), 35);
    }
}
