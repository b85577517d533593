//! The administration: accounts, money, keys, states of markets, and the drain before a stop.
//!
//! Requests are signed as on Binance's surface, with parameters in the query or a form, by a key that may.

use std::sync::Arc;

use serde::Serialize;
use units::Money;
use venue_core::{AccountId, Command, Event};
use venue_views::Labels;
use wire_binance::answer::Done;
use wire_binance::{
    Decimal, Endpoint, ErrorCode, Failure, Params, Symbol, ToJson as _, Value as _,
};

use super::withdraw::{do_it, transfer};
use super::{Listed, books, markets, wanted};
use crate::config::{Network, Permissions, is_account_name};
use crate::front::keys::{Key, KeyNote, NOTES};
use crate::front::refusal::Tried;
use crate::front::{Front, json, now_ms};

/// Answers what an administrator asks; the path is what comes after `/v1/admin/`.
pub(super) async fn answer(
    front: &Arc<Front>,
    (method, path): (&str, &str),
    params: &Params<'_>,
) -> Result<Vec<u8>, Failure> {
    match (method, path) {
        ("GET", "accounts") => accounts(front),
        ("POST", "accounts") => open(front, params).await,
        ("POST", "deposits") => {
            let transfer = transfer(front, account(front, params)?, params)?;
            do_it(front, Command::Deposit(transfer), Tried::Other).await?;
            Ok(Done::success().to_json())
        }
        ("POST", "withdrawals") => {
            let transfer = transfer(front, account(front, params)?, params)?;
            do_it(front, Command::Withdraw(transfer), Tried::Withdraw).await?;
            Ok(Done::success().to_json())
        }
        ("POST", "fund") => fund(front, params).await,
        ("POST", "markets") => markets::add(front, params).await,
        ("POST", "states") => state(front, params).await,
        ("GET", "keys") => keys(front),
        ("POST", "keys") => make_key(front, params).await,
        ("DELETE", "keys") => take_key(front, params).await,
        ("POST", "drain") => {
            front.engine.drain(true);
            tracing::warn!("draining: nothing new is taken until the next start");
            Ok(Done::success().to_json())
        }
        (method, path) => Err(Endpoint::not_found(method, &format!("/v1/admin/{path}"))),
    }
}

/// The account that a parameter names.
fn account(front: &Front, params: &Params<'_>) -> Result<AccountId, Failure> {
    let name = wanted(params, "account")?;
    let account = front.look(|desk| desk.account_named(name));
    account.ok_or_else(|| Failure::of(ErrorCode::BadAccount))
}

/// An account in a list.
#[derive(Debug, Serialize)]
struct AccountLine {
    account: u32,
    name: String,
    cash: Decimal,
    equity: Decimal,
    maintenance: Decimal,
    liquidating: bool,
}

fn accounts(front: &Front) -> Result<Vec<u8>, Failure> {
    let items = front.look(|desk| {
        let venue = desk.venue();
        let all = (0..u32::try_from(venue.accounts()).unwrap_or(u32::MAX)).map(AccountId::new);
        let lines = all.filter_map(|id| {
            let (account, assessment) = (venue.account(id)?, venue.assessment(id)?);
            Some(AccountLine {
                account: id.number(),
                name: desk.name_of(id).unwrap_or_default().to_owned(),
                cash: books::amount(account.cash),
                equity: books::amount(assessment.equity),
                maintenance: books::amount(assessment.maintenance),
                liquidating: account.liquidating,
            })
        });
        lines.collect()
    });
    json(&Listed { items })
}

/// What was opened.
#[derive(Debug, Serialize)]
struct Opened {
    account: u32,
    name: String,
}

async fn open(front: &Front, params: &Params<'_>) -> Result<Vec<u8>, Failure> {
    let name = wanted(params, "name")?;
    if !is_account_name(name) {
        return Err(Failure::illegal("name", "^[A-Za-z0-9-_.]{1,32}$"));
    }
    let done = front.own_work(Command::OpenAccount, Labels::account(name)).await?;
    let opened = done.events.iter().find_map(|event| {
        if let Event::AccountOpened(account) = event { Some(*account) } else { None }
    });
    let account = opened.ok_or_else(|| Failure::of(ErrorCode::BadAccount))?;
    json(&Opened { account: account.number(), name: name.to_owned() })
}

async fn fund(front: &Front, params: &Params<'_>) -> Result<Vec<u8>, Failure> {
    let text = wanted(params, "amount")?;
    let (size, out) = text.strip_prefix('-').map_or((text, false), |size| (size, true));
    let amount = Decimal::read(size, "amount")?.as_money();
    let amount = if out { Money::ZERO.minus(amount) } else { amount };
    do_it(front, Command::Fund(amount), Tried::Other).await?;
    Ok(Done::success().to_json())
}

async fn state(front: &Front, params: &Params<'_>) -> Result<Vec<u8>, Failure> {
    let symbol = Symbol::read(wanted(params, "symbol")?, "symbol")?;
    let word = wanted(params, "state")?;
    let state = books::STATES.into_iter().find(|state| books::state(*state) == word);
    let state = state.ok_or_else(|| Failure::with(ErrorCode::InvalidParameter, &["state"]))?;
    let id = front.markets().named(symbol)?.id;
    do_it(front, Command::SetState(id, state), Tried::Other).await?;
    front.refresh();
    Ok(Done::success().to_json())
}

/// A key in a list: nothing of it that could be used.
#[derive(Debug, Serialize)]
struct KeyLine {
    id: String,
    account: String,
    permissions: Vec<&'static str>,
    addresses: Vec<String>,
    configured: bool,
}

fn keys(front: &Front) -> Result<Vec<u8>, Failure> {
    let line = |key: &Arc<Key>| KeyLine {
        id: key.id.clone(),
        account: key.name.clone(),
        permissions: key.permissions.words(),
        addresses: key.addresses.iter().map(ToString::to_string).collect(),
        configured: key.configured,
    };
    json(&Listed { items: front.keys.all().iter().map(line).collect() })
}

/// A key that was just made.
#[derive(Debug, Serialize)]
struct NewKey {
    id: String,
    key: String,
    /// Shown this once.
    secret: String,
}

async fn make_key(front: &Front, params: &Params<'_>) -> Result<Vec<u8>, Failure> {
    account(front, params)?;
    let list = |name: &str| -> Vec<String> {
        let text = params.get(name).unwrap_or_default();
        text.split(',').filter(|part| !part.is_empty()).map(|part| part.trim().to_owned()).collect()
    };
    let note = KeyNote {
        account: wanted(params, "account")?.to_owned(),
        permissions: list("permissions"),
        addresses: list("addresses"),
    };
    let known = Permissions::of(note.permissions.iter().map(String::as_str)).is_some();
    if !known || note.permissions.is_empty() {
        return Err(Failure::with(ErrorCode::InvalidParameter, &["permissions"]));
    }
    if note.addresses.iter().any(|text| Network::parse(text).is_err()) {
        return Err(Failure::with(ErrorCode::InvalidParameter, &["addresses"]));
    }
    // The time and the name of an order that nobody has placed: nothing like it was ever given.
    let unlike = format!("{} {}", now_ms(), front.name_order());
    let made = front.keys.make(&unlike);
    let made = made.map_err(|why| Failure::said(ErrorCode::UnsupportedOperation, why))?;
    let value = json(&note)?;
    let labels = Labels::note(format!("{NOTES}{}", made.id), Some(value.clone()));
    front.own_work(Command::Tick, labels).await?;
    front.look(|desk| {
        front.keys.add_made(&made.id, &value, |name| desk.account_named(name));
    });
    json(&NewKey { id: made.id, key: made.key, secret: made.secret })
}

async fn take_key(front: &Front, params: &Params<'_>) -> Result<Vec<u8>, Failure> {
    let id = wanted(params, "id")?;
    let known = front.keys.all().into_iter().find(|key| key.id == id);
    match known {
        None => Err(Failure::with(ErrorCode::InvalidParameter, &["id"])),
        Some(key) if key.configured => {
            let words = "The key is of the configuration; take it away there.";
            Err(Failure::said(ErrorCode::UnsupportedOperation, words))
        }
        Some(_) => {
            let labels = Labels::note(format!("{NOTES}{id}"), None);
            front.own_work(Command::Tick, labels).await?;
            front.keys.remove_made(id);
            Ok(Done::success().to_json())
        }
    }
}
