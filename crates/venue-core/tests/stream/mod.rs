//! Streams of commands, drawn from a seed: small worlds, in which everybody gets into everybody's way.

mod draw;
mod orders;
mod prices;
mod settings;

use std::collections::BTreeSet;

use machine::Prng;
use units::{Money, Ratio, Span, Timestamp};
use venue_core::{
    AccountId, AssetId, Command, Event, Lots, MarketId, MarketState, OrderId, PlaceOrder,
    PositionSide, PriceStatus, Protection, Refusal, Side, Ticks, Transfer,
};

pub(crate) use draw::Draw;

/// A command with its time.
pub(crate) type Step = (Timestamp, Command);

/// A market as the generator sees it.
#[derive(Clone, Debug)]
struct Place {
    settings: venue_core::MarketSettings,
    /// Around where its price is, in ticks.
    price: i64,
}

/// Draws commands. It learns from the venue's events which orders there are, so that it can mean them.
#[derive(Debug)]
pub(crate) struct Stream {
    draw: Draw,
    now: u64,
    accounts: u32,
    markets: Vec<Place>,
    assets: u16,
    /// The youngest orders and whose they are.
    orders: Vec<(OrderId, AccountId)>,
    /// Accounts that hold both sides.
    hedged: BTreeSet<AccountId>,
    /// Commands that are said before any is drawn.
    first: Vec<Command>,
    /// Whether settings and states change while it runs.
    restless: bool,
    /// The latest time that a price was true at.
    latest: u64,
    /// Whether prices go one way for long, and what people have is little beside what they hold.
    stormy: bool,
    /// Whether a storm's prices go by small parts of a thousandth, as those of large markets do.
    fine: bool,
    /// Where prices go in a storm, in parts of ten thousand, and how good most of them are.
    drift: i64,
    mood: PriceStatus,
    /// For how many commands there is nothing but prices.
    hush: u64,
    /// What is said next, the last one first, to see a limit from both sides.
    planned: Vec<Command>,
}

/// Orders that the generator remembers.
const REMEMBERED: usize = 40;

impl Stream {
    pub(crate) fn new(seed: u64) -> Self {
        let mut draw = Draw(Prng::new(seed));
        let accounts = 3 + draw.below(17) as u32;
        let assets = 1 + draw.below(3) as u16;
        let markets: Vec<Place> = (0..1 + draw.below(4))
            .map(|number| Place {
                settings: settings::market(&mut draw, number, assets),
                price: 200 + draw.below(2_000) as i64,
            })
            .collect();
        let stormy = draw.one_in(3);
        let fine = stormy && draw.one_in(2);
        let mut stream = Self {
            restless: !stormy && draw.one_in(2),
            stormy,
            fine,
            drift: 0,
            mood: PriceStatus::Live,
            hush: 0,
            planned: Vec::new(),
            draw,
            latest: 0,
            now: 0,
            accounts,
            markets,
            assets,
            orders: Vec::new(),
            hedged: BTreeSet::new(),
            first: Vec::new(),
        };
        if fine {
            stream.markets.iter_mut().for_each(|place| place.price *= 40);
        }
        stream.first = stream.beginning();
        stream.first.reverse();
        stream
    }

    /// What makes a world: assets, markets, accounts with money, prices.
    fn beginning(&mut self) -> Vec<Command> {
        let mut all = Vec::new();
        for asset in 0..self.assets {
            all.push(Command::AddAsset(settings::asset(&mut self.draw, asset)));
        }
        for market in &self.markets {
            all.push(Command::AddMarket(Box::new(market.settings.clone())));
        }
        for account in (0..self.accounts).map(AccountId::new) {
            all.push(Command::OpenAccount);
            self.bring(account, &mut all);
            if self.draw.one_in(8) {
                self.hedged.insert(account);
                all.push(Command::SetHedgeMode { account, hedge: true });
            }
            for market in (0..self.markets.len()).map(|market| MarketId::new(market as u16)) {
                self.set_leg(account, market, &mut all);
            }
        }
        if self.draw.one_in(2) {
            all.push(Command::Fund(Money::whole(1 << self.draw.below(14))));
        }
        all.push(Command::Configure(settings::venue(&mut self.draw, self.accounts)));
        for market in 0..self.markets.len() {
            all.push(self.index(market, PriceStatus::Live));
        }
        for asset in 1..self.assets {
            all.push(self.worth(asset, PriceStatus::Live));
        }
        if self.stormy {
            for market in 0..self.markets.len() {
                self.meet(market, &mut all);
            }
        }
        all
    }

    /// What an account brings.
    fn bring(&mut self, account: AccountId, all: &mut Vec<Command>) {
        let amount = self.first_money();
        all.push(Command::Deposit(Transfer::money(account, amount)));
        for asset in (1..self.assets).map(AssetId::new) {
            if self.draw.one_in(2) {
                let amount = Money::whole(1 << self.draw.below(10));
                all.push(Command::Deposit(Transfer { account, asset, amount }));
            }
        }
    }

    /// How an account trades in a market.
    fn set_leg(&mut self, account: AccountId, market: MarketId, all: &mut Vec<Command>) {
        if self.draw.one_in(4) {
            all.push(Command::SetMarginMode { account, market, isolated: true });
        }
        if !self.draw.one_in(4) {
            let most = if self.stormy && !self.fine { 12 } else { 40 };
            let leverage = 1 + self.draw.below(most) as u16;
            all.push(Command::SetLeverage { account, market, leverage });
        }
    }

    /// Pairs of accounts trade with each other, so that a storm finds positions.
    fn meet(&mut self, market: usize, all: &mut Vec<Command>) {
        let price = Ticks::new(self.markets[market].price);
        for _ in 0..self.accounts {
            let lots = Lots::new(1 + self.draw.below(15) as i64);
            for side in [Side::Sell, Side::Buy] {
                let account = self.account();
                let position = match (self.hedged.contains(&account), side) {
                    (false, _) => PositionSide::Both,
                    (true, Side::Buy) => PositionSide::Long,
                    (true, Side::Sell) => PositionSide::Short,
                };
                let market = MarketId::new(market as u16);
                let order = PlaceOrder::limit(account, market, side, price, lots);
                all.push(Command::Place(PlaceOrder { position, ..order }));
            }
        }
    }

    /// What somebody brings at first.
    fn first_money(&mut self) -> Money {
        if !self.stormy || self.draw.one_in(4) {
            return Money::whole(1 << (2 + self.draw.below(16)));
        }
        // Some lots at some leverage.
        let place = &self.markets[self.draw.index(self.markets.len())];
        let value = place.settings.tick_value().expect("sound settings").raw();
        let lots = i128::from(1 + self.draw.below(20));
        Money::from_raw(value * i128::from(place.price) * lots / 4)
    }

    /// What the venue said about a command.
    pub(crate) fn hear(&mut self, command: &Command, events: &[Event]) {
        if let ([Event::Refused { refusal: Refusal::Margin(missing), .. }], Command::Place(placed)) =
            (events, command)
            && self.planned.is_empty()
            && self.draw.one_in(2)
        {
            // What is missing, or one unit less: the same order is taken then, or refused once more.
            let amount = Money::from_raw(missing.raw() - i128::from(self.draw.below(2)));
            self.planned.push(command.clone());
            self.planned.push(Command::Deposit(Transfer::money(placed.account, amount)));
        }
        for event in events {
            if let Event::Accepted { order, placed } = event {
                self.orders.push((*order, placed.account));
            }
            // One that is no more is still meant now and then.
            if let Event::Closed { order, .. } = event
                && !self.draw.one_in(20)
            {
                self.orders.retain(|(open, _)| open != order);
            }
            if let Event::HedgeSet(account, hedge) = event {
                self.hedged.remove(account);
                self.hedged.extend(hedge.then_some(*account));
            }
        }
        let excess = self.orders.len().saturating_sub(REMEMBERED);
        self.orders.drain(..excess);
    }

    pub(crate) fn next(&mut self) -> Step {
        if let Some(command) = self.planned.pop() {
            return (Timestamp::from_nanos(self.now), command);
        }
        self.pass_time();
        let command = match self.first.pop() {
            Some(command) => command,
            None => self.command(),
        };
        (Timestamp::from_nanos(self.now), command)
    }

    fn pass_time(&mut self) {
        self.now = match self.draw.below(40) {
            0 => self.now.saturating_sub(self.draw.below(1_000_000_000)),
            1 => self.now + self.draw.below(90_000_000_000),
            2..8 => self.now + self.draw.below(3_000_000_000),
            8..20 => self.now + self.draw.below(200_000_000),
            _ => self.now,
        };
    }

    fn command(&mut self) -> Command {
        if self.stormy && self.hush == 0 && self.draw.one_in(30) {
            self.hush = 10 + self.draw.below(60);
        }
        if self.hush > 0 || (self.stormy && self.draw.one_in(3)) {
            self.hush = self.hush.saturating_sub(1);
            return if self.draw.one_in(8) { Command::Tick } else { self.price() };
        }
        match self.draw.below(1_000) {
            0..560 => Command::Place(self.order()),
            560..590 => {
                let many = 1 + self.draw.below(4);
                Command::PlaceAll((0..many).map(|_| self.order()).collect())
            }
            590..670 => self.amend(),
            670..760 => self.cancel(),
            760..775 => Command::CancelAll {
                account: self.account(),
                market: (!self.draw.one_in(3)).then(|| self.market()),
            },
            775..890 => self.price(),
            890..900 => Command::Tick,
            900..960 => self.money(),
            960..985 => self.account_setting(),
            _ => self.venue_setting(),
        }
    }

    fn account(&mut self) -> AccountId {
        let all = u64::from(self.accounts);
        let number = if self.draw.one_in(200) { all + 3 } else { self.draw.below(all) };
        AccountId::new(number as u32)
    }

    fn market(&mut self) -> MarketId {
        let all = self.markets.len() as u64;
        let number = if self.draw.one_in(200) { all } else { self.draw.below(all) };
        MarketId::new(number as u16)
    }

    fn asset(&mut self) -> AssetId {
        let all = u64::from(self.assets);
        let number = if self.draw.one_in(100) { all } else { self.draw.below(all) };
        AssetId::new(number as u16)
    }

    /// An order that there was, mostly with its account.
    fn known(&mut self) -> (OrderId, AccountId) {
        if self.orders.is_empty() || self.draw.one_in(60) {
            return (OrderId::new(self.draw.below(2_000)), self.account());
        }
        let (order, account) = self.orders[self.draw.index(self.orders.len())];
        if self.draw.one_in(40) { (order, self.account()) } else { (order, account) }
    }

    fn amend(&mut self) -> Command {
        let (order, account) = self.known();
        let market = self.draw.index(self.markets.len());
        let price = Ticks::new(self.near(market));
        Command::Amend { account, order, price, lots: self.lots() }
    }

    fn cancel(&mut self) -> Command {
        let (order, account) = self.known();
        Command::Cancel { account, order }
    }

    fn amount(&mut self) -> Money {
        match self.draw.below(30) {
            0 => Money::from_raw(self.draw.extreme()),
            1..6 => Money::from_raw(i128::from(self.draw.below(5_000_000_000_000))),
            _ => Money::whole(1 << self.draw.below(14)),
        }
    }

    fn money(&mut self) -> Command {
        let account = self.account();
        let asset = if self.draw.one_in(2) { AssetId::SETTLEMENT } else { self.asset() };
        let amount = self.amount();
        let market = self.market();
        let small = |draw: &mut Draw| Ratio::from_raw(i128::from(draw.below(2_000_000_000)));
        match self.draw.below(12) {
            0..3 => Command::Deposit(Transfer { account, asset, amount }),
            3..7 => Command::Withdraw(Transfer { account, asset, amount }),
            7 => {
                Command::Fund(if self.draw.one_in(3) { Money::ZERO.minus(amount) } else { amount })
            }
            8 => {
                let rate = small(&mut self.draw);
                let rate = if self.draw.one_in(2) { Ratio::from_raw(-rate.raw()) } else { rate };
                Command::Funding { market, rate }
            }
            9 => Command::Interest { rate: small(&mut self.draw) },
            _ => {
                let amount = if self.draw.one_in(3) { Money::ZERO.minus(amount) } else { amount };
                let side = self.side_of_position(account);
                Command::MoveMargin { account, market, side, amount }
            }
        }
    }

    /// The side of a position that an account may hold, mostly.
    fn side_of_position(&mut self, account: AccountId) -> PositionSide {
        let hedged = self.hedged.contains(&account) != self.draw.one_in(25);
        match (hedged, self.draw.one_in(2)) {
            (false, _) => PositionSide::Both,
            (true, true) => PositionSide::Long,
            (true, false) => PositionSide::Short,
        }
    }

    fn account_setting(&mut self) -> Command {
        let account = self.account();
        let market = self.market();
        match self.draw.below(6) {
            0 => Command::SetLeverage { account, market, leverage: self.draw.below(130) as u16 },
            1 => Command::SetMarginMode { account, market, isolated: self.draw.one_in(2) },
            2 => Command::SetHedgeMode { account, hedge: self.draw.one_in(2) },
            3 => Command::Protect { account, market, protection: self.protection() },
            _ => {
                let after = Span::from_millis(self.draw.below(6) * 500);
                Command::CancelAfter { account, market, after }
            }
        }
    }

    fn protection(&mut self) -> Option<Protection> {
        let protection = Protection {
            window: Span::from_millis(self.draw.below(4_000)),
            lots_max: Lots::new(self.draw.below(60) as i64),
            frozen: Span::from_millis(self.draw.below(4_000)),
        };
        (!self.draw.one_in(4)).then_some(protection)
    }

    fn venue_setting(&mut self) -> Command {
        let market = self.market();
        if !self.restless {
            return Command::SetState(market, MarketState::Trading);
        }
        match self.draw.below(8) {
            0..3 => {
                let state = match self.draw.below(9) {
                    0 => MarketState::ReduceOnly,
                    1 => MarketState::CancelOnly,
                    2 | 3 => MarketState::Auction,
                    4 => MarketState::Halted,
                    _ => MarketState::Trading,
                };
                Command::SetState(market, state)
            }
            3 => {
                let mut settings = {
                    let number = u64::from(market.number());
                    settings::doubtful(&mut self.draw, number, self.assets)
                };
                if let Some(place) = self.markets.get(market.place())
                    && !self.draw.one_in(6)
                {
                    settings.tick = place.settings.tick;
                    settings.lot = place.settings.lot;
                    settings.kind = place.settings.kind;
                    settings.brackets.clone_from(&place.settings.brackets);
                }
                Command::SetMarket(market, Box::new(settings))
            }
            4 => {
                let asset = self.asset();
                Command::SetAsset(asset, settings::asset(&mut self.draw, asset.number()))
            }
            5 => {
                let number = self.markets.len() as u64;
                let settings = settings::doubtful(&mut self.draw, number, self.assets);
                Command::AddMarket(Box::new(settings))
            }
            6 => Command::Configure(settings::venue(&mut self.draw, self.accounts)),
            _ => Command::SetState(market, MarketState::Trading),
        }
    }
}
