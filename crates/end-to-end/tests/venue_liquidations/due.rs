//! Who is due, worked out from what the accounts say of themselves before the fall, by the rules and not by the venue.

use std::cmp::Reverse;

use serde_json::Value;
use testkit::venue::Client;
use units::{Money, Ratio, Rounding};

use crate::crowd::SYMBOL;

/// What an account has, by its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// Its number.
    pub(crate) account: u64,
    /// What it has of the settlement asset.
    pub(crate) cash: Money,
    /// How much it holds; below zero it is short.
    pub(crate) amount: Money,
    /// What that was bought for; below zero it was sold.
    pub(crate) cost: Money,
}

/// A bracket of margin: from what notional on, the rate, and what is taken off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bracket {
    floor: Money,
    rate: Ratio,
    off: Money,
}

/// An amount of a text.
pub(crate) fn money(text: &str) -> Money {
    Money::parse(text.as_bytes()).unwrap_or_else(|_| panic!("{text} is no amount"))
}

/// An amount in an answer, where it stands as a text or as a number.
pub(crate) fn amount(value: &Value, name: &str) -> Money {
    let value = &value[name];
    value.as_str().map_or_else(|| money(&value.to_string()), money)
}

/// What so much is worth at a price.
pub(crate) fn worth(amount: Money, price: Money) -> Money {
    amount.times(Ratio::from_raw(price.raw()), Rounding::Up).expect("small numbers")
}

impl State {
    /// Reads the answer of `/fapi/v3/account`.
    pub(crate) fn read(account: u64, whole: &Value) -> Self {
        let assets = whole["assets"].as_array().into_iter().flatten();
        let cash =
            assets.filter(|asset| asset["asset"] == "USDT").map(|it| amount(it, "walletBalance"));
        let positions = whole["positions"].as_array().into_iter().flatten();
        let held: Vec<&Value> = positions.filter(|held| held["symbol"] == SYMBOL).collect();
        let (size, cost) = held.first().map_or((Money::ZERO, Money::ZERO), |held| {
            let size = amount(held, "positionAmt");
            (size, worth(size, amount(held, "entryPrice")))
        });
        Self { account, cash: cash.fold(Money::ZERO, Money::plus), amount: size, cost }
    }

    /// What it would have if it were closed at a price.
    fn equity(&self, price: Money) -> Money {
        self.cash.plus(worth(self.amount, price)).minus(self.cost)
    }
}

/// What positions have to keep, by their size.
pub(crate) fn brackets(client: &mut Client) -> Vec<Bracket> {
    let admin = testkit::venue::Venue::administrator();
    let told = client.done(&admin, ("GET", "/fapi/v1/leverageBracket"), &[("symbol", SYMBOL)]);
    let told = told[0]["brackets"].as_array().expect("a list").clone();
    let bracket = |it: &Value| Bracket {
        floor: amount(it, "notionalFloor"),
        rate: Ratio::from_raw(amount(it, "maintMarginRatio").raw()),
        off: amount(it, "cum"),
    };
    told.iter().map(bracket).collect()
}

fn maintenance(notional: Money, brackets: &[Bracket]) -> Money {
    let at = brackets.iter().rev().find(|bracket| bracket.floor <= notional).expect("a first one");
    notional.times(at.rate, Rounding::Up).expect("small numbers").minus(at.off)
}

/// Who is due at a mark, in the order in which they have their turns: the insolvent, then by what is missing, then by their
/// numbers.
pub(crate) fn order_of_turns(states: &[State], mark: Money, brackets: &[Bracket]) -> Vec<State> {
    let missing = |state: &State| {
        let value = worth(state.amount, mark);
        let size = if value < Money::ZERO { Money::ZERO.minus(value) } else { value };
        maintenance(size, brackets).minus(state.equity(mark))
    };
    let due = states.iter().filter(|it| it.amount != Money::ZERO && missing(it) > Money::ZERO);
    let mut due: Vec<State> = due.copied().collect();
    due.sort_by_key(|it| (it.equity(mark) >= Money::ZERO, Reverse(missing(it)), it.account));
    due
}
