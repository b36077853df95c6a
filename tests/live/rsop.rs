//! Plans on the lab's domain controller, against what its directory says of tokens, against a snapshot of the same domain, and against
//! Samba's own tools.
//!
//! `samba-gpupdate --rsop` is no judge here. For a computer (Samba 4.17, tried on the domain controller itself with its own account) it ends with
//! "Failed to get machine token": it needs a member with winbind in the system's list of accounts, which would change the machine that the lab runs
//! on. For a user it lists every GPO that may be read, the Default Domain Policy without any user settings too, which clients of Windows and our
//! plans pass over as empty; and it has to be given the lab's DNS server as that of the whole system.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use opengpmc::gpm::{Domain, Forest, ForestSnapshot, LoadOptions, Task};
use opengpmc::ident::{Dn, Guid, Sid};
use opengpmc::operation::rsop::{PlanQuery, Planned, PolicyCache, Subjects, plan_query};
use opengpmc::operation::save_snapshot;
use opengpmc::rsop::{AccountKind, Candidate, Reason, Verdict};
use opengpmc::security::{SddlContext, SecurityDescriptor};
use opengpmc::store::{Attribute, Change, ConnectTarget, ForestStore, SdParts, StoreErrorKind, open};

use super::lab::{Lab, whole_domain};
use crate::common::small_domain::{self, Settings};

const APPLY: &str = "edacfd8f-ffb3-11d1-b41d-00a0c968f939";
const GLOBAL: &str = "-2147483646";
const LOCAL: &str = "-2147483644";

/// An OU with a user who is in a group through two others, a GPO for everybody, and one that is denied to the outermost group.
struct Setting {
    store: Arc<dyn ForestStore>,
    domain: Domain,
    ou: Dn,
    user: Dn,
    outermost: Sid,
    /// For everybody; denied to the group.
    gpos: [Guid; 2],
}

async fn live(lab: &Lab) -> Arc<dyn ForestStore> {
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    open(&target, &lab.admin(), &lab.options()).await.unwrap()
}

async fn load(store: &Arc<dyn ForestStore>) -> Arc<ForestSnapshot> {
    Forest::load(store.clone(), &LoadOptions::default(), &Task::default()).await.unwrap()
}

impl Setting {
    async fn make(lab: &Lab) -> Self {
        let store = live(lab).await;
        let domain = Domain::open(&store, &lab.domain).await.unwrap();
        let directory = domain.directory().clone();
        let ou = directory.root_dse().domain_dn.child("OU", "rsop-live");
        match directory.delete_tree(&ou).await {
            Ok(()) => {}
            Err(error) => assert_eq!(error.kind, StoreErrorKind::NotFound, "{error}"),
        }
        directory.add(&ou, &[Attribute::text("objectClass", "organizationalUnit")]).await.unwrap();
        let user = ou.child("CN", "rsop-user");
        let account = [Attribute::text("objectClass", "user"), Attribute::text("sAMAccountName", "rsop-user")];
        directory.add(&user, &account).await.unwrap();
        let mut member = user.clone();
        for (name, kind) in [("rsop-inner", GLOBAL), ("rsop-middle", GLOBAL), ("rsop-outer", LOCAL)] {
            let group = ou.child("CN", name);
            let attributes = [
                Attribute::text("objectClass", "group"),
                Attribute::text("sAMAccountName", name),
                Attribute::text("groupType", kind),
                Attribute::text("member", member.to_string()),
            ];
            directory.add(&group, &attributes).await.unwrap();
            member = group;
        }
        let outermost = sid_of(&domain, &member).await;
        let gpos = [Guid::random(), Guid::random()];
        for (id, name, more) in [
            (gpos[0], "Rsop for everybody", String::new()),
            (gpos[1], "Rsop denied", format!("(OD;CI;CR;{APPLY};;{outermost})")),
        ] {
            let settings = Settings { name, is_filtered: false, ..small_domain::as_backed_up() };
            small_domain::write_gpo(&*store, domain.name(), &id.to_string(), &settings).await;
            set_dacl(&domain, &domain.gpo_dn(id), &format!("{more}(OA;CI;CR;{APPLY};;AU)")).await;
        }
        let links: String = gpos.iter().map(|id| format!("[LDAP://{};0]", domain.gpo_dn(*id))).collect();
        directory.modify(&ou, &[Change::Replace(Attribute::text("gPLink", links))]).await.unwrap();
        Setting { store, domain, ou, user, outermost, gpos }
    }

    async fn clean_up(self) {
        let directory = self.domain.directory();
        directory.delete_tree(&self.ou).await.unwrap();
        for id in self.gpos {
            directory.delete_tree(&self.domain.gpo_dn(id)).await.unwrap();
            let folder = opengpmc::store::SysvolPath::parse(&format!("Policies/{id}")).unwrap();
            self.domain.sysvol().await.unwrap().remove_tree(&folder).await.unwrap();
        }
    }
}

async fn sid_of(domain: &Domain, dn: &Dn) -> Sid {
    let entry = domain.directory().read(dn, &["objectSid"], None).await.unwrap();
    Sid::from_bytes(entry.bytes("objectSid").unwrap()).unwrap()
}

/// Gives a GPO these entries, before those that everybody needs.
async fn set_dacl(domain: &Domain, gpo: &Dn, first: &str) {
    let sid = sid_of(domain, &domain.name().to_domain_dn()).await;
    let context = SddlContext { domain: Some(sid.clone()), forest_root: Some(sid) };
    let sddl = format!(
        "D:P{first}(A;CI;RPWPCCDCLCSWLODTRCWDWOSD;;;DA)(A;CI;RPWPCCDCLCSWLODTRCWDWOSD;;;SY)(A;CI;LCRPLORC;;;AU)"
    );
    let descriptor = SecurityDescriptor::from_sddl(&sddl, &context).unwrap().to_bytes().unwrap();
    let change = Change::SecurityDescriptor { parts: SdParts::DACL, descriptor };
    domain.directory().modify(gpo, &[change]).await.unwrap();
}

async fn plan(store: &Arc<dyn ForestStore>, user: Option<&str>, computer: Option<&str>) -> Planned {
    let query =
        PlanQuery { user: user.map(str::to_owned), computer: computer.map(str::to_owned), ..PlanQuery::default() };
    plan_query(store, &load(store).await, &query, &PolicyCache::default(), &Task::default()).await.unwrap()
}

fn link(candidates: &[Candidate], id: Guid) -> &Candidate {
    candidates.iter().find(|candidate| candidate.gpo.id == id).unwrap()
}

/// Runs a tool of Samba on the domain controller's configuration, as an administrator.
fn samba(tool: &str, lab: &Lab, arguments: &[&str]) -> (bool, String) {
    let environment = PathBuf::from(std::env::var("OPENGPMC_LAB_ENV").unwrap());
    let configuration = environment.with_file_name("dc1").join("etc").join("smb.conf");
    let password = std::env::var("OPENGPMC_LAB_PASSWORD").unwrap();
    let output = Command::new(tool)
        .args(arguments)
        .arg(format!("-U{}%{password}", lab.user.split('@').next().unwrap()))
        .arg("-s")
        .arg(configuration)
        .output();
    match output {
        Ok(output) => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (output.status.success(), text(&output.stdout) + &text(&output.stderr))
        }
        Err(error) => (false, error.to_string()),
    }
}

#[tokio::test]
async fn a_denied_gpo_does_not_apply_whatever_samba_tool_says() {
    let Some(lab) = Lab::get() else { return };
    let _turn = whole_domain().await;
    let setting = Setting::make(&lab).await;
    let computer = setting.domain.domain_controller().split('.').next().unwrap().to_owned();
    let planned = plan(&setting.store, Some(setting.user.as_str()), Some(&computer)).await;
    let user = planned.plan.user.as_ref().unwrap();
    let [everybody, denied] = setting.gpos.map(|id| link(&user.candidates, id));
    assert!(everybody.verdict.is_applied(), "{:?}", everybody.verdict);
    assert_eq!(denied.verdict, Verdict::Denied(Reason::Security { by: Some(setting.outermost.clone()) }));
    // samba-tool looks at the right to read alone, so that it lists what no client applies.
    let (is_done, listed) =
        samba("samba-tool", &lab, &["gpo", "list", "rsop-user", "-H", &format!("ldap://{}", lab.host)]);
    assert!(is_done, "{listed}");
    assert!(listed.contains(&setting.gpos[0].to_string()), "{listed}");
    if !listed.contains(&setting.gpos[1].to_string()) {
        println!("samba-tool gpo list knows denied GPOs by now: {listed}");
    }
    setting.clean_up().await;
}

#[tokio::test]
async fn tokens_and_plans_of_a_snapshot_are_those_of_the_domain() {
    let Some(lab) = Lab::get() else { return };
    let _turn = whole_domain().await;
    let setting = Setting::make(&lab).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lab.gpforest");
    save_snapshot(&*setting.store, &path, &Task::default()).await.unwrap();
    let file = open(&ConnectTarget::File(path), &Default::default(), &Default::default()).await.unwrap();
    let (on_server, in_file) = (load(&setting.store).await, load(&file).await);
    let server = Subjects::new(&setting.store, &on_server);
    let saved = Subjects::new(&file, &in_file);
    let domain_dn = setting.domain.name().to_domain_dn();
    let accounts = server.within(&domain_dn, &Task::default()).await.unwrap();
    assert!(accounts.iter().any(|account| account.dn == setting.user && account.groups.contains(&setting.outermost)));
    for account in &accounts {
        let dn = account.dn.as_str();
        let (told, of_file) = match account.kind {
            AccountKind::User => (server.user(dn, None).await, saved.user(dn, None).await),
            AccountKind::Computer | AccountKind::DomainController => {
                (server.computer(dn).await, saved.computer(dn).await)
            }
        };
        // What the domain controller constructs as tokenGroups, what is computed over the whole graph, and what a file constructs.
        assert_eq!(told.unwrap(), *account);
        assert_eq!(of_file.unwrap(), *account);
    }
    let computer = setting.domain.domain_controller().split('.').next().unwrap().to_owned();
    let user = Some(setting.user.as_str());
    let (here, there) = (plan(&setting.store, user, Some(&computer)).await, plan(&file, user, Some(&computer)).await);
    assert_eq!(here.target, there.target);
    assert_eq!(here.assumptions, there.assumptions);
    let json = |planned: &Planned| serde_json::to_value(&planned.plan).unwrap();
    assert_eq!(json(&here), json(&there));
    setting.clean_up().await;
}
