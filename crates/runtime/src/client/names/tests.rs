//! Names over a scripted resolver.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::*;
use crate::client::Endpoint;
use crate::client::connect::Connector;
use crate::task::block_on;

/// What the resolver does next.
#[derive(Clone, Debug)]
enum Act {
    Finds(Vec<IpAddr>),
    /// As for a name that does not exist.
    Fails,
    /// Answers with nothing until it is told to go on, then with no such name.
    Hangs,
}

#[derive(Debug)]
struct Script {
    act: Mutex<Act>,
    asked: AtomicUsize,
    go_on: Notify,
}

#[derive(Debug)]
struct Scripted(Arc<Script>);

impl Resolve for Scripted {
    fn resolve(&self, _host: String) -> Pin<Box<dyn Future<Output = Found> + Send>> {
        let script = Arc::clone(&self.0);
        script.asked.fetch_add(1, Ordering::Relaxed);
        let act = script.act.lock().expect("not poisoned").clone();
        Box::pin(async move {
            match act {
                Act::Finds(addresses) => return Ok(addresses),
                Act::Fails => {}
                Act::Hangs => script.go_on.notified().await,
            }
            Err(io::Error::other("no such host"))
        })
    }
}

fn scripted(act: Act) -> (Arc<Names>, Arc<Script>) {
    let script = Script { act: Mutex::new(act), asked: AtomicUsize::new(0), go_on: Notify::new() };
    let script = Arc::new(script);
    (Arc::new(Names::new(Box::new(Scripted(Arc::clone(&script))))), script)
}

impl Script {
    fn now(&self, act: Act) {
        *self.act.lock().expect("not poisoned") = act;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// What was logged.
#[derive(Debug, Default)]
struct Log(Mutex<Vec<u8>>);

impl io::Write for &Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("words")
    }
}

fn ip(last: u8) -> IpAddr {
    IpAddr::from([127, 0, 0, last])
}

/// A name's addresses once the last answer has aged.
async fn later(names: &Arc<Names>) -> Result<Vec<IpAddr>, String> {
    tokio::time::advance(NAME_KEPT).await;
    names.addresses("rpc.example").await
}

/// Runs a test on a clock that moves only when everything waits.
fn run(test: impl Future<Output = ()>) {
    block_on(async {
        tokio::time::pause();
        test.await;
    });
}

#[test]
fn a_name_that_stops_resolving_must_keep_its_last_good_addresses() {
    run(async {
        let (names, script) = scripted(Act::Finds(vec![ip(1)]));
        assert_eq!(names.addresses("rpc.example").await, Ok(vec![ip(1)]));
        // The two ways in which a name can be gone: an error, and a record without an address.
        for (act, words) in
            [(Act::Fails, "did not resolve: no such host"), (Act::Finds(vec![]), "has no address")]
        {
            script.now(act);
            assert_eq!(later(&names).await, Ok(vec![ip(1)]));
            let reason = names.failure("rpc.example").expect("the failure is told");
            assert!(reason.contains("rpc.example") && reason.contains(words), "{reason}");
        }
        script.now(Act::Finds(vec![ip(2)]));
        assert_eq!(later(&names).await, Ok(vec![ip(2)]), "a new address must be followed");
        assert_eq!(names.failure("rpc.example"), None);
    });
}

#[test]
fn a_name_that_stops_resolving_must_fail_where_the_settings_say_so() {
    // What the last good addresses are worth is measured against this.
    run(async {
        let (names, script) = scripted(Act::Finds(vec![ip(1)]));
        let names = Arc::into_inner(names).expect("nobody else has it");
        let names = Arc::new(Names { unresolved: Unresolved::Fails, ..names });
        assert_eq!(names.addresses("rpc.example").await, Ok(vec![ip(1)]));
        script.now(Act::Fails);
        let log = Arc::new(Log::default());
        let lines = tracing_subscriber::fmt().with_writer(Arc::clone(&log)).finish();
        let _logging = tracing::subscriber::set_default(lines);
        let reason = later(&names).await.expect_err("no such name");
        assert!(reason.contains("no such host"), "{reason}");
        // Whoever looks why nothing connects any more must find it in the log, once.
        assert!(later(&names).await.is_err());
        let told = log.text();
        assert_eq!(told.matches("new connections to the name fail").count(), 1, "{told}");
        script.now(Act::Finds(vec![ip(2)]));
        assert_eq!(later(&names).await, Ok(vec![ip(2)]));
    });
}

#[test]
fn a_name_that_never_resolved_must_say_so_and_be_asked_again() {
    run(async {
        let (names, script) = scripted(Act::Fails);
        let reason = names.addresses("rpc.example").await.expect_err("no such name");
        assert_eq!(reason, "name rpc.example did not resolve: no such host");
        assert_eq!(names.failure("rpc.example"), None, "there are no last good addresses");
        script.now(Act::Finds(vec![ip(1)]));
        assert_eq!(names.addresses("rpc.example").await, Ok(vec![ip(1)]));
    });
}

#[test]
fn a_slow_resolver_must_not_hold_connections_up_nor_pile_up_questions() {
    run(async {
        let (names, script) = scripted(Act::Finds(vec![ip(1)]));
        assert_eq!(names.addresses("rpc.example").await, Ok(vec![ip(1)]));
        script.now(Act::Hangs);
        let begun = Instant::now();
        assert_eq!(later(&names).await, Ok(vec![ip(1)]));
        let waited = begun.elapsed() - NAME_KEPT;
        assert!(waited >= NAME_AWAITED && waited < NAME_AWAITED * 2, "{waited:?}");
        // The question is still under way: nobody waits for it a second time, and there is no other.
        for _ in 0..100 {
            assert_eq!(names.addresses("rpc.example").await, Ok(vec![ip(1)]));
        }
        assert_eq!((begun.elapsed(), script.asked()), (NAME_KEPT + waited, 2));
        // One that never answers is given up, and asked anew.
        tokio::time::advance(NAME_TIME_MAX).await;
        tokio::task::yield_now().await;
        assert!(names.failure("rpc.example").is_some_and(|why| why.contains("timed out")));
        script.now(Act::Finds(vec![ip(2)]));
        assert_eq!(later(&names).await, Ok(vec![ip(2)]));
    });
}

#[test]
fn a_burst_of_connections_must_ask_for_their_name_once() {
    run(async {
        let (names, script) = scripted(Act::Finds(vec![ip(1)]));
        let burst = (0..50).map(|_| names.addresses("rpc.example"));
        for found in crate::task::in_order(burst, 50).await {
            assert_eq!(found, Ok(vec![ip(1)]));
        }
        assert_eq!(script.asked(), 1);
    });
}

#[test]
fn a_thread_that_ends_must_not_take_the_answer_for_others_along() {
    let (names, script) = scripted(Act::Hangs);
    block_on(async {
        let asking = tokio::spawn({
            let names = Arc::clone(&names);
            async move { names.addresses("rpc.example").await }
        });
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        assert!(!asking.is_finished());
    });
    // The runtime of the first question is gone, and its question with it.
    script.now(Act::Finds(vec![ip(1)]));
    assert_eq!(block_on(names.addresses("rpc.example")), Ok(vec![ip(1)]));
}

#[test]
fn what_one_thread_knows_of_a_name_must_serve_a_thread_that_never_connected() {
    let (names, script) = scripted(Act::Finds(vec![ip(1)]));
    let listener = block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let connector = |names: &Arc<Names>| {
        let endpoint = Endpoint::parse(&format!("http://rpc.example:{port}")).expect("a URL");
        Connector::over(endpoint, Arc::clone(names))
    };
    block_on(connector(&names).connect()).expect("a connection to the address of the name");
    script.now(Act::Fails);
    let shared = Arc::clone(&names);
    let other = connector(&names);
    std::thread::spawn(move || {
        block_on(async {
            // As long as a last answer is young nobody is asked; this one is to fail.
            shared.hosts().values_mut().for_each(|known| known.answered_at = None);
            other.connect().await.expect("a connection to the last good address");
            assert_eq!(other.last_address(), Some(ip(1)));
            assert!(other.name_failure().is_some());
        });
    })
    .join()
    .expect("the other thread connects");
}

#[test]
fn a_name_that_fails_must_be_noticed_while_connections_live_on() {
    run(async {
        let (names, script) = scripted(Act::Finds(vec![ip(1)]));
        assert_eq!(names.addresses("rpc.example").await, Ok(vec![ip(1)]));
        script.now(Act::Fails);
        assert_eq!(names.failure("rpc.example"), None);
        assert_eq!(script.asked(), 1, "it is not asked at each look");
        tokio::time::advance(NAME_WATCHED).await;
        assert_eq!(names.failure("rpc.example"), None);
        tokio::task::yield_now().await;
        assert!(names.failure("rpc.example").is_some());
        assert_eq!(script.asked(), 2);
    });
}

#[test]
fn a_dead_address_of_a_name_must_not_hide_the_living_one() {
    block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        // Nobody listens on the second loopback address.
        let (names, _) = scripted(Act::Finds(vec![ip(2), ip(1)]));
        let endpoint = Endpoint::parse(&format!("http://rpc.example:{port}")).expect("a URL");
        let connector = Connector::over(endpoint, names);
        connector.connect().await.expect("a connection to the living address");
        assert_eq!(connector.last_address(), Some(ip(1)));
    });
}

#[test]
fn names_must_not_fill_the_memory() {
    run(async {
        let (names, _) = scripted(Act::Finds(vec![ip(1)]));
        for number in 0..NAMES_MAX + 10 {
            assert!(names.addresses(&format!("{number}.example")).await.is_ok());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        let hosts = names.hosts();
        assert_eq!(hosts.len(), NAMES_MAX);
        assert!(!hosts.contains_key("0.example") && hosts.contains_key("10.example"));
    });
}

#[test]
fn the_systems_resolver_knows_this_machine() {
    let found = block_on(System.resolve("localhost".to_owned())).expect("it resolves");
    assert!(found.iter().all(IpAddr::is_loopback) && !found.is_empty(), "{found:?}");
    // An empty label is refused without asking any server.
    assert!(block_on(System.resolve("no..such".to_owned())).is_err());
}
