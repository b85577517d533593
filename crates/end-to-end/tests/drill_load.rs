//! `seawall drill load`, as a user runs it: the built binary, over sockets, with its exit codes.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use runtime::http::{
    Handler, HeaderValue, KillableServer, Limits, Listener, Request, Response, StatusCode,
};
use serde_json::Value;
use tempfile::TempDir;
use testkit::{gateway, tools};

/// Times that a run is tried whose load did not keep its own schedule: the machine does other things beside.
const TRIES: usize = 5;

/// Bounds that only a broken target crosses, so that it is not the machine that is judged.
const WIDE: [&str; 8] = [
    "--threshold",
    "goodput>=100%",
    "--threshold",
    "failed<=0%",
    "--in-time",
    "30s",
    "--timeout",
    "30s",
];

fn load(arguments: &[&str]) -> Output {
    let mut command = Command::new(gateway::binary());
    command.args(["drill", "load"]).args(arguments);
    command.env_remove("SEAWALL_LOAD_KEY").env_remove("SEAWALL_LOAD_SECRET");
    command.output().expect("the binary must start")
}

/// A run that is not void, with its figures.
fn measured(folder: &Path, arguments: &[&str]) -> (Output, Value) {
    let file = folder.join("load.json");
    let path = file.display().to_string();
    let mut void = String::new();
    for _ in 0..TRIES {
        let output = load(&[arguments, &["--json", &path]].concat());
        let text = std::fs::read_to_string(&file);
        let text = text.unwrap_or_else(|why| panic!("{why}: {}", shown(&output)));
        let json: Value = serde_json::from_str(&text).expect("JSON");
        if json["judgement"] != "void" {
            return (output, json);
        }
        void = shown(&output);
    }
    panic!("the machine is too busy for a load of some ten requests a second: {void}");
}

fn shown(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{:?}\n{}\n{}", output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn folder() -> TempDir {
    TempDir::new().expect("the system must give a temporary folder")
}

#[test]
fn the_gateway_stands_a_few_calls_and_an_impossible_threshold_fails() {
    // A pipeline goes by the exit code; one that is always the same lets everything through, or nothing.
    let _alone = tools::alone();
    let folder = folder();
    let small = ["--rate", "20", "--steps", "1,2", "--step-seconds", "1"];
    let (output, json) = measured(folder.path(), &[&small[..], &WIDE].concat());
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    assert_eq!(json["judgement"], "held", "{json:#}");
    assert_eq!(json["capacity"]["per_second"], 40);
    for (step, due) in [(0, 20), (1, 40)] {
        let step = &json["steps"][step];
        for count in ["offered", "sent", "answered", "good"] {
            assert_eq!(step[count], due, "{count}: {step:#}");
        }
    }
    let said = shown(&output);
    assert!(said.contains("capacity     2x") && said.contains("answered/s"), "{said}");

    let (output, json) = measured(
        folder.path(),
        &[&small[..], &WIDE[4..], &["--threshold", "goodput>100%@2x"]].concat(),
    );
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    assert_eq!(json["thresholds"][0]["crossed_at"][0]["times"], 2, "{json:#}");
    assert!(shown(&output).contains("crossed      goodput>100%@2x"), "{}", shown(&output));
}

#[test]
fn the_venue_takes_orders_and_questions() {
    // A venue's capacity by its public pages alone would say nothing of its engine.
    let _alone = tools::alone();
    let folder = folder();
    let small = ["--as", "venue", "--rate", "20", "--steps", "1,2", "--step-seconds", "1"];
    let (output, json) = measured(folder.path(), &[&small[..], &WIDE].concat());
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    let calls = json["calls"].as_array().expect("a list");
    assert!(calls.iter().any(|call| call["call"] == "POST /fapi/v1/order"), "{json:#}");
    assert_eq!(json["steps"][1]["good"], 40, "{json:#}");
}

#[test]
fn who_breaks_a_run_off_is_shown_what_there_was() {
    // Whoever sees his platform suffer stops the load, and must not lose what it has shown.
    let _alone = tools::alone();
    let mut command = Command::new(gateway::binary());
    command.args(["drill", "load", "--rate", "20", "--steps", "1,2", "--step-seconds", "600"]);
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut told = BufReader::new(run.stderr.take().expect("standard error"));
    let mut line = String::new();
    while !line.contains("1x, 20/s") {
        line.clear();
        assert!(told.read_line(&mut line).expect("text") > 0, "it ended by itself");
    }
    let kill = Command::new("kill").args(["-INT", &run.id().to_string()]).status();
    assert!(kill.is_ok_and(|status| status.success()), "it could not be told");
    drop(told.read_to_string(&mut line));
    let output = run.wait_with_output().expect("it ends");
    let said = shown(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("   1x ") && said.contains("broken off") && said.contains("capacity"),
        "{said}"
    );
}

#[test]
fn what_cannot_be_a_run_is_refused_before_anything_is_sent() {
    // A mistyped URL must not become an attack, nor a mistake in a threshold a run that passes.
    let _alone = tools::alone();
    let folder = folder();
    let calls = folder.path().join("calls.jsonl");
    std::fs::write(&calls, "{\"method\": \"eth_chainId\"}\n{\"method\": 1}\n").expect("written");
    let calls = calls.display().to_string();
    let nobody = format!("http://{}", tools::free_address());
    let cases: [(&[&str], &str); 7] = [
        (&["--target", &nobody], "does not answer as it should: cannot connect"),
        (&["--target", "https://rpc.example.com/v2/key"], "--confirm rpc.example.com"),
        (
            &["--target", "https://rpc.example.com", "--confirm", "example.com"],
            "`--confirm` names example.com",
        ),
        (&["--threshold", "p99<500"], "expected such as p99<500ms"),
        (&["--calls", &calls], "calls.jsonl line 2: \"method\""),
        (&["--steps", "1,1000"], "more than the 20000"),
        (&["--target", &nobody, "--confirm"], "--confirm"),
    ];
    for (arguments, part) in cases {
        let output = load(arguments);
        let said = shown(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
}

/// A stranger whose answers are right at first, and then each of another kind in turn; all but one are no answers.
struct Stranger(AtomicU64);

impl Handler for Stranger {
    async fn handle(&self, mut request: Request) -> Response {
        let body = request.body().await.unwrap_or_default();
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        let answer = |id: &Value| format!(r#"{{"jsonrpc":"2.0","id":{id},"result":"0x1"}}"#);
        let good = answer(&asked["id"]);
        let nth = self.0.fetch_add(1, Ordering::Relaxed);
        let ok = |body: String| Response::json(StatusCode::OK, body);
        match nth.checked_sub(1).map(|nth| nth % 5) {
            None | Some(0) => ok(good),
            Some(1) => ok(good[..good.len() - 1].to_owned()),
            Some(2) => ok(answer(&Value::from(u64::MAX))),
            Some(3) => ok(format!(
                r#"{{"jsonrpc":"2.0","id":{},"error":{{"code":-32000,"message":"header not found"}}}}"#,
                asked["id"]
            )),
            Some(_) => {
                let elsewhere = HeaderValue::from_static("http://192.0.2.1/");
                let moved = Response::empty(StatusCode::FOUND);
                moved.with_header(runtime::http::HeaderName::from_static("location"), elsewhere)
            }
        }
    }
}

#[test]
fn an_answer_with_http_200_that_is_none_fails_and_nobody_is_sent_elsewhere() {
    // A platform that breaks by answering nonsense quickly would have the best figures of all.
    let _alone = tools::alone();
    let folder = folder();
    let listener = Listener::bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let url = format!("http://{}/v2/a-key-of-a-provider", listener.address());
    let stranger = Arc::new(Stranger(AtomicU64::new(0)));
    let _server = KillableServer::start("stranger", listener, Limits::default(), stranger);
    let calls = folder.path().join("calls.jsonl");
    std::fs::write(&calls, "{\"method\": \"eth_chainId\"}\n").expect("written");
    let calls = calls.display().to_string();
    let arguments = [
        "--target",
        &url,
        "--calls",
        &calls,
        "--rate",
        "50",
        "--steps",
        "1",
        "--step-seconds",
        "1",
    ];
    let (output, json) = measured(folder.path(), &[&arguments[..], &WIDE].concat());
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    let step = &json["steps"][0];
    assert_eq!(
        (&step["answered"], &step["good"], &step["failed"]),
        (&50.into(), &10.into(), &40.into()),
        "{step:#}"
    );
    let faults = ["HTTP 302", "JSON-RPC error -32000", "another id", "no answer in HTTP 200"];
    assert_eq!(step["faults"].as_array().map(Vec::len), Some(faults.len()), "{step:#}");
    for fault in faults {
        let of = |it: &&Value| it["fault"] == fault;
        let found = step["faults"].as_array().and_then(|all| all.iter().find(of));
        assert_eq!(found.map(|it| &it["count"]), Some(&10.into()), "{fault}: {step:#}");
    }
    let said = format!("{}{json}", shown(&output));
    assert!(!said.contains("a-key-of-a-provider"), "{said}");
}

/// A stranger who falls silent.
struct Silent(AtomicU64);

/// Answers that he gives before, one of them to the look before the load.
const SPOKEN: u64 = 21;

impl Handler for Silent {
    async fn handle(&self, mut request: Request) -> Response {
        let body = request.body().await.unwrap_or_default();
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        if self.0.fetch_add(1, Ordering::Relaxed) >= SPOKEN {
            std::future::pending::<()>().await;
        }
        let answer = format!(r#"{{"jsonrpc":"2.0","id":{},"result":"0x1"}}"#, asked["id"]);
        Response::json(StatusCode::OK, answer)
    }
}

#[test]
fn a_target_that_falls_silent_is_not_spared_what_nobody_could_send() {
    // A load that waits for its target would ask a dead one for nothing, and count a handful of slow answers.
    let _alone = tools::alone();
    let folder = folder();
    let calls = folder.path().join("calls.jsonl");
    std::fs::write(&calls, "{\"method\": \"eth_chainId\"}\n").expect("written");
    let calls = calls.display().to_string();
    for _ in 0..TRIES {
        let listener = Listener::bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let url = format!("http://{}", listener.address());
        let silent = Arc::new(Silent(AtomicU64::new(0)));
        let _server = KillableServer::start("silent", listener, Limits::default(), silent);
        let arguments = [
            "--target",
            &url,
            "--calls",
            &calls,
            "--rate",
            "50",
            "--steps",
            "1,2",
            "--step-seconds",
            "1",
            "--timeout",
            "3s",
            "--in-time",
            "3s",
            "--connections",
            "5",
        ];
        let (output, json) = measured(folder.path(), &arguments);
        let step = &json["steps"][0];
        if step["tries"] != 1 {
            // The silence began in a try that did not count.
            continue;
        }
        assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
        let counts = ["offered", "good", "sent", "unsent", "failed"].map(|count| &step[count]);
        assert_eq!(counts, [50, 20, 25, 25, 30].map(Value::from).each_ref(), "{step:#}");
        assert!(step["latency_ms"]["p50"].as_f64().is_some_and(|p50| p50 > 2_990.0), "{step:#}");
        return;
    }
    panic!("the machine is too busy");
}
