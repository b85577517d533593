//! As fast as it goes: each line asks the next as soon as it has the answer to the one before.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use runtime::{clock, task};
use units::{Span, Timestamp};

use crate::ask::{Ask, Terms};
use crate::door::{Door, Way};
use crate::holder::Holder;
use crate::report::Figures;
use crate::tally::Tally;
use crate::watch::{Watch, Watched};

/// How long an answer may take before the line goes on.
const PATIENCE: Span = Span::from_secs(5);

/// How long everything has to open.
const LEAD: Span = Span::from_millis(300);

/// Who asks as fast as it goes, and how.
#[derive(Clone, Debug)]
pub struct Closed {
    /// The venue.
    pub venue: SocketAddr,
    /// How they come.
    pub way: Way,
    /// Who they are.
    pub holders: Vec<Holder>,
    /// What each has under way at once.
    pub lines: usize,
    /// For how long.
    pub lasts: Span,
    /// What it is about.
    pub terms: Terms,
}

/// Sends new risk as fast as it is answered, and gives what was done, how long each took from when it was sent, and
/// whether the load was the limit.
///
/// # Errors
/// Where a client cannot be made.
pub async fn closed(how: &Closed) -> Result<(Figures, Watched), String> {
    let tally = Arc::new(Mutex::new(Tally::new(PATIENCE)));
    let doors = how.holders.iter().map(|holder| Door::open(how.way, how.venue, holder));
    let doors: Vec<_> = doors.map(|door| door.map(Arc::new)).collect::<Result<_, _>>()?;
    clock::sleep(LEAD).await;
    let watch = Watch::new();
    let until = clock::now().after(how.lasts);
    let lines = doors.iter().flat_map(|door| (0..how.lines.max(1)).map(move |_| door));
    let lines =
        lines.map(|door| task::spawn(line(Arc::clone(door), how.terms, until, Arc::clone(&tally))));
    for line in lines.collect::<Vec<_>>() {
        line.await.map_err(|_| "a line ended in a panic".to_owned())?;
    }
    let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((Figures::new(&tally), watch.end()))
}

async fn line(door: Arc<Door>, terms: Terms, until: Timestamp, tally: Arc<Mutex<Tally>>) {
    let request = Ask::NewRisk.request(&terms, None);
    loop {
        let began = clock::now();
        if began >= until {
            return;
        }
        let answer = door.ask(&request, PATIENCE).await;
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.offered = tally.offered.saturating_add(1);
        tally.sent = tally.sent.saturating_add(1);
        tally.end(began, clock::now(), answer);
    }
}
