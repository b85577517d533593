//! One life of the venue: a start, a look at what is there, load, and a kill.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use machine::Prng;
use runtime::task::block_on;
use testkit::power::Power;

use crate::check::{self, Found};
use crate::client::{Answer, Asked, Client};
use crate::ledger::{Ledger, Standing, fixed};
use crate::listener::{Heard, Tape};
use crate::oracle::Oracle;
use crate::site::{ACCOUNTS, ADMIN, PATIENCE, Process, Site, key, name};
use crate::table::Table;
use crate::trader::{Deposits, Trader};

/// Starts after which a snapshot older than the newest has to lead to the same state.
const COMPARE_EVERY: u64 = 20;

/// What an account begins with, in dollars: enough for orders on both sides, and a jump of the price takes as much from the
/// largest position that it carries.
const BEGINS_WITH: i64 = 1_000;

/// A venue over its lives.
pub(crate) struct World {
    site: Site,
    oracle: Oracle,
    prng: Prng,
    ledgers: Vec<Ledger>,
    deposits: Deposits,
    tape: Tape,
    heard: Heard,
    starts: u64,
}

/// When a life ends.
enum Moment {
    /// While it starts, after so long.
    Starting(Duration),
    /// Under load, after so long.
    After(Duration),
    /// Under load, once the disk is full.
    Full,
    /// Under load, as an operator ends it: it is drained, and told to stop.
    Drained,
    /// So many acknowledgements on, and some turns more: just when something has become durable.
    Acknowledged(u64, u64),
}

impl World {
    /// One with nothing in it, that takes a snapshot after so many entries.
    pub(crate) fn new(seed: u64, snapshot_every: u64) -> Self {
        let mut prng = Prng::new(seed);
        let oracle = Oracle::start(prng.next_u64());
        let site = Site::new(oracle.address, snapshot_every);
        let ledgers = (0..ACCOUNTS).map(Ledger::new).collect();
        let deposits = Deposits { base: 10_000, ..Deposits::default() };
        let (tape, heard) = (Tape::default(), Heard::default());
        Self { site, oracle, prng, ledgers, deposits, tape, heard, starts: 0 }
    }

    /// Starts it, looks at what is there, has it work, and kills it.
    ///
    /// # Panics
    /// Where something that was acknowledged is lost, or something was done twice.
    pub(crate) fn live(&mut self, table: &mut Table) {
        let moment = match self.prng.below(10) {
            0 => Moment::Starting(Duration::from_micros(self.prng.below(150_000))),
            1..=4 => Moment::After(Duration::from_micros(self.prng.below(150_000))),
            _ => Moment::Acknowledged(self.prng.below(120), self.prng.below(300_000)),
        };
        if let Moment::Starting(after) = moment {
            let process = self.site.start(|_| {});
            thread::sleep(after);
            process.kill();
            table.starting += 1;
            self.cut(table);
            return;
        }
        let delay = [0, 0, 1_000, 4_000][self.prng.index(4)];
        let process = self.begin(table, |command| Power::slow(command, delay));
        self.load(process, &moment, table);
        self.cut(table);
    }

    /// Has it work until the disk is full, which stops it and loses nothing; then kills it.
    pub(crate) fn fill(&mut self, bytes: u64, table: &mut Table) {
        let process = self.begin(table, |command| Power::room(command, bytes));
        self.load(process, &Moment::Full, table);
        self.cut(table);
    }

    /// Has it work, and ends it as an operator does before a restart. How much was unknown to who had asked.
    pub(crate) fn drain(&mut self, table: &mut Table) -> u64 {
        let process = self.begin(table, |_| {});
        let before = table.unknown + table.unknown_changes;
        self.load(process, &Moment::Drained, table);
        self.cut(table);
        table.unknown + table.unknown_changes - before
    }

    /// Where it is.
    pub(crate) const fn site(&self) -> &Site {
        &self.site
    }

    /// Looks once more at what the last kill has left.
    pub(crate) fn end(mut self, table: &mut Table) {
        self.begin(table, |_| {}).kill();
        table.tape += self.tape.next.saturating_sub(1);
    }

    /// Starts it, and looks at what is there.
    fn begin(&mut self, table: &mut Table, more: impl FnOnce(&mut Command)) -> Process {
        self.starts += 1;
        let older = self.starts.is_multiple_of(COMPARE_EVERY) && self.site.copy_without_newest();
        let mut process = self.site.start(more);
        let proof = self.site.await_answer(&mut process);
        table.recovered(process.started.elapsed());
        let said = process.await_said();
        table.replayed += said.replayed;
        table.digests += said.digests;
        if older {
            let copy = self.site.start_copy();
            assert!(copy.replayed > said.replayed, "{copy:?} {said:?}");
            assert_eq!((&copy.digest, copy.entries), (&said.digest, said.entries), "other states");
            table.older += 1;
        }
        let heard = self.heard.messages;
        let mut found = Found::default();
        self.money(&proof, &mut found);
        self.look(&mut found).unwrap_or_else(|error| panic!("{error}:\n{}", process.log()));
        table.found(&found, heard);
        judge(&found, &process, table);
        if self.deposits.count == 0 {
            let (deposits, address) = (&mut self.deposits, self.site.address);
            block_on(endow(deposits, address));
            table.acknowledged += deposits.count;
        }
        process
    }

    /// Takes what it had not synced when it was killed.
    fn cut(&mut self, table: &mut Table) {
        let kind = self.prng.below(4);
        let prng = &mut self.prng;
        let survives = || kind == 3 || (kind > 0 && prng.below(2) == 0);
        let lost = self.site.power.cut(survives).expect("the disk is well");
        table.kills += 1;
        table.sectors += u64::try_from(lost).unwrap_or(u64::MAX);
    }

    /// Holds the money against what was brought in.
    fn money(&mut self, proof: &serde_json::Value, found: &mut Found) {
        let Deposits { base, acknowledged, unknown, .. } = self.deposits;
        let here = fixed(&proof["brought_in"], 0);
        let known = base + acknowledged;
        if here == known + unknown.unwrap_or(0) {
            self.deposits.acknowledged += unknown.unwrap_or(0);
            found.done += u64::from(unknown.is_some());
        } else if here == known {
            found.not_done += u64::from(unknown.is_some());
        } else if here < known {
            found.lost.push(format!("{known} was brought in, and {here} is there"));
        } else {
            found
                .doubled
                .push(format!("{known} and {unknown:?} was brought in, and {here} is there"));
        }
        self.deposits.unknown = None;
        if proof["excess"] != "0.00000000" || proof["broken"] != serde_json::json!([]) {
            found.lost.push(format!("money is not conserved: {proof}"));
        }
    }

    /// Asks for everything that is known of.
    fn look(&mut self, found: &mut Found) -> std::io::Result<()> {
        self.oracle.still.store(true, Ordering::Relaxed);
        self.tape.read(&self.site, &self.heard, found)?;
        for ledger in &mut self.ledgers {
            let mut client = Client::rest(self.site.address, &key(ledger.account))?;
            let asked = ledger.orders.iter().filter(|(_, known)| known.standing == Standing::Asked);
            let asked: Vec<_> = asked.map(|(name, known)| (name.clone(), known.clone())).collect();
            block_on(async {
                let said = check::ask(&mut client, ledger).await?;
                if ledger.account == 0 {
                    self.heard.compare_orders(&said, found);
                }
                check::compare(ledger, &said, found);
                check::settle(&mut client, ledger, &asked, found).await
            })?;
            ledger.forget();
        }
        self.heard = Heard::default();
        self.oracle.still.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Has it work, and kills it.
    fn load(&mut self, process: Process, moment: &Moment, table: &mut Table) {
        let acknowledged = AtomicU64::new(0);
        let before: u64 = self.ledgers.iter().map(|ledger| ledger.acknowledged).sum();
        let unanswered = self.unanswered();
        let deposits = self.deposits.count;
        let stops = self.prng.below(10) == 0;
        let (address, price, from) =
            (self.site.address, &*self.oracle.price, self.tape.next.max(1));
        let mut chances: Vec<_> = (0..=ACCOUNTS).map(|_| self.prng.next_u64()).collect();
        let brings = chances.pop().unwrap_or_default();
        let (ledgers, money) = (&mut self.ledgers, &mut self.deposits);
        let heard = thread::scope(|scope| {
            for (ledger, chance) in ledgers.iter_mut().zip(chances) {
                let (acknowledged, prng) = (&acknowledged, Prng::new(chance));
                scope.spawn(move || block_on(trade(ledger, address, prng, (price, acknowledged))));
            }
            if !matches!(moment, Moment::Drained) {
                // The administration goes on while it is drained.
                scope.spawn(move || block_on(bring(money, address, brings)));
            }
            let listener = scope.spawn(move || block_on(Heard::listen(address, from)));
            if stops {
                thread::sleep(Duration::from_millis(30));
                process.signal("STOP");
                thread::sleep(Duration::from_millis(150));
                process.signal("CONT");
                table.stopped += 1;
            }
            if matches!(moment, Moment::Drained) {
                drain(process, address);
            } else {
                wait(moment, &acknowledged, address);
                process.kill();
            }
            listener.join().expect("who listens does not panic")
        });
        self.heard = heard;
        let after: u64 = self.ledgers.iter().map(|ledger| ledger.acknowledged).sum();
        let now = self.unanswered();
        table.acknowledged += after - before + self.deposits.count - deposits;
        table.unknown += now.0 - unanswered.0 + u64::from(self.deposits.unknown.is_some());
        table.unknown_changes += now.1 - unanswered.1;
    }

    /// Orders, and changes and cancels, that nobody has answered.
    fn unanswered(&self) -> (u64, u64) {
        let orders = self.ledgers.iter().map(|ledger| ledger.unanswered).sum();
        let changes = self.ledgers.iter().map(|ledger| ledger.unanswered_changes).sum();
        (orders, changes)
    }
}

/// Fails where something is wrong.
fn judge(found: &Found, process: &Process, table: &Table) {
    if found.lost.is_empty() && found.doubled.is_empty() {
        return;
    }
    let mut text = String::new();
    for (word, all) in [("acknowledged and lost", &found.lost), ("done twice", &found.doubled)] {
        for what in all.iter().take(10) {
            writeln!(text, "{word}: {what}").expect("a text can be written");
        }
    }
    panic!("after kill {}:\n{text}{}\n{}", table.kills, process.log(), table.text());
}

/// Has an account trade, over REST or the WebSocket API, until nobody answers.
async fn trade(
    ledger: &mut Ledger,
    address: SocketAddr,
    mut prng: Prng,
    (price, acknowledged): (&AtomicU64, &AtomicU64),
) {
    // Each has a mind of its own, so that positions grow.
    let buys = 1 + prng.below(9);
    let key = key(ledger.account);
    let client = if ledger.account.is_multiple_of(2) {
        Client::rest(address, &key)
    } else {
        Client::socket(address, &key).await
    };
    // Where it was killed before anything could be asked, nothing was.
    let Ok(client) = client else { return };
    Trader { ledger, client, prng, buys, price, acknowledged }.trade().await;
}

/// Gives everybody something to begin with.
async fn endow(money: &mut Deposits, address: SocketAddr) {
    let mut admin = Client::rest(address, ADMIN).expect("it answers");
    for account in 0..ACCOUNTS {
        assert!(money.bring(&mut admin, &name(account), BEGINS_WITH).await);
        let mut client = Client::rest(address, &key(account)).expect("it answers");
        let params = vec![("symbol", "BTCUSDT".to_owned()), ("leverage", "50".to_owned())];
        let asked = Asked { rest: ("POST", "/fapi/v1/leverage"), socket: "", params };
        assert!(matches!(client.ask(&asked).await, Answer::Done(_)));
    }
}

/// Brings money in until nobody answers.
async fn bring(money: &mut Deposits, address: SocketAddr, chance: u64) {
    let mut prng = Prng::new(chance);
    let Ok(mut client) = Client::rest(address, ADMIN) else { return };
    loop {
        // As much as is lost, and not so much that nobody is liquidated any more.
        let amount = 5 + prng.below(40).cast_signed();
        let account = name(prng.index(ACCOUNTS));
        if !money.bring(&mut client, &account, amount).await {
            return;
        }
        thread::sleep(Duration::from_millis(prng.below(20)));
    }
}

/// Ends it as an operator does before a restart.
fn drain(mut process: Process, address: SocketAddr) {
    thread::sleep(Duration::from_millis(300));
    let answer = block_on(async {
        let mut admin = Client::rest(address, ADMIN).expect("it answers");
        let rest = ("POST", "/v1/admin/drain");
        admin.ask(&Asked { rest, socket: "", params: Vec::new() }).await
    });
    assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    let ready = testkit::http::get(address, "/readyz", PATIENCE).expect("it answers");
    assert!(ready.status() == 503 && ready.text().contains("drains"), "{}", ready.text());
    // Whoever is told that nothing is taken any more goes away by then.
    thread::sleep(Duration::from_millis(300));
    process.signal("TERM");
    let status = process.await_end();
    assert!(status.success(), "{status}: {}", process.log());
}

/// Waits until it is time.
fn wait(moment: &Moment, acknowledged: &AtomicU64, address: SocketAddr) {
    match moment {
        Moment::Full => {
            let deadline = Instant::now() + PATIENCE;
            loop {
                let ready = testkit::http::get(address, "/readyz", PATIENCE).expect("it answers");
                if ready.status() == 503 && ready.text().contains("the engine has stopped") {
                    assert!(ready.text().contains("no room on the disk"), "{}", ready.text());
                    break;
                }
                assert!(Instant::now() < deadline, "it does not stop: {}", ready.text());
                thread::sleep(Duration::from_millis(20));
            }
        }
        Moment::Starting(after) | Moment::After(after) => thread::sleep(*after),
        Moment::Drained => {}
        Moment::Acknowledged(count, turns) => {
            let (from, deadline) =
                (acknowledged.load(Ordering::Relaxed), Instant::now() + PATIENCE);
            while acknowledged.load(Ordering::Relaxed) <= from + count && Instant::now() < deadline
            {
                std::hint::spin_loop();
            }
            (0..*turns).for_each(|_| std::hint::spin_loop());
        }
    }
}
