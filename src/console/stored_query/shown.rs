//! What a query brought, as its tabs show it.

use std::sync::Arc;

use crate::extension::rsop_document;
use crate::ident::Guid;
use crate::report::{Document, RsopReport, read_rsop};
use crate::store::{StoreError, StoreErrorKind};

use super::super::ShownReport;
use super::super::reports::ReportContent;
use super::{Explained, QueryShelf};

/// A resultant set of policy with the documents of its tabs.
pub struct ShownRsop {
    /// The name it is shown by.
    pub name: String,
    /// The resultant set.
    pub report: RsopReport,
    /// The tab Summary.
    pub summary: Arc<Document>,
    /// The tab Details.
    pub details: Arc<Document>,
    /// Why each GPO applies or does not; none where only the client knows.
    pub links: Option<Arc<Document>>,
    /// Who set each setting, with those who lost; none where only the client knows.
    pub settings: Option<Arc<Document>>,
}

impl ShownReport {
    /// Reads what a stored query brought last. Blocks on the file system.
    ///
    /// # Errors
    /// Fails where its files cannot be read, or hold no resultant set.
    pub fn of_query(shelf: &QueryShelf, id: Guid) -> Result<Arc<Self>, StoreError> {
        let name = shelf.get(id).map_or_else(|| id.to_string(), |query| query.name.clone());
        let report = read(&shelf.last_result(id)?, &name)?;
        let explained = shelf.explained(id)?;
        Ok(ShownReport::resultant_set(name, report, explained.as_deref()))
    }

    /// Takes a resultant set of policy, and why it came out so.
    pub fn resultant_set(name: String, report: RsopReport, explained: Option<&Explained>) -> Arc<Self> {
        let document = rsop_document(&report);
        let part = |keep: fn(usize) -> bool| {
            let sections = document.sections.iter().enumerate().filter(|(place, _)| keep(*place));
            let sections = sections.map(|(_, section)| section.clone()).collect();
            Arc::new(Document { title: document.title.clone(), collected: document.collected.clone(), sections })
        };
        let rsop = ShownRsop {
            // The summary is the first section.
            summary: part(|place| place == 0),
            details: part(|place| place > 0),
            links: explained.map(|explained| Arc::new(explained.links_document(&name))),
            settings: explained.map(|explained| Arc::new(explained.settings_document(&name))),
            name,
            report,
        };
        Arc::new(ShownReport { content: ReportContent::Rsop(Box::new(rsop)), document: Arc::new(document) })
    }
}

fn read(xml: &[u8], name: &str) -> Result<RsopReport, StoreError> {
    read_rsop(xml).map_err(|error| StoreError::new(StoreErrorKind::Corrupt, name).with_detail(error))
}
