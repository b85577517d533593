//! Changing answers: single methods that fail, and nodes that lie.

use std::collections::BTreeMap;
use std::io;

use serde_json::{Value, json};

use super::fault::{Break, Fault};
use crate::rpc;

/// What the lies so far were, so that a lying node sticks to them.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// True hashes to told ones.
    told: BTreeMap<String, String>,
    /// Told hashes to true ones.
    meant: BTreeMap<String, String>,
}

/// What is to be sent for one call.
pub(super) enum Told {
    Answer(Value),
    Status(u16),
    Nothing,
}

/// Answers one call, with `ask` asking the node.
pub(super) fn answer(
    fault: &Fault,
    memory: &mut Memory,
    request: &Value,
    mut ask: impl FnMut(&Value) -> io::Result<Value>,
) -> io::Result<Told> {
    let method = request["method"].as_str().unwrap_or_default();
    if let Fault::WrongChainId(id) = fault {
        match method {
            "eth_chainId" => return Ok(Told::Answer(result(request, json!(rpc::hex(*id))))),
            "net_version" => return Ok(Told::Answer(result(request, json!(id.to_string())))),
            _ => {}
        }
    }
    if let Fault::BreakMethod { method: broken, how } = fault
        && method == broken
    {
        return Ok(match how {
            Break::Hang => Told::Nothing,
            Break::Status(status) => Told::Status(*status),
            Break::Error { code, message } => Told::Answer(json!({
                "jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message},
            })),
        });
    }
    if let Fault::FarAhead(by) = fault {
        return far_ahead(*by, request, ask).map(Told::Answer);
    }
    if let Fault::WrongBranch { from } = fault {
        return wrong_branch(*from, memory, request, ask).map(Told::Answer);
    }
    ask(request).map(Told::Answer)
}

fn wrong_branch(
    from: u64,
    memory: &mut Memory,
    request: &Value,
    mut ask: impl FnMut(&Value) -> io::Result<Value>,
) -> io::Result<Value> {
    let mut asked = request.clone();
    swap(memory, &mut asked["params"]);
    let mut told = ask(&asked)?;
    change_hashes(memory, from, &mut told["result"]);
    if request["method"] == "eth_getBalance"
        && is_on_branch(from, memory, &request["params"][1])
        && let Some(balance) = rpc::quantity(&told["result"])
    {
        told["result"] = json!(format!("{:#x}", balance + 1_000_000_000_000_000_000));
    }
    Ok(told)
}

/// Whether a block, as it is named in a call, is one of those that differ.
fn is_on_branch(from: u64, memory: &Memory, block: &Value) -> bool {
    let hash = block.as_str().or_else(|| block["blockHash"].as_str()).unwrap_or_default();
    let number = rpc::quantity(block).or_else(|| rpc::quantity(&block["blockNumber"]));
    if hash.len() == 66 {
        return memory.meant.contains_key(hash);
    }
    match number {
        Some(number) => number >= u128::from(from),
        // `latest` and its kind: the node's head, of which the lie has been told by now.
        None => !memory.told.is_empty(),
    }
}

fn result(request: &Value, value: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": request["id"], "result": value})
}

/// The hash that a node invents for a block that does not exist.
fn invented(number: u128) -> String {
    format!("0xfa{number:062x}")
}

fn far_ahead(
    by: u64,
    request: &Value,
    mut ask: impl FnMut(&Value) -> io::Result<Value>,
) -> io::Result<Value> {
    let method = request["method"].as_str().unwrap_or_default();
    let wanted = request["params"][0].as_str().unwrap_or_default();
    let mut latest = || {
        ask(&json!({
            "jsonrpc": "2.0", "id": request["id"], "method": "eth_getBlockByNumber",
            "params": ["latest", false],
        }))
    };
    match method {
        "eth_blockNumber" => {
            let head = rpc::quantity(&latest()?["result"]["number"]).unwrap_or(0);
            Ok(result(request, json!(format!("{:#x}", head + u128::from(by)))))
        }
        "eth_getBlockByNumber" | "eth_getHeaderByNumber" if wanted == "latest" => {
            let mut told = latest()?;
            let head = rpc::quantity(&told["result"]["number"]).unwrap_or(0);
            invent(&mut told["result"], head + u128::from(by));
            Ok(told)
        }
        "eth_getBlockByNumber" | "eth_getHeaderByNumber" => {
            let mut told = latest()?;
            let head = rpc::quantity(&told["result"]["number"]).unwrap_or(0);
            match rpc::quantity(&request["params"][0]) {
                Some(number) if number > head && number <= head + u128::from(by) => {
                    invent(&mut told["result"], number);
                    Ok(told)
                }
                _ => ask(request),
            }
        }
        "eth_getBlockByHash" | "eth_getHeaderByHash" if wanted.starts_with("0xfa") => {
            let digits = wanted.get(4..).unwrap_or_default().trim_start_matches('0');
            let mut told = latest()?;
            invent(&mut told["result"], u128::from_str_radix(digits, 16).unwrap_or(0));
            Ok(told)
        }
        _ => ask(request),
    }
}

fn invent(block: &mut Value, number: u128) {
    if block.is_object() {
        block["number"] = json!(format!("{number:#x}"));
        block["hash"] = json!(invented(number));
        block["parentHash"] = json!(invented(number.saturating_sub(1)));
        if let Some(map) = block.as_object_mut() {
            unseal(map);
        }
    }
}

/// Makes a changed header one of a make that the gateway does not know, or it would not need to look any
/// further than at its hash to find the lie.
fn unseal(block: &mut serde_json::Map<String, Value>) {
    block.insert("madeUp".to_owned(), json!("0x1"));
}

/// Puts true hashes for told ones in what is asked, and the other way round: a node on another
/// branch knows its own blocks and not those of the main one.
fn swap(memory: &Memory, value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(other) = memory.meant.get(text).or_else(|| memory.told.get(text)) {
                other.clone_into(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| swap(memory, item)),
        Value::Object(map) => map.values_mut().for_each(|item| swap(memory, item)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Changes the hashes of blocks from `from` on, wherever they stand.
fn change_hashes(memory: &mut Memory, from: u64, value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(|item| change_hashes(memory, from, item));
        }
        Value::Object(map) => {
            let own = map.get("number").and_then(rpc::quantity);
            if own.is_some_and(|number| number >= u128::from(from)) && map.contains_key("hash") {
                unseal(map);
            }
            let block = map.get("blockNumber").and_then(rpc::quantity);
            let from_here = u128::from(from);
            for (key, number) in [
                ("hash", own),
                ("parentHash", own.map(|number| number.saturating_sub(1))),
                ("blockHash", block),
            ] {
                if number.is_some_and(|number| number >= from_here)
                    && let Some(Value::String(hash)) = map.get_mut(key)
                {
                    *hash = change(memory, hash);
                }
            }
            map.values_mut().for_each(|item| change_hashes(memory, from, item));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn change(memory: &mut Memory, hash: &str) -> String {
    if let Some(told) = memory.told.get(hash) {
        return told.clone();
    }
    let told: String = hash
        .char_indices()
        .map(|(at, digit)| match digit.to_digit(16) {
            Some(value) if at > 1 => char::from_digit(15 - value, 16).unwrap_or('0'),
            _ => digit,
        })
        .collect();
    memory.told.insert(hash.to_owned(), told.clone());
    memory.meant.insert(told.clone(), hash.to_owned());
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lying_node_must_stay_true_to_its_lie() {
        let mut memory = Memory::default();
        let true_hash = format!("0x{:064x}", 7);
        let parent = format!("0x{:064x}", 6);
        let node = |request: &Value| {
            Ok(json!({"id": request["id"],
                "result": {"number": "0x7", "hash": true_hash, "parentHash": parent}}))
        };
        let fault = Fault::WrongBranch { from: 7 };
        let request =
            json!({"id": 1, "method": "eth_getBlockByNumber", "params": ["latest", false]});
        let Ok(Told::Answer(told)) = answer(&fault, &mut memory, &request, node) else {
            panic!("there is an answer");
        };
        let lie = told["result"]["hash"].clone();
        assert_ne!(lie, json!(true_hash));
        assert_eq!(told["result"]["parentHash"], json!(parent));
        let request = json!({"id": 2, "method": "eth_getBlockByHash", "params": [lie, false]});
        let mut asked = Value::Null;
        let answered = answer(&fault, &mut memory, &request, |request| {
            asked = request["params"][0].clone();
            Ok(json!({"result": null}))
        });
        assert!(answered.is_ok());
        assert_eq!(asked, json!(true_hash));
    }
}
