//! `completions` and `man-page`: what shells and manuals need, made from the commands themselves.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::output::{Outcome, Output};

/// Print a completion script for a shell
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Write the manual pages, one for each command
#[derive(Debug, Args)]
pub struct ManPage {
    /// The folder to write them to; without it the page of the program itself is printed
    folder: Option<PathBuf>,
}

impl Completions {
    /// Carries out the command.
    pub fn run(&self, mut command: clap::Command, output: &mut Output) -> anyhow::Result<Outcome> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "opengpmc", &mut script);
        output.bytes(&script)?;
        Ok(Outcome::Done)
    }
}

impl ManPage {
    /// Carries out the command.
    pub fn run(&self, command: clap::Command, output: &mut Output) -> anyhow::Result<Outcome> {
        let Some(folder) = &self.folder else {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            output.bytes(&page)?;
            return Ok(Outcome::Done);
        };
        write_pages(command, folder).with_context(|| format!("writing the manual pages to {}", folder.display()))?;
        Ok(Outcome::Done)
    }
}

fn write_pages(command: clap::Command, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    clap_mangen::generate_to(command, folder)
}
