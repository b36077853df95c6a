//! What the console remembers between runs: one JSON file in the settings folder. Never a password.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use egui::ThemePreference;
use serde::{Deserialize, Serialize};

use super::forest_view::{ForestView, ViewMemory};
use super::kit::data_table::TableMemory;
use crate::ident::DnsName;
use crate::store::{ControllerChoice, ControllerChoices};

/// How many targets and user names are remembered.
const REMEMBERED: usize = 12;
const FILE_NAME: &str = "console.json";

/// What the console remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The theme.
    pub theme: ThemePreference,
    /// Width of the scope tree, in points.
    pub tree_width: f32,
    /// Whether the scope tree is shown.
    pub tree_shown: bool,
    /// Whether the Actions pane is shown.
    pub actions_shown: bool,
    /// Width of the Actions pane, in points.
    pub actions_width: f32,
    /// How the console looked when it was closed; none before that.
    pub view: Option<ViewMemory>,
    /// What is shown of each forest, by its name.
    pub forests: BTreeMap<String, ForestView>,
    /// How lists are laid out, by the names they are remembered under.
    pub tables: BTreeMap<String, TableMemory>,
    /// The language of the texts of administrative templates; none for English.
    pub template_language: Option<String>,
    /// Whether reports tell the comments of settings of administrative templates.
    pub report_comments: bool,
    /// Whether it is told that a link was selected and not a GPO.
    pub link_notice: bool,
    /// Whether the domain controller in use stands behind the name of each domain.
    pub controllers_named: bool,
    /// Whether the impact of a change is shown before it is made.
    pub preview_impact: bool,
    /// Targets connected to, the last one first, as `--connect` takes them.
    pub recent_targets: Vec<String>,
    /// User names logged on with, the last one first.
    pub recent_users: Vec<String>,
    /// Folders of backups used, the last one first.
    pub backup_folders: Vec<String>,
    /// Migration tables used, the last one first.
    pub migration_tables: Vec<String>,
    /// The file of certificates trusted besides the system's, last used.
    pub ca_file: Option<PathBuf>,
    /// The folder with administrative templates for domains without a central store, and for backups; none for those of this machine.
    pub template_folder: Option<PathBuf>,
    /// Whether NTLM was allowed last.
    pub allow_ntlm: bool,
    /// Which domain controller is used, for each domain that does not use its PDC emulator.
    pub controllers: BTreeMap<DnsName, ControllerChoice>,
    /// From which domain controller the sites are read: by forest, the domain and the choice.
    pub sites_controllers: BTreeMap<DnsName, (DnsName, ControllerChoice)>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            theme: ThemePreference::System,
            tree_width: 320.0,
            tree_shown: true,
            actions_shown: false,
            actions_width: 220.0,
            view: None,
            forests: BTreeMap::new(),
            tables: BTreeMap::new(),
            template_language: None,
            report_comments: true,
            link_notice: true,
            controllers_named: false,
            preview_impact: false,
            recent_targets: Vec::new(),
            recent_users: Vec::new(),
            backup_folders: Vec::new(),
            migration_tables: Vec::new(),
            ca_file: None,
            template_folder: None,
            allow_ntlm: true,
            controllers: BTreeMap::new(),
            sites_controllers: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Reads the settings; the defaults where there is no folder or no file. Tells what is wrong with a damaged file.
    pub fn load(folder: Option<&Path>) -> (Self, Option<String>) {
        let Some(path) = folder.map(|folder| folder.join(FILE_NAME)) else { return (Settings::default(), None) };
        match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (Settings::default(), None),
            Err(error) => (Settings::default(), Some(format!("{}: {error}", path.display()))),
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(settings) => (settings, None),
                Err(error) => (Settings::default(), Some(format!("{}: {error}", path.display()))),
            },
        }
    }

    /// Writes the settings, whole or not at all.
    pub fn save(&self, folder: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.persist(folder.join(FILE_NAME)).map_err(|error| error.error)?;
        Ok(())
    }

    /// Remembers which domain controller of a domain is used; the PDC emulator is used anyway.
    pub fn remember_controller(&mut self, domain: &DnsName, choice: ControllerChoice) {
        if choice == ControllerChoice::PdcEmulator {
            self.controllers.remove(domain);
        } else {
            self.controllers.insert(domain.clone(), choice);
        }
    }

    /// Remembers from which domain controller the sites of a forest are read.
    pub fn remember_sites_controller(&mut self, forest: &DnsName, domain: DnsName, choice: ControllerChoice) {
        self.sites_controllers.insert(forest.clone(), (domain, choice));
    }

    /// Returns the choices for a connection; a person is asked about a domain controller that does not answer.
    pub fn controller_choices(&self) -> ControllerChoices {
        ControllerChoices {
            usual: None,
            domains: self.controllers.clone(),
            configuration: self.sites_controllers.clone(),
            falls_back: false,
        }
    }

    /// Remembers a target that was connected to.
    pub fn remember_target(&mut self, target: String) {
        remember(&mut self.recent_targets, target);
    }

    /// Remembers a folder of backups that was used.
    pub fn remember_backup_folder(&mut self, folder: String) {
        remember_path(&mut self.backup_folders, folder);
    }

    /// Remembers a migration table that was used.
    pub fn remember_migration_table(&mut self, path: String) {
        remember_path(&mut self.migration_tables, path);
    }

    /// Remembers a user name that was logged on with.
    pub fn remember_user(&mut self, user: String) {
        remember(&mut self.recent_users, user);
    }
}

/// Returns the folder for settings of this user; none where the system names none.
pub fn default_folder() -> Option<PathBuf> {
    directories::ProjectDirs::from("org", "OpenGPMC", "OpenGPMC").map(|folders| folders.config_dir().to_owned())
}

/// Paths differ by case, other than names.
fn remember_path(list: &mut Vec<String>, path: String) {
    list.retain(|known| *known != path);
    list.insert(0, path);
    list.truncate(REMEMBERED);
}

fn remember(list: &mut Vec<String>, entry: String) {
    list.retain(|known| !known.eq_ignore_ascii_case(&entry));
    list.insert(0, entry);
    list.truncate(REMEMBERED);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings { theme: ThemePreference::Dark, tree_width: 250.0, ..Settings::default() };
        let domain: DnsName = "corp.test".parse().unwrap();
        settings.remember_controller(&domain, ControllerChoice::Named("dc2".to_owned()));
        settings.remember_sites_controller(&domain, domain.clone(), ControllerChoice::Any);
        settings.remember_target("corp.test".to_owned());
        settings.remember_target("demo".to_owned());
        settings.remember_target("CORP.test".to_owned());
        assert_eq!(settings.recent_targets, ["CORP.test", "demo"]);
        settings.save(folder.path()).unwrap();
        assert_eq!(Settings::load(Some(folder.path())), (settings, None));
    }

    #[test]
    fn a_damaged_file_is_told_and_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), b"{").unwrap();
        let (settings, problem) = Settings::load(Some(folder.path()));
        assert_eq!(settings, Settings::default());
        assert!(problem.unwrap().contains(FILE_NAME));
        assert_eq!(Settings::load(None).1, None);
    }
}
