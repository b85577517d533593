//! A venue with everybody on it, made once and copied for each run.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use load::{Cast, Holder, Stake, Terms, Troupe};
use runtime::client::{Client, Endpoint};
use runtime::{clock, task};
use units::Span;

use super::options::Options;
use super::{CAPACITY, SCENES};
use crate::process::{Cores, Process};

/// What everything is worth.
pub(super) const PRICE: &str = "100000";

/// The administrator's key, and the secret that belongs to it.
const ADMIN: [&str; 2] = ["load-admin-key-0001", "load-admin-secret-0001"];

/// How long a venue may take until it has a price.
const READY_MAX: Duration = Duration::from_secs(20);

/// How the venue shares itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// What cuts risk first, then in turn.
    Fair,
    /// As they come.
    Fifo,
}

impl Mode {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::Fair, Self::Fifo];

    /// As the configuration has it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Fair => "fair",
            Self::Fifo => "fifo",
        }
    }
}

/// A running venue.
#[derive(Debug)]
pub(super) struct Venue {
    pub(super) process: Process,
    pub(super) address: SocketAddr,
}

/// A venue's journal with everybody in it, and their keys.
#[derive(Debug)]
pub(super) struct Ground {
    seawall: PathBuf,
    folder: PathBuf,
    prices: SocketAddr,
    pub(super) troupe: Troupe,
    pub(super) terms: Terms,
}

impl Ground {
    /// Makes it: as fast as the engine goes, by its administration API.
    pub(super) fn prepare(options: &Options, folder: &Path, prices: SocketAddr) -> Result<Self> {
        let price = PRICE.parse().context("the price is no whole number")?;
        let mut ground = Self {
            seawall: options.seawall.clone(),
            folder: folder.to_path_buf(),
            prices,
            troupe: Troupe::default(),
            terms: load::terms(price).map_err(|why| anyhow!("{why}"))?,
        };
        let venue = ground.start(None, Cores::Both)?;
        let admin = Holder::new("venue", ADMIN[0], ADMIN[1]);
        let cast = cast(options.seconds)?;
        let assembling = Troupe::assemble(venue.address, &admin, &ground.terms, &cast);
        ground.troupe = task::block_on(assembling).context("the venue could not be made ready")?;
        venue.process.stop();
        fs::rename(ground.data(), ground.folder.join("ready"))?;
        Ok(ground)
    }

    /// Starts a venue over a fresh copy of the journal, held to a capacity or not.
    pub(super) fn start(&self, held: Option<(Mode, u32)>, cores: Cores) -> Result<Venue> {
        let data = self.data();
        if data.exists() {
            fs::remove_dir_all(&data).context("the last run's journal is in the way")?;
        }
        let ready = self.folder.join("ready");
        if ready.exists() {
            copy(&ready, &data)?;
        }
        let address = free_address()?;
        let file = self.folder.join("venue.toml");
        fs::write(&file, self.config(address, held, cores))?;
        let words = [Path::new("venue"), Path::new("--config"), &file];
        let process = Process::start(&self.seawall, &words, &[], &cores)?;
        await_price(address)?;
        Ok(Venue { process, address })
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn config(&self, address: SocketAddr, held: Option<(Mode, u32)>, cores: Cores) -> String {
        let held = held.map_or(String::new(), |(mode, capacity)| {
            format!("admission = \"{}\"\ncapacity_per_second = {capacity}\n", mode.word())
        });
        format!(
            "[venue]\nlisten = \"{address}\"\nworkers = {}\ndata = {:?}\nprices = \"http://{}\"\n{held}\
             master_secret = \"the-master-secret-of-a-load\"\n\
             [[venue.market]]\nsymbol = \"BTCUSDT\"\nfeed = \"BTC/USD\"\ntick = \"0.1\"\nlot = \"0.001\"\n\
             [[venue.key]]\nkey = \"{}\"\nsecret = \"{}\"\naccount = \"venue\"\npermissions = [\"read\", \"admin\"]\n",
            if cores == Cores::Both { 2 } else { 1 },
            self.data().display().to_string(),
            self.prices,
            ADMIN[0],
            ADMIN[1],
        )
    }
}

/// As many as the largest scene has requests for, each of which is another's.
fn cast(seconds: u64) -> Result<Cast> {
    let percent = SCENES.iter().map(|(_, percent)| percent).max().copied().unwrap_or(0);
    let each = u64::from(CAPACITY * percent / 100 / 2).saturating_mul(seconds);
    let each = usize::try_from(each)?;
    // By twos and tens: half of those who close have an eighth more than their share of the rate wants.
    let closers = each + each / 4;
    Ok(Cast {
        closers,
        stake: Stake::default(),
        cancellers: each.div_ceil(ORDERS),
        orders: ORDERS,
        abusers: 16,
        equals: 16,
        traders: 32,
        askers: 16,
    })
}

/// Orders of each who cancels.
const ORDERS: usize = 10;

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Waits until there is a price, so that orders are taken.
fn await_price(address: SocketAddr) -> Result<()> {
    let endpoint = Endpoint::parse(&format!("http://{address}")).map_err(|why| anyhow!("{why}"))?;
    let until = Instant::now() + READY_MAX;
    task::block_on(async {
        let client = Client::new(endpoint, 1 << 16);
        while Instant::now() < until {
            let asked = client.get("/readyz", Span::from_secs(1)).await;
            if asked.is_ok_and(|answer| answer.status == runtime::http::StatusCode::OK) {
                return Ok(());
            }
            clock::sleep(Span::from_millis(20)).await;
        }
        bail!("the venue has no price after {} s", READY_MAX.as_secs())
    })
}
