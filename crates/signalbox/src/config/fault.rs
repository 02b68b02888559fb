//! What is wrong with a configuration, and where.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::visible::{visible, visible_text};

/// A place in a file, in bytes.
pub(super) type Place = Range<usize>;

/// One thing that is wrong in a file.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    place: Place,
    title: String,
    help: Option<String>,
    related: Option<(Place, String)>,
    elsewhere: Option<Text>,
}

/// A file as it may be shown.
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// Its name for people.
    pub(super) name: String,
    /// What is in it, without secrets, each byte where it was.
    pub(super) content: String,
}

impl Fault {
    /// `title` says what is wrong; it is shown over the line, which gets a caret under `place`.
    pub(super) fn at(place: Place, title: impl Into<String>) -> Self {
        Self { place, title: title.into(), help: None, related: None, elsewhere: None }
    }

    /// What to do about it.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What to do about it, if anything comes to mind.
    pub(super) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// Another place in the same file that has to do with it.
    pub(super) fn related(mut self, place: Place, label: impl Into<String>) -> Self {
        self.related = Some((place, label.into()));
        self
    }

    /// The place is in another file than the configuration.
    pub(super) fn elsewhere(mut self, text: Text) -> Self {
        self.elsewhere = Some(text);
        self
    }

    /// Where it is, in bytes.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    fn group<'a>(&'a self, configuration: &'a Text) -> Group<'a> {
        let text = self.elsewhere.as_ref().unwrap_or(configuration);
        let related = self.related.iter().map(|(place, label)| {
            AnnotationKind::Context.span(within(place, text)).label(visible(label))
        });
        let snippet = Snippet::source(text.content.as_str())
            .path(visible(&text.name))
            .annotation(AnnotationKind::Primary.span(within(&self.place, text)))
            .annotations(related);
        let group = Level::ERROR.primary_title(visible_text(&self.title)).element(snippet);
        match &self.help {
            Some(help) => group.element(Level::HELP.message(visible_text(help))),
            None => group,
        }
    }
}

/// A parser may point past the end, where something is missing.
fn within(place: &Place, text: &Text) -> Place {
    let end = text.content.len();
    place.start.min(end)..place.end.min(end)
}

/// Everything that is wrong with one configuration.
#[derive(Debug)]
pub(crate) struct Report {
    text: Text,
    faults: Vec<Fault>,
}

impl Report {
    /// Orders the faults as a reader meets them.
    pub(super) fn new(text: Text, mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(|fault| (fault.place.start, fault.place.end));
        Self { text, faults }
    }

    /// How many faults there are.
    pub(crate) fn len(&self) -> usize {
        self.faults.len()
    }

    /// Each fault with its line and a caret, in colours if `styled`.
    pub(crate) fn render(&self, styled: bool) -> String {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let shown: Vec<String> =
            self.faults.iter().map(|fault| renderer.render(&[fault.group(&self.text)])).collect();
        shown.join("\n\n")
    }

    /// Each fault for programs.
    pub(crate) fn entries(&self) -> Vec<Entry<'_>> {
        self.faults.iter().map(|fault| self.entry(fault)).collect()
    }

    fn entry<'a>(&'a self, fault: &'a Fault) -> Entry<'a> {
        let text = fault.elsewhere.as_ref().unwrap_or(&self.text);
        let (line, column) = position(&text.content, fault.place.start);
        Entry { file: &text.name, line, column, message: &fault.title, help: fault.help.as_deref() }
    }
}

/// One fault for programs.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Entry<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    message: &'a str,
    help: Option<&'a str>,
}

/// Line and column, both from 1, the column in characters.
fn position(content: &str, offset: usize) -> (usize, usize) {
    let before = content.get(..offset).unwrap_or(content);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(false))
    }
}
