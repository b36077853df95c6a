//! `admx`: administrative templates.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::gpm::Task;
use crate::operation::{TemplateOptions, load_templates};

use super::output::{Outcome, Output, printable};

/// Administrative templates
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read a folder of administrative templates and name all that is wrong in it
    Check(Check),
}

/// Read a folder of administrative templates and name all that is wrong in it
///
/// Counts go to standard output, each warning with file and line to standard error. Exit code 3 when there are warnings.
#[derive(Debug, Args)]
pub struct Check {
    /// The folder with the ADMX files and a folder of ADML files for each language; given several times, the first that has a template counts
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// Language of the texts
    #[arg(long, value_name = "LANGUAGE", default_value = "en-US")]
    language: String,
}

impl Command {
    /// Carries out the command. The templates themselves are read, never a parsed store that was kept.
    pub fn run(&self, task: &Task, output: &mut Output) -> anyhow::Result<Outcome> {
        let Command::Check(check) = self;
        let options = TemplateOptions { language: check.language.clone(), cache_folder: None };
        let store = load_templates(&check.folders, &options, task)?.store;
        let warnings = store.warnings();
        let counts = [
            ("Templates", store.template_count()),
            ("Categories", store.category_count()),
            ("Policies", store.policy_count()),
            ("Warnings", warnings.len()),
        ];
        if output.is_json() {
            let told = warnings.iter().map(
                |warning| json!({ "file": warning.path, "line": warning.line, "message": warning.problem.to_string() }),
            );
            output.json(&json!({
                "templates": store.template_count(),
                "categories": store.category_count(),
                "policies": store.policy_count(),
                "warnings": told.collect::<Vec<_>>(),
            }))?;
        } else {
            output.fields(&counts.map(|(label, count)| (label, count.to_string())))?;
            for warning in warnings {
                eprintln!("warning: {}", printable(warning.to_string()));
            }
        }
        Ok(if warnings.is_empty() { Outcome::Done } else { Outcome::Partly })
    }
}
