//! What a client finds after a start, held against what it knows.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde_json::Value;

use crate::client::{Answer, Asked, Client};
use crate::ledger::{Known, Ledger, PREFIX, Standing, fixed, is_over};
use crate::trader::order;

/// Looks at an account that is being liquidated until it stands still.
const LOOKS: usize = 100;

/// What was found wrong, and what became of what nobody knew.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) lost: Vec<String>,
    pub(crate) doubled: Vec<String>,
    /// Orders of which nobody knew that were there, and that were not.
    pub(crate) done: u64,
    pub(crate) not_done: u64,
    /// Orders that were sent again under the same name.
    pub(crate) again: u64,
    pub(crate) trades: u64,
}

/// What the venue says of an account.
pub(crate) struct Said {
    /// All orders from the oldest on that is looked at.
    pub(crate) all: Vec<Value>,
    open: Vec<Value>,
    /// All trades since the last look.
    pub(crate) trades: Vec<Value>,
}

/// Asks for all of an account, until nothing has changed meanwhile: a liquidation goes on though nobody trades.
pub(crate) async fn ask(client: &mut Client, ledger: &Ledger) -> io::Result<Said> {
    let symbol = || ("symbol", "BTCUSDT".to_owned());
    let limit = || ("limit", "1000".to_owned());
    let orders = || vec![symbol(), ("orderId", ledger.lowest().to_string()), limit()];
    let mut all = list(client, "/fapi/v1/allOrders", orders()).await?;
    for _ in 0..LOOKS {
        let trades = vec![symbol(), ("fromId", (ledger.trades_to + 1).to_string()), limit()];
        let open = list(client, "/fapi/v1/openOrders", vec![symbol()]).await?;
        let trades = list(client, "/fapi/v1/userTrades", trades).await?;
        let after = list(client, "/fapi/v1/allOrders", orders()).await?;
        if after == all {
            return Ok(Said { all, open, trades });
        }
        all = after;
    }
    Err(io::Error::other("orders change all the time, though nobody trades"))
}

async fn list(
    client: &mut Client,
    path: &'static str,
    params: Vec<(&'static str, String)>,
) -> io::Result<Vec<Value>> {
    match client.ask(&Asked { rest: ("GET", path), socket: "", params }).await {
        Answer::Done(Value::Array(list)) => Ok(list),
        other @ (Answer::Done(_) | Answer::Refused(_) | Answer::Unknown) => {
            Err(io::Error::other(format!("{path}: {other:?}")))
        }
    }
}

/// Holds what the venue says against what a client knows, which is then what the venue says.
pub(crate) fn compare(ledger: &mut Ledger, said: &Said, found: &mut Found) {
    let mut named: BTreeMap<&str, &Value> = BTreeMap::new();
    for order in &said.all {
        let name = order["clientOrderId"].as_str().unwrap_or_default();
        if ledger.reused.contains(name) {
            continue;
        }
        if named.insert(name, order).is_some() {
            found.doubled.push(format!("{name} is there twice"));
        }
        if name.starts_with(PREFIX) && !ledger.names.contains(name) {
            found.doubled.push(format!("{name} was never asked for"));
        }
    }
    trades(ledger, said, found);
    let mut gone = Vec::new();
    for (name, known) in &mut ledger.orders {
        let Some(order) = named.get(name.as_str()) else {
            match known.standing {
                Standing::Asked => found.not_done += 1,
                Standing::Refused => {}
                Standing::Open | Standing::Ended(_) => {
                    found.lost.push(format!("{name} was acknowledged and is not there: {known:?}"));
                }
            }
            gone.push(name.clone());
            continue;
        };
        match known.standing {
            Standing::Asked => found.done += 1,
            Standing::Refused => found.doubled.push(format!("{name} was refused, and is there")),
            Standing::Open | Standing::Ended(_) => {
                found.lost.extend(difference(known, order).map(|what| format!("{name}: {what}")));
            }
        }
        known.told(order);
        if known.traded != known.executed {
            let all =
                if known.traded > known.executed { &mut found.doubled } else { &mut found.lost };
            all.push(format!(
                "{name} has traded {}, and its trades {}",
                known.executed, known.traded
            ));
        }
    }
    gone.iter().for_each(|name| drop(ledger.orders.remove(name)));
    let open = |order: &&Value| !is_over(order["status"].as_str().unwrap_or_default());
    let numbers = |list: &mut dyn Iterator<Item = &Value>| -> BTreeSet<Option<u64>> {
        list.map(|order| order["orderId"].as_u64()).collect()
    };
    let (left, right) =
        (numbers(&mut said.all.iter().filter(open)), numbers(&mut said.open.iter()));
    if left != right {
        found.lost.push(format!("open orders: {left:?} of all, and {right:?}"));
    }
}

/// Whether an order that was open a moment ago has ended: a liquidation may have filled it, and its name is free then.
async fn is_over_now(client: &mut Client, known: Option<&Known>) -> io::Result<bool> {
    let number = known.and_then(|known| known.number).unwrap_or_default();
    let params = vec![("symbol", "BTCUSDT".to_owned()), ("orderId", number.to_string())];
    let rest = ("GET", "/fapi/v1/order");
    match client.ask(&Asked { rest, socket: "", params }).await {
        Answer::Done(order) => Ok(is_over(order["status"].as_str().unwrap_or_default())),
        other @ (Answer::Refused(_) | Answer::Unknown) => {
            Err(io::Error::other(format!("order {number}: {other:?}")))
        }
    }
}

/// Adds the new trades up.
fn trades(ledger: &mut Ledger, said: &Said, found: &mut Found) {
    let mut of: BTreeMap<Option<u64>, i64> = BTreeMap::new();
    let (before, mut seen) = (ledger.trades_to, BTreeSet::new());
    for trade in &said.trades {
        let (id, order) = (trade["id"].as_u64().unwrap_or_default(), trade["orderId"].as_u64());
        // A trade of an account with itself is there for each of the two orders.
        if id <= before || !seen.insert((id, order)) {
            found.doubled.push(format!("trade {id} of order {order:?} comes again"));
        }
        ledger.trades_to = ledger.trades_to.max(id);
        found.trades += 1;
        *of.entry(order).or_default() += fixed(&trade["qty"], 3);
    }
    let numbered = said.all.iter().filter_map(|order| {
        Some((order["clientOrderId"].as_str()?, of.get(&order["orderId"].as_u64())?))
    });
    for (name, traded) in numbered {
        if let Some(known) = ledger.orders.get_mut(name) {
            known.traded += traded;
        }
    }
}

/// What an order may not be, after what was told of it.
fn difference(known: &Known, order: &Value) -> Option<String> {
    let status = order["status"].as_str().unwrap_or_default();
    let (price, quantity) = (fixed(&order["price"], 1), fixed(&order["origQty"], 3));
    let executed = fixed(&order["executedQty"], 3);
    let stands = match &known.standing {
        Standing::Ended(Some(ended)) => ended == status && executed == known.executed,
        Standing::Ended(None) => is_over(status),
        Standing::Asked | Standing::Refused | Standing::Open => true,
    };
    let same = known.number == order["orderId"].as_u64() && order["side"] == known.side;
    let fits = known.may_be.contains(&(price, quantity)) && executed <= quantity;
    if stands && same && fits && executed >= known.executed {
        return None;
    }
    Some(format!("what was acknowledged, {known:?}, is not what is there: {order}"))
}

/// Asks by name for each order of which nobody knows, as its client would, and sends it again under the same name: what is
/// there and open is refused, and what is not there is done once.
pub(crate) async fn settle(
    client: &mut Client,
    ledger: &mut Ledger,
    asked: &[(String, Known)],
    found: &mut Found,
) -> io::Result<()> {
    for (name, before) in asked {
        let params = vec![("symbol", "BTCUSDT".to_owned()), ("origClientOrderId", name.clone())];
        let rest = ("GET", "/fapi/v1/order");
        let there = match client.ask(&Asked { rest, socket: "", params }).await {
            Answer::Done(order) => Some(order),
            Answer::Refused(-2_013) => None,
            other @ (Answer::Refused(_) | Answer::Unknown) => {
                return Err(io::Error::other(format!("{name}: {other:?}")));
            }
        };
        let known = ledger.orders.get(name).cloned();
        let known = known.as_ref();
        if there.is_some() != known.is_some() {
            found.lost.push(format!("{name} by its name is {there:?}, and in the list {known:?}"));
        }
        let open = known.is_some_and(|known| known.standing == Standing::Open);
        if known.is_some() && !open {
            // Whoever asks first does not send it again.
            continue;
        }
        found.again += 1;
        let answer = client.ask(&order(name, before)).await;
        match (&answer, open) {
            (Answer::Unknown, _) => {
                return Err(io::Error::other(format!("{name}: nobody answers")));
            }
            (Answer::Done(_), true) if is_over_now(client, known).await? => {
                ledger.orders.remove(name);
                ledger.reused.insert(name.clone());
            }
            (Answer::Done(_), true) => found.doubled.push(format!("{name} was done once more")),
            (Answer::Refused(_), true) => {}
            (Answer::Done(_) | Answer::Refused(_), false) => {
                let fresh = Known { standing: Standing::Asked, ..before.clone() };
                ledger.orders.insert(name.clone(), fresh);
                ledger.placed(name, &answer);
            }
        }
    }
    Ok(())
}
