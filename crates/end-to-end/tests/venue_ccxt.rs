//! ccxt, of which nothing is changed but its addresses, trades on the venue of `seawall up`, in Python and in JavaScript:
//! the client that most people have judges the whole surface.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use testkit::gateway::{self, Gateway};
use testkit::tools;

/// The practice world, where its venue is, and where its oracle is.
fn up() -> (Gateway, SocketAddr, SocketAddr) {
    let [address, status, venue, oracle] = std::array::from_fn(|_| tools::free_address());
    let mut command = Command::new(gateway::binary());
    command.args(["up", "--listen", &address.to_string(), "--status-listen", &status.to_string()]);
    command.args(["--oracle-listen", &oracle.to_string(), "--venue-listen", &venue.to_string()]);
    let folder = TempDir::new().expect("the system must give a temporary folder");
    let seawall = Gateway::spawn(command, folder, address, status);
    seawall.await_ready();
    (seawall, venue, oracle)
}

/// A client's script, and what it needs to know.
fn client(mut program: Command, script: &str, venue: &str) -> Command {
    program.arg(tools::root().join("crates/end-to-end/clients").join(script));
    program.env("VENUE", venue).env("NPM", tools::npm());
    program.env("KEY", "practice-api-key-0001").env("SECRET", "practice-api-secret-0001");
    program
}

/// Runs a client, whose last step has to be the end of its flow.
fn run(mut client: Command, log: impl FnOnce() -> String) {
    let output = client.output().expect("the client starts");
    let (said, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let last = said.lines().last().and_then(|line| serde_json::from_str::<Value>(line).ok());
    let done = last.is_some_and(|last| last["step"] == "done");
    assert!(output.status.success() && done, "{said}\n{errors}\n{}", log());
}

#[test]
fn ccxt_in_python_trades_on_the_venue() {
    // A surface that only our own client understands would leave every trader's tools outside on the worst day.
    let _alone = tools::alone();
    let (seawall, venue, _) = up();
    let python = Command::new(tools::python());
    run(client(python, "venue_ccxt.py", &format!("http://{venue}")), || seawall.log());
}

#[test]
fn ccxt_in_javascript_trades_on_the_venue() {
    let _alone = tools::alone();
    let (seawall, venue, _) = up();
    let node = Command::new("node");
    run(client(node, "venue_ccxt.mjs", &format!("http://{venue}")), || seawall.log());
}

/// A process that ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn ccxt_trades_over_tls_on_a_venue_that_a_file_configures() {
    let _alone = tools::alone();
    let (seawall, _, oracle) = up();
    let folder = TempDir::new().expect("the system must give a temporary folder");
    let mut make = Command::new(tools::python());
    make.arg(tools::root().join("crates/end-to-end/clients/certificate.py")).arg(folder.path());
    assert!(make.status().expect("python starts").success(), "there is no certificate");
    let (venue, at) = (tools::free_address(), folder.path().display());
    let config = format!(
        r#"[venue]
listen = "{venue}"
data = "{at}/data"
prices = "http://{oracle}"
settlement_feed = "USDT/USD"
tls_certificate = "{at}/cert.pem"
tls_key = "{at}/key.pem"
master_secret = "the-master-secret-of-a-test"
[[venue.market]]
symbol = "BTCUSDT"
feed = "BTC/USD"
tick = "0.1"
lot = "0.001"
[[venue.key]]
key = "practice-api-key-0001"
secret = "practice-api-secret-0001"
account = "you"
permissions = ["read", "trade", "admin"]
"#
    );
    let file = folder.path().join("seawall.toml");
    std::fs::write(&file, config).expect("the folder can be written");
    let mut command = Command::new(gateway::binary());
    command.arg("venue").arg("--config").arg(&file).stderr(Stdio::null());
    let _venue = Running(command.spawn().expect("the binary starts"));
    let python = Command::new(tools::python());
    let mut python = client(python, "venue_ccxt.py", &format!("https://{venue}"));
    python.env("CERTIFICATE", folder.path().join("cert.pem")).env("ENDOW", "you");
    run(python, || seawall.log());
}
