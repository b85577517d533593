//! Real nodes as child processes: anvil, and hardhat as a second implementation.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::rpc::Rpc;
use crate::tools;

/// The chain id of every node here.
pub const CHAIN_ID: u64 = 31_337;

/// How long a node may take until it answers.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A running node; it ends with this value.
#[derive(Debug)]
pub struct Node {
    child: Child,
    /// Its JSON-RPC endpoint, past any proxy.
    pub rpc: Rpc,
    folder: TempDir,
}

impl Node {
    /// Starts an anvil at `address` that mines only when told to, with its genesis at `timestamp`
    /// (seconds). Two with the same timestamp have the same genesis.
    ///
    /// # Panics
    /// Where it is not installed or does not start.
    #[must_use]
    pub fn anvil(address: SocketAddr, timestamp: u64) -> Self {
        let mut command = Command::new(tools::anvil());
        command.args(["--host", "127.0.0.1", "--no-mining", "--order", "fifo", "--accounts", "10"]);
        command.args(["--port", &address.port().to_string()]);
        command.args(["--timestamp", &timestamp.to_string()]);
        command.args(["--chain-id", &CHAIN_ID.to_string()]);
        Self::start(command, address, folder())
    }

    /// Starts a hardhat node that mines a block each second by itself.
    ///
    /// # Panics
    /// Where it is not installed or does not start.
    #[must_use]
    pub fn hardhat() -> Self {
        let address = tools::free_address();
        let folder = folder();
        // Hardhat runs only in a project that has it installed; the project is this folder.
        let npm = tools::npm();
        let config = "module.exports = { solidity: '0.8.28', networks: { hardhat: {\n\
            chainId: 31337, mining: { auto: false, interval: 1000 } } } };\n";
        fs::write(folder.path().join("hardhat.config.js"), config)
            .expect("a temporary folder must be writable");
        std::os::unix::fs::symlink(npm.join("node_modules"), folder.path().join("node_modules"))
            .expect("a temporary folder must be writable");
        let mut command = Command::new("node");
        command.arg(npm.join("node_modules/hardhat/internal/cli/cli.js"));
        command.args(["node", "--hostname", "127.0.0.1", "--port", &address.port().to_string()]);
        command.current_dir(folder.path()).env("HARDHAT_DISABLE_TELEMETRY_PROMPT", "true");
        Self::start(command, address, folder)
    }

    fn start(mut command: Command, address: SocketAddr, folder: TempDir) -> Self {
        let log = File::create(folder.path().join("node.log"))
            .expect("a temporary folder must be writable");
        let errors = log.try_clone().expect("the system must have a file descriptor left");
        let child = command
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let mut node = Self { child, rpc: Rpc::new(address), folder };
        node.await_answer();
        node
    }

    fn await_answer(&mut self) {
        let deadline = Instant::now() + START_TIMEOUT;
        while self.rpc.call("eth_chainId", &json!([])).is_err() {
            let ended = self.child.try_wait().ok().flatten();
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "the node does not answer ({ended:?}): {}",
                log_of(self.folder.path())
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills the process at once, as a power cut would.
    pub fn kill(&mut self) {
        end(&mut self.child);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Kills a child of ours and waits until it is gone.
pub(crate) fn end(child: &mut Child) {
    if child.kill().is_ok() {
        drop(child.wait());
    }
}

fn folder() -> TempDir {
    TempDir::new().expect("the system must give a temporary folder")
}

fn log_of(folder: &Path) -> String {
    fs::read_to_string(folder.join("node.log")).unwrap_or_default()
}
