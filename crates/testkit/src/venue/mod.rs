//! The venue of the built binary, as a process of its own with an oracle that says what it is told to.

mod client;
mod oracle;

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use client::{Client, Signer, now_ms};
pub use oracle::Oracle;

use crate::{gateway, tools};

/// The administrator's key.
pub const ADMIN_KEY: &str = "admin-key-of-tests-0001";

/// What the administrator's requests are signed with.
pub const ADMIN_SECRET: &str = "admin-secret-of-tests-0001";

/// The administrator's account.
pub const ADMIN_ACCOUNT: &str = "venue";

/// How long the binary may take until all its markets have a price; a long journal is done again first.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// How often is looked.
const LOOK: Duration = Duration::from_millis(20);

/// What is in the configuration beside the address, the data folder, the oracle and the administrator's key.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Lines below `[venue]`.
    pub venue_lines: String,
    /// The tables of markets, assets and further keys.
    pub tables: String,
    /// The folder with `cert.pem` and `key.pem`, where it speaks TLS. Then nobody looks whether it has prices: this crate's
    /// clients do not speak it.
    pub tls: Option<PathBuf>,
}

/// The running venue; it ends with this value.
#[derive(Debug)]
pub struct Venue {
    child: Child,
    /// Where it answers.
    pub address: SocketAddr,
    /// Where its prices come from.
    pub oracle: Oracle,
    folder: TempDir,
    is_tls: bool,
}

impl Venue {
    /// Starts `seawall venue` with this plan and waits until all markets have a price, where it does not speak TLS.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn start(plan: &Plan, prices: &[(&str, &str)]) -> Self {
        let (address, oracle) = (tools::free_address(), Oracle::start(prices));
        let folder = TempDir::new().expect("the system must give a temporary folder");
        let tls = plan.tls.as_ref().map_or_else(String::new, |at| {
            let at = at.display();
            format!("tls_certificate = \"{at}/cert.pem\"\ntls_key = \"{at}/key.pem\"\n")
        });
        let config = format!(
            "[venue]\nlisten = \"{address}\"\ndata = \"{}\"\nprices = \"http://{}\"\n{tls}\
             master_secret = \"the-master-secret-of-tests\"\n{}\n{}\n\
             [[venue.key]]\nkey = \"{ADMIN_KEY}\"\nsecret = \"{ADMIN_SECRET}\"\naccount = \"{ADMIN_ACCOUNT}\"\n\
             permissions = [\"read\", \"trade\", \"withdraw\", \"admin\"]\n",
            folder.path().join("data").display(),
            oracle.address(),
            plan.venue_lines,
            plan.tables,
        );
        fs::write(folder.path().join("seawall.toml"), config)
            .expect("a temporary folder must be writable");
        let child = spawn(&folder);
        let venue = Self { child, address, oracle, folder, is_tls: plan.tls.is_some() };
        venue.await_prices();
        venue
    }

    /// Kills it, and starts it again over the same folder.
    ///
    /// # Panics
    /// Where it does not start again.
    pub fn restart(&mut self) {
        self.kill();
        self.child = spawn(&self.folder);
        self.await_prices();
    }

    fn kill(&mut self) {
        // One that has ended by itself is found out by whoever asks it.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    fn await_prices(&self) {
        let deadline = Instant::now() + START_TIMEOUT;
        while !self.is_tls && !self.has_prices() {
            assert!(Instant::now() < deadline, "the venue has no prices\n{}", self.log());
            thread::sleep(LOOK);
        }
    }

    fn has_prices(&self) -> bool {
        let Ok(mut client) = Client::open(self.address) else { return false };
        let Ok(answer) = client.send("GET", "/v1/markets", None, b"") else { return false };
        let markets: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let live = |markets: &Vec<serde_json::Value>| {
            !markets.is_empty() && markets.iter().all(|market| market["status"] == "live")
        };
        markets["items"].as_array().is_some_and(live)
    }

    /// Who administrates it.
    #[must_use]
    pub fn administrator() -> Signer {
        Signer::new(ADMIN_KEY, ADMIN_SECRET)
    }

    /// A connection to it.
    ///
    /// # Panics
    /// Where it does not listen.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::open(self.address).expect("the venue must listen")
    }

    /// The folder with its configuration, its log and its data.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// All that it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("seawall.log")).unwrap_or_default()
    }
}

fn spawn(folder: &TempDir) -> Child {
    let log = File::options().append(true).create(true).open(folder.path().join("seawall.log"));
    let log = log.expect("a temporary folder must be writable");
    let mut command = Command::new(gateway::binary());
    command.arg("venue").arg("--config").arg(folder.path().join("seawall.toml"));
    command.stdout(Stdio::null()).stderr(log);
    command.spawn().expect("the binary must start")
}

impl Drop for Venue {
    fn drop(&mut self) {
        self.kill();
        gateway::show_if_failed(|| self.log());
    }
}
