//! The outside world of the day. Whole days are held to what they have to show where configurations can be read.

use incident::{Value, Values};

use super::loans::drawn;
use super::own::Own;
use super::terms::{Terms, parameters};

fn values() -> Values {
    let mut values = Values::default();
    for parameter in parameters() {
        if let Some(usual) = parameter.usual {
            values.set(parameter.name, usual);
        }
    }
    let numbers = [
        ("start_unix_seconds", 1_760_129_400.0),
        ("minutes", 60.0),
        ("accounts", 1_000.0),
        ("collateral_usd", 1e8),
        ("thin_until_minute", 60.0),
        ("halted_until_minute", 60.0),
    ];
    for (name, number) in numbers {
        values.set(name, Value::Number(number));
    }
    let lists: [(&str, &[f64]); 5] = [
        ("follow_percent", &[1.0]),
        ("traded_usd", &[1.0, 1.0]),
        ("crowded_usd", &[1.0, 1.0]),
        ("leverage", &[3.5, 5.0]),
        ("share_percent", &[75.0, 25.0]),
    ];
    for (name, list) in lists {
        values.set(name, Value::Numbers(list.to_vec()));
    }
    values
}

#[test]
fn a_sale_moves_the_book_by_what_it_eats() {
    // The price that everything hangs on would not be that of the sale that the file says.
    let mut terms = Terms::read(&values()).unwrap();
    terms.bargain = 0.5;
    let mut own = Own::default();
    own.sold(60e6, &terms, 0.0);
    // 60 million at 1.4 million for each per cent are exp(-0.4286).
    assert!((own.price(1.0) - 0.6514).abs() < 0.000_5, "{}", own.price(1.0));
    own.goes_on(terms.halted_half_life, &terms, 0.0);
    assert!((own.price(1.0) - 0.8071).abs() < 0.000_5, "{}", own.price(1.0));
    let [bids, asks] = own.ladder(1.0, &terms, 0.0);
    let within: f64 =
        bids.iter().filter(|(price, _)| *price > 0.8071 * 0.985 * 0.99).map(|(_, usd)| usd).sum();
    assert!((1.3e6..=1.5e6).contains(&within), "as deep as the file says: {within}");
    assert!(bids.iter().all(|(bid, _)| asks.iter().all(|(ask, _)| bid < ask)), "not crossed");
}

#[test]
fn who_buys_because_it_is_cheap_stops_the_fall() {
    // Without them every sale would go to nothing, and no liquidation would be worth anything.
    let mut terms = Terms::read(&values()).unwrap();
    (terms.bargain, terms.bargain_times) = (0.7, 25.0);
    let mut own = Own::default();
    own.sold(400e6, &terms, 0.0);
    assert!((0.55..0.7).contains(&own.price(1.0)), "{}", own.price(1.0));
}

#[test]
fn people_hold_what_the_file_says_and_the_same_for_the_same_seed() {
    // What is liquidated is a part of this, to the dollar.
    let terms = Terms::read(&values()).unwrap();
    let people = drawn(&terms, 2.0, 7);
    assert_eq!(people.len(), 1_000);
    assert_eq!(people, drawn(&terms, 2.0, 7));
    assert_ne!(people, drawn(&terms, 2.0, 8));
    let worth: f64 = people.iter().map(|loan| loan.units * 2.0).sum();
    assert!((worth - 1e8).abs() < 1.0, "{worth}");
    // From 3.25 to 5.25 times.
    let share = |loan: &super::loans::Loan| loan.debt / (loan.units * 2.0);
    assert!(people.iter().all(|loan| (0.69..0.81).contains(&share(loan))));
}

#[test]
fn what_makes_no_sense_is_said() {
    // Whoever writes an incident of their own sees which number is wrong.
    let wrong = |name: &str, value: Value| {
        let mut values = values();
        values.set(name, value);
        Terms::read(&values).expect_err("is wrong")
    };
    assert!(wrong("minutes", Value::Number(0.0)).contains("minutes"));
    assert!(wrong("leverage", Value::Numbers(vec![1.1, 5.0])).contains("leverage"));
    assert!(wrong("share_percent", Value::Numbers(vec![100.0])).contains("share_percent"));
    assert!(wrong("crowded_usd", Value::Numbers(vec![1.0])).contains("crowded_usd"));
    assert!(wrong("worth_minutes", Value::Numbers(vec![0.0, 10.0])).contains("worth_minutes"));
    assert!(wrong("accounts", Value::Number(0.0)).contains("accounts"));
}
