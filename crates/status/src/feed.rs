//! The incidents as Atom (RFC 4287) and RSS 2.0, for readers and chat bots.

use std::fmt::Write;

use crate::board::Board;
use crate::incident::Incident;
use crate::text;

/// Entries in a feed.
const ENTRIES_MAX: usize = 25;

/// `/history.atom`.
pub(crate) fn atom(board: &Board) -> String {
    let (name, url) = (escape(&board.options.page_name), escape(&board.options.url));
    let updated = text::iso(board.changed_ms());
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n\
         <id>{url}/history.atom</id>\n<title>{name} status: incidents</title>\n<updated>{updated}</updated>\n\
         <author><name>{name}</name></author>\n<link rel=\"alternate\" type=\"text/html\" href=\"{url}/\"/>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{url}/history.atom\"/>\n"
    );
    for incident in board.incidents.all().take(ENTRIES_MAX) {
        push(
            &mut xml,
            format_args!(
                "<entry>\n<id>{link}</id>\n<title>{title}</title>\n<published>{published}</published>\n\
                 <updated>{updated}</updated>\n<link rel=\"alternate\" type=\"text/html\" href=\"{link}\"/>\n\
                 <content type=\"text\">{body}</content>\n</entry>\n",
                link = escape(&board.incident_url(&incident.id)),
                title = escape(&incident.name),
                published = text::iso(incident.announced_ms),
                updated = text::iso(incident.updated_ms()),
                body = escape(&body(incident)),
            ),
        );
    }
    xml.push_str("</feed>\n");
    xml
}

/// `/history.rss`.
pub(crate) fn rss(board: &Board) -> String {
    let (name, url) = (escape(&board.options.page_name), escape(&board.options.url));
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\">\n<channel>\n\
         <title>{name} status: incidents</title>\n<link>{url}/</link>\n\
         <description>Incidents as {name} measured them</description>\n<language>en</language>\n\
         <pubDate>{}</pubDate>\n",
        text::rfc822(board.changed_ms())
    );
    for incident in board.incidents.all().take(ENTRIES_MAX) {
        push(
            &mut xml,
            format_args!(
                "<item>\n<title>{title}</title>\n<link>{link}</link>\n<guid isPermaLink=\"true\">{link}</guid>\n\
                 <pubDate>{published}</pubDate>\n<description>{body}</description>\n</item>\n",
                title = escape(&incident.name),
                link = escape(&board.incident_url(&incident.id)),
                published = text::rfc822(incident.announced_ms),
                body = escape(&body(incident)),
            ),
        );
    }
    xml.push_str("</channel>\n</rss>\n");
    xml
}

/// All updates, newest first, one a line.
fn body(incident: &Incident) -> String {
    let lines = incident.updates.iter().rev().map(|update| {
        format!(
            "{} UTC, {}: {}",
            text::moment(update.at_ms),
            update.status.name(),
            text::tidy(&update.body, 2_000)
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn push(xml: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    if xml.write_fmt(arguments).is_err() {
        xml.clear();
    }
}

/// Text for XML; characters that XML does not allow are dropped by [`text::tidy`] before or here.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' => escaped.push('\n'),
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            other if other.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::StatusOptions;
    use crate::testing::overview;

    #[test]
    fn a_hostile_name_does_not_break_the_feeds() {
        let mut board = Board::new(StatusOptions::default());
        for second in 0..30 {
            let mut overview = overview(second, &[]);
            let upstream = &mut overview.chains[0].upstreams[0];
            upstream.name = "<script>&\u{1}".to_owned();
            upstream.state = crate::model::UpstreamState::Unreachable;
            board.observe(overview, Vec::new());
        }
        for xml in [atom(&board), rss(&board)] {
            assert!(
                xml.contains("<title>&lt;script&gt;&amp;  (ethereum): unreachable</title>"),
                "{xml}"
            );
            assert!(!xml.contains("<script>") && !xml.contains('\u{1}'));
        }
    }

    #[test]
    fn both_feeds_name_each_incident_once() {
        let mut board = Board::new(StatusOptions::default());
        for second in 0..30 {
            board.observe(
                overview(second, &[("harbour", crate::model::UpstreamState::Unreachable, 3)]),
                Vec::new(),
            );
        }
        assert_eq!(atom(&board).matches("<entry>").count(), 1);
        assert_eq!(rss(&board).matches("<item>").count(), 1);
        assert!(rss(&board).contains("<pubDate>Sat, 21 Nov 2026 08:00:08 GMT</pubDate>"));
    }
}
