//! Random crashes: whatever happens, no money is made or lost, and everything can be worked out again.

use machine::Prng;

use super::super::Party;
use super::*;
use crate::command::{MarketState, Trigger, TriggerCondition, TriggerPrice};
use crate::settings::{Deleverage, HaircutTier, MarketKind, Residual};
use crate::state::LegId;

const WORLDS: u64 = 300;
const COMMANDS: u64 = 250;
const ACCOUNTS: u64 = 12;

/// Two contracts, a coin that is collateral, and its own market.
fn world(random: &mut Prng) -> World {
    let pick = |random: &mut Prng, of: &[i128]| of[random.index(of.len())];
    let mut world = World::new(|settings| {
        settings.fees.liquidation = Ratio::from_bps(pick(random, &[0, 10, 100]));
        settings.liquidation.fund_share = Ratio::from_bps(pick(random, &[0, 3_000, 10_000]));
        settings.liquidation.backstop_share = Ratio::from_bps(pick(random, &[0, 500, 10_000]));
        settings.liquidation.floor = Money::whole(pick(random, &[0, 1_000, 1_000_000]));
        settings.liquidation.depth_share = Ratio::from_bps(pick(random, &[0, 1_000, 10_000]));
        settings.liquidation.time_cap = Span::from_secs(random.below(3) * 2);
        settings.liquidation.residual = [Residual::Halt, Residual::Socialise][random.index(2)];
        settings.liquidation.deleverage = [
            Deleverage::ProRata,
            Deleverage::ProRata,
            Deleverage::Binance,
            Deleverage::Bitmex,
            Deleverage::Hyperliquid,
        ][random.index(5)];
    });
    let tier = |floor, rate| HaircutTier {
        floor: Money::whole(floor),
        initial: Ratio::from_bps(rate + 1_000),
        maintenance: Ratio::from_bps(rate),
    };
    let haircuts = vec![tier(0, 500), tier(20_000, 2_000)];
    world.does(Command::AddAsset(AssetSettings { name: "COIN".to_owned(), haircuts }));
    let mut other = crate::testing::perpetual();
    other.name = "OTHER".to_owned();
    other.filters.band = Ratio::from_bps(9_000);
    world.does(Command::AddMarket(Box::new(other)));
    let mut spot = crate::testing::perpetual();
    spot.name = "COINSPOT".to_owned();
    spot.kind = MarketKind::Spot { base: AssetId::new(1) };
    spot.brackets = vec![];
    spot.filters.band = Ratio::from_bps(9_000);
    world.does(Command::AddMarket(Box::new(spot)));
    world
}

/// Does a command that may be refused.
fn tries(world: &mut World, random: &mut Prng, command: Command) {
    let mut events = Vec::new();
    let now = world.venue.now().after(Span::from_millis(random.below(700)));
    world.venue.apply(now, &command, &mut events);
    assert_eq!(world.venue.audit(), Vec::<&str>::new(), "after {command:?}: {events:?}");
    let broken = |event: &Event| matches!(event, Event::Broken { .. });
    assert!(!events.iter().any(broken), "{command:?} gave {events:?}");
    // Who takes something over, or gives it up, may be due by it, and has a turn in the next step.
    let took = |event: &Event| {
        let reason = crate::event::BalanceReason::Takeover;
        let moved = matches!(event, Event::Balance { reason: why, .. } if *why == reason);
        moved || matches!(event, Event::Tape(_))
    };
    if matches!(command, Command::Price(_) | Command::Tick) && !events.iter().any(took) {
        nobody_is_forgotten(world);
    }
    world.events.extend(events);
}

/// After a step everybody who is due and may be liquidated is being liquidated, or could not be a moment ago and is
/// looked at again; and nobody else says so.
fn nobody_is_forgotten(world: &World) {
    let venue = &world.venue;
    let accounts = (0..).take(venue.accounts.len()).map(|number| {
        let party = Party::account(AccountId::new(number));
        (party, venue.accounts[party.account.place()].liquidating)
    });
    let isolated = venue.legs.iter().enumerate().filter(|(_, leg)| leg.isolated.is_some());
    let isolated = isolated.map(|(number, leg)| {
        let id = LegId::new(u32::try_from(number).expect("few"));
        (Party::isolated(leg.account, id), leg.liquidating)
    });
    for (party, liquidating) in accounts.chain(isolated) {
        let (equity, maintenance) = venue.standing(party);
        assert_eq!(liquidating, venue.is_being_liquidated(party), "{party:?}");
        let due = equity < maintenance && venue.may_liquidate(party, equity);
        assert!(
            venue.is_noted(party) || !due || venue.halted,
            "VN-5: {party:?}: {equity} of {maintenance}"
        );
    }
}

fn price(world: &mut World, random: &mut Prng, of: PriceOf, dollars: i128) {
    use PriceStatus as S;
    let often = [S::Live, S::Live, S::Live, S::Live, S::Live, S::Live];
    let rare = [S::Capped, S::Degraded, S::Held, S::Split, S::Halted];
    let status = if random.below(8) == 0 { rare[random.index(5)] } else { often[0] };
    let mut update = update(world.venue.now(), of, status, dollars);
    update.liquidation = Price::whole(dollars * (95 + i128::from(random.below(10))) / 100 + 1);
    update.confidence = Price::whole(dollars / 200);
    tries(world, random, Command::Price(update));
}

fn order(random: &mut Prng, price: i128, markets: u64) -> PlaceOrder {
    let number = u16::try_from(random.below(markets)).expect("few");
    let away = i128::from(random.below(40)) - 20;
    let dollars = i64::try_from(price + price * away / 1_000).expect("a price");
    let side = [Side::Buy, Side::Sell][random.index(2)];
    let lots = 1 + i64::try_from(random.below(2_000)).expect("few");
    let account = AccountId::new(u32::try_from(random.below(ACCOUNTS)).expect("few"));
    let position = match random.below(6) {
        0 => PositionSide::Long,
        1 => PositionSide::Short,
        _ => PositionSide::Both,
    };
    let mut order = limit(account, side, dollars, lots);
    order.market = MarketId::new(number);
    order.position = position;
    order.reduce_only = random.below(6) == 0;
    if random.below(10) == 0 {
        order.reduce_only = true;
        let condition = TriggerCondition::Stop(Ticks::new(dollars * 10));
        let by = [TriggerPrice::Mark, TriggerPrice::Last][random.index(2)];
        order.trigger = Some(Trigger { condition, by, close_position: false });
    }
    order
}

fn play(seed: u64) -> World {
    let mut random = Prng::new(seed);
    let mut world = world(&mut random);
    for number in 0..ACCOUNTS {
        let dollars = 2_000 + i128::from(random.below(60_000));
        let leverage = 1 + u16::try_from(random.below(40)).expect("few");
        let account = world.account(dollars, leverage);
        let other = MarketId::new(1);
        tries(&mut world, &mut random, Command::SetLeverage { account, market: other, leverage });
        if random.below(3) == 0 {
            let market = MarketId::new(u16::try_from(random.below(2)).expect("few"));
            let command = Command::SetMarginMode { account, market, isolated: true };
            tries(&mut world, &mut random, command);
        }
        if random.below(4) == 0 {
            tries(&mut world, &mut random, Command::SetHedgeMode { account, hedge: true });
        }
        if random.below(2) == 0 {
            world.deposit(account, AssetId::new(1), 1 + i128::from(number));
        }
    }
    if random.below(2) == 0 {
        world.does(with_backstop(AccountId::new(3)));
    }
    world.fund(i128::from(random.below(4)) * 3_000 + 1);
    let mut at = [100_000_i128, 50_000, 10_000];
    let mut drift = 0_i128;
    for _ in 0..COMMANDS {
        if random.below(40) == 0 {
            drift = i128::from(random.below(60)) - 30;
        }
        let place = random.index(3);
        let walk = i128::from(random.below(21)) - 10 + drift;
        at[place] = (at[place] + at[place] * walk / 1_000).clamp(100, 10_000_000);
        let now = at[place];
        match random.below(20) {
            0..=7 => {
                let market = MarketId::new(u16::try_from(place).expect("few"));
                price(&mut world, &mut random, PriceOf::Index(market), now);
            }
            8 => price(&mut world, &mut random, PriceOf::Asset(AssetId::new(1)), at[2]),
            9 => {
                let command = match random.below(6) {
                    0 => Command::Funding { market: market(), rate: Ratio::from_bps(-7) },
                    1 => Command::Interest { rate: Ratio::from_bps(3) },
                    2 => Command::SetState(market(), MarketState::Halted),
                    3 | 4 => Command::SetState(market(), MarketState::Trading),
                    _ => Command::Tick,
                };
                tries(&mut world, &mut random, command);
            }
            10 => {
                let account = AccountId::new(u32::try_from(random.below(ACCOUNTS)).expect("few"));
                let amount = Money::whole(i128::from(random.below(30_000)) + 1);
                let transfer = Transfer::money(account, amount);
                tries(&mut world, &mut random, Command::Withdraw(transfer));
            }
            _ => {
                let mut placed = order(&mut random, at[0], 3);
                placed.limit = placed.limit.map(|_| {
                    let place = usize::from(placed.market.number());
                    let away = i128::from(random.below(40)) - 20;
                    let ticks = at[place] * 10 + at[place] * away / 100;
                    Ticks::new(i64::try_from(ticks).expect("a price"))
                });
                tries(&mut world, &mut random, Command::Place(placed));
            }
        }
    }
    world
}

#[test]
fn random_crashes_end_with_every_unit_accounted_for() {
    // What no scenario thought of happens in the first crash.
    let (mut entries, mut decided, mut ended) = (0, 0, 0);
    for seed in 0..WORLDS {
        let world = play(seed);
        entries += world.tape().len();
        decided += world.decisions().len();
        let end = |event: &&Event| matches!(event, Event::LiquidationEnded { .. });
        ended += world.events.iter().filter(end).count();
    }
    assert!(entries > 500 && decided > 50 && ended > 100, "{entries} {decided} {ended}");
}

#[test]
fn the_same_commands_give_the_same_tape() {
    // A venue that cannot be replayed cannot be checked.
    for seed in 0..5 {
        assert_eq!(play(seed).events, play(seed).events);
    }
}
