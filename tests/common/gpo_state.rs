//! All that a GPO is, in a form that two moments can be compared in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use opengpmc::gpm::Domain;
use opengpmc::ident::{Dn, DnsName, Guid};
use opengpmc::security::{Ace, AceFlags, Acl, SddlContext, SecurityDescriptor};
use opengpmc::store::{
    Directory, Filter, ForestStore, Scope, SdParts, SearchRequest, StoreErrorKind, Sysvol, SysvolPath,
};

/// A GPO at some moment: its container and what is below, its folder and what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GpoState {
    /// Attributes of each object by DN, those left out that tell of the moment rather than of the GPO.
    pub objects: BTreeMap<String, BTreeMap<String, Vec<Vec<u8>>>>,
    /// Bytes of each file by path; none for a folder.
    pub files: BTreeMap<String, Option<Vec<u8>>>,
    /// The DACL of each file and folder by path, where the store has any.
    pub access: BTreeMap<String, String>,
}

/// Returns a descriptor as text, in which two with the same meaning are equal.
fn sddl(descriptor: &[u8]) -> String {
    let text = SecurityDescriptor::from_bytes(descriptor).unwrap().to_sddl(&SddlContext::default());
    // Whether the server itself handed it down, servers mark as they like.
    text.replace("D:AI", "D:").replace("D:PAI", "D:P")
}

/// Returns the entries of an access list, whether inherited or not, each once: servers differ in how they mark what they copy from the folder
/// above.
fn entries(descriptor: &[u8]) -> String {
    let descriptor = SecurityDescriptor::from_bytes(descriptor).unwrap();
    let aces = descriptor.dacl.acl().into_iter().flat_map(Acl::aces);
    let unmarked = |ace: &Ace| Ace { flags: ace.flags.without(AceFlags::INHERITED), ..ace.clone() };
    let entries: BTreeSet<String> = aces.map(|ace| format!("{:?}", unmarked(ace))).collect();
    entries.into_iter().collect::<Vec<_>>().join(" ")
}

const OF_THE_MOMENT: [&str; 10] = [
    "instanceType",
    "whenChanged",
    "whenCreated",
    "uSNChanged",
    "uSNCreated",
    "objectGUID",
    "dSCorePropagationData",
    "name",
    "replPropertyMetaData",
    // Counts how often permissions were written.
    "revision",
];

impl GpoState {
    /// Reads it; empty where there is no such GPO.
    pub async fn read(store: &Arc<dyn ForestStore>, domain: &DnsName, id: Guid) -> Self {
        let domain = Domain::open(store, domain).await.unwrap();
        let mut state = GpoState::of_directory(&**domain.directory(), &domain.gpo_dn(id)).await;
        let sysvol = domain.sysvol().await.unwrap();
        let folder = SysvolPath::parse(&format!("Policies/{id}")).unwrap();
        state.read_folder(&*sysvol, folder).await;
        state
    }

    /// Reads an object and what is below it; empty where there is none.
    pub async fn of_directory(directory: &dyn Directory, base: &Dn) -> Self {
        let mut state = GpoState::default();
        let request = SearchRequest {
            base: base.clone(),
            scope: Scope::Subtree,
            filter: Filter::any_object(),
            attributes: vec!["*".to_owned(), "nTSecurityDescriptor".to_owned()],
            sd_parts: Some(SdParts::DACL),
        };
        let entries = match directory.search(&request).await {
            Err(error) if error.kind == StoreErrorKind::NotFound => Vec::new(),
            entries => entries.unwrap(),
        };
        for entry in entries {
            let attributes = entry
                .attributes
                .into_iter()
                .filter(|attribute| !OF_THE_MOMENT.iter().any(|name| attribute.name.eq_ignore_ascii_case(name)));
            let attributes = attributes.map(|mut attribute| {
                attribute.values.sort();
                let name = attribute.name.to_lowercase();
                if name == "ntsecuritydescriptor" {
                    attribute.values.iter_mut().for_each(|value| *value = sddl(value).into_bytes());
                }
                (name, attribute.values)
            });
            state.objects.insert(entry.dn.folded().to_owned(), attributes.collect());
        }
        state
    }

    /// Reads what lies in a folder of a SYSVOL.
    pub async fn of_folder(sysvol: &dyn Sysvol, root: SysvolPath) -> Self {
        let mut state = GpoState::default();
        state.read_folder(sysvol, root).await;
        state
    }

    async fn read_folder(&mut self, sysvol: &dyn Sysvol, root: SysvolPath) {
        let mut waiting = vec![root.clone()];
        while let Some(folder) = waiting.pop() {
            let entries = match sysvol.list(&folder).await {
                Err(error) if error.kind == StoreErrorKind::NotFound => continue,
                entries => entries.unwrap(),
            };
            let key = |path: &SysvolPath| path.folded()[root.folded().len()..].to_owned();
            self.note(sysvol, &folder, key(&folder), None).await;
            for entry in entries {
                let path = folder.join(&entry.name).unwrap();
                if entry.is_folder {
                    waiting.push(path);
                } else {
                    let bytes = sysvol.read(&path).await.unwrap();
                    self.note(sysvol, &path, key(&path), Some(bytes)).await;
                }
            }
        }
    }

    async fn note(&mut self, sysvol: &dyn Sysvol, path: &SysvolPath, key: String, bytes: Option<Vec<u8>>) {
        if sysvol.has_security() {
            self.access.insert(key.clone(), entries(&sysvol.security(path, SdParts::DACL).await.unwrap()));
        }
        self.files.insert(key, bytes);
    }

    /// Tells whether there is nothing of it.
    pub fn is_absent(&self) -> bool {
        *self == GpoState::default()
    }

    /// Returns it without its version: what a restore makes equal.
    pub fn without_version(mut self) -> Self {
        for attributes in self.objects.values_mut() {
            attributes.remove("versionnumber");
        }
        self.files.remove("/gpt.ini");
        self
    }

    /// Returns an attribute of the container as text.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let container = self.objects.iter().min_by_key(|(dn, _)| dn.len())?.1;
        let value = container.get(&name.to_lowercase())?.first()?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// Returns the settings files by path, without the version file and the comment.
    pub fn settings(&self) -> BTreeMap<&str, &[u8]> {
        let files = self.files.iter().filter_map(|(path, bytes)| Some((path.as_str(), bytes.as_deref()?)));
        files.filter(|(path, _)| !matches!(*path, "/gpt.ini" | "/gpo.cmt")).collect()
    }
}
