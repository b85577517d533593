//! Leverage, margin mode, position mode, and margin of isolated positions.

use units::Money;
use venue_core::{Command, Refusal};
use venue_views::Labels;
use wire_binance::answer::{Done, MarginMoved};
use wire_binance::{
    ErrorCode, Failure, MarginType, NewLeverage, NewMarginType, NewPositionMargin, Number,
    ToJson as _,
};

use super::Front;
use super::auth::Caller;
use super::market::Market;
use super::refusal::{self, Tried};

/// Has a setting made, and gives the error of its refusal.
async fn set(
    front: &Front,
    caller: &Caller,
    command: Command,
    (tried, market): (Tried<'_>, Option<&Market>),
) -> Result<(), Failure> {
    let done = front.work(caller, command, Labels::default()).await?;
    match refusal::first(&done.events) {
        None => Ok(()),
        Some(refusal) => Err(refused_for(front, caller, refusal, (tried, market))),
    }
}

/// Whether it is an order or a position that is in the way has a code each.
fn refused_for(
    front: &Front,
    caller: &Caller,
    refusal: Refusal,
    (tried, market): (Tried<'_>, Option<&Market>),
) -> Failure {
    let id = market.map(|market| market.id);
    let orders = || front.look(|desk| desk.open_orders(caller.key.account, id).next().is_some());
    match (refusal, tried) {
        (Refusal::Position, Tried::MarginMode) if orders() => {
            Failure::of(ErrorCode::MarginTypeOpenOrders)
        }
        (Refusal::Position, Tried::HedgeMode) if orders() => {
            Failure::of(ErrorCode::PositionSideOpenOrders)
        }
        _ => refusal::failure(refusal, tried, market),
    }
}

/// Sets the leverage in a market.
///
/// # Errors
/// Where it is refused.
pub(crate) async fn leverage(
    front: &Front,
    caller: &Caller,
    asked: &NewLeverage,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let leverage = asked.leverage;
    let command = Command::SetLeverage { account: caller.key.account, market: market.id, leverage };
    set(front, caller, command, (Tried::Leverage(leverage), Some(market))).await?;
    Ok(super::account::brackets::leverage_set(market, leverage).to_json())
}

/// Sets the margin mode in a market.
///
/// # Errors
/// Where it is that already, or is refused.
pub(crate) async fn margin_type(
    front: &Front,
    caller: &Caller,
    asked: &NewMarginType,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let (account, isolated) = (caller.key.account, asked.margin_type == MarginType::Isolated);
    let is_isolated = front.look(|desk| {
        let mut positions = desk.venue().positions(account);
        positions.any(|position| position.market == market.id && position.isolated.is_some())
    });
    if is_isolated == isolated {
        return Err(Failure::of(ErrorCode::NoNeedToChangeMarginType));
    }
    let command = Command::SetMarginMode { account, market: market.id, isolated };
    set(front, caller, command, (Tried::MarginMode, Some(market))).await?;
    Ok(Done::success().to_json())
}

/// Sets one-way or hedge mode.
///
/// # Errors
/// Where it is that already, or is refused.
pub(crate) async fn position_mode(
    front: &Front,
    caller: &Caller,
    hedge: bool,
) -> Result<Vec<u8>, Failure> {
    let account = caller.key.account;
    let now = front.look(|desk| desk.venue().account(account).map(|account| account.hedge));
    if now == Some(hedge) {
        return Err(Failure::of(ErrorCode::NoNeedToChangePositionSide));
    }
    let command = Command::SetHedgeMode { account, hedge };
    set(front, caller, command, (Tried::HedgeMode, None)).await?;
    Ok(Done::success().to_json())
}

/// Moves margin into an isolated position, or out of it.
///
/// # Errors
/// Where it is refused.
pub(crate) async fn move_margin(
    front: &Front,
    caller: &Caller,
    asked: &NewPositionMargin,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let into = asked.direction.count() == 1;
    let amount = asked.amount.as_money();
    if amount <= Money::ZERO {
        return Err(Failure::of(ErrorCode::AmountNotPositive));
    }
    let command = Command::MoveMargin {
        account: caller.key.account,
        market: market.id,
        side: super::trade::position(asked.position_side),
        amount: if into { amount } else { Money::ZERO.minus(amount) },
    };
    set(front, caller, command, (Tried::MoveMargin { into }, Some(market))).await?;
    Ok(moved(asked).to_json())
}

/// All assets are margin always: that is what the core does.
///
/// # Errors
/// Where it is asked to be otherwise, or is asked for though it is so already.
pub(crate) fn multi_assets(front: &Front, multi: bool) -> Result<Vec<u8>, Failure> {
    if front.markets().has_collateral() == multi {
        return Err(Failure::of(ErrorCode::NoNeedToChangeMultiAssets));
    }
    let words =
        "Whether all assets are margin is the venue's to say, and the same for all accounts.";
    Err(Failure::said(ErrorCode::UnsupportedOperation, words))
}

/// That margin was moved.
fn moved(asked: &NewPositionMargin) -> MarginMoved {
    MarginMoved {
        amount: Number(asked.amount),
        code: 200,
        message: "Successfully modify position margin.".to_owned(),
        direction: asked.direction.count(),
    }
}
