//! The `[status]` table.

use std::net::{Ipv4Addr, SocketAddr};

use runtime::client::Endpoint;

use super::reader::{Found, Reader};
use super::report::{Place, Report};
use super::value;

/// The keys of the table.
pub(super) const KEYS: &[&str] = &["listen", "name", "controls"];

/// The most outside controls: two or three tell, and more only ask strangers more often.
const CONTROLS_MAX: usize = 8;

/// Where the page is served unless the file says otherwise.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The status page: a listener of its own beside the parts.
#[derive(Clone, Debug)]
pub struct StatusConfig {
    /// Where browsers connect; loopback unless told otherwise.
    pub listen: SocketAddr,
    /// What the page is called, where the file says.
    pub name: Option<String>,
    /// Outside controls by name: places that are asked now and then to tell whether our own connection works.
    pub controls: Vec<(String, Endpoint)>,
}

/// The table as far as it could be read.
#[derive(Debug)]
pub(super) struct StatusDraft {
    /// Where browsers connect.
    pub listen: Option<Found<SocketAddr>>,
    name: Option<Found<String>>,
    controls: Vec<(String, Found<Endpoint>)>,
}

/// Reads the table.
pub(super) fn read(table: &Reader<'_>, report: &mut Report<'_>) -> StatusDraft {
    let accepted = "names with http:// or https:// URLs, such as { one = \"https://one.example\" }";
    let control = |text: &str| value::endpoint(text, ["http", "https"], ["", ""], "");
    let controls = table.texts("controls", accepted, report, control);
    if let Some((_, one_more)) = controls.get(CONTROLS_MAX) {
        let message = format!("found {}; accepted: up to {CONTROLS_MAX} controls", controls.len());
        report.mistake(&one_more.place, message);
    }
    StatusDraft {
        controls,
        listen: listen(table, DEFAULT_LISTEN, report),
        name: table.text("name", "a text of up to 64 characters", report, value::label),
    }
}

/// Reads the `listen` key of a part; where it is not given, the part's own address.
pub(super) fn listen(
    table: &Reader<'_>,
    default: SocketAddr,
    report: &mut Report<'_>,
) -> Option<Found<SocketAddr>> {
    let accepted = format!("an IP address and a port, such as \"{default}\"");
    if table.has("listen") {
        return table.text("listen", &accepted, report, value::listen);
    }
    let place = Place { offset: table.place.offset, key: format!("{}.listen", table.place.key) };
    Some(Found { value: default, place })
}

impl StatusDraft {
    /// The page's configuration, where every value could be read.
    pub(super) fn finish(self) -> Option<StatusConfig> {
        Some(StatusConfig {
            listen: self.listen?.value,
            name: self.name.map(|name| name.value),
            controls: self.controls.into_iter().map(|(name, url)| (name, url.value)).collect(),
        })
    }
}
