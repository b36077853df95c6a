//! What is wrong in administrative templates: told, never fatal.

use serde::{Deserialize, Serialize};

/// Something wrong in a template; everything else in it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdmxWarning {
    /// Path of the file.
    pub path: String,
    /// Line, from 1; 0 where it is about the whole file.
    pub line: u32,
    /// What is wrong.
    pub problem: AdmxProblem,
}

/// What can be wrong with administrative templates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum AdmxProblem {
    /// The file could not be read from its folder.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// The file is no text, or the XML is broken; it is passed over.
    #[error("the file is passed over: {0}")]
    Broken(String),
    /// The root element is another.
    #[error(
        "the file is passed over: its root element is `{0}`, expected `policyDefinitions` or `policyDefinitionResources`"
    )]
    Root(String),
    /// The template has no namespace of its own.
    #[error("the file is passed over: `policyNamespaces` has no `target` with a namespace")]
    NoTarget,
    /// A file of this name was found in an earlier folder.
    #[error("the file is passed over: {0} has the same name and comes first")]
    DuplicateFile(String),
    /// A file with this namespace was found before.
    #[error("the file is passed over: {0} has the same namespace and comes first")]
    DuplicateNamespace(String),
    /// A second thing of the same name in a template.
    #[error("a second {element} `{name}` is passed over")]
    DuplicateName {
        /// Name of the XML element.
        element: String,
        /// Its name.
        name: String,
    },
    /// No texts for the template, in any language.
    #[error("there is no ADML file with the texts of this template")]
    NoTexts,
    /// A text that does not exist; its id is shown.
    #[error("the string `{0}` is not defined")]
    String(String),
    /// A presentation that does not exist.
    #[error("the presentation `{0}` is not defined")]
    Presentation(String),
    /// An attribute that must be there is not.
    #[error("{element} has no {attribute}")]
    Attribute {
        /// Name of the XML element.
        element: String,
        /// Name of the attribute.
        attribute: String,
    },
    /// A value that does not fit.
    #[error("`{value}` is no valid {attribute} of {element}")]
    Value {
        /// Name of the XML element.
        element: String,
        /// Name of the attribute or element that holds the value.
        attribute: String,
        /// The value, at most 80 characters.
        value: String,
    },
    /// An element that templates do not have.
    #[error("the element `{0}` is not known here")]
    Element(String),
    /// A prefix that stands for no namespace.
    #[error("the prefix of `{0}` is not defined in this file")]
    Prefix(String),
    /// A namespace that no file of the store defines.
    #[error("no template defines the namespace `{0}`")]
    Namespace(String),
    /// A category, or a definition of what is supported, that does not exist.
    #[error("{element} `{reference}` does not exist")]
    Reference {
        /// Name of the XML element that refers.
        element: String,
        /// What it refers to.
        reference: String,
    },
    /// A category that is above itself.
    #[error("the category `{0}` is above itself")]
    Cycle(String),
    /// A control for an element that the policy does not have.
    #[error("the presentation `{presentation}` has a control for `{element}`, which the policy does not have")]
    Control {
        /// Id of the presentation.
        presentation: String,
        /// What the control refers to.
        element: String,
    },
    /// More is wrong than is told.
    #[error("more warnings about this file are left out")]
    More,
}

/// Warnings told for one file.
const MOST_WARNINGS: usize = 500;

/// Collects the warnings about one file. Lines are counted only when there is something to tell.
pub(super) struct Warnings<'a> {
    path: &'a str,
    text: &'a str,
    line_starts: Vec<usize>,
    pub(super) list: Vec<AdmxWarning>,
}

impl<'a> Warnings<'a> {
    pub(super) fn new(path: &'a str, text: &'a str) -> Self {
        Warnings { path, text, line_starts: Vec::new(), list: Vec::new() }
    }

    /// Adds a warning about a place, as a byte of the text.
    pub(super) fn at(&mut self, position: usize, problem: AdmxProblem) {
        if self.list.len() > MOST_WARNINGS {
            return;
        }
        let problem = if self.list.len() == MOST_WARNINGS { AdmxProblem::More } else { problem };
        let line = self.line(position);
        self.list.push(AdmxWarning { path: self.path.to_owned(), line, problem });
    }

    /// Returns the line of a place, from 1.
    pub(super) fn line(&mut self, position: usize) -> u32 {
        if self.line_starts.is_empty() {
            let breaks = self.text.match_indices('\n').map(|(offset, _)| offset + 1);
            self.line_starts = [0].into_iter().chain(breaks).collect();
        }
        self.line_starts.partition_point(|start| *start <= position) as u32
    }
}

/// Returns the start of a text, for a message.
pub(super) fn short(text: &str) -> String {
    text.trim().chars().take(80).collect()
}

impl std::fmt::Display for AdmxWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.problem),
            line => write!(f, "{}:{line}: {}", self.path, self.problem),
        }
    }
}
