//! `seawall config check` through the built binary: what people see and what scripts get.

use std::path::Path;
use std::process::{Command, Output};

fn check(folder: &Path, file: &str, text: &str) -> (Option<i32>, String, String) {
    std::fs::write(folder.join(file), text).expect("the temporary folder can be written");
    run(folder, &["config", "check", file])
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    command
        .current_dir(folder)
        .args(arguments)
        .env_remove("SEAWALL_TEST_UNSET")
        .env("SEAWALL_TEST_KEY", "s3cret");
    let Output { status, stdout, stderr } = command.output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn five_different_mistakes_are_all_named_with_line_and_remedy() {
    // Else an operator in a hurry mends one mistake, restarts, and finds the next one.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = r#"[gateway]
listen = "127.0.0.1:85450"
timeout = 8

[[gateway.chain]]
name = "ethereum"
id = 31337

[[gateway.chain.upstream]]
name = "own"
htpp = "http://10.0.0.5:8545"
operator = "self"

[[gateway.chain.upstream]]
name = "far"
http = "https://rpc.example.org/${SEAWALL_TEST_UNSET}/${SEAWALL_TEST_KEY}"
operator = "far"
"#;
    let (code, stdout, stderr) = check(folder.path(), "seawall.toml", file);
    assert_eq!(code, Some(2), "{stderr}");
    assert_eq!(stdout, "");
    let lines: Vec<&str> = stderr.lines().collect();
    let expected = [
        (
            "seawall.toml:2:10: gateway.listen: ",
            "port \"85450\" is out of range (0 to 65535); accepted: an IP address and a port",
        ),
        (
            "seawall.toml:3:11: gateway.timeout: ",
            "8 has no unit; accepted: from \"100ms\" to \"10m\", or timeout_ms",
        ),
        (
            "seawall.toml:5:1: gateway.chain[0].block_time: ",
            "is missing; accepted: the usual time between two blocks",
        ),
        (
            "seawall.toml:11:1: gateway.chain[0].upstream[0].htpp: ",
            "unknown key; did you mean \"http\"? accepted: name, http",
        ),
        (
            "seawall.toml:16:8: gateway.chain[0].upstream[1].http: ",
            "variable SEAWALL_TEST_UNSET is not set",
        ),
    ];
    for (line, (place, words)) in lines.iter().zip(expected) {
        assert!(
            line.starts_with(place) && line.contains(words),
            "{line:?} lacks {place:?} or {words:?}"
        );
    }
    assert!(lines[5].contains("warning: gateway.chain[0]: 2 operators"), "{stderr}");
    assert_eq!(lines[6..], ["5 mistakes, 1 warning"]);
    assert!(!stderr.contains("s3cret"), "a secret got out: {stderr}");
}

#[test]
fn the_example_passes_without_a_warning() {
    // Else the first file that people start from would not work.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (code, stdout, stderr) = run(&root, &["config", "check", "seawall.example.toml"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_eq!(stdout, "ok: 1 chain, 3 upstreams, 3 operators; 2 feeds, 9 sources\n");
}

#[test]
fn a_warning_does_not_fail_the_check() {
    // Else nobody could test on one node.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = "[[gateway.chain]]\nname = \"a\"\nid = 1\n[[gateway.chain.upstream]]\nname = \"a\"\nhttp = \"http://a\"\noperator = \"a\"\n";
    let (code, stdout, _) = check(folder.path(), "a.toml", file);
    assert_eq!(code, Some(0));
    let lines: Vec<&str> = stdout.lines().collect();
    assert!(lines[0].starts_with("a.toml:1:1: warning: gateway.chain[0]: 1 operator"), "{stdout}");
    assert_eq!(lines[1], "ok: 1 chain, 1 upstream, 1 operator");
}

#[test]
fn the_gateway_does_not_start_on_a_file_with_mistakes() {
    // Else a typing slip would show as lost requests later, or never.
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("bad.toml"), "[gateway]\nworkers = 0\n").expect("a file");
    let (code, _, stderr) = run(folder.path(), &["gateway", "--config", "bad.toml"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("bad.toml:2:11: gateway.workers: 0 is out of range"), "{stderr}");
}

#[test]
fn mistakes_in_the_arguments_and_missing_files_exit_with_2() {
    // Else a script cannot tell a wrong call from a failing service.
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert_eq!(run(folder.path(), &["gateway"]).0, Some(2));
    assert_eq!(run(folder.path(), &["no-such-part"]).0, Some(2));
    let (code, _, stderr) = run(folder.path(), &["config", "check", "gone.toml"]);
    assert_eq!(code, Some(2));
    assert!(stderr.starts_with("cannot read gone.toml: "), "{stderr}");
    let (code, stdout, _) = run(folder.path(), &["--version"]);
    assert_eq!((code, stdout.starts_with("seawall ")), (Some(0), true));
}
