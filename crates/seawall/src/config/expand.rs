//! Fills in `${NAME}` from the environment.

/// Replaces every `${NAME}` with the variable's value.
///
/// # Errors
/// Every reference that cannot be filled in, by the variable's name; values are never repeated.
pub(super) fn expand(
    raw: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<String, Vec<String>> {
    let mut text = String::new();
    let mut wrong = Vec::new();
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once("${") {
        text.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            wrong.push("\"${\" has no end; accepted: \"${NAME}\"".to_owned());
            return Err(wrong);
        };
        if !is_name(name) {
            wrong.push(
                "\"${…}\" holds no variable name; accepted: letters, digits and underscores"
                    .to_owned(),
            );
        } else if let Some(value) = variable(name).filter(|value| !value.is_empty()) {
            text.push_str(&value);
        } else {
            let problem = "is not set or is empty";
            wrong.push(format!(
                "environment variable {name} {problem}; set it before starting seawall"
            ));
        }
        rest = tail;
    }
    text.push_str(rest);
    if wrong.is_empty() { Ok(text) } else { Err(wrong) }
}

fn is_name(name: &str) -> bool {
    let signs = name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
    signs && name.chars().next().is_some_and(|first| !first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expect: Result<&str, &str>) {
        let variable = |name: &str| match name {
            "KEY" => Some("s3cret".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let outcome = expand(raw, variable).map_err(|wrong| wrong.join(" + "));
        match (outcome, expect) {
            (Ok(text), Ok(expected)) => assert_eq!(text, expected),
            (Err(wrong), Err(expected)) => {
                assert!(wrong.contains(expected), "{wrong:?} lacks {expected:?}");
            }
            (outcome, _) => panic!("{raw:?} gave {outcome:?}"),
        }
    }

    #[test]
    fn a_secret_that_is_not_set_is_named() {
        check("https://a/${KEY}/b${KEY}", Ok("https://a/s3cret/bs3cret"));
        check("$KEY {KEY}", Ok("$KEY {KEY}"));
        check("${GONE}${ALSO}", Err("variable GONE is not set"));
        check("${GONE}${ALSO}", Err("variable ALSO is not set"));
        check("${EMPTY}", Err("variable EMPTY is not set or is empty"));
        check("${KEY", Err("has no end"));
        check("${a b}", Err("no variable name"));
    }
}
