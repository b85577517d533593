//! The `[names]` table: how names of hosts are looked up.

use std::net::{IpAddr, SocketAddr};

use runtime::client::{NameSettings, Unresolved};

use super::reader::{Found, Reader};
use super::report::Report;

/// The keys of `[names]`.
pub(super) const KEYS: &[&str] = &["servers", "unresolved"];

/// What a name server looks like.
const SERVER: &str = "addresses of name servers, such as \"10.0.0.2\" or \"10.0.0.2:5353\"";
/// Where name servers listen, where the file names no port (RFC 1035).
const PORT: u16 = 53;
/// Most servers: with more nobody would wait for the last one.
const SERVERS_MAX: usize = 8;
/// What becomes of a name that does not resolve any more.
const UNRESOLVED: [(&str, Unresolved); 2] =
    [("last-good", Unresolved::LastGood), ("fails", Unresolved::Fails)];

/// Reads `[names]`.
pub(super) fn read(table: &Reader<'_>, report: &mut Report<'_>) -> NameSettings {
    let servers: Vec<Found<SocketAddr>> = table.list("servers", SERVER, report, server);
    if let Some(one_more) = servers.get(SERVERS_MAX) {
        report.mistake(&one_more.place, format!("accepted: up to {SERVERS_MAX} of them"));
    }
    let unresolved = table.choice("unresolved", &UNRESOLVED, report);
    if let Some(found) = unresolved.as_ref().filter(|found| found.value == Unresolved::Fails) {
        let message = "this is there to be compared with: when a name is lost, machines that are well are lost with it";
        report.warning(&found.place, message);
    }
    NameSettings {
        servers: servers.into_iter().map(|found| found.value).collect(),
        unresolved: unresolved.map(|found| found.value).unwrap_or_default(),
    }
}

fn server(text: &str) -> Result<SocketAddr, String> {
    let whole = text.parse::<SocketAddr>().ok();
    let with_port = || text.parse::<IpAddr>().map(|address| SocketAddr::new(address, PORT)).ok();
    let found = whole.filter(|address| address.port() > 0).or_else(with_port);
    found.ok_or_else(|| format!("{text:?} is no address"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_mistake_in, notes};
    use super::*;

    /// A file that is sound, and in which the table comes last.
    const FILE: &str = "[gateway]\n[[gateway.chain]]\nname = \"ethereum\"\nid = 1\n\
        [[gateway.chain.upstream]]\nname = \"a\"\nhttp = \"http://10.0.0.5\"\noperator = \"a\"\n";

    #[test]
    fn servers_arrive_with_the_usual_port_and_names_are_kept_unless_the_file_says_otherwise() {
        // A server at another port than was written is nobody, and every provider would be gone.
        let names = |text: &str| {
            let (mistakes, warnings, config) = notes(&format!("{FILE}{text}"));
            assert_eq!(mistakes, Vec::<String>::new());
            let warned = warnings.iter().any(|it| it.contains("when a name is lost"));
            assert_eq!(warned, text.contains("fails"), "{warnings:?}");
            config.expect("a configuration").names
        };
        assert_eq!(names(""), None);
        assert_eq!(names("[names]\n"), Some(NameSettings::default()));
        let told = "[names]\nservers = [\"10.0.0.2\", \"[::1]:5353\"]\nunresolved = \"fails\"\n";
        let found = names(told).expect("settings");
        let servers: Vec<String> = found.servers.iter().map(SocketAddr::to_string).collect();
        assert_eq!(servers, ["10.0.0.2:53", "[::1]:5353"]);
        assert_eq!(found.unresolved, Unresolved::Fails);
    }

    #[test]
    fn what_is_no_server_is_a_mistake() {
        // A name for a name server would have to be looked up by itself.
        for (text, words) in [
            ("servers = [\"dns.example\"]", "is no address"),
            ("servers = [\"10.0.0.2:0\"]", "is no address"),
            ("unresolved = \"forgets\"", "last-good"),
        ] {
            assert_mistake_in(
                &format!("{FILE}[names]\n"),
                "[names]\n",
                &format!("[names]\n{text}\n"),
                words,
            );
        }
        let many = format!("[names]\nservers = [{}]\n", ["\"10.0.0.2\""; 9].join(", "));
        assert_mistake_in(&format!("{FILE}[names]\n"), "[names]\n", &many, "up to 8");
    }
}
