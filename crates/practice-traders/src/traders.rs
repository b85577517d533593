//! The traders' shell: one thread, a handful of connections, and what people do to them.

use std::sync::{Arc, Mutex, PoisonError};

use practice_market::{Action, Change, Market as Prices, MarketError};
use runtime::task::sync::{mpsc, watch};
use runtime::{clock, task};
use units::{Money, Price, Quantity, Span};

use crate::api::{Api, Key};
use crate::book::Market;
use crate::button::Button;
use crate::crowd::{Crowd, Mode, Standing};
use crate::deed::{Deed, Seat, Told};
use crate::line::{Line, is_for_line};
use crate::maker::MAKER_MONEY;
use crate::shared::{Shared, name};
use crate::{setup, wire};

/// Connections to the WebSocket API. Makers are dealt out to them.
const LINES: usize = 2;

/// How often traders have their turns.
const TURN: Span = Span::from_millis(20);

/// Orders of traders that are under way at once, each on a connection of its own: half of what the venue lets one address
/// have, so that whoever tries it out from the same machine has the rest.
const UNDER_WAY_MAX: usize = 32;

/// Questions of what traders hold that wait for the line. More are asked again later.
const ASKS_MAX: usize = 256;

/// How often the markets and the tape are looked at.
const LOOK: Span = Span::from_millis(500);

/// Accounts that are made at once.
const OPENED_AT_ONCE: usize = 4;

/// How many more traders come in at a time, and how long is waited before the next ones: a market lives at once, and the
/// machine has something left for the rest of the start.
const COMING: (usize, Span) = (20, Span::from_millis(100));

/// How long is waited before an account is tried again that could not be made.
const AGAIN: Span = Span::from_secs(1);

/// A market that traders trade.
#[derive(Clone, Debug)]
pub struct MarketPlan {
    /// Its symbol.
    pub symbol: String,
    /// The step of its prices.
    pub tick: Price,
    /// The step of its sizes.
    pub lot: Quantity,
    /// How many of a hundred traders are at home there.
    pub share: u8,
    /// What a maker offers at its nearest price.
    pub nearest: Money,
}

/// What traders need to know.
#[derive(Clone, Debug)]
pub struct TraderOptions {
    /// The venue, by its root, such as `http://127.0.0.1:8700`.
    pub venue: String,
    /// A key of it that may administrate, and its secret.
    pub admin: (String, String),
    /// The asset that everything is settled in.
    pub settlement: String,
    /// A token that is collateral, and that some traders bring.
    pub collateral: String,
    /// The markets.
    pub markets: Vec<MarketPlan>,
    /// How many makers there are.
    pub makers: usize,
    /// How many traders there are.
    pub traders: usize,
    /// The seed of everything random about them.
    pub seed: u64,
    /// The market that the venue's prices come from in the end.
    pub prices: Arc<Prices>,
}

/// Why the traders could not begin.
#[derive(Debug, thiserror::Error)]
pub enum TradersError {
    /// The venue's URL is none.
    #[error("the venue's URL: {0}")]
    Url(String),
    /// The administrator's key is none.
    #[error("the administrator's key cannot go in a header")]
    Key,
    /// A market is none.
    #[error("market {0} has no name, or no steps")]
    Market(String),
}

/// Traders and makers. Dropping the value ends them.
#[derive(Debug)]
pub struct Traders {
    shared: Arc<Shared>,
    prices: Arc<Prices>,
    stop: watch::Sender<bool>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl Traders {
    /// Starts them. They come in one after another, as soon as the venue answers.
    ///
    /// # Errors
    /// Where what they need to know is wrong.
    pub fn start(options: &TraderOptions) -> Result<Self, TradersError> {
        let (key, secret) = &options.admin;
        let admin = Key::new(key, secret).ok_or(TradersError::Key)?;
        let api = Api::new(&options.venue, admin).map_err(TradersError::Url)?;
        let mut markets = Vec::new();
        for plan in &options.markets {
            let steps = (plan.tick, plan.lot);
            let market = Market::new(&plan.symbol, steps, plan.share, plan.nearest);
            markets.push(market.ok_or_else(|| TradersError::Market(plan.symbol.clone()))?);
        }
        let count = (options.makers, options.traders);
        let crowd = Crowd::new(options.seed, markets, count, clock::now());
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        let assets = (options.settlement.as_str(), options.collateral.as_str());
        let shared = Arc::new(Shared::new(api, crowd, asks, assets));
        let (stop, stopped) = watch::channel(false);
        let running = Arc::clone(&shared);
        let thread = task::spawn_thread("practice-traders", move || async move {
            run(running, count, asked, stopped).await;
        });
        let prices = Arc::clone(&options.prices);
        Ok(Self { shared, prices, stop, thread: Mutex::new(Some(thread)) })
    }

    /// How they are, for people.
    pub(crate) fn standing(&self) -> Standing {
        self.shared.crowd().standing()
    }

    /// The prices that were set in the practice market, in a few words each.
    pub(crate) fn falls(&self) -> Vec<String> {
        self.prices.falls()
    }

    /// Does what a button says.
    ///
    /// # Errors
    /// Where the practice market cannot do it.
    pub(crate) async fn press(&self, button: &Button) -> Result<(), MarketError> {
        let mode = self.shared.crowd().mode();
        let set = |mode| self.shared.crowd().set(mode);
        match button {
            Button::Shock(shock) => self.prices.change(&Change::Shock(*shock))?,
            Button::MakersLeave => set(Mode { makers_stay: false, ..mode }),
            Button::MakersReturn => set(Mode { makers_stay: true, ..mode }),
            Button::Load(times) => set(Mode { times: *times, ..mode }),
            Button::Dump(dump, Some(venue)) => {
                self.prices.apply(venue, &Action::Dump(dump.clone())).await?;
            }
            Button::Dump(dump, None) => self.prices.change(&Change::Fall(dump.clone()))?,
            Button::Calm => {
                set(Mode::USUAL);
                self.prices.change(&Change::Calm)?;
            }
        }
        tracing::info!(?button, "practice traders changed");
        Ok(())
    }

    /// Ends them, and waits for it.
    pub fn stop(&self) {
        let _still_there = self.stop.send(true).is_ok();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the thread of the practice traders ended in a panic");
        }
    }
}

async fn run(
    shared: Arc<Shared>,
    (makers, takers): (usize, usize),
    asked: mpsc::Receiver<Deed>,
    stopped: watch::Receiver<bool>,
) {
    let mut asked = Some(asked);
    let lines = (0..LINES).map(|line| {
        let own: Vec<usize> = (0..makers).filter(|maker| maker % LINES == line).collect();
        let asks = asked.take().unwrap_or_else(|| mpsc::channel(1).1);
        task::spawn(Line::new(Arc::clone(&shared), own, asks).run())
    });
    let mut tasks: Vec<task::JoinHandle<()>> = lines.collect();
    tasks.push(task::spawn(come_in(Arc::clone(&shared), (makers, takers))));
    tasks.push(task::spawn(look(Arc::clone(&shared))));
    tasks.push(task::spawn(trade(shared)));
    task::told_to_stop(stopped).await;
    tasks.iter().for_each(task::JoinHandle::abort);
}

/// Has everybody come in: makers first.
async fn come_in(shared: Arc<Shared>, (makers, takers): (usize, usize)) {
    let (at_a_time, pause) = COMING;
    let mut seats: Vec<Seat> = (0..makers).map(Seat::Maker).collect();
    seats.extend((0..takers).map(Seat::Taker));
    for seats in seats.chunks(at_a_time) {
        let work = seats.iter().copied().map(|seat| seated(&shared, seat));
        task::in_order(work, OPENED_AT_ONCE).await;
        clock::sleep(pause).await;
    }
    tracing::info!(makers, takers, "the practice traders have come in");
}

/// Has one come in, however long that takes.
async fn seated(shared: &Shared, seat: Seat) {
    let first = name(seat);
    let mut name = first.clone();
    for attempt in 1_u64.. {
        match come(shared, seat, &name).await {
            Ok(()) => return,
            Err(error) => tracing::debug!(%error, name, "a practice trader cannot come in yet"),
        }
        clock::sleep(AGAIN).await;
        // The account may have been opened without an answer.
        name = format!("{first}-{attempt}");
    }
}

async fn come(shared: &Shared, seat: Seat, name: &str) -> Result<(), setup::SetupError> {
    let made = setup::open(&shared.api, name).await?;
    let (money, has_collateral) = match seat {
        Seat::Maker(_) => (MAKER_MONEY, false),
        Seat::Taker(number) => {
            let crowd = shared.crowd();
            let taker = crowd.taker(number);
            taker.map_or((MAKER_MONEY, false), |taker| (taker.money, taker.has_collateral))
        }
    };
    if has_collateral {
        let half = Money::from_raw(money.raw() / 2);
        setup::deposit(&shared.api, (name, &shared.settlement), half).await?;
        setup::deposit(&shared.api, (name, &shared.collateral), half).await?;
    } else {
        setup::deposit(&shared.api, (name, &shared.settlement), money).await?;
    }
    shared.join(seat, made);
    Ok(())
}

/// Follows the markets and the tape.
async fn look(shared: Arc<Shared>) {
    let mut next = 1;
    loop {
        let markets = shared.api.get("/v1/markets").await.ok();
        let markets = markets.filter(|answer| answer.status.is_success());
        match markets.and_then(|answer| wire::indexes(&answer.body)) {
            Some(indexes) => {
                let mut crowd = shared.crowd();
                for (symbol, index) in indexes {
                    if let Some(symbol) = wire_binance::Symbol::new(&symbol) {
                        crowd.heard(symbol, index);
                    }
                }
            }
            None => shared.crowd().heard_nothing(),
        }
        let tape = shared.api.get(&format!("/v1/tape?from={next}")).await.ok();
        match tape.map(|answer| (answer.status.is_success(), wire::tape(&answer.body))) {
            Some((true, Some((accounts, after)))) => {
                next = after;
                let mut crowd = shared.crowd();
                accounts.iter().for_each(|account| crowd.liquidated(*account, clock::now()));
            }
            // What is not kept any more cannot be read: who was liquidated then finds out by the venue's refusals.
            Some((false, _)) => next = newest(&shared).await.unwrap_or(next),
            Some((true, None)) | None => {}
        }
        clock::sleep(LOOK).await;
    }
}

/// The number of the next entry of the tape.
async fn newest(shared: &Shared) -> Option<u64> {
    let answer = shared.api.get("/v1/tape?limit=1").await.ok()?;
    let answer: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
    Some(answer["newest"].as_u64()? + 1)
}

/// Has traders trade.
async fn trade(shared: Arc<Shared>) {
    loop {
        let room = UNDER_WAY_MAX.saturating_sub(shared.under_way());
        let deeds = shared.crowd().takers_turn(clock::now(), room);
        for deed in deeds {
            if !is_for_line(&deed) {
                shared.spawn(deed);
            } else if shared.asks.try_send(deed).is_err() {
                shared.told(&deed, &Told::Shed);
            }
        }
        clock::sleep(TURN).await;
    }
}
