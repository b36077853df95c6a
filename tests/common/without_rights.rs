//! A forest in which we may do nothing with one object, as its directory says; whoever tries all the same is found out.

use std::sync::Arc;

use async_trait::async_trait;
use opengpmc::ident::{Dn, DnsName};
use opengpmc::store::{
    Attribute, Change, ConnectionInfo, Directory, Entry, ForestStore, RootDse, SearchRequest, StoreError, Sysvol, Visit,
};

/// Its directory.
struct WithoutRights(Arc<dyn Directory>, Dn);

#[async_trait]
impl Directory for WithoutRights {
    fn root_dse(&self) -> &RootDse {
        self.0.root_dse()
    }

    async fn search_with(
        &self,
        request: &SearchRequest,
        visit: &mut (dyn FnMut(Entry) -> Visit + Send),
    ) -> Result<(), StoreError> {
        let is_hidden = |name: &str| {
            let lists = ["allowedAttributesEffective", "allowedChildClassesEffective"];
            lists.iter().any(|list| name.eq_ignore_ascii_case(list))
        };
        let mut hidden = |mut entry: Entry| {
            if entry.dn == self.1 {
                entry.attributes.retain(|attribute| !is_hidden(&attribute.name));
            }
            visit(entry)
        };
        self.0.search_with(request, &mut hidden).await
    }

    async fn add(&self, dn: &Dn, attributes: &[Attribute]) -> Result<(), StoreError> {
        assert_ne!(dn.parent().as_ref(), Some(&self.1), "it was tried all the same");
        self.0.add(dn, attributes).await
    }

    async fn modify(&self, dn: &Dn, changes: &[Change]) -> Result<(), StoreError> {
        assert_ne!(*dn, self.1, "it was tried all the same");
        self.0.modify(dn, changes).await
    }

    async fn delete(&self, dn: &Dn) -> Result<(), StoreError> {
        self.0.delete(dn).await
    }

    async fn delete_tree(&self, dn: &Dn) -> Result<(), StoreError> {
        self.0.delete_tree(dn).await
    }

    async fn rename(&self, dn: &Dn, new_rdn: &str, new_parent: Option<&Dn>) -> Result<(), StoreError> {
        assert_ne!(*dn, self.1, "it was tried all the same");
        self.0.rename(dn, new_rdn, new_parent).await
    }
}

/// The forest: another one, and the object.
pub struct ForestWithoutRights(pub Arc<dyn ForestStore>, pub Dn);

#[async_trait]
impl ForestStore for ForestWithoutRights {
    fn info(&self) -> ConnectionInfo {
        self.0.info()
    }

    fn directory(&self) -> Arc<dyn Directory> {
        Arc::new(WithoutRights(self.0.directory(), self.1.clone()))
    }

    async fn domain_directory(&self, domain: &DnsName) -> Result<Arc<dyn Directory>, StoreError> {
        Ok(Arc::new(WithoutRights(self.0.domain_directory(domain).await?, self.1.clone())))
    }

    async fn sysvol(&self, domain: &DnsName) -> Result<Arc<dyn Sysvol>, StoreError> {
        self.0.sysvol(domain).await
    }
}
