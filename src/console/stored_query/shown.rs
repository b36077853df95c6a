//! What a query brought, as its tabs show it.

use std::sync::Arc;

use crate::extension::{rsop_differences_document, rsop_document};
use crate::ident::Guid;
use crate::report::rsop::compare;
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
    /// What has changed since the run before; none where there was none.
    pub changes: Option<Arc<Document>>,
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
        let earlier = match shelf.earlier_result(id) {
            Err(error) if error.kind == StoreErrorKind::NotFound => None,
            earlier => Some(read(&earlier?, &name)?),
        };
        Ok(ShownReport::resultant_set(name, report, explained.as_deref(), earlier.as_ref()))
    }

    /// Takes a resultant set of policy, why it came out so, and the one before it.
    pub fn resultant_set(
        name: String,
        report: RsopReport,
        explained: Option<&Explained>,
        earlier: Option<&RsopReport>,
    ) -> Arc<Self> {
        let time = |report: &RsopReport, else_word: &str| {
            report.read.map_or_else(|| else_word.to_owned(), |time| time.to_local_text())
        };
        let changes = |earlier: &RsopReport| {
            let (before, now) = (time(earlier, "Before"), time(&report, "Now"));
            Arc::new(rsop_differences_document(&before, &now, &compare(earlier, &report)))
        };
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
            changes: earlier.map(changes),
            name,
            report,
        };
        Arc::new(ShownReport { content: ReportContent::Rsop(Box::new(rsop)), document: Arc::new(document) })
    }
}

fn read(xml: &[u8], name: &str) -> Result<RsopReport, StoreError> {
    read_rsop(xml).map_err(|error| StoreError::new(StoreErrorKind::Corrupt, name).with_detail(error))
}
