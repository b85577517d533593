//! What the configuration wants of a venue, done as commands where the journal does not have it yet.

use units::{Money, Span};
use venue_core::{AssetId, AssetSettings, Command, MarketId, PriceOf, VenueSettings};
use venue_views::{Desk, Labels};

use crate::config::VenueConfig;
use crate::engine::{Engine, Outcome, Work, unix_now};
use crate::front::refusal;
use crate::prices::FeedPlan;

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

/// Does what is missing, in order; each step looks at what the ones before have done.
pub(crate) async fn carry_out(engine: &Engine, config: &VenueConfig) -> Result<(), SetupError> {
    let is_new = engine.read(|desk| desk.entries() == 0);
    let settlement = engine.read(|desk| {
        desk.venue().asset_settings(AssetId::SETTLEMENT).map(|settings| settings.name.clone())
    });
    if let Some(journal) = settlement.filter(|journal| *journal != config.settlement) {
        return Err(SetupError::Settlement { journal, wanted: config.settlement.clone() });
    }
    for plan in [assets, markets, accounts, settings] {
        for step in engine.read(|desk| plan(desk, config)) {
            take(engine, step).await?;
        }
    }
    if is_new && config.fund > Money::ZERO {
        let step = ("the insurance fund".to_owned(), Command::Fund(config.fund), Labels::default());
        take(engine, step).await?;
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
    let wanted = VenueSettings { backstop, ..desk.venue().settings().clone() };
    if wanted == *desk.venue().settings() {
        return Vec::new();
    }
    vec![("the backstop".to_owned(), Command::Configure(wanted), Labels::default())]
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

/// The feeds that bring prices of markets and of assets, and what they are the prices of.
pub(crate) fn feeds(desk: &Desk, config: &VenueConfig) -> Vec<FeedPlan> {
    let markets = config.markets.iter().filter_map(|market| {
        let id: MarketId = desk.market_named(&market.settings.name)?;
        Some(FeedPlan { feed: market.feed.clone(), of: PriceOf::Index(id) })
    });
    let assets = config.assets.iter().filter_map(|asset| {
        let id: AssetId = desk.asset_named(&asset.settings.name)?;
        Some(FeedPlan { feed: asset.feed.clone(), of: PriceOf::Asset(id) })
    });
    markets.chain(assets).collect()
}
