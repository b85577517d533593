//! Every command goes to bytes and back, and nothing else does.

use machine::CodecMistake;
use proptest::prelude::*;
use units::{Money, Price, Ratio, Span, Timestamp};

use super::{decode, encode};
use crate::command::{
    Command, Lifetime, MarketState, PlaceOrder, PriceOf, PriceStatus, PriceUpdate, Protection,
    SelfTrade, Transfer, Trigger, TriggerCondition, TriggerPrice,
};
use crate::id::{AccountId, AssetId, MarketId, OrderId};
use crate::settings::VenueSettings;
use crate::testing::perpetual;
use crate::value::{Lots, PositionSide, Side, Ticks};

fn bytes(command: &Command) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(command, &mut bytes);
    bytes
}

fn order() -> impl Strategy<Value = PlaceOrder> {
    let who = (any::<u32>(), any::<u16>(), any::<bool>(), 0_u8..3);
    let what = (any::<Option<i64>>(), any::<i64>(), 0_u8..5, any::<u64>(), any::<bool>(), 0_u8..4);
    let trigger = prop::option::of((0_u8..4, any::<i64>(), any::<bool>(), any::<bool>()));
    (who, what, trigger, any::<u64>()).prop_map(|(who, what, trigger, tag)| PlaceOrder {
        account: AccountId::new(who.0),
        market: MarketId::new(who.1),
        side: if who.2 { Side::Buy } else { Side::Sell },
        position: [PositionSide::Both, PositionSide::Long, PositionSide::Short][usize::from(who.3)],
        limit: what.0.map(Ticks::new),
        lots: Lots::new(what.1),
        lifetime: [
            Lifetime::GoodTillCancelled,
            Lifetime::GoodTill(Timestamp::from_nanos(what.3)),
            Lifetime::ImmediateOrCancel,
            Lifetime::FillOrKill,
            Lifetime::PostOnly,
        ][usize::from(what.2)],
        reduce_only: what.4,
        self_trade: [
            SelfTrade::Allow,
            SelfTrade::CancelTaker,
            SelfTrade::CancelMaker,
            SelfTrade::CancelBoth,
        ][usize::from(what.5)],
        trigger: trigger.map(|(kind, price, mark, close)| {
            let callback = Ratio::from_bps(i128::from(price));
            let price = Ticks::new(price);
            Trigger {
                condition: [
                    TriggerCondition::Stop(price),
                    TriggerCondition::TakeProfit(price),
                    TriggerCondition::Trailing { callback, from: None },
                    TriggerCondition::Trailing { callback, from: Some(price) },
                ][usize::from(kind)],
                by: if mark { TriggerPrice::Mark } else { TriggerPrice::Last },
                close_position: close,
            }
        }),
        tag,
    })
}

/// One of each of the others, with values that differ from field to field.
fn others() -> Vec<Command> {
    let (account, market, asset) = (AccountId::new(1), MarketId::new(2), AssetId::new(3));
    let transfer = Transfer { account, asset, amount: Money::whole(4) };
    let protection = Protection {
        window: Span::from_secs(5),
        lots_max: Lots::new(6),
        frozen: Span::from_secs(7),
    };
    let update = PriceUpdate {
        of: PriceOf::Index(market),
        status: PriceStatus::Split,
        market: Price::whole(8),
        liquidation: Price::whole(9),
        confidence: Price::whole(10),
        as_of: Timestamp::from_nanos(11),
    };
    vec![
        Command::Configure(VenueSettings { backstop: Some(account), ..VenueSettings::default() }),
        Command::AddMarket(Box::new(perpetual())),
        Command::SetMarket(market, Box::new(perpetual())),
        Command::SetState(market, MarketState::Auction),
        Command::OpenAccount,
        Command::Deposit(transfer),
        Command::Withdraw(transfer),
        Command::Fund(Money::whole(-1)),
        Command::SetLeverage { account, market, leverage: 20 },
        Command::SetMarginMode { account, market, isolated: true },
        Command::SetHedgeMode { account, hedge: true },
        Command::MoveMargin { account, market, side: PositionSide::Long, amount: Money::ONE },
        Command::Amend {
            account,
            order: OrderId::new(12),
            price: Ticks::new(13),
            lots: Lots::new(14),
        },
        Command::Cancel { account, order: OrderId::new(15) },
        Command::CancelAll { account, market: Some(market) },
        Command::CancelAfter { account, market, after: Span::from_secs(16) },
        Command::Protect { account, market, protection: Some(protection) },
        Command::Price(update),
        Command::Price(PriceUpdate { of: PriceOf::Asset(asset), ..update }),
        Command::Funding { market, rate: Ratio::from_bps(-1) },
        Command::Interest { rate: Ratio::from_bps(17) },
        Command::Tick,
    ]
}

#[test]
fn every_command_is_read_back_from_its_bytes() {
    // A journal that reads back as something else is another history.
    for command in others() {
        assert_eq!(decode(&bytes(&command)), Ok(command));
    }
}

#[test]
fn a_torn_command_is_an_error_and_never_another_command() {
    // The tail of a journal may be torn anywhere.
    for command in others() {
        let bytes = bytes(&command);
        for end in 0..bytes.len() {
            let error = decode(&bytes[..end]).expect_err("torn");
            assert_eq!(error.mistake, CodecMistake::Short, "{command:?} cut at {end}");
        }
    }
}

proptest! {
    #[test]
    fn every_order_is_read_back_from_its_bytes(orders in prop::collection::vec(order(), 0..4)) {
        let command = Command::PlaceAll(orders);
        prop_assert_eq!(decode(&bytes(&command)), Ok(command));
    }

    #[test]
    fn any_bytes_are_one_command_or_an_error(noise in prop::collection::vec(any::<u8>(), 0..80)) {
        // Two spellings of one command would be two hashes of one history.
        if let Ok(command) = decode(&noise) {
            prop_assert_eq!(bytes(&command), noise);
        }
    }
}
