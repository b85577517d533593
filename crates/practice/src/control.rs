//! The control surface: HTTP under `/practice` for curl and for the buttons of the page.

use runtime::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::json;
use units::Span;

use crate::fault::{Breakage, Faults, Garble, GarbleKind, Lie};
use crate::world::{ActionError, NodeView, World};

/// The actions with their parameters and defaults, for people.
const ACTIONS: [&str; 9] = [
    "kill",
    "revive",
    "hang",
    "freeze",
    "slow?ms=800",
    "lie?about=head|balance|branch&blocks=100",
    "garble?kind=html|cut|429|500|503&percent=100",
    "break?method=eth_call&as=error|500",
    "heal",
];

/// Something that can be done to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ends its process: connections are dropped, new ones refused.
    Kill,
    /// Starts it again on the same port; its other faults stay.
    Revive,
    /// Takes requests and never answers.
    Hang,
    /// Cuts it off from the other nodes: its head stays where it is.
    Freeze,
    /// Answers this much later.
    Slow(Span),
    /// Answers falsely.
    Lie(Lie),
    /// Leads it onto a branch that leaves the chain a few blocks back: true headers, wrong chain.
    Branch,
    /// Replaces a share of its answers.
    Garble(Garble),
    /// Breaks one method.
    Break(Breakage),
    /// Undoes all of it.
    Heal,
}

impl Action {
    /// Reads an action's name and its parameters in the form of a query: `slow` and `ms=800`.
    ///
    /// # Errors
    /// What is wrong and what would be right.
    pub fn parse(name: &str, query: &str) -> Result<Self, String> {
        let parameter = |key: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .filter(|(name, value)| *name == key && !value.is_empty())
                .map(|(_, value)| value)
                .next_back()
        };
        let number = |key: &str, default: u64, most: u64| match parameter(key).map(str::parse) {
            None => Ok(default),
            Some(Ok(number)) if number <= most => Ok(number),
            Some(_) => Err(format!("{key} must be a whole number of at most {most}")),
        };
        Ok(match name {
            "kill" => Self::Kill,
            "revive" => Self::Revive,
            "hang" => Self::Hang,
            "freeze" => Self::Freeze,
            "heal" => Self::Heal,
            "slow" => Self::Slow(Span::from_millis(number("ms", 800, 600_000)?)),
            "lie" => match parameter("about").unwrap_or("head") {
                "head" => Self::Lie(Lie::Head { blocks: number("blocks", 100, 1_000_000)?.max(1) }),
                "balance" => Self::Lie(Lie::Balance),
                "branch" => Self::Branch,
                other => {
                    return Err(format!(
                        "a node cannot lie about {other:?}, only head, balance or branch"
                    ));
                }
            },
            "garble" => {
                let kind = garble_kind(parameter("kind").unwrap_or("html"))?;
                let percent = u8::try_from(number("percent", 100, 100)?).unwrap_or(100);
                Self::Garble(Garble { kind, percent })
            }
            "break" => {
                let as_http = match parameter("as").unwrap_or("error") {
                    "error" => false,
                    "500" => true,
                    other => {
                        return Err(format!(
                            "a method cannot break as {other:?}, only as error or 500"
                        ));
                    }
                };
                let method = parameter("method").unwrap_or("eth_call").to_owned();
                Self::Break(Breakage { method, as_http })
            }
            other => {
                return Err(format!(
                    "no action is named {other:?}; there are: {}",
                    ACTIONS.join(", ")
                ));
            }
        })
    }

    /// Changes a node's faults accordingly.
    pub(crate) fn change(&self, faults: &mut Faults) {
        match self {
            Self::Kill => faults.killed = true,
            Self::Revive => faults.killed = false,
            Self::Hang => faults.hung = true,
            Self::Freeze => faults.frozen = true,
            Self::Slow(delay) => faults.delay = *delay,
            Self::Lie(lie) => faults.lie = Some(*lie),
            Self::Branch => faults.astray = true,
            Self::Garble(garble) => faults.garble = Some(*garble),
            Self::Break(breakage) => faults.breakage = Some(breakage.clone()),
            Self::Heal => *faults = Faults::default(),
        }
    }
}

fn garble_kind(name: &str) -> Result<GarbleKind, String> {
    match name {
        "html" => Ok(GarbleKind::Html),
        "cut" => Ok(GarbleKind::Cut),
        "429" => Ok(GarbleKind::TooManyRequests),
        "500" => Ok(GarbleKind::InternalError),
        "503" => Ok(GarbleKind::Unavailable),
        other => Err(format!(
            "answers cannot be garbled as {other:?}, only as html, cut, 429, 500 or 503"
        )),
    }
}

impl World {
    /// Answers requests under `/practice`: `GET /practice` lists the nodes and the actions,
    /// `POST /practice/nodes/NAME/ACTION` does one, `POST /practice/heal` undoes all.
    ///
    /// A POST of a page from elsewhere is refused: any web page could send one to a loopback port.
    /// Parameters may come in the query or as a form.
    pub async fn handle(&self, mut request: Request) -> Response {
        let path = request.path().trim_end_matches('/').to_owned();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let is_list = segments == ["practice"];
        let wanted = if is_list { Method::GET } else { Method::POST };
        let exists = is_list
            || matches!(segments.as_slice(), ["practice", "heal"] | ["practice", "nodes", _, _]);
        if !exists {
            return refusal(
                StatusCode::NOT_FOUND,
                "there are /practice, /practice/heal and /practice/nodes/NAME/ACTION",
            );
        }
        if request.method() != wanted {
            let allow = HeaderValue::from_static(if is_list { "GET" } else { "POST" });
            return refusal(StatusCode::METHOD_NOT_ALLOWED, &format!("use {wanted} here"))
                .with_header(HeaderName::from_static("allow"), allow);
        }
        if is_list {
            return Response::json(StatusCode::OK, self.overview());
        }
        if !is_same_origin(request.headers()) {
            return refusal(StatusCode::FORBIDDEN, "this request comes from another site's page");
        }
        let wants_page = wants_html(request.headers());
        let form = match request.body().await {
            Ok(body) => String::from_utf8_lossy(&body).into_owned(),
            Err(error) => return refusal(StatusCode::BAD_REQUEST, &error.to_string()),
        };
        let query = format!("{}&{form}", request.query());
        let outcome = match segments.as_slice() {
            ["practice", "nodes", node, action] => self.act(node, action, &query).await,
            _ => self.heal_all().await.map_err(|error| action_refusal(&error)),
        };
        match outcome {
            Err(refusal) => refusal,
            Ok(()) if wants_page => Response::empty(StatusCode::SEE_OTHER)
                .with_header(HeaderName::from_static("location"), HeaderValue::from_static("/")),
            Ok(()) => Response::json(StatusCode::OK, self.overview()),
        }
    }

    async fn act(&self, node: &str, action: &str, query: &str) -> Result<(), Response> {
        let action = Action::parse(action, query)
            .map_err(|error| refusal(StatusCode::BAD_REQUEST, &error))?;
        self.apply(node, &action).await.map_err(|error| action_refusal(&error))
    }

    fn overview(&self) -> String {
        let node = |node: NodeView| {
            json!({
                "name": node.name, "url": node.url, "operator": node.operator, "cloud": node.cloud,
                "client": node.client_version, "fault": node.fault,
                "head": {"number": node.head.0, "hash": node.head.1},
            })
        };
        let nodes: Vec<_> = self.nodes().into_iter().map(node).collect();
        let actions = ACTIONS.map(|action| format!("POST /practice/nodes/NAME/{action}"));
        format!("{:#}\n", json!({"chain_id": self.chain_id(), "nodes": nodes, "actions": actions}))
    }
}

fn refusal(status: StatusCode, message: &str) -> Response {
    Response::json(status, format!("{}\n", json!({"error": message})))
}

fn action_refusal(error: &ActionError) -> Response {
    match error {
        ActionError::UnknownNode { .. } => refusal(StatusCode::NOT_FOUND, &error.to_string()),
        ActionError::Listen { source, .. } => {
            refusal(StatusCode::CONFLICT, &format!("{error}: {source}"))
        }
    }
}

fn wants_html(headers: &HeaderMap) -> bool {
    header(headers, "accept").is_some_and(|accept| accept.contains("text/html"))
}

/// Whether a request comes from a page of this very host, or from no page at all.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get("origin") else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    match (origin, header(headers, "host")) {
        (Some((_, origin)), Some(host)) => origin.eq_ignore_ascii_case(host),
        _ => false,
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_read_with_defaults_and_say_what_is_wrong() {
        assert_eq!(Action::parse("slow", ""), Ok(Action::Slow(Span::from_millis(800))));
        assert_eq!(Action::parse("slow", "ms=5"), Ok(Action::Slow(Span::from_millis(5))));
        assert_eq!(Action::parse("lie", "about=branch"), Ok(Action::Branch));
        let garble = Garble { kind: GarbleKind::TooManyRequests, percent: 30 };
        assert_eq!(Action::parse("garble", "kind=429&percent=30"), Ok(Action::Garble(garble)));
        for (action, query) in [
            ("explode", ""),
            ("slow", "ms=x"),
            ("garble", "percent=101"),
            ("lie", "about=love"),
            ("break", "as=1"),
        ] {
            assert!(Action::parse(action, query).is_err(), "{action}?{query}");
        }
    }

    #[test]
    fn a_page_of_another_site_cannot_press_the_buttons() {
        let headers = |origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert("host", HeaderValue::from_static("127.0.0.1:8080"));
            if let Some(origin) = origin {
                headers.insert("origin", HeaderValue::from_static(origin));
            }
            headers
        };
        assert!(is_same_origin(&headers(None)));
        assert!(is_same_origin(&headers(Some("http://127.0.0.1:8080"))));
        for origin in [
            "http://evil.example",
            "null",
            "http://127.0.0.1:8081",
            "http://127.0.0.1:8080.evil.example",
        ] {
            assert!(!is_same_origin(&headers(Some(origin))), "{origin}");
        }
    }
}
