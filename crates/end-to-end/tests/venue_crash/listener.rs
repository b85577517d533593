//! Who listens to the tape and to an account until the venue is killed: what a stream has told is as good as an answer.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use runtime::task;
use serde_json::Value;

use crate::check::{Found, Said};
use crate::client::{Answer, Asked, Client, open};
use crate::ledger::{PREFIX, fixed};
use crate::site::{Site, key};

/// What was heard.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Entries of the tape, by number: their hashes.
    tape: BTreeMap<u64, String>,
    /// Orders of the first account, by number: how much of each had traded, and the newest trade.
    orders: BTreeMap<u64, (i64, u64)>,
    /// Messages of both.
    pub(crate) messages: u64,
}

impl Heard {
    /// Listens from an entry of the tape on until the streams break.
    pub(crate) async fn listen(address: SocketAddr, from: u64) -> Self {
        let mut heard = Self::default();
        // Where it is killed before it listens, nothing was heard.
        drop(heard.follow(address, from).await);
        heard
    }

    async fn follow(&mut self, address: SocketAddr, from: u64) -> io::Result<()> {
        let mut client = Client::rest(address, &key(0))?;
        let rest = ("POST", "/fapi/v1/listenKey");
        let asked = Asked { rest, socket: "", params: Vec::new() };
        let Answer::Done(told) = client.ask(&asked).await else { return Ok(()) };
        let listen = told["listenKey"].as_str().unwrap_or_default();
        let mut own = open(address, &format!("/private/ws?listenKey={listen}")).await?;
        let mut tape = open(address, &format!("/v1/tape?from={from}")).await?;
        loop {
            task::select! {
                message = own.receive() => match message {
                    Some(message) => self.told_own(&serde_json::from_slice(&message)?),
                    None => return Ok(()),
                },
                message = tape.receive() => match message {
                    Some(message) => self.told_tape(&serde_json::from_slice(&message)?),
                    None => return Ok(()),
                },
            }
            self.messages += 1;
        }
    }

    fn told_own(&mut self, message: &Value) {
        let order = &message["o"];
        let ours = order["c"].as_str().is_some_and(|name| name.starts_with(PREFIX));
        if message["e"] == "ORDER_TRADE_UPDATE" && ours {
            let number = order["i"].as_u64().unwrap_or_default();
            let known = self.orders.entry(number).or_default();
            known.0 = fixed(&order["z"], 3);
            known.1 = known.1.max(order["t"].as_u64().unwrap_or_default());
        }
    }

    fn told_tape(&mut self, entry: &Value) {
        let hash = entry["hash"].as_str().unwrap_or_default().to_owned();
        self.tape.insert(entry["number"].as_u64().unwrap_or_default(), hash);
    }

    /// Holds what the first account was told of its orders against what is there.
    pub(crate) fn compare_orders(&self, said: &Said, found: &mut Found) {
        let trades: Vec<_> = said.trades.iter().filter_map(|trade| trade["id"].as_u64()).collect();
        for order in &said.all {
            let number = order["orderId"].as_u64().unwrap_or_default();
            let Some((traded, trade)) = self.orders.get(&number) else { continue };
            if fixed(&order["executedQty"], 3) < *traded || (*trade > 0 && !trades.contains(trade))
            {
                found.lost.push(format!("the stream told of {traded} and trade {trade}: {order}"));
            }
        }
    }
}

/// The tape as it was read, without a gap.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    /// The number after the last.
    pub(crate) next: u64,
}

impl Tape {
    /// Reads on, and holds it against what was heard.
    pub(crate) fn read(&mut self, site: &Site, heard: &Heard, found: &mut Found) -> io::Result<()> {
        let mut entries = BTreeMap::new();
        self.next = self.next.max(1);
        loop {
            let part = site.get(&format!("/v1/tape?from={}", self.next))?;
            let items = part["items"].as_array().cloned().unwrap_or_default();
            if items.is_empty() {
                break;
            }
            for entry in items {
                let number = entry["number"].as_u64().unwrap_or_default();
                if number != self.next {
                    found.lost.push(format!("the tape has {number} where {} comes", self.next));
                }
                self.next = number + 1;
                entries.insert(number, entry["hash"].as_str().unwrap_or_default().to_owned());
            }
        }
        for (number, hash) in &heard.tape {
            if entries.get(number) != Some(hash) {
                let there = entries.get(number);
                found.lost.push(format!("entry {number} of the tape was {hash}, and is {there:?}"));
            }
        }
        Ok(())
    }
}
