//! Cross-Domain Copying Wizard: copies a GPO into another domain, of this forest or another (`console-ui.md` 7.4).

use std::sync::Arc;

use egui::Ui;

use crate::gpm::{Domain, Gpo, OperationError};
use crate::ident::DnsName;
use crate::operation::CopyOptions;
use crate::operation::content::GpoContent;
use crate::operation::migration::{ScanOptions, name_principals};

use super::ForestId;
use super::copy_dialog::Copying;
use super::migrating::Migrating;
use super::theme::SPACE;
use super::window::Surroundings;
use super::wizard::{Page, PageFrame, Ready, Wizard, summary_ui};

/// What is entered in the wizard.
pub struct CrossDomainCopy {
    copying: Copying,
    keep_permissions: bool,
    /// What the original was looked into for.
    scanned_for: Option<bool>,
    migrating: Migrating,
}

/// Returns the wizard that copies a GPO into another domain.
pub fn copy_wizard(from: ForestId, gpo: Gpo, to: ForestId, domain: DnsName) -> Wizard<CrossDomainCopy> {
    let migrating = Migrating::new(to, domain.clone());
    let copying = Copying { from, gpo, to, domain };
    let state = CrossDomainCopy { copying, keep_permissions: false, scanned_for: None, migrating };
    Wizard::new("Cross-Domain Copying Wizard", state, PAGES, finish)
}

impl AsRef<Migrating> for CrossDomainCopy {
    fn as_ref(&self) -> &Migrating {
        &self.migrating
    }
}

impl AsMut<Migrating> for CrossDomainCopy {
    fn as_mut(&mut self) -> &mut Migrating {
        &mut self.migrating
    }
}

const PAGES: &[Page<CrossDomainCopy>] = &[
    Page { title: "Welcome", ui: welcome_ui, ..Page::PLAIN },
    Page { title: "Specifying permissions", ui: permissions_ui, ..Page::PLAIN },
    Page { title: "Scanning Original GPO", enter: scan, ..Page::SCANNING },
    Page::MIGRATING,
    Page { title: "Completing", ui: completing_ui, check: can_finish, ..Page::PLAIN },
];

fn welcome_ui(state: &mut CrossDomainCopy, ui: &mut Ui, _page: &mut PageFrame<'_, '_>) {
    let Copying { gpo, domain, .. } = &state.copying;
    ui.label("This wizard copies a GPO into another domain.");
    ui.add_space(2.0 * SPACE);
    summary_ui(
        ui,
        &[
            ("Source GPO", gpo.display_name.clone()),
            ("Source domain", gpo.domain.to_string()),
            ("Destination domain", domain.to_string()),
        ],
    );
    ui.add_space(2.0 * SPACE);
    for line in [
        "The copy has an ID of its own and is linked nowhere.",
        "It is not linked to the WMI filter of the original, which belongs to the source domain.",
        "Principals and UNC paths of the source domain can be mapped with a migration table.",
    ] {
        ui.label(format!("•  {line}"));
    }
}

fn permissions_ui(state: &mut CrossDomainCopy, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
    ui.label("Permissions of the new GPO:");
    ui.add_space(SPACE);
    let first = ui.radio_value(&mut state.keep_permissions, false, "Use the default permissions for new GPOs");
    page.focus_first(&first);
    ui.radio_value(&mut state.keep_permissions, true, "Preserve or migrate the original permissions");
    ui.add_space(SPACE);
    ui.weak(
        "The permissions of the original name principals of its domain; they can be mapped with a migration table.",
    );
}

/// Looks into the original, once for each choice of permissions.
fn scan(state: &mut CrossDomainCopy, around: &mut Surroundings<'_>) {
    let Some(forest) = around.forest(state.copying.from) else { return };
    if state.scanned_for.replace(state.keep_permissions) == Some(state.keep_permissions) {
        return;
    }
    let (store, gpo) = (Arc::clone(&forest.store), state.copying.gpo.clone());
    state.migrating.scan(state.keep_permissions, around, move |task| async move {
        let domain = Domain::open(&store, &gpo.domain).await.map_err(|error| OperationError::of_directory(&error))?;
        let mut content = GpoContent::read_live(&domain, &gpo, &task).await?;
        let options = ScanOptions { with_security: true, with_preferences: true };
        name_principals(&mut content, &domain, &options, &task).await?;
        Ok(content)
    });
}

fn completing_ui(state: &mut CrossDomainCopy, ui: &mut Ui, _page: &mut PageFrame<'_, '_>) {
    let Copying { gpo, domain, .. } = &state.copying;
    ui.label("Finish makes this copy:");
    ui.add_space(2.0 * SPACE);
    let permissions = if state.keep_permissions { "Those of the original" } else { "Those of new GPOs" };
    let mut rows = vec![
        ("Source GPO", gpo.display_name.clone()),
        ("Source domain", gpo.domain.to_string()),
        ("Destination domain", domain.to_string()),
        ("Permissions", permissions.to_owned()),
    ];
    rows.extend(state.migrating.summary());
    summary_ui(ui, &rows);
}

fn can_finish(state: &CrossDomainCopy, around: &Surroundings<'_>) -> Ready {
    match around.forest(state.copying.to).zip(around.forest(state.copying.from)) {
        Some(_) => Ready::Yes,
        None => Ready::No("The forest is not open any more.".to_owned()),
    }
}

fn finish(state: &mut CrossDomainCopy, around: &mut Surroundings<'_>) -> Result<(), String> {
    let options = CopyOptions {
        keep_permissions: state.keep_permissions,
        migration: state.migrating.options(),
        ..CopyOptions::default()
    };
    let job = state.copying.start(options, around)?;
    state.migrating.remember(around.commands);
    around.started.push(job);
    Ok(())
}
