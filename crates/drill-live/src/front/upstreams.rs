//! The providers of a configuration, as a gateway of the user's own is told of them.

use std::net::{IpAddr, SocketAddr};

use incident::{Ports, Upstream};
use practice::WorldOptions;
use toml_edit::{DocumentMut, Item, TableLike, Value};

use crate::part::Places;

/// An upstream as a configuration has it.
struct Written {
    before: String,
    place: String,
    after: String,
    name: String,
    operator: String,
    requests_per_second: Option<u64>,
}

/// The upstreams of the first chain. Places are those of the providers, in the order of their ports.
///
/// # Errors
/// Where the configuration has none, or one of them is at no place.
pub(crate) fn upstreams(
    configuration: &str,
    places: &[String],
    ports: &Ports,
) -> Result<Vec<Upstream>, String> {
    let (_, written) = read(configuration)?;
    let at = |it: Written| {
        let address = ports.of(it.nth(places)?)?;
        Ok(it.at(address))
    };
    written.into_iter().map(at).collect()
}

/// As [`upstreams`], of the nodes of a practice world as it usually is.
///
/// # Errors
/// As [`upstreams`].
pub(crate) fn of_practice(configuration: &str, ports: &Ports) -> Result<Vec<Upstream>, String> {
    let nodes = WorldOptions::default().nodes;
    let places: Vec<String> = nodes.into_iter().map(|node| node.name).collect();
    upstreams(configuration, &places, ports)
}

/// As [`upstreams`], of providers that listen on an address: they have the ports of what stands for their places, be that
/// an address or a name.
///
/// # Errors
/// As [`upstreams`].
pub(super) fn listening(
    configuration: &str,
    places: &Places,
    on: IpAddr,
) -> Result<Vec<Upstream>, String> {
    let (_, written) = read(configuration)?;
    let at = |it: Written| {
        let stands = places.stands_for(&it.place).and_then(|text| text.rsplit_once(':'));
        let port = stands.and_then(|(_, port)| port.parse().ok()).ok_or_else(|| it.nowhere())?;
        Ok(it.at(SocketAddr::new(on, port)))
    };
    written.into_iter().map(at).collect()
}

/// The first chain's name, and at which of the places each of its upstreams is, in order.
///
/// # Errors
/// As [`upstreams`].
pub(crate) fn chain(
    configuration: &str,
    places: &[String],
) -> Result<(String, Vec<usize>), String> {
    let (chain, written) = read(configuration)?;
    let nths = written.iter().map(|it| it.nth(places)).collect::<Result<_, _>>()?;
    Ok((chain, nths))
}

/// The first chain's name, and its upstreams.
fn read(configuration: &str) -> Result<(String, Vec<Written>), String> {
    let document: DocumentMut =
        configuration.parse().map_err(|error| format!("its configuration is no TOML: {error}"))?;
    let chains = document.get("gateway").and_then(|it| it.get("chain"));
    let chain = chains.and_then(Item::as_array_of_tables).and_then(|chains| chains.get(0));
    let listed = chain.and_then(|chain| chain.get("upstream"));
    let tables: Vec<&dyn TableLike> = match listed {
        Some(Item::ArrayOfTables(tables)) => tables.iter().map(|it| it as &dyn TableLike).collect(),
        Some(Item::Value(Value::Array(tables))) => tables
            .iter()
            .filter_map(|it| it.as_inline_table().map(|it| it as &dyn TableLike))
            .collect(),
        _ => Vec::new(),
    };
    if tables.is_empty() {
        return Err("its configuration has no upstreams".to_owned());
    }
    let name = chain.and_then(|chain| chain.get("name")).and_then(Item::as_str);
    let written = tables.into_iter().map(Written::read).collect::<Result<_, _>>()?;
    Ok((name.unwrap_or_default().to_owned(), written))
}

impl Written {
    fn read(table: &dyn TableLike) -> Result<Self, String> {
        let text = |key: &str| table.get(key).and_then(Item::as_str).unwrap_or_default();
        let (name, http) = (text("name"), text("http"));
        let parts = http.split_once('{').and_then(|(before, after)| {
            let (place, after) = after.split_once('}')?;
            Some((before, place, after))
        });
        let (before, place, after) = parts.ok_or_else(|| nowhere(name))?;
        let allows = table.get("requests_per_second").and_then(Item::as_integer);
        Ok(Self {
            before: before.to_owned(),
            place: place.to_owned(),
            after: after.to_owned(),
            name: name.to_owned(),
            operator: text("operator").to_owned(),
            requests_per_second: allows.and_then(|it| u64::try_from(it).ok()),
        })
    }

    fn at(self, address: SocketAddr) -> Upstream {
        Upstream {
            url: format!("{}{address}{}", self.before, self.after),
            name: self.name,
            operator: self.operator,
            requests_per_second: self.requests_per_second,
        }
    }

    fn nth(&self, places: &[String]) -> Result<usize, String> {
        let nth = places.iter().position(|known| *known == self.place);
        nth.ok_or_else(|| self.nowhere())
    }

    fn nowhere(&self) -> String {
        nowhere(&self.name)
    }
}

fn nowhere(name: &str) -> String {
    format!("its upstream `{name}` is at none of its providers")
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_provider_has_the_port_of_its_place_however_it_is_written() {
        // A gateway that is told of the wrong port is measured with another provider's faults, or with none.
        let ports = Ports { on: Ipv4Addr::LOCALHOST.into(), first: 18_545 };
        let places = ["a".to_owned(), "b".to_owned()];
        let tables = "[[gateway.chain]]\nname = \"x\"\n[[gateway.chain.upstream]]\nname = \"second\"\noperator = \"o\"\n\
                      http = \"http://{b}/v1\"\nrequests_per_second = 20\n";
        let expected = [Upstream {
            name: "second".to_owned(),
            operator: "o".to_owned(),
            url: "http://127.0.0.1:18546/v1".to_owned(),
            requests_per_second: Some(20),
        }];
        assert_eq!(upstreams(tables, &places, &ports).unwrap(), expected);
        let inline = "[[gateway.chain]]\nupstream = [{ name = \"second\", http = \"http://{b}/v1\", operator = \"o\", \
                      requests_per_second = 20 }]\n";
        assert_eq!(upstreams(inline, &places, &ports).unwrap(), expected);
        let run = Places::default().with("b", "provider-2.region.example:18546");
        assert_eq!(listening(tables, &run, ports.on).unwrap(), expected);
        assert_eq!(chain(tables, &places), Ok(("x".to_owned(), vec![1])));
        assert!(upstreams(tables, &places[..1], &ports).is_err());
        assert!(upstreams("[gateway]\n", &places, &ports).is_err());
    }
}
