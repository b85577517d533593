//! What a drill is pointed at that is not Seawall's.

use std::net::IpAddr;

use ::drill::{Form, Library};
use incident::{Ports, Target, Upstream};
use runtime::client::Endpoint;

use super::{say, wrong};
use crate::arguments::{ProvidersArguments, TargetArguments};
use crate::error::CommandError;

/// An endpoint that may be drilled: one on this machine, or one whose host has been named twice, so that a slip does not
/// burden somebody else's.
///
/// # Errors
/// Where it is no URL of HTTP, or its host is another machine that was not confirmed.
pub(super) fn confirmed(url: &str, confirm: Option<&str>) -> Result<Endpoint, CommandError> {
    let wrong = |why: String| CommandError::Config(format!("--target: {why}"));
    let endpoint = Endpoint::parse(url).map_err(wrong)?;
    if endpoint.is_websocket() {
        return Err(wrong("drills ask over http:// or https://".to_owned()));
    }
    let host = endpoint.host();
    if is_here(&endpoint) || confirm.is_some_and(|confirmed| confirmed.eq_ignore_ascii_case(host)) {
        return Ok(endpoint);
    }
    Err(wrong(match confirm {
        None => format!(
            "{host} is another machine; a drill is a crisis for it, and an attack where it is not yours: if it is, say \
             `--confirm {host}`, too"
        ),
        Some(other) => format!("it leads to {host}, and `--confirm` names {other}"),
    }))
}

/// Whether an endpoint is on this machine by its name: `localhost` (RFC 6761 section 6.3), 127.0.0.0/8 or `::1`.
pub(super) fn is_here(endpoint: &Endpoint) -> bool {
    let host = endpoint.host();
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The gateway of the user's own that a drill is to be run against, where one was named.
///
/// # Errors
/// Where it may not be drilled.
pub(super) fn target(arguments: &TargetArguments) -> Result<Option<Target>, CommandError> {
    let Some(url) = &arguments.target else { return Ok(None) };
    confirmed(url, arguments.confirm.as_deref())?;
    Ok(Some(Target {
        url: url.clone(),
        ports: ports(&arguments.providers)?,
        settle_seconds: arguments.settle.into(),
    }))
}

fn ports(arguments: &ProvidersArguments) -> Result<Ports, CommandError> {
    if arguments.providers_on.is_unspecified() {
        let why = "--providers-on has to be the address at which your gateway reaches this machine";
        return Err(CommandError::Config(why.to_owned()));
    }
    Ok(Ports { on: arguments.providers_on, first: arguments.providers_at })
}

/// Shows the providers of a drill, for a gateway that is to be told of them.
///
/// # Errors
/// Where there is no such drill, or no other gateway can take the place of ours in it.
pub(super) fn show(
    library: &Library,
    name: &str,
    arguments: &ProvidersArguments,
) -> Result<(), CommandError> {
    let ports = ports(arguments)?;
    say(&listed(library, name, &ports)?)
}

/// The providers of a drill as lines: name, URL, who runs it, and what it lets one ask.
///
/// # Errors
/// As [`show`].
pub(super) fn listed(library: &Library, name: &str, ports: &Ports) -> Result<String, CommandError> {
    let found = library.find(name).map_err(wrong)?;
    let upstreams = found.upstreams(library, Form::Full, ports).map_err(wrong)?;
    let width = |of: fn(&Upstream) -> usize| upstreams.iter().map(of).max().unwrap_or_default();
    let names = width(|it| it.name.chars().count());
    let urls = width(|it| it.url.chars().count());
    let mut text = format!("providers of {name}, to be told to your gateway:\n");
    for upstream in &upstreams {
        let allows = upstream.requests_per_second;
        let allows = allows.map_or_else(String::new, |most| format!(", lets one ask {most}/s"));
        let (name, url, operator) = (&upstream.name, &upstream.url, &upstream.operator);
        text += &format!("  {name:<names$}  {url:<urls$}  run by {operator}{allows}\n");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_drilled_only_where_it_was_named_twice() {
        // A mistyped host would have a stranger's endpoint flooded.
        let may = |url: &str, confirm: Option<&str>| match confirmed(url, confirm) {
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        };
        for here in ["http://127.0.0.1:9545", "http://localhost:9545/key", "http://[::1]:1"] {
            assert_eq!(may(here, None), None, "{here}");
        }
        let there = "https://rpc.example.com/v2/s3cret";
        let why = may(there, None).expect("is another machine");
        assert!(why.contains("--confirm rpc.example.com") && !why.contains("s3cret"), "{why}");
        assert!(may(there, Some("example.com")).is_some(), "is another name");
        assert_eq!(may(there, Some("RPC.example.com")), None);
        for there in [
            "http://10.0.0.1",
            "http://0.0.0.0:8545",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
        ] {
            assert!(may(there, None).is_some_and(|why| why.contains("--confirm")), "{there}");
        }
        assert!(may("ws://127.0.0.1:9545", None).is_some(), "drills ask over HTTP");
        assert!(may("127.0.0.1:9545", None).is_some(), "is no URL");
    }
}
