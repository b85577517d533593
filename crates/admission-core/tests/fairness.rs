//! Who gets how much of a server that cannot serve all.

use std::collections::BTreeMap;

use admission_core::{Admission, Arrival, Class, Decision, Mode, Output, Settings, Ticket};
use units::{Span, Timestamp};

/// Places of the server, and how long a piece of work holds one.
const PLACES: u32 = 20;
const SERVICE_MS: u64 = 10;

/// One who sends so many pieces of work a second.
#[derive(Clone, Copy)]
struct Sender {
    class: Class,
    client: u64,
    rate: u64,
}

/// What one client of a class was served, and the longest that it waited.
#[derive(Clone, Copy, Debug, Default)]
struct Served {
    offered: u64,
    admitted: u64,
    waited: Span,
}

/// A server with [`PLACES`] under an open load, millisecond by millisecond; what each sender got.
fn serve(mode: Mode, senders: &[Sender], millis: u64) -> Vec<Served> {
    let mut admission = Admission::new(Settings::calls(mode, 4_096), PLACES);
    let mut served = vec![Served::default(); senders.len()];
    let mut waiting: BTreeMap<Ticket, usize> = BTreeMap::new();
    let mut ends: BTreeMap<u64, Vec<Class>> = BTreeMap::new();
    for milli in 0..millis {
        let now = Timestamp::ZERO.after(Span::from_millis(3_600_000 + milli));
        for class in ends.remove(&milli).unwrap_or_default() {
            admission.release(now, class);
        }
        for (at, sender) in senders.iter().enumerate() {
            let before = milli * sender.rate / 1_000;
            for _ in before..(milli + 1) * sender.rate / 1_000 {
                let deadline = now.after(Span::from_secs(8));
                let Sender { class, client, .. } = *sender;
                served[at].offered += 1;
                let arrival = Arrival { class, client, cost: 1, deadline };
                match admission.arrive(now, arrival) {
                    Decision::Admitted => {
                        served[at].admitted += 1;
                        ends.entry(milli + SERVICE_MS).or_default().push(class);
                    }
                    Decision::Waits { ticket, .. } => {
                        waiting.insert(ticket, at);
                    }
                    Decision::Shed(_) => {}
                }
            }
        }
        admission.on_wake(now);
        while let Some(output) = admission.poll_output() {
            let (Output::Admit { ticket, .. } | Output::Shed { ticket, .. }) = output;
            let at = waiting.remove(&ticket).expect("it waits");
            if let Output::Admit { waited, .. } = output {
                served[at].admitted += 1;
                served[at].waited = served[at].waited.max(waited);
                ends.entry(milli + SERVICE_MS).or_default().push(senders[at].class);
            }
        }
    }
    served
}

fn readers(clients: std::ops::Range<u64>, rate: u64) -> impl Iterator<Item = Sender> {
    clients.map(move |client| Sender { class: Class::Second, client, rate })
}

/// Jain's index in per cent: 100 where all got the same, 100/n where one got everything.
fn jain_percent(shares: &[u64]) -> u64 {
    let sum: u64 = shares.iter().sum();
    let squares: u64 = shares.iter().map(|share| share * share).sum();
    sum * sum * 100 / (squares * shares.len() as u64)
}

#[test]
fn sixteen_abusers_must_not_take_what_is_everybodys() {
    // 100 clients with 10 calls a second and 16 with 5,000 each before a server that bears 1,800.
    let senders: Vec<Sender> = readers(0..100, 10).chain(readers(1_000..1_016, 5_000)).collect();
    let served = serve(Mode::Fair, &senders, 4_000);
    let shares: Vec<u64> = served[..100].iter().map(|served| served.admitted).collect();
    assert!(jain_percent(&shares) >= 95, "{shares:?}");
    let (got, asked) = (shares.iter().sum::<u64>(), 100 * 40);
    // All but those that still wait at the end.
    assert!(got * 100 >= asked * 97, "{got} of {asked}");
    let longest = served[..100].iter().map(|served| served.waited).max();
    assert!(longest < Some(Span::from_millis(200)), "{longest:?}");
    // And the abusers are equal among themselves, with all that the others leave.
    let abusers: Vec<u64> = served[100..].iter().map(|served| served.admitted).collect();
    assert!(jain_percent(&abusers) >= 95, "{abusers:?}");
    let total: u64 = served.iter().map(|served| served.admitted).sum();
    assert!(total >= 6_800, "{total}: places stayed empty");
}

#[test]
fn equal_clients_must_get_equal_shares_of_too_little() {
    // Each of 50 asks for three times its share.
    let senders: Vec<Sender> = readers(0..50, 120).collect();
    let served = serve(Mode::Fair, &senders, 10_000);
    let shares: Vec<u64> = served.iter().map(|served| served.admitted).collect();
    assert!(jain_percent(&shares) >= 98, "{shares:?}");
}

#[test]
fn with_the_defence_off_the_quiet_starve_with_the_loud() {
    // What the drills show: first come, first served gives to whoever asks most.
    let senders: Vec<Sender> = readers(0..100, 10).chain(readers(1_000..1_016, 5_000)).collect();
    let served = serve(Mode::Fifo, &senders, 10_000);
    let got: u64 = served[..100].iter().map(|served| served.admitted).sum();
    assert!(got * 10 < 100 * 100, "{got} of {}", 100 * 100);
}

#[test]
fn a_transaction_must_get_through_any_flood_of_reads() {
    let flood = (0..4).flat_map(|class| {
        let class = Class::ALL[class];
        (0..10).map(move |client| (class, client))
    });
    let mut senders: Vec<Sender> = flood
        .filter(|(class, _)| *class != Class::First)
        .map(|(class, client)| Sender { class, client, rate: 2_000 })
        .collect();
    senders.push(Sender { class: Class::First, client: 77, rate: 100 });
    let served = serve(Mode::Fair, &senders, 10_000);
    let urgent = served.last().expect("it is there");
    assert_eq!(urgent.admitted, urgent.offered);
    assert!(urgent.waited <= Span::from_millis(SERVICE_MS), "{:?}", urgent.waited);
}

#[test]
fn no_class_may_starve() {
    // All four classes flood; the floors promise a fifth, a twentieth and a fiftieth of the turns.
    let senders: Vec<Sender> =
        Class::ALL.into_iter().map(|class| Sender { class, client: 1, rate: 4_000 }).collect();
    let served = serve(Mode::Fair, &senders, 10_000);
    let total: u64 = served.iter().map(|served| served.admitted).sum();
    for (served, permille) in served.iter().zip([500, 180, 45, 18]) {
        assert!(served.admitted * 1_000 >= total * permille, "{served:?} of {total}");
    }
}

#[test]
fn heavy_work_leaves_places_free_for_what_is_important() {
    // Traces alone may not take every place, or a transaction waits for one of them to end.
    let mut admission = Admission::new(Settings::calls(Mode::Fair, 4_096), PLACES);
    let now = Timestamp::ZERO.after(Span::from_secs(3_600));
    let deadline = now.after(Span::from_secs(8));
    let mut come = |class| {
        let arrival = Arrival { class, client: 1, cost: 1, deadline };
        admission.arrive(now, arrival) == Decision::Admitted
    };
    let mut admitted = |class| (0..100).filter(|_| come(class)).count();
    let counts = [Class::Fourth, Class::Third, Class::Second, Class::First].map(&mut admitted);
    assert_eq!(counts, [5, 5, 8, 2]);
}

#[test]
fn a_client_pays_for_what_its_work_costs() {
    // Otherwise who asks for ten times as much a call gets ten times as much.
    let mut admission = Admission::new(Settings::calls(Mode::Fair, 4_096), 1);
    let now = Timestamp::ZERO.after(Span::from_secs(3_600));
    let deadline = now.after(Span::from_secs(8));
    let mut owner = BTreeMap::new();
    for n in 0..400 {
        let (client, cost) = if n % 2 == 0 { (1, 10) } else { (2, 1) };
        let arrival = Arrival { class: Class::Second, client, cost, deadline };
        if let Decision::Waits { ticket, .. } = admission.arrive(now, arrival) {
            owner.insert(ticket, client);
        }
    }
    let mut got: BTreeMap<u64, u64> = BTreeMap::new();
    for _ in 0..110 {
        admission.release(now, Class::Second);
        while let Some(output) = admission.poll_output() {
            let Output::Admit { ticket, .. } = output else { panic!("{output:?}") };
            *got.entry(owner[&ticket]).or_default() += 1;
        }
    }
    assert!(got[&1] >= 9 && got[&1] <= 11, "{got:?}");
    assert_eq!(got[&1] + got[&2], 110);
}
