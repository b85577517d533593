//! The real venue, with a source of prices that says what the drill tells it to.

use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use incident::{Change, Scene, changed};
use load::{Holder, Prices};

use crate::part::{Part, Places, free_address};

/// The administrator's key, and the secret that belongs to it.
const ADMIN: [&str; 2] = ["drill-admin-key-0001", "drill-admin-secret-0001"];

/// What the secrets of the drill's accounts are derived from.
const MASTER: &str = "the-master-secret-of-a-drill";

/// Where a venue of a drill is, and what it is started from: `seawall venue`, over and over if need be.
///
/// It says the prices itself. The configuration is the scene's, with its addresses, its folder and the administrator's
/// key put in; what it says of who is let in, of limits and of markets stays as it is.
#[derive(Debug)]
pub struct Venue<'a> {
    scene: Scene<'a>,
    configuration: String,
    prices: Prices,
    address: SocketAddr,
    running: Option<Part>,
}

impl<'a> Venue<'a> {
    /// One that is not started yet, with the price of its first feed.
    ///
    /// # Errors
    /// Where there is no free port, or the configuration has no `[venue]`.
    pub fn new(scene: &Scene<'a>, feed: &str, price: &str) -> Result<Self, String> {
        let prices = Prices::start(feed, price).map_err(|error| error.to_string())?;
        let address = free_address()?;
        let data = scene.folder.join("data");
        let set = |key: &str, value: String| Change {
            key: format!("venue.{key}"),
            value: Some(format!("{value:?}")),
        };
        let changes = [
            set("listen", address.to_string()),
            set("prices", format!("http://{}", prices.address())),
            set("data", data.display().to_string()),
            set("master_secret", MASTER.to_owned()),
        ];
        let mut configuration = changed(scene.configuration, &changes)?;
        let [key, secret] = ADMIN;
        configuration.push_str(&format!(
            "\n[[venue.key]]\nkey = \"{key}\"\nsecret = \"{secret}\"\naccount = \"venue\"\n\
             permissions = [\"read\", \"trade\", \"admin\"]\n"
        ));
        Ok(Self { scene: *scene, configuration, prices, address, running: None })
    }

    /// Starts it as the scene says and waits until it has its prices. One that runs is killed before.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn start(&mut self) -> Result<(), String> {
        let configuration = self.configuration.clone();
        self.start_as(&configuration)
    }

    /// Starts it without a bound on its commands or its clients, which is how everybody gets an account before a drill
    /// begins.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn start_unbounded(&mut self) -> Result<(), String> {
        let without = |key: &str| Change { key: format!("venue.{key}"), value: None };
        let keys = [
            "capacity_per_second",
            "weight_per_minute",
            "orders_per_ten_seconds",
            "orders_per_minute",
            "connections_per_address",
        ];
        let configuration = changed(&self.configuration, &keys.map(without))?;
        self.start_as(&configuration)
    }

    fn start_as(&mut self, configuration: &str) -> Result<(), String> {
        self.kill();
        let scene = Scene { configuration, ..self.scene };
        let places = Places::default().with("listen", self.address);
        self.running = Some(Part::start(&scene, "venue", &places)?);
        Ok(())
    }

    /// Kills it, as `kill -9` does. What it has acknowledged is in its journal.
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Keeps what the journal holds under a name, to be begun from again. The venue must not run.
    ///
    /// # Errors
    /// Where it cannot be copied.
    pub fn keep(&self, name: &str) -> Result<(), String> {
        copy_folder(&self.data(), &self.scene.folder.join(name))
    }

    /// Puts back what was kept under a name. The venue must not run.
    ///
    /// # Errors
    /// Where it cannot be copied.
    pub fn put_back(&self, name: &str) -> Result<(), String> {
        let data = self.data();
        if data.exists() {
            fs::remove_dir_all(&data).map_err(|why| format!("the journal is in the way: {why}"))?;
        }
        copy_folder(&self.scene.folder.join(name), &data)
    }

    fn data(&self) -> PathBuf {
        self.scene.folder.join("data")
    }

    /// The source of its prices.
    #[must_use]
    pub const fn prices(&self) -> &Prices {
        &self.prices
    }

    /// Where it answers, from one start to the next the same.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Who may open accounts and bring money in.
    #[must_use]
    pub fn admin(&self) -> Holder {
        Holder::new("venue", ADMIN[0], ADMIN[1])
    }
}

/// Copies a folder and everything in it; nothing where it is not there.
fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    let wrong = |why: std::io::Error| format!("cannot copy {}: {why}", from.display());
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(wrong(error)),
    };
    fs::create_dir_all(to).map_err(wrong)?;
    for entry in entries {
        let entry = entry.map_err(wrong)?;
        let target = to.join(entry.file_name());
        match entry.file_type().map_err(wrong)?.is_dir() {
            true => copy_folder(&entry.path(), &target)?,
            false => drop(fs::copy(entry.path(), target).map_err(wrong)?),
        }
    }
    Ok(())
}
