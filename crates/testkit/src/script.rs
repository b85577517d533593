//! Client scripts in other languages: started, listened to, and judged by their exit.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;

use crate::{contract, tools};

/// Private keys of the development mnemonic's first accounts, which are public knowledge; every
/// development node unlocks these accounts and gives them money.
pub const KEYS: [&str; 4] = [
    "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
];

/// A client in a language of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// ethers 6.
    Ethers,
    /// viem 2.
    Viem,
    /// web3.py.
    Web3Py,
    /// Pyth's client of Hermes, by the package of its version.
    Hermes(&'static str),
    /// CoinGecko's client.
    CoinGecko,
}

impl Client {
    fn program(self) -> PathBuf {
        match self {
            Self::Ethers | Self::Viem | Self::Hermes(_) | Self::CoinGecko => {
                Path::new("node").to_path_buf()
            }
            Self::Web3Py => tools::python(),
        }
    }

    const fn script(self) -> &'static str {
        match self {
            Self::Ethers => "ethers_client.mjs",
            Self::Viem => "viem_client.mjs",
            Self::Web3Py => "web3py_client.py",
            Self::Hermes(_) => "hermes_client.mjs",
            Self::CoinGecko => "coingecko_client.mjs",
        }
    }

    /// The package that the script loads, where it can be told which.
    const fn package(self) -> &'static str {
        match self {
            Self::Ethers | Self::Viem | Self::Web3Py => "",
            Self::Hermes(package) => package,
            Self::CoinGecko => "@coingecko/coingecko-typescript",
        }
    }
}

/// Runs a client's script against `url`; `on_step` hears the name of each step as it begins. Gives
/// the summary that the script prints.
///
/// # Errors
/// What the script says, where it fails.
///
/// # Panics
/// Where it is not installed.
pub fn run(
    client: Client,
    url: &str,
    key: &str,
    mut on_step: impl FnMut(&str),
) -> Result<Value, String> {
    let scripts = tools::root().join("crates/end-to-end/clients");
    let mut child = Command::new(client.program())
        .arg(scripts.join(client.script()))
        .env("NPM", tools::npm())
        .env("URL_UNDER_TEST", url)
        .env("PACKAGE", client.package())
        .env("KEY", key)
        .env("CODE", contract::counter_code())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{client:?} does not start: {error}"))?;
    let stderr = child.stderr.take();
    let errors = thread::spawn(move || {
        let mut text = String::new();
        // What is not text ends the story early, which is good enough for a message.
        drop(stderr.map(|mut stderr| stderr.read_to_string(&mut text)));
        text
    });
    let mut summary = Value::Null;
    for line in child.stdout.take().into_iter().flat_map(|output| BufReader::new(output).lines()) {
        let line = line.map_err(|error| format!("{client:?} cannot be read: {error}"))?;
        match line.strip_prefix("step ") {
            Some(step) => on_step(step),
            None => summary = serde_json::from_str(&line).unwrap_or_default(),
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    let errors = errors.join().unwrap_or_default();
    if status.success() { Ok(summary) } else { Err(format!("{client:?} fails: {errors}")) }
}

/// Checks that a summary is the client's, and that the custom error's data arrived whole.
///
/// # Panics
/// Where it is not, or did not.
pub fn check(summary: &Value, client: &str) {
    let named = summary["client"].as_str().is_some_and(|name| name.starts_with(client));
    assert!(named, "{summary}");
    let revert = summary["revert"].as_str().unwrap_or_default();
    assert!(revert.starts_with(contract::REFUSED), "{summary}");
    // A selector of four bytes and two words.
    assert_eq!(revert.len(), 2 + 8 + 128, "{summary}");
}
