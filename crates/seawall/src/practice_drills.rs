//! Drills on the page of the practice world: one at a time, in a thread of its own.

mod standing;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ::drill::{Defences, Drilled, Form, Library, Request as Wanted};
use incident::Watch;
use practice_page::{DrillResult, DrillRow, DrillRunning, drills as panel, pressed, refusal};
use runtime::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};

use standing::{Ended, Standing};

/// Where the drills are on the page's server.
pub(crate) const BASE: &str = "/practice/drills";

/// The seed of drills that the page starts: that of the command line.
const SEED: u64 = 1;

/// How long a stop waits for the run that is under way, so that the parts that it has started end with it. A live run
/// takes no longer; one in simulated time has started nothing and ends with the process.
const STOP_PATIENCE: Duration = Duration::from_secs(20);

/// How often it looks meanwhile.
const STOP_LOOK: Duration = Duration::from_millis(50);

/// What a page of a drill may load: nothing. It holds its style and its drawings itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// The drills of a practice world.
#[derive(Clone, Debug)]
pub(crate) struct Drills(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    library: Library,
    rows: Vec<DrillRow>,
    standing: Standing,
    is_stopped: AtomicBool,
}

/// Who is told how far the drill is.
#[derive(Debug)]
struct Looker(Drills);

impl Watch for Looker {
    fn progress(&self, per_mille: u32, now: &str) {
        self.0.0.standing.progress(per_mille, now);
    }

    fn is_stopped(&self) -> bool {
        self.0.0.is_stopped.load(Ordering::Relaxed)
    }
}

impl Drills {
    /// The drills of a library, with the other versions of their days.
    pub(crate) fn new(library: Library) -> Self {
        // That one of the files is wrong is what a test of theirs looks for; the page then has none.
        let incidents = library.incidents().unwrap_or_default();
        let mut rows = Vec::new();
        for incident in incidents {
            let (title, minutes) = (incident.title, incident.minutes);
            for profile in &incident.profiles {
                let name = format!("{}-{}", incident.id, profile.id);
                rows.push(DrillRow { name, title: format!("{title}: {}", profile.name), minutes });
            }
            let at = rows.len() - incident.profiles.len();
            rows.insert(at, DrillRow { name: incident.id, title, minutes });
        }
        let (standing, is_stopped) = (Standing::default(), AtomicBool::new(false));
        Self(Arc::new(Inner { library, rows, standing, is_stopped }))
    }

    /// The panel of the page.
    pub(crate) fn panel_html(&self) -> String {
        let (running, ended) = self.0.standing.views();
        panel(BASE, &self.0.rows, running.as_ref(), &ended)
    }

    /// Answers `GET /practice/drills`, the list as JSON; `POST /practice/drills/NAME`, which starts one (all of it, or
    /// with `form=short` its short form); and `GET /practice/drills/NAME`, the page of the last one of that name.
    pub(crate) async fn handle(&self, mut request: Request) -> Response {
        let path = request.path().trim_end_matches('/').to_owned();
        let name = path.strip_prefix(BASE).unwrap_or_default().trim_start_matches('/');
        if name.is_empty() {
            return match pressed(&mut request, true).await {
                Err(refusal) => refusal,
                Ok(_) => Response::json(StatusCode::OK, self.overview()),
            };
        }
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return self.page(name);
        }
        match pressed(&mut request, false).await {
            Err(refusal) => refusal,
            Ok(None) => Response::json(StatusCode::OK, self.overview()),
            Ok(Some(press)) => {
                let is_short = press.query().split('&').any(|pair| pair == "form=short");
                let form = if is_short { Form::Short } else { Form::Full };
                let started = self.start(name, form).map_err(|(status, why)| refusal(status, &why));
                press.answer(started, || self.overview())
            }
        }
    }

    fn page(&self, name: &str) -> Response {
        let Some(html) = self.0.standing.page(name) else {
            let is_known = self.0.rows.iter().any(|row| row.name == name);
            let why = no_page(name, is_known, self.0.standing.views().0.as_ref());
            return refusal(StatusCode::NOT_FOUND, &why);
        };
        Response::new(StatusCode::OK, "text/html; charset=utf-8", html)
            .with_header(
                HeaderName::from_static("content-security-policy"),
                HeaderValue::from_static(POLICY),
            )
            .with_header(
                HeaderName::from_static("x-content-type-options"),
                HeaderValue::from_static("nosniff"),
            )
            .with_header(
                HeaderName::from_static("cache-control"),
                HeaderValue::from_static("no-cache"),
            )
    }

    /// Starts a drill of the list; a path of a file is none of them.
    fn start(&self, name: &str, form: Form) -> Result<(), (StatusCode, String)> {
        if !self.0.rows.iter().any(|row| row.name == name) {
            return Err((StatusCode::NOT_FOUND, unknown(name)));
        }
        if !self.0.standing.begin(name) {
            let why = "a drill is running; there is one at a time".to_owned();
            return Err((StatusCode::CONFLICT, why));
        }
        let (drills, name) = (self.clone(), name.to_owned());
        let thread = std::thread::Builder::new().name("drill".to_owned());
        match thread.spawn(move || drills.run(&name, form)) {
            Ok(thread) => self.0.standing.keep(thread),
            Err(error) => {
                self.0.standing.end(Err(format!("there is no thread for it: {error}")));
            }
        }
        Ok(())
    }

    fn run(&self, name: &str, form: Form) {
        let wanted = Wanted { seed: SEED, defences: Defences::Each, form, portfolio: None };
        let run = || {
            let found = self.0.library.find(name)?;
            ::drill::run(&self.0.library, &found, &wanted, &Looker(self.clone()))
        };
        // A drill that ends in a panic must not keep the page from starting others.
        let came = match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(drilled)) => Ok(ended(&drilled)),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("it ended in a panic; the log says why".to_owned()),
        };
        if let Err(why) = &came {
            tracing::warn!(drill = name, why, "a drill could not be run");
        }
        self.0.standing.end(came);
    }

    /// Makes the drill that runs, if there is one, end after the run that is under way, and waits for that.
    pub(crate) fn stop(&self) {
        self.0.is_stopped.store(true, Ordering::Relaxed);
        let Some(thread) = self.0.standing.thread() else { return };
        let until = Instant::now() + STOP_PATIENCE;
        while !thread.is_finished() && Instant::now() < until {
            std::thread::sleep(STOP_LOOK);
        }
        join(thread);
    }

    fn overview(&self) -> String {
        let names: Vec<&str> = self.0.rows.iter().map(|row| row.name.as_str()).collect();
        let (running, ended) = self.0.standing.views();
        let running = running.map(
            |it| serde_json::json!({"drill": it.name, "per_mille": it.per_mille, "said": it.said}),
        );
        let ended = ended.iter().map(|it| match &it.came {
            Ok(came) => serde_json::json!({
                "drill": it.name, "holds": came.holds, "short": came.is_short, "page": format!("{BASE}/{}", it.name),
                "damage": came.lines,
            }),
            Err(why) => serde_json::json!({"drill": it.name, "why": why}),
        });
        let ended: Vec<_> = ended.collect();
        format!("{:#}\n", serde_json::json!({"drills": names, "running": running, "ended": ended}))
    }
}

fn unknown(name: &str) -> String {
    format!("there is no drill `{name}`; GET {BASE} lists them")
}

/// Why there is no page of a drill (yet).
fn no_page(name: &str, is_known: bool, running: Option<&DrillRunning>) -> String {
    match running {
        _ if !is_known => unknown(name),
        Some(running) if running.name == name => {
            let percent = running.per_mille / 10;
            format!(
                "`{name}` is running, {percent} % are done; its page is here when it is over, and GET {BASE} tells how far it is"
            )
        }
        _ => format!("there is no result of `{name}` yet; POST here starts it"),
    }
}

/// Waits for a thread that has ended; another one is left to the end of the process.
fn join(thread: JoinHandle<()>) {
    if thread.is_finished() && thread.join().is_err() {
        tracing::error!("the drill's thread ended in a panic");
    }
}

/// What the page shows of a drill, and the drill's own page.
fn ended(drilled: &Drilled) -> Ended {
    let incident = &drilled.incident;
    let cell = |case: &str, metric: &incident::Metric| {
        let value = drilled.outcome(case).and_then(|outcome| outcome.get(&metric.id));
        value.map_or_else(|| "\u{2013}".to_owned(), |value| metric.unit.show(value))
    };
    let lines = incident.metrics.iter();
    let lines = lines
        .map(|metric| [metric.name.clone(), cell("off", metric), cell("on", metric)])
        .collect();
    let is_short = drilled.form == Form::Short;
    let result = DrillResult { is_short, holds: drilled.holds(), lines };
    Ended { result, page: ::drill::report_of_one(drilled, "/") }
}

#[cfg(test)]
mod tests;
