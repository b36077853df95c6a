//! `rsop plan`: Group Policy Modeling.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::operation::rsop::{Planned, PolicyCache, plan_query};
use crate::operation::{render_rsop, write_whole};
use crate::report::{HtmlOptions, ReportFormat};

use super::super::messages::tell;
use super::super::output::{Outcome, Output};
use super::super::report::{TemplateArguments, reporting};
use super::super::session::report;
use super::super::{Session, UsageError};
use super::TargetArguments;
use super::text;

/// Plan what applies to a user, a computer, or both (Group Policy Modeling)
///
/// Works on every domain and on a saved forest, without a service on the domain controllers. Local GPOs are not planned.
#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    target: TargetArguments,
    /// The form; xml is the document that GPMC and gpresult /X write
    ///
    /// Without it: the form that the extension of --output says, else text.
    #[arg(long, value_name = "FORM")]
    format: Option<Format>,
    /// Write a file instead of printing
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    templates: TemplateArguments,
}

/// The form of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, in a terminal.
    Text,
    /// The document of GPMC and `gpresult /X`, UTF-16.
    Xml,
    /// The document of GPMC, for a browser.
    Html,
    /// All that was planned, with each link that does not apply.
    Json,
}

impl Plan {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let format = self.format(output)?;
        let (store, forest) = session.load().await?;
        let query = self.target.query(session, &store, &forest).await?;
        let mut planned = plan_query(&store, &forest, &query, &PolicyCache::default(), &session.task).await?;
        let home = store.directory().root_dse().domain.clone();
        let reporting = reporting(self.templates.read(&store, &home, &session.task).await?);
        planned.name_policies(&reporting.templates);
        let bytes = match format {
            Format::Json => (serde_json::to_string_pretty(&to_json(&planned))? + "\n").into_bytes(),
            Format::Text => text::plan(&planned, &store, &session.task).await?.into_bytes(),
            Format::Xml | Format::Html => {
                let report = planned.report(&store, &reporting, &session.task).await?;
                let form = if format == Format::Html { ReportFormat::Html } else { ReportFormat::Xml };
                render_rsop(&report, form, HtmlOptions::default())
            }
        };
        match &self.output {
            Some(file) => write_whole(file, &bytes).with_context(|| format!("{} cannot be written", file.display()))?,
            None => output.bytes(&bytes)?,
        }
        Ok(tell(&session.task).and(report(forest.all_problems())))
    }

    fn format(&self, output: &Output) -> Result<Format, UsageError> {
        let extension = self.output.as_ref().and_then(|file| file.extension()?.to_str().map(str::to_lowercase));
        match (self.format, extension.as_deref()) {
            (Some(format), _) => Ok(format),
            (None, Some("xml")) => Ok(Format::Xml),
            (None, Some("html" | "htm")) => Ok(Format::Html),
            (None, Some("json")) => Ok(Format::Json),
            (None, Some("txt")) => Ok(Format::Text),
            (None, _) if output.is_json() => Ok(Format::Json),
            (None, _) if self.output.is_none() => Ok(Format::Text),
            (None, _) => Err(UsageError(
                "the name of --output does not tell the form: end it with .xml, .html, .json or .txt, or say --format"
                    .to_owned(),
            )),
        }
    }
}

/// Returns all of a plan.
pub(super) fn to_json(planned: &Planned) -> serde_json::Value {
    json!({
        "made": planned.made,
        "target": planned.target,
        "assumptions": planned.assumptions,
        "plan": planned.plan,
    })
}
