//! The providers of a configuration, as a gateway of the user's own is told of them.

use std::net::{IpAddr, SocketAddr};

use incident::{Ports, Upstream};
use toml_edit::{DocumentMut, Item, TableLike, Value};

use crate::part::Places;

/// Where a place is, where it is one of a provider.
type At<'a> = &'a dyn Fn(&str) -> Option<Result<SocketAddr, String>>;

/// The upstreams of the first chain. Places are those of the providers, in the order of their ports.
///
/// # Errors
/// Where the configuration has none, or one of them is at no place.
pub(crate) fn upstreams(
    configuration: &str,
    places: &[String],
    ports: &Ports,
) -> Result<Vec<Upstream>, String> {
    at(configuration, &|place| {
        let nth = places.iter().position(|known| known == place)?;
        Some(ports.of(nth))
    })
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
    at(configuration, &|place| {
        let (_, port) = places.stands_for(place)?.rsplit_once(':')?;
        Some(Ok(SocketAddr::new(on, port.parse().ok()?)))
    })
}

fn at(configuration: &str, at: At<'_>) -> Result<Vec<Upstream>, String> {
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
    tables.into_iter().map(|table| upstream(table, at)).collect()
}

fn upstream(table: &dyn TableLike, at: At<'_>) -> Result<Upstream, String> {
    let text = |key: &str| table.get(key).and_then(Item::as_str).unwrap_or_default().to_owned();
    let (name, http) = (text("name"), text("http"));
    let found = |http: &str| {
        let (before, after) = http.split_once('{')?;
        let (place, after) = after.split_once('}')?;
        Some((before.to_owned(), at(place)?, after.to_owned()))
    };
    let (before, address, after) =
        found(&http).ok_or_else(|| format!("its upstream `{name}` is at none of its providers"))?;
    let allows = table.get("requests_per_second").and_then(Item::as_integer);
    Ok(Upstream {
        url: format!("{before}{}{after}", address?),
        operator: text("operator"),
        requests_per_second: allows.and_then(|it| u64::try_from(it).ok()),
        name,
    })
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
        assert!(upstreams(tables, &places[..1], &ports).is_err());
        assert!(upstreams("[gateway]\n", &places, &ports).is_err());
    }
}
