//! What the commands that report settings have in common: which templates, which form, where to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;

use crate::gpm::Task;
use crate::ident::DnsName;
use crate::operation::{
    LoadTemplatesError, ReportedFolder, Reporting, TemplateOptions, Templates, load_central_store,
    load_machine_templates, load_templates, render_reports, write_whole,
};
use crate::report::{GpoReport, HtmlOptions, ReportFormat};

use crate::store::ForestStore;

use super::UsageError;
use super::output::{Outcome, Output, printable};
use super::session::report;

/// Which administrative templates the texts of settings come from.
#[derive(Clone, Debug, Args)]
pub struct TemplateArguments {
    /// Administrative templates (ADMX files) from this folder; given several times, the first that has a template counts
    #[arg(long, value_name = "FOLDER")]
    pub admx: Vec<PathBuf>,
    /// Language of the texts of administrative templates
    #[arg(long, value_name = "LANGUAGE", default_value = "en-US")]
    pub language: String,
}

impl TemplateArguments {
    /// Reads the templates of the folders named, else this machine's.
    pub async fn local(&self, task: &Task) -> anyhow::Result<Option<Templates>> {
        let (folders, options, task) = (self.admx.clone(), template_options(&self.language), task.clone());
        let load = move || match folders[..] {
            [] => load_machine_templates(&options, &task),
            _ => load_templates(&folders, &options, &task).map(Some),
        };
        Ok(tokio::task::spawn_blocking(load).await??)
    }

    /// Reads the templates of the folders named, else those of the domain's central store, else this machine's.
    pub async fn read(
        &self,
        store: &Arc<dyn ForestStore>,
        domain: &DnsName,
        task: &Task,
    ) -> anyhow::Result<Option<Templates>> {
        if self.admx.is_empty() {
            let sysvol = task.or_cancel(store.sysvol(domain)).await?;
            // A domain whose SYSVOL is away is reported all the same, and says of its files what is wrong.
            let central = match sysvol {
                Ok(sysvol) => load_central_store(&*sysvol, &template_options(&self.language), task).await,
                Err(error) => Err(error.into()),
            };
            match central {
                Ok(None) => {}
                Ok(Some(templates)) => return Ok(Some(templates)),
                Err(LoadTemplatesError::Cancelled(cancelled)) => return Err(cancelled.into()),
                Err(error) => {
                    let said = format!("The central store of {domain} cannot be read: {error}");
                    eprintln!("{}", printable(said));
                }
            }
        }
        self.local(task).await
    }
}

/// How settings are reported.
#[derive(Clone, Debug, Args)]
pub struct ReportArguments {
    /// The form: html, xml (as GPMC writes it), csv, json or text
    ///
    /// Without it: the form that the extension of --output says, text on standard output, html in --output-dir.
    #[arg(long, value_name = "FORM")]
    format: Option<ReportFormat>,
    /// Write one file instead of printing
    #[arg(long, value_name = "FILE", conflicts_with = "output_dir")]
    output: Option<PathBuf>,
    /// Write a file for each GPO into this folder, which is made where it is missing
    #[arg(long, value_name = "FOLDER")]
    pub output_dir: Option<PathBuf>,
    #[command(flatten)]
    pub templates: TemplateArguments,
    /// Leave comments of settings out
    #[arg(long)]
    no_comments: bool,
    /// Report as GPMC does where it is wrong: denied permissions, and nothing that its reports have no place for
    #[arg(long)]
    compatible: bool,
}

impl ReportArguments {
    /// Refuses a file whose form cannot be told, before anything is read for it.
    pub fn check(&self, output: &Output) -> Result<(), UsageError> {
        match self.output_dir {
            Some(_) => Ok(()),
            None => self.single_format(output).map(|_| ()),
        }
    }

    /// Returns reporting with the choices made.
    pub fn reporting(&self, templates: Option<Templates>) -> Reporting {
        Reporting { with_comments: !self.no_comments, compatible: self.compatible, ..reporting(templates) }
    }

    /// Returns the form in which files in a folder are written.
    pub fn folder_format(&self) -> ReportFormat {
        self.format.unwrap_or(ReportFormat::Html)
    }

    /// Prints reports, or writes them to the one file asked for; names what could not be read.
    pub fn deliver(&self, output: &mut Output, reports: &[GpoReport]) -> anyhow::Result<Outcome> {
        let format = self.single_format(output)?;
        let bytes = render_reports(reports, format, HtmlOptions::default());
        match &self.output {
            Some(file) => write_whole(file, &bytes).with_context(|| format!("{} cannot be written", file.display()))?,
            None => output.bytes(&bytes)?,
        }
        Ok(report(&reports.iter().flat_map(crate::operation::report_problems).collect::<Vec<_>>()))
    }

    /// Tells what was written to a folder.
    pub fn tell_folder(&self, output: &mut Output, reported: &ReportedFolder) -> anyhow::Result<Outcome> {
        if output.is_json() {
            output.json(&serde_json::to_value(reported)?)?;
        } else {
            output.line(match reported.files.len() {
                1 => "1 report written".to_owned(),
                count => format!("{count} reports written"),
            })?;
        }
        Ok(report(&reported.problems))
    }

    fn single_format(&self, output: &Output) -> Result<ReportFormat, UsageError> {
        form_of(self.format, self.output.as_deref(), output)
    }
}

/// Returns the form in which one report is wanted: the one said, else that of the file's name, else JSON or text.
pub(super) fn form_of(
    format: Option<ReportFormat>,
    file: Option<&Path>,
    output: &Output,
) -> Result<ReportFormat, UsageError> {
    let of_file = || ReportFormat::of_extension(file?.extension()?.to_str()?);
    match (format.or_else(of_file), output.is_json()) {
        (Some(format), _) => Ok(format),
        (None, true) => Ok(ReportFormat::Json),
        (None, false) if file.is_none() => Ok(ReportFormat::Text),
        (None, false) => Err(UsageError(
            "the name of --output does not tell the form: end it with .html, .xml, .csv, .json or .txt, or say --format"
                .to_owned(),
        )),
    }
}

/// Returns reporting with these templates.
pub(super) fn reporting(templates: Option<Templates>) -> Reporting {
    let (templates, template_source) = templates.map(|read| (read.store, read.source)).unzip();
    Reporting { template_source, ..Reporting::new(templates.unwrap_or_default()) }
}

/// Returns how templates are read: in this language, parsed stores kept in this user's cache folder.
pub(super) fn template_options(language: &str) -> TemplateOptions {
    let folders = directories::ProjectDirs::from("org", "OpenGPMC", "OpenGPMC");
    let cache_folder = folders.map(|folders| folders.cache_dir().to_owned());
    TemplateOptions { language: language.to_owned(), cache_folder }
}
