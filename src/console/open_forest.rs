//! A forest in the console: what was asked for, what was read, and the details that come later.
//!
//! Everything the tree shows is in the snapshot. What lies in SYSVOL or in descriptors is fetched when a view asks for it
//! ([`super::Command::Fetch`]); until then it is [`Lazy::Unknown`], and every view draws all four states.

use std::collections::HashMap;
use std::sync::Arc;

use crate::gpm::{
    EffectiveRights, ForestSnapshot, Gpo, GpoLink, LinkTarget, Orphans, Som, StarterGpo, SysvolState, Task, Trustee,
};
use crate::ident::{Dn, DnsName, Guid, Sid};
use crate::operation::rsop::PolicyCache;
use crate::store::{ConnectTarget, ConnectionInfo, ForestStore, StoreError, SysvolPath};

use super::stored_query::QueryShelf;
use super::{ForestId, ForestView, Place, Reported, ShownReport, StatusShelf, TemplateShelf};

/// A forest of the scope tree, whether it could be opened or not.
pub struct ForestEntry {
    /// Its number.
    pub id: ForestId,
    /// What was asked for.
    pub target: ConnectTarget,
    /// What has become of it.
    pub state: ForestState,
}

/// What has become of a forest that was asked for.
pub enum ForestState {
    /// It is being connected to and read for the first time.
    Loading(Task),
    /// It was read; while it is read anew, the old state stays in view.
    Open(Box<OpenForest>),
    /// It could not be opened.
    Failed(StoreError),
}

impl ForestEntry {
    /// Returns the forest, if it is open.
    pub fn open(&self) -> Option<&OpenForest> {
        match &self.state {
            ForestState::Open(forest) => Some(forest),
            ForestState::Loading(_) | ForestState::Failed(_) => None,
        }
    }

    /// Returns the label of its node: `Forest: corp.example.com`, or what was asked for while it is not open.
    pub fn label(&self) -> String {
        match self.open() {
            Some(forest) => format!("Forest: {}", forest.snapshot.name),
            None => format!("Forest: {}", self.target),
        }
    }
}

/// A forest that was opened and read.
pub struct OpenForest {
    /// Its number.
    pub id: ForestId,
    /// How and as whom we are connected.
    pub info: ConnectionInfo,
    /// Where it lives.
    pub store: Arc<dyn ForestStore>,
    /// What was read.
    pub snapshot: Arc<ForestSnapshot>,
    /// What of it is shown.
    pub view: ForestView,
    /// What is fetched when a view asks.
    pub details: Details,
    /// The administrative templates of its domains, as far as a report needed them.
    pub templates: TemplateShelf,
    /// What its domain controllers have of its GPOs, as far as somebody asked.
    pub statuses: StatusShelf,
    /// What its GPOs set, as far as a simulation read it.
    pub policies: PolicyCache,
    /// What was asked of Group Policy Modeling and Results in it.
    pub queries: QueryShelf,
}

impl OpenForest {
    /// Takes a forest that was read.
    pub fn new(id: ForestId, store: Arc<dyn ForestStore>, snapshot: Arc<ForestSnapshot>) -> Self {
        OpenForest {
            id,
            info: store.info(),
            store,
            snapshot,
            view: ForestView::default(),
            details: Details::default(),
            templates: TemplateShelf::default(),
            statuses: StatusShelf::default(),
            policies: PolicyCache::default(),
            queries: QueryShelf::default(),
        }
    }

    /// Returns a site, domain or OU by its DN.
    pub fn som(&self, dn: &Dn) -> Option<&Som> {
        self.snapshot.som(dn)
    }

    /// Returns the site, domain or OU that a place is.
    pub fn som_of(&self, place: &Place) -> Option<&Som> {
        match place {
            Place::Domain(domain) => self.snapshot.domain(domain)?.som(),
            Place::Ou(dn) | Place::Site(dn) => self.som(dn),
            _ => None,
        }
    }

    /// Returns a link by the SOM that holds it and its link order.
    pub fn link(&self, som: &Dn, order: usize) -> Option<&GpoLink> {
        self.som(som)?.links.iter().find(|link| link.order == order)
    }

    /// Returns the GPO a link names, if it is in this forest and could be read.
    pub fn linked_gpo(&self, link: &GpoLink) -> Option<&Gpo> {
        self.snapshot.gpo_by_dn(link.gpo_dn.as_ref()?)
    }

    /// Returns the GPO a place speaks of: that of a GPO node, or that of a link.
    pub fn gpo(&self, place: &Place) -> Option<&Gpo> {
        match place {
            Place::Gpo { domain, id } => self.snapshot.gpo(domain, *id),
            Place::Link { som, order } => self.linked_gpo(self.link(som, *order)?),
            _ => None,
        }
    }

    /// Returns the name a GPO is shown by, told apart from others of the same name.
    pub fn gpo_label(&self, gpo: &Gpo) -> String {
        self.snapshot.domain(&gpo.domain).map_or_else(|| gpo.display_name.clone(), |domain| domain.gpo_label(gpo))
    }

    /// Returns the name a link is shown by: that of its GPO, or why there is none.
    pub fn link_label(&self, link: &GpoLink) -> String {
        match self.snapshot.link_target(link) {
            LinkTarget::Gpo(gpo) => self.gpo_label(gpo),
            other => other.label().to_owned(),
        }
    }

    /// Returns the label of a place, as the tree and the title show it; for one that is gone, its own name.
    pub fn label(&self, place: &Place) -> String {
        match place {
            Place::Forest => format!("Forest: {}", self.snapshot.name),
            Place::Domains => "Domains".to_owned(),
            Place::Sites => "Sites".to_owned(),
            Place::Modeling => "Group Policy Modeling".to_owned(),
            Place::Results => "Group Policy Results".to_owned(),
            Place::ModelingResult(id) | Place::ResultsItem(id) => {
                self.queries.get(*id).map_or_else(|| id.to_string(), |query| query.name.clone())
            }
            Place::Domain(domain) => domain.to_string(),
            Place::Ou(dn) | Place::Site(dn) => self.som(dn).map_or_else(|| dn.name(), |som| som.name.clone()),
            Place::Link { som, order } => {
                self.link(som, *order).map_or_else(|| "Not Found".to_owned(), |link| self.link_label(link))
            }
            Place::Gpos(_) => "Group Policy Objects".to_owned(),
            Place::WmiFilters(_) => "WMI Filters".to_owned(),
            Place::StarterGpos(_) => "Starter GPOs".to_owned(),
            Place::Gpo { domain, id } => {
                self.snapshot.gpo(domain, *id).map_or_else(|| id.to_string(), |gpo| self.gpo_label(gpo))
            }
            Place::WmiFilter { domain, id } => {
                let filter = self.snapshot.domain(domain).and_then(|domain| domain.wmi_filter(*id));
                filter.map_or_else(|| id.to_string(), |filter| filter.name.clone())
            }
            Place::StarterGpo { domain, id } => {
                self.starter_gpo(domain, *id).map_or_else(|| id.to_string(), |starter| starter.display_name.clone())
            }
        }
    }

    /// Returns the starter GPOs of a domain, as far as they were fetched.
    pub fn starter_gpos(&self, domain: &DnsName) -> &[StarterGpo] {
        match self.details.starter_gpos.get(domain) {
            Some(Lazy::Ready(found)) => found,
            _ => self.snapshot.domain(domain).map_or(&[], |domain| &domain.starter_gpos),
        }
    }

    /// Tells whether a domain is known to have no folder of the starter GPOs.
    pub fn starter_folder_is_missing(&self, domain: &DnsName) -> bool {
        self.details.starter_folders.get(domain) == Some(&false)
    }

    /// Returns a starter GPO, if it was fetched.
    pub fn starter_gpo(&self, domain: &DnsName, id: Guid) -> Option<&StarterGpo> {
        self.starter_gpos(domain).iter().find(|starter| starter.id == id)
    }

    /// Tells whether a place still exists in what was read.
    pub fn exists(&self, place: &Place) -> bool {
        match place {
            Place::Forest | Place::Domains | Place::Sites | Place::Modeling | Place::Results => true,
            Place::ModelingResult(_) | Place::ResultsItem(_) => self.queries.at(place).is_some(),
            Place::Domain(domain) | Place::Gpos(domain) | Place::WmiFilters(domain) | Place::StarterGpos(domain) => {
                self.snapshot.domain(domain).is_some()
            }
            Place::Ou(dn) | Place::Site(dn) => self.som(dn).is_some(),
            Place::Link { som, order } => self.link(som, *order).is_some(),
            Place::Gpo { domain, id } => self.snapshot.gpo(domain, *id).is_some(),
            Place::WmiFilter { domain, id } => {
                self.snapshot.domain(domain).is_some_and(|domain| domain.wmi_filter(*id).is_some())
            }
            Place::StarterGpo { domain, id } => {
                // Before they are read, nobody knows.
                !matches!(self.details.starter_gpos(domain), Lazy::Ready(_)) || self.starter_gpo(domain, *id).is_some()
            }
        }
    }
}

/// What is fetched when a view asks for it, and how far that is.
#[derive(Default)]
pub struct Details {
    /// The SYSVOL half of each GPO.
    pub sysvol: HashMap<(DnsName, Guid), Lazy<SysvolState>>,
    /// The comment of each GPO; empty where it has none.
    pub comments: HashMap<(DnsName, Guid), Lazy<String>>,
    /// The starter GPOs of each domain.
    pub starter_gpos: HashMap<DnsName, Lazy<Vec<StarterGpo>>>,
    /// Whether each domain had the folder of the starter GPOs when these were read.
    pub starter_folders: HashMap<DnsName, bool>,
    /// The halves of GPOs of each domain that stand alone.
    pub orphans: HashMap<DnsName, Lazy<Orphans>>,
    /// The reports of GPOs and starter GPOs.
    pub reports: HashMap<Reported, Lazy<Arc<ShownReport>>>,
    /// Who stands behind each SID. A SID nobody knows is ready too, as an unknown trustee.
    pub trustees: HashMap<Sid, Lazy<Trustee>>,
    /// Descriptors of directory objects that the snapshot does not hold (SOMs, containers), self-relative.
    pub directory_security: HashMap<Dn, Lazy<Vec<u8>>>,
    /// What we may do with directory objects.
    pub rights: HashMap<Dn, Lazy<EffectiveRights>>,
    /// Descriptors of SYSVOL files and folders, by domain and path, self-relative.
    pub sysvol_security: HashMap<(DnsName, SysvolPath), Lazy<Vec<u8>>>,
}

impl Details {
    /// Takes what is on its way for unknown: nobody waits for it any more.
    pub fn forget_loading(&mut self) {
        fn keep<K: std::hash::Hash + Eq, T>(known: &mut HashMap<K, Lazy<T>>) {
            known.retain(|_, value| !matches!(value, Lazy::Loading));
        }
        keep(&mut self.sysvol);
        keep(&mut self.comments);
        keep(&mut self.starter_gpos);
        keep(&mut self.orphans);
        keep(&mut self.reports);
        keep(&mut self.trustees);
        keep(&mut self.directory_security);
        keep(&mut self.rights);
        keep(&mut self.sysvol_security);
    }

    /// Returns the SYSVOL half of a GPO.
    pub fn sysvol(&self, domain: &DnsName, id: Guid) -> &Lazy<SysvolState> {
        self.sysvol.get(&(domain.clone(), id)).unwrap_or(&Lazy::Unknown)
    }

    /// Returns the comment of a GPO.
    pub fn comment(&self, domain: &DnsName, id: Guid) -> &Lazy<String> {
        self.comments.get(&(domain.clone(), id)).unwrap_or(&Lazy::Unknown)
    }

    /// Returns the starter GPOs of a domain.
    pub fn starter_gpos(&self, domain: &DnsName) -> &Lazy<Vec<StarterGpo>> {
        self.starter_gpos.get(domain).unwrap_or(&Lazy::Unknown)
    }

    /// Returns the halves of GPOs of a domain that stand alone.
    pub fn orphans(&self, domain: &DnsName) -> &Lazy<Orphans> {
        self.orphans.get(domain).unwrap_or(&Lazy::Unknown)
    }

    /// Returns who stands behind a SID.
    pub fn trustee(&self, sid: &Sid) -> &Lazy<Trustee> {
        self.trustees.get(sid).unwrap_or(&Lazy::Unknown)
    }

    /// Returns the descriptor of a directory object.
    pub fn directory_security(&self, dn: &Dn) -> &Lazy<Vec<u8>> {
        self.directory_security.get(dn).unwrap_or(&Lazy::Unknown)
    }

    /// Returns what we may do with a directory object.
    pub fn rights(&self, dn: &Dn) -> &Lazy<EffectiveRights> {
        self.rights.get(dn).unwrap_or(&Lazy::Unknown)
    }

    /// Returns the descriptor of a SYSVOL file or folder.
    pub fn sysvol_security(&self, domain: &DnsName, path: &SysvolPath) -> &Lazy<Vec<u8>> {
        self.sysvol_security.get(&(domain.clone(), path.clone())).unwrap_or(&Lazy::Unknown)
    }
}

/// Something a view asks to be fetched. Asking twice is harmless: what is known or on its way is not fetched again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The SYSVOL halves of these GPOs of a domain.
    Sysvol(DnsName, Vec<Guid>),
    /// The comment of a GPO of a domain.
    Comment(DnsName, Guid),
    /// The starter GPOs of a domain.
    StarterGpos(DnsName),
    /// The halves of GPOs of a domain that stand alone, in the directory or in SYSVOL.
    Orphans(DnsName),
    /// The report of a GPO or starter GPO.
    Report(Reported),
    /// The names behind these SIDs.
    Trustees(Vec<Sid>),
    /// The descriptor of an object in the directory of a domain.
    DirectorySecurity(DnsName, Dn),
    /// What we may do with an object in the directory of a domain.
    Rights(DnsName, Dn),
    /// The descriptor of a file or folder in the SYSVOL of a domain.
    SysvolSecurity(DnsName, SysvolPath),
}

/// A thing that is fetched in the background.
#[derive(Clone, Debug, Default)]
pub enum Lazy<T> {
    /// Nobody asked for it yet.
    #[default]
    Unknown,
    /// It is on its way.
    Loading,
    /// Here it is.
    Ready(T),
    /// It could not be fetched.
    Failed(StoreError),
}

impl<T> Lazy<T> {
    /// Returns the thing, if it is there.
    pub fn ready(&self) -> Option<&T> {
        match self {
            Lazy::Ready(value) => Some(value),
            Lazy::Unknown | Lazy::Loading | Lazy::Failed(_) => None,
        }
    }

    /// Tells whether nobody asked for it yet.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Lazy::Unknown)
    }
}
