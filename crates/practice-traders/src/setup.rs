//! Accounts, money and keys, made over the administration API.

use runtime::client::{CallError, CallResponse};
use serde_json::Value;
use units::Money;
use wire_binance::{Decimal, Query, Sink as _};

use crate::api::{Api, Key};

/// Places of an amount of money.
const PLACES: u8 = 2;

/// An account that was made.
#[derive(Debug)]
pub(crate) struct Made {
    /// Its number.
    pub account: u32,
    /// Its key.
    pub key: Key,
}

/// Why an account could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetupError {
    /// The venue was not reached, or did not answer.
    #[error("{what}: {source}")]
    Call {
        /// What was being done.
        what: &'static str,
        /// Why not.
        #[source]
        source: CallError,
    },
    /// The venue refused.
    #[error("{what}: the venue answered {answer}")]
    Refused {
        /// What was being done.
        what: &'static str,
        /// The answer's beginning.
        answer: String,
    },
}

/// Opens an account, and gives its holder a key.
///
/// # Errors
/// Where the venue is away or refuses.
pub(crate) async fn open(api: &Api, name: &str) -> Result<Made, SetupError> {
    let opened = ask(api, "accounts", "open an account", &[("name", name)]).await?;
    let wanted = [("account", name), ("permissions", "read,trade")];
    let made = ask(api, "keys", "make a key", &wanted).await?;
    let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
    let key = Key::new(&text("key"), &text("secret"));
    let account = opened["account"].as_u64().and_then(|number| u32::try_from(number).ok());
    match (account, key) {
        (Some(account), Some(key)) => Ok(Made { account, key }),
        _ => Err(SetupError::Refused { what: "open an account", answer: opened.to_string() }),
    }
}

/// Brings money into an account.
///
/// # Errors
/// The same.
pub(crate) async fn deposit(
    api: &Api,
    (account, asset): (&str, &str),
    amount: Money,
) -> Result<(), SetupError> {
    let amount = Decimal::money(amount, PLACES).cut(PLACES).to_string();
    let wanted = [("account", account), ("asset", asset), ("amount", &amount)];
    ask(api, "deposits", "deposit", &wanted).await.map(drop)
}

async fn ask(
    api: &Api,
    path: &str,
    what: &'static str,
    params: &[(&str, &str)],
) -> Result<Value, SetupError> {
    let mut query = Query::new();
    for (name, value) in params {
        query.push(name, value);
    }
    let answer = api.post(&format!("/v1/admin/{path}"), query, &api.admin).await;
    read(what, answer.map_err(|source| SetupError::Call { what, source })?)
}

fn read(what: &'static str, answer: CallResponse) -> Result<Value, SetupError> {
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    match serde_json::from_str(&body) {
        Ok(value) if answer.status.is_success() => Ok(value),
        _ => {
            let end = body.floor_char_boundary(200);
            let answer = body.get(..end).unwrap_or_default().to_owned();
            Err(SetupError::Refused { what, answer })
        }
    }
}
