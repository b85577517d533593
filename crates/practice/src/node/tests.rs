//! Tests of the JSON-RPC surface over a network without sockets, as clients would use it.

use std::sync::Arc;

use alloy_consensus::{TxEip1559, TxEip2930, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, hex, keccak256};
use alloy_trie::proof::verify_proof;
use alloy_trie::{KECCAK_EMPTY, Nibbles, TrieAccount};
use k256::ecdsa::SigningKey;
use serde_json::{Value, json};
use units::{Price, Span, Timestamp};

use super::answer;
use crate::chain::{MARKET_CONTRACTS, MarkSource, Marks, sign};
use crate::fault::{Breakage, Garble, GarbleKind, Lie};
use crate::network::{Network, NetworkOptions};

const SENDER: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

/// Returns storage slot 0 for empty input; stores 32 bytes of input there and logs them; reverts
/// with `Error("nope")` for any other input.
const CONTRACT: [u8; 122] = hex!(
    "606f80600b6000396000f3"
    "361560315736602014603d57"
    "6308c379a060e01b600052" "6020600452" "6004602452" "636e6f706560e01b604452" "60646000fd"
    "5b60005460005260206000f3"
    "5b60003580600055600052"
    "7f1111111111111111111111111111111111111111111111111111111111111111" "60206000a100"
);

fn key() -> SigningKey {
    let key = hex!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
    SigningKey::from_slice(&key).expect("a valid key")
}

/// A network of two nodes with a clock that is moved by hand.
struct Bench {
    network: Network,
    now: Timestamp,
}

/// A market whose prices fall by half at a moment.
#[derive(Debug)]
struct Halving;

/// When they do: at the start, and the blocks before it are back-dated.
const HALVED: u64 = 1_750_000_000;

impl MarkSource for Halving {
    fn marks(&self, unix_seconds: u64) -> Marks {
        let price = |text: &str| Price::parse(text.as_bytes()).expect("a price");
        let usde = if unix_seconds > HALVED { "0.5" } else { "1" };
        Marks { usde_usdt: price(usde), wbeth_eth: price("1.0721"), rate: price("1.0725") }
    }
}

impl Bench {
    fn new() -> Self {
        Self::with(None)
    }

    fn with(marks: Option<Arc<dyn MarkSource>>) -> Self {
        let options = NetworkOptions {
            chain_id: 31_337,
            block_time: Span::from_secs(2),
            seed: 7,
            client_versions: vec!["Geth/v1.16.4".to_owned(), "Nethermind/v1.33.1".to_owned()],
            unix_seconds: 1_750_000_000,
            start: Timestamp::ZERO,
            marks,
        };
        Self { network: Network::new(options), now: Timestamp::ZERO }
    }

    /// Sends a body to node 0, carries on what it accepted, and gives the response.
    fn send(&mut self, body: &Value) -> Value {
        let mut node = self.network.snapshot(0).expect("node 0");
        let response = answer(&mut node, body.to_string().as_bytes());
        self.network.carry(self.now, 0, &node.accepted);
        serde_json::from_slice(&response).expect("a JSON response")
    }

    fn rpc(&mut self, method: &str, params: Value) -> Value {
        self.send(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
    }

    fn result(&mut self, method: &str, params: Value) -> Value {
        let response = self.rpc(method, params);
        assert_eq!(response.get("error"), None, "{method}");
        response.get("result").cloned().expect("a result")
    }

    fn error(&mut self, method: &str, params: Value) -> (i64, String) {
        let response = self.rpc(method, params);
        let error = response.get("error").expect("an error");
        (
            error["code"].as_i64().expect("a code"),
            error["message"].as_str().expect("a message").to_owned(),
        )
    }

    /// Lets time pass until the next block is with every node.
    fn mine(&mut self) {
        self.now = self.now.after(Span::from_secs(2));
        for job in self.network.advance(self.now) {
            let block = job.build();
            self.network.publish(self.now, &job, block);
        }
        self.network.advance(self.now.after(Span::from_millis(100)));
    }

    fn submit(&mut self, transaction: TxEip1559) -> Value {
        let raw = sign(transaction, &key()).expect("signs").envelope.encoded_2718();
        self.result("eth_sendRawTransaction", json!([hex::encode_prefixed(raw)]))
    }

    /// Deploys [`CONTRACT`] and gives its address.
    fn deploy(&mut self) -> Value {
        let hash = self.submit(transaction(0, TxKind::Create, CONTRACT.into()));
        self.mine();
        self.result("eth_getTransactionReceipt", json!([hash]))["contractAddress"].clone()
    }
}

fn transaction(nonce: u64, to: TxKind, input: Bytes) -> TxEip1559 {
    TxEip1559 {
        chain_id: 31_337,
        nonce,
        gas_limit: 300_000,
        max_fee_per_gas: 3_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        to,
        input,
        ..TxEip1559::default()
    }
}

#[test]
fn a_contract_is_deployed_called_and_its_revert_data_arrives_whole() {
    let mut bench = Bench::new();
    let contract = bench.deploy();
    assert_eq!(contract, json!("0x5fbdb2315678afecb367f032d93f642f64180aa3"));
    let code = bench.result("eth_getCode", json!([contract, "latest"]));
    assert_eq!(code, json!(hex::encode_prefixed(&CONTRACT[11..])));

    let to: Address = contract.as_str().expect("text").parse().expect("an address");
    let value = B256::from(U256::from(42));
    let hash = bench.submit(transaction(1, TxKind::Call(to), value.into()));
    bench.mine();
    let receipt = bench.result("eth_getTransactionReceipt", json!([hash]));
    assert_eq!(receipt["status"], json!("0x1"));
    assert_eq!(receipt["logs"][0]["topics"], json!([hex::encode_prefixed([0x11; 32])]));
    let call = json!({"to": contract, "from": SENDER.to_string()});
    assert_eq!(bench.result("eth_call", json!([call, "latest"])), json!(value.to_string()));
    assert_eq!(
        bench.result("eth_getStorageAt", json!([contract, "0x0", "latest"])),
        json!(value.to_string())
    );

    let response = bench.rpc("eth_call", json!([{"to": contract, "data": "0x01"}, "latest"]));
    let error = &response["error"];
    assert_eq!(
        (&error["code"], &error["message"]),
        (&json!(3), &json!("execution reverted: nope"))
    );
    let data = error["data"].as_str().expect("revert data");
    assert!(data.starts_with("0x08c379a0") && data.len() == 2 + 2 * 0x64);
}

#[test]
fn logs_are_found_by_address_topic_range_and_block_hash() {
    let mut bench = Bench::new();
    let contract = bench.deploy();
    let to: Address = contract.as_str().expect("text").parse().expect("an address");
    bench.submit(transaction(1, TxKind::Call(to), B256::repeat_byte(5).into()));
    bench.mine();
    let topic = hex::encode_prefixed([0x11; 32]);
    let found = bench.result(
        "eth_getLogs",
        json!([{"fromBlock": "0x0", "address": contract, "topics": [[topic]]}]),
    );
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    let hash = found[0]["blockHash"].clone();
    let by_hash = bench.result("eth_getLogs", json!([{"blockHash": hash}]));
    assert_eq!(by_hash, found);
    let other = hex::encode_prefixed([0x22; 32]);
    let none =
        bench.result("eth_getLogs", json!([{"fromBlock": "earliest", "topics": [null, other]}]));
    assert_eq!(none, json!([]));
    let (code, _) = bench.error("eth_getLogs", json!([{"fromBlock": "0x0", "toBlock": "0xffff"}]));
    assert_eq!(code, -32602);
}

#[test]
fn block_hashes_are_those_of_their_headers() {
    // A client that verifies headers must come to the hash the node names.
    let mut bench = Bench::new();
    bench.mine();
    for tag in ["latest", "safe", "finalized", "earliest"] {
        let block = bench.result("eth_getBlockByNumber", json!([tag, false]));
        let number = block["number"].as_str().expect("text").trim_start_matches("0x");
        let number = u64::from_str_radix(number, 16).expect("hex");
        let node = bench.network.snapshot(0).expect("node 0");
        let header = &node.view.by_number(number).expect("known").header;
        assert_eq!(block["hash"], json!(keccak256(alloy_rlp::encode(header)).to_string()));
    }
    let latest = bench.result("eth_getBlockByNumber", json!(["latest", true]));
    let parent = bench.result("eth_getBlockByHash", json!([latest["parentHash"], false]));
    let finalized = bench.result("eth_getBlockByNumber", json!(["finalized", false]));
    assert_eq!((&parent["number"], &finalized["number"]), (&json!("0x18"), &json!("0x11")));
    assert!(latest.get("totalDifficulty").is_none() && latest["withdrawals"] == json!([]));
}

#[test]
fn the_pool_is_seen_in_pending_calls_before_a_block() {
    let mut bench = Bench::new();
    let hash = bench.submit(transaction(0, TxKind::Call(Address::ZERO), Bytes::new()));
    let count = |tag: &str| json!([SENDER.to_string(), tag]);
    assert_eq!(bench.result("eth_getTransactionCount", count("pending")), json!("0x1"));
    assert_eq!(bench.result("eth_getTransactionCount", count("latest")), json!("0x0"));
    let waiting = bench.result("eth_getTransactionByHash", json!([hash]));
    assert_eq!((&waiting["blockHash"], &waiting["hash"]), (&Value::Null, &hash));
    assert_eq!(bench.result("eth_getTransactionReceipt", json!([hash])), Value::Null);
    let pending = bench.result("eth_getBlockByNumber", json!(["pending", false]));
    assert_eq!((&pending["hash"], &pending["transactions"][0]), (&Value::Null, &hash));
    bench.mine();
    let mined = bench.result("eth_getTransactionByHash", json!([hash]));
    assert_eq!(
        (&mined["blockNumber"], &mined["transactionIndex"]),
        (&json!("0x19"), &json!("0x0"))
    );
    let raw = bench.result("eth_getRawTransactionByHash", json!([hash]));
    assert_eq!(
        bench.error("eth_sendRawTransaction", json!([raw])).1,
        "nonce too low: next nonce 1, tx nonce 0"
    );
}

#[test]
fn every_kind_of_transaction_is_taken_and_shown_as_its_kind() {
    let mut bench = Bench::new();
    let to = TxKind::Call(Address::repeat_byte(1));
    let price = 3_000_000_000;
    let legacy = TxLegacy {
        chain_id: Some(31_337),
        gas_limit: 21_000,
        gas_price: price,
        to,
        ..TxLegacy::default()
    };
    let listed = TxEip2930 {
        chain_id: 31_337,
        nonce: 1,
        gas_limit: 30_000,
        gas_price: price,
        to,
        ..TxEip2930::default()
    };
    let raw = [
        sign(legacy, &key()).expect("signs").envelope.encoded_2718(),
        sign(listed, &key()).expect("signs").envelope.encoded_2718(),
        sign(transaction(2, to, Bytes::new()), &key()).expect("signs").envelope.encoded_2718(),
    ];
    let batch: Vec<Value> = (0..).zip(&raw).map(|(id, raw)| {
        json!({"jsonrpc": "2.0", "id": id, "method": "eth_sendRawTransaction", "params": [hex::encode_prefixed(raw)]})
    }).collect();
    let answers = bench.send(&json!(batch));
    bench.mine();
    for (index, kind) in ["0x0", "0x1", "0x2"].iter().enumerate() {
        assert_eq!(answers[index]["id"], json!(index));
        let shown = bench.result("eth_getTransactionByHash", json!([answers[index]["result"]]));
        assert_eq!(shown["type"], json!(kind));
        assert_eq!(shown["from"], json!(hex::encode_prefixed(SENDER)));
        assert_eq!(shown.get("accessList").is_some(), index > 0);
        assert_eq!(shown.get("maxFeePerGas").is_some(), index == 2);
    }
}

#[test]
fn gas_estimates_are_enough_and_close() {
    let mut bench = Bench::new();
    let transfer = json!({"from": SENDER.to_string(), "to": Address::repeat_byte(9).to_string(), "value": "0x1"});
    assert_eq!(bench.result("eth_estimateGas", json!([transfer])), json!("0x5208"));
    let deploy = json!({"from": SENDER.to_string(), "data": hex::encode_prefixed(CONTRACT)});
    let estimate = bench.result("eth_estimateGas", json!([deploy]));
    let estimate = u64::from_str_radix(&estimate.as_str().expect("text")[2..], 16).expect("hex");
    let mut exact = transaction(0, TxKind::Create, CONTRACT.into());
    exact.gas_limit = estimate;
    let hash = bench.submit(exact);
    bench.mine();
    let receipt = bench.result("eth_getTransactionReceipt", json!([hash]));
    assert_eq!(receipt["status"], json!("0x1"));
    let used =
        u64::from_str_radix(&receipt["gasUsed"].as_str().expect("text")[2..], 16).expect("hex");
    assert!(estimate >= used && estimate < used + used / 20, "estimate {estimate}, used {used}");
    let contract = receipt["contractAddress"].clone();
    let (code, message) = bench.error("eth_estimateGas", json!([{"to": contract, "data": "0x01"}]));
    assert_eq!((code, message.as_str()), (3, "execution reverted: nope"));
    let poor = json!({"from": Address::repeat_byte(8).to_string(), "to": SENDER.to_string(), "value": "0x1"});
    assert!(
        bench
            .error("eth_estimateGas", json!([poor]))
            .1
            .contains("insufficient funds for gas * price + value")
    );
}

#[test]
fn proofs_verify_against_the_state_root() {
    let mut bench = Bench::new();
    let contract = bench.deploy();
    let to: Address = contract.as_str().expect("text").parse().expect("an address");
    bench.submit(transaction(1, TxKind::Call(to), B256::repeat_byte(5).into()));
    bench.mine();
    let block = bench.result("eth_getBlockByNumber", json!(["latest", false]));
    let selector = json!({"blockHash": block["hash"]});
    let proof = bench.result("eth_getProof", json!([contract, ["0x0"], selector]));
    let nodes = |value: &Value| -> Vec<Bytes> {
        let list = value.as_array().expect("a list");
        list.iter().map(|node| node.as_str().expect("text").parse().expect("hex")).collect()
    };
    let word = |value: &Value| -> B256 { value.as_str().expect("text").parse().expect("a hash") };
    let (storage, code) = (word(&proof["storageHash"]), word(&proof["codeHash"]));
    let leaf = alloy_rlp::encode(TrieAccount::new(1, U256::ZERO, storage, code));
    let root = word(&block["stateRoot"]);
    verify_proof(root, Nibbles::unpack(keccak256(to)), Some(leaf), &nodes(&proof["accountProof"]))
        .expect("holds");
    let slot = alloy_rlp::encode(U256::from_be_bytes([5; 32]));
    let slot_nodes = nodes(&proof["storageProof"][0]["proof"]);
    verify_proof(storage, Nibbles::unpack(keccak256(B256::ZERO)), Some(slot), &slot_nodes)
        .expect("holds");
    let absent =
        bench.result("eth_getProof", json!([Address::repeat_byte(3).to_string(), [], "latest"]));
    assert_eq!(absent["codeHash"], json!(KECCAK_EMPTY.to_string()));
    let missing = Nibbles::unpack(keccak256(Address::repeat_byte(3)));
    verify_proof(root, missing, None, &nodes(&absent["accountProof"])).expect("holds");
}

#[test]
fn errors_read_as_clients_expect() {
    let mut bench = Bench::new();
    let unknown = bench.error("eth_nonsense", json!([]));
    assert_eq!(
        unknown,
        (-32601, "the method eth_nonsense does not exist/is not available".to_owned())
    );
    let future = bench.error("eth_getBalance", json!([SENDER.to_string(), "0xffff"]));
    assert_eq!(future, (-32000, "header not found".to_owned()));
    assert_eq!(bench.result("eth_getBlockByNumber", json!(["0xffff", false])), Value::Null);
    assert_eq!(bench.error("eth_getBalance", json!([])).0, -32602);
    assert_eq!(bench.send(&json!([]))["error"]["code"], json!(-32600));
    assert_eq!(bench.send(&json!(7))["error"]["code"], json!(-32600));
    let mut node = bench.network.snapshot(0).expect("node 0");
    let parse: Value = serde_json::from_slice(&answer(&mut node, b"{")).expect("JSON");
    assert_eq!(parse["error"]["code"], json!(-32700));
    let odd_id = bench.send(&json!({"id": "a", "method": "eth_chainId"}));
    assert_eq!(odd_id, json!({"jsonrpc": "2.0", "id": "a", "result": "0x7a69"}));
}

#[test]
fn fee_history_has_one_more_fee_than_blocks() {
    // ethers and viem read the next base fee from the last place.
    let mut bench = Bench::new();
    let history = bench.result("eth_feeHistory", json!(["0x4", "latest", [25.0, 75.0]]));
    assert_eq!(history["oldestBlock"], json!("0x15"));
    assert_eq!(history["baseFeePerGas"].as_array().map(Vec::len), Some(5));
    assert_eq!(history["gasUsedRatio"].as_array().map(Vec::len), Some(4));
    assert_eq!(history["reward"][0].as_array().map(Vec::len), Some(2));
    assert_eq!(history["reward"][0][0], json!("0x3b9aca00"), "block 21 holds a faucet transfer");
    assert_eq!(bench.error("eth_feeHistory", json!(["0x1", "latest", [75, 25]])).0, -32000);
}

#[test]
fn a_liar_lies_only_about_what_it_was_told_to() {
    let mut bench = Bench::new();
    let truth = bench.result("eth_getBlockByNumber", json!(["latest", false]));
    bench.network.change(bench.now, 0, |faults| faults.lie = Some(Lie::Head { blocks: 100 }));
    assert_eq!(bench.result("eth_blockNumber", json!([])), json!("0x7c"));
    let lie = bench.result("eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!(lie["number"], json!("0x7c"));
    let again = bench.result("eth_getBlockByHash", json!([lie["hash"], false]));
    assert_eq!(again, lie);
    let first = bench.result("eth_getBlockByNumber", json!(["0x19", false]));
    assert_eq!(first["parentHash"], truth["hash"]);
    bench.network.change(bench.now, 0, |faults| faults.lie = Some(Lie::Balance));
    assert_eq!(bench.result("eth_blockNumber", json!([])), json!("0x18"));
    let balance = bench.result("eth_getBalance", json!([SENDER.to_string(), "0x0"]));
    assert_eq!(
        balance,
        json!(format!("{:#x}", U256::from(20_001) * U256::from(10).pow(U256::from(18))))
    );
}

#[test]
fn one_broken_method_leaves_the_others_working() {
    let mut bench = Bench::new();
    let breakage = Breakage { method: "eth_call".to_owned(), as_http: false };
    bench.network.change(bench.now, 0, |faults| faults.breakage = Some(breakage));
    assert_eq!(bench.error("eth_call", json!([{}, "latest"])).0, -32603);
    assert_eq!(bench.result("eth_blockNumber", json!([])), json!("0x18"));
}

#[test]
fn a_frozen_node_stays_behind_and_catches_up_with_its_transactions() {
    let mut bench = Bench::new();
    bench.network.change(bench.now, 0, |faults| faults.frozen = true);
    let hash = bench.submit(transaction(0, TxKind::Call(Address::ZERO), Bytes::new()));
    bench.mine();
    bench.mine();
    assert_eq!(bench.result("eth_blockNumber", json!([])), json!("0x18"));
    assert_eq!(bench.network.head(1).map(|(number, _)| number), Some(26));
    assert_eq!(bench.network.snapshot(1).map(|node| node.pool.all().len()), Some(0));
    bench.network.change(bench.now, 0, |faults| faults.frozen = false);
    assert_eq!(bench.network.head(0), bench.network.head(1));
    bench.mine();
    assert_eq!(
        bench.result("eth_getTransactionReceipt", json!([hash]))["blockNumber"],
        json!("0x1b")
    );
}

#[test]
fn a_node_led_astray_shows_another_true_chain_and_comes_back() {
    let mut bench = Bench::new();
    bench.network.change(bench.now, 0, |faults| faults.astray = true);
    bench.mine();
    let (mine, other) =
        (bench.network.snapshot(0).expect("node 0"), bench.network.snapshot(1).expect("node 1"));
    assert_eq!(mine.view.head().number(), other.view.head().number());
    let hash =
        |node: &super::NodeSnapshot, number| node.view.by_number(number).map(|block| block.hash);
    assert_eq!(hash(&mine, 21), hash(&other, 21));
    assert_ne!(hash(&mine, 22), hash(&other, 22));
    let head = mine.view.head();
    assert_eq!(head.hash, keccak256(alloy_rlp::encode(&head.header)));
    bench.network.change(bench.now, 0, |faults| faults.astray = false);
    assert_eq!(bench.network.head(0), bench.network.head(1));
}

#[test]
fn the_same_seed_gives_the_same_blocks_whatever_else_clients_ask() {
    // Drills compare runs by hash; the traffic of a run must not change its chain.
    let run = |busy: bool| {
        let mut bench = Bench::new();
        if busy {
            let garble = Garble { kind: GarbleKind::Html, percent: 50 };
            bench.network.change(bench.now, 1, |faults| faults.garble = Some(garble));
            for _ in 0..7 {
                bench.network.draw_garble(1);
            }
            bench.network.change(bench.now, 1, |faults| faults.astray = true);
        }
        bench.submit(transaction(0, TxKind::Call(Address::ZERO), Bytes::new()));
        bench.mine();
        bench.mine();
        bench.network.head(0)
    };
    assert_eq!(run(false), run(true));
    let view = Arc::clone(&Bench::new().network.snapshot(0).expect("node 0").view);
    assert!(
        view.range(0, 24).any(|block| !block.transactions.is_empty()),
        "the faucet fills some blocks"
    );
}

/// What a contract of the market answers, word by word.
fn words(bench: &mut Bench, to: [u8; 20], data: &str) -> Vec<U256> {
    let call = json!([{"to": Address::from(to).to_string(), "data": data}, "latest"]);
    let answer = bench.result("eth_call", call);
    let answer = hex::decode(answer.as_str().expect("data")).expect("hex");
    answer.chunks(32).map(U256::from_be_slice).collect()
}

/// A call of `observe` with two times ago.
fn observe(first: u64, second: u64) -> String {
    format!("0x883bdbfd{:064x}{:064x}{first:064x}{second:064x}", 32, 2)
}

#[test]
fn pools_answer_as_those_of_uniswap_do() {
    // The readers of a real pool have to read this one, or the practice world has one kind of market only.
    let mut bench = Bench::with(Some(Arc::new(Halving)));
    let contracts = MARKET_CONTRACTS;
    let token = |bytes: [u8; 20]| U256::from_be_slice(&bytes);
    let slot0 = words(&mut bench, contracts.usde_pool, "0x3850c7bd");
    assert_eq!(slot0.len(), 7);
    let tick = |tick: i64| U256::ZERO.wrapping_sub(U256::from(tick.unsigned_abs()));
    assert_eq!(slot0[1], tick(-276_325));
    assert_eq!(slot0[6], U256::ONE, "it is unlocked");
    // The square root of 10^-12, in units of 2^-96.
    assert_eq!(slot0[0] >> 96, U256::ZERO);
    assert_eq!(slot0[0].saturating_to::<u128>() / (1 << 64), (1 << 32) / 1_000_000);
    for (selector, expected) in [("0x0dfe1681", contracts.usde), ("0xd21220a7", contracts.usdt)] {
        assert_eq!(words(&mut bench, contracts.usde_pool, selector), [token(expected)]);
    }
    let decimals = words(&mut bench, contracts.usdt, "0x313ce567");
    assert_eq!(decimals, [U256::from(6)]);

    let seen = words(&mut bench, contracts.usde_pool, &observe(1_800, 0));
    let number = |value: u64| U256::from(value);
    assert_eq!(seen[..3], [number(64), number(160), number(2)]);
    assert_eq!((seen[5], seen.len()), (number(2), 8));
    let sum = seen[4].wrapping_sub(seen[3]);
    assert_eq!(sum, U256::ZERO.wrapping_sub(number(1_800 * 276_325)));
    assert_eq!(seen[7].wrapping_sub(seen[6]), number(1_800) << 64);
    let (_, why) = bench.error(
        "eth_call",
        json!([{"to": Address::from(contracts.usde_pool).to_string(), "data": observe(9_999, 0)}, "latest"]),
    );
    assert!(why.contains("OLD"), "{why}");
}

#[test]
fn a_new_price_counts_from_its_block_on() {
    // An average that takes a new price for the time before it would move at once, and be no average.
    let mut bench = Bench::with(Some(Arc::new(Halving)));
    let mean = |bench: &mut Bench, over: u64| {
        let seen = words(bench, MARKET_CONTRACTS.usde_pool, &observe(over, 0));
        let sum = seen[3].wrapping_sub(seen[4]);
        sum.saturating_to::<u64>() / over
    };
    assert_eq!(mean(&mut bench, 60), 276_325);
    bench.mine();
    assert_eq!(
        mean(&mut bench, 60),
        276_325,
        "the price of the block is that of the time after it"
    );
    for _ in 0..15 {
        bench.mine();
    }
    // Half is 6,932 ticks lower.
    assert_eq!(mean(&mut bench, 30), 276_325 + 6_931);
    let half = mean(&mut bench, 60);
    assert!((276_325 + 3_400..276_325 + 3_500).contains(&half), "{half}");
    let wrapped = MARKET_CONTRACTS.wbeth;
    let rate = words(&mut bench, wrapped, "0x3ba0b9a9");
    assert_eq!(rate, [U256::from(1_072_500_000_000_000_000_u64)]);
    let pool = words(&mut bench, MARKET_CONTRACTS.wbeth_pool, "0x3850c7bd");
    assert_eq!(pool[1], U256::from(696));
}
