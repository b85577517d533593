//! schemathesis, which makes requests of what an `OpenAPI` document says and of what it does not say, asks the venue's own
//! endpoints: what is served has to be what is documented, and nothing may break.

use std::process::Command;

use testkit::venue::{ADMIN_KEY, ADMIN_SECRET, Plan, Venue};
use testkit::{proof, tools};

const MARKET: &str = r#"
fund = 1000
[[venue.market]]
symbol = "BTCUSDT"
feed = "BTC/USD"
tick = "0.1"
lot = "0.001"
"#;

#[test]
fn the_own_endpoints_are_what_their_document_says() {
    // A program that is made of the document would send what is refused, or fail at an answer.
    let _alone = tools::alone();
    let plan = Plan { venue_lines: MARKET.to_owned(), ..Plan::default() };
    let venue = Venue::start(&plan, &[("BTC/USD", "100000")]);
    let examples = proof::number("SEAWALL_EXAMPLES", 5, 300);
    let mut client = Command::new(tools::python());
    client.arg(tools::root().join("crates/end-to-end/clients/venue_schema.py"));
    client.env("VENUE", format!("http://{}", venue.address)).env("EXAMPLES", examples.to_string());
    client.env("KEY", ADMIN_KEY).env("SECRET", ADMIN_SECRET).env("PYTHONDONTWRITEBYTECODE", "1");
    let folder = tempfile::TempDir::new().expect("the system must give a temporary folder");
    let output = client.current_dir(folder.path()).output().expect("python starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let books = venue.client().get("/v1/conservation");
    assert_eq!(books["broken"], serde_json::json!([]), "{books}");
    let asked = said.lines().find(|line| line.contains("generated,")).unwrap_or_default().trim();
    let table = format!("| what | figure |\n|---|---|\n| cases | {asked} |\n| failures | 0 |\n");
    print!("{table}");
    proof::write(&table);
}
