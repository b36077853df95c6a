//! The directory side of a store: what LDAP offers, over plain data.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::ident::{Dn, DnsName, Sid};

use super::{Filter, StoreError};

/// A directory service, opened as some user: LDAP on a domain controller, or a forest file.
///
/// Every method fails with a [`StoreError`] that names the object. Reads may be repeated by the backend after a dropped
/// connection; writes never are.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Returns what the server says of itself, read when the directory was opened.
    fn root_dse(&self) -> &RootDse;

    /// Searches and hands each entry to `visit` as it comes; paged, so that no answer is cut by a server's limit.
    /// Stops early, without error, where `visit` answers [`Visit::Stop`]. A missing base is `NotFound`; referrals are passed over.
    async fn search_with(
        &self,
        request: &SearchRequest,
        visit: &mut (dyn FnMut(Entry) -> Visit + Send),
    ) -> Result<(), StoreError>;

    /// Adds an object.
    async fn add(&self, dn: &Dn, attributes: &[Attribute]) -> Result<(), StoreError>;

    /// Applies all changes to one object, or none. `Conflict` where a swapped value is not the one in the directory.
    async fn modify(&self, dn: &Dn, changes: &[Change]) -> Result<(), StoreError>;

    /// Deletes an object without children; `NotEmpty` otherwise.
    async fn delete(&self, dn: &Dn) -> Result<(), StoreError>;

    /// Deletes an object and everything below it.
    async fn delete_tree(&self, dn: &Dn) -> Result<(), StoreError>;

    /// Renames an object, and moves it below `new_parent` if one is given. `new_rdn` is a whole component, `OU=Staff`.
    async fn rename(&self, dn: &Dn, new_rdn: &str, new_parent: Option<&Dn>) -> Result<(), StoreError>;

    /// Searches and collects all entries.
    async fn search(&self, request: &SearchRequest) -> Result<Vec<Entry>, StoreError> {
        let mut entries = Vec::new();
        let mut collect = |entry| {
            entries.push(entry);
            Visit::Continue
        };
        self.search_with(request, &mut collect).await?;
        Ok(entries)
    }

    /// Reads one object; `NotFound` where it does not exist or may not be seen.
    async fn read(&self, dn: &Dn, attributes: &[&str], sd_parts: Option<SdParts>) -> Result<Entry, StoreError> {
        let request = SearchRequest {
            base: dn.clone(),
            scope: Scope::Base,
            filter: Filter::any_object(),
            attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
            sd_parts,
        };
        let found = self.search(&request).await?.into_iter().next();
        found.ok_or_else(|| StoreError::new(super::StoreErrorKind::NotFound, dn))
    }
}

/// Whether a search goes on after an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// Go on.
    Continue,
    /// Enough: end the search.
    Stop,
}

/// What a directory server says of itself and of the session with it.
#[derive(Clone, Debug)]
pub struct RootDse {
    /// DNS name of the server; of a forest file, its file name or `demo`.
    pub server: String,
    /// DNS name of the domain it serves.
    pub domain: DnsName,
    /// `defaultNamingContext`: the DN of that domain.
    pub domain_dn: Dn,
    /// `rootDomainNamingContext`: the DN of the forest's root domain.
    pub forest_dn: Dn,
    /// `configurationNamingContext`.
    pub configuration_dn: Dn,
    /// `schemaNamingContext`.
    pub schema_dn: Dn,
    /// The site of the server, where it is known.
    pub site: Option<String>,
    /// Who we are: the user's SID, where the server tells.
    pub user: Option<Sid>,
    /// `vendorName` where there is one: Samba names itself, Windows does not.
    pub vendor: Option<String>,
}

/// How far a search reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The base object alone.
    Base,
    /// The objects directly below the base.
    OneLevel,
    /// The base and everything below it.
    Subtree,
}

/// Parts of a security descriptor to be read or written (the bits of control 1.2.840.113556.1.4.801).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SdParts(pub u8);

impl SdParts {
    /// The owner.
    pub const OWNER: SdParts = SdParts(1);
    /// The primary group.
    pub const GROUP: SdParts = SdParts(2);
    /// The discretionary access control list.
    pub const DACL: SdParts = SdParts(4);
    /// The system access control list; needs a privilege.
    pub const SACL: SdParts = SdParts(8);
    /// Owner, group and DACL: what every reader may see.
    pub const READABLE: SdParts = SdParts(7);
}

/// One search.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// Where it starts; may also be a `<GUID=…>`, `<SID=…>` form on LDAP only through a DN the server understands.
    pub base: Dn,
    /// How far it reaches.
    pub scope: Scope,
    /// Which objects it finds.
    pub filter: Filter,
    /// The attributes wanted; only these come.
    pub attributes: Vec<String>,
    /// Parts of `nTSecurityDescriptor` wanted, where it is among the attributes.
    pub sd_parts: Option<SdParts>,
}

/// An attribute with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Name; compares without case.
    pub name: String,
    /// Values, as bytes.
    pub values: Vec<Vec<u8>>,
}

impl Attribute {
    /// Returns an attribute with one text value.
    pub fn text(name: &str, value: impl Into<String>) -> Self {
        Attribute { name: name.to_owned(), values: vec![value.into().into_bytes()] }
    }

    /// Returns an attribute with several text values.
    pub fn texts(name: &str, values: &[&str]) -> Self {
        Attribute { name: name.to_owned(), values: values.iter().map(|value| value.as_bytes().to_vec()).collect() }
    }

    /// Returns an attribute with one binary value.
    pub fn bytes(name: &str, value: Vec<u8>) -> Self {
        Attribute { name: name.to_owned(), values: vec![value] }
    }
}

/// One change within a modify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Compare-and-swap of a single value: fails with `Conflict` unless the present value is `old`.
    /// `None` stands for "no value": `old: None` adds the first value, `new: None` removes the last.
    Swap {
        /// Attribute name.
        attribute: String,
        /// The value that was read.
        old: Option<Vec<u8>>,
        /// The value to be written.
        new: Option<Vec<u8>>,
    },
    /// Replaces all values, whatever they are; no values removes the attribute.
    Replace(Attribute),
    /// Adds values to an attribute; `Conflict` where one is there already.
    Add(Attribute),
    /// Removes these values; `Conflict` where one is not there.
    Remove(Attribute),
    /// Replaces parts of `nTSecurityDescriptor` by those of this self-relative descriptor.
    /// Cannot be swapped by any server: put a [`Change::Swap`] of a guard attribute into the same modify.
    SecurityDescriptor {
        /// The parts to replace; never SACL unless it was read.
        parts: SdParts,
        /// The descriptor, self-relative bytes.
        descriptor: Vec<u8>,
    },
}

/// An object found by a search, with the attributes asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub dn: Dn,
    /// Its attributes, those without values left out.
    pub attributes: Vec<Attribute>,
}

impl Entry {
    /// Returns the values of an attribute; none where it is absent.
    pub fn values(&self, name: &str) -> &[Vec<u8>] {
        let found = self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
        found.map_or(&[], |attribute| &attribute.values)
    }

    /// Returns the first value of an attribute as bytes.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.values(name).first().map(Vec::as_slice)
    }

    /// Returns the first value of an attribute as text; bytes that are no UTF-8 are replaced, so that garbage is seen and not lost from view.
    pub fn text(&self, name: &str) -> Option<String> {
        self.bytes(name).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Returns the most specific class.
    pub fn last_class(&self) -> Option<String> {
        self.values("objectClass").last().map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Tells whether `objectClass` holds the class.
    pub fn has_class(&self, class: &str) -> bool {
        self.values("objectClass").iter().any(|value| value.eq_ignore_ascii_case(class.as_bytes()))
    }
}
