//! What Binance does not give.

use serde_json::json;

use crate::support::{ADMIN, TRADER, World};

#[test]
fn what_is_documented_is_served_and_what_is_served_is_documented() {
    // A document that is not true sends its readers' programs into errors.
    let world = World::start();
    let document = world.get("/v1/openapi.json");
    let paths = document["paths"].as_object().expect("paths");
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            let method = method.to_uppercase();
            if path == "/v1/admin/drain" {
                continue;
            }
            let (status, answer) = world.ask(ADMIN, &method, path, &[]);
            let wanted =
                operation["parameters"].as_array().expect("a list").iter().any(|parameter| {
                    let signs = ["timestamp", "signature"].map(|name| parameter["name"] == name);
                    parameter["required"] == true && !signs.contains(&true)
                });
            let code = answer["code"].as_i64();
            assert_ne!(code, Some(-5000), "{method} {path} is not served");
            assert_eq!(status == 200, !wanted, "{method} {path}: {answer}");
            if operation["x-permission"] == "admin" {
                assert_eq!(world.code(TRADER, &method, path, &[]), -2015, "{method} {path}");
            }
        }
    }
    for path in [
        "/v1/tape",
        "/v1/fund",
        "/v1/conservation",
        "/v1/queue",
        "/v1/admin/keys",
        "/v1/withdrawals",
    ] {
        assert!(paths.contains_key(path), "{path} is served and not documented");
    }
}

#[test]
fn a_path_by_another_method_is_no_path_that_is_not_there() {
    // Who has only the method wrong would look for the mistake in the path.
    let world = World::start();
    for (method, path, status) in
        [("POST", "/v1/tape", 405), ("PUT", "/v1/admin/keys", 405), ("GET", "/v1/tapes", 404)]
    {
        let answer = world.send(method, path, None, b"");
        assert_eq!(answer.status(), status, "{method} {path}: {}", answer.text());
        assert!(answer.text().contains("-5000"), "{}", answer.text());
        assert_eq!(answer.header("allow").is_some(), status == 405, "{method} {path}");
    }
}

#[test]
fn a_market_is_added_while_the_venue_runs_and_is_there_after_a_restart() {
    // A listing that takes a restart stops everybody else's trading for it.
    let mut world = World::start();
    let market = [("symbol", "BTC2USDT"), ("feed", "BTC/USD"), ("tick", "0.5"), ("lot", "0.01")];
    assert_eq!(world.code(TRADER, "POST", "/v1/admin/markets", &market), -2015);
    world.done(ADMIN, "POST", "/v1/admin/markets", &market);
    assert!(world.code(ADMIN, "POST", "/v1/admin/markets", &market) < 0, "it is there already");
    for (name, wrong) in [("symbol", "BTC2EUR"), ("feed", "BTC"), ("tick", "0"), ("lot", "x")] {
        let mut market = market;
        let place = market.iter_mut().find(|(own, _)| *own == name).expect("it is one of them");
        place.1 = wrong;
        assert!(world.code(ADMIN, "POST", "/v1/admin/markets", &market) < 0, "{name}");
    }
    let order = [
        ("symbol", "BTC2USDT"),
        ("side", "BUY"),
        ("type", "LIMIT"),
        ("timeInForce", "GTC"),
        ("quantity", "0.01"),
        ("price", "99999.5"),
    ];
    for _ in 0..2 {
        world.await_price();
        let listed = &world.get("/fapi/v1/exchangeInfo")["symbols"][1];
        assert_eq!((&listed["symbol"], &listed["baseAsset"]), (&json!("BTC2USDT"), &json!("BTC2")));
        assert_eq!(world.get("/v1/prices")["items"][1]["feed"], "BTC/USD");
        world.done(TRADER, "POST", "/fapi/v1/order", &order);
        world.restart();
    }
}

#[test]
fn the_administration_opens_accounts_and_makes_keys_that_work() {
    let world = World::start();
    let name = [("name", "fresh")];
    world.done(ADMIN, "POST", "/v1/admin/accounts", &name);
    assert!(world.code(ADMIN, "POST", "/v1/admin/accounts", &name) < 0, "the name is taken");
    let deposit = [("account", "fresh"), ("asset", "USDT"), ("amount", "500.25")];
    world.done(ADMIN, "POST", "/v1/admin/deposits", &deposit);
    let wanted = [("account", "fresh"), ("permissions", "read,trade"), ("addresses", "127.0.0.1")];
    let made = world.done(ADMIN, "POST", "/v1/admin/keys", &wanted);
    let (key, secret) =
        (made["key"].as_str().expect("a key"), made["secret"].as_str().expect("a secret"));
    let mut query = wire_binance::Query::new();
    query.sign(
        &wire_binance::Secret::new(secret.as_bytes()),
        runtime::clock::unix_time().as_millis(),
        None,
    );
    let target = format!("/fapi/v3/balance?{}", query.as_str());
    let answer = world.send("GET", &target, Some(key), b"");
    let balances: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(balances[0]["balance"], "500.25000000", "{balances}");
    let listed = world.done(ADMIN, "GET", "/v1/admin/keys", &[]).to_string();
    assert!(listed.contains(made["id"].as_str().expect("an id")));
    assert!(
        !listed.contains(key) && !listed.contains(secret),
        "a list of keys is no bunch of keys"
    );
    let id = made["id"].as_str().expect("an id");
    world.done(ADMIN, "DELETE", "/v1/admin/keys", &[("id", id)]);
    assert_eq!(world.send("GET", &target, Some(key), b"").status(), 401, "it was taken away");
}

#[test]
fn a_market_is_halted_and_opened_again() {
    let world = World::start();
    let state = |word: &str| {
        world.done(ADMIN, "POST", "/v1/admin/states", &[("symbol", "BTCUSDT"), ("state", word)]);
    };
    state("cancel_only");
    assert_eq!(world.get("/fapi/v1/exchangeInfo")["symbols"][0]["status"], "CANCEL_ONLY");
    let order = [
        ("symbol", "BTCUSDT"),
        ("side", "BUY"),
        ("type", "LIMIT"),
        ("timeInForce", "GTC"),
        ("quantity", "0.010"),
        ("price", "95000"),
    ];
    assert_eq!(world.code(TRADER, "POST", "/fapi/v1/order", &order), -4141);
    state("trading");
    world.done(TRADER, "POST", "/fapi/v1/order", &order);
    assert_eq!(world.get("/v1/markets")["items"][0]["state"], json!("trading"));
    // Nothing is taken while it drains, and nothing is lost.
    world.done(ADMIN, "POST", "/v1/admin/drain", &[]);
    assert_eq!(world.code(TRADER, "POST", "/fapi/v1/order", &order), -1001);
}
