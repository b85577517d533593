//! Why a command is refused.

use units::Money;

use crate::value::{Lots, Ticks};

/// Why a command is refused. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such account.
    UnknownAccount,
    /// There is no such market.
    UnknownMarket,
    /// There is no such asset, or no settlement asset yet.
    UnknownAsset,
    /// There is no such order, or not of this account, or not any more.
    UnknownOrder,
    /// The account is being liquidated: only the engine trades for it.
    InLiquidation,
    /// The market's state does not take this.
    MarketState,
    /// Hedge mode wants a long or a short position, one-way mode wants neither.
    PositionSide,
    /// The lots are zero or below, or above this.
    Lots(Lots),
    /// The price is zero or below, above what there is, or missing.
    Price,
    /// The good-till time has passed.
    Expiry,
    /// The notional is below this, or too large to be worked with.
    Notional(Money),
    /// There are as many orders of this account in this market as there may be.
    Orders(u32),
    /// There is no index, or no price of the asset.
    NoPrice,
    /// The limit is beyond the band, which ends here on its side.
    Band(Ticks),
    /// Market-maker protection has frozen the account in this market.
    Frozen,
    /// The price's status takes only what reduces.
    PriceStatus,
    /// It may only reduce, and there is nothing to reduce.
    ReduceOnly,
    /// It is to rest only, and would trade at once.
    PostOnly,
    /// Not all of it could trade at once.
    FillOrKill,
    /// There is too little margin: so much is missing.
    Margin(Money),
    /// The trigger would fire at once.
    Immediate,
    /// The amount is zero or below, or too large to be worked with.
    Amount,
    /// There is too little of the asset.
    Balance,
    /// The asset may not be withdrawn just now.
    Gated,
    /// The leverage is below one, or above what the bracket of the position takes.
    Leverage,
    /// There is a position or an order that this would change the meaning of.
    Position,
    /// The settings are not consistent; which rule they break.
    Settings(SettingsMistake),
    /// A list has more entries than are taken at once, which is this.
    TooMany(u32),
    /// The venue has halted itself, since an invariant was broken.
    Halted,
}

/// What is wrong with settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsMistake {
    /// A name is empty or longer than 32 bytes, or there is one like it.
    Name,
    /// Tick times lot is not a whole number of trillionths above zero.
    TickValue,
    /// There is no bracket, the first does not begin at zero, or they do not rise.
    Brackets,
    /// Haircut tiers do not begin at zero, do not rise, or take more than all.
    Haircuts,
    /// A ratio is below zero or above what makes sense for it.
    Ratio,
    /// A maintenance rate or haircut would rise for somebody.
    MaintenanceRises,
    /// What is traded, or the size of its steps, may not change.
    Fixed,
    /// An amount, a count or a span is zero, or larger than what can be worked with.
    Limit,
    /// There are as many assets or markets as there may be.
    TooMany,
}
