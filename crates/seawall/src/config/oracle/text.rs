//! The oracle's tables as text, for recordings: without other tables, and without what URLs may hide.

use super::super::value::span_text;
use super::venue::OFF;
use ::oracle::config::OracleConfig;
use runtime::client::Endpoint;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

/// The oracle's tables of a file that held no mistake. URLs are cut down to host and port: a replay connects to
/// nothing, and a recording is handed on.
pub(in super::super) fn recorded(text: &str, config: &OracleConfig) -> String {
    let Ok(mut document) = text.parse::<DocumentMut>() else { return String::new() };
    document.as_table_mut().retain(|key, _| key == "oracle");
    let Some(oracle) = document.get_mut("oracle").and_then(Item::as_table_like_mut) else {
        return String::new();
    };
    oracle.remove("record");
    if let Some(venues) = oracle.get_mut("venue").and_then(tables) {
        for (table, venue) in venues.iter_mut().zip(&config.venues) {
            let masked = |endpoint: &Option<Endpoint>| {
                endpoint.as_ref().map_or_else(|| OFF.to_owned(), |endpoint| endpoint.masked())
            };
            set(table, "websocket", &masked(&venue.websocket));
            set(table, "rest", &masked(&venue.rest));
        }
    }
    if let Some(chains) = oracle.get_mut("chain").and_then(tables) {
        for (table, chain) in chains.iter_mut().zip(&config.chains) {
            let masked = chain.endpoints.iter().map(|endpoint| endpoint.masked());
            table.insert("http", value(masked.collect::<Array>()));
            set(table, "poll", &span_text(chain.poll));
        }
    }
    document.to_string()
}

fn set(table: &mut Table, key: &str, text: &str) {
    table.insert(key, value(text));
}

/// A list of tables, also where it is written in one line.
fn tables(item: &mut Item) -> Option<&mut ArrayOfTables> {
    *item = match std::mem::take(item).into_array_of_tables() {
        Ok(tables) => Item::ArrayOfTables(tables),
        Err(other) => other,
    };
    item.as_array_of_tables_mut()
}
