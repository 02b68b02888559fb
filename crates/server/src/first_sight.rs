//! What the dashboard shows before its script has run: the processes as they were when it was asked for, at the places
//! where the script will put them. Where no script runs, it is what there is to read.

use api::{Process, StatusUpdate};

/// How many rows fit on a high screen; the script brings all of them.
const ROWS: usize = 24;

/// The processes as HTML, for the page's root.
pub(crate) fn first_sight(update: &StatusUpdate) -> String {
    let processes = update.status.processes.iter().take(ROWS);
    let rows: String = processes.map(|process| row(process)).collect();
    let when = escaped(&update.timestamp);
    format!(
        "<main class=\"first-sight\"><div><h1>Processes</h1><noscript><p>As of {when}.</p></noscript>\
         <section>{rows}</section></div></main>"
    )
}

fn row(process: &Process) -> String {
    let (title, message) = (escaped(&process.title), escaped(&process.message));
    let state = process.state.name();
    format!(
        "<article aria-label=\"{title}\"><h2>{title}</h2>\
         <p data-state=\"{state}\"><span data-badge>{message}</span></p></article>"
    )
}

/// A text as HTML, or as an attribute's value. What no page shows but a terminal would obey, where somebody prints the
/// page on one, or what turns the order of a text round, is left out.
pub(crate) fn escaped(text: &str) -> String {
    let turns = |character| matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let shown = |character: &char| !character.is_control() && !turns(*character);
    let text: String = text.chars().filter(shown).collect();
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_shows_is_text_whatever_it_looks_like() {
        let text = escaped(r#"<b title="&amp;">"#);
        assert_eq!(text, "&lt;b title=&quot;&amp;amp;&quot;>");
        assert_eq!(escaped("a\u{1b}[31m\u{9b}\u{202e}\u{7}é"), "a[31mé");
    }
}
