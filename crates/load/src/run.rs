//! Carries a plan out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::task::sync::{Notify, mpsc, watch};
use runtime::{clock, task};
use units::{Span, Timestamp};

use crate::ask::{Ask, Terms};
use crate::door::Door;
use crate::outcome::Answer;
use crate::plan::{Group, Insist, Plan};
use crate::report::{Figures, GroupReport, Report};
use crate::schedule::Schedule;
use crate::tally::Tally;
use crate::watch::Watch;

/// How long after everything is open the first request is due.
const LEAD: Span = Span::from_millis(300);

/// What the tasks of a run share.
#[derive(Debug)]
struct Crowd {
    terms: Terms,
    group: Group,
    seats: Vec<Seat>,
    tally: Mutex<Tally>,
    watch: Arc<Mutex<Watch>>,
}

/// A client's place.
#[derive(Debug)]
struct Seat {
    door: Door,
    waiting: Mutex<VecDeque<Job>>,
    wake: Notify,
}

/// A request that is due.
#[derive(Clone, Copy, Debug)]
struct Job {
    due: Timestamp,
    ask: Ask,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries a plan out on the runtime of the calling thread, which does nothing else meanwhile, and gives what it has
/// shown. It takes as long as requests are due, and as their last answers take.
///
/// # Errors
/// Where a client cannot be made.
pub async fn run(plan: &Plan) -> Result<Report, String> {
    let watching = Arc::new(Mutex::new(Watch::new()));
    let crowds: Vec<Arc<Crowd>> = plan
        .groups
        .iter()
        .map(|group| open(plan, group, &watching).map(Arc::new))
        .collect::<Result<_, _>>()?;
    // Sockets open before the clock runs: their clients are there already when it begins.
    clock::sleep(LEAD).await;
    let (stop, stopped) = watch::channel(false);
    let lines = crowds.iter().flat_map(|crowd| lines(crowd, &stopped));
    let lines: Vec<task::JoinHandle<()>> = lines.collect();
    *held(&watching) = Watch::new();
    let start = clock::now().after(LEAD);
    let callers = crowds.iter().zip(1_u64..).map(|(crowd, nth)| {
        let seed = plan.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(nth);
        let schedule = Schedule::new(start, crowd.group.per_second, plan.lasts, seed);
        task::spawn(call(Arc::clone(crowd), schedule))
    });
    let callers: Vec<_> = callers.collect();
    for caller in callers {
        for insisting in caller.await.map_err(|_| "a caller ended in a panic".to_owned())? {
            insisting.await.map_err(|_| "a client ended in a panic".to_owned())?;
        }
    }
    let watched = held(&watching).end();
    let _lines_are_left = stop.send(true).is_ok();
    for line in lines {
        line.await.map_err(|_| "a line ended in a panic".to_owned())?;
    }
    let groups = crowds.iter().map(|crowd| GroupReport {
        name: crowd.group.name.clone(),
        class: crowd.group.class,
        figures: Figures::new(&held(&crowd.tally)),
    });
    Ok(Report { seed: plan.seed, lasts: plan.lasts, groups: groups.collect(), watched })
}

fn open(plan: &Plan, group: &Group, watch: &Arc<Mutex<Watch>>) -> Result<Crowd, String> {
    let seat = |holder| {
        let door = Door::open(group.way, plan.venue, holder)?;
        Ok::<_, String>(Seat { door, waiting: Mutex::default(), wake: Notify::new() })
    };
    Ok(Crowd {
        terms: plan.terms,
        group: group.clone(),
        seats: group.holders.iter().map(seat).collect::<Result<_, _>>()?,
        tally: Mutex::new(Tally::new(plan.in_time)),
        watch: Arc::clone(watch),
    })
}

/// The lines of all clients of a group that does not insist.
fn lines(crowd: &Arc<Crowd>, stopped: &watch::Receiver<bool>) -> Vec<task::JoinHandle<()>> {
    if crowd.group.insist.is_some() {
        return Vec::new();
    }
    let of_seat = |seat: usize| (0..crowd.group.lines.max(1)).map(move |_| seat);
    let start = |seat| task::spawn(line(Arc::clone(crowd), seat, stopped.clone()));
    (0..crowd.seats.len()).flat_map(of_seat).map(start).collect()
}

/// Hands requests over as they come due. Whoever insists is a task of his own, which is given back.
async fn call(crowd: Arc<Crowd>, schedule: Schedule) -> Vec<task::JoinHandle<()>> {
    let mut insisting = Vec::new();
    let (asks, seats) = (crowd.group.asks.len().max(1), crowd.seats.len().max(1));
    for (nth, due) in schedule.enumerate() {
        if due > clock::now() {
            clock::sleep_until(due).await;
        }
        held(&crowd.watch).lag(clock::now().since(due));
        let Some(ask) = crowd.group.asks.get(nth % asks).copied() else { break };
        {
            let mut tally = held(&crowd.tally);
            tally.offered = tally.offered.saturating_add(1);
        }
        let job = Job { due, ask };
        match crowd.group.insist {
            Some(how) => {
                let crowd = Arc::clone(&crowd);
                insisting.push(task::spawn(insist(crowd, nth, job, how)));
            }
            None => queue(&crowd, nth % seats, job),
        }
    }
    insisting
}

/// Lets a request wait for a line. Where as many wait as there are lines the oldest goes: a client whose market moves on
/// does not send what he wanted a while ago.
fn queue(crowd: &Crowd, seat: usize, job: Job) {
    let Some(seat) = crowd.seats.get(seat) else { return };
    let mut waiting = held(&seat.waiting);
    waiting.push_back(job);
    let too_many = waiting.len() > crowd.group.lines.max(1);
    let gone = too_many.then(|| waiting.pop_front()).flatten();
    drop(waiting);
    seat.wake.notify_one();
    if gone.is_some() {
        let mut tally = held(&crowd.tally);
        tally.unsent = tally.unsent.saturating_add(1);
    }
}

/// A line: sends one request after the other until the run has stopped.
async fn line(crowd: Arc<Crowd>, seat: usize, mut stopped: watch::Receiver<bool>) {
    let Some(seat) = crowd.seats.get(seat) else { return };
    loop {
        let job = held(&seat.waiting).pop_front();
        let Some(job) = job else {
            task::select! {
                () = seat.wake.notified() => continue,
                _ = stopped.wait_for(|stop| *stop) => return,
            }
        };
        {
            let mut tally = held(&crowd.tally);
            tally.sent = tally.sent.saturating_add(1);
        }
        let request = job.ask.request(&crowd.terms, None);
        let answer = seat.door.ask(&request, crowd.group.patience).await;
        held(&crowd.tally).end(job.due, clock::now(), answer);
    }
}

/// Asks again and again for the same, under the same name, until somebody says what has become of it.
async fn insist(crowd: Arc<Crowd>, nth: usize, job: Job, how: Insist) {
    let (names, seats) = (crowd.group.names.max(1), crowd.seats.len().max(1));
    let seat = (nth / names) % seats;
    let Some(name) = crowd.seats.get(seat).map(|_| format!("load-{}", nth % names)) else { return };
    {
        let mut tally = held(&crowd.tally);
        tally.sent = tally.sent.saturating_add(1);
    }
    let give_up = job.due.after(how.for_long);
    let (told, mut answers) = mpsc::channel(1);
    let mut last = Answer::Lost;
    let mut attempt = 0_u32;
    let answer = loop {
        let now = clock::now();
        if now >= give_up {
            break last;
        }
        let asking = (Arc::clone(&crowd), seat, job.ask, name.clone());
        drop(task::spawn(attempt_one(asking, attempt, told.clone())));
        let again = now.after(how.every);
        let heard = listen(&mut answers, again.min(give_up), &mut last).await;
        if let Some(answer) = heard {
            break answer;
        }
        attempt = attempt.saturating_add(1);
        let mut tally = held(&crowd.tally);
        tally.repeats = tally.repeats.saturating_add(1);
    };
    held(&crowd.tally).end(job.due, clock::now(), answer);
}

/// Asks once under a name, and tells what came of it.
async fn attempt_one(
    (crowd, seat, ask, name): (Arc<Crowd>, usize, Ask, String),
    attempt: u32,
    told: mpsc::Sender<(u32, Answer)>,
) {
    let Some(seat) = crowd.seats.get(seat) else { return };
    let request = ask.request(&crowd.terms, Some(&name));
    let answer = seat.door.ask(&request, crowd.group.patience).await;
    // Whoever knows already what became of it does not listen any more.
    let _heard = told.send((attempt, answer)).await.is_ok();
}

/// Waits for an answer that settles it, until it is time to ask again.
async fn listen(
    answers: &mut mpsc::Receiver<(u32, Answer)>,
    until: Timestamp,
    last: &mut Answer,
) -> Option<Answer> {
    loop {
        let heard = task::select! {
            heard = answers.recv() => heard,
            () = clock::sleep_until(until) => return None,
        };
        let (attempt, answer) = heard?;
        let answer = if attempt > 0 { answer.of_repeat() } else { answer };
        if answer.is_final() {
            return Some(answer);
        }
        if answer != Answer::Lost {
            *last = answer;
        }
    }
}
