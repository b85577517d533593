//! The crowd: accounts, their money and their positions, made over the interfaces that everybody has.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use machine::Prng;
use serde_json::Value;
use testkit::venue::{Client, Signer, Venue};

use crate::due::State;

/// The market.
pub(crate) const SYMBOL: &str = "BTCUSDT";

/// The price before, and the one after the fall of two per cent.
pub(crate) const INDEX: &str = "100000";
/// The price after the fall.
pub(crate) const FALLEN: &str = "98000";

/// Where the makers buy after the fall: within what every account's own money bears.
const BID: &str = "97999.9";

/// Connections at once: the journal syncs for all who wait, so that many of them wait together.
const CONNECTIONS: usize = 48;

/// One safe account for so many that will be due.
const SAFE: usize = 5;

/// Everybody's leverage.
const LEVERAGE: &str = "50";

/// How many are asked what has happened to them.
const ASKED: usize = 50;

/// What a lot is worth at the price before, in millionths: 0.001 of 100,000.
const LOT: u64 = 100_000_000;

/// An account and its key.
#[derive(Debug)]
struct Member {
    name: String,
    account: u64,
    signer: Signer,
}

/// What an account gets.
#[derive(Clone, Copy, Debug)]
struct Means {
    lots: u64,
    /// In millionths.
    deposit: u64,
}

impl Means {
    /// Those of the account of a number: `due` ones keep less than their maintenance after the fall and more than nothing,
    /// the others more.
    fn of(number: usize, due: bool) -> Self {
        let mut prng = Prng::new(number as u64);
        let lots = 5 + prng.below(16);
        let notional = lots * LOT;
        // The taker's fee, and two per cent.
        let (fee, loss) = (notional / 2_000, notional / 50);
        // 0.4 % of what is left.
        let maintenance = (notional - loss) / 250;
        let kept = if due { 50 + prng.below(900) } else { 1_050 + prng.below(4_000) };
        Self { lots, deposit: fee + loss + maintenance * kept / 1_000 }
    }
}

/// Everybody.
#[derive(Debug)]
pub(crate) struct Crowd {
    members: Vec<Member>,
    maker: Member,
}

impl Crowd {
    /// So many who will be due, those who will not, and a maker who sells to all of them and buys after the fall.
    pub(crate) fn open(venue: &Venue, due: usize) -> Self {
        let count = due + due.div_ceil(SAFE);
        let mut client = venue.client();
        let maker = join(&mut client, "maker", "100000000");
        let lots: u64 = (0..count).map(|number| Means::of(number, number < due).lots).sum();
        order(&mut client, &maker.signer, ("SELL", &quantity(lots), INDEX));
        let next = AtomicUsize::new(0);
        let mut members: Vec<(usize, Member)> = thread::scope(|scope| {
            let work = || join_all(venue, &next, (due, count));
            let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(work)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
        });
        members.sort_by_key(|(number, _)| *number);
        // The maker's own connection has been idle for longer than the venue keeps one.
        order(&mut venue.client(), &maker.signer, ("BUY", &quantity(lots), BID));
        Self { members: members.into_iter().map(|(_, member)| member).collect(), maker }
    }

    /// How many there are, the maker included.
    pub(crate) fn len(&self) -> usize {
        self.members.len() + 1
    }

    /// What everybody has, each by its own key, by the accounts' numbers.
    pub(crate) fn states(&self, venue: &Venue) -> Vec<State> {
        let read = |part: &[Member]| {
            let mut client = venue.client();
            let read = |member: &Member| State::read(member.account, &member.whole(&mut client));
            part.iter().map(read).collect::<Vec<_>>()
        };
        let mut states = thread::scope(|scope| {
            let parts = self.members.chunks(self.members.len().div_ceil(CONNECTIONS));
            let threads: Vec<_> = parts.map(|part| scope.spawn(move || read(part))).collect();
            let read = threads.into_iter().flat_map(|thread| thread.join().expect("no panic"));
            read.collect::<Vec<_>>()
        });
        states.extend(read(std::slice::from_ref(&self.maker)));
        states.sort_by_key(|state| state.account);
        states
    }

    /// Asks some of all what has happened to them: what the tape says of them, and nothing else.
    pub(crate) fn own_words(&self, venue: &Venue, tape: &[Value]) {
        let mut client = venue.client();
        for member in self.members.iter().step_by(self.members.len().div_ceil(ASKED)) {
            let told = client.done(&member.signer, ("GET", "/fapi/v1/forceOrders"), &[]);
            let told = told.as_array().expect("a list");
            let own = tape.iter().filter(|line| line["account"] == member.account);
            let own: Vec<(&Value, &Value)> =
                own.map(|it| (&it["number"], &it["quantity"])).collect();
            let told: Vec<_> = told.iter().map(|it| (&it["orderId"], &it["executedQty"])).collect();
            assert_eq!(told, own, "{}", member.name);
        }
    }
}

impl Member {
    fn whole(&self, client: &mut Client) -> Value {
        client.done(&self.signer, ("GET", "/fapi/v3/account"), &[])
    }
}

fn quantity(lots: u64) -> String {
    format!("{}.{:03}", lots / 1_000, lots % 1_000)
}

/// Opens an account with money and a key.
fn join(client: &mut Client, name: &str, deposit: &str) -> Member {
    let admin = Venue::administrator();
    let opened = client.done(&admin, ("POST", "/v1/admin/accounts"), &[("name", name)]);
    let money = [("account", name), ("asset", "USDT"), ("amount", deposit)];
    client.done(&admin, ("POST", "/v1/admin/deposits"), &money);
    let wanted = [("account", name), ("permissions", "read,trade")];
    let made = client.done(&admin, ("POST", "/v1/admin/keys"), &wanted);
    let text = |name: &str| made[name].as_str().expect("a text");
    Member {
        name: name.to_owned(),
        account: opened["account"].as_u64().expect("a number"),
        signer: Signer::new(text("key"), text("secret")),
    }
}

/// Opens accounts of the numbers that nobody else has taken, until there are enough.
fn join_all(
    venue: &Venue,
    next: &AtomicUsize,
    (due, count): (usize, usize),
) -> Vec<(usize, Member)> {
    let mut client = venue.client();
    let take = || Some(next.fetch_add(1, Relaxed)).filter(|number| *number < count);
    let numbers = std::iter::from_fn(take);
    numbers.map(|number| (number, member(&mut client, number, number < due))).collect()
}

fn member(client: &mut Client, number: usize, due: bool) -> Member {
    let (name, means) = (format!("trader-{number}"), Means::of(number, due));
    let deposit = format!("{}.{:06}", means.deposit / 1_000_000, means.deposit % 1_000_000);
    let member = join(client, &name, &deposit);
    let leverage = [("symbol", SYMBOL), ("leverage", LEVERAGE)];
    client.done(&member.signer, ("POST", "/fapi/v1/leverage"), &leverage);
    let done = order(client, &member.signer, ("BUY", &quantity(means.lots), INDEX));
    assert_eq!(done["status"], "FILLED", "{name}: {done}");
    member
}

fn order(
    client: &mut Client,
    signer: &Signer,
    (side, quantity, price): (&str, &str, &str),
) -> Value {
    let params = [
        ("symbol", SYMBOL),
        ("side", side),
        ("type", "LIMIT"),
        ("timeInForce", "GTC"),
        ("quantity", quantity),
        ("price", price),
        ("newOrderRespType", "RESULT"),
    ];
    client.done(signer, ("POST", "/fapi/v1/order"), &params)
}
