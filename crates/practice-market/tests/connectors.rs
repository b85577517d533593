//! The oracle's connectors read everything that the venues send: two programs written from the same documentation,
//! neither after the other, agree on what it says.

use std::collections::BTreeSet;

use practice_market::{Market, MarketOptions, VenueView};
use runtime::client::{Client, Endpoint, connect_websocket};
use runtime::{clock, task};
use units::Span;
use wire_market::{Message, Venue, venue};

const PATIENCE: Span = Span::from_secs(20);

/// What was read of a stream until there was a price and a trade of every market.
#[derive(Default)]
struct Seen {
    quotes: BTreeSet<String>,
    trades: BTreeSet<String>,
    beats: usize,
}

async fn stream(view: &VenueView, reader: &'static dyn Venue) -> Seen {
    let endpoint = Endpoint::parse(&view.websocket).expect("a URL");
    let mut socket = connect_websocket(&endpoint, 1 << 20, PATIENCE).await.expect("connects");
    let names: Vec<String> = view.markets.iter().map(|market| market.name.clone()).collect();
    let asks = reader.subscribe(&names).into_iter().chain(reader.keep_alive().map(|it| it.text));
    for ask in asks {
        assert!(socket.send(ask.into()).await);
    }
    let (mut seen, give_up) = (Seen::default(), clock::now().after(PATIENCE));
    while seen.quotes.len() < names.len() || seen.trades.len() < names.len() || seen.beats == 0 {
        let frame = task::select! {
            frame = socket.receive() => frame.expect("it stays connected"),
            () = clock::sleep_until(give_up) => panic!(
                "{}: not all of {names:?} within {PATIENCE}: quotes {:?}, trades {:?}, {} beats",
                view.name, seen.quotes, seen.trades, seen.beats
            ),
        };
        let mut messages = Vec::new();
        let text = String::from_utf8_lossy(&frame);
        reader
            .read(&frame, &mut messages)
            .unwrap_or_else(|odd| panic!("{}: {odd}: {text}", view.name));
        for message in messages {
            match message {
                Message::Quote(market, quote) => {
                    assert!(quote.bid < quote.ask, "{}: {text}", view.name);
                    seen.quotes.insert(market.to_owned());
                }
                Message::Trade(market, _) => {
                    seen.trades.insert(market.to_owned());
                }
                Message::Beat | Message::Count(_) => seen.beats += 1,
                Message::Refused(_) | Message::Reconnect => panic!("{}: {text}", view.name),
            }
        }
    }
    let names: BTreeSet<String> = names.into_iter().collect();
    assert_eq!((&seen.quotes, &seen.trades), (&names, &names), "{}", view.name);
    seen
}

#[test]
fn every_connector_reads_every_frame_and_every_answer() {
    // A connector and a fake that misread the same page differently would show here before they meet a real venue.
    task::block_on(async {
        let market = Market::start(&MarketOptions::default()).expect("starts");
        for view in market.venues() {
            let reader = venue(view.name).expect("a connector of that name");
            stream(&view, reader).await;
            let client = Client::new(Endpoint::parse(&view.rest).expect("a URL"), 1 << 20);
            for listed in &view.markets {
                let get =
                    async |path: String| client.get(&path, PATIENCE).await.expect("an answer").body;
                let quote = get(reader.quote_path(&listed.name)).await;
                let quote = reader.read_quote(&quote).expect("best prices");
                let book = get(reader.book_path(&listed.name)).await;
                let book = reader.read_book(&book).expect("a book");
                assert!(quote.bid < quote.ask, "{} {}", view.name, listed.name);
                assert_eq!(
                    (book.bids.len(), book.asks.len()),
                    (60, 60),
                    "{} {}",
                    view.name,
                    listed.name
                );
                assert!(book.bids[0].price < book.asks[0].price);
            }
        }
    });
}

#[test]
fn every_connector_hears_that_a_market_does_not_exist() {
    // A wrong name in the configuration has to be told, where the venue tells.
    task::block_on(async {
        let market = Market::start(&MarketOptions::default()).expect("starts");
        // Binance takes any name and says nothing.
        for view in market.venues().into_iter().filter(|view| view.name != "binance") {
            let reader = venue(view.name).expect("a connector of that name");
            let endpoint = Endpoint::parse(&view.websocket).expect("a URL");
            let mut socket =
                connect_websocket(&endpoint, 1 << 20, PATIENCE).await.expect("connects");
            for ask in reader.subscribe(&["NOSUCHMARKET".to_owned()]) {
                assert!(socket.send(ask.into()).await);
            }
            let give_up = clock::now().after(PATIENCE);
            let mut refused = false;
            while !refused {
                let frame = task::select! {
                    frame = socket.receive() => frame.expect("it stays connected"),
                    () = clock::sleep_until(give_up) => panic!("{}: no refusal", view.name),
                };
                let mut messages = Vec::new();
                reader.read(&frame, &mut messages).expect("no odd frame");
                refused = messages.iter().any(|message| matches!(message, Message::Refused(_)));
            }
        }
    });
}
