//! The configuration as a whole: what is refused, how it is said, and what is never said.

use std::path::Path;

use gateway_core::ForkPoint;
use units::Span;

use super::*;

const SOUND: &str = r#"
[gateway]
[[gateway.chain]]
name = "ethereum"
id = 1
[[gateway.chain.upstream]]
name = "own"
http = "http://10.0.0.5:8545"
operator = "self"
[[gateway.chain.upstream]]
name = "second"
http = "https://rpc.second.example/v2/${KEY}"
operator = "second"
[[gateway.chain.upstream]]
name = "third"
http = "https://rpc.third.example"
operator = "third"
"#;

fn environment(name: &str) -> Option<String> {
    (name == "KEY").then(|| "s3cret".to_owned())
}

/// Checks a text, and that no message holds the secret: its mistakes, its warnings and what was read.
pub(super) fn notes(text: &str) -> (Vec<String>, Vec<String>, Option<Config>) {
    let checked = check(text, &environment);
    let line =
        |note: &Note| format!("{}:{}: {}: {}", note.line, note.column, note.key, note.message);
    let warnings: Vec<String> = checked.warnings.iter().map(line).collect();
    let (mistakes, config) = match checked.config {
        Ok(config) => (Vec::new(), Some(config)),
        Err(mistakes) => (mistakes.iter().map(line).collect(), None),
    };
    for message in mistakes.iter().chain(&warnings) {
        assert!(!message.contains("s3cret"), "a secret got out: {message}");
    }
    (mistakes, warnings, config)
}

/// Asserts that a change to a sound file gives exactly one mistake that says `words`.
pub(super) fn assert_mistake_in(sound: &str, from: &str, to: &str, words: &str) {
    assert!(sound.contains(from), "the sound file has no {from:?}");
    let (mistakes, _, config) = notes(&sound.replacen(from, to, 1));
    assert_eq!(mistakes.len(), 1, "{to:?} gave {mistakes:#?}");
    assert!(mistakes[0].contains(words), "{:?} lacks {words:?}", mistakes[0]);
    assert!(config.is_none());
}

/// As [`assert_mistake_in`] the gateway's file.
fn assert_mistake(from: &str, to: &str, words: &str) {
    assert_mistake_in(SOUND, from, to, words);
}

/// Asserts that a change to the sound file gives exactly one warning that says `words`.
fn assert_warning(from: &str, to: &str, words: &str) {
    assert!(SOUND.contains(from), "the sound file has no {from:?}");
    let (mistakes, warnings, config) = notes(&SOUND.replacen(from, to, 1));
    assert_eq!(mistakes, [""; 0]);
    assert_eq!(warnings.len(), 1, "{to:?} gave {warnings:#?}");
    assert!(warnings[0].contains(words), "{:?} lacks {words:?}", warnings[0]);
    assert!(config.is_some());
}

#[test]
fn a_sound_file_gives_its_values_and_the_documented_defaults() {
    let (mistakes, warnings, config) = notes(SOUND);
    assert_eq!((mistakes, warnings), (Vec::new(), Vec::new()));
    let config = config.expect("a configuration");
    assert_eq!(config.summary(), "1 chain, 3 upstreams, 3 operators");
    assert!(config.status.is_none());
    let gateway = config.gateway.as_ref().expect("a gateway");
    assert_eq!(gateway.listen.to_string(), "127.0.0.1:8545");
    assert!(gateway.workers >= 1);
    assert_eq!((gateway.limits.timeout, gateway.limits.batch_items), (Span::from_secs(8), 1_000));
    let chain = &gateway.chains[0];
    assert_eq!(
        (chain.id, chain.block_time, chain.retry_budget_percent, chain.second_opinion_per_mille),
        (1, Span::from_secs(12), 20, 10)
    );
    assert_eq!(chain.cache_bytes, 256 * 1024 * 1024);
    let upstream = &chain.upstreams[0];
    assert_eq!(
        (upstream.http.host(), upstream.http.port(), upstream.operator.as_str()),
        ("10.0.0.5", 8545, "self")
    );
}

#[test]
fn every_value_of_the_file_arrives() {
    let text = SOUND
        .replace("[gateway]", "[status]\nlisten = \"127.0.0.1:0\"\nname = \"Ours\"\ncontrols = { one = \"https://one.example\" }\n[gateway]\nlisten = \"[::1]:9000\"\nworkers = 3\ntimeout_ms = 900\nmax_body_bytes = 2048\nmax_batch_items = 7\nmax_depth = 9\nmax_response_bytes = 4096\nadmission = \"fifo\"\nmax_queue = 0\nclient_header = \"X-Real-IP\"")
        .replace("id = 1", "id = 1337\nblock_time = \"250ms\"\nretry_budget_percent = 0\nsecond_opinion_per_mille = 250\ncache_bytes = 4096\ngenesis = \"0x1111111111111111111111111111111111111111111111111111111111111111\"")
        .replace("name = \"ethereum\"", "name = \"ethereum\"\nfork = [{ name = \"Osaka\", at_time = 1764798551, versions = { geth = \"1.16.7\", besu = \"25.11\" } }]")
        .replace("operator = \"self\"", "operator = \"self\"\ncloud = \"home/cellar\"\nclient = \"geth\"\nrequests_per_second = 25\nrequests_per_day = 100000000\nws = \"ws://10.0.0.5:8546\"");
    let (mistakes, warnings, config) = notes(&text);
    assert_eq!((mistakes, warnings), (Vec::new(), Vec::new()));
    let config = config.expect("a configuration");
    let status = config.status.expect("a status page");
    assert_eq!((status.listen.port(), status.name.as_deref()), (0, Some("Ours")));
    let controls: Vec<String> =
        status.controls.iter().map(|(name, url)| format!("{name} {url}")).collect();
    assert_eq!(controls, ["one https://one.example"]);
    let gateway = config.gateway.expect("a gateway");
    assert_eq!((gateway.listen.to_string().as_str(), gateway.workers), ("[::1]:9000", 3));
    let limits = gateway.limits;
    assert_eq!(
        (limits.body_bytes, limits.batch_items, limits.depth, limits.response_bytes),
        (2048, 7, 9, 4096)
    );
    assert_eq!(limits.timeout, Span::from_millis(900));
    let admission = gateway.admission;
    assert_eq!((admission.mode.name(), admission.max_queue), ("fifo", 0));
    assert_eq!(admission.client_header.as_ref().map(|name| name.as_str()), Some("x-real-ip"));
    let chain = &gateway.chains[0];
    assert_eq!(
        (chain.id, chain.block_time, chain.retry_budget_percent, chain.second_opinion_per_mille),
        (1337, Span::from_millis(250), 0, 250)
    );
    assert_eq!(chain.cache_bytes, 4096);
    assert_eq!(chain.genesis, Some([0x11; 32]));
    let quota = chain.upstreams[0].quota;
    assert_eq!((quota.per_second, quota.per_day), (Some(25), Some(100_000_000)));
    let fork = &chain.forks[0];
    assert_eq!((fork.name.as_str(), fork.at), ("Osaka", ForkPoint::Time(1_764_798_551)));
    let versions: Vec<String> =
        fork.versions.iter().map(|(family, version)| format!("{family} {version}")).collect();
    assert_eq!(versions, ["geth 1.16.7", "besu 25.11.0"]);
    let upstream = &chain.upstreams[0];
    assert_eq!(
        (upstream.cloud.as_deref(), upstream.client.as_deref()),
        (Some("home/cellar"), Some("geth"))
    );
    assert_eq!(upstream.ws.as_ref().map(::runtime::client::Endpoint::port), Some(8546));
}

#[test]
fn a_wrong_key_is_told_once_with_the_one_that_was_meant() {
    assert_mistake(
        "http = \"http://10",
        "htpp = \"http://10",
        "8:1: gateway.chain[0].upstream[0].htpp: unknown key; did you mean \"http\"? accepted: name, http, ws, operator, cloud, client",
    );
    assert_mistake(
        "[gateway]",
        "[gateway]\ncolour = 1",
        "3:1: gateway.colour: unknown key; accepted: listen, workers",
    );
    assert_mistake("[gateway]", "[gatway]", "unknown key; did you mean \"gateway\"?");
}

#[test]
fn a_key_with_control_characters_does_not_reach_the_terminal() {
    // A file from elsewhere would colour, clear or retitle the terminal of whoever checks it.
    assert_mistake(
        "[gateway]",
        "[gateway]\n\"\\u001b[31m\" = 1",
        "3:1: gateway.\"\\u{1b}[31m\": unknown key; accepted: listen, workers",
    );
    assert_mistake(
        "[gateway]",
        "[gateway]\n\"https://a/s3cret\" = 1",
        "3:1: gateway.the value (a URL, not shown): unknown key",
    );
}

#[test]
fn what_is_missing_is_named_with_what_is_accepted() {
    assert_mistake(
        "operator = \"self\"",
        "",
        "6:1: gateway.chain[0].upstream[0].operator: is missing; accepted: who runs it",
    );
    assert_mistake("operator = \"self\"", "", "votes are counted per operator");
    assert_mistake("http = \"http://10.0.0.5:8545\"", "", "upstream[0].http: is missing");
    assert_mistake(
        "id = 1",
        "id = 31337",
        "3:1: gateway.chain[0].block_time: is missing; accepted: the usual time",
    );
    assert_mistake("id = 1", "", "gateway.chain[0].id: is missing");
    let chainless = notes("[gateway]\n").0;
    assert_eq!(
        chainless,
        ["1:1: gateway.chain: is missing; accepted: at least one [[gateway.chain]]"]
    );
    assert!(notes("").0[0].contains("gateway: is missing"));
    assert!(notes("[gateway]\nchain = []").0[0].contains("the list is empty"));
    let lonely = notes("[[gateway.chain]]\nname = \"a\"\nid = 1\n").0;
    assert_eq!(
        lonely,
        [
            "1:1: gateway.chain[0].upstream: is missing; accepted: at least one [[gateway.chain.upstream]]"
        ]
    );
}

#[test]
fn a_value_of_the_wrong_kind_or_size_is_refused() {
    assert_mistake(
        "id = 1",
        "id = \"one\"",
        "5:6: gateway.chain[0].id: found a text; accepted: a whole number",
    );
    assert_mistake("id = 1", "id = 0", "0 is out of range");
    assert_mistake("[gateway]", "[gateway]\nadmission = \"lifo\"", "\"fair\" or \"fifo\"");
    assert_mistake("[gateway]", "[gateway]\nmax_queue = -1", "-1 is out of range");
    assert_mistake("[gateway]", "[gateway]\nclient_header = \"a b\"", "the name of a header");
    assert_mistake(
        "[gateway]",
        "[gateway]\nlisten = \"127.0.0.1:99999\"",
        "3:10: gateway.listen: port \"99999\" is out of range",
    );
    assert_mistake(
        "[gateway]",
        "[gateway]\ntimeout = 8",
        "8 has no unit; accepted: from \"100ms\" to \"10m\", or timeout_ms",
    );
    assert_mistake("[gateway]", "[gateway]\ntimeout = \"0s\"", "0ms is out of range");
    assert_mistake(
        "[gateway]",
        "[gateway]\ntimeout = \"8s\"\ntimeout_ms = 8000",
        "timeout is given too",
    );
    assert_mistake(
        "[gateway]",
        "[gateway]\nworkers = 0",
        "0 is out of range; accepted: a whole number from 1",
    );
    assert_mistake(
        "[gateway]",
        "[status]\ncontrols = { one = \"ftp://one.example\" }\n[gateway]",
        "status.controls.one: the URL has an unknown scheme; accepted: names with http",
    );
    let many: Vec<String> =
        (0..9).map(|index| format!("c{index} = \"https://c{index}.example\"")).collect();
    assert_mistake(
        "[gateway]",
        &format!("[status]\ncontrols = {{ {} }}\n[gateway]", many.join(", ")),
        "found 9; accepted: up to 8 controls",
    );
    assert_mistake(
        "[gateway]",
        "status = 1\n[gateway]",
        "2:10: status: found a whole number; accepted: a table, [status]",
    );
    assert_mistake("id = 1", "id = 1\nretry_budget_percent = 101", "from 0 to 100");
    assert_mistake("id = 1", "id = 1\nsecond_opinion_per_mille = 1001", "from 0 to 1000");
    assert_mistake("id = 1", "id = 1\ncache_bytes = -1", "from 0 to 1099511627776");
    assert_mistake("id = 1", "id = 1\nblock_time_ms = 0", "0ms is out of range");
    assert_mistake("id = 1", "id = 1\ngenesis = \"0x12\"", "64 hexadecimal digits");
}

#[test]
fn a_quota_that_the_probes_use_up_is_warned_of() {
    let of = |key: &str| format!("operator = \"self\"\n{key}");
    let from = "operator = \"self\"";
    assert_warning(from, &of("requests_per_day = 50000"), "the probes alone take about 43200");
    assert_mistake(from, &of("requests_per_day = 0"), "0 is out of range");
    assert_mistake(from, &of("requests_per_second = 0"), "0 is out of range");
    let (mistakes, warnings, _) = notes(&SOUND.replacen(from, &of("requests_per_day = 100000"), 1));
    assert_eq!((mistakes, warnings), (Vec::new(), Vec::new()));
}

#[test]
fn a_fork_that_could_never_be_judged_is_refused() {
    let fork = |keys: &str| format!("id = 1\nfork = [{{ {keys} }}]");
    let versions = "versions = { geth = \"1.16.7\" }";
    for (keys, words) in [
        (format!("at_block = 9, {versions}"), "fork[0].name: is missing"),
        (format!("name = \"Osaka\", {versions}"), "or at_time in seconds since 1970"),
        (format!("name = \"O\", at_block = 9, at_time = 1764798551, {versions}"), "keep one"),
        // Milliseconds, and the far side of the year 5000.
        (format!("name = \"O\", at_time = 1764798551000, {versions}"), "out of range"),
        ("name = \"O\", at_block = 9".to_owned(), "fork[0].versions: is missing"),
        ("name = \"O\", at_block = 9, versions = {}".to_owned(), "an empty table"),
        ("name = \"O\", at_block = 9, versions = \"1.2\"".to_owned(), "found a text"),
        (
            "name = \"O\", at_block = 9, versions = { geth = \"latest\" }".to_owned(),
            "fork[0].versions.geth: this is no version",
        ),
        (format!("name = \"O\", at_bloc = 9, {versions}"), "did you mean \"at_block\"?"),
    ] {
        assert_mistake("id = 1", &fork(&keys), words);
    }
    let twice = format!("{{ name = \"O\", at_block = 9, {versions} }}");
    assert_mistake("id = 1", &format!("id = 1\nfork = [{twice}, {twice}]"), "\"O\" is taken by");
}

#[test]
fn a_url_in_the_wrong_place_is_refused_without_repeating_it() {
    assert_mistake(
        "http://10.0.0.5:8545",
        "ws://10.0.0.5:8546/${KEY}",
        "a ws URL belongs under ws",
    );
    assert_mistake(
        "operator = \"self\"",
        "operator = \"self\"\nws = \"https://a/s3cret\"",
        "a https URL belongs under http",
    );
    assert_mistake("http://10.0.0.5:8545", "10.0.0.5:8545/s3cret", "no scheme");
    assert_mistake("http://10.0.0.5:8545", "ftp://s3cret", "unknown scheme");
    assert_mistake(
        "operator = \"self\"",
        "operator = \"https://a/s3cret\"",
        "a URL does not belong here",
    );
    assert_mistake(
        "${KEY}",
        "${GONE}",
        "12:8: gateway.chain[0].upstream[1].http: environment variable GONE is not set",
    );
}

#[test]
fn names_and_ids_and_addresses_that_are_there_twice_are_refused() {
    assert_mistake(
        "\"second\"",
        "\"own\"",
        "\"own\" is taken by gateway.chain[0].upstream[0].name",
    );
    let upstream =
        "[[gateway.chain.upstream]]\nname = \"a\"\nhttp = \"http://a\"\noperator = \"a\"\n";
    let twin = format!("{SOUND}[[gateway.chain]]\nname = \"ethereum\"\nid = 1\n{upstream}");
    let (mistakes, _, _) = notes(&twin);
    assert_eq!(mistakes.len(), 2, "{mistakes:#?}");
    assert!(mistakes[0].contains("\"ethereum\" is taken by gateway.chain[0].name"));
    assert!(mistakes[1].contains("1 is taken by gateway.chain[0].id"));
    assert_mistake(
        "[gateway]",
        "[status]\nlisten = \"127.0.0.1:8545\"\n[gateway]",
        "collides with gateway.listen",
    );
}

#[test]
fn what_is_allowed_and_hardly_meant_is_warned_of() {
    assert_warning("[gateway]", "[gateway]\nlisten = \"0.0.0.0:8545\"", "no authentication");
    assert_warning("[gateway]", "[gateway]\ntimeout = \"1m\"", "give up after 10s");
    assert_warning("operator = \"third\"", "operator = \"self\"", "2 operators cannot outvote");
    assert_warning(
        "https://rpc.third.example",
        "https://rpc.second.example/other",
        "endpoints that fail together",
    );
    assert_warning("id = 1", "id = 1\nblock_time = \"1s\"", "far from the 12s");
    let twice = SOUND.replace("https://rpc.third.example", "https://rpc.second.example/v2/${KEY}");
    let (_, warnings, _) = notes(&twice);
    assert!(
        warnings.iter().any(|warning| warning.contains(
            "https://rpc.second.example is the same URL as gateway.chain[0].upstream[1].http"
        )),
        "{warnings:#?}"
    );
    let capitals = SOUND.replace("operator = \"third\"", "operator = \"Self\"");
    assert!(notes(&capitals).1.iter().any(|warning| warning.contains("capitals only")));
    let more = "[[gateway.chain.upstream]]\nname = \"NAME\"\nhttp = \"http://NAME\"\noperator = \"self\"\n";
    let heavy = format!("{SOUND}{}{}", more.replace("NAME", "a"), more.replace("NAME", "b"));
    assert!(
        notes(&heavy).1.iter().any(|warning| warning.contains("\"self\" runs 3 of 5 upstreams"))
    );
}

#[test]
fn a_line_that_is_no_toml_hides_no_other_mistake() {
    let text = SOUND.replace("name = \"own\"", "name = \"own").replace("id = 1", "id = 0");
    let (mistakes, _, _) = notes(&text);
    assert_eq!(mistakes.len(), 2, "{mistakes:#?}");
    assert!(mistakes[0].starts_with("5:6: gateway.chain[0].id: 0 is out of range"));
    assert!(mistakes[1].starts_with("7:") && mistakes[1].contains("not TOML"), "{mistakes:#?}");
}

#[test]
fn a_header_that_is_no_toml_does_not_make_its_table_missing() {
    assert_mistake(
        "[[gateway.chain]]",
        "[[gateway.chain]",
        "3:17: : not TOML: unclosed array table",
    );
    assert_mistake("[[gateway.chain]]", "[[gateway..chain]]", "3:11: : not TOML");
    let text =
        SOUND.replacen("[[gateway.chain]]", "[[gateway.chain]", 1).replace("id = 1", "id = 0");
    assert_eq!(notes(&text).0.len(), 2, "what is under a broken header is checked too");
    assert_mistake("id = 1", "id = 1\nid = 2", "6:1: : not TOML: duplicate key");
    assert_mistake("http = \"http://10.0.0.5:8545\"", "http = http://s3cret", "not TOML");
}

#[test]
fn tables_in_one_line_are_read_like_tables_of_their_own() {
    let text = "gateway = { chain = [{ name = \"a\", id = 1, upstream = [{ name = \"a\", http = \"http://a\", operater = \"b\" }] }] }";
    let (mistakes, _, _) = notes(text);
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
    assert!(
        mistakes[0].starts_with(
            "1:89: gateway.chain[0].upstream[0].operater: unknown key; did you mean \"operator\"?"
        ),
        "{mistakes:#?}"
    );
}

#[test]
fn the_listing_counts_and_places_every_note() {
    let text =
        SOUND.replace("[gateway]", "[gateway]\nlisten = \"0.0.0.0:1\"\nworkers = 0\nmax_depth = 0");
    let checked = check(&text, &environment);
    let mistakes = checked.config.expect_err("two mistakes");
    let listing = listing(Path::new("a.toml"), &mistakes, &checked.warnings);
    let lines: Vec<&str> = listing.lines().collect();
    assert!(lines[0].starts_with("a.toml:4:11: gateway.workers: "), "{listing}");
    assert!(lines[2].starts_with("a.toml:3:10: warning: gateway.listen: "), "{listing}");
    assert_eq!(lines[3], "2 mistakes, 1 warning");
}

#[test]
fn no_slip_of_one_letter_stops_the_check_or_lets_a_secret_out() {
    // Else a typing slip in front of a key would print the key into somebody's terminal log.
    let text = SOUND.replace("${KEY}", "s3cret");
    let places = text.char_indices().map(|(index, letter)| (index, index + letter.len_utf8()));
    for (start, end) in places {
        for slip in ["", "\n", "\"", "[", "]", "=", "{", "0", "\u{e9}"] {
            let mangled = format!("{}{slip}{}", &text[..start], &text[end..]);
            let (mistakes, _, config) = notes(&mangled);
            // `notes` looks for the secret; a file is sound, or it is said why not.
            assert_eq!(mistakes.is_empty(), config.is_some(), "{mangled}");
        }
    }
}

#[test]
fn what_happens_in_a_split_is_what_the_file_says() {
    let (mistakes, _, config) = notes(&SOUND.replace(
        "id = 1",
        "id = 1\nlone_dissenter = \"undecided\"\nwhen_undecided = \"finalized\"\nwrites_when_undecided = \"send\"\nbeacon = \"http://10.0.0.5:5052/${KEY}\"",
    ).replace("operator = \"self\"", "operator = \"self\"\ntrusted = true")
    .replace("[gateway]", "[gateway]\nadmin_token = \"0123456789abcdef${KEY}\""));
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    let gateway = config.expect("a sound file").gateway.expect("a gateway");
    assert!(gateway.admin_token.as_ref().is_some_and(|token| token.is("0123456789abcdefs3cret")));
    assert!(!format!("{gateway:?}").contains("s3cret"), "a secret would get into a log");
    let chain = &gateway.chains[0];
    assert_eq!(chain.contest.lone_dissenter, ::gateway::config::LoneDissenter::Undecided);
    assert_eq!(chain.contest.when_undecided, ::gateway::config::WhenUndecided::Finalized);
    assert!(chain.contest.writes_when_undecided && chain.contest.beacon.is_some());
    let trusted: Vec<bool> = chain.upstreams.iter().map(|upstream| upstream.trusted).collect();
    assert_eq!(trusted, [true, false, false]);
}

#[test]
fn other_ways_to_count_votes_arrive_and_are_warned_of() {
    // Who copies a drill's configuration would follow the next bug of a client without knowing.
    use ::gateway::config::Votes;
    for (word, expect) in
        [("operator", Votes::Operator), ("endpoint", Votes::Endpoint), ("none", Votes::Nobody)]
    {
        let (mistakes, warnings, config) =
            notes(&SOUND.replace("id = 1", &format!("id = 1\nvotes = \"{word}\"")));
        assert!(mistakes.is_empty(), "{mistakes:#?}");
        let gateway = config.expect("a sound file").gateway.expect("a gateway");
        assert_eq!(gateway.chains[0].contest.votes, expect);
        let warned = warnings.iter().any(|warning| warning.contains("to be compared with"));
        assert_eq!(warned, expect != Votes::Operator, "{warnings:#?}");
    }
}

#[test]
fn words_that_decide_about_a_split_are_not_guessed() {
    assert_mistake("id = 1", "id = 1\nlone_dissenter = \"ignore\"", "\"outlier\" or \"undecided\"");
    assert_mistake("id = 1", "id = 1\nvotes = \"everyone\"", "\"operator\" or \"endpoint\"");
    assert_mistake("id = 1", "id = 1\nwrites_when_undecided = true", "\"refuse\" or \"send\"");
    assert_mistake(
        "operator = \"self\"",
        "operator = \"self\"\ntrusted = \"yes\"",
        "true or false",
    );
    assert_mistake("[gateway]", "[gateway]\nadmin_token = \"short\"", "16 characters or more");
}
