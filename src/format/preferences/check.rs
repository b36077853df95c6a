//! What is odd in a preference file, tolerated and told.

use std::fmt;

use super::{ItemEnvelope, PreferenceElement, PreferenceFile, PreferenceKind};

/// Something odd in a file, with its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreferenceProblem {
    /// Line, from 1.
    pub line: u32,
    /// What is odd there.
    pub oddity: PreferenceOddity,
}

/// What can be odd in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreferenceOddity {
    /// The root element is not that of the kind.
    Root {
        /// What stands there.
        found: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// The name of an element is in another letter case than Windows writes.
    Case {
        /// What stands there.
        found: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// An element that is no item of this kind.
    UnknownItem(String),
    /// An item without properties; its name.
    NoProperties(String),
    /// The time of the last change is none: what stands there.
    ChangeTime(String),
    /// A time in a task is none.
    TaskTime {
        /// The element.
        element: String,
        /// What stands there.
        value: String,
    },
    /// Items are nested deeper than they are read.
    TooDeep,
}

impl fmt::Display for PreferenceProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.oddity {
            PreferenceOddity::Root { found, expected } => {
                write!(f, "the root element is `{found}`, expected `{expected}`")
            }
            PreferenceOddity::Case { found, expected } => {
                write!(f, "the element is written `{found}`, expected `{expected}`")
            }
            PreferenceOddity::UnknownItem(name) => write!(f, "`{name}` is no item of this kind of preferences"),
            PreferenceOddity::NoProperties(name) => write!(f, "the item `{name}` has no `Properties`"),
            PreferenceOddity::ChangeTime(value) => {
                write!(f, "`{value}` is no time, expected `YYYY-MM-DD HH:MM:SS` in `changed`")
            }
            PreferenceOddity::TaskTime { element, value } => {
                write!(f, "`{value}` is no time, expected `YYYY-MM-DDTHH:MM:SS` in `{element}`")
            }
            PreferenceOddity::TooDeep => write!(f, "elements nested deeper than {DEEPEST} are left out"),
        }
    }
}

/// Items and collections nested deeper than this are not looked at.
const DEEPEST: usize = 64;

/// Texts quoted in problems are cut after this many characters.
const LONGEST_QUOTE: usize = 80;

/// Returns what is odd in a file of a kind, in order of lines. None of it keeps the file from being read.
pub fn check_preferences(file: &PreferenceFile, kind: PreferenceKind) -> Vec<PreferenceProblem> {
    let root = file.root();
    let mut problems = Vec::new();
    let expected = kind.root().element;
    if !root.name().eq_ignore_ascii_case(expected) {
        push(&mut problems, root, PreferenceOddity::Root { found: quote(root.name()), expected });
    } else if root.name() != expected {
        push(&mut problems, root, PreferenceOddity::Case { found: quote(root.name()), expected });
    }
    check_items(root, kind, 0, &mut problems);
    problems
}

fn check_items(
    parent: PreferenceElement<'_>,
    kind: PreferenceKind,
    depth: usize,
    problems: &mut Vec<PreferenceProblem>,
) {
    if depth == DEEPEST {
        push(problems, parent, PreferenceOddity::TooDeep);
        return;
    }
    let is_filters = |child: &PreferenceElement<'_>| child.name().eq_ignore_ascii_case("Filters");
    for child in parent.children().filter(|child| !is_filters(child)) {
        let name = child.name();
        let items = kind.items().iter().map(|item| item.element);
        let known = items.chain(["Collection"]).find(|known| known.eq_ignore_ascii_case(name));
        match known {
            Some(known) if known != name => {
                push(problems, child, PreferenceOddity::Case { found: quote(name), expected: known });
            }
            Some(_) => {}
            None => push(problems, child, PreferenceOddity::UnknownItem(quote(name))),
        }
        let envelope = ItemEnvelope::read(child.attributes());
        if !envelope.changed.is_empty() && envelope.changed_time().is_none() {
            push(problems, child, PreferenceOddity::ChangeTime(quote(&envelope.changed)));
        }
        if name.eq_ignore_ascii_case("Collection") {
            check_items(child, kind, depth + 1, problems);
        } else if known.is_some() {
            check_properties(child, &envelope, problems);
        }
    }
}

fn check_properties(item: PreferenceElement<'_>, envelope: &ItemEnvelope, problems: &mut Vec<PreferenceProblem>) {
    let Some(properties) = item.child("Properties") else {
        push(problems, item, PreferenceOddity::NoProperties(quote(&envelope.name)));
        return;
    };
    let triggers = properties.child("Task").and_then(|task| task.child("Triggers"));
    for trigger in triggers.into_iter().flat_map(PreferenceElement::children) {
        for boundary in trigger.children().filter(|child| matches!(child.name(), "StartBoundary" | "EndBoundary")) {
            let value = boundary.text().trim();
            // A placeholder is filled in by the client: `%LocalTimeXmlEx%`.
            if !value.contains('%') && !is_task_time(value) {
                let oddity = PreferenceOddity::TaskTime { element: boundary.name().to_owned(), value: quote(value) };
                push(problems, boundary, oddity);
            }
        }
    }
}

/// Tells whether a text is a time of the Task Scheduler: `2026-07-26T02:00:00`, with fraction and zone as may be.
fn is_task_time(text: &str) -> bool {
    text.parse::<jiff::civil::DateTime>().is_ok() || text.parse::<jiff::Timestamp>().is_ok()
}

fn push(problems: &mut Vec<PreferenceProblem>, element: PreferenceElement<'_>, oddity: PreferenceOddity) {
    problems.push(PreferenceProblem { line: element.line(), oddity });
}

fn quote(text: &str) -> String {
    text.chars().take(LONGEST_QUOTE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(kind: PreferenceKind, text: &str) -> Vec<String> {
        let file = PreferenceFile::parse(text.as_bytes()).unwrap();
        check_preferences(&file, kind).iter().map(PreferenceProblem::to_string).collect()
    }

    #[test]
    fn oddities_are_told_with_their_line() {
        let check = |kind, text: &str, expected: &[&str]| assert_eq!(problems(kind, text), expected);
        check(
            PreferenceKind::Drives,
            "<Drives><Drive changed='2026-01-02 03:04:05'><Properties/></Drive></Drives>",
            &[],
        );
        check(PreferenceKind::Drives, "\n<Files/>", &["line 2: the root element is `Files`, expected `Drives`"]);
        check(
            PreferenceKind::Drives,
            "<drives>\n<drive><Properties/></drive>\n<Share/>\n<Drive name='H:'/></drives>",
            &[
                "line 1: the element is written `drives`, expected `Drives`",
                "line 2: the element is written `drive`, expected `Drive`",
                "line 3: `Share` is no item of this kind of preferences",
                "line 4: the item `H:` has no `Properties`",
            ],
        );
        check(
            PreferenceKind::Registry,
            "<RegistrySettings><Filters/><Collection>\n<Registry changed='2025-03-030 1:2:3'><Properties/></Registry></Collection></RegistrySettings>",
            &["line 2: `2025-03-030 1:2:3` is no time, expected `YYYY-MM-DD HH:MM:SS` in `changed`"],
        );
        check(
            PreferenceKind::ScheduledTasks,
            "<ScheduledTasks><TaskV2><Properties><Task><Triggers><TimeTrigger><EndBoundary>%LocalTimeXmlEx%</EndBoundary>\n<StartBoundary>2025-03-030T10:00:00</StartBoundary></TimeTrigger><TimeTrigger><StartBoundary>2025-03-03T10:00:00Z</StartBoundary></TimeTrigger></Triggers></Task></Properties></TaskV2></ScheduledTasks>",
            &["line 2: `2025-03-030T10:00:00` is no time, expected `YYYY-MM-DDTHH:MM:SS` in `StartBoundary`"],
        );
    }

    #[test]
    fn deep_collections_are_told() {
        let depth = DEEPEST + 5;
        let nested = format!("{}{}", "<Collection>".repeat(depth), "</Collection>".repeat(depth));
        let told = problems(PreferenceKind::Registry, &format!("<RegistrySettings>{nested}</RegistrySettings>"));
        assert_eq!(told, ["line 1: elements nested deeper than 64 are left out"]);
    }
}
