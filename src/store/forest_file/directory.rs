//! The directory of one domain of a forest file, as its domain controller would show it.

use std::sync::Arc;

use async_trait::async_trait;

use crate::ident::Dn;
use crate::store::{Attribute, Change, Directory, Entry, RootDse, SearchRequest, StoreError, Visit};

use super::database::{Database, NamingContext};
use super::search;
use super::write::Writer;

/// Entries handed over at once.
const BATCH: usize = 256;
/// Batches read ahead of the one who takes them.
const BATCHES_AHEAD: usize = 4;

/// The directory of one domain: its own entries, configuration and schema.
pub(super) struct FileDirectory {
    database: Arc<Database>,
    domain: NamingContext,
    root_dse: RootDse,
}

impl FileDirectory {
    pub(super) fn new(database: Arc<Database>, domain: &NamingContext, server: &str) -> Self {
        let root_dse = RootDse {
            server: server.to_owned(),
            domain: domain.dns_name.clone(),
            domain_dn: domain.dn.clone(),
            forest_dn: database.layout.root().dn.clone(),
            configuration_dn: database.layout.configuration.dn.clone(),
            schema_dn: database.layout.schema.dn.clone(),
            site: None,
            user: None,
            vendor: None,
        };
        FileDirectory { database, domain: domain.clone(), root_dse }
    }

    async fn write(
        &self,
        work: impl FnOnce(&Writer<'_>) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let (database, domain) = (self.database.clone(), self.domain.clone());
        self.database.write(move |connection| work(&Writer { connection, database: &database, domain: &domain })).await
    }
}

#[async_trait]
impl Directory for FileDirectory {
    fn root_dse(&self) -> &RootDse {
        &self.root_dse
    }

    async fn search_with(
        &self,
        request: &SearchRequest,
        visit: &mut (dyn FnMut(Entry) -> Visit + Send),
    ) -> Result<(), StoreError> {
        let (sender, mut receiver) = tokio::sync::mpsc::channel::<Vec<Entry>>(BATCHES_AHEAD);
        let (database, domain, request) = (self.database.clone(), self.domain.clone(), request.clone());
        let worker = tokio::task::spawn_blocking(move || {
            let mut batch = Vec::with_capacity(BATCH);
            let writable = !database.is_read_only();
            database.read_blocking(|connection| {
                search::run(connection, &database.layout, &domain, writable, &request, &mut |entry| {
                    batch.push(entry);
                    batch.len() < BATCH || sender.blocking_send(std::mem::take(&mut batch)).is_ok()
                })
            })?;
            // Nobody takes it where the receiver has stopped.
            let _ = sender.blocking_send(batch);
            Ok(())
        });
        'batches: while let Some(batch) = receiver.recv().await {
            for entry in batch {
                if visit(entry) == Visit::Stop {
                    break 'batches;
                }
            }
        }
        drop(receiver);
        self.database.join(worker).await
    }

    async fn add(&self, dn: &Dn, attributes: &[Attribute]) -> Result<(), StoreError> {
        let (dn, attributes) = (dn.clone(), attributes.to_vec());
        self.write(move |writer| writer.add(&dn, &attributes)).await
    }

    async fn modify(&self, dn: &Dn, changes: &[Change]) -> Result<(), StoreError> {
        let (dn, changes) = (dn.clone(), changes.to_vec());
        self.write(move |writer| writer.modify(&dn, &changes)).await
    }

    async fn delete(&self, dn: &Dn) -> Result<(), StoreError> {
        let dn = dn.clone();
        self.write(move |writer| writer.delete(&dn)).await
    }

    async fn delete_tree(&self, dn: &Dn) -> Result<(), StoreError> {
        let dn = dn.clone();
        self.write(move |writer| writer.delete_tree(&dn)).await
    }

    async fn rename(&self, dn: &Dn, new_rdn: &str, new_parent: Option<&Dn>) -> Result<(), StoreError> {
        let (dn, new_rdn, new_parent) = (dn.clone(), new_rdn.to_owned(), new_parent.cloned());
        self.write(move |writer| writer.rename(&dn, &new_rdn, new_parent.as_ref())).await
    }
}
