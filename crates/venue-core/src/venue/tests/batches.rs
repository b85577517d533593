//! Commands that come in batches.

use machine::Prng;
use units::{Money, Timestamp};

use super::bench::{account, limit, market, order, price, venue};
use crate::command::{Command, Lifetime, PriceOf, PriceStatus};
use crate::event::Event;
use crate::id::{AccountId, OrderId};
use crate::value::{Lots, Side, Ticks};

/// Orders of four accounts that rest, trade, change and go, accounts and orders that are not there, and prices.
fn any_command(prng: &mut Prng, orders: u64) -> Command {
    let account = AccountId::new(u32::try_from(prng.below(5)).unwrap());
    let side = if prng.below(2) == 0 { Side::Buy } else { Side::Sell };
    let ticks = 1_000_000 + i64::try_from(prng.below(41)).unwrap() - 20;
    let lots = 1 + i64::try_from(prng.below(9)).unwrap();
    let known = OrderId::new(1 + prng.below(orders + 2));
    match prng.below(20) {
        0..10 => limit(account, side, ticks, lots),
        10..13 => Command::Place(order(account, side, ticks, lots, Lifetime::ImmediateOrCancel)),
        13..17 => Command::Cancel { account, order: known },
        17 => {
            let (price, lots) = (Ticks::new(ticks), Lots::new(lots));
            Command::Amend { account, order: known, price, lots }
        }
        18 => price(PriceOf::Index(market()), PriceStatus::Live, [ticks, ticks, 0]),
        _ => Command::Tick,
    }
}

#[test]
fn a_batch_says_what_its_commands_say_one_by_one() {
    // Whoever replays the journal one by one would come to another venue.
    for seed in 0..20 {
        let mut prng = Prng::new(seed);
        let (mut one, mut many) = (venue(), venue());
        for venue in [&mut one, &mut many] {
            let accounts = [(); 4].map(|()| account(venue, 100_000));
            assert_eq!(accounts[3], AccountId::new(3));
        }
        let mut now = one.now().as_nanos();
        let mut trades = 0;
        for round in 0..40 {
            let commands: Vec<(Timestamp, Command)> = (0..prng.below(90))
                .map(|_| {
                    now += prng.below(1_000_000);
                    (Timestamp::from_nanos(now), any_command(&mut prng, round * 30))
                })
                .collect();
            let (mut singly, mut together) = (Vec::new(), Vec::new());
            for (now, command) in &commands {
                one.apply(*now, command, &mut singly);
            }
            many.apply_all(&commands, &mut together);
            assert_eq!(together, singly, "seed {seed}, round {round}");
            trades += singly.iter().filter(|event| matches!(event, Event::Trade(_))).count();
        }
        assert_eq!(many.digest(), one.digest(), "seed {seed}");
        assert_eq!(many.audit(), Vec::<&str>::new());
        assert!(trades > 100, "{trades}");
        assert!(one.account(AccountId::new(0)).is_some_and(|view| view.cash != Money::ZERO));
    }
}
