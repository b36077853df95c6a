//! Times planning on a forest of 1,000 OUs and 1,000 GPOs: one plan, the plan of every OU, preparing the forest for both, and the impact of
//! one change of a link over 10,000 users and computers.
//!
//!     cargo bench --bench rsop
//!
//! The forest is made in memory: ten OUs in each OU, three links on each, twenty registry values in each half of a GPO.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opengpmc::extension::{FileContent, GptFile, HalfContents};
use opengpmc::format::{PolData, PolRecord, RegistryPol};
use opengpmc::gpm::{Forest, ForestSnapshot, LoadOptions, Task};
use opengpmc::ident::{Dn, ExtensionList, GpoVersion, Guid, Sid};
use opengpmc::report::Side;
use opengpmc::rsop::{
    Account, AccountKind, Assumptions, GpoPolicy, HalfPolicy, Planner, Policies, Subject, Target, TemplateState, impact,
};
use opengpmc::security::{SddlContext, SecurityDescriptor};
use opengpmc::store::{Attribute, Entry, ForestFileBuilder};

const UNITS: usize = 1_000;
const GPOS: usize = 1_000;
const VALUES: usize = 20;
const RUNS: u32 = 100;
const EXTENSIONS: &str = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]";
const DESCRIPTOR: &str = "O:DAG:DAD:PAI(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;CI;LCRPLORC;;;ED)(A;CI;LCRPLORC;;;AU)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;SY)";

/// The bounds that planning keeps.
const ONE_PLAN: Duration = Duration::from_millis(20);
const EVERY_UNIT: Duration = Duration::from_secs(1);
const IMPACT: Duration = Duration::from_secs(5);
/// Accounts in each OU, users and computers in turn.
const ACCOUNTS_EACH: usize = 10;

fn main() {
    let (forest, units) = forest();
    let policies = Policies::new((0..GPOS).map(|number| (gpo_dn(number), policy(number))));
    let started = Instant::now();
    let planner = Planner::new(Arc::clone(&forest), policies.clone());
    println!("prepare {GPOS} GPOs: {:.1} ms", milliseconds(started.elapsed()));

    let targets: Vec<Target> = units.iter().map(target).collect();
    let assumptions = Assumptions::default();
    let deepest = targets.last().expect("an OU");
    let links = planner.plan(deepest, &assumptions).computer.map_or(0, |side| side.candidates.len());
    let one = time(RUNS, || drop(planner.plan(deepest, &assumptions)));
    println!("one plan of user and computer, {links} links in scope: {:.3} ms", milliseconds(one));
    let all = time(1, || targets.iter().for_each(|target| drop(planner.plan(target, &assumptions))));
    println!("the plan of each of {UNITS} OUs: {:.0} ms", milliseconds(all));
    let scope = time(1, || targets.iter().for_each(|target| drop(planner.plan_scope_only(target, &assumptions))));
    println!("the same without settings: {:.0} ms", milliseconds(scope));
    let accounts: Vec<Account> = units.iter().enumerate().flat_map(accounts_in).collect();
    let changed = Planner::new(Arc::new(with_link_at_domain(&forest)), policies);
    let mut affected = 0;
    let compare = || {
        let go_on = |_, _| ControlFlow::<()>::Continue(());
        affected = impact(&planner, &changed, &accounts, &assumptions, go_on).expect("nobody breaks off").affected;
    };
    let compared = time(1, compare);
    println!(
        "the impact of a link on the domain over {} users and computers, of whom {affected} are affected: {:.0} ms",
        accounts.len(),
        milliseconds(compared)
    );
    assert!(compared < IMPACT, "the impact takes longer than {IMPACT:?}");
    assert!(one < ONE_PLAN, "one plan takes longer than {ONE_PLAN:?}");
    assert!(all < EVERY_UNIT, "all plans take longer than {EVERY_UNIT:?}");
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Returns the time that one run takes on average.
fn time(runs: u32, mut run: impl FnMut()) -> Duration {
    let started = Instant::now();
    (0..runs).for_each(|_| run());
    started.elapsed() / runs
}

fn domain() -> Dn {
    "DC=corp,DC=example,DC=com".parse().expect("a DN")
}

fn gpo_dn(number: usize) -> Dn {
    let policies = domain().child("CN", "System").child("CN", "Policies");
    policies.child("CN", &Guid::from_u128(number as u128 + 1).to_string())
}

/// Returns the forest with one more enforced link on the domain.
fn with_link_at_domain(forest: &ForestSnapshot) -> ForestSnapshot {
    let mut imagined = forest.imagine();
    imagined.set_values(&domain(), &[Attribute::text("gPLink", format!("[LDAP://{};2]", gpo_dn(7)))]);
    imagined.into_snapshot()
}

fn accounts_in((unit, dn): (usize, &Dn)) -> Vec<Account> {
    let account = |place: usize| {
        let number = (unit * ACCOUNTS_EACH + place) as u32;
        let sid = |rid: u32| Sid::new(5, &[21, 1004336348, 1177238915, 682003330, rid]).expect("a SID");
        let kind = if place.is_multiple_of(2) { AccountKind::User } else { AccountKind::Computer };
        Account {
            name: format!("CORP\\account{number}"),
            dn: dn.child("CN", &format!("Account {number}")),
            sid: sid(10_000 + number),
            kind,
            domain: "corp.example.com".parse().expect("a name"),
            groups: vec![sid(513), sid(2_000 + number % 50)],
        }
    };
    (0..ACCOUNTS_EACH).map(account).collect()
}

fn target(unit: &Dn) -> Target {
    let subject = || Some(Subject::Container(unit.clone()));
    Target { user: subject(), computer: subject() }
}

/// Half of the values are the same in all GPOs, so that they fight; the others are its own.
fn policy(number: usize) -> GpoPolicy {
    let half = |side| {
        let record = |value: usize| {
            let key = if value.is_multiple_of(2) { "Shared".to_owned() } else { format!("Own{number}") };
            let key = format!(r"Software\Policies\{key}\Part{}", value % 5);
            PolRecord::set(&key, &format!("Value{value}"), PolData::Dword(number as u32))
        };
        let bytes = RegistryPol { records: (0..VALUES).map(record).collect() }.to_bytes();
        let size_bytes = bytes.len() as u64;
        let file = GptFile { path: "registry.pol".to_owned(), size_bytes, content: FileContent::Whole(bytes) };
        HalfPolicy::new(side, HalfContents::new(ExtensionList::parse_lossy(EXTENSIONS), vec![file], Vec::new()))
    };
    let template = TemplateState::Version(GpoVersion { user: 1, computer: 1 });
    GpoPolicy { template, computer: half(Side::Computer), user: half(Side::User) }
}

fn forest() -> (Arc<ForestSnapshot>, Vec<Dn>) {
    let domain = domain();
    let sid: Sid = "S-1-5-21-1004336348-1177238915-682003330".parse().expect("a SID");
    let context = SddlContext { domain: Some(sid.clone()), forest_root: Some(sid.clone()) };
    let descriptor = SecurityDescriptor::from_sddl(DESCRIPTOR, &context).expect("a descriptor");
    let descriptor = descriptor.to_bytes().expect("bytes");
    let mut builder = ForestFileBuilder::in_memory("bench", std::slice::from_ref(&domain)).expect("a forest");
    let mut add = |dn: Dn, class: &str, more: Vec<Attribute>| {
        let attributes = std::iter::once(Attribute::text("objectClass", class)).chain(more).collect();
        builder.add_entry(Entry { dn, attributes }).expect("the entry is added");
    };
    add(domain.clone(), "domainDNS", vec![Attribute::bytes("objectSid", sid.to_bytes())]);
    for number in 0..GPOS {
        let more = vec![
            Attribute::text("displayName", format!("Policy {number:04}")),
            Attribute::text("versionNumber", "65537"),
            Attribute::text("gPCFunctionalityVersion", "2"),
            Attribute::text("gPCMachineExtensionNames", EXTENSIONS),
            Attribute::text("gPCUserExtensionNames", EXTENSIONS),
            Attribute::bytes("nTSecurityDescriptor", descriptor.clone()),
        ];
        add(gpo_dn(number), "groupPolicyContainer", more);
    }
    let mut units = vec![domain];
    for number in 0..UNITS {
        let dn = units[number / 10].child("OU", &format!("Unit {number:04}"));
        let link =
            |step: usize| format!("[LDAP://{};{}]", gpo_dn((number * 3 + step) % GPOS), (number + step) % 7 / 6 * 2);
        add(dn.clone(), "organizationalUnit", vec![Attribute::text("gPLink", (0..3).map(link).collect::<String>())]);
        units.push(dn);
    }
    let store = Arc::new(builder.finish().expect("the forest is whole"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let loading = async { Forest::load(store, &LoadOptions::default(), &Task::default()).await };
    let forest = runtime.block_on(loading).expect("the forest loads");
    units.remove(0);
    (forest, units)
}
