//! What others of the same process see, and who may have an account shown.

use std::net::SocketAddr;
use std::sync::Arc;

use runtime::clock;
use runtime::http::{Handler, KillableServer, Limits, Listener, Request, Response, StatusCode};
use testkit::http::Connection;
use venue::Watch;

use crate::support::{MAKER, PATIENCE, TRADER, World, signed};

/// A page of the same process that says who has signed.
struct Page(Watch);

impl Handler for Page {
    async fn handle(&self, mut request: Request) -> Response {
        let body = request.body().await.expect("a small body");
        match self.0.reader(&request, &body) {
            Ok(reader) => Response::text(StatusCode::OK, reader.name),
            Err(refused) => {
                let status = StatusCode::from_u16(refused.status).expect("a status");
                Response::text(status, refused.why)
            }
        }
    }
}

#[test]
fn an_account_is_shown_to_who_has_signed_for_it_and_to_nobody_else() {
    // The page would show everybody's positions to whoever knows a key, which is in every log of a client.
    let world = World::start();
    let watch = world.running.as_ref().expect("it runs").watch();
    let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
    let address = listener.address();
    let _page = KillableServer::start("page", listener, Limits::default(), Arc::new(Page(watch)));
    let ask = |key: &str, body: &str| {
        let mut connection = Connection::open(address, PATIENCE).expect("it listens");
        let headers = [("X-MBX-APIKEY", key)];
        let answer = connection.exchange("POST", "/venue/account", &headers, body.as_bytes());
        let answer = answer.expect("an answer");
        (answer.status(), answer.text())
    };
    let now = clock::unix_time().as_millis();
    let of = |key: &str, at: u64| signed(key, &[("recvWindow", "5000")], at);
    assert_eq!(ask(TRADER, &of(TRADER, now)), (200, "trader".to_owned()));
    assert_eq!(ask("reader-key-0000001", &of("reader-key-0000001", now)).1, "trader");
    for (key, body) in [
        (TRADER, of(MAKER, now)),
        (TRADER, of(TRADER, now - 60_000)),
        (TRADER, String::new()),
        ("distant-key-000001", of("distant-key-000001", now)),
        ("nobodys-key-000001", of("nobodys-key-000001", now)),
    ] {
        let (status, text) = ask(key, &body);
        assert!((400..500).contains(&status), "{key} {body}: {status} {text}");
    }
}

#[test]
fn a_page_sees_who_is_let_in_and_whether_the_prices_come() {
    // A page that goes on saying "connected" while the oracle is away is worse than none.
    let world = World::start();
    let watch = world.running.as_ref().expect("it runs").watch();
    assert!(watch.prices().is_connected());
    world.order(TRADER, "BUY", "0.010", "95000");
    let lanes = watch.lanes();
    let classes: Vec<&str> = lanes.iter().map(|lane| lane.class).collect();
    assert_eq!(classes, ["reduce", "liquidate", "new_risk", "query"]);
    let new_risk = &lanes[2];
    assert!(new_risk.open && new_risk.admitted == 1 && new_risk.delay_us.is_some(), "{new_risk:?}");
    assert_eq!(watch.read(venue_views::Desk::open_orders_of_all), 1);
}
