//! The impact of edits before they are made: what is foreseen is what comes, and the impact is the plan after it minus the plan before it.

use std::collections::BTreeSet;
use std::sync::Arc;

use opengpmc::gpm::{Forest, ForestSnapshot, GpoStatus, LoadOptions, Task};
use opengpmc::ident::Dn;
use opengpmc::operation::admin::link::{EditLinks, LinkChange, LinkId, LinkedTo, SetInheritanceBlocked};
use opengpmc::operation::admin::{DeleteGpo, GpoToEdit, RenameGpo, SetGpoStatus};
use opengpmc::operation::edit::{Edit, carry_out};
use opengpmc::operation::rsop::{PolicyCache, Subjects, WhichGpos, foresee, impact_of, load_policies};
use opengpmc::operation::{ChangeContext, Journal};
use opengpmc::rsop::{Account, AccountKind, Assumptions, Impact, Planner, Subject, Target};
use opengpmc::store::{ForestStore, demo};

struct Ground {
    context: ChangeContext,
    forest: Arc<ForestSnapshot>,
    _folder: tempfile::TempDir,
}

impl Ground {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let store: Arc<dyn ForestStore> = demo::open().await.unwrap();
        let forest = Forest::load(Arc::clone(&store), &LoadOptions::default(), &Task::default()).await.unwrap();
        Ground { context: ChangeContext { store, journal }, forest, _folder: folder }
    }

    fn ou(&self, path: &str) -> Dn {
        format!("{path},DC=kestrelbay,DC=example").parse().unwrap()
    }

    /// Returns the GPO of the first enabled link of an OU.
    fn linked(&self, ou: &Dn) -> (Dn, LinkId) {
        let links = &self.forest.som(ou).unwrap().links;
        let gpo = links.iter().find(|link| link.enabled).unwrap().gpo_dn.clone().unwrap();
        (gpo.clone(), LinkId { target: LinkedTo::Gpo(gpo), occurrence: 1 })
    }

    fn gpo(&self, dn: &Dn) -> GpoToEdit {
        GpoToEdit::from(self.forest.gpo_by_dn(dn).unwrap())
    }

    /// Foresees an edit, makes it, and compares what was foreseen with what is there: the forest, and of every account the settings.
    async fn check(&self, edit: &dyn Edit) -> Option<Impact> {
        let (store, task) = (&self.context.store, Task::default());
        let plan = edit.plan(store, &task).await.unwrap();
        let foreseen = foresee(&self.forest, &plan.steps);
        let cache = PolicyCache::default();
        let impact = match &foreseen {
            Some(foreseen) => Some(impact_of(store, &self.forest, foreseen, &cache, &task).await.unwrap()),
            None => None,
        };
        let subjects = Subjects::new(store, &self.forest);
        let mut accounts = Vec::new();
        for domain in &self.forest.domains {
            accounts.extend(subjects.within(&domain.dn, &task).await.unwrap());
        }
        let policies = load_policies(store, &self.forest, WhichGpos::All, &cache, &task).await.unwrap();

        carry_out(&self.context, edit, &task).await.unwrap();
        let after = Forest::load(Arc::clone(store), &LoadOptions::default(), &task).await.unwrap();
        if let Some(foreseen) = &foreseen {
            assert_eq!(decisive(&foreseen.forest), decisive(&after), "{}", edit.title());
        }
        let (before, after) = (Planner::new(Arc::clone(&self.forest), policies.clone()), Planner::new(after, policies));
        let changed: BTreeSet<&str> = accounts
            .iter()
            .filter(|account| settings(&before, account) != settings(&after, account))
            .map(|account| account.name.as_str())
            .collect();
        let groups = impact.iter().flat_map(|impact| &impact.groups);
        let told: BTreeSet<&str> =
            groups.flat_map(|group| &group.accounts).map(|account| account.name.as_str()).collect();
        assert_eq!(told, changed, "{}", edit.title());
        impact
    }
}

/// Returns what decides which GPOs apply, as text.
fn decisive(forest: &ForestSnapshot) -> String {
    let mut text = String::new();
    let domains = || forest.domains.iter();
    for som in domains().flat_map(|domain| &domain.soms).chain(&forest.sites) {
        text += &format!("{} {} {:?}\n", som.dn, som.inheritance_blocked, som.links);
    }
    for gpo in domains().flat_map(|domain| &domain.gpos) {
        text += &format!("{} {:?} {:?} {:?}\n", gpo.dn, gpo.status, gpo.wmi_filter, gpo.security_descriptor);
    }
    text
}

/// Returns the settings of an account with the GPOs they come from: by key, what it comes to and from where.
fn settings(planner: &Planner, account: &Account) -> Vec<String> {
    let subject = Some(Subject::Account(Box::new(account.clone())));
    let target = match account.kind {
        AccountKind::User => Target { user: subject, computer: None },
        _ => Target { user: None, computer: subject },
    };
    let plan = planner.plan(&target, &Assumptions::default());
    let mut told = Vec::new();
    for side in plan.user.iter().chain(&plan.computer) {
        for setting in &side.resultant.settings {
            let count = if setting.united { setting.sources.len() } else { 1 };
            let sources =
                setting.sources.iter().take(count).map(|source| side.applied().nth(source.order.checked_sub(1)?));
            let names: Vec<_> = sources.map(|candidate| candidate.map(|candidate| candidate.gpo.id)).collect();
            told.push(format!("{} {:?} {names:?}", setting.key, setting.value));
        }
    }
    told
}

#[tokio::test]
async fn a_disabled_link_takes_settings_from_whoever_it_reached() {
    let ground = Ground::new().await;
    let ou = ground.ou("OU=Desktops,OU=Computers,OU=Headquarters");
    let (_, link) = ground.linked(&ou);
    let edit = EditLinks { som: ou, subject: "x".to_owned(), changes: vec![LinkChange::SetEnabled(vec![link], false)] };
    let impact = ground.check(&edit).await.unwrap();
    assert_eq!(impact.accounts, 3, "the three desktops lie in its scope");
}

#[tokio::test]
async fn blocked_inheritance_reaches_the_whole_tree_below() {
    let ground = Ground::new().await;
    let edit = SetInheritanceBlocked { som: ground.ou("OU=Headquarters"), blocked: true };
    let impact = ground.check(&edit).await.unwrap();
    assert!(impact.affected > 5 && impact.affected <= impact.accounts, "{} of {}", impact.affected, impact.accounts);
    assert!(impact.groups.is_sorted_by_key(|group| std::cmp::Reverse(group.accounts.len())));
}

#[tokio::test]
async fn a_gpo_without_its_halves_or_gone_takes_its_settings_along() {
    let ground = Ground::new().await;
    let (gpo, _) = ground.linked(&ground.ou("OU=Headquarters"));
    let gpo = ground.gpo(&gpo);
    ground.check(&SetGpoStatus { gpo: gpo.clone(), status: GpoStatus::AllSettingsDisabled }).await.unwrap();

    let ground = Ground::new().await;
    ground.check(&DeleteGpo { gpo, keep_links: false }).await.unwrap();
}

#[tokio::test]
async fn another_name_has_no_impact() {
    let ground = Ground::new().await;
    let (gpo, _) = ground.linked(&ground.ou("OU=Headquarters"));
    assert!(ground.check(&RenameGpo { gpo: ground.gpo(&gpo), name: "Renamed".to_owned() }).await.is_none());
}
