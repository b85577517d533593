//! What a venue knows, for snapshots. What can be worked out from the rest is not written.

use machine::{Codec, CodecError, CodecMistake, Reader, codec_struct};

use crate::book::{Book, Chain, RestingOrder, Slot};
use crate::id::OrderId;
use crate::settings::{AssetSettings, MarketSettings};
use crate::state::{
    Account, Asset, GuardId, Holding, Ledger, Leg, LegId, Market, Marks, Resting, Triggers, Waiting,
};
use crate::tape::TapeEnd;
use crate::terms::{AssetRisk, MarketRisk};
use crate::value::{Ends, Side};
use crate::venue::Party;

codec_struct! {
    Account { cash, holdings, legs, hedge, liquidating }
    Holding { asset, amount }
    Ledger { fees, fund, dust, house, brought_in, accounts, costs }
    Marks { index, index_low, index_high, mark, low, high }
    Party { account, leg }
    Resting { orders, lots, reduce_only, notional }
    RestingOrder {
        id, account, leg, side, price, left, original, reduce_only, post_only, self_trade, tag, expires,
    }
    TapeEnd { number, hash }
    Waiting { placed, trigger, leg, best }
}

/// Places in tables.
macro_rules! places {
    ($($name:ident),*) => {$(
        impl Codec for $name {
            fn encode(&self, bytes: &mut Vec<u8>) {
                self.number().encode(bytes);
            }

            fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
                Ok(Self::new(u32::decode(reader)?))
            }
        }
    )*};
}

places!(GuardId, LegId);

impl<T: Codec> Codec for Ends<T> {
    fn encode(&self, bytes: &mut Vec<u8>) {
        let Self { at, low, high } = self;
        [at, low, high].into_iter().for_each(|end| end.encode(bytes));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let (at, low, high) = (T::decode(reader)?, T::decode(reader)?, T::decode(reader)?);
        Ok(Self { at, low, high })
    }
}

impl Codec for Leg {
    fn encode(&self, bytes: &mut Vec<u8>) {
        #[rustfmt::skip]
        let Self {
            account, market, side, lots, cost, isolated, leverage, buys, sells, liquidating, earned, waiting, cancel_at,
            guard,
            // It is made of the book's places, which are not written: see `write_chain`.
            chain: _,
        } = self;
        (*account, *market).encode(bytes);
        (*side, *lots).encode(bytes);
        (*cost, *isolated).encode(bytes);
        (*leverage, *liquidating).encode(bytes);
        (*buys, *sells).encode(bytes);
        (*earned, *waiting).encode(bytes);
        (*cancel_at, *guard).encode(bytes);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let (account, market) = Codec::decode(reader)?;
        let (side, lots) = Codec::decode(reader)?;
        let (cost, isolated) = Codec::decode(reader)?;
        let (leverage, liquidating) = Codec::decode(reader)?;
        let (buys, sells) = Codec::decode(reader)?;
        let (earned, waiting) = Codec::decode(reader)?;
        let (cancel_at, guard) = Codec::decode(reader)?;
        Ok(Self {
            account,
            market,
            side,
            lots,
            cost,
            isolated,
            leverage,
            buys,
            sells,
            liquidating,
            earned,
            chain: Chain::default(),
            waiting,
            cancel_at,
            guard,
        })
    }
}

impl Codec for Asset {
    fn encode(&self, bytes: &mut Vec<u8>) {
        let Self { settings, quote, risk, brought_in, accounts, house, house_cash, gated_until } =
            self;
        settings.encode(bytes);
        quote.encode(bytes);
        risk.price.encode(bytes);
        [brought_in, accounts, house, house_cash].into_iter().for_each(|sum| sum.encode(bytes));
        gated_until.encode(bytes);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let settings = AssetSettings::decode(reader)?;
        let odd = reader.error(CodecMistake::Value);
        let risk = AssetRisk::new(&settings).ok_or(odd)?;
        Ok(Self {
            settings,
            quote: Codec::decode(reader)?,
            risk: AssetRisk { price: Codec::decode(reader)?, ..risk },
            brought_in: Codec::decode(reader)?,
            accounts: Codec::decode(reader)?,
            house: Codec::decode(reader)?,
            house_cash: Codec::decode(reader)?,
            gated_until: Codec::decode(reader)?,
        })
    }
}

impl Codec for Market {
    fn encode(&self, bytes: &mut Vec<u8>) {
        #[rustfmt::skip]
        let Self {
            settings, state, book, quote, basis, risk, marks, last, by_mark, by_last, pace, draw_down, backstop,
            priced_at, grace_until, legs, trades, long, short,
            // Worked out from the settings and the marks; between commands nothing has moved or is dirty.
            tick_value: _, bounds: _, has_moved: _, is_dirty: _,
        } = self;
        settings.encode(bytes);
        state.encode(bytes);
        quote.encode(bytes);
        basis.encode(bytes);
        risk.mark.encode(bytes);
        (risk.in_full, (risk.open_interest, risk.surcharge)).encode(bytes);
        marks.encode(bytes);
        last.encode(bytes);
        pace.encode(bytes);
        draw_down.encode(bytes);
        backstop.encode(bytes);
        (*priced_at, *grace_until).encode(bytes);
        legs.encode(bytes);
        (*trades, (*long, *short)).encode(bytes);
        (by_mark.seen(), by_last.seen()).encode(bytes);
        write_orders(book, bytes);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let settings = MarketSettings::decode(reader)?;
        let odd = reader.error(CodecMistake::Value);
        let mut market = Self::new(settings.clone(), MarketRisk::new(&settings).ok_or(odd)?);
        market.state = Codec::decode(reader)?;
        market.quote = Codec::decode(reader)?;
        market.basis = Codec::decode(reader)?;
        market.risk.mark = Codec::decode(reader)?;
        (market.risk.in_full, (market.risk.open_interest, market.risk.surcharge)) =
            Codec::decode(reader)?;
        market.marks = Codec::decode(reader)?;
        market.last = Codec::decode(reader)?;
        market.pace = Codec::decode(reader)?;
        market.draw_down = Codec::decode(reader)?;
        market.backstop = Codec::decode(reader)?;
        (market.priced_at, market.grace_until) = Codec::decode(reader)?;
        market.legs = Codec::decode(reader)?;
        (market.trades, (market.long, market.short)) = Codec::decode(reader)?;
        let (by_mark, by_last) = Codec::decode(reader)?;
        (market.by_mark, market.by_last) = (Triggers::after(by_mark), Triggers::after(by_last));
        read_orders(&mut market.book, reader)?;
        market.set_bounds();
        Ok(market)
    }
}

/// Resting orders, from the best price on, and those of a price from the oldest on.
fn write_orders(book: &Book, bytes: &mut Vec<u8>) {
    let count = u32::try_from(book.len()).unwrap_or(u32::MAX);
    count.encode(bytes);
    resting(book).for_each(|(_, order)| order.encode(bytes));
}

/// All resting orders of a book: those to buy, then those to sell, each side from the best price on.
pub(super) fn resting(book: &Book) -> impl Iterator<Item = (Slot, &RestingOrder)> {
    book.resting(Side::Buy).chain(book.resting(Side::Sell))
}

/// Puts resting orders in. Their chains are put right by [`read_chain`].
fn read_orders(book: &mut Book, reader: &mut Reader<'_>) -> Result<(), CodecError> {
    let mut loose = Chain::default();
    for _ in 0..u32::decode(reader)? {
        let odd = reader.error(CodecMistake::Value);
        book.insert(RestingOrder::decode(reader)?, &mut loose).ok_or(odd)?;
    }
    Ok(())
}

/// A leg's resting orders, from the oldest to the newest.
pub(super) fn write_chain(book: &Book, chain: Chain, bytes: &mut Vec<u8>) {
    let orders: Vec<OrderId> = book.chained(chain).map(|(_, order)| order.id).collect();
    orders.encode(bytes);
}

/// Chains a leg's orders up; `find` says where an order rests.
pub(super) fn read_chain(
    book: &mut Book,
    reader: &mut Reader<'_>,
    find: impl Fn(OrderId) -> Option<Slot>,
) -> Result<Chain, CodecError> {
    let odd = reader.error(CodecMistake::Value);
    let orders = Vec::<OrderId>::decode(reader)?;
    let slots: Option<Vec<Slot>> = orders.into_iter().map(find).collect();
    Ok(book.chain_up(&slots.ok_or(odd)?))
}
