//! What is served below `/v1`, as `OpenAPI` has it.

use serde_json::{Value, json};

/// Where something is asked: method, path, what it tells, its parameters (each with its kind and whether it has to be
/// there), and what permission it takes.
pub(super) struct Route {
    pub method: &'static str,
    pub path: &'static str,
    about: &'static str,
    parameters: &'static [(&'static str, &'static str, bool)],
    /// None for what anybody may ask.
    permission: Option<&'static str>,
}

const fn route(
    method: &'static str,
    path: &'static str,
    about: &'static str,
    parameters: &'static [(&'static str, &'static str, bool)],
    permission: Option<&'static str>,
) -> Route {
    Route { method, path, about, parameters, permission }
}

const ADMIN: Option<&str> = Some("admin");
const MOVED: &[(&str, &str, bool)] =
    &[("account", "account", true), ("asset", "asset", true), ("amount", "amount", true)];

/// Everything that is served.
pub(super) const ROUTES: &[Route] = &[
    route("get", "/v1/openapi.json", "This document.", &[], None),
    route(
        "get",
        "/v1/tape",
        "Every liquidation and deleveraging, numbered without a gap. As a WebSocket it goes on with each new one.",
        &[("from", "integer", false), ("limit", "integer", false)],
        None,
    ),
    route("get", "/v1/markets", "Markets, their states and prices.", &[], None),
    route("get", "/v1/prices", "Prices from outside, and what each is good for.", &[], None),
    route(
        "get",
        "/v1/fund",
        "The insurance fund, and what it would have to pay at moves.",
        &[],
        None,
    ),
    route("get", "/v1/conservation", "Where all money is, and that it adds up.", &[], None),
    route("get", "/v1/admission", "What was let in and what was shed.", &[], None),
    route(
        "get",
        "/v1/queue",
        "Where the account's positions stand in the queue of deleveraging.",
        &[],
        Some("read"),
    ),
    route(
        "post",
        "/v1/withdrawals",
        "Takes an amount out of the key's account.",
        &[("asset", "asset", true), ("amount", "amount", true)],
        Some("withdraw"),
    ),
    route("get", "/v1/admin/accounts", "All accounts.", &[], ADMIN),
    route("post", "/v1/admin/accounts", "Opens an account.", &[("name", "account", true)], ADMIN),
    route("post", "/v1/admin/deposits", "Puts an amount into an account.", MOVED, ADMIN),
    route("post", "/v1/admin/withdrawals", "Takes an amount out of an account.", MOVED, ADMIN),
    route(
        "post",
        "/v1/admin/fund",
        "Puts money into the insurance fund, or takes it out.",
        &[("amount", "decimal", true)],
        ADMIN,
    ),
    route(
        "post",
        "/v1/admin/markets",
        "Adds a market with the usual settings. Its feed is one of the oracle's.",
        &[
            ("symbol", "symbol", true),
            ("feed", "feed", true),
            ("tick", "amount", true),
            ("lot", "amount", true),
        ],
        ADMIN,
    ),
    route(
        "post",
        "/v1/admin/states",
        "Sets a market's state: trading, reduce_only, cancel_only, auction or halted.",
        &[("symbol", "symbol", true), ("state", "state", true)],
        ADMIN,
    ),
    route("get", "/v1/admin/keys", "All keys, without anything that could be used.", &[], ADMIN),
    route(
        "post",
        "/v1/admin/keys",
        "Makes a key; its secret is shown this once. Lists are separated by commas.",
        &[
            ("account", "account", true),
            ("permissions", "permissions", true),
            ("addresses", "addresses", false),
        ],
        ADMIN,
    ),
    route(
        "delete",
        "/v1/admin/keys",
        "Takes a key away that was made here.",
        &[("id", "id", true)],
        ADMIN,
    ),
    route(
        "post",
        "/v1/admin/drain",
        "Ends what was taken and takes no more, before a stop.",
        &[],
        ADMIN,
    ),
];

fn schema(kind: &str) -> Value {
    let pattern = match kind {
        "integer" => return json!({"type": "integer", "minimum": 0}),
        "state" => {
            let words = super::books::STATES.map(super::books::state);
            return json!({"type": "string", "enum": words});
        }
        "account" => "^[A-Za-z0-9_.-]{1,32}$",
        "asset" => "^[A-Z0-9]{1,16}$",
        "feed" => "^[A-Z0-9]{1,20}/[A-Z0-9]{1,20}$",
        "symbol" => "^[A-Z0-9_.-]{1,32}$",
        "amount" => "^[0-9]{1,20}(\\.[0-9]{1,12})?$",
        "decimal" => "^-?[0-9]{1,20}(\\.[0-9]{1,12})?$",
        "id" => "^[0-9a-f]{24}$",
        "permissions" => "^(read|trade|withdraw|admin)(,(read|trade|withdraw|admin)){0,3}$",
        _ => return json!({"type": "string"}),
    };
    json!({"type": "string", "pattern": pattern})
}

/// The methods of a path, where it is none of them that is asked by.
pub(super) fn other_methods(method: &str, path: &str) -> Option<String> {
    let there = ROUTES.iter().filter(|route| route.path == path);
    let methods: Vec<String> = there.map(|route| route.method.to_uppercase()).collect();
    let other = !methods.is_empty() && !methods.iter().any(|own| own == method);
    other.then(|| methods.join(", "))
}

fn parameter(&(name, kind, required): &(&str, &str, bool)) -> Value {
    json!({"name": name, "in": "query", "required": required, "schema": schema(kind)})
}

fn operation(route: &Route) -> Value {
    let mut parameters: Vec<Value> = route.parameters.iter().map(parameter).collect();
    if route.permission.is_some() {
        for signed in [
            ("timestamp", "integer", true),
            ("recvWindow", "integer", false),
            ("signature", "string", true),
        ] {
            parameters.push(parameter(&signed));
        }
    }
    let failure = json!({"description": "What is wrong.", "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/Failure"}}}});
    let mut operation = json!({
        "summary": route.about,
        "parameters": parameters,
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}},
            "4XX": failure,
            "5XX": failure,
        },
    });
    if let Some(permission) = route.permission {
        operation["security"] = json!([{"key": []}]);
        operation["x-permission"] = json!(permission);
    }
    operation
}

/// The document.
pub(super) fn document() -> Value {
    let mut paths = serde_json::Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Seawall venue",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the venue gives beside Binance's surface. What takes a key is signed as there: \
                HMAC-SHA256 over the query and the body as they are sent, with the key in X-MBX-APIKEY.",
        },
        "paths": paths,
        "components": {
            "schemas": {"Failure": {
                "type": "object",
                "properties": {"code": {"type": "integer"}, "msg": {"type": "string"}},
                "required": ["code", "msg"],
            }},
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-MBX-APIKEY"}},
        },
    })
}
