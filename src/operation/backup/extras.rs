//! What belongs to a GPO and lies outside of it, saved beside the set by choice.

use crate::format::{BACKUP_EXTRAS_FILE, BackupExtras, SavedLink, SavedWmiFilter, SavedWmiQuery};
use crate::gpm::{
    Backup, ForestSnapshot, Gpo, HResult, LinkScope, LinkedSom, MessageId, OperationError, StatusMessage, WmiFilter,
    read_bounded,
};
use crate::store::StoreError;

/// Returns the extras of a GPO: its links in the whole forest, and its WMI filter.
pub(super) fn of_gpo(forest: &ForestSnapshot, gpo: &Gpo) -> BackupExtras {
    let links = forest.links_to(&gpo.dn, LinkScope::EntireForest);
    let filter = gpo.wmi_filter.as_ref().and_then(|reference| forest.wmi_filter(reference));
    BackupExtras::new(links.iter().map(saved_link).collect(), filter.map(saved_filter))
}

fn saved_link(linked: &LinkedSom<'_>) -> SavedLink {
    SavedLink {
        som: linked.som.dn.clone(),
        order: linked.link.order,
        enabled: linked.link.enabled,
        enforced: linked.link.enforced,
        inheritance_blocked: linked.som.inheritance_blocked,
    }
}

fn saved_filter(filter: &WmiFilter) -> SavedWmiFilter {
    let queries = filter.queries.iter().map(SavedWmiQuery::from);
    SavedWmiFilter {
        id: filter.id,
        domain: filter.domain.clone(),
        name: filter.name.clone(),
        description: filter.description.clone(),
        author: filter.author.clone(),
        created: filter.created.map(|time| time.unix_seconds()),
        queries: queries.collect(),
    }
}

/// Reads what was saved beside a set; none where nothing was. Blocks on the file system.
///
/// # Errors
/// Fails where the file is damaged or cannot be read.
pub fn read_backup_extras(backup: &Backup) -> Result<Option<BackupExtras>, OperationError> {
    let failed = |error| OperationError::of_read(&StoreError::from_io(BACKUP_EXTRAS_FILE, &error));
    let Some(path) = backup.file(BACKUP_EXTRAS_FILE).map_err(failed)? else { return Ok(None) };
    let extras = BackupExtras::parse(&read_bounded(&path).map_err(failed)?).map_err(|error| {
        let message = StatusMessage::error(MessageId::BackupXmlInvalid, HResult::INVALID_DATA, error.to_string());
        OperationError::new(message.about(path.display()))
    })?;
    Ok(Some(extras))
}
