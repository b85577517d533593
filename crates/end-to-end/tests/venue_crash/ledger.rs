//! What a client knows of its orders: what it was told, and what nobody has told it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::client::Answer;

/// How the names of these clients' orders begin.
pub(crate) const PREFIX: &str = "crash-";

/// Orders that have ended and are looked at again after each start; older ones have been a hundred times.
const ENDED_KEPT: usize = 100;

/// Where an order stands, as far as its client knows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Standing {
    /// It was asked for, and nobody has answered.
    Asked,
    /// It was refused: it must not be there.
    Refused,
    /// It was open; it may have ended since.
    Open,
    /// It has ended, and how, if that was told.
    Ended(Option<String>),
}

/// An order that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) number: Option<u64>,
    pub(crate) side: &'static str,
    pub(crate) kind: &'static str,
    /// Its price in tenths and its quantity in thousandths; more than one where nobody knows what became of a change.
    pub(crate) may_be: Vec<(i64, i64)>,
    /// How much had traded at least, in thousandths.
    pub(crate) executed: i64,
    /// How much its trades add up to.
    pub(crate) traded: i64,
    pub(crate) standing: Standing,
}

/// What a client knows.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) account: usize,
    pub(crate) orders: BTreeMap<String, Known>,
    /// Every name that was ever used.
    pub(crate) names: BTreeSet<String>,
    /// Names of orders that had filled when they were used again, so that there are two of each.
    pub(crate) reused: BTreeSet<String>,
    /// The newest trade that was looked at.
    pub(crate) trades_to: u64,
    /// What was answered.
    pub(crate) acknowledged: u64,
    /// Orders that were asked for and not answered.
    pub(crate) unanswered: u64,
    /// Changes and cancels that were.
    pub(crate) unanswered_changes: u64,
}

/// A decimal as a whole number of so many places.
pub(crate) fn fixed(text: &Value, places: usize) -> i64 {
    let text = text.as_str().unwrap_or("x");
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = part.chars().chain(std::iter::repeat('0')).take(places).collect();
    format!("{whole}{digits}").parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

/// Whether a status is one of an order that is over.
pub(crate) fn is_over(status: &str) -> bool {
    !matches!(status, "NEW" | "PARTIALLY_FILLED")
}

/// Whether more can be asked: -1001 says that the venue takes nothing any more.
fn goes_on(answer: &Answer) -> bool {
    !matches!(answer, Answer::Unknown | Answer::Refused(-1_001))
}

impl Known {
    /// Takes over what was told of it.
    pub(crate) fn told(&mut self, order: &Value) {
        self.number = order["orderId"].as_u64();
        self.may_be = vec![(fixed(&order["price"], 1), fixed(&order["origQty"], 3))];
        self.executed = fixed(&order["executedQty"], 3);
        let status = order["status"].as_str().unwrap_or_default();
        self.standing =
            if is_over(status) { Standing::Ended(Some(status.to_owned())) } else { Standing::Open };
    }
}

impl Ledger {
    pub(crate) fn new(account: usize) -> Self {
        Self { account, ..Self::default() }
    }

    /// A new name.
    pub(crate) fn name(&mut self) -> String {
        let name = format!("{PREFIX}{}-{}", self.account, self.names.len());
        self.names.insert(name.clone());
        name
    }

    /// The names of orders that are open, as far as is known, the oldest first.
    pub(crate) fn open(&self) -> Vec<String> {
        let open = self.orders.iter().filter(|(_, known)| known.standing == Standing::Open);
        let mut open: Vec<_> = open.map(|(name, known)| (known.number, name.clone())).collect();
        open.sort();
        open.into_iter().map(|(_, name)| name).collect()
    }

    /// Takes over what became of an order that was asked for. Whether the line goes on.
    pub(crate) fn placed(&mut self, name: &str, answer: &Answer) -> bool {
        let Some(known) = self.orders.get_mut(name) else { return true };
        match answer {
            Answer::Done(order) => {
                self.acknowledged += 1;
                known.told(order);
            }
            Answer::Refused(_) => known.standing = Standing::Refused,
            Answer::Unknown => self.unanswered += 1,
        }
        goes_on(answer)
    }

    /// Takes over what became of a cancel. Whether the line goes on.
    pub(crate) fn cancelled(&mut self, name: &str, answer: &Answer) -> bool {
        let Some(known) = self.orders.get_mut(name) else { return true };
        match answer {
            Answer::Done(order) => {
                self.acknowledged += 1;
                known.told(order);
            }
            // There is no such order that is open.
            Answer::Refused(-2_011) => known.standing = Standing::Ended(None),
            Answer::Refused(_) => {}
            Answer::Unknown => self.unanswered_changes += 1,
        }
        goes_on(answer)
    }

    /// Takes over what became of a change. Whether the line goes on.
    pub(crate) fn amended(&mut self, name: &str, wanted: (i64, i64), answer: &Answer) -> bool {
        let Some(known) = self.orders.get_mut(name) else { return true };
        match answer {
            Answer::Done(order) => {
                self.acknowledged += 1;
                known.told(order);
            }
            Answer::Refused(-2_013) => known.standing = Standing::Ended(None),
            Answer::Refused(_) => {}
            Answer::Unknown => {
                self.unanswered_changes += 1;
                known.may_be.push(wanted);
            }
        }
        goes_on(answer)
    }

    /// The lowest number that is still looked at.
    pub(crate) fn lowest(&self) -> u64 {
        self.orders.values().filter_map(|known| known.number).min().unwrap_or(0)
    }

    /// Lets go of what has been looked at often enough.
    pub(crate) fn forget(&mut self) {
        let ended =
            self.orders.iter().filter(|(_, known)| matches!(known.standing, Standing::Ended(_)));
        let mut ended: Vec<_> = ended.map(|(name, known)| (known.number, name.clone())).collect();
        ended.sort();
        for (_, name) in ended.iter().rev().skip(ENDED_KEPT) {
            self.orders.remove(name);
        }
    }
}
