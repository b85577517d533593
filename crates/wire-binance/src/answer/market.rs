//! What is answered about markets.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};

use crate::decimal::Decimal;
use crate::json::{ToJson, shapes};
use crate::text::{Asset, Symbol};
use crate::words::AdlRisk;

shapes! {
    /// The time.
    ServerTime {
        /// By the venue's clock.
        server_time: u64 = "serverTime",
    }

    /// A book, or the best of it.
    Book {
        /// The number of the last change that it holds.
        last_update_id: u64 = "lastUpdateId",
        /// When it was told.
        event_time: u64 = "E",
        /// When it last changed.
        transaction_time: u64 = "T",
        /// The best bid first.
        bids: Vec<Level> = "bids",
        /// The best ask first.
        asks: Vec<Level> = "asks",
    }

    /// A trade.
    PublicTrade {
        /// Its number in its market.
        id: u64 = "id",
        /// At which price.
        price: Decimal = "price",
        /// How much of the base.
        quantity: Decimal = "qty",
        /// How much of the quote.
        quote_quantity: Decimal = "quoteQty",
        /// When.
        time: u64 = "time",
        /// Whether the buyer's order rested.
        buyer_is_maker: bool = "isBuyerMaker",
    }

    /// Trades of one order at one price.
    AggTrade {
        /// Their number.
        id: u64 = "a",
        /// At which price.
        price: Decimal = "p",
        /// How much of the base.
        quantity: Decimal = "q",
        /// The number of the first of them.
        first_id: u64 = "f",
        /// The number of the last of them.
        last_id: u64 = "l",
        /// When.
        time: u64 = "T",
        /// Whether the buyer's order rested.
        buyer_is_maker: bool = "m",
    }

    /// What happened within a day.
    DayTicker {
        /// Of which market.
        symbol: Symbol = "symbol",
        /// By how much the price has changed.
        price_change: Decimal = "priceChange",
        /// The same in hundredths of the first price.
        price_change_percent: Decimal = "priceChangePercent",
        /// What a unit of the base cost on average.
        weighted_average_price: Decimal = "weightedAvgPrice",
        /// The latest price.
        last_price: Decimal = "lastPrice",
        /// The quantity of the latest trade.
        last_quantity: Decimal = "lastQty",
        /// The first price.
        open_price: Decimal = "openPrice",
        /// The highest price.
        high_price: Decimal = "highPrice",
        /// The lowest price.
        low_price: Decimal = "lowPrice",
        /// How much of the base was traded.
        volume: Decimal = "volume",
        /// How much of the quote was traded.
        quote_volume: Decimal = "quoteVolume",
        /// When the day began.
        open_time: u64 = "openTime",
        /// When it ended: now.
        close_time: u64 = "closeTime",
        /// The number of its first trade.
        first_id: u64 = "firstId",
        /// The number of its last trade.
        last_id: u64 = "lastId",
        /// How many trades.
        count: u64 = "count",
    }

    /// The latest price.
    PriceTicker {
        /// Of which market.
        symbol: Symbol = "symbol",
        /// The price.
        price: Decimal = "price",
        /// When it was traded at.
        time: u64 = "time",
    }

    /// The best bid and ask.
    BestTicker {
        /// Of which market.
        symbol: Symbol = "symbol",
        /// The best bid; zero where there is none.
        bid_price: Decimal = "bidPrice",
        /// How much of the base is bid for at it.
        bid_quantity: Decimal = "bidQty",
        /// The best ask; zero where there is none.
        ask_price: Decimal = "askPrice",
        /// How much of the base is asked for at it.
        ask_quantity: Decimal = "askQty",
        /// When the book last changed.
        time: u64 = "time",
    } ? {
        /// The number of the last change of the book.
        last_update_id: u64 = "lastUpdateId",
    }

    /// Mark, index and funding.
    PremiumIndex {
        /// Of which market.
        symbol: Symbol = "symbol",
        /// The mark.
        mark_price: Decimal = "markPrice",
        /// The index.
        index_price: Decimal = "indexPrice",
        /// What the contract would be settled at now.
        estimated_settle_price: Decimal = "estimatedSettlePrice",
        /// The rate that funding was charged at last, or will be next.
        last_funding_rate: Decimal = "lastFundingRate",
        /// The part of it that is interest.
        interest_rate: Decimal = "interestRate",
        /// When funding is charged next.
        next_funding_time: u64 = "nextFundingTime",
        /// When this was so.
        time: u64 = "time",
    }

    /// Funding that was charged.
    FundingCharge {
        /// In which market.
        symbol: Symbol = "symbol",
        /// At which rate: what longs pay of their notional.
        funding_rate: Decimal = "fundingRate",
        /// When.
        funding_time: u64 = "fundingTime",
        /// The mark then.
        mark_price: Decimal = "markPrice",
    }

    /// How funding is charged.
    FundingRule {
        /// In which market.
        symbol: Symbol = "symbol",
        /// The highest rate.
        cap: Decimal = "adjustedFundingRateCap",
        /// The lowest rate.
        floor: Decimal = "adjustedFundingRateFloor",
        /// Every so many hours.
        interval_hours: u32 = "fundingIntervalHours",
        /// Whether there is something to know about it; always false.
        disclaimer: bool = "disclaimer",
    }

    /// How many contracts there are.
    OpenInterest {
        /// How much of the base all longs have.
        open_interest: Decimal = "openInterest",
        /// In which market.
        symbol: Symbol = "symbol",
        /// When.
        time: u64 = "time",
    }

    /// How many contracts there were.
    OpenInterestThen {
        /// In which market.
        symbol: Symbol = "symbol",
        /// How much of the base all longs had.
        open_interest: Decimal = "sumOpenInterest",
        /// What that was worth at the mark.
        open_interest_value: Decimal = "sumOpenInterestValue",
        /// When.
        timestamp: u64 = "timestamp",
    }

    /// How many accounts were long, and how many short.
    LongShortRatio {
        /// In which market.
        symbol: Symbol = "symbol",
        /// How many were long for each that was short.
        ratio: Decimal = "longShortRatio",
        /// The part that was long.
        long: Decimal = "longAccount",
        /// The part that was short.
        short: Decimal = "shortAccount",
        /// When.
        timestamp: u64 = "timestamp",
    }

    /// Whether all is well.
    SystemStatus {
        /// 0 where it is, 1 where the venue takes no orders.
        status: u32 = "status",
        /// The same in a word.
        message: String = "msg",
    }

    /// What an index is made of.
    Constituents {
        /// Of which market.
        symbol: Symbol = "symbol",
        /// When.
        time: u64 = "time",
        /// Each market that it looks at.
        constituents: Vec<Constituent> = "constituents",
    }

    /// A market that an index looks at.
    Constituent {
        /// The venue.
        exchange: String = "exchange",
        /// The market's name there.
        symbol: String = "symbol",
        /// The price there.
        price: Decimal = "price",
        /// How much it counts.
        weight: Decimal = "weight",
    }

    /// What the insurance fund has.
    InsuranceBalance {
        /// For which markets.
        symbols: Vec<Symbol> = "symbols",
        /// How much of which asset.
        assets: Vec<InsuranceAsset> = "assets",
    }

    /// What the insurance fund has of an asset.
    InsuranceAsset {
        /// Of which.
        asset: Asset = "asset",
        /// How much.
        margin_balance: Decimal = "marginBalance",
        /// When.
        update_time: u64 = "updateTime",
    }

    /// What collateral counts for.
    AssetIndex {
        /// Its name, such as `BTCUSD`.
        symbol: Symbol = "symbol",
        /// When.
        time: u64 = "time",
        /// What one unit is worth.
        index: Decimal = "index",
        /// What is taken off when it counts as margin.
        bid_buffer: Decimal = "bidBuffer",
        /// What is put on when it is owed.
        ask_buffer: Decimal = "askBuffer",
        /// What one unit counts for as margin.
        bid_rate: Decimal = "bidRate",
        /// What one unit counts for when it is owed.
        ask_rate: Decimal = "askRate",
        /// What is taken off when it is exchanged.
        auto_exchange_bid_buffer: Decimal = "autoExchangeBidBuffer",
        /// What is put on when it is exchanged.
        auto_exchange_ask_buffer: Decimal = "autoExchangeAskBuffer",
        /// What one unit is exchanged for.
        auto_exchange_bid_rate: Decimal = "autoExchangeBidRate",
        /// What one unit that is owed is exchanged for.
        auto_exchange_ask_rate: Decimal = "autoExchangeAskRate",
    }

    /// How near deleveraging a market is.
    SymbolAdlRisk {
        /// Which.
        symbol: Symbol = "symbol",
        /// How near.
        risk: AdlRisk = "adlRisk",
        /// When.
        update_time: u64 = "updateTime",
    }
}

/// A level of a book: on the wire a list of two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// At which price.
    pub price: Decimal,
    /// How much of the base.
    pub quantity: Decimal,
}

impl ToJson for Level {
    fn write(&self, out: &mut Vec<u8>) {
        [self.price, self.quantity].write(out);
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (price, quantity) = Deserialize::deserialize(deserializer)?;
        Ok(Self { price, quantity })
    }
}

/// A candle: on the wire a list of twelve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// When it began.
    pub open_time: u64,
    /// Its last millisecond.
    pub close_time: u64,
    /// The first price.
    pub open: Decimal,
    /// The highest.
    pub high: Decimal,
    /// The lowest.
    pub low: Decimal,
    /// The last.
    pub close: Decimal,
    /// How much of the base was traded.
    pub volume: Decimal,
    /// How much of the quote was traded.
    pub quote_volume: Decimal,
    /// How many trades.
    pub trades: u64,
    /// How much of the base takers bought.
    pub taker_buy_volume: Decimal,
    /// How much of the quote takers bought for.
    pub taker_buy_quote_volume: Decimal,
}

impl ToJson for Candle {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        let mut put = |one: &dyn ToJson| {
            one.write(out);
            out.push(b',');
        };
        put(&self.open_time);
        for number in [&self.open, &self.high, &self.low, &self.close, &self.volume] {
            put(number);
        }
        put(&self.close_time);
        put(&self.quote_volume);
        put(&self.trades);
        put(&self.taker_buy_volume);
        put(&self.taker_buy_quote_volume);
        // What it is nobody says.
        out.extend_from_slice(b"\"0\"]");
    }
}

impl<'de> Deserialize<'de> for Candle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(CandleVisitor)
    }
}

struct CandleVisitor;

impl<'de> Visitor<'de> for CandleVisitor {
    type Value = Candle;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a candle as a list of twelve")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Candle, A::Error> {
        fn next<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(list: &mut A) -> Result<T, A::Error> {
            list.next_element()?.ok_or_else(|| A::Error::custom("a candle that is too short"))
        }
        let candle = Candle {
            open_time: next(&mut list)?,
            open: next(&mut list)?,
            high: next(&mut list)?,
            low: next(&mut list)?,
            close: next(&mut list)?,
            volume: next(&mut list)?,
            close_time: next(&mut list)?,
            quote_volume: next(&mut list)?,
            trades: next(&mut list)?,
            taker_buy_volume: next(&mut list)?,
            taker_buy_quote_volume: next(&mut list)?,
        };
        while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(candle)
    }
}
