//! The venue under fifty times its capacity, over its real surface: who wants out gets out, and it is the admission that
//! does it. What is asserted is counted; times are measured by `cargo xtask bench venue-load`.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use load::{Cast, Class, Holder, Plan, Prices, Report, Scene, Stake, Troupe, groups, terms};
use runtime::task;
use tempfile::TempDir;
use testkit::http::Connection;
use testkit::{gateway, tools};
use units::Span;

/// What the engine is held to, and what is offered: enough that nearly all of it has to go, and so little that a machine
/// which does other things beside can do it.
const SCENE: Scene = Scene { capacity: 40, times: 50, reduce_percent: 60, lines: 4 };

/// For how long requests are due.
const LASTS: Span = Span::from_secs(4);

/// As many as are asked for in that time, each of which is another's.
const CAST: Cast = Cast {
    closers: 64,
    stake: Stake { money: 10_000, leverage: 1 },
    cancellers: 5,
    orders: 10,
    abusers: 4,
    equals: 4,
    traders: 6,
    askers: 4,
};

/// Within this an answer counts: what a request holds, so that it is the order of turns that decides, and not the machine.
const IN_TIME: Span = Span::from_secs(5);

/// How long a venue may take until it has a price.
const READY: Duration = Duration::from_secs(30);

/// A venue that ends with this value.
struct Venue(Child);

impl Drop for Venue {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Venue {
    fn start(folder: &Path, prices: SocketAddr, venue: SocketAddr, lines: &str) -> Self {
        let config = format!(
            "[venue]\nlisten = \"{venue}\"\nworkers = 1\ndata = {:?}\nprices = \"http://{prices}\"\n{lines}\
             master_secret = \"the-master-secret-of-a-test\"\n\
             [[venue.market]]\nsymbol = \"BTCUSDT\"\nfeed = \"BTC/USD\"\ntick = \"0.1\"\nlot = \"0.001\"\n\
             [[venue.key]]\nkey = \"load-admin-key-0001\"\nsecret = \"load-admin-secret-0001\"\n\
             account = \"venue\"\npermissions = [\"read\", \"admin\"]\n",
            folder.join("data").display().to_string()
        );
        let file = folder.join("seawall.toml");
        std::fs::write(&file, config).expect("the folder can be written");
        let mut command = Command::new(gateway::binary());
        command.arg("venue").arg("--config").arg(&file).stderr(Stdio::null());
        let running = Self(command.spawn().expect("the binary starts"));
        let until = Instant::now() + READY;
        let ready = || {
            let mut connection = Connection::open(venue, READY).ok()?;
            connection.exchange("GET", "/readyz", &[], b"").ok().filter(|it| it.status() == 200)
        };
        while ready().is_none() {
            assert!(Instant::now() < until, "the venue has no price");
            std::thread::sleep(Duration::from_millis(50));
        }
        running
    }
}

/// A venue with this admission, everybody on it, and what they were told under load.
fn offer(admission: &str) -> Report {
    let folder = TempDir::new().expect("the system must give a temporary folder");
    let prices = Prices::start("BTC/USD", "100000").expect("a source of prices");
    let venue = tools::free_address();
    let terms = terms(100_000).expect("a market");
    let admin = Holder::new("venue", "load-admin-key-0001", "load-admin-secret-0001");
    // Everybody comes in while it is as fast as it can be; what was acknowledged outlives the end of the process.
    let fast = Venue::start(folder.path(), prices.address(), venue, "");
    let troupe = task::block_on(Troupe::assemble(venue, &admin, &terms, &CAST));
    let troupe = troupe.expect("everybody has an account");
    drop(fast);
    let held = format!("admission = \"{admission}\"\ncapacity_per_second = {}\n", SCENE.capacity);
    let _venue = Venue::start(folder.path(), prices.address(), venue, &held);
    let groups = groups(&SCENE, &troupe);
    let plan = Plan { seed: 1, venue, lasts: LASTS, in_time: IN_TIME, terms, groups };
    task::block_on(load::run(&plan)).expect("the load runs")
}

#[test]
fn who_wants_out_gets_out_while_new_risk_waits() {
    // In a crash everybody comes at once; whoever cannot close then is liquidated.
    let _alone = tools::alone();
    let fair = offer("fair");
    println!("fair: {:#}", fair.json());
    let (cut, new) = (fair.class(Class::Reduce), fair.class(Class::NewRisk));
    assert_eq!(cut.offered, 96);
    assert_eq!(cut.served, cut.offered, "somebody did not get out");
    for name in ["close", "close over sockets"] {
        let close = &fair.group(name).expect("they close").figures;
        assert_eq!(close.told(), close.offered, "{name}");
    }
    assert!(new.served > 0, "new risk stands still");
    assert!(new.served_share() < 0.1, "it was no load: {}", new.served_share());

    // The same without: the crowd decides.
    let fifo = offer("fifo");
    println!("fifo: {:#}", fifo.json());
    let fifo = fifo.class(Class::Reduce);
    assert!(
        fifo.served_share() < 0.8,
        "without admission nothing is lost: {}",
        fifo.served_share()
    );
}
