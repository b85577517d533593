//! The whole tape: every liquidation and deleveraging, numbered without a gap, as far back as it is kept. Whoever was
//! away goes on from the number after the last that it has.

use std::sync::Arc;

use runtime::http::{Bytes, Request, Response, WebSocket};
use runtime::task;
use serde::Serialize;
use venue_core::{Liquidated, TakenBy, TapeEntry};
use venue_views::Desk;
use wire_binance::{Decimal, ErrorCode, Failure, Params};

use super::books::amount;
use super::number;
use crate::front::market::Markets;
use crate::front::server::failed;
use crate::front::stream::POLICY;
use crate::front::{Front, json, show};

/// Most entries of an answer, or of one reading for a stream.
const ENTRIES_MAX: usize = 1_000;

/// Largest message of a client; nothing is expected from it.
const MESSAGE_BYTES: usize = 1_024;

/// An entry as it is told.
#[derive(Debug, Serialize)]
struct Line {
    number: u64,
    /// In milliseconds since 1970.
    at: u64,
    /// The same in nanoseconds, as the hash has it; as text, since a float does not hold it.
    at_ns: String,
    account: u32,
    #[serde(flatten)]
    what: What,
    /// What the account paid to the fund.
    fee: Decimal,
    fund_paid: Decimal,
    holders_paid: Decimal,
    socialised: Decimal,
    unpaid: Decimal,
    /// The fund after it.
    fund: Decimal,
    /// Over this entry and the one before, in hexadecimal digits.
    hash: String,
}

/// What was liquidated.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum What {
    Position {
        symbol: String,
        /// The market's number, as the hash has it.
        market: u16,
        position_side: &'static str,
        /// The side of the order that closed it.
        side: &'static str,
        quantity: Decimal,
        price: Decimal,
        mark: Decimal,
        bankruptcy: Decimal,
        /// `book`, `backstop` or `holders`.
        taken_by: &'static str,
    },
    Collateral {
        asset: String,
        /// The asset's number, as the hash has it.
        asset_number: u16,
        amount: Decimal,
        price: Decimal,
        credited: Decimal,
    },
    Debt,
}

fn line(entry: &TapeEntry, markets: &Markets) -> Option<Line> {
    let what = match entry.what {
        Liquidated::Position {
            market: id,
            position,
            side,
            lots,
            price,
            mark,
            bankruptcy,
            taken_by,
        } => {
            let market = markets.get(id)?;
            What::Position {
                symbol: market.symbol.to_string(),
                market: id.number(),
                position_side: show::position(position).as_str(),
                side: show::side(side).as_str(),
                quantity: market.quantity(lots),
                price: market.price(price),
                mark: market.price(mark),
                bankruptcy: market.price(bankruptcy),
                taken_by: match taken_by {
                    TakenBy::Book => "book",
                    TakenBy::Backstop => "backstop",
                    TakenBy::Holders => "holders",
                },
            }
        }
        Liquidated::Collateral { asset, amount: size, price, credited } => What::Collateral {
            asset: markets.asset(asset).to_owned(),
            asset_number: asset.number(),
            amount: amount(size),
            price: Decimal::price(price, 0),
            credited: amount(credited),
        },
        Liquidated::Debt => What::Debt,
    };
    Some(Line {
        number: entry.number,
        at: show::millis(entry.at),
        at_ns: entry.at.as_nanos().to_string(),
        account: entry.account.number(),
        what,
        fee: amount(entry.fee),
        fund_paid: amount(entry.fund_paid),
        holders_paid: amount(entry.holders_paid),
        socialised: amount(entry.socialised),
        unpaid: amount(entry.unpaid),
        fund: amount(entry.fund),
        hash: entry.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

/// A part of the tape.
#[derive(Debug, Serialize)]
struct Range {
    items: Vec<Line>,
    /// The oldest that is kept, and the newest; `null` where there is none yet.
    oldest: Option<u64>,
    newest: Option<u64>,
    /// The number to go on from.
    next: u64,
}

/// The number to begin at: the one that is asked for, else that of the next entry.
fn begin(desk: &Desk, params: &Params<'_>) -> Result<u64, Failure> {
    let newest = desk.tape_kept().map_or(0, |(_, newest)| newest);
    Ok(number(params, "from")?.unwrap_or_else(|| newest.saturating_add(1)).max(1))
}

/// The error where entries are asked for that are not kept any more: passing over them would be a gap.
fn gone(desk: &Desk, from: u64) -> Result<(), Failure> {
    match desk.tape_kept() {
        Some((oldest, _)) if from < oldest => {
            let words = format!("Entries before {oldest} are not kept any more.");
            Err(Failure::said(ErrorCode::InvalidMessage, words))
        }
        _ => Ok(()),
    }
}

/// Entries from a number on.
pub(super) fn range(front: &Front, params: &Params<'_>) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let limit = number(params, "limit")?.map_or(ENTRIES_MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX).clamp(1, ENTRIES_MAX)
    });
    let range = front.look(|desk| {
        // Without a number it begins with the oldest.
        let oldest = desk.tape_kept().map_or(1, |(oldest, _)| oldest);
        let from = number(params, "from")?.unwrap_or(oldest).max(1);
        gone(desk, from)?;
        let items: Vec<Line> =
            desk.tape(from).take(limit).filter_map(|entry| line(entry, &markets)).collect();
        let next = items.last().map_or(from, |last| last.number.saturating_add(1));
        let (oldest, newest) = desk.tape_kept().unzip();
        Ok::<_, Failure>(Range { items, oldest, newest, next })
    })?;
    json(&range)
}

/// Entries from a number on, and each new one as soon as it is durable.
pub(super) fn stream(front: &Arc<Front>, request: Request) -> Response {
    let from = Params::read(request.query().as_bytes(), b"").and_then(|params| {
        front.look(|desk| {
            let from = begin(desk, &params)?;
            gone(desk, from)?;
            Ok(from)
        })
    });
    match from {
        Ok(from) => {
            let front = Arc::clone(front);
            request.upgrade(MESSAGE_BYTES, move |socket| follow(front, socket, from))
        }
        Err(failure) => failed(&failure),
    }
}

/// Tells a socket the tape. It reads at its own pace from what is kept, so nothing waits for a slow client.
async fn follow(front: Arc<Front>, socket: WebSocket, mut next: u64) {
    let (sender, mut receiver) = socket.split();
    let mut told = front.hub.tape();
    loop {
        let markets = front.markets();
        let read = front.look(|desk| {
            gone(desk, next)?;
            let entries = desk.tape(next).take(ENTRIES_MAX);
            Ok::<_, Failure>(entries.filter_map(|entry| line(entry, &markets)).collect::<Vec<_>>())
        });
        let lines = match read {
            Ok(lines) => lines,
            Err(failure) => return sender.close(POLICY, &failure.message).await,
        };
        for line in &lines {
            let Ok(text) = serde_json::to_vec(line) else { return };
            if !sender.send(Bytes::from(text)).await {
                return;
            }
            next = line.number.saturating_add(1);
        }
        if !lines.is_empty() {
            continue;
        }
        task::select! {
            changed = told.changed() => if changed.is_err() { return },
            message = receiver.receive() => if message.is_none() { return },
        }
    }
}
