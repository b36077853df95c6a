//! A domain that acts: what is fetched beside the snapshot, from its directory and its SYSVOL (IGPMDomain).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::StreamExt;
use futures::stream;

use crate::format::{GptIni, read_gpo_comment};
use crate::ident::{Dn, DnsName, Guid, Sid};
use crate::store::{
    ControllerChoice, Directory, Entry, Filter, ForestStore, Scope, SdParts, SearchRequest, StoreError, StoreErrorKind,
    Sysvol, SysvolPath,
};

use super::decode::{self, Decoder, SECURITY_DESCRIPTOR};
use super::load::{collect, read_controllers, read_partitions, request};
use super::on_controller::OnController;
use super::{
    Cancelled, DomainController, Found, Gpo, Names, Problem, StarterGpo, SysvolState, Task, WmiFilter, starter_gpo,
};

/// How many files of a SYSVOL are asked for at the same time.
const FILES_IN_FLIGHT: usize = 32;

/// A domain of an opened forest.
#[derive(Clone)]
pub struct Domain {
    name: DnsName,
    dn: Dn,
    directory: Arc<dyn Directory>,
    store: Arc<dyn ForestStore>,
}

/// How much of each GPO to read: no more is asked for than is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GpoParts {
    /// Name, status, version, time of the last change.
    Summary,
    /// Name, status, version, path of the SYSVOL half.
    Location,
    /// Name, path of the SYSVOL half, permissions.
    Security,
    /// Everything but the permissions: of the descriptor, the owner alone.
    Details,
    /// Everything.
    All,
}

/// Halves of GPOs without their other half.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Orphans {
    /// Folders below `Policies` named as a GPO that has no container in the directory, by name.
    pub folders: Vec<Guid>,
    /// GPOs of the directory that have no folder in SYSVOL, by id.
    pub containers: Vec<Guid>,
}

impl Domain {
    /// Opens a domain of the forest; fails where none of its controllers can be reached.
    pub async fn open(store: &Arc<dyn ForestStore>, name: &DnsName) -> Result<Self, StoreError> {
        let directory = store.domain_directory(name).await?;
        let dn = directory.root_dse().domain_dn.clone();
        Ok(Domain { name: name.clone(), dn, directory, store: store.clone() })
    }

    /// Opens a domain on the domain controller that is chosen for this one handle, its SYSVOL too; everybody else keeps the one in use
    /// (IGPM.GetDomain; [`super::constants::controller_choice`] reads its parameters). Fails where that controller does not answer.
    pub async fn open_on(
        store: &Arc<dyn ForestStore>,
        name: &DnsName,
        choice: ControllerChoice,
    ) -> Result<Self, StoreError> {
        let view: Arc<dyn ForestStore> = Arc::new(OnController::open(store, name, choice).await?);
        Domain::open(&view, name).await
    }

    /// Returns its domain controllers with their sites, by name, as the configuration names them; the one in use where it names none.
    pub async fn controllers(&self) -> Result<Vec<DomainController>, StoreError> {
        read_controllers(&*self.directory).await
    }

    /// Returns its DNS name.
    pub fn name(&self) -> &DnsName {
        &self.name
    }

    /// Returns the domain controller in use.
    pub fn domain_controller(&self) -> &str {
        &self.directory.root_dse().server
    }

    /// Returns its directory.
    pub fn directory(&self) -> &Arc<dyn Directory> {
        &self.directory
    }

    /// Returns the forest it belongs to.
    pub fn store(&self) -> &Arc<dyn ForestStore> {
        &self.store
    }

    /// Returns a table for the names of trustees, with two searches: the forest's list of domains and this domain's SID.
    pub async fn names(&self) -> Result<Names, StoreError> {
        let configuration = self.store.directory();
        let (partitions, head) =
            futures::join!(read_partitions(&*configuration), self.directory.read(&self.dn, &["objectSid"], None));
        let sid = head?.bytes("objectSid").and_then(|bytes| Sid::from_bytes(bytes).ok());
        let sid_of = |dn: &Dn| sid.clone().filter(|_| *dn == self.dn);
        let domains = partitions?.into_iter();
        Ok(Names::of_domains(domains.map(|domain| (domain.name, domain.netbios_name, sid_of(&domain.dn)))))
    }

    /// Returns the names of the other domains of its forest, with one search of the configuration.
    pub(crate) async fn others_of_forest(&self) -> Result<Vec<DnsName>, StoreError> {
        let partitions = read_partitions(&*self.store.directory()).await?;
        Ok(partitions.into_iter().map(|domain| domain.name).filter(|name| *name != self.name).collect())
    }

    /// Opens its SYSVOL.
    pub async fn sysvol(&self) -> Result<Arc<dyn Sysvol>, StoreError> {
        self.store.sysvol(&self.name).await
    }

    /// Reads its GPOs with one search, by display name, without anything else of the forest.
    pub async fn gpos(&self, parts: GpoParts) -> Result<Found<Gpo>, StoreError> {
        let request = gpos_request(decode::policies_container(&self.dn), Scope::OneLevel, parts);
        let mut found = collect(&*self.directory, &self.name, &request, "the GPOs", Decoder::gpo).await;
        found.values.sort_by_cached_key(|gpo| (gpo.display_name.to_lowercase(), gpo.id));
        found.or_error()
    }

    /// Returns the DN of the container of a GPO.
    pub fn gpo_dn(&self, id: Guid) -> Dn {
        self.policies_container().child("CN", &id.to_string())
    }

    /// Reads one GPO; `NotFound` where there is none (IGPMDomain.GetGPO).
    pub async fn gpo(&self, id: Guid, parts: GpoParts) -> Result<Gpo, StoreError> {
        let request = gpos_request(self.gpo_dn(id), Scope::Base, parts);
        let found = collect(&*self.directory, &self.name, &request, "the GPO", Decoder::gpo).await.or_error()?;
        found.values.into_iter().next().ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, request.base))
    }

    /// Reads a GPO out of an entry of this domain's directory, with what is wrong with it; none where the entry is no GPO.
    pub(crate) fn decode_gpo(&self, entry: Entry) -> (Option<Gpo>, Vec<Problem>) {
        let mut decoder = Decoder::new(self.name.clone());
        (decoder.gpo(entry), decoder.problems)
    }

    /// Reads the name of a WMI filter of this domain; none where there is no such filter.
    pub(crate) async fn wmi_filter_name(&self, id: Guid) -> Result<Option<String>, StoreError> {
        let dn = self.wmi_filter_container().child("CN", &id.to_string());
        match self.directory.read(&dn, &["msWMI-Name"], None).await {
            Ok(entry) => Ok(entry.text("msWMI-Name")),
            Err(error) if error.kind == StoreErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads its WMI filters with one search, by name, without anything else of the forest.
    pub async fn wmi_filters(&self) -> Result<Found<WmiFilter>, StoreError> {
        let base = decode::wmi_filter_container(&self.dn);
        let mut request = request(base, Scope::OneLevel, Filter::class("msWMI-Som"), &decode::WMI_FILTER_ATTRIBUTES);
        request.sd_parts = Some(SdParts::READABLE);
        let mut found = collect(&*self.directory, &self.name, &request, "the WMI filters", Decoder::wmi_filter).await;
        found.values.sort_by_cached_key(|filter| (filter.name.to_lowercase(), filter.id));
        if found.base_exists() { found.or_error() } else { Ok(Found::nothing()) }
    }

    /// Reads the SYSVOL version of each GPO, many files in flight, in the order of the GPOs. `done` is told after each.
    /// Where the SYSVOL itself cannot be opened, that is the state of all.
    pub async fn sysvol_states(
        &self,
        gpos: &[&Gpo],
        task: &Task,
        mut done: impl FnMut(usize, &SysvolState),
    ) -> Result<Vec<SysvolState>, Cancelled> {
        let mut states = vec![SysvolState::Missing; gpos.len()];
        let sysvol = match task.or_cancel(self.sysvol()).await? {
            Ok(sysvol) => sysvol,
            Err(error) => return Ok(vec![SysvolState::Unreadable(error.to_string()); gpos.len()]),
        };
        let sysvol = &*sysvol;
        // Collected, so that no closure over borrowed GPOs lives across an await: the future must be `Send` for any lifetime.
        let reads: Vec<_> =
            (0..).zip(gpos).map(|(index, gpo)| async move { (index, read_version(sysvol, gpo).await) }).collect();
        let mut reads = stream::iter(reads).buffer_unordered(FILES_IN_FLIGHT);
        while let Some((index, state)) = task.or_cancel(reads.next()).await? {
            done(index, &state);
            states[index] = state;
        }
        Ok(states)
    }

    /// Reads the comment of a GPO, the file `GPO.cmt`; none where it has none.
    pub async fn gpo_comment(&self, gpo: &Gpo) -> Result<Option<String>, StoreError> {
        let path = gpo.sysvol_folder().join("GPO.cmt").map_err(|error| bad_path(&error))?;
        match self.sysvol().await?.read(&path).await {
            Ok(bytes) => Ok(Some(read_gpo_comment(&bytes))),
            Err(error) if error.kind == StoreErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads its starter GPOs from SYSVOL, by name; none where the folder does not exist.
    pub async fn starter_gpos(&self) -> Result<Found<StarterGpo>, StoreError> {
        let sysvol = self.sysvol().await?;
        let folder = starter_gpo_folder();
        let entries = match sysvol.list(&folder).await {
            Err(error) if error.kind == StoreErrorKind::NotFound => return Ok(Found::nothing()),
            other => other?,
        };
        let folders = entries.into_iter().filter(|entry| entry.is_folder);
        let ids = folders.filter_map(|entry| Some((entry.name.parse::<Guid>().ok()?, entry)));
        let reads: Vec<_> = ids.map(|(id, entry)| starter_gpo::read(&*sysvol, &self.name, id, entry)).collect();
        let read: Vec<_> = stream::iter(reads).buffered(FILES_IN_FLIGHT).collect().await;
        let mut found = Found::nothing();
        for (starter, problem) in read {
            found.values.push(starter);
            found.problems.extend(problem);
        }
        found.values.sort_by_cached_key(|starter| (starter.display_name.to_lowercase(), starter.id));
        Ok(found)
    }

    /// Tells whether its SYSVOL has the folder of the starter GPOs, which is made with the first one.
    pub async fn has_starter_gpo_folder(&self) -> Result<bool, StoreError> {
        match self.sysvol().await?.stat(&starter_gpo_folder()).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind == StoreErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads one starter GPO; `NotFound` where there is none (IGPMDomain2.GetStarterGPO).
    pub async fn starter_gpo(&self, id: Guid) -> Result<StarterGpo, StoreError> {
        let sysvol = self.sysvol().await?;
        let folder = starter_gpo_folder();
        let mut folders = sysvol.list(&folder).await?.into_iter().filter(|entry| entry.is_folder);
        let found = folders.find(|entry| entry.name.parse() == Ok(id));
        let not_found = || StoreError::new(StoreErrorKind::NotFound, format!("{}\\{folder}\\{id}", sysvol.location()));
        let found = found.ok_or_else(not_found)?;
        Ok(starter_gpo::read(&*sysvol, &self.name, id, found).await.0)
    }

    /// Compares the directory with SYSVOL and returns the halves that stand alone.
    pub async fn orphans(&self) -> Result<Orphans, StoreError> {
        let (gpos, folders) = futures::join!(self.gpos(GpoParts::Location), self.policy_folders());
        let (gpos, folders) = (gpos?.values, folders?);
        let known: HashSet<Guid> = gpos.iter().map(|gpo| gpo.id).collect();
        let mut orphans = Orphans {
            folders: folders.keys().copied().filter(|id| !known.contains(id)).collect(),
            containers: known.into_iter().filter(|id| !folders.contains_key(id)).collect(),
        };
        orphans.folders.sort();
        orphans.containers.sort();
        Ok(orphans)
    }

    /// Reads the descriptor (owner, group, DACL) of an object of this domain's directory, self-relative.
    pub async fn directory_security(&self, dn: &Dn) -> Result<Vec<u8>, StoreError> {
        let entry = self.directory.read(dn, &[SECURITY_DESCRIPTOR], Some(SdParts::READABLE)).await?;
        let descriptor = entry.bytes(SECURITY_DESCRIPTOR).map(<[u8]>::to_vec);
        descriptor.ok_or_else(|| {
            StoreError::new(StoreErrorKind::AccessDenied, dn).with_detail("the permissions may not be read")
        })
    }

    /// Reads the descriptor (owner, group, DACL) of a file or folder of this domain's SYSVOL, self-relative.
    pub async fn sysvol_security(&self, path: &SysvolPath) -> Result<Vec<u8>, StoreError> {
        self.sysvol().await?.security(path, SdParts::READABLE).await
    }

    /// Returns the container of the GPOs: who may create children there may create GPOs.
    pub fn policies_container(&self) -> Dn {
        decode::policies_container(&self.dn)
    }

    /// Returns the container of the WMI filters: who may create children there may create WMI filters.
    pub fn wmi_filter_container(&self) -> Dn {
        decode::wmi_filter_container(&self.dn)
    }

    async fn policy_folders(&self) -> Result<HashMap<Guid, String>, StoreError> {
        let entries = match self.sysvol().await?.list(&policies_folder()).await {
            // A controller to which SYSVOL was never copied has nothing at all.
            Err(error) if error.kind == StoreErrorKind::NotFound => return Ok(HashMap::new()),
            entries => entries?,
        };
        let folders = entries.into_iter().filter(|entry| entry.is_folder);
        Ok(folders.filter_map(|entry| Some((entry.name.parse().ok()?, entry.name))).collect())
    }
}

/// Returns the folder of the GPOs, where each has a folder named by its GUID: who creates GPOs must be able to add to it.
pub fn policies_folder() -> SysvolPath {
    SysvolPath::parse("Policies").unwrap_or_default()
}

/// Returns the folder of the starter GPOs: who may write there may create starter GPOs.
pub fn starter_gpo_folder() -> SysvolPath {
    SysvolPath::parse("StarterGPOs").unwrap_or_default()
}

/// Returns the search for GPOs. It has no class in its filter: a GPO that may be listed but not read has none that we may see.
fn gpos_request(base: Dn, scope: Scope, parts: GpoParts) -> SearchRequest {
    let attributes: &[&str] = match parts {
        GpoParts::Summary => &["displayName", "flags", "versionNumber", "whenChanged"],
        GpoParts::Location => &["displayName", "flags", "versionNumber", "gPCFileSysPath"],
        GpoParts::Security => &["displayName", "flags", "versionNumber", "gPCFileSysPath", SECURITY_DESCRIPTOR],
        GpoParts::Details | GpoParts::All => &decode::GPO_ATTRIBUTES,
    };
    let mut request = request(base, scope, Filter::any_object(), attributes);
    request.sd_parts = match parts {
        GpoParts::Summary | GpoParts::Location => None,
        GpoParts::Details => Some(SdParts::OWNER),
        GpoParts::Security | GpoParts::All => Some(SdParts::READABLE),
    };
    request
}

async fn read_version(sysvol: &dyn Sysvol, gpo: &Gpo) -> SysvolState {
    let Ok(path) = gpo.sysvol_folder().join("GPT.INI") else { return SysvolState::Missing };
    match sysvol.read(&path).await {
        Ok(bytes) => match GptIni::parse(&bytes).version() {
            Some(version) => SysvolState::Version(version),
            None => SysvolState::Unreadable(format!("{path}: has no Version in a section [General]")),
        },
        Err(error) if error.kind == StoreErrorKind::NotFound => SysvolState::Missing,
        Err(error) => SysvolState::Unreadable(error.to_string()),
    }
}

fn bad_path(error: &crate::store::ParseSysvolPathError) -> StoreError {
    StoreError::new(StoreErrorKind::BadPath, &error.path).with_detail(error.reason)
}
