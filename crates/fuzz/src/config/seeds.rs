//! Files to start from, and the words in them.

/// The value of `${RPC_KEY}`.
pub(super) const KEY: &str = "0k3y5fr0m7he9env1r0nment";

/// A key written into a file.
pub(super) const LITERAL: &str = "s3cr3t0f7heF1leS3cr3t";

/// Words that mean something in the file, whole lines among them.
pub(super) const WORDS: &[&str] = &[
    "[gateway]\n",
    "[[gateway.chain]]\n",
    "[[gateway.chain.upstream]]\n",
    "[status]\n",
    "listen",
    "workers",
    "timeout",
    "timeout_ms",
    "max_body_bytes",
    "max_batch_items",
    "max_depth",
    "max_response_bytes",
    "name",
    "id",
    "block_time",
    "block_time_ms",
    "genesis",
    "retry_budget_percent",
    "http",
    "ws",
    "operator",
    "cloud",
    "client",
    "\"12s\"",
    "\"250ms\"",
    "\"1h\"",
    "0",
    "1",
    "-1",
    "1.5",
    "9_223_372_036_854_775_807",
    "0xff",
    "true",
    "1979-05-27",
    "\"\"",
    "\"127.0.0.1:0\"",
    "\"[::1]:8545\"",
    "\"0.0.0.0:8545\"",
    "\"localhost:1\"",
    "${RPC_KEY}",
    "${HOST}",
    "${EMPTY}",
    "${GONE}",
    "${",
    "\"http://10.0.0.5:8545\"",
    "\"https://${HOST}/v2/${RPC_KEY}\"",
    "http://",
    "https://",
    "ws://",
    "wss://",
    "user:pass@",
    "@",
    "://",
    "/",
    "?",
    "#",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "\\",
    "\\n",
    "\\u001b",
    "\\u0000",
    "\u{1b}",
    "\u{7f}",
    "\u{0}",
    "\r\n",
    "\n",
    "\u{feff}",
    "\u{e9}",
    "\u{202e}",
    "\t",
    " ",
    "\"\\u001b[31m\" = 1\n",
];

const SOUND: &str = r#"
[gateway]
listen = "127.0.0.1:8545"
[[gateway.chain]]
name = "ethereum"
id = 1
[[gateway.chain.upstream]]
name = "own"
http = "http://10.0.0.5:8545"
operator = "self"
[[gateway.chain.upstream]]
name = "second"
http = "https://${HOST}/v2/${RPC_KEY}"
operator = "second"
[[gateway.chain.upstream]]
name = "third"
http = "https://rpc.third.example/v3/s3cr3t0f7heF1leS3cr3t?x=1"
ws = "wss://user:s3cr3t0f7heF1leS3cr3t@rpc.third.example"
operator = "third"
"#;

const INLINE: &str = r#"gateway = { workers = 2, chain = [{ name = "a", id = 1337, block_time_ms = 250, upstream = [{ name = "a", http = "http://a", operator = "b" }] }] }
status = { listen = "127.0.0.1:0", name = "Ours" }
"#;

const DOTTED: &str = r#"
status.listen = "127.0.0.1:8080"
gateway.timeout_ms = 900
gateway.max_depth = 9
[[gateway.chain]]
name = 'rollup'
id = 10
block_time = "2s"
retry_budget_percent = 0
genesis = "0x1111111111111111111111111111111111111111111111111111111111111111"
upstream = [
  { name = "one", http = "https://rpc.one.example/s3cr3t0f7heF1leS3cr3t", operator = "one" }, # the first
  { name = "two", http = "https://rpc.two.example", operator = "two", cloud = "home/cellar", client = "geth" },
]
"#;

const WRONG: &str = r#"
[gatway]
listen = 12
[[gateway.chain]]
name = "Ethereum"
id = -1
block_time = 12
[[gateway.chain.upstream]]
htpp = "https://rpc.example/s3cr3t0f7heF1leS3cr3t"
http = https://rpc.example
operator = "Self
"#;

/// The example that users copy, and files in every form.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let example = include_str!("../../../../seawall.example.toml");
    [SOUND, INLINE, DOTTED, WRONG, example].map(|text| text.as_bytes().to_vec()).to_vec()
}
