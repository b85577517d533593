//! One crash, from its seed.

use std::collections::BTreeMap;

use units::{Money, Price, Ratio, Timestamp, fixed::ONE};
use venue_core::{
    AccountId, AssetId, Command, Lifetime, Lots, MarketId, MarketSettings, MarketState, PlaceOrder,
    PositionSide, PriceOf, PriceStatus, PriceUpdate, SelfTrade, Side, Ticks, Transfer, Trigger,
    TriggerCondition, TriggerPrice, Venue, VenueSettings,
};

use super::Draw;
use super::people::Person;
use super::settings;
use super::watch::Watch;

/// What happened how often.
pub(crate) type Tallies = BTreeMap<&'static str, u64>;

const SETTLEMENT: AssetId = AssetId::SETTLEMENT;
const COIN: AssetId = AssetId::new(1);

/// A market that crashes.
#[derive(Debug)]
struct Place {
    id: MarketId,
    settings: MarketSettings,
    /// The index, in ticks.
    price: i64,
    is_spot: bool,
}

/// A venue, those who trade on it, and what is known of them.
#[derive(Debug)]
pub(crate) struct World {
    seed: u64,
    draw: Draw,
    now: u64,
    venue: Venue,
    watch: Watch,
    places: Vec<Place>,
    makers: Vec<AccountId>,
    people: Vec<(AccountId, Person)>,
    /// What of their usual lots the makers offer, in parts of a hundred.
    depth: i64,
    coin: i128,
    /// Little money to fall back on, and one gap instead of a slide.
    harsh: bool,
    /// All that was said, where somebody wants to know.
    told: Option<Vec<String>>,
}

/// Levels that each maker quotes on a side.
const LEVELS: i64 = 6;

impl World {
    /// Lets a crash happen, and says what happened in it.
    pub(crate) fn run(seed: u64, verbose: bool) -> (Tallies, String) {
        let mut world = Self::new(seed, verbose);
        world.open();
        for _ in 0..6 {
            world.step(0);
        }
        let crashes = 1 + world.draw.below(2);
        for _ in 0..crashes {
            world.crash();
        }
        for _ in 0..12 {
            world.step(0);
        }
        world.watch.end(&world.venue);
        let told = world.told.unwrap_or_default().join("\n");
        (world.watch.tallies, told)
    }

    fn new(seed: u64, verbose: bool) -> Self {
        let mut draw = Draw::new(seed);
        let many = 1 + draw.below(3) as usize;
        let with_spot = draw.one_in(2);
        let harsh = draw.one_in(3);
        let mut places: Vec<Place> = (0..many)
            .map(|number| Place {
                id: MarketId::new(number as u16),
                settings: settings::market(&mut draw, number),
                price: draw.between(2_000, 60_000),
                is_spot: false,
            })
            .collect();
        if with_spot {
            places.push(Place {
                id: MarketId::new(many as u16),
                settings: settings::spot(&mut draw),
                price: 1_000,
                is_spot: true,
            });
        }
        let people = 20 + draw.below(60) as u32;
        let makers: Vec<AccountId> = (0..3).map(AccountId::new).collect();
        let people = (3..3 + people)
            .map(|number| (AccountId::new(number), Person::draw(&mut draw)))
            .collect();
        Self {
            seed,
            draw,
            now: 1_000_000_000,
            venue: Venue::new(),
            watch: Watch::default(),
            places,
            makers,
            people,
            depth: 100,
            coin: 100 * ONE,
            harsh,
            told: verbose.then(Vec::new),
        }
    }

    /// Hands a command to the venue and looks at what comes of it.
    fn say(&mut self, command: Command) {
        let mut events = Vec::new();
        self.venue.apply(Timestamp::from_nanos(self.now), &command, &mut events);
        if let Some(told) = &mut self.told {
            told.push(format!("{} {command:?}", self.now));
            told.extend(events.iter().map(|event| format!("    {event:?}")));
        }
        if let Err(wrong) = self.watch.look(&self.venue, &command, &events) {
            let seed = self.seed;
            let told = self.told.take().unwrap_or_default().join("\n");
            panic!(
                "{told}\nseed {seed}: after {command:?}: {wrong}\nSEAWALL_SEED={seed} runs it again with all its events"
            );
        }
    }

    /// Everybody comes, brings money and takes a position.
    fn open(&mut self) {
        self.say(Command::AddAsset(settings::settlement()));
        self.say(Command::AddAsset(settings::collateral()));
        for place in 0..self.places.len() {
            let settings = self.places[place].settings.clone();
            self.say(Command::AddMarket(Box::new(settings)));
        }
        for _ in 0..self.makers.len() + self.people.len() {
            self.say(Command::OpenAccount);
        }
        for maker in self.makers.clone() {
            self.deposit(maker, SETTLEMENT, Money::whole(50_000_000));
            self.deposit(maker, COIN, Money::whole(100_000));
        }
        let fund = Draw::power(1_000, self.draw.between(0, 10_000));
        let fund = if self.harsh { fund.min(5_000) } else { fund };
        self.say(Command::Fund(Money::whole(fund)));
        if self.draw.one_in(2) && !self.harsh {
            let backstop = Some(self.makers[2]);
            self.say(Command::Configure(VenueSettings { backstop, ..VenueSettings::default() }));
        }
        self.price_all(PriceStatus::Live);
        for maker in self.makers.clone() {
            for place in 0..self.places.len() {
                let market = self.places[place].id;
                self.say(Command::SetLeverage { account: maker, market, leverage: 20 });
            }
        }
        self.quote();
        for number in 0..self.people.len() {
            self.take_position(number);
        }
        // The makers who are the backstop's neighbours hold what the others do not: they are among the holders.
        if self.draw.one_in(3) {
            let amount = Money::whole(45_000_000);
            let account = self.makers[2];
            self.say(Command::Withdraw(Transfer { account, asset: SETTLEMENT, amount }));
        }
    }

    fn deposit(&mut self, account: AccountId, asset: AssetId, amount: Money) {
        self.say(Command::Deposit(Transfer { account, asset, amount }));
    }

    fn take_position(&mut self, number: usize) {
        let (account, person) = self.people[number].clone();
        let place = self.draw.below(self.places.len() as u64) as usize;
        let market = self.places[place].id;
        if self.draw.one_in(6) {
            self.quote();
        }
        if person.borrows {
            // Coins are the collateral of a loan of some part of what they are worth.
            let coins = person.money.raw() * ONE / self.coin * 3 / 2;
            self.deposit(account, COIN, Money::from_raw(coins));
            let part = i128::from(self.draw.between(20, 95));
            let amount = Money::from_raw(person.money.raw() * part / 100);
            self.say(Command::Withdraw(Transfer { account, asset: SETTLEMENT, amount }));
        } else {
            self.deposit(account, SETTLEMENT, person.money);
        }
        if person.hedge {
            self.say(Command::SetHedgeMode { account, hedge: true });
        }
        if person.isolated {
            self.say(Command::SetMarginMode { account, market, isolated: true });
        }
        self.say(Command::SetLeverage { account, market, leverage: person.leverage });
        // Nearly all that the leverage allows, or less where that is refused.
        let mut lots =
            self.lots_of(place, person.money.raw() * i128::from(person.leverage) * 9 / 10);
        let side = if person.long { Side::Buy } else { Side::Sell };
        for _ in 0..5 {
            self.say(Command::Place(self.order(place, account, &person, side, lots)));
            lots = lots * 6 / 10;
        }
        if person.careful {
            let price = self.places[place].price;
            let at = if person.long { price * 97 / 100 } else { price * 103 / 100 };
            let mut stop = self.order(place, account, &person, side.opposite(), 0);
            stop.trigger = Some(Trigger {
                condition: TriggerCondition::Stop(Ticks::new(at)),
                by: TriggerPrice::Mark,
                close_position: true,
            });
            self.say(Command::Place(stop));
        }
        if person.hedge {
            let half = self.lots_of(place, person.money.raw() * i128::from(person.leverage) / 4);
            let other = Person { long: !person.long, ..person };
            self.say(Command::Place(self.order(place, account, &other, side.opposite(), half)));
        }
    }

    /// So much money in lots of a market.
    fn lots_of(&self, place: usize, money: i128) -> i64 {
        let place = &self.places[place];
        let value = place.settings.tick_value().expect("sound settings").raw();
        let lots = money / (value * i128::from(place.price));
        i64::try_from(lots).expect("few lots").max(1)
    }

    fn order(
        &self,
        place: usize,
        account: AccountId,
        person: &Person,
        side: Side,
        lots: i64,
    ) -> PlaceOrder {
        let position = match (person.hedge && !self.places[place].is_spot, person.long) {
            (false, _) => PositionSide::Both,
            (true, true) => PositionSide::Long,
            (true, false) => PositionSide::Short,
        };
        PlaceOrder {
            account,
            market: self.places[place].id,
            side,
            position,
            limit: None,
            lots: Lots::new(lots),
            lifetime: Lifetime::ImmediateOrCancel,
            reduce_only: false,
            self_trade: SelfTrade::CancelTaker,
            trigger: None,
            tag: 0,
        }
    }

    /// The makers quote anew around the index.
    fn quote(&mut self) {
        for place in 0..self.places.len() {
            for (number, maker) in self.makers.clone().into_iter().enumerate() {
                let market = self.places[place].id;
                self.say(Command::CancelAll { account: maker, market: Some(market) });
                // A maker who has left does not quote.
                if self.depth < 100 && self.draw.below(100) as i64 >= self.depth {
                    continue;
                }
                let lots = self.lots_of(place, 60_000 * ONE * i128::from(self.depth) / 100);
                let mut list = Vec::new();
                let sides = [Side::Buy, Side::Sell];
                for (level, side) in (1..=LEVELS).flat_map(|level| sides.map(|side| (level, side)))
                {
                    let away =
                        self.places[place].price * (level * level + number as i64) / 2_000 + 1;
                    list.push(self.quote_of(place, maker, side, away, lots * level));
                }
                self.say(Command::PlaceAll(list));
            }
        }
    }

    fn quote_of(
        &self,
        place: usize,
        account: AccountId,
        side: Side,
        away: i64,
        lots: i64,
    ) -> PlaceOrder {
        let price = self.places[place].price;
        let price = if side == Side::Buy { price - away } else { price + away };
        PlaceOrder {
            account,
            market: self.places[place].id,
            side,
            position: PositionSide::Both,
            limit: Some(Ticks::new(price.max(1))),
            lots: Lots::new(lots),
            lifetime: Lifetime::GoodTillCancelled,
            reduce_only: false,
            self_trade: SelfTrade::CancelMaker,
            trigger: None,
            tag: 0,
        }
    }

    fn price_all(&mut self, status: PriceStatus) {
        for place in 0..self.places.len() {
            let place = &self.places[place];
            let raw = i128::from(place.price) * place.settings.tick.raw();
            self.update(PriceOf::Index(place.id), status, raw);
        }
        self.update(PriceOf::Asset(COIN), status, self.coin);
    }

    fn update(&mut self, of: PriceOf, status: PriceStatus, raw: i128) {
        let off = raw / 1_000 * i128::from(self.draw.below(8));
        let liquidation = if status == PriceStatus::Live { raw } else { raw + off };
        self.say(Command::Price(PriceUpdate {
            of,
            status,
            market: Price::from_raw(raw),
            liquidation: Price::from_raw(liquidation),
            confidence: Price::from_raw(off),
            as_of: Timestamp::from_nanos(self.now),
        }));
    }

    /// A moment: prices move by so many parts of a thousand, and people do what people do.
    fn step(&mut self, move_by: i64) {
        self.now += 200_000_000 + self.draw.below(2_000_000_000);
        if self.draw.one_in(60) {
            self.now += 45_000_000_000;
        }
        for place in 0..self.places.len() {
            let noise = self.draw.between(-3, 4);
            let place = &mut self.places[place];
            place.price = (place.price + place.price * (move_by + noise) / 1_000).max(30);
            if place.is_spot {
                self.coin = i128::from(place.price) * place.settings.tick.raw();
            }
        }
        if !self.places.iter().any(|place| place.is_spot) {
            self.coin += self.coin / 1_000 * i128::from(move_by);
        }
        let status = match self.draw.below(if move_by == 0 { 40 } else { 12 }) {
            0 => PriceStatus::Capped,
            1 => PriceStatus::Degraded,
            2 => PriceStatus::Held,
            3 => PriceStatus::Split,
            _ => PriceStatus::Live,
        };
        self.price_all(status);
        self.quote();
        self.act();
        if self.draw.one_in(25) {
            let market = self.places[self.draw.below(self.places.len() as u64) as usize].id;
            let rate = Ratio::from_bps(self.draw.between(-20, 21).into());
            self.say(Command::Funding { market, rate });
            self.say(Command::Interest { rate: Ratio::from_bps(1) });
        }
        self.say(Command::Tick);
    }

    /// Some add to what they have, some take profits, some bring money, some halted markets open again.
    fn act(&mut self) {
        for _ in 0..3 {
            let number = self.draw.below(self.people.len() as u64) as usize;
            let (account, person) = self.people[number].clone();
            let place = self.draw.below(self.places.len() as u64) as usize;
            let side = if self.draw.one_in(2) { Side::Buy } else { Side::Sell };
            let times = i128::from(self.draw.between(1, 10));
            let lots = self.lots_of(place, person.money.raw() * times);
            let order = PlaceOrder {
                reduce_only: self.draw.one_in(2),
                ..self.order(place, account, &person, side, lots)
            };
            self.say(Command::Place(order));
            if self.draw.one_in(8) {
                self.deposit(account, SETTLEMENT, person.money);
            }
            if self.draw.one_in(3) {
                let amount = person.money;
                self.say(Command::Withdraw(Transfer { account, asset: SETTLEMENT, amount }));
            }
        }
        if self.draw.one_in(10) {
            for place in 0..self.places.len() {
                let market = self.places[place].id;
                let halted = self.venue.market(market).map(|view| view.state);
                if halted == Some(MarketState::Halted) {
                    self.say(Command::SetState(market, MarketState::Trading));
                }
            }
        }
    }

    /// News: prices go one way for a while, by steps or in one gap, and makers leave.
    fn crash(&mut self) {
        let down = self.draw.percent(75);
        let far = self.draw.between(60, if self.harsh { 700 } else { 450 });
        let gap = self.harsh || self.draw.one_in(4);
        let steps = if gap { 1 } else { self.draw.between(3, 20) };
        for step in 0..steps {
            let leave = self.harsh || self.draw.percent(70);
            self.depth = if leave { self.draw.between(2, 40) } else { 100 };
            let by = (far / steps).max(1);
            self.step(if down { -by } else { by });
            if step % 4 == 3 {
                // The price comes back a little, as it does.
                self.step(if down { by / 3 } else { -by / 3 });
            }
        }
        for _ in 0..6 {
            self.step(0);
        }
        self.depth = 100;
    }
}
