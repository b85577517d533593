//! The built `seawall` binary as a child process.

use std::env;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::http::{self, Message};
use crate::node;
use crate::rpc::Rpc;
use crate::tools;

/// How long the binary may take until `/readyz` says yes.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How much of the log is shown when a test fails.
const LOG_BYTES_SHOWN: usize = 20_000;

/// One upstream of the configuration that is written.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Its name.
    pub name: String,
    /// Its URL, with any secret it holds.
    pub http: String,
    /// Who runs it.
    pub operator: String,
    /// Where it runs.
    pub cloud: String,
    /// Its client software, if that is declared.
    pub client: Option<String>,
}

impl Upstream {
    /// An upstream with an operator and a cloud of its own.
    #[must_use]
    pub fn new(name: &str, http: &str) -> Self {
        Self {
            name: name.to_owned(),
            http: http.to_owned(),
            operator: format!("operator-{name}"),
            cloud: format!("cloud-{name}"),
            client: None,
        }
    }
}

/// A chain of the configuration that is written.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The chain's block time.
    pub block_time: Duration,
    /// Its upstreams.
    pub upstreams: Vec<Upstream>,
    /// Lines that are put under `[gateway]` as they are.
    pub gateway_lines: String,
    /// Lines that are put under `[[gateway.chain]]` as they are.
    pub chain_lines: String,
}

/// The running binary; it ends with this value.
#[derive(Debug)]
pub struct Gateway {
    child: Child,
    /// Where it answers JSON-RPC.
    pub address: SocketAddr,
    /// Where its status page is.
    pub status: SocketAddr,
    folder: TempDir,
}

/// The binary under test: `SEAWALL_BIN`, or the one built beside this test's executable.
///
/// # Panics
/// Where it is not built.
#[must_use]
pub fn binary() -> PathBuf {
    if let Some(path) = env::var_os("SEAWALL_BIN") {
        return PathBuf::from(path);
    }
    let test = env::current_exe().expect("the system must tell a process its own path");
    let profile = test.parent().and_then(|folder| folder.parent()).map(|at| at.join("seawall"));
    match profile {
        Some(path) if path.exists() => path,
        _ => panic!(
            "the seawall binary is not built: run `cargo build -p seawall`, or set SEAWALL_BIN"
        ),
    }
}

/// The configuration file's text for one chain.
fn config_text(plan: &Plan, listen: SocketAddr, status: SocketAddr) -> String {
    let mut text = format!(
        "[gateway]\nlisten = \"{listen}\"\n{}\n[[gateway.chain]]\nname = \"ethereum\"\nid = {}\n\
         block_time = \"{}ms\"\n{}\n",
        plan.gateway_lines,
        node::CHAIN_ID,
        plan.block_time.as_millis(),
        plan.chain_lines
    );
    for upstream in &plan.upstreams {
        let Upstream { name, http, operator, cloud, client } = upstream;
        let client =
            client.as_ref().map_or_else(String::new, |client| format!("client = \"{client}\"\n"));
        write!(
            text,
            "\n[[gateway.chain.upstream]]\nname = \"{name}\"\nhttp = \"{http}\"\n\
             operator = \"{operator}\"\ncloud = \"{cloud}\"\n{client}"
        )
        .expect("invariant: writing to a string does not fail");
    }
    text.push_str(&format!("\n[status]\nlisten = \"{status}\"\n"));
    text
}

impl Gateway {
    /// Starts `seawall gateway` with this plan and waits until it is ready.
    ///
    /// # Panics
    /// Where it does not become ready.
    #[must_use]
    pub fn start(plan: &Plan) -> Self {
        let gateway = Self::start_unready(plan);
        gateway.await_ready();
        gateway
    }

    /// Starts `seawall gateway` with this plan and waits until it listens.
    ///
    /// # Panics
    /// Where it does not listen.
    #[must_use]
    pub fn start_unready(plan: &Plan) -> Self {
        let (address, status) = (tools::free_address(), tools::free_address());
        let folder = TempDir::new().expect("the system must give a temporary folder");
        let file = folder.path().join("seawall.toml");
        fs::write(&file, config_text(plan, address, status))
            .expect("a temporary folder must be writable");
        let mut command = Command::new(binary());
        command.arg("gateway").arg("--config").arg(&file);
        Self::spawn(command, folder, address, status)
    }

    /// Starts a command of the binary that is to listen at these addresses.
    ///
    /// # Panics
    /// Where it does not start or listen.
    #[must_use]
    pub fn spawn(
        mut command: Command,
        folder: TempDir,
        address: SocketAddr,
        status: SocketAddr,
    ) -> Self {
        let log = File::create(folder.path().join("seawall.log"))
            .expect("a temporary folder must be writable");
        let errors = log.try_clone().expect("the system must have a file descriptor left");
        let child = command
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let mut gateway = Self { child, address, status, folder };
        let deadline = Instant::now() + START_TIMEOUT;
        while gateway.get("/healthz").is_err() {
            let ended = gateway.child.try_wait().ok().flatten();
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "seawall does not listen at {address} ({ended:?})"
            );
            thread::sleep(Duration::from_millis(20));
        }
        gateway
    }

    /// Waits until `/readyz` says yes.
    ///
    /// # Panics
    /// Where it does not.
    pub fn await_ready(&self) {
        let deadline = Instant::now() + START_TIMEOUT;
        while !self.get("/readyz").is_ok_and(|response| response.status() == 200) {
            assert!(Instant::now() < deadline, "seawall is not ready");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// GETs a path of the gateway.
    ///
    /// # Errors
    /// Where no whole response comes.
    pub fn get(&self, path: &str) -> io::Result<Message> {
        http::get(self.address, path, Duration::from_secs(5))
    }

    /// A JSON-RPC client of it.
    #[must_use]
    pub const fn rpc(&self) -> Rpc {
        Rpc::new(self.address).with_timeout(Duration::from_secs(20))
    }

    /// Its URL for clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What `/v1/chains/ethereum` says.
    ///
    /// # Panics
    /// Where it says nothing that can be read.
    #[must_use]
    pub fn chain(&self) -> serde_json::Value {
        let response = self.get("/v1/chains/ethereum").expect("the gateway must answer");
        serde_json::from_slice(&response.body)
            .unwrap_or_else(|error| panic!("{error}: {}", response.text()))
    }

    /// The state of one upstream, as `/v1/chains/ethereum` says.
    #[must_use]
    pub fn state(&self, upstream: &str) -> String {
        let chain = self.chain();
        let all = chain["upstreams"].as_array().into_iter().flatten();
        let found = all.into_iter().find(|entry| entry["name"] == upstream);
        found.and_then(|entry| entry["state"].as_str()).unwrap_or("missing").to_owned()
    }

    /// Waits until an upstream is in one of these states.
    ///
    /// # Panics
    /// Where it does not get there in time; the message shows the chain's whole state.
    pub fn await_state(&self, upstream: &str, wanted: &[&str], patience: Duration) {
        let deadline = Instant::now() + patience;
        while !wanted.contains(&self.state(upstream).as_str()) {
            assert!(
                Instant::now() < deadline,
                "{upstream} is not {wanted:?} after {patience:?}: {:#}",
                self.chain()
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// All that it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("seawall.log")).unwrap_or_default()
    }
}

/// Shows the end of a log, where the test that wrote it has failed.
#[expect(clippy::print_stderr, reason = "the log is what explains a failed test")]
pub(crate) fn show_if_failed(log: impl FnOnce() -> String) {
    if thread::panicking() {
        let log = log();
        let mut from = log.len().saturating_sub(LOG_BYTES_SHOWN);
        while !log.is_char_boundary(from) {
            from += 1;
        }
        eprintln!("--- seawall's log\n{}---", &log[from..]);
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        node::end(&mut self.child);
        show_if_failed(|| self.log());
    }
}
