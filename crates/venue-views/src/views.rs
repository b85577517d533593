//! All that is known beside the core.

use machine::{Codec, CodecError, Reader};
use units::Timestamp;
use venue_core::{AssetId, MarketId, PriceUpdate};

use crate::amendment::Amendment;
use crate::history::{Bounds, History};
use crate::market::MarketViews;
use crate::names::Names;
use crate::orders::Orders;
use crate::tape::Tape;
use crate::trade::{Income, UserTrade};

/// Sides of trades that are kept: some 30 MiB.
const TRADES: Bounds = Bounds { all: 1 << 17, account: 1_000 };

/// Changes of what accounts have that are kept: some 15 MiB.
const INCOME: Bounds = Bounds { all: 1 << 17, account: 1_000 };

/// Changes of orders that are kept: some 6 MiB.
const AMENDMENTS: Bounds = Bounds { all: 1 << 16, account: 500 };

/// All that is known beside the core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Views {
    pub(crate) names: Names,
    pub(crate) orders: Orders,
    pub(crate) trades: History<UserTrade>,
    pub(crate) income: History<Income>,
    pub(crate) amendments: History<Amendment>,
    /// By their numbers.
    pub(crate) markets: Vec<MarketViews>,
    /// What assets are worth, by their numbers.
    pub(crate) assets: Vec<Option<PriceUpdate>>,
    pub(crate) tape: Tape,
    /// When interest was charged last.
    pub(crate) interest_at: Timestamp,
}

impl Default for Views {
    fn default() -> Self {
        Self {
            names: Names::default(),
            orders: Orders::default(),
            trades: History::new(TRADES),
            income: History::new(INCOME),
            amendments: History::new(AMENDMENTS),
            markets: Vec::new(),
            assets: Vec::new(),
            tape: Tape::default(),
            interest_at: Timestamp::ZERO,
        }
    }
}

impl Views {
    pub(crate) fn market(&self, market: MarketId) -> Option<&MarketViews> {
        self.markets.get(market.place())
    }

    pub(crate) fn asset(&self, asset: AssetId) -> Option<PriceUpdate> {
        *self.assets.get(asset.place())?
    }
}

impl Codec for Views {
    fn encode(&self, bytes: &mut Vec<u8>) {
        let Self { names, orders, trades, income, amendments, .. } = self;
        let Self { markets, assets, tape, interest_at, .. } = self;
        names.encode(bytes);
        orders.write(bytes);
        trades.write(bytes);
        income.write(bytes);
        amendments.write(bytes);
        markets.encode(bytes);
        assets.encode(bytes);
        tape.encode(bytes);
        interest_at.encode(bytes);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let names = Names::decode(reader)?;
        let accounts = names.accounts();
        Ok(Self {
            names,
            orders: Orders::read(accounts, reader)?,
            trades: History::read(TRADES, accounts, reader)?,
            income: History::read(INCOME, accounts, reader)?,
            amendments: History::read(AMENDMENTS, accounts, reader)?,
            markets: Codec::decode(reader)?,
            assets: Codec::decode(reader)?,
            tape: Codec::decode(reader)?,
            interest_at: Codec::decode(reader)?,
        })
    }
}
