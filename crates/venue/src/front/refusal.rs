//! What the core refuses, in the words and codes that Binance's clients know.

use units::Money;
use venue_core::{Event, Lots, MarketState, PlaceOrder, Refusal, Side, Ticks};
use venue_views::DeskRefusal;
use wire_binance::{Decimal, ErrorCode, Failure};

use crate::engine::{Done, Outcome, ShedReason};
use crate::front::market::Market;

/// What was being tried: the same refusal has another code for each.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tried<'a> {
    /// An order was placed.
    Place(&'a PlaceOrder),
    /// An order was changed.
    Amend(Side),
    /// An order was cancelled.
    Cancel,
    /// The leverage was set.
    Leverage(u16),
    /// The margin mode was set.
    MarginMode,
    /// The position mode was set.
    HedgeMode,
    /// Margin was moved into a position, or out of it.
    MoveMargin {
        /// Whether into it.
        into: bool,
    },
    /// Something was taken out.
    Withdraw,
    /// Anything else.
    Other,
}

/// What was done, or the error of why it was not, or of not knowing.
pub(crate) fn done(outcome: Outcome) -> Result<Done, Failure> {
    let code = match outcome {
        Outcome::Done(done) => return Ok(done),
        Outcome::Shed(ShedReason::Full | ShedReason::Overload) => ErrorCode::Throttled,
        Outcome::Shed(ShedReason::Budget) => {
            let words = "Too many requests that cut risk at once; one a second is always taken.";
            return Err(Failure::said(ErrorCode::TooManyRequests, words));
        }
        Outcome::Shed(ShedReason::Late) => ErrorCode::EngineReceiveWindow,
        Outcome::Shed(ShedReason::Draining) => ErrorCode::Disconnected,
        Outcome::Unknown => ErrorCode::Timeout,
        Outcome::Stopped => ErrorCode::ShuttingDown,
    };
    Err(Failure::of(code))
}

/// The error of whoever asks where an entry was left half done: what the desk would say is not so.
pub(crate) fn broken() -> Failure {
    Failure::of(ErrorCode::ShuttingDown)
}

/// The error of what did not get as far as the core.
pub(crate) fn of_desk(refusal: DeskRefusal) -> Failure {
    match refusal {
        DeskRefusal::DuplicateClientId => Failure::of(ErrorCode::DuplicatedClientOrderId),
        DeskRefusal::NameTaken => Failure::said(ErrorCode::BadAccount, "The name is taken."),
        DeskRefusal::Label => {
            Failure::said(ErrorCode::BadAccount, "The name is too long, or empty.")
        }
        DeskRefusal::TooMany => {
            Failure::said(ErrorCode::BadAccount, "There are as many as there may be.")
        }
    }
}

/// The refusal among what has happened, if there is one. There is one at most, but for lists.
pub(crate) fn first(events: &[Event]) -> Option<Refusal> {
    let refused = |event: &Event| {
        if let Event::Refused { refusal, .. } = event { Some(*refusal) } else { None }
    };
    events.iter().find_map(refused)
}

/// That nothing was refused.
///
/// # Errors
/// That of the first refusal.
pub(crate) fn none(done: &Done, tried: Tried<'_>, market: Option<&Market>) -> Result<(), Failure> {
    match first(&done.events) {
        None => Ok(()),
        Some(refusal) => Err(failure(refusal, tried, market)),
    }
}

/// The error of a refusal.
pub(crate) fn failure(refusal: Refusal, tried: Tried<'_>, market: Option<&Market>) -> Failure {
    let code = match (refusal, tried) {
        (Refusal::UnknownAccount, _) => ErrorCode::BadAccount,
        (Refusal::UnknownMarket, _) => ErrorCode::BadSymbol,
        (Refusal::UnknownAsset, _) => ErrorCode::BadAsset,
        (Refusal::UnknownOrder, Tried::Cancel) => ErrorCode::CancelRejected,
        (Refusal::UnknownOrder, _) => ErrorCode::NoSuchOrder,
        (Refusal::InLiquidation, _) => ErrorCode::UserInLiquidation,
        (Refusal::MarketState, _) => return state(market),
        (Refusal::PositionSide, _) => ErrorCode::PositionSideNotMatch,
        (Refusal::Lots(_), tried) => lots(tried),
        (Refusal::Price, tried) => price(tried),
        (Refusal::Expiry, _) => ErrorCode::GoodTillDate,
        (Refusal::Notional(least), tried) => return notional(least, tried),
        (Refusal::Orders(_), Tried::Place(PlaceOrder { trigger: Some(_), .. })) => {
            ErrorCode::MaxStopOrders
        }
        (Refusal::Orders(_), _) => ErrorCode::MaxOpenOrders,
        (Refusal::NoPrice, _) => ErrorCode::InvalidOpeningStatus,
        (Refusal::Band(end), tried) => return band(end, tried, market),
        (Refusal::Frozen, _) => ErrorCode::CoolingOff,
        (Refusal::PriceStatus, _) => ErrorCode::QuantitativeRules,
        (Refusal::ReduceOnly, _) => ErrorCode::ReduceOnlyReject,
        (Refusal::PostOnly, _) => ErrorCode::PostOnlyReject,
        (Refusal::FillOrKill, _) => ErrorCode::FillOrKillReject,
        (Refusal::Margin(_), tried) => margin(tried),
        (Refusal::Immediate, _) => ErrorCode::WouldTrigger,
        (Refusal::Amount, _) => ErrorCode::AmountNotPositive,
        (Refusal::Balance, _) => ErrorCode::BalanceNotSufficient,
        (Refusal::Gated, _) => {
            let words = "The asset may not be withdrawn just now; try again in a minute.";
            return Failure::said(ErrorCode::BalanceNotSufficient, words);
        }
        (Refusal::Leverage, Tried::Leverage(leverage)) => {
            return Failure::with(ErrorCode::InvalidLeverage, &[&leverage.to_string()]);
        }
        (Refusal::Leverage, _) => ErrorCode::InvalidLeverage,
        (Refusal::Position, Tried::HedgeMode) => ErrorCode::PositionSidePosition,
        (Refusal::Position, Tried::MoveMargin { .. }) => ErrorCode::AddMarginNoPosition,
        (Refusal::Position, _) => ErrorCode::MarginTypePosition,
        (Refusal::Settings(mistake), _) => {
            let words = format!("The settings are not consistent: {mistake:?}.");
            return Failure::said(ErrorCode::InvalidMessage, words);
        }
        (Refusal::TooMany(most), _) => {
            return Failure::with(ErrorCode::InvalidBatchSize, &[&format!("at most {most}")]);
        }
        (Refusal::Halted, _) => ErrorCode::ShuttingDown,
    };
    Failure::of(code)
}

const fn margin(tried: Tried<'_>) -> ErrorCode {
    match tried {
        Tried::MoveMargin { into: true } => ErrorCode::CrossBalanceInsufficient,
        Tried::MoveMargin { into: false } => ErrorCode::IsolatedBalanceInsufficient,
        Tried::Leverage(_) => ErrorCode::MinLeverageRatio,
        Tried::Withdraw => ErrorCode::BalanceNotSufficient,
        Tried::Place(_)
        | Tried::Amend(_)
        | Tried::Cancel
        | Tried::MarginMode
        | Tried::HedgeMode
        | Tried::Other => ErrorCode::MarginNotSufficient,
    }
}

fn state(market: Option<&Market>) -> Failure {
    Failure::of(match market.map(|market| market.state) {
        Some(MarketState::ReduceOnly) => ErrorCode::QuantitativeRules,
        Some(MarketState::Auction) => ErrorCode::InvalidSymbolStatus,
        Some(MarketState::Trading | MarketState::CancelOnly | MarketState::Halted) | None => {
            ErrorCode::SymbolClosed
        }
    })
}

fn lots(tried: Tried<'_>) -> ErrorCode {
    let nothing = matches!(tried, Tried::Place(placed) if placed.lots <= Lots::ZERO);
    if nothing { ErrorCode::QuantityLessThanZero } else { ErrorCode::QuantityGreaterThanMax }
}

fn price(tried: Tried<'_>) -> ErrorCode {
    let nothing = |placed: &PlaceOrder| placed.limit.is_none_or(|limit| limit <= Ticks::ZERO);
    if matches!(tried, Tried::Place(placed) if nothing(placed)) {
        ErrorCode::PriceLessThanZero
    } else {
        ErrorCode::PriceGreaterThanMax
    }
}

fn notional(least: Money, tried: Tried<'_>) -> Failure {
    let amend = matches!(tried, Tried::Amend(_));
    let code = if amend { ErrorCode::AmendMinNotional } else { ErrorCode::MinNotional };
    Failure::with(code, &[&Decimal::money(least, 0).to_string()])
}

fn band(end: Ticks, tried: Tried<'_>, market: Option<&Market>) -> Failure {
    let sells = match tried {
        Tried::Place(placed) => placed.side == Side::Sell,
        Tried::Amend(side) => side == Side::Sell,
        Tried::Cancel
        | Tried::Leverage(_)
        | Tried::MarginMode
        | Tried::HedgeMode
        | Tried::MoveMargin { .. }
        | Tried::Withdraw
        | Tried::Other => false,
    };
    let code = if sells { ErrorCode::PriceBelowBand } else { ErrorCode::PriceAboveBand };
    match market {
        Some(market) => Failure::with(code, &[&market.price(end).to_string()]),
        None => Failure::of(code),
    }
}

#[cfg(test)]
mod tests {
    use venue_core::{AccountId, MarketId};

    use super::*;

    #[test]
    fn a_refusal_has_the_code_that_clients_act_on() {
        // ccxt maps codes to classes: an order that is refused for want of margin must not look like a network error.
        let placed = PlaceOrder::limit(
            AccountId::new(0),
            MarketId::new(0),
            Side::Sell,
            Ticks::new(1),
            Lots::new(1),
        );
        let place = |refusal| failure(refusal, Tried::Place(&placed), None).code;
        assert_eq!(place(Refusal::Margin(Money::ONE)), -2019);
        assert_eq!(place(Refusal::ReduceOnly), -2022);
        assert_eq!(place(Refusal::PostOnly), -5022);
        assert_eq!(place(Refusal::Band(Ticks::new(1))), -4024);
        assert_eq!(place(Refusal::Lots(Lots::new(1))), -4005);
        assert_eq!(place(Refusal::PriceStatus), -4400);
        assert_eq!(failure(Refusal::UnknownOrder, Tried::Cancel, None).code, -2011);
        assert_eq!(failure(Refusal::UnknownOrder, Tried::Amend(Side::Buy), None).code, -2013);
        assert_eq!(failure(Refusal::Position, Tried::HedgeMode, None).code, -4068);
        let words = failure(Refusal::Notional(Money::whole(5)), Tried::Place(&placed), None);
        assert!(words.message.contains("no smaller than 5 "), "{}", words.message);
    }

    #[test]
    fn not_knowing_is_told_apart_from_not_doing() {
        // A client that takes the one for the other sends the order twice, or never.
        let status =
            |outcome| done(outcome).map(|_| ()).map_err(|failure| (failure.code, failure.status));
        assert_eq!(status(Outcome::Shed(ShedReason::Full)), Err((-1008, 503)));
        assert_eq!(status(Outcome::Shed(ShedReason::Overload)), Err((-1008, 503)));
        assert_eq!(status(Outcome::Shed(ShedReason::Budget)), Err((-1003, 429)));
        assert_eq!(status(Outcome::Unknown), Err((-1007, 408)));
        assert_eq!(status(Outcome::Stopped), Err((-1016, 503)));
    }
}
