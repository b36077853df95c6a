//! The impact of an edit before it is made: the forest as the edit would leave it, and who gets other settings then.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::gpm::{ForestSnapshot, Gpo, LinkScope, OperationError, Som, SomType, Task};
use crate::ident::Dn;
use crate::operation::edit::Step;
use crate::rsop::{Account, Assumptions, Impact, Planner, WhatIf, impact};
use crate::store::{Attribute, ForestStore};

use super::planning::{cannot_imagine, resolve};
use super::{PolicyCache, Subjects, WhichGpos, load_policies};

/// A forest as it would be after a change.
#[derive(Clone, Debug)]
pub struct Foreseen {
    /// The forest.
    pub forest: Arc<ForestSnapshot>,
    /// The domains and OUs whose accounts may get other settings, with all below them.
    pub places: Vec<Dn>,
    /// Names of the sites whose computers may get other settings.
    pub sites: Vec<String>,
    /// Objects that several of the steps change, each without the other: only the last change is foreseen.
    pub changed_twice: Vec<Dn>,
}

/// Works out what a forest would be after some steps of an edit. None where they change nothing that decides which GPOs apply: links and
/// their order, enforcement and blocking, permissions, WMI filters and status of GPOs, GPOs that go. What a new GPO sets is nothing yet.
pub fn foresee(forest: &ForestSnapshot, steps: &[Step]) -> Option<Foreseen> {
    let mut imagined = forest.imagine();
    let mut changed_twice: Vec<Dn> = Vec::new();
    let mut values_now: HashMap<(&Dn, &str), &[Vec<u8>]> = HashMap::new();
    for step in steps {
        match step {
            Step::Modify { dn, values, .. } => {
                for value in values {
                    let earlier = values_now.insert((dn, &value.attribute), &value.after);
                    if earlier.is_some_and(|earlier| earlier != value.before) {
                        changed_twice.push(dn.clone());
                    }
                }
                let attributes =
                    values.iter().map(|value| Attribute { name: value.attribute.clone(), values: value.after.clone() });
                imagined.set_values(dn, &attributes.collect::<Vec<_>>());
            }
            Step::SetSecurity { dn, parts, after, .. } => imagined.set_security(dn, *parts, after),
            Step::Delete { dn, .. } => imagined.remove(dn),
            _ => {}
        }
    }
    changed_twice.dedup();
    let foreseen = Foreseen::between(forest, imagined.into_snapshot())?;
    Some(Foreseen { changed_twice, ..foreseen })
}

/// Works out what a forest would be after changes that are imagined. None where they concern the forest in nothing that decides which GPOs
/// apply. Changes of a target, such as its groups, are passed over: they have no impact on others.
///
/// # Errors
/// Says which name leads nowhere, or what cannot be changed so.
pub async fn foresee_what_if(
    store: &Arc<dyn ForestStore>,
    forest: &ForestSnapshot,
    what_if: &WhatIf,
    task: &Task,
) -> Result<Option<Foreseen>, OperationError> {
    let resolved = resolve(store, forest, what_if, task).await?;
    Ok(Foreseen::between(forest, resolved.apply(forest).map_err(cannot_imagine)?))
}

impl Foreseen {
    /// Finds out what a change of the forest concerns.
    fn between(before: &ForestSnapshot, after: ForestSnapshot) -> Option<Self> {
        let mut foreseen =
            Foreseen { forest: Arc::new(after), places: Vec::new(), sites: Vec::new(), changed_twice: Vec::new() };
        let after = Arc::clone(&foreseen.forest);
        for som in soms(before) {
            let decides = |som: &Som| (som.links.clone(), som.inheritance_blocked);
            if after.som(&som.dn).is_some_and(|now| decides(now) != decides(som)) {
                foreseen.concern(som);
            }
        }
        for gpo in before.domains.iter().flat_map(|domain| &domain.gpos) {
            let is_same = |now: &Gpo| {
                (now.status, &now.wmi_filter, &now.security_descriptor, now.version, now.functionality_version)
                    == (gpo.status, &gpo.wmi_filter, &gpo.security_descriptor, gpo.version, gpo.functionality_version)
                    && (&now.computer_extensions, &now.user_extensions)
                        == (&gpo.computer_extensions, &gpo.user_extensions)
            };
            if !after.gpo_by_dn(&gpo.dn).is_some_and(is_same) {
                before.links_to(&gpo.dn, LinkScope::EntireForest).iter().for_each(|link| foreseen.concern(link.som));
            }
        }
        foreseen.keep_outermost();
        let concerns_nobody = foreseen.places.is_empty() && foreseen.sites.is_empty();
        (!concerns_nobody).then_some(foreseen)
    }

    fn concern(&mut self, som: &Som) {
        match som.kind {
            SomType::Site => self.sites.push(som.name.clone()),
            SomType::Domain | SomType::Ou => self.places.push(som.dn.clone()),
        }
    }

    /// Leaves out places that lie in others.
    fn keep_outermost(&mut self) {
        self.places.sort_by(|one, other| one.depth().cmp(&other.depth()).then_with(|| one.cmp(other)));
        let mut outermost: Vec<Dn> = Vec::new();
        for place in self.places.drain(..) {
            if !outermost.iter().any(|outer| place.is_within(outer)) {
                outermost.push(place);
            }
        }
        self.places = outermost;
        self.sites.sort();
        self.sites.dedup();
    }
}

/// Returns all sites, domains and OUs.
fn soms(forest: &ForestSnapshot) -> impl Iterator<Item = &Som> {
    forest.domains.iter().flat_map(|domain| &domain.soms).chain(&forest.sites)
}

/// Returns the GPOs whose links reach anything in these domains and OUs: those linked there, below and above.
fn gpos_reaching<'a>(forest: &'a ForestSnapshot, places: &'a [Dn]) -> impl Iterator<Item = Dn> + 'a {
    let soms = forest.domains.iter().flat_map(|domain| &domain.soms);
    let reaching = soms.filter(|som| places.iter().any(|place| som.dn.is_within(place) || place.is_within(&som.dn)));
    reaching.flat_map(|som| &som.links).filter_map(|link| link.gpo_dn.clone())
}

/// Tells which users and computers get other settings by a change, over its whole scope.
///
/// # Errors
/// Fails where the accounts cannot be read, or where it was cancelled.
pub async fn impact_of(
    store: &Arc<dyn ForestStore>,
    forest: &Arc<ForestSnapshot>,
    foreseen: &Foreseen,
    cache: &PolicyCache,
    task: &Task,
) -> Result<Impact, OperationError> {
    let subjects = Subjects::new(store, forest);
    let mut accounts: Vec<Account> = Vec::new();
    for place in &foreseen.places {
        accounts.extend(subjects.within(place, task).await?);
    }
    let gpos =
        [forest, &foreseen.forest].into_iter().flat_map(|forest| gpos_reaching(forest, &foreseen.places)).collect();
    let policies = load_policies(store, forest, WhichGpos::These(&gpos), cache, task).await?;
    task.activity("Comparing the settings before and after");
    let (before, after) = (Arc::clone(forest), Arc::clone(&foreseen.forest));
    let worker = task.clone();
    let compared = tokio::task::spawn_blocking(move || {
        let before = Planner::new(before, policies.clone());
        let after = Planner::new(after, policies);
        impact(&before, &after, &accounts, &Assumptions::default(), |done, total| {
            worker.progress(done as u64, total as u64);
            worker.checkpoint().map_or_else(ControlFlow::Break, ControlFlow::Continue)
        })
    });
    let mut impact = match compared.await {
        Ok(compared) => compared?,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    };
    impact.warnings.extend(foreseen.changed_twice.iter().map(|dn| {
        format!("Several of the changes concern {}: only the last of them is counted.", dn.canonical_name())
    }));
    if !foreseen.sites.is_empty() {
        impact.warnings.push(format!(
            "Computers belong to a site by their addresses, which the directory does not tell: those of {} are not counted.",
            foreseen.sites.join(", ")
        ));
    }
    Ok(impact)
}
