//! What the commands that report settings have in common: which templates, which form, where to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;

use crate::format::admx::AdmxStore;
use crate::gpm::Task;
use crate::ident::DnsName;
use crate::operation::{ReportedFolder, Reporting, render_reports};
use crate::report::{GpoReport, HtmlOptions, ReportFormat};

use crate::store::ForestStore;

use super::UsageError;
use super::output::{Outcome, Output};
use super::session::report;

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
    /// Administrative templates (ADMX files) from this folder; given several times, the first that has a template counts
    #[arg(long, value_name = "FOLDER")]
    pub admx: Vec<PathBuf>,
    /// Language of the texts of administrative templates
    #[arg(long, value_name = "LANGUAGE", default_value = "en-US")]
    pub language: String,
    /// Leave comments of settings out
    #[arg(long)]
    no_comments: bool,
    /// Report as GPMC does where it is wrong: denied permissions, and nothing that its reports have no place for
    #[arg(long)]
    compatible: bool,
}

/// Administrative templates and where they came from.
pub struct Templates {
    store: Arc<AdmxStore>,
    source: Option<String>,
}

impl ReportArguments {
    /// Reads the templates of the folders named.
    pub async fn local_templates(&self, _task: &Task) -> anyhow::Result<Templates> {
        Ok(Templates { store: Arc::default(), source: None })
    }

    /// Reads the templates of the folders named, else those of the domain's central store, else this machine's.
    pub async fn templates(
        &self,
        _store: &Arc<dyn ForestStore>,
        _domain: &DnsName,
        task: &Task,
    ) -> anyhow::Result<Templates> {
        self.local_templates(task).await
    }

    /// Returns reporting with the choices made.
    pub fn reporting(&self, templates: Templates) -> Reporting {
        Reporting {
            templates: templates.store,
            template_source: templates.source,
            with_comments: !self.no_comments,
            compatible: self.compatible,
        }
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
            Some(file) => write_whole(file, &bytes)?,
            None => output.bytes(&bytes)?,
        }
        Ok(report(&reports.iter().flat_map(crate::operation::report_problems).collect::<Vec<_>>()))
    }

    /// Tells what was written to a folder.
    pub fn tell_folder(&self, output: &mut Output, reported: &ReportedFolder) -> anyhow::Result<Outcome> {
        if output.is_json() {
            output.json(&serde_json::to_value(reported)?)?;
        } else {
            output.line(format!("{} reports written", reported.files.len()))?;
        }
        Ok(report(&reported.problems))
    }

    fn single_format(&self, output: &Output) -> Result<ReportFormat, UsageError> {
        let of_file = || {
            let extension = self.output.as_ref()?.extension()?.to_str()?;
            ReportFormat::of_extension(extension)
        };
        match (self.format.or_else(of_file), output.is_json()) {
            (Some(format), _) => Ok(format),
            (None, true) => Ok(ReportFormat::Json),
            (None, false) if self.output.is_none() => Ok(ReportFormat::Text),
            (None, false) => Err(UsageError("say the form with --format, or by the extension of --output".to_owned())),
        }
    }
}

/// Writes a file whole or not at all: beside its place, then renamed.
fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let named = || path.display().to_string();
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.prefix(".opengpmc-").tempfile_in(folder).with_context(named)?;
    std::io::Write::write_all(&mut file, bytes).with_context(named)?;
    file.persist(path).with_context(named)?;
    Ok(())
}
