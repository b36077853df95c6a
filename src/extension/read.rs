//! Reading a half of a GPO: every extension in turn, each with its own problems.

use crate::format::admx::AdmxStore;
use crate::gpm::{Cancelled, Task};
use crate::report::{Element, ExtensionReport, PartProblem, Side};

use super::{EXTENSIONS, GptFile, HalfContents, PrincipalNames, raw_contents};

/// What an extension reads from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Which half it is.
    pub side: Side,
    /// The half.
    pub half: &'a HalfContents,
    /// What is the same for all halves.
    pub context: &'a SourceContext<'a>,
}

/// What all parts of a report share.
pub struct SourceContext<'a> {
    /// Names of principals.
    pub names: &'a PrincipalNames,
    /// The administrative templates.
    pub templates: &'a AdmxStore,
    /// Whether comments of settings are reported.
    pub with_comments: bool,
    /// Whether Microsoft's mistakes are repeated, and what its reports have no place for is left out.
    pub compatible: bool,
}

/// What an extension found in a half.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Its settings as report elements.
    pub elements: Vec<Element>,
    /// What could not be read.
    pub problems: Vec<PartProblem>,
    /// Registry values that Microsoft's reports are silent about, as elements `RegistrySetting`.
    pub undecided: Vec<Element>,
}

impl<'a> Source<'a> {
    /// Finds a file of the half and its bytes. A file that is there and could not be read becomes a problem of the part.
    pub fn bytes(&self, path: &str, part: &mut Part) -> Option<&'a [u8]> {
        let file = self.half.file(path)?;
        match file.whole() {
            Ok(bytes) => Some(bytes),
            Err(reason) => {
                part.problems.push(self.problem(file, reason));
                None
            }
        }
    }

    /// Reads the part of an extension whose settings lie in one file: none where the half has no such file, else what `fill` makes of its
    /// bytes. A file that could not be read leaves a part with that problem alone.
    pub fn part_of_file(&self, path: &str, fill: impl FnOnce(&'a [u8], &'a GptFile, &mut Part)) -> Option<Part> {
        let file = self.half.file(path)?;
        let mut part = Part::default();
        if let Some(bytes) = self.bytes(path, &mut part) {
            fill(bytes, file, &mut part);
        }
        Some(part)
    }

    /// Returns a problem of a file of this half.
    pub fn problem(&self, file: &GptFile, message: impl ToString) -> PartProblem {
        self.problem_at(&file.path, message)
    }

    /// Returns a problem of a file of this half, by its path.
    pub fn problem_at(&self, path: &str, message: impl ToString) -> PartProblem {
        PartProblem { file: format!("{}/{path}", self.side.folder()), message: message.to_string() }
    }
}

/// Reads what all extensions registered in a half set there, in the order of Microsoft's reports; behind them what no extension reports,
/// unless the report is to be compatible. Tells the task which extension is being read.
///
/// # Errors
/// Ends where the task is cancelled, between two extensions.
pub fn report_half(source: &Source<'_>, task: &Task) -> Result<Vec<ExtensionReport>, Cancelled> {
    let mut reports = Vec::new();
    let mut reported = Vec::new();
    let mut undecided = Vec::new();
    for extension in EXTENSIONS {
        if !source.half.registered.contains(extension.cse) {
            continue;
        }
        task.checkpoint()?;
        task.activity(format!("{}: {}", source.side.label(), extension.name));
        if let Some(part) = (extension.read)(source) {
            reported.push(extension.cse);
            undecided.extend(part.undecided);
            reports.push(extension.report(part.elements, part.problems));
        }
    }
    if !source.context.compatible {
        reports.extend(raw_contents::report(source, &reported, undecided));
    }
    Ok(reports)
}
