//! Sends the requests of a step as they come due.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use machine::Prng;
use runtime::client::{CallError, Client, Endpoint};
use runtime::http::{Bytes, HeaderMap, HeaderName, HeaderValue, Method};
use runtime::task::sync::{OwnedSemaphorePermit, Semaphore, watch};
use runtime::{clock, task};
use units::{Span, Timestamp};
use wire_binance::KEY_HEADER;
use wire_eth::write_request;

use super::answer::{Came, Fault, of_rpc, of_venue};
use super::figures::Figures;
use super::mix::{Call, Kind};
use super::plan::Capacity;
use crate::holder::Holder;
use crate::schedule::Schedule;
use crate::watch::{Watch, Watched};

/// The largest answer that is taken, in bytes: logs of a busy contract over some hundred blocks.
const ANSWER_BYTES: usize = 16 << 20;

/// How long after everything is ready the first request of a step is due.
const LEAD: Span = Span::from_millis(50);

/// How often is told how far a step is.
const TOLD_EVERY: Span = Span::from_millis(250);

/// Requests that are started without a look at what has come, where the load is behind: others have their turn, too.
const STARTED_MAX: u32 = 64;

/// How long is waited for answers once the run is broken off.
const BREAK_OFF: Span = Span::from_millis(500);

/// The most clients: the addresses of a network of this machine.
const CLIENTS_MAX: usize = 250;

/// What sends.
#[derive(Debug)]
pub(crate) struct Driver {
    clients: Vec<Client>,
    base_path: String,
    account: Option<Account>,
    patience: Span,
    in_time: Span,
    places: Arc<Semaphore>,
    places_all: u32,
    last_id: AtomicU64,
}

/// Who orders.
#[derive(Debug)]
struct Account {
    headers: HeaderMap,
    holder: Holder,
}

/// A request that is ready to be sent.
enum Ready {
    Rpc { id: u64, body: Bytes },
    Web { method: Method, target: String, is_signed: bool },
}

/// What came of a step.
#[derive(Debug)]
pub(crate) struct Stepped {
    pub(crate) figures: Figures,
    pub(crate) watched: Watched,
    pub(crate) lasted: Span,
    pub(crate) is_broken_off: bool,
}

/// What the requests of a step share.
#[derive(Debug)]
struct Count {
    figures: Mutex<Figures>,
    watch: Mutex<Watch>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Driver {
    /// What sends a plan's requests.
    ///
    /// # Errors
    /// Where the key cannot be sent.
    pub(crate) fn new(plan: &Capacity) -> Result<Self, String> {
        let account = plan.account.as_ref().map(|holder| {
            let mut headers = HeaderMap::new();
            let key = HeaderValue::from_str(&holder.key);
            let mut key = key.map_err(|_| "the key cannot be sent in a header".to_owned())?;
            key.set_sensitive(true);
            headers.insert(HeaderName::from_static(KEY_HEADER), key);
            Ok::<_, String>(Account { headers, holder: holder.clone() })
        });
        let clients = sources(plan.clients).map(|source| {
            let endpoint: Endpoint = plan.endpoint.clone();
            Client::new(
                match source {
                    Some(source) => endpoint.from_address(source),
                    None => endpoint,
                },
                ANSWER_BYTES,
            )
        });
        let places_all = u32::try_from(plan.under_way).unwrap_or(u32::MAX);
        Ok(Self {
            clients: clients.collect(),
            base_path: plan.endpoint.base_path().trim_end_matches('/').to_owned(),
            account: account.transpose()?,
            patience: plan.patience,
            in_time: plan.in_time,
            places: Arc::new(Semaphore::new(plan.under_way)),
            places_all,
            last_id: AtomicU64::new(0),
        })
    }

    /// Sends one call, and gives what came of it; with the words of the error where there was no answer.
    pub(crate) async fn try_once(&self, call: &Call, prng: &mut Prng) -> (Came, Option<String>) {
        let ready = self.ready(call, prng);
        match self.send(0, &ready).await {
            Ok(came) => (came, None),
            Err(error) => (Came::Failed(Fault::from(&error)), Some(error.to_string())),
        }
    }

    /// A step: so many requests a second for so long, drawn from the seed.
    pub(crate) async fn step(
        self: &Arc<Self>,
        plan: &Capacity,
        (per_second, seed): (u32, u64),
        stopped: &mut watch::Receiver<bool>,
        tell: &dyn Fn(Span, &Figures),
    ) -> Stepped {
        let start = clock::now().after(LEAD);
        let until = start.after(plan.step_lasts);
        let count = Arc::new(Count {
            figures: Mutex::new(Figures::new(self.in_time, until)),
            watch: Mutex::new(Watch::new()),
        });
        let schedule = Schedule::new(start, per_second, plan.step_lasts, seed);
        let mut prng = Prng::new(seed.wrapping_add(1));
        let (mut told, mut started) = (start, 0_u32);
        let mut is_broken_off = false;
        for (nth, due) in schedule.enumerate() {
            let now = clock::now();
            if due > now {
                started = 0;
                task::select! {
                    () = clock::sleep_until(due) => {}
                    () = stop(stopped) => is_broken_off = true,
                }
            } else if started >= STARTED_MAX {
                started = 0;
                is_broken_off = *stopped.borrow();
                // Ends when all that is ready has had its turn.
                let _turn_over = task::spawn(async {}).await.is_ok();
            }
            if is_broken_off {
                break;
            }
            started = started.saturating_add(1);
            let Some(call) = plan.mix.draw(&mut prng) else { break };
            self.begin(nth, due, self.ready(call, &mut prng), &count);
            if due.since(told) >= TOLD_EVERY {
                told = due;
                tell(due.since(start), &held(&count.figures));
            }
        }
        let lasted = if is_broken_off { clock::now().since(start) } else { plan.step_lasts };
        // How busy the load was while it sent; how late, also of what had its turn last.
        let busy = held(&count.watch).end();
        is_broken_off |= !self.rest(stopped).await;
        let figures = held(&count.figures).clone();
        let whole = held(&count.watch).end();
        let watched = Watched { lag_p99: whole.lag_p99, lag_max: whole.lag_max, ..busy };
        Stepped { figures, watched, lasted, is_broken_off }
    }

    /// Waits for what is under way; false where the run is broken off.
    async fn rest(&self, stopped: &mut watch::Receiver<bool>) -> bool {
        let all = self.places.acquire_many(self.places_all);
        task::select! {
            _all_are_back = all => true,
            () = async { stop(stopped).await; clock::sleep(BREAK_OFF).await } => false,
        }
    }

    /// Starts a request, where one more may be under way.
    fn begin(self: &Arc<Self>, nth: usize, due: Timestamp, ready: Ready, count: &Arc<Count>) {
        held(&count.figures).offer();
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            held(&count.figures).leave(self.patience);
            held(&count.watch).lag(clock::now().since(due));
            return;
        };
        drop(task::spawn(one(Arc::clone(self), nth, (due, ready), Arc::clone(count), place)));
    }

    fn ready(&self, call: &Call, prng: &mut Prng) -> Ready {
        match &call.kind {
            Kind::Rpc { method, params } => {
                let id = self.last_id.fetch_add(1, Ordering::Relaxed);
                let body = write_request(id, method, Some(&params.fill(prng)));
                Ready::Rpc { id, body: body.into() }
            }
            Kind::Web { method, path, is_signed } => Ready::Web {
                method: method.clone(),
                target: format!("{}{}", self.base_path, path.fill(prng)),
                is_signed: *is_signed,
            },
        }
    }

    async fn send(&self, nth: usize, ready: &Ready) -> Result<Came, CallError> {
        let at = nth.checked_rem(self.clients.len()).unwrap_or(0);
        let client = self.clients.get(at).expect("invariant: there is at least one client");
        match ready {
            Ready::Rpc { id, body } => {
                let answer = client.post(body.clone(), &HeaderMap::new(), self.patience).await?;
                Ok(of_rpc(answer.status.as_u16(), &answer.body, *id))
            }
            Ready::Web { method, target, is_signed } => {
                let none = HeaderMap::new();
                let (target, headers) = match &self.account {
                    Some(account) if *is_signed => (account.signed(target), &account.headers),
                    _ => (target.clone(), &none),
                };
                let answer = client.send(method, &target, headers, (b"", self.patience)).await?;
                Ok(of_venue(answer.status.as_u16(), &answer.body))
            }
        }
    }
}

/// One request, from when it has its turn until what became of it is counted.
async fn one(
    driver: Arc<Driver>,
    nth: usize,
    (due, ready): (Timestamp, Ready),
    count: Arc<Count>,
    place: OwnedSemaphorePermit,
) {
    held(&count.watch).lag(clock::now().since(due));
    held(&count.figures).send();
    let sent = driver.send(nth, &ready).await;
    let came = sent.unwrap_or_else(|error| Came::Failed(Fault::from(&error)));
    held(&count.figures).end(due, clock::now(), came);
    drop(place);
}

/// Ends when the run is to be broken off, which it is, too, when nobody is left who could.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    let _ended = stopped.wait_for(|stop| *stop).await.is_ok();
}

impl Account {
    /// A path and query with the time and the signature of the account.
    fn signed(&self, target: &str) -> String {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let join = if query.is_empty() { "" } else { "&" };
        let query = format!("{query}{join}timestamp={}", clock::unix_time().as_millis());
        let signature = self.holder.secret.sign([query.as_bytes()]);
        format!("{path}?{query}&signature={}", signature.hex())
    }
}

/// Where the clients come from: addresses of this machine where there is more than one, by which servers tell them apart.
fn sources(clients: usize) -> impl Iterator<Item = Option<IpAddr>> {
    let address = move |nth: u8| (clients > 1).then_some(IpAddr::V4(Ipv4Addr::new(127, 0, 1, nth)));
    (1..=u8::MAX).take(clients.clamp(1, CLIENTS_MAX)).map(address)
}
