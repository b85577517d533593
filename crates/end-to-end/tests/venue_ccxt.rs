//! ccxt, of which nothing is changed but its addresses, trades on the venue, in Python and in JavaScript: the client that most
//! people have judges the whole surface. Every method that it has for such an exchange is called, and each script fails
//! where one is left out.
//!
//! The gate runs each language once, and one restart; `cargo xtask proof ccxt` runs both over plain connections and TLS, alone
//! and while others send orders, and over restarts.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;
use testkit::venue::{ADMIN_ACCOUNT, ADMIN_KEY, ADMIN_SECRET, Plan, Venue};
use testkit::{proof, tools};

const MARKETS: &str = r#"
[[venue.market]]
symbol = "BTCUSDT"
feed = "BTC/USD"
tick = "0.1"
lot = "0.001"
[[venue.market]]
symbol = "ETHUSDT"
feed = "ETH/USD"
tick = "0.01"
lot = "0.001"
"#;

/// A language, and how its scripts are run.
#[derive(Clone, Copy)]
enum Language {
    Python,
    JavaScript,
}

impl Language {
    const ALL: [Self; 2] = [Self::Python, Self::JavaScript];

    const fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
        }
    }

    /// A script by its name without the ending.
    fn script(self, name: &str) -> Command {
        let (program, ending) = match self {
            Self::Python => (tools::python(), "py"),
            Self::JavaScript => ("node".into(), "mjs"),
        };
        let mut command = Command::new(program);
        command.arg(tools::root().join(format!("crates/end-to-end/clients/{name}.{ending}")));
        command.env("NPM", tools::npm()).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}

/// A venue, over TLS or not, and how scripts come to it.
struct World {
    venue: Venue,
    certificate: Option<TempDir>,
}

impl World {
    fn start(tls: bool) -> Self {
        let certificate = tls.then(|| {
            let folder = TempDir::new().expect("the system must give a temporary folder");
            let mut make = Language::Python.script("certificate");
            let made = make.arg(folder.path()).status().expect("python starts");
            assert!(made.success(), "there is no certificate");
            folder
        });
        let plan = Plan {
            venue_lines: "fund = 1000000".to_owned(),
            tables: MARKETS.to_owned(),
            tls: certificate.as_ref().map(|folder| folder.path().to_path_buf()),
        };
        let venue = Venue::start(&plan, &[("BTC/USD", "100000"), ("ETH/USD", "2000")]);
        Self { venue, certificate }
    }

    /// A script that trades as the venue's administrator.
    fn script(&self, language: Language, name: &str) -> Command {
        let mut command = language.script(name);
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        command.env("VENUE", format!("{scheme}://{}", self.venue.address));
        command.env("KEY", ADMIN_KEY).env("SECRET", ADMIN_SECRET).env("ENDOW", ADMIN_ACCOUNT);
        if let Some(folder) = &self.certificate {
            let file = folder.path().join("cert.pem");
            command.env("CERTIFICATE", &file).env("NODE_EXTRA_CA_CERTS", &file);
        }
        command
    }
}

/// A process that ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn is_done(line: &str) -> bool {
    serde_json::from_str::<Value>(line).is_ok_and(|step| step["step"] == "done")
}

/// Runs a script, whose last step has to be the end of its flow. Gives back how many steps it has gone.
fn run(mut client: Command, log: impl FnOnce() -> String) -> usize {
    let output = client.output().expect("the client starts");
    let (said, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let done = said.lines().last().is_some_and(is_done);
    assert!(output.status.success() && done, "{said}\n{errors}\n{}", log());
    said.lines().count()
}

/// Runs a script that wants a restart in the middle, and gives it one.
fn run_over_a_restart(mut world: World, language: Language) -> usize {
    let mut client = world.script(language, "venue_restart");
    let client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut client = Running(client.spawn().expect("the client starts"));
    let mut input = client.0.stdin.take().expect("it is piped");
    let output = BufReader::new(client.0.stdout.take().expect("it is piped"));
    let (mut steps, mut done) = (0, false);
    for line in output.lines() {
        let line = line.expect("it writes text");
        steps += 1;
        done = is_done(&line);
        if line.contains("\"restart\"") {
            world.venue.restart();
            writeln!(input, "again").expect("it listens");
        }
    }
    assert!(done, "{}: it ended after {steps} steps", language.name());
    steps
}

#[test]
fn ccxt_in_python_trades_on_the_venue() {
    // A surface that only our own client understands would leave every trader's tools outside on the worst day.
    let _alone = tools::alone();
    let world = World::start(false);
    run(world.script(Language::Python, "venue_ccxt"), || world.venue.log());
}

#[test]
fn ccxt_in_javascript_trades_on_the_venue_over_tls() {
    let _alone = tools::alone();
    let world = World::start(true);
    run(world.script(Language::JavaScript, "venue_ccxt"), || world.venue.log());
}

#[test]
fn ccxt_s_streams_go_on_over_a_restart() {
    // A bot whose streams end with a restart trades on what it knew before.
    let _alone = tools::alone();
    run_over_a_restart(World::start(false), Language::Python);
}

#[test]
fn ccxt_s_flows_in_full() {
    if !proof::is_whole() {
        return;
    }
    let _alone = tools::alone();
    let mut table = "| flow | way | steps | seconds | others' requests a second meanwhile |\n|---|---|---|---|---|\n".to_owned();
    for tls in [false, true] {
        let way = if tls { "TLS" } else { "plain" };
        for language in Language::ALL {
            for loaded in [false, true] {
                let world = World::start(tls);
                let load = loaded.then(|| Load::start(&world));
                let began = Instant::now();
                let steps = run(world.script(language, "venue_ccxt"), || world.venue.log());
                let seconds = began.elapsed().as_secs().max(1);
                let others = load.map_or_else(|| "none".to_owned(), |load| load.rate(seconds));
                let name = language.name();
                writeln!(table, "| {name} | {way} | {steps} | {seconds} | {others} |")
                    .expect("a text");
            }
            let began = Instant::now();
            let steps = run_over_a_restart(World::start(tls), language);
            let (name, seconds) = (language.name(), began.elapsed().as_secs());
            writeln!(table, "| {name}, over a restart | {way} | {steps} | {seconds} | none |")
                .expect("a text");
        }
    }
    print!("{table}");
    proof::write(&table);
}

/// Others who send orders meanwhile.
struct Load {
    _client: Running,
    output: TempDir,
}

impl Load {
    fn start(world: &World) -> Self {
        let output = TempDir::new().expect("the system must give a temporary folder");
        let told = File::create(output.path().join("told")).expect("a file");
        let mut client = world.script(Language::Python, "venue_load");
        let client = client.stdout(told).spawn().expect("python starts");
        Self { _client: Running(client), output }
    }

    /// How many were answered a second, within so many.
    fn rate(&self, seconds: u64) -> String {
        let told = std::fs::read_to_string(self.output.path().join("told")).unwrap_or_default();
        let answered: u64 = told.lines().last().and_then(|line| line.parse().ok()).unwrap_or(0);
        assert!(answered > 0, "nobody has sent anything");
        (answered / seconds).to_string()
    }
}
