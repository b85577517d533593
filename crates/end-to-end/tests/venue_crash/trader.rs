//! What clients do until the venue is killed.

use std::sync::atomic::{AtomicU64, Ordering};

use machine::Prng;
use serde_json::Value;

use crate::client::{Answer, Asked, Client, judged};
use crate::ledger::{Known, Ledger, Standing};

/// Orders that an account leaves open.
const OPEN_MAX: usize = 6;

/// Most that an order is for, in thousandths: at a hundred thousand dollars a jump of the price is felt.
const LOTS_MAX: u64 = 100;

/// Who trades: what it knows, by what line it asks, and its chance.
pub(crate) struct Trader<'a> {
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) client: Client,
    pub(crate) prng: Prng,
    /// How many of ten orders buy.
    pub(crate) buys: u64,
    pub(crate) price: &'a AtomicU64,
    /// Counts what was acknowledged, so that a kill can come just then.
    pub(crate) acknowledged: &'a AtomicU64,
}

impl Trader<'_> {
    /// Asks one thing after the other until nobody answers.
    pub(crate) async fn trade(mut self) {
        while self.step().await {
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn step(&mut self) -> bool {
        let open = self.ledger.open();
        let chance = self.prng.below(100);
        if open.len() > OPEN_MAX {
            return self.cancel(&open[0]).await;
        }
        let some = open.get(self.prng.index(open.len().max(1)));
        match (chance, some) {
            (0..=19, Some(name)) => self.cancel(name).await,
            (20..=39, Some(name)) => self.amend(name).await,
            (40..=54, _) if self.client.is_rest() => self.place_some().await,
            _ => self.place().await,
        }
    }

    /// A price around where the market is, in tenths, and how many thousandths.
    fn around(&mut self) -> (i64, i64) {
        let price = self.price.load(Ordering::Relaxed);
        let away = price / 1_000 * self.prng.below(5);
        let price = if self.prng.below(2) == 0 { price + away } else { price - away };
        (price.cast_signed(), (1 + self.prng.below(LOTS_MAX)).cast_signed())
    }

    /// An order with a new name, which from here on may be there.
    fn draw(&mut self) -> (String, Known) {
        let name = self.ledger.name();
        let (price, quantity) = self.around();
        let side = if self.prng.below(10) < self.buys { "BUY" } else { "SELL" };
        let kind = ["GTC", "GTC", "GTC", "GTX", "IOC", "MARKET"][self.prng.index(6)];
        let price = if kind == "MARKET" { 0 } else { price };
        let (number, executed, traded, may_be) = (None, 0, 0, vec![(price, quantity)]);
        let standing = Standing::Asked;
        let known = Known { number, side, kind, may_be, executed, traded, standing };
        self.ledger.orders.insert(name.clone(), known.clone());
        (name, known)
    }

    async fn place(&mut self) -> bool {
        let (name, known) = self.draw();
        let answer = self.client.ask(&order(&name, &known)).await;
        self.ledger.placed(&name, &answer)
    }

    /// Several orders in one request.
    async fn place_some(&mut self) -> bool {
        let drawn: Vec<_> = (0..3).map(|_| self.draw()).collect();
        let list = drawn.iter().map(|(name, known)| {
            let params = order(name, known).params.into_iter();
            params.map(|(name, value)| (name.to_owned(), Value::from(value))).collect::<Value>()
        });
        let params = vec![("batchOrders", Value::Array(list.collect()).to_string())];
        let asked = Asked { rest: ("POST", "/fapi/v1/batchOrders"), socket: "", params };
        match self.client.ask(&asked).await {
            Answer::Done(mut answers) => {
                for (place, (name, _)) in drawn.iter().enumerate() {
                    let answer = answers[place].take();
                    let is_done = answer["orderId"].is_u64();
                    self.ledger.placed(name, &judged(is_done, answer));
                }
                true
            }
            other @ (Answer::Refused(_) | Answer::Unknown) => {
                let each = drawn.iter().map(|(name, _)| self.ledger.placed(name, &other));
                each.filter(|goes_on| !goes_on).count() == 0
            }
        }
    }

    async fn cancel(&mut self, name: &str) -> bool {
        let params = vec![("symbol", "BTCUSDT".to_owned()), ("origClientOrderId", name.to_owned())];
        let asked = Asked { rest: ("DELETE", "/fapi/v1/order"), socket: "order.cancel", params };
        let answer = self.client.ask(&asked).await;
        self.ledger.cancelled(name, &answer)
    }

    async fn amend(&mut self, name: &str) -> bool {
        let wanted = self.around();
        let side = self.ledger.orders.get(name).map_or("BUY", |known| known.side);
        let params = vec![
            ("symbol", "BTCUSDT".to_owned()),
            ("origClientOrderId", name.to_owned()),
            ("side", side.to_owned()),
            ("price", tenths(wanted.0)),
            ("quantity", thousandths(wanted.1)),
        ];
        let asked = Asked { rest: ("PUT", "/fapi/v1/order"), socket: "order.modify", params };
        let answer = self.client.ask(&asked).await;
        self.ledger.amended(name, wanted, &answer)
    }
}

/// The request for an order.
pub(crate) fn order(name: &str, known: &Known) -> Asked {
    let (price, quantity) = known.may_be[0];
    let mut params = vec![
        ("symbol", "BTCUSDT".to_owned()),
        ("side", known.side.to_owned()),
        ("quantity", thousandths(quantity)),
        ("newClientOrderId", name.to_owned()),
        ("newOrderRespType", "RESULT".to_owned()),
    ];
    if known.kind == "MARKET" {
        params.push(("type", "MARKET".to_owned()));
    } else {
        params.push(("type", "LIMIT".to_owned()));
        params.push(("price", tenths(price)));
        params.push(("timeInForce", known.kind.to_owned()));
    }
    Asked { rest: ("POST", "/fapi/v1/order"), socket: "order.place", params }
}

fn tenths(number: i64) -> String {
    format!("{}.{}", number / 10, number % 10)
}

fn thousandths(number: i64) -> String {
    format!("{}.{:03}", number / 1_000, number % 1_000)
}

/// Money that was brought in, in whole dollars.
#[derive(Debug, Default)]
pub(crate) struct Deposits {
    /// What was there before any.
    pub(crate) base: i64,
    pub(crate) acknowledged: i64,
    pub(crate) count: u64,
    /// One of which nobody knows.
    pub(crate) unknown: Option<i64>,
}

impl Deposits {
    /// Brings money into one account.
    pub(crate) async fn bring(&mut self, client: &mut Client, account: &str, amount: i64) -> bool {
        let params = vec![
            ("account", account.to_owned()),
            ("asset", "USDT".to_owned()),
            ("amount", amount.to_string()),
        ];
        let rest = ("POST", "/v1/admin/deposits");
        match client.ask(&Asked { rest, socket: "", params }).await {
            Answer::Done(_) => {
                self.acknowledged += amount;
                self.count += 1;
                true
            }
            // It has stopped.
            Answer::Refused(_) => false,
            Answer::Unknown => {
                self.unknown = Some(amount);
                false
            }
        }
    }
}
