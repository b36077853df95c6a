//! Plans on the lab's domain controller, against what its directory says of tokens, against a snapshot of the same domain, and against
//! Samba's own tools.
//!
//! One of them is `samba-gpupdate --rsop`, run for a computer that is joined as a Samba member for the test. Samba asks winbind for the
//! accounts of the computer and the lab's DNS server for its names; both are given to it in a mount namespace of its own, so that nothing of
//! the machine that the lab runs on changes. What it says otherwise than the plan stands in [`samba_lists`], each with its reason.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use opengpmc::gpm::{Domain, Forest, ForestSnapshot, LoadOptions, SomType, Task};
use opengpmc::ident::{Dn, GpoVersion, Guid, Sid};
use opengpmc::operation::rsop::collect::{
    CollectOptions, Collection, ResultSides, ResultTool, TargetComputer, collect_results,
};
use opengpmc::operation::rsop::{PlanQuery, Planned, PolicyCache, Subjects, plan_query};
use opengpmc::operation::save_snapshot;
use opengpmc::report::Side;
use opengpmc::rsop::{AccountKind, Assumptions, Candidate, Reason, SidePlan, Verdict};
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
    /// What else is to be cleaned up.
    more: Vec<Guid>,
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
        Setting { store, domain, ou, user, outermost, gpos, more: Vec::new() }
    }

    async fn clean_up(self) {
        let directory = self.domain.directory();
        directory.delete_tree(&self.ou).await.unwrap();
        for id in self.gpos.into_iter().chain(self.more) {
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
    plan_in_site(store, user, computer, None).await
}

async fn plan_in_site(
    store: &Arc<dyn ForestStore>,
    user: Option<&str>,
    computer: Option<&str>,
    site: Option<&str>,
) -> Planned {
    let assumptions = Assumptions { site: site.map(str::to_owned), ..Assumptions::default() };
    let (user, computer) = (user.map(str::to_owned), computer.map(str::to_owned));
    let query = PlanQuery { user, computer, assumptions, ..PlanQuery::default() };
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

/// Whether `samba-gpupdate --rsop` lists a GPO that the plan judges so, and why where that is not what the plan says (Samba 4.17,
/// `libgpo/gpo_ldap.c`, `libgpo/gpo_sec.c`).
fn samba_lists(side: Side, candidate: &Candidate) -> (bool, Option<&'static str>) {
    match &candidate.verdict {
        Verdict::Applied { .. } if side == Side::User && candidate.som_kind == SomType::Site => {
            (false, Some("links of sites are looked for at computers only"))
        }
        Verdict::Applied { .. } => (true, None),
        Verdict::Denied(Reason::Empty) => (true, Some("a GPO without settings of the side is not passed over")),
        Verdict::Denied(Reason::HalfDisabled) => (true, Some("that a half is disabled is not looked at")),
        Verdict::Denied(Reason::WmiFilterMissing { .. }) => (true, Some("WMI filters are not looked at")),
        _ => (false, None),
    }
}

/// A computer that is a Samba member of the lab's domain. Its files lie in a folder of the test.
struct Member {
    folder: tempfile::TempDir,
}

const MEMBER: &str = "RSOP-MEMBER";
const SITE: &str = "Default-First-Site-Name";

/// Runs a program where accounts come from the domain controller's winbind and names from its DNS server: for the program alone.
const AS_MEMBER: &str = r#"#!/bin/sh
KRB5CCNAME=FILE:FOLDER/tickets
export KRB5CCNAME
exec unshare --mount --propagation private sh -c '
  mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf && mount --bind "$1/resolv.conf" /etc/resolv.conf &&
  mount --bind "$2" /run/samba && LD_LIBRARY_PATH="$3" && export LD_LIBRARY_PATH && shift 3 && exec "$@"
' sh FOLDER LAB/dc1/run/socket LAB/nss "$@"
"#;

impl Member {
    /// Joins the domain, or prints why the test is skipped.
    fn join(lab: &Lab, ou: &str) -> Option<Member> {
        let environment = PathBuf::from(std::env::var("OPENGPMC_LAB_ENV").unwrap());
        let lab_folder = environment.parent().unwrap();
        if !lab_folder.join("nss").join("libnss_winbind.so.2").exists() {
            eprintln!(
                "skipped: the lab was made without the package libnss-winbind, which tells Samba of its accounts"
            );
            return None;
        }
        let unshare = Command::new("unshare").args(["--mount", "--propagation", "private", "true"]).output();
        if !unshare.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: no mount namespace can be made here (unshare --mount)");
            return None;
        }
        let member = Member { folder: tempfile::tempdir().unwrap() };
        let folder = member.folder.path();
        let folder_name = folder.to_str().unwrap();
        for name in ["private", "state", "cache", "lock", "run", "log"] {
            std::fs::create_dir(folder.join(name)).unwrap();
        }
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        write("nsswitch.conf", "passwd: files winbind\ngroup: files winbind\nhosts: files dns\n");
        write("resolv.conf", &format!("nameserver {}\n", lab.dns_server.ip()));
        let realm = lab.domain.to_string().to_uppercase();
        write(
            "smb.conf",
            &format!(
                "[global]\nnetbios name = {MEMBER}\nworkgroup = {}\nrealm = {realm}\nsecurity = ads\n\
                 private dir = {folder_name}/private\nstate directory = {folder_name}/state\n\
                 cache directory = {folder_name}/cache\nlock directory = {folder_name}/lock\n\
                 pid directory = {folder_name}/run\nncalrpc dir = {folder_name}/run/ncalrpc\n\
                 log file = {folder_name}/log/%m.log\ndisable netbios = yes\n\
                 idmap config * : backend = tdb\nidmap config * : range = 3000000-4000000\n",
                lab.netbios
            ),
        );
        let lab_name = lab_folder.to_str().unwrap();
        program(&folder.join("as-member"), &AS_MEMBER.replace("LAB", lab_name).replace("FOLDER", folder_name));
        program(
            &folder.join("samba-gpupdate"),
            &format!("#!/bin/sh\nexec {folder_name}/as-member samba-gpupdate -s {folder_name}/smb.conf \"$@\"\n"),
        );
        let password = std::env::var("OPENGPMC_LAB_PASSWORD").unwrap();
        let user = format!("-U{}%{password}", lab.user.split('@').next().unwrap());
        let joined = Command::new(folder.join("as-member"))
            .args(["net", "ads", "join", "--no-dns-updates", &user, &format!("createcomputer={ou}"), "-s"])
            .arg(folder.join("smb.conf"))
            .output()
            .unwrap();
        assert!(joined.status.success(), "{joined:?}");
        Some(member)
    }

    /// Returns the names of the GPOs that `samba-gpupdate --rsop` lists for this computer and a user, in the order of application.
    async fn listed(&self, user: &str) -> impl Fn(Side) -> Vec<String> + use<> {
        let collection = Collection {
            computer: TargetComputer::This,
            tool: ResultTool::Samba,
            sides: ResultSides::Both,
            user: Some(user.parse().unwrap()),
        };
        let samba_gpupdate = self.folder.path().join("samba-gpupdate");
        let options = CollectOptions { samba_gpupdate, ..CollectOptions::default() };
        let collected = collect_results(&collection, &options, &Task::default()).await.unwrap();
        move |side| {
            let side = collected.report.result(side).unwrap();
            side.applied().iter().map(|gpo| gpo.name.clone()).collect()
        }
    }
}

fn program(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Compares a side with what Samba lists; returns the reasons for which they differ.
fn compare_with_samba(side: &SidePlan, listed: &[String]) -> BTreeSet<&'static str> {
    let mut reasons = BTreeSet::new();
    let mut expected = Vec::new();
    for candidate in &side.candidates {
        let (is_listed, why) = samba_lists(side.side, candidate);
        reasons.extend(why);
        if is_listed {
            expected.push(candidate.gpo.name.clone());
        }
    }
    let of_plan: Vec<_> = side.candidates.iter().map(|candidate| (&candidate.gpo.name, &candidate.verdict)).collect();
    assert_eq!(listed, expected, "{:?}: the plan says {of_plan:#?}", side.side);
    reasons
}

#[tokio::test]
async fn plans_of_a_samba_member_are_what_samba_gpupdate_lists() {
    let Some(lab) = Lab::get() else { return };
    let _turn = whole_domain().await;
    let mut setting = Setting::make(&lab).await;
    let Some(member) = Member::join(&lab, "rsop-live") else {
        setting.clean_up().await;
        return;
    };
    let directory = setting.domain.directory().clone();
    let everybody = format!("(OA;CI;CR;{APPLY};;AU)");
    let not_for_computers = format!("(OD;CI;CR;{APPLY};;DC){everybody}");
    let (none, user_off, computer_off) = ("0", "1", "2");
    let has_both = GpoVersion { user: 1, computer: 1 };
    let has_none = GpoVersion { user: 0, computer: 0 };
    let mut links = Vec::new();
    let mut link_of_site = String::new();
    for (name, version, flags, is_filtered, rights, link) in [
        ("Rsop without settings", has_none, none, false, &*everybody, "0"),
        ("Rsop without user half", has_both, user_off, false, &everybody, "0"),
        ("Rsop without computer half", has_both, computer_off, false, &everybody, "0"),
        ("Rsop filtered", has_both, none, true, &everybody, "0"),
        ("Rsop not for computers", has_both, none, false, &not_for_computers, "0"),
        ("Rsop for nobody", has_both, none, false, "", "0"),
        ("Rsop of a disabled link", has_both, none, false, &everybody, "1"),
        ("Rsop enforced", has_both, none, false, &everybody, "2"),
        ("Rsop of the site", has_both, none, false, &everybody, "site"),
    ] {
        let id = Guid::random();
        let extensions = if version == has_none { [""; 2] } else { small_domain::as_backed_up().extensions };
        let files = Vec::new();
        let settings = Settings { name, version, is_filtered, extensions, files, ..small_domain::as_backed_up() };
        small_domain::write_gpo(&*setting.store, setting.domain.name(), &id.to_string(), &settings).await;
        let gpo = setting.domain.gpo_dn(id);
        set_dacl(&setting.domain, &gpo, rights).await;
        directory.modify(&gpo, &[Change::Replace(Attribute::text("flags", flags))]).await.unwrap();
        match link {
            "site" => link_of_site = format!("[LDAP://{gpo};0]"),
            options => links.push(format!("[LDAP://{gpo};{options}]")),
        }
        setting.more.push(id);
    }
    let before = directory.read(&setting.ou, &["gPLink"], None).await.unwrap();
    let links = links.concat() + &before.text("gPLink").unwrap();
    directory.modify(&setting.ou, &[Change::Replace(Attribute::text("gPLink", links))]).await.unwrap();
    let configuration = directory.root_dse().configuration_dn.clone();
    let site = configuration.child("CN", "Sites").child("CN", SITE);
    directory.modify(&site, &[Change::Replace(Attribute::text("gPLink", link_of_site))]).await.unwrap();

    let mut reasons = BTreeSet::new();
    for options in ["0", "1"] {
        directory.modify(&setting.ou, &[Change::Replace(Attribute::text("gPOptions", options))]).await.unwrap();
        let listed = member.listed(&format!(r"{}\rsop-user", lab.netbios)).await;
        // No subnet tells the member's site. Samba takes that of the domain controller.
        let user = Some(setting.user.as_str());
        let planned = plan_in_site(&setting.store, user, Some(MEMBER), Some(SITE)).await;
        for side in [planned.plan.computer.as_ref().unwrap(), planned.plan.user.as_ref().unwrap()] {
            reasons.extend(compare_with_samba(side, &listed(side.side)));
        }
    }
    directory
        .modify(&site, &[Change::Replace(Attribute { name: "gPLink".to_owned(), values: Vec::new() })])
        .await
        .unwrap();
    setting.clean_up().await;
    let explained = [
        "WMI filters are not looked at",
        "a GPO without settings of the side is not passed over",
        "links of sites are looked for at computers only",
        "that a half is disabled is not looked at",
    ];
    assert_eq!(reasons.into_iter().collect::<Vec<_>>(), explained);
}
