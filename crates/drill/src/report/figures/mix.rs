//! The article's pie of what fails, as bars. Nothing is measured here.

use maud::Markup;

use super::super::bars::{Bar, Group, figure};
use crate::mix::{KINDS, Kind};

pub(super) fn mix() -> Markup {
    let group = |kind: &Kind| Group {
        name: kind.name.to_owned(),
        about: kind.drills.join(", "),
        bars: vec![Bar {
            who: "article",
            class: "article",
            value: f64::from(kind.weight),
            shown: format!("{} %", kind.weight),
        }],
    };
    let groups: Vec<Group> = KINDS.iter().map(group).collect();
    figure(
        "What fails, by the weights of the article\u{2019}s pie",
        "per cent",
        &groups,
        "The article gives no source for its weights, and none was found; which drill is of which kind is our own \
         sorting. They only draw the incidents of the soak run, seawall drill soak.",
    )
}
