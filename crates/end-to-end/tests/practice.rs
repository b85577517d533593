//! `seawall up` without a configuration: a real client deploys and calls on the embedded world.

use std::process::Command;

use tempfile::TempDir;
use testkit::gateway::{self, Gateway};
use testkit::script::{self, Client, KEYS};
use testkit::tools;

#[test]
fn the_first_thing_a_stranger_tries_must_work() {
    let (address, status) = (tools::free_address(), tools::free_address());
    let mut command = Command::new(gateway::binary());
    command.args(["up", "--listen", &address.to_string(), "--status-listen", &status.to_string()]);
    let folder = TempDir::new().expect("the system must give a temporary folder");
    let seawall = Gateway::spawn(command, folder, address, status);
    seawall.await_ready();
    let summary = script::run(Client::Ethers, &seawall.url(), KEYS[0], |_| {});
    let summary = summary.unwrap_or_else(|why| panic!("{why}\n{}", seawall.log()));
    println!("{summary}");
    script::check(&summary, "ethers 6");
}
