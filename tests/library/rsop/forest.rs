//! Forests in a few letters, as the tables of cases write them, and what is planned in them.
//!
//! `d[A B]` is a domain with links A (link order 1) and B (2), `S[…]` and `T[…]` are sites, `P[…]` is an OU of the domain named before, `P/Q[…]` one
//! below it. `A!` is enforced, `A-` disabled, `P#` blocks inheritance, `A(u-)` has its user half off, `A(c-)` its computer half, `A@e` is a GPO of
//! domain e. Unless said, a GPO sets one value `k` to its own name in both halves, lets Authenticated Users read and apply it, and has no filter.
//!
//! `c@P` is the computer in P, `u@P` the user; the side that is looked at is the user's where there is one. Without a computer, the user logs on to one
//! in `CN=Computers` of the first domain.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use opengpmc::extension::{FileContent, GptFile, HalfContents};
use opengpmc::format::{PolData, PolRecord, RegistryPol};
use opengpmc::gpm::{Forest, ForestSnapshot, LoadOptions, Task};
use opengpmc::ident::{Dn, DnsName, ExtensionList, GpoVersion, Guid, Sid};
use opengpmc::operation::rsop::Subjects;
use opengpmc::operation::save_snapshot;
use opengpmc::report::Side;
use opengpmc::rsop::{
    Account, AccountKind, Assumptions, Candidate, GpoPolicy, HalfPolicy, LoopbackMode, Plan, Planner, Policies, Reason,
    SidePlan, Subject, Target, TemplateState, Verdict, WmiAssumption,
};
use opengpmc::security::{SddlContext, SecurityDescriptor};
use opengpmc::store::{Attribute, Entry, ForestFile, ForestFileBuilder, ForestStore};

/// The key below which the GPOs of these forests set their values.
pub const KEY: &str = r"Software\Policies\Cases";
/// The key of what tells Group Policy itself what to do.
pub const SYSTEM: &str = r"Software\Policies\Microsoft\Windows\System";
pub const REGISTRY: &str = "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}";
pub const SECURITY: &str = "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}";

/// A forest to plan in.
#[derive(Clone, Debug, Default)]
pub struct Case {
    domains: Vec<String>,
    soms: Vec<SomSpec>,
    gpos: BTreeMap<String, GpoSpec>,
    groups: Vec<(String, GroupSpec)>,
    /// Former SIDs of the user, by the names that rights call them.
    former: Vec<String>,
    /// Domains that are part of the forest and cannot be reached.
    unreachable: Vec<String>,
    filters: Vec<(String, Guid)>,
    is_controller: bool,
    is_foreign_user: bool,
    /// Whether it is saved to a file and read from there.
    is_saved: bool,
    pub assumptions: Assumptions,
}

#[derive(Clone, Debug)]
struct SomSpec {
    path: String,
    domain: String,
    is_site: bool,
    blocks: bool,
    links: Vec<(String, u32)>,
    text: Option<String>,
}

#[derive(Clone, Debug)]
pub struct GpoSpec {
    domain: String,
    pub flags: i32,
    pub functionality_version: &'static str,
    /// Directory and SYSVOL version.
    pub versions: (GpoVersion, GpoVersion),
    pub template: Option<TemplateState>,
    /// The extension lists of the computer and the user.
    pub extensions: [String; 2],
    /// Values of the computer and the user: key, name, data.
    pub values: [Vec<(String, String, PolData)>; 2],
    pub descriptor: Option<Vec<u8>>,
    pub sddl: String,
    pub filter: Option<String>,
    /// Whether its container is deleted; what it sets lies in SYSVOL all the same.
    pub is_missing: bool,
    pub has_readable_registry: bool,
}

#[derive(Clone, Debug)]
struct GroupSpec {
    domain: String,
    is_domain_local: bool,
    members: Vec<String>,
}

/// What a group of this name may do beside what a test says: everybody who manages GPOs.
const MANAGERS: &str = "(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;EA)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;SY)(A;CIIO;CCDCLCSWRPWPDTLOSDRCWDWO;;;CO)";
const CONTROLLERS: &str = "(A;CI;LCRPLORC;;;ED)";
const READ_AND_APPLY: &str = "(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)(A;CI;LCRPLORC;;;AU)";

impl Case {
    /// Reads a forest.
    pub fn new(text: &str) -> Self {
        let mut case = Case::default();
        let is_domain = |name: &str| name.starts_with(|letter: char| letter.is_ascii_lowercase());
        let names = text.split(']').filter_map(|som| som.split_once('['));
        case.domains = names
            .map(|(name, _)| name.trim().trim_end_matches('#').to_owned())
            .filter(|name| is_domain(name))
            .collect();
        if case.domains.is_empty() {
            case.add_domain("d");
        }
        let mut home = case.domains[0].clone();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (name, after) = rest.split_once('[').unwrap_or_else(|| panic!("no `[` in `{rest}`"));
            let (links, after) = after.split_once(']').unwrap_or_else(|| panic!("no `]` in `{after}`"));
            rest = after.trim_start();
            let blocks = name.ends_with('#');
            let path = name.trim_end_matches('#').to_owned();
            let is_site = path == "S" || path == "T";
            if is_domain(&path) {
                home.clone_from(&path);
            }
            let domain = if is_site { case.domains[0].clone() } else { home.clone() };
            let links = links.split_whitespace().map(|link| case.link(link, &domain)).collect();
            case.soms.push(SomSpec { path, domain, is_site, blocks, links, text: None });
        }
        case.soms.sort_by_key(|som| som.path.matches('/').count());
        case
    }

    /// Adds a domain without links.
    pub fn add_domain(&mut self, name: &str) {
        self.domains.push(name.to_owned());
        let som = SomSpec {
            path: name.to_owned(),
            domain: name.to_owned(),
            is_site: false,
            blocks: false,
            links: Vec::new(),
            text: None,
        };
        self.soms.push(som);
    }

    /// Reads a link and makes its GPO.
    fn link(&mut self, text: &str, domain: &str) -> (String, u32) {
        let end = text.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(text.len());
        let (name, mut rest) = text.split_at(end);
        let mut options = 0;
        let mut flags = 0;
        let mut home = domain.to_owned();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('@') {
                let end = after.find(|letter: char| !letter.is_ascii_lowercase()).unwrap_or(after.len());
                home = after[..end].to_owned();
                rest = &after[end..];
            } else {
                let marks = [("!", 2, 0), ("-", 1, 0), ("(u-)", 0, 1), ("(c-)", 0, 2)];
                let found = marks.into_iter().find(|(mark, ..)| rest.starts_with(mark));
                let (mark, option, flag) = found.unwrap_or_else(|| panic!("`{rest}` in `{text}`"));
                (options, flags) = (options | option, flags | flag);
                rest = &rest[mark.len()..];
            }
        }
        if !self.domains.contains(&home) {
            self.add_domain(&home);
        }
        let gpo = self.gpos.entry(name.to_owned()).or_insert_with(|| GpoSpec::new(name, &home));
        gpo.flags |= flags;
        (name.to_owned(), options)
    }

    /// Changes a GPO.
    pub fn gpo(mut self, name: &str, change: impl FnOnce(&mut GpoSpec)) -> Self {
        change(self.gpos.get_mut(name).unwrap());
        self
    }

    /// Gives a GPO these rights, in this order: `deny apply u; AU read+apply`. Managers of GPOs keep theirs, behind them.
    pub fn rights(self, name: &str, rights: &str) -> Self {
        let entries: String = rights.split(';').map(|right| entry(right.trim())).collect();
        let sddl = format!("D:PAI{entries}{MANAGERS}{CONTROLLERS}");
        self.gpo(name, |gpo| gpo.sddl = sddl)
    }

    /// Adds a global group of the first domain.
    pub fn group(self, name: &str, members: &[&str]) -> Self {
        let domain = self.domains[0].clone();
        self.group_of(name, &domain, false, members)
    }

    /// Adds a group of any kind.
    pub fn group_of(mut self, name: &str, domain: &str, is_domain_local: bool, members: &[&str]) -> Self {
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        self.groups.push((name.to_owned(), GroupSpec { domain: domain.to_owned(), is_domain_local, members }));
        self
    }

    /// Gives the user a former SID, by a name for rights.
    pub fn former_sid(mut self, name: &str) -> Self {
        self.former.push(name.to_owned());
        self
    }

    /// Makes the computer a domain controller.
    pub fn controller(mut self) -> Self {
        self.is_controller = true;
        self
    }

    /// Makes the user one of another forest.
    pub fn foreign_user(mut self) -> Self {
        self.is_foreign_user = true;
        self
    }

    /// Adds a domain that is part of the forest and does not answer.
    pub fn unreachable(mut self, domain: &str) -> Self {
        self.unreachable.push(domain.to_owned());
        self
    }

    /// Lets a GPO name a WMI filter; `outcome` is what clients find, where it is known.
    pub fn filter(mut self, gpo: &str, outcome: impl Into<Option<bool>>) -> Self {
        let id = filter_id(gpo);
        if let Some(outcome) = outcome.into() {
            for known in [&mut self.assumptions.computer_wmi, &mut self.assumptions.user_wmi] {
                match known {
                    WmiAssumption::Known(outcomes) => drop(outcomes.insert(id, outcome)),
                    other => *other = WmiAssumption::Known([(id, outcome)].into()),
                }
            }
        }
        let domain = self.gpos[gpo].domain.clone();
        self.filter_of(gpo, &domain)
    }

    /// Lets a GPO name a WMI filter of a domain.
    pub fn filter_of(mut self, gpo: &str, domain: &str) -> Self {
        let id = filter_id(gpo);
        self.filters.push((domain.to_owned(), id));
        self.gpo(gpo, |gpo| gpo.filter = Some(format!("[{};{id};0]", dns(domain))))
    }

    /// Places the computer in a site.
    pub fn site(self, name: &str) -> Self {
        self.assume(|assumptions| assumptions.site = Some(name.to_owned()))
    }

    /// Assumes a loopback mode.
    pub fn loopback(self, mode: LoopbackMode) -> Self {
        self.assume(|assumptions| assumptions.loopback = Some(mode))
    }

    /// Replaces the text of the attribute with a SOM's links.
    pub fn link_text(mut self, path: &str, text: impl Into<String>) -> Self {
        self.soms.iter_mut().find(|som| som.path == path).unwrap().text = Some(text.into());
        self
    }

    /// Changes what is assumed.
    pub fn assume(mut self, change: impl FnOnce(&mut Assumptions)) -> Self {
        change(&mut self.assumptions);
        self
    }

    /// Plans, and compares what applies in order, what does not with its reason, and the value of `k` with what is expected; `*` is not compared.
    pub fn check(&self, who: &str, applied: &str, out: &str, value: &str) -> Planned {
        let planned = self.plan(who);
        let told = format!("{who}: {:#?}", planned.side().candidates);
        assert_eq!(planned.applied(), applied, "applied; {told}");
        assert_eq!(planned.out(), out, "out; {told}");
        if value != "*" {
            assert_eq!(planned.value("k"), value, "value; {told}");
        }
        planned
    }

    /// Saves the forest to a file, and reads it from there.
    pub fn saved(mut self) -> Self {
        self.is_saved = true;
        self
    }

    /// Plans.
    pub fn plan(&self, who: &str) -> Planned {
        let Made { planner, target } = self.make(who);
        let plan = planner.plan(&target, &self.assumptions);
        assert_eq!(plan_text(&plan), plan_text(&planner.plan(&target, &self.assumptions)), "planned again");
        let side = if target.user.is_some() { Side::User } else { Side::Computer };
        Planned { plan, side }
    }

    /// Makes the forest with its accounts, reads it, and prepares it for planning.
    pub fn make(&self, who: &str) -> Made {
        let mut places: Vec<(&str, &str)> = who.split_whitespace().map(|one| one.split_once('@').unwrap()).collect();
        let first = format!("{}/CN=Computers", self.domains[0]);
        let has_computer = places.iter().any(|(name, _)| *name == "c");
        let is_alone = places.iter().any(|(name, _)| *name == "alone");
        places.retain(|(name, _)| *name != "alone");
        if !has_computer && !is_alone {
            places.push(("c", &first));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store: Arc<dyn ForestStore> = Arc::new(self.build(&places).finish().unwrap());
            let folder = tempfile::tempdir().unwrap();
            let store = if self.is_saved { saved(&*store, folder.path()).await } else { store };
            let forest = Forest::load(store.clone(), &LoadOptions::default(), &Task::default()).await.unwrap();
            let subjects = Subjects::new(&store, &forest);
            let mut target = Target::default();
            for (name, place) in &places {
                if *name == "c" {
                    let computer = subjects.computer(self.account_dn("c", place).as_str()).await.unwrap();
                    target.computer = Some(Subject::Account(Box::new(computer)));
                }
            }
            let computer = target.computer.as_ref().and_then(Subject::account);
            for (name, place) in &places {
                if *name == "u" && self.is_foreign_user {
                    target.user = Some(Subject::Account(Box::new(foreign_user())));
                } else if *name == "u" {
                    let user = subjects.user(self.account_dn("u", place).as_str(), computer).await.unwrap();
                    target.user = Some(Subject::Account(Box::new(user)));
                }
            }
            Made { planner: Planner::new(forest, self.policies()), target }
        })
    }

    /// Reads the forest without accounts.
    pub fn forest(&self) -> Arc<ForestSnapshot> {
        self.make("alone@d").planner.forest().clone()
    }

    /// Returns the DN of a place: `P/Q`, `d`, `d/CN=Computers`.
    pub fn place(&self, path: &str) -> Dn {
        let mut parts = path.split('/');
        let head = parts.next().unwrap();
        if self.domains.iter().any(|domain| domain == head) {
            let domain = dns(head).to_domain_dn();
            return parts.fold(domain, |dn, part| child(&dn, part));
        }
        let domain = self.soms.iter().find(|som| som.path == head).map_or(&self.domains[0], |som| &som.domain);
        path.split('/').fold(dns(domain).to_domain_dn(), |dn, part| child(&dn, part))
    }

    fn account_dn(&self, name: &str, place: &str) -> Dn {
        self.place(place).child("CN", name)
    }

    fn build(&self, places: &[(&str, &str)]) -> ForestFileBuilder {
        let domains: Vec<Dn> = self.domains.iter().map(|domain| dns(domain).to_domain_dn()).collect();
        let mut builder = ForestFileBuilder::in_memory("cases", &domains).unwrap();
        let mut add = |dn: Dn, class: &str, more: Vec<Attribute>| {
            let attributes = std::iter::once(Attribute::text("objectClass", class)).chain(more).collect();
            builder.add_entry(Entry { dn, attributes }).unwrap();
        };
        let configuration = domains[0].child("CN", "Configuration");
        let partitions = configuration.child("CN", "Partitions");
        for name in self.domains.iter().chain(&self.unreachable) {
            let domain = dns(name).to_domain_dn();
            let more = [("nCName", domain.as_str()), ("systemFlags", "3"), ("nETBIOSName", &name.to_uppercase())];
            add(
                partitions.child("CN", name),
                "crossRef",
                more.map(|(name, value)| Attribute::text(name, value)).to_vec(),
            );
        }
        for som in &self.soms {
            let mut more = vec![Attribute::text("gPOptions", u8::from(som.blocks).to_string())];
            let text = som.text.clone().unwrap_or_else(|| self.gp_link(&som.links));
            if !text.is_empty() {
                more.push(Attribute::text("gPLink", text));
            }
            let (dn, class) = match () {
                () if som.is_site => (configuration.child("CN", "Sites").child("CN", &som.path), "site"),
                () if som.path == som.domain => {
                    more.push(sid_attribute(&domain_sid(&som.domain)));
                    (dns(&som.domain).to_domain_dn(), "domainDNS")
                }
                () => (self.place(&som.path), "organizationalUnit"),
            };
            add(dn, class, more);
        }
        for (name, gpo) in &self.gpos {
            if !gpo.is_missing {
                add(gpo_dn(name, &gpo.domain), "groupPolicyContainer", gpo.attributes(name));
            }
        }
        for (domain, id) in &self.filters {
            let id = &id.to_string();
            let container =
                ["System", "WMIPolicy", "SOM"].iter().fold(dns(domain).to_domain_dn(), |dn, name| dn.child("CN", name));
            let more = [("msWMI-ID", id.as_str()), ("msWMI-Name", "the filter")];
            add(
                container.child("CN", id),
                "msWMI-Som",
                more.map(|(name, value)| Attribute::text(name, value)).to_vec(),
            );
        }
        let place_of = |name: &str| places.iter().find(|(account, _)| *account == name).map(|(_, place)| *place);
        for (name, place) in places.iter().filter(|(name, _)| !(*name == "u" && self.is_foreign_user)) {
            let domain = self.place(place).domain().unwrap();
            let domain = self.domains.iter().find(|own| dns(own) == domain).unwrap();
            let (class, account, group) = match *name {
                "u" => ("user", "u", 513),
                _ => ("computer", "c$", if self.is_controller { 516 } else { 515 }),
            };
            let control = if self.is_controller { 0x2000 } else { 0x1000 };
            let mut more = vec![
                Attribute::text("sAMAccountName", account),
                Attribute::text("primaryGroupID", group.to_string()),
                Attribute::text("userAccountControl", if *name == "u" { 512 } else { control }.to_string()),
                sid_attribute(&account_sid(name, domain)),
            ];
            if *name == "u" && !self.former.is_empty() {
                let former = self.former.iter().map(|name| former_sid(name).to_bytes()).collect();
                more.push(Attribute { name: "sIDHistory".to_owned(), values: former });
            }
            let mut entry = Entry { dn: self.account_dn(name, place), attributes: more };
            let classes: &[&str] = if class == "user" { &["user"] } else { &["user", "computer"] };
            entry.attributes.push(Attribute::texts("objectClass", classes));
            builder.add_entry(entry).unwrap();
        }
        let mut add = |dn: Dn, class: &str, more: Vec<Attribute>| {
            let attributes = std::iter::once(Attribute::text("objectClass", class)).chain(more).collect();
            builder.add_entry(Entry { dn, attributes }).unwrap();
        };
        for (name, group) in &self.groups {
            let members: Vec<String> = group
                .members
                .iter()
                .filter_map(|member| match member.as_str() {
                    "u" | "c" => Some(self.account_dn(member, place_of(member)?)),
                    group => Some(self.group_dn(group)),
                })
                .map(|dn| dn.to_string())
                .collect();
            let kind = if group.is_domain_local { -2_147_483_644_i64 } else { -2_147_483_646 };
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            let more = vec![
                Attribute::text("sAMAccountName", name.as_str()),
                Attribute::text("groupType", kind.to_string()),
                sid_attribute(&group_sid(name, &group.domain)),
                Attribute::texts("member", &members),
            ];
            add(self.group_dn(name), "group", more);
        }
        builder
    }

    fn group_dn(&self, name: &str) -> Dn {
        let group = self.groups.iter().find(|(own, _)| own == name);
        let domain = group.map_or(&self.domains[0], |(_, group)| &group.domain);
        dns(domain).to_domain_dn().child("CN", name)
    }

    /// Returns the attribute for links in link order: the text holds them the other way round.
    fn gp_link(&self, links: &[(String, u32)]) -> String {
        let links = links.iter().rev();
        links.map(|(name, options)| format!("[LDAP://{};{options}]", gpo_dn(name, &self.gpos[name].domain))).collect()
    }

    fn policies(&self) -> Policies {
        Policies::new(self.gpos.iter().map(|(name, gpo)| (gpo_dn(name, &gpo.domain), gpo.policy())))
    }
}

async fn saved(store: &dyn ForestStore, folder: &Path) -> Arc<dyn ForestStore> {
    let path = folder.join("saved.gpforest");
    save_snapshot(store, &path, &Task::default()).await.unwrap();
    Arc::new(ForestFile::open(&path, true).unwrap())
}

/// A forest that was read, and for whom to plan.
pub struct Made {
    pub planner: Planner,
    pub target: Target,
}

impl GpoSpec {
    fn new(name: &str, domain: &str) -> Self {
        let value = || vec![(KEY.to_owned(), "k".to_owned(), PolData::Text(name.to_owned()))];
        let version = GpoVersion { user: 1, computer: 1 };
        GpoSpec {
            domain: domain.to_owned(),
            flags: 0,
            functionality_version: "2",
            versions: (version, version),
            template: None,
            extensions: [REGISTRY, REGISTRY].map(|extension| format!("[{extension}]")),
            values: [value(), value()],
            descriptor: None,
            sddl: format!("D:PAI{READ_AND_APPLY}{MANAGERS}{CONTROLLERS}"),
            filter: None,
            is_missing: false,
            has_readable_registry: true,
        }
    }

    /// Replaces the values of a side by these texts below the key of the cases.
    pub fn set(&mut self, side: Side, values: &[(&str, &str)]) {
        let value =
            |(name, text): &(&str, &str)| (KEY.to_owned(), (*name).to_owned(), PolData::Text((*text).to_owned()));
        self.values[position(side)] = values.iter().map(value).collect();
    }

    /// Adds a number to the computer's half.
    pub fn number(&mut self, side: Side, key: &str, name: &str, number: u32) {
        self.values[position(side)].push((key.to_owned(), name.to_owned(), PolData::Dword(number)));
    }

    /// Lets a side set nothing, as an editor that was never used on it leaves it.
    pub fn empty(&mut self, side: Side) {
        let at = position(side);
        self.values[at].clear();
        self.extensions[at].clear();
        for version in [&mut self.versions.0, &mut self.versions.1] {
            match side {
                Side::Computer => version.computer = 0,
                Side::User => version.user = 0,
            }
        }
    }

    /// Sets the loopback mode.
    pub fn mode(&mut self, mode: u32) {
        self.number(Side::Computer, SYSTEM, "UserPolicyMode", mode);
    }

    fn attributes(&self, name: &str) -> Vec<Attribute> {
        let domain = domain_sid(&self.domain);
        let context = SddlContext { domain: Some(domain.clone()), forest_root: Some(domain) };
        let bytes = || SecurityDescriptor::from_sddl(&self.sddl, &context).unwrap().to_bytes().unwrap();
        let mut attributes = vec![
            Attribute::text("displayName", name),
            Attribute::text("flags", self.flags.to_string()),
            Attribute::text("versionNumber", self.versions.0.to_directory_text()),
            Attribute::text("gPCFunctionalityVersion", self.functionality_version),
            Attribute::text(
                "gPCFileSysPath",
                format!(r"\\{0}\sysvol\{0}\Policies\{1}", dns(&self.domain), gpo_id(name)),
            ),
            Attribute::bytes("nTSecurityDescriptor", self.descriptor.clone().unwrap_or_else(bytes)),
        ];
        let lists = ["gPCMachineExtensionNames", "gPCUserExtensionNames"].into_iter().zip(&self.extensions);
        attributes.extend(
            lists.filter(|(_, list)| !list.is_empty()).map(|(name, list)| Attribute::text(name, list.as_str())),
        );
        attributes.extend(self.filter.iter().map(|filter| Attribute::text("gPCWQLFilter", filter.as_str())));
        attributes
    }

    fn policy(&self) -> GpoPolicy {
        let half = |side: Side| {
            let at = position(side);
            let records = self.values[at].iter().map(|(key, name, data)| PolRecord::set(key, name, data.clone()));
            let bytes = RegistryPol { records: records.collect() }.to_bytes();
            let content = match self.has_readable_registry {
                true => FileContent::Whole(bytes),
                false => FileContent::Failed("access is denied".to_owned()),
            };
            let file = GptFile { path: "registry.pol".to_owned(), size_bytes: 100, content };
            let registered = ExtensionList::parse_lossy(&self.extensions[at]);
            HalfPolicy::new(side, HalfContents::new(registered, vec![file], Vec::new()))
        };
        let template = self.template.clone().unwrap_or(TemplateState::Version(self.versions.1));
        GpoPolicy { template, computer: half(Side::Computer), user: half(Side::User) }
    }
}

fn position(side: Side) -> usize {
    match side {
        Side::Computer => 0,
        Side::User => 1,
    }
}

/// What was planned, and the side that is looked at.
pub struct Planned {
    pub plan: Plan,
    pub side: Side,
}

impl Planned {
    pub fn side(&self) -> &SidePlan {
        match self.side {
            Side::Computer => self.plan.computer.as_ref().unwrap(),
            Side::User => self.plan.user.as_ref().unwrap(),
        }
    }

    /// The names of the GPOs that apply, the last wins; `–` for none.
    pub fn applied(&self) -> String {
        names(self.side().applied())
    }

    /// The GPOs that do not apply, each with its reason; `–` for none. A GPO with the same reason several times stands once.
    pub fn out(&self) -> String {
        let out = self.side().candidates.iter().filter(|candidate| !candidate.verdict.is_applied());
        let mut texts: Vec<String> = out.map(|out| format!("{} {}", out.gpo.name, reason(&out.verdict))).collect();
        texts.dedup();
        if texts.is_empty() { "–".to_owned() } else { texts.join("; ") }
    }

    /// A value below the key of the cases; `unset` where nothing sets it.
    pub fn value(&self, name: &str) -> String {
        match self.side().resultant.registry_value(self.side, KEY, name) {
            Some((_, PolData::Text(text))) => text.clone(),
            Some((_, other)) => panic!("{other:?}"),
            None => "unset".to_owned(),
        }
    }

    /// The candidate of a GPO; of several links the last.
    pub fn candidate(&self, gpo: &str) -> &Candidate {
        self.side().candidates.iter().rfind(|candidate| candidate.gpo.name == gpo).unwrap()
    }

    /// Whether a text stands among the warnings of a GPO.
    pub fn warns(&self, gpo: &str, part: &str) -> bool {
        self.candidate(gpo).warnings.iter().any(|warning| warning.contains(part))
    }
}

/// The names of candidates in their order; `–` for none.
pub fn names<'a>(candidates: impl Iterator<Item = &'a Candidate>) -> String {
    let names: Vec<&str> = candidates.map(|candidate| candidate.gpo.name.as_str()).collect();
    if names.is_empty() { "–".to_owned() } else { names.join(" ") }
}

/// A plan as text, to compare it with another one to the last byte.
pub fn plan_text(plan: &Plan) -> String {
    serde_json::to_string(plan).unwrap()
}

fn reason(verdict: &Verdict) -> String {
    let (reason, how) = match verdict {
        Verdict::Applied { .. } => return "applied".to_owned(),
        Verdict::Denied(reason) => (reason, ""),
        Verdict::NotSeen(reason) => (reason, " (not seen)"),
        Verdict::NotKnown(reason) => (reason, " (not known)"),
    };
    let text = match reason {
        Reason::LinkDisabled => "link disabled".to_owned(),
        Reason::Blocked { by } => format!("blocked at {}", if by.depth() == 2 { short(by) } else { by.name() }),
        Reason::LoopbackReplace => "loopback replace".to_owned(),
        Reason::LoopbackInvalid { mode } => format!("loopback mode {mode}"),
        Reason::Missing => "missing".to_owned(),
        Reason::DomainNotRead => "domain not read".to_owned(),
        Reason::OtherForest => "other forest".to_owned(),
        Reason::DamagedLink => "damaged link".to_owned(),
        Reason::NotRead => "not read".to_owned(),
        Reason::NotReadable { .. } => "not readable".to_owned(),
        Reason::FunctionalityVersion { .. } => "functionality version".to_owned(),
        Reason::HalfDisabled => "half disabled".to_owned(),
        Reason::Security { .. } => "security".to_owned(),
        Reason::Empty => "empty".to_owned(),
        Reason::WmiFilter { .. } => "WMI filter".to_owned(),
        Reason::WmiFilterMissing { .. } => "WMI filter missing".to_owned(),
    };
    format!("{text}{how}")
}

/// The letter of a domain.
fn short(domain: &Dn) -> String {
    domain.domain().unwrap().to_string().trim_end_matches(".test").to_owned()
}

fn child(dn: &Dn, part: &str) -> Dn {
    match part.strip_prefix("CN=") {
        Some(name) => dn.child("CN", name),
        None => dn.child("OU", part),
    }
}

/// The DNS name of a domain of these forests.
pub fn dns(domain: &str) -> DnsName {
    format!("{domain}.test").parse().unwrap()
}

/// A number for a name, the same every time.
fn number(name: &str) -> u32 {
    name.bytes().fold(7, |number: u32, byte| number.wrapping_mul(31).wrapping_add(u32::from(byte)))
}

pub fn domain_sid(domain: &str) -> Sid {
    format!("S-1-5-21-1-2-{}", number(domain)).parse().unwrap()
}

fn account_sid(name: &str, domain: &str) -> Sid {
    domain_sid(domain).child(if name == "u" { 1201 } else { 1101 }).unwrap()
}

fn group_sid(name: &str, domain: &str) -> Sid {
    if name == "Admins" {
        return domain_sid(domain).child(512).unwrap();
    }
    domain_sid(domain).child(2000 + number(name) % 1000).unwrap()
}

fn former_sid(name: &str) -> Sid {
    format!("S-1-5-21-9-9-9-{}", 1000 + number(name) % 1000).parse().unwrap()
}

fn sid_attribute(sid: &Sid) -> Attribute {
    Attribute::bytes("objectSid", sid.to_bytes())
}

pub fn gpo_id(name: &str) -> Guid {
    Guid::from_u128(0xA000_0000_0000_0000_0000_0000_0000_0000 + u128::from(number(name)))
}

pub fn filter_id(gpo: &str) -> Guid {
    Guid::from_u128(0xF000_0000_0000_0000_0000_0000_0000_0000 + u128::from(number(gpo)))
}

fn gpo_dn(name: &str, domain: &str) -> Dn {
    let policies = dns(domain).to_domain_dn().child("CN", "System").child("CN", "Policies");
    policies.child("CN", &gpo_id(name).to_string())
}

fn foreign_user() -> Account {
    let domain = dns("f");
    Account {
        name: r"F\u".to_owned(),
        dn: domain.to_domain_dn().child("CN", "Users").child("CN", "u"),
        sid: account_sid("u", "f"),
        kind: AccountKind::User,
        domain,
        groups: Vec::new(),
    }
}

/// The SID of whoever is named in rights: of the domain d, unless another one stands behind `@`.
pub fn who(name: &str) -> String {
    let (name, domain) = name.split_once('@').unwrap_or((name, "d"));
    let domain_group = |rid| domain_sid(domain).child(rid).unwrap().to_string();
    match name {
        "AU" => "AU".to_owned(),
        "DC" => domain_group(515),
        "DU" => domain_group(513),
        "SYSTEM" => "SY".to_owned(),
        "Everyone" => "WD".to_owned(),
        "Controllers" => "ED".to_owned(),
        "INTERACTIVE" => "IU".to_owned(),
        "u" | "c" => account_sid(name, domain).to_string(),
        former if former.starts_with("old") => former_sid(former).to_string(),
        group => group_sid(group, domain).to_string(),
    }
}

/// The entries of one right: `AU read+apply`, `deny apply u`.
fn entry(right: &str) -> String {
    const APPLY: &str = "edacfd8f-ffb3-11d1-b41d-00a0c968f939";
    if right.starts_with('(') {
        return right.replace('~', ";");
    }
    let words: Vec<&str> = right.split_whitespace().collect();
    let (kind, rights, name) = match words[..] {
        ["deny", rights, name] => ("D", rights, name),
        [name, rights] => ("A", rights, name),
        _ => panic!("`{right}`"),
    };
    let sid = who(name);
    let entries = rights.split('+').map(|right| match right {
        "read" => format!("({kind};CI;LCRPLORC;;;{sid})"),
        "apply" => format!("(O{kind};CI;CR;{APPLY};;{sid})"),
        "full" => format!("({kind};CI;GA;;;{sid})"),
        other => panic!("`{other}`"),
    });
    entries.collect()
}
