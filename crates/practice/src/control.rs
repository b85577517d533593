//! The control surface: HTTP under `/practice` for curl and for the buttons of the page.

use practice_page::{pressed, refusal};
use runtime::http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::action::{ACTIONS, Action};
use crate::load::Tally;
use crate::nodes::{ActionError, NodeView};
use crate::scenario::{SCENARIOS, Scenario, Scene};
use crate::world::World;

impl World {
    /// Answers requests under `/practice`: `GET /practice` lists the nodes, the actions and the scenarios,
    /// `POST /practice/nodes/NAME/ACTION` does an action, `POST /practice/SCENARIO` plays a scenario,
    /// `POST /practice/heal` undoes all.
    ///
    /// A POST of a page from elsewhere is refused: any web page could send one to a loopback port.
    /// Parameters may come in the query or as a form.
    pub async fn handle(&self, mut request: Request) -> Response {
        let path = request.path().trim_end_matches('/').to_owned();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let is_list = segments == ["practice"];
        let exists = match segments.as_slice() {
            ["practice"] | ["practice", "heal"] | ["practice", "nodes", _, _] => true,
            ["practice", scenario] => Scenario::parse(scenario, "").is_some(),
            _ => false,
        };
        if !exists {
            return refusal(
                StatusCode::NOT_FOUND,
                "there are /practice, /practice/heal, /practice/split, /practice/one-version, /practice/storm and \
                 /practice/nodes/NAME/ACTION",
            );
        }
        let press = match pressed(&mut request, is_list).await {
            Err(refusal) => return refusal,
            Ok(None) => return Response::json(StatusCode::OK, self.overview()),
            Ok(Some(press)) => press,
        };
        let query = press.query();
        let outcome = match segments.as_slice() {
            ["practice", "nodes", node, action] => self.act(node, action, query).await,
            ["practice", scenario] if *scenario != "heal" => {
                match Scenario::parse(scenario, query) {
                    Some(Ok(scenario)) => {
                        self.play(&scenario).map_err(|error| action_refusal(&error))
                    }
                    Some(Err(error)) => Err(refusal(StatusCode::BAD_REQUEST, &error)),
                    None => Err(refusal(StatusCode::NOT_FOUND, "there is no such scenario")),
                }
            }
            _ => self.heal_all().await.map_err(|error| action_refusal(&error)),
        };
        press.answer(outcome, || self.overview())
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
        let scenarios = SCENARIOS.map(|scenario| format!("POST /practice/{scenario}"));
        let overview = json!({
            "chain_id": self.chain_id(), "nodes": nodes, "actions": actions, "scenarios": scenarios,
            "scene": self.scene().map(|scene| scene_json(&scene)),
        });
        format!("{overview:#}\n")
    }
}

fn scene_json(scene: &Scene) -> Value {
    let all = scene.seconds.iter().fold(Tally::default(), |sum, second| sum.plus(*second));
    let tally = |it: &Tally| {
        json!({
            "wanted": it.wanted, "answered": it.answered, "shed": it.shed, "refused": it.refused,
            "failed": it.failed, "unsent": it.unsent,
        })
    };
    json!({
        "name": scene.name, "phase": scene.phase, "is_over": scene.is_over, "felled": scene.felled,
        "calls": tally(&all), "seconds": scene.seconds.iter().map(tally).collect::<Vec<_>>(),
    })
}

fn action_refusal(error: &ActionError) -> Response {
    match error {
        ActionError::UnknownNode { .. } => refusal(StatusCode::NOT_FOUND, &error.to_string()),
        ActionError::NotHere(_) => refusal(StatusCode::CONFLICT, &error.to_string()),
        ActionError::Listen { source, .. } => {
            refusal(StatusCode::CONFLICT, &format!("{error}: {source}"))
        }
    }
}
