//! The practice market alone, for a look at what the venues say:
//! `cargo run -p practice-market --example venues -- FIRST_PORT CONTROL_PORT`, both 0 for any.

use std::io::Write as _;
use std::sync::Arc;

use practice_market::{Market, MarketOptions};
use runtime::http::{Limits, Listener, Request, serve};
use runtime::task;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut ports = std::env::args().skip(1).map(|port| port.parse::<u16>());
    let mut port = || ports.next().unwrap_or(Ok(0));
    let options = MarketOptions { first_port: port()?, ..MarketOptions::default() };
    let market = Arc::new(Market::start(&options)?);
    let listener = Listener::bind(format!("127.0.0.1:{}", port()?).parse()?)?;
    let mut out = std::io::stdout().lock();
    for venue in market.venues() {
        writeln!(out, "{:9} {}  {}", venue.name, venue.websocket, venue.rest)?;
    }
    writeln!(out, "controls  http://{}/practice/market", listener.address())?;
    out.flush()?;
    let handler = Arc::new(move |request: Request| {
        let market = Arc::clone(&market);
        async move { market.handle(request).await }
    });
    task::block_on(serve(listener, Limits::default(), handler, std::future::pending()));
    Ok(())
}
