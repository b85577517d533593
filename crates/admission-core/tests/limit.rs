//! What a limit comes to before servers of which everything is known.

use admission_core::{Limit, LimitSettings, Sample};
use units::{Span, Timestamp};

/// A server that works on `workers` pieces of work at a time, `service_ms` each; the rest waits in it.
struct Server {
    workers: u64,
    service_ms: u64,
    /// When each worker is free, and what is under way: (sent, done), in microseconds.
    free_at: Vec<u64>,
    under_way: Vec<(u64, u64)>,
    answered: (u32, Span),
    /// After how long work is given up that is under way, in microseconds, and how much of it was.
    patience: u64,
    given_up: u32,
    peak: u32,
    most: u32,
    done: u64,
}

impl Server {
    fn new(workers: u64, service_ms: u64) -> Self {
        let free_at = vec![0; usize::try_from(workers).expect("few")];
        let (under_way, answered) = (Vec::new(), (0, Span::ZERO));
        let (patience, given_up) = (u64::MAX, 0);
        let (peak, most, done) = (0, 0, 0);
        Self {
            workers,
            service_ms,
            free_at,
            under_way,
            answered,
            patience,
            given_up,
            peak,
            most,
            done,
        }
    }

    fn send(&mut self, micros: u64) {
        let worker = self.free_at.iter_mut().min().expect("a worker");
        let done = (*worker).max(micros) + self.service_ms * 1_000;
        *worker = done;
        self.under_way.push((micros, done));
        let count = u32::try_from(self.under_way.len()).expect("few");
        self.peak = self.peak.max(count);
        self.most = self.most.max(count);
    }

    fn advance(&mut self, micros: u64) {
        for (sent, done) in self.under_way.extract_if(.., |(_, done)| *done <= micros) {
            self.answered.0 += 1;
            self.answered.1 = self.answered.1.plus(Span::from_micros(done - sent));
            self.done += 1;
        }
        // Its worker goes on with it all the same.
        let patience = self.patience;
        let late = |(sent, _): &mut (u64, u64)| micros - *sent >= patience;
        let given_up = self.under_way.extract_if(.., late).count();
        self.given_up += u32::try_from(given_up).expect("few");
    }
}

fn at(micros: u64) -> Timestamp {
    Timestamp::ZERO.after(Span::from_secs(3_600)).after(Span::from_micros(micros))
}

/// Runs a server for so many seconds under an open load that waits before the limit, beginning at `from`.
fn run(limit: &mut Limit, server: &mut Server, from: u64, seconds: u64, rate: u64) {
    let mut queued = 0;
    for milli in from * 1_000..(from + seconds) * 1_000 {
        let micros = milli * 1_000;
        server.advance(micros);
        queued += (milli + 1) * rate / 1_000 - milli * rate / 1_000;
        while queued > 0 && (server.under_way.len() as u64) < u64::from(limit.get()) {
            queued -= 1;
            server.send(micros);
        }
        queued = queued.min(10_000);
        if milli % 50 == 0 {
            let answered = [core::mem::take(&mut server.answered)];
            let peak = core::mem::take(&mut server.peak);
            let given_up = core::mem::take(&mut server.given_up);
            let sample = Sample { answered: &answered, failed: 0, given_up, throttled: 0, peak };
            limit.observe(at(micros), &sample);
        }
    }
}

#[test]
fn a_server_that_works_on_what_was_given_up_gets_time_to_catch_up() {
    // 2021-12-07: all that was sent waited behind what nobody waited for any more, was given up in its turn and sent
    // again, and seen from outside the server had little to do.
    let (mut limit, mut server) = (fresh(), Server::new(1, 16));
    run(&mut limit, &mut server, 0, 5, 20);
    server.patience = 200_000;
    // Something else has kept it busy for four seconds.
    server.free_at[0] += 4_000_000;
    run(&mut limit, &mut server, 5, 10, 200);
    let before = server.done;
    run(&mut limit, &mut server, 15, 10, 200);
    let done = server.done - before;
    // Without time to catch up it would be none at all, for ever.
    assert!(done >= 250, "{done} of 600 that it could do, at a limit of {}", limit.get());
}

fn fresh() -> Limit {
    Limit::new(LimitSettings::default(), at(0))
}

#[test]
fn a_lasting_overload_must_not_pile_up_in_the_server() {
    // 8 at a time for 20 ms each is 400 a second; five minutes of 20,000 a second must not swamp it, and
    // must not leave it idle.
    let (mut limit, mut server) = (fresh(), Server::new(8, 20));
    run(&mut limit, &mut server, 0, 10, 100);
    let before = server.done;
    run(&mut limit, &mut server, 10, 300, 20_000);
    // Half as much again as the 20 that it starts with, for the span in which the flood began.
    assert!(server.most <= 30, "{} at once", server.most);
    assert!(server.done - before >= 300 * 390, "{} done", server.done - before);
}

#[test]
fn a_large_server_is_made_full_use_of_within_seconds() {
    let (mut limit, mut server) = (fresh(), Server::new(300, 50));
    run(&mut limit, &mut server, 0, 10, 6_000);
    assert!(limit.get() >= 290, "{}", limit.get());
    let before = server.done;
    run(&mut limit, &mut server, 10, 10, 6_000);
    assert!(server.done - before >= 59_000, "{} done", server.done - before);
}

#[test]
fn one_that_comes_back_starts_low_and_is_full_again_within_ten_seconds() {
    // The storm that met the first node to return is why it fell again (2020-11-11, 12:37 UTC).
    let (mut limit, mut server) = (fresh(), Server::new(40, 25));
    run(&mut limit, &mut server, 0, 20, 1_000);
    limit.restart(at(20_000_000));
    assert_eq!(limit.get(), 4);
    let mut server = Server::new(40, 25);
    run(&mut limit, &mut server, 20, 1, 50_000);
    assert!(server.most <= 20, "{} at once in the first second", server.most);
    run(&mut limit, &mut server, 21, 4, 50_000);
    let before = server.done;
    run(&mut limit, &mut server, 25, 5, 50_000);
    let done = server.done - before;
    assert!(done >= 5 * 1_550, "{done} of {}", 5 * server.workers * 1_000 / server.service_ms);
    assert!(server.most <= 90, "{} at once", server.most);
}

#[test]
fn a_quiet_server_keeps_its_limit() {
    // Latency that is not of our making must not shut the door: here it doubles at no load at all.
    let (mut limit, mut server) = (fresh(), Server::new(100, 40));
    run(&mut limit, &mut server, 0, 20, 50);
    server.service_ms = 120;
    run(&mut limit, &mut server, 20, 20, 50);
    assert!(limit.get() >= 20, "{}", limit.get());
}

#[test]
fn a_server_that_became_slower_for_good_is_learnt_anew() {
    // A provider that moved to another continent in the middle of a flood must not stay at four for ever.
    let (mut limit, mut server) = (fresh(), Server::new(60, 10));
    run(&mut limit, &mut server, 0, 10, 3_000);
    server.service_ms = 150;
    run(&mut limit, &mut server, 10, 60, 3_000);
    let before = server.done;
    run(&mut limit, &mut server, 70, 10, 3_000);
    assert!(server.done - before >= 10 * 350, "{} done at {}", server.done - before, limit.get());
}

#[test]
fn another_mix_of_work_is_no_overload() {
    // Searches of logs take a hundred times what a balance takes, and always did.
    let mut limit = fresh();
    let quick = (100, Span::from_millis(200));
    let slow = (100, Span::from_secs(20));
    let none = (0, Span::ZERO);
    for (second, answered) in [[quick, slow], [quick, none], [none, slow], [none, slow]]
        .into_iter()
        .cycle()
        .take(40)
        .zip(0..)
        .map(|(answered, second)| (second, answered))
    {
        let sample =
            Sample { answered: &answered, failed: 0, given_up: 0, throttled: 0, peak: 1_000 };
        limit.observe(at(second * 1_000_000), &sample);
    }
    assert!(limit.get() > 100, "{}", limit.get());
}

#[test]
fn failures_and_rate_limits_shrink_it_and_single_ones_do_not() {
    let answered = [(100, Span::from_millis(500))];
    let after = |failed, throttled| {
        let mut limit = fresh();
        for second in 1..5 {
            let sample = Sample { answered: &answered, failed, given_up: 0, throttled, peak: 1 };
            limit.observe(at(second * 1_000_000), &sample);
        }
        limit.get()
    };
    assert_eq!(after(0, 0), 20);
    assert_eq!(after(2, 0), 20);
    assert_eq!(after(60, 0), 6);
    assert_eq!(after(0, 1), 6);
}
