//! What the configuration wants of a venue, done as commands where the journal does not have it yet.

use units::{Money, Span};
use venue_core::{AssetId, AssetSettings, Command, VenueSettings};
use venue_views::{Desk, Labels, ORDER_NAMES_ONCE};

use crate::config::{OrderNames, VenueConfig};
use crate::engine::{Engine, Outcome, Work, unix_now};
use crate::front::refusal;

/// How long a command of the setup may take: the first waits for a disk that has just been asked for its files.
const PATIENCE: Span = Span::from_secs(30);

/// Why the configuration cannot be carried out over the journal.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The journal is of a venue that settles in something else.
    #[error(
        "the journal is of a venue that is settled in {journal}, and the configuration wants {wanted}"
    )]
    Settlement {
        /// What the journal says.
        journal: String,
        /// What the configuration says.
        wanted: String,
    },
    /// The core has refused it.
    #[error("{what} cannot follow what the journal says: {why}")]
    Refused {
        /// What was to be set.
        what: String,
        /// Why not.
        why: String,
    },
    /// It was not done.
    #[error("{what} could not be set: the engine said {why}")]
    Lost {
        /// What was to be set.
        what: String,
        /// What the engine said.
        why: String,
    },
}

/// A command, with what it sets, for messages.
type Step = (String, Command, Labels);

/// What finds out what is missing of a kind.
type Plan = fn(&Desk, &VenueConfig) -> Vec<Step>;

/// All of them, in their order.
const PLANS: [Plan; 6] = [assets, fund, markets, accounts, settings, order_names];

/// Does what is missing, in order; each step looks at what the ones before have done.
pub(crate) async fn carry_out(engine: &Engine, config: &VenueConfig) -> Result<(), SetupError> {
    let settlement = engine.read(|desk| {
        desk.venue().asset_settings(AssetId::SETTLEMENT).map(|settings| settings.name.clone())
    });
    if let Some(journal) = settlement.filter(|journal| *journal != config.settlement) {
        return Err(SetupError::Settlement { journal, wanted: config.settlement.clone() });
    }
    for plan in PLANS {
        for step in engine.read(|desk| plan(desk, config)) {
            take(engine, step).await?;
        }
    }
    Ok(())
}

fn assets(desk: &Desk, config: &VenueConfig) -> Vec<Step> {
    let settlement = AssetSettings::plain(&config.settlement);
    let wanted = config.assets.iter().map(|asset| &asset.settings);
    let steps = std::iter::once(&settlement).chain(wanted).filter_map(|settings| {
        let command = match desk.asset_named(&settings.name) {
            None => Command::AddAsset(settings.clone()),
            Some(id) if desk.venue().asset_settings(id) != Some(settings) => {
                Command::SetAsset(id, settings.clone())
            }
            Some(_) => return None,
        };
        Some((format!("asset {}", settings.name), command, Labels::default()))
    });
    steps.collect()
}

/// The fund is brought in before there is any market or account, so that a start that ends in between does it neither
/// twice nor never.
fn fund(desk: &Desk, config: &VenueConfig) -> Vec<Step> {
    let venue = desk.venue();
    let is_new = venue.markets() == 0 && venue.accounts() == 0;
    if !is_new || venue.fund().brought_in != Money::ZERO || config.fund <= Money::ZERO {
        return Vec::new();
    }
    vec![("the insurance fund".to_owned(), Command::Fund(config.fund), Labels::default())]
}

fn markets(desk: &Desk, config: &VenueConfig) -> Vec<Step> {
    let steps = config.markets.iter().filter_map(|market| {
        let settings = &market.settings;
        let boxed = || Box::new(settings.clone());
        let command = match desk.market_named(&settings.name) {
            None => Command::AddMarket(boxed()),
            Some(id) if desk.venue().market_settings(id) != Some(settings) => {
                Command::SetMarket(id, boxed())
            }
            Some(_) => return None,
        };
        Some((format!("market {}", settings.name), command, Labels::default()))
    });
    steps.collect()
}

fn accounts(desk: &Desk, config: &VenueConfig) -> Vec<Step> {
    let mut names: Vec<&String> = config.keys.iter().map(|key| &key.account).collect();
    names.extend(&config.backstop);
    names.sort_unstable();
    names.dedup();
    let missing = names.into_iter().filter(|name| desk.account_named(name).is_none());
    missing
        .map(|name| {
            (format!("account {name}"), Command::OpenAccount, Labels::account(name.clone()))
        })
        .collect()
}

fn settings(desk: &Desk, config: &VenueConfig) -> Vec<Step> {
    let backstop = config.backstop.as_ref().and_then(|name| desk.account_named(name));
    let digest_every = config.journal.digest_every;
    let wanted = VenueSettings { backstop, digest_every, ..desk.venue().settings().clone() };
    if wanted == *desk.venue().settings() {
        return Vec::new();
    }
    vec![("the venue's settings".to_owned(), Command::Configure(wanted), Labels::default())]
}

fn order_names(desk: &Desk, config: &VenueConfig) -> Vec<Step> {
    let once = config.order_names == OrderNames::Once;
    if desk.note(ORDER_NAMES_ONCE).is_some() == once {
        return Vec::new();
    }
    let labels = Labels::note(ORDER_NAMES_ONCE, once.then(Vec::new));
    vec![("for how long orders' names are taken".to_owned(), Command::Tick, labels)]
}

/// Has the engine do one step.
async fn take(engine: &Engine, (what, command, labels): Step) -> Result<(), SetupError> {
    let deadline = unix_now().after(PATIENCE);
    let work = Work { account: None, command, labels, deadline };
    match engine.submit(work).await {
        Outcome::Done(done) => {
            let refused = refusal::first(&done.events).map(|refusal| format!("{refusal:?}"));
            let desk = done.refused.first().map(|(_, refusal)| format!("{refusal:?}"));
            match refused.or(desk) {
                Some(why) => Err(SetupError::Refused { what, why }),
                None => Ok(()),
            }
        }
        other @ (Outcome::Shed(_) | Outcome::Unknown | Outcome::Stopped) => {
            Err(SetupError::Lost { what, why: format!("{other:?}") })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::path::PathBuf;
    use std::sync::Arc;

    use journal::SimulatedDisk;
    use runtime::client::Endpoint;
    use runtime::task::block_on;
    use units::{Price, Quantity, Ratio};
    use venue_core::MarketSettings;

    use super::*;
    use crate::admission::lanes;
    use crate::config::{
        AdmissionMode, ClientLimits, JournalConfig, KeyConfig, LiquidationFeed, MarketConfig,
        OrderNames, Permissions, Secret,
    };
    use crate::engine::EngineSettings;

    fn config() -> VenueConfig {
        let (tick, lot) = (Price::from_raw(100_000_000_000), Quantity::from_raw(1_000_000_000));
        let market = MarketConfig {
            settings: MarketSettings::perpetual("BTCUSDT", tick, lot),
            base: "BTC".to_owned(),
            feed: "BTC/USD".to_owned(),
            funding_interval: Span::from_secs(28_800),
            funding_max: Ratio::from_bps(75),
        };
        let key = KeyConfig {
            key: "trader-key-0000001".to_owned(),
            secret: Secret::new("the-secret-of-a-test"),
            account: "trader".to_owned(),
            permissions: Permissions::default(),
            addresses: Vec::new(),
        };
        VenueConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            workers: 1,
            data: PathBuf::new(),
            journal: JournalConfig::default(),
            prices: Endpoint::parse("http://127.0.0.1:1").expect("a URL"),
            tls: None,
            admission: AdmissionMode::Fair,
            liquidation_feed: LiquidationFeed::Every,
            order_names: OrderNames::Once,
            capacity_per_second: None,
            limits: ClientLimits::default(),
            master_secret: None,
            webhooks: Vec::new(),
            settlement: "USDT".to_owned(),
            settlement_feed: None,
            backstop: Some("rescue".to_owned()),
            fund: Money::whole(10_000),
            assets: Vec::new(),
            markets: vec![market],
            keys: vec![key],
        }
    }

    #[test]
    fn a_start_that_ends_in_the_middle_of_the_setup_is_made_up_for_by_the_next() {
        // A kill at the first start left a venue without its insurance fund for good.
        for done in 0..8 {
            let (config, disk) = (config(), SimulatedDisk::new());
            let settings = EngineSettings { tick: Span::MAX, ..EngineSettings::default() };
            let (intake, _) = lanes(AdmissionMode::Fair, None, 1);
            let engine = Engine::start_on(Arc::new(disk), &settings, Box::new(intake));
            let (engine, _) = engine.expect("an empty disk");
            let steps = PLANS.iter().flat_map(|plan| engine.read(|desk| plan(desk, &config)));
            let steps: Vec<_> = steps.take(done).collect();
            for step in steps {
                block_on(take(&engine, step)).expect("it can be done");
            }
            for _ in 0..2 {
                block_on(carry_out(&engine, &config)).expect("it can be done");
            }
            engine.read(|desk| {
                let venue = desk.venue();
                assert_eq!(venue.fund().brought_in, config.fund, "after {done} steps");
                assert_eq!((venue.markets(), venue.accounts()), (1, 2), "after {done} steps");
                assert_eq!(venue.settings().backstop, desk.account_named("rescue"));
                assert!(desk.note(ORDER_NAMES_ONCE).is_some(), "after {done} steps");
            });
            let as_binance = VenueConfig { order_names: OrderNames::Open, ..config };
            block_on(carry_out(&engine, &as_binance)).expect("it can be done");
            assert!(engine.read(|desk| desk.note(ORDER_NAMES_ONCE).is_none()));
            engine.stop();
        }
    }
}
