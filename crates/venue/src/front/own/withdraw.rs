//! What an account's holder takes out.

use units::Money;
use venue_core::{Command, Transfer};
use venue_views::Labels;
use wire_binance::answer::Done;
use wire_binance::{Decimal, ErrorCode, Failure, Params, ToJson as _, Value as _};

use super::wanted;
use crate::front::Front;
use crate::front::auth::Caller;
use crate::front::refusal::{self, Tried};

/// The asset and the amount that are asked for.
pub(super) fn transfer(
    front: &Front,
    account: venue_core::AccountId,
    params: &Params<'_>,
) -> Result<Transfer, Failure> {
    let name = wanted(params, "asset")?;
    let asset = front.look(|desk| desk.asset_named(name));
    let asset = asset.ok_or_else(|| Failure::of(ErrorCode::BadAsset))?;
    let amount = Decimal::read(wanted(params, "amount")?, "amount")?.as_money();
    if amount <= Money::ZERO {
        return Err(Failure::of(ErrorCode::AmountNotPositive));
    }
    Ok(Transfer { account, asset, amount })
}

/// Takes an amount out of the key's account, in its turn.
pub(super) async fn withdraw(
    front: &Front,
    caller: &Caller,
    params: &Params<'_>,
) -> Result<Vec<u8>, Failure> {
    let transfer = transfer(front, caller.key.account, params)?;
    let done = front.work(caller, Command::Withdraw(transfer), Labels::default()).await?;
    refusal::none(&done, Tried::Withdraw, None)?;
    Ok(Done::success().to_json())
}

/// Has the engine do something of the venue's own, and gives the error of its refusal.
pub(super) async fn do_it(
    front: &Front,
    command: Command,
    tried: Tried<'_>,
) -> Result<(), Failure> {
    let done = front.own_work(command, Labels::default()).await?;
    refusal::none(&done, tried, None)
}
