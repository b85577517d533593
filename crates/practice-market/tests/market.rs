//! The practice market over real sockets: venues that stream, fail and come back.

use practice_market::{Action, Change, Market, MarketOptions, VenueView};
use runtime::client::{CallError, CallResponse, Client, Endpoint, connect_websocket};
use runtime::http::{
    HeaderMap, HeaderValue, Limits, Listener, Request, StatusCode, WebSocket, serve,
};
use runtime::{clock, task};
use serde_json::{Value, json};
use std::sync::Arc;
use units::Span;

const PATIENCE: Span = Span::from_secs(5);

fn market() -> Market {
    Market::start(&MarketOptions::default()).expect("starts")
}

fn venue(market: &Market, name: &str) -> VenueView {
    market.venues().into_iter().find(|venue| venue.name == name).expect("a venue of that name")
}

async fn stream(venue: &VenueView) -> WebSocket {
    let endpoint = Endpoint::parse(&venue.websocket).expect("a URL");
    let mut socket = connect_websocket(&endpoint, 1 << 20, PATIENCE).await.expect("connects");
    let ask = json!({"method": "SUBSCRIBE", "params": ["usdeusdt@bookTicker"], "id": 1});
    assert!(socket.send(ask.to_string().into()).await);
    socket
}

/// The next frame; `None` where the connection has ended, or none comes in time.
async fn next(socket: &mut WebSocket, patience: Span) -> Option<Value> {
    let frame = task::select! {
        frame = socket.receive() => frame?,
        () = clock::sleep(patience) => return None,
    };
    // Garbage is no JSON.
    Some(serde_json::from_slice(&frame).unwrap_or_default())
}

/// The bids that come until one satisfies.
async fn until(socket: &mut WebSocket, what: &str, holds: impl Fn(f64) -> bool) {
    let give_up = clock::now().after(PATIENCE);
    while clock::now() < give_up {
        let frame = next(socket, PATIENCE).await.expect("a frame");
        let bid = frame["b"].as_str().and_then(|bid| bid.parse().ok());
        if bid.is_some_and(&holds) {
            return;
        }
    }
    panic!("not {what} within {PATIENCE}");
}

async fn apply(market: &Market, venue: &str, action: &str, query: &str) {
    let action = Action::parse(action, query).expect("reads");
    market.apply(venue, &action).await.expect("done");
}

#[test]
fn a_dump_on_one_venue_shows_there_and_only_there() {
    task::block_on(async {
        let market = market();
        let mut socket = stream(&venue(&market, "binance")).await;
        until(&mut socket, "near one", |bid| bid > 0.995).await;
        apply(&market, "binance", "dump", "asset=USDE&to=0.65&over_s=0").await;
        until(&mut socket, "dumped", |bid| bid < 0.66).await;
        assert_eq!(venue(&market, "binance").fault, "USDE dumped to 0.65");
        let kraken =
            Client::new(Endpoint::parse(&venue(&market, "kraken").rest).expect("a URL"), 1 << 20);
        let answer =
            kraken.get("/0/public/Ticker?pair=USDEUSD", PATIENCE).await.expect("an answer");
        let answer: Value = serde_json::from_slice(&answer.body).expect("JSON");
        let bid = answer["result"]["USDEUSD"]["b"][0].as_str().expect("a bid");
        assert!(bid.parse::<f64>().expect("a number") > 0.995, "{bid}");
        apply(&market, "binance", "heal", "").await;
        until(&mut socket, "near one again", |bid| bid > 0.995).await;
    });
}

#[test]
fn what_falls_falls_everywhere_and_can_be_healed() {
    task::block_on(async {
        let market = market();
        let mut socket = stream(&venue(&market, "binance")).await;
        market.change(&Change::parse("fall", "over_s=0").expect("reads")).expect("done");
        until(&mut socket, "fallen", |bid| bid < 0.66).await;
        let pool = market.pool(
            practice_market::Asset::Usde,
            practice_market::Asset::Usdt,
            clock::unix_time().as_millis(),
        );
        assert!(pool < units::Price::parse(b"0.66").expect("a price"), "{pool}");
        assert_eq!(market.falls(), ["USDE falls to 0.65"]);
        market.change(&Change::Heal).expect("done");
        until(&mut socket, "healed", |bid| bid > 0.995).await;
    });
}

#[test]
fn a_venue_that_refuses_is_gone_and_comes_back_on_its_port() {
    task::block_on(async {
        let market = market();
        let binance = venue(&market, "binance");
        let mut socket = stream(&binance).await;
        apply(&market, "binance", "refuse", "").await;
        while next(&mut socket, PATIENCE).await.is_some() {}
        let endpoint = Endpoint::parse(&binance.websocket).expect("a URL");
        let refused = connect_websocket(&endpoint, 1 << 20, PATIENCE).await;
        assert!(matches!(refused, Err(CallError::Connect(_))));
        assert_eq!(venue(&market, "binance").fault, "refuses connections");
        apply(&market, "binance", "heal", "").await;
        until(&mut stream(&binance).await, "back", |bid| bid > 0.995).await;
    });
}

#[test]
fn a_disconnected_client_may_come_back_at_once_and_a_silent_venue_keeps_it() {
    task::block_on(async {
        let market = market();
        let okx = venue(&market, "binance");
        let mut socket = stream(&okx).await;
        until(&mut socket, "streams", |bid| bid > 0.995).await;
        apply(&market, "binance", "disconnect", "").await;
        while next(&mut socket, PATIENCE).await.is_some() {}
        let mut socket = stream(&okx).await;
        until(&mut socket, "streams again", |bid| bid > 0.995).await;
        apply(&market, "binance", "silence", "").await;
        while next(&mut socket, Span::from_millis(600)).await.is_some() {}
        apply(&market, "binance", "heal", "").await;
        until(&mut socket, "speaks on the same connection", |bid| bid > 0.995).await;
        apply(&market, "binance", "lie", "about=garbage").await;
        let mut odd = 0;
        for _ in 0..20 {
            let frame = next(&mut socket, PATIENCE).await.expect("a frame");
            odd += u32::from(frame["b"].is_null());
        }
        assert!(odd > 10, "{odd} of 20 frames were odd");
    });
}

#[test]
fn curl_and_the_page_can_break_and_heal_venues() {
    task::block_on(async {
        let market = Arc::new(market());
        let listener = Listener::bind("127.0.0.1:0".parse().expect("an address")).expect("binds");
        let url = format!("http://{}", listener.address());
        let served = Arc::clone(&market);
        let handler = Arc::new(move |request: Request| {
            let market = Arc::clone(&served);
            async move { market.handle(request).await }
        });
        task::spawn(serve(listener, Limits::default(), handler, std::future::pending()));
        let send = async |path: &str, headers: &[(&'static str, &'static str)]| -> CallResponse {
            let endpoint = Endpoint::parse(&format!("{url}{path}")).expect("a URL");
            let headers = headers.iter().map(|(name, value)| {
                (name.parse().expect("a name"), HeaderValue::from_static(value))
            });
            let headers: HeaderMap = headers.collect();
            Client::new(endpoint, 1 << 20)
                .post("".into(), &headers, PATIENCE)
                .await
                .expect("a response")
        };
        let done = send("/practice/market/venues/okx/delay?ms=7000", &[]).await;
        assert_eq!(done.status, StatusCode::OK);
        let overview: Value = serde_json::from_slice(&done.body).expect("JSON");
        assert_eq!(overview["venues"][3]["fault"], json!("late by 7.000s"));
        assert!(market.panel_html().contains("late by 7.000s"));
        assert_eq!(send("/practice/market/venues/pool/dump", &[]).await.status, StatusCode::OK);
        assert_eq!(market.pool_fault(), "USDE dumped to 0.65");
        let from_page = send("/practice/market/heal", &[("accept", "text/html")]).await;
        assert_eq!(from_page.status, StatusCode::SEE_OTHER);
        assert_eq!(venue(&market, "okx").fault, "healthy");
        for (path, status) in [
            ("/practice/market/venues/ftx/freeze", StatusCode::NOT_FOUND),
            ("/practice/market/venues/okx/explode", StatusCode::BAD_REQUEST),
            ("/practice/market/venues/pool/freeze", StatusCode::BAD_REQUEST),
            ("/practice/market/rise", StatusCode::BAD_REQUEST),
            ("/practice/market/a/b", StatusCode::NOT_FOUND),
            ("/practice/market", StatusCode::METHOD_NOT_ALLOWED),
        ] {
            assert_eq!(send(path, &[]).await.status, status, "{path}");
        }
        let foreign = send("/practice/market/heal", &[("origin", "http://evil.example")]).await;
        assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    });
}
