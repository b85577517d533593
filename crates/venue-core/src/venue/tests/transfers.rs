//! Deposits, withdrawals and the fund.

use units::Money;

use super::bench::{account, done, events, price, refused, settlement, venue};
use crate::command::{Command, PriceOf, PriceStatus, Transfer};
use crate::event::{BalanceReason, Event};
use crate::id::{AccountId, AssetId};
use crate::refusal::Refusal;

#[test]
fn what_comes_in_and_goes_out_is_counted() {
    // Money that is not counted is money made.
    let mut venue = venue();
    let who = account(&mut venue, 100);
    let btc = Transfer { account: who, asset: AssetId::new(1), amount: Money::whole(2) };
    done(&mut venue, Command::Deposit(btc));
    done(&mut venue, Command::Withdraw(Transfer { amount: Money::whole(1), ..btc }));
    let said = events(&mut venue, Command::Withdraw(settlement(who, 40)));
    let expect = Event::Balance {
        account: who,
        asset: AssetId::SETTLEMENT,
        change: Money::whole(-40),
        balance: Money::whole(60),
        reason: BalanceReason::Withdrawal,
    };
    assert_eq!(said, [expect]);
    done(&mut venue, Command::Fund(Money::whole(7)));
    assert_eq!(venue.fund().brought_in, Money::whole(67));
    assert_eq!(venue.fund().excess(), Money::ZERO);
    let told = "brought in 67 = accounts 60 - costs of positions 0 + fund 7 + fees 0 + house 0 + dust 0; made or lost: 0";
    assert_eq!(venue.fund().to_string(), told);
    let view = venue.account(who).expect("the account");
    assert_eq!(view.holdings, [(AssetId::new(1), Money::whole(1))]);
}

#[test]
fn a_deposit_beyond_the_limit_is_refused_although_a_loan_takes_some_of_it() {
    // Seed 9293 of the lockstep: the sum stayed below the limit, the amount did not.
    let mut venue = venue();
    let who = account(&mut venue, 0);
    let asset = AssetId::new(1);
    let price = price(PriceOf::Asset(asset), PriceStatus::Live, [100, 100, 0]);
    done(&mut venue, price);
    done(&mut venue, Command::Deposit(Transfer { asset, ..settlement(who, 10) }));
    done(&mut venue, Command::Withdraw(settlement(who, 4)));
    let most = Transfer { amount: Money::from_raw(1 << 110), ..settlement(who, 0) };
    assert_eq!(refused(&mut venue, Command::Deposit(most)), Refusal::Amount);
}

#[test]
fn amounts_that_could_overflow_are_refused_before_anything_changes() {
    // A sum that stays at the end of its range has lost money.
    let mut venue = venue();
    let who = account(&mut venue, 0);
    let deposit = |raw: i128| Transfer { amount: Money::from_raw(raw), ..settlement(who, 0) };
    for raw in [0, -1, 1 << 110, i128::MAX, i128::MIN] {
        let said = refused(&mut venue, Command::Deposit(deposit(raw)));
        assert_eq!(said, Refusal::Amount);
    }
    done(&mut venue, Command::Deposit(deposit((1 << 110) - 2)));
    assert_eq!(refused(&mut venue, Command::Deposit(deposit(2))), Refusal::Amount);
    assert_eq!(refused(&mut venue, Command::Fund(Money::from_raw(i128::MIN))), Refusal::Amount);
    assert_eq!(refused(&mut venue, Command::Fund(Money::whole(-1))), Refusal::Balance);
    let nobody = settlement(AccountId::new(9), 1);
    assert_eq!(refused(&mut venue, Command::Deposit(nobody)), Refusal::UnknownAccount);
    let nothing = Transfer { asset: AssetId::new(9), ..deposit(1) };
    assert_eq!(refused(&mut venue, Command::Withdraw(nothing)), Refusal::UnknownAsset);
    let more = Transfer { asset: AssetId::new(1), ..deposit(1) };
    assert_eq!(refused(&mut venue, Command::Withdraw(more)), Refusal::Balance);
}
