//! The `[status]` table.

use std::net::{Ipv4Addr, SocketAddr};

use super::reader::{Found, Reader};
use super::report::{Place, Report};
use super::value;

/// The keys of the table.
pub(super) const KEYS: &[&str] = &["listen", "name"];

/// Where the page is served unless the file says otherwise.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The status page: a listener of its own beside the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusConfig {
    /// Where browsers connect; loopback unless told otherwise.
    pub listen: SocketAddr,
    /// What the page is called, where the file says.
    pub name: Option<String>,
}

/// The table as far as it could be read.
#[derive(Debug)]
pub(super) struct StatusDraft {
    /// Where browsers connect.
    pub listen: Option<Found<SocketAddr>>,
    name: Option<Found<String>>,
}

/// Reads the table.
pub(super) fn read(table: &Reader<'_>, report: &mut Report<'_>) -> StatusDraft {
    StatusDraft {
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
        Some(StatusConfig { listen: self.listen?.value, name: self.name.map(|name| name.value) })
    }
}
