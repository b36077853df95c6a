//! Links, WMI filter and blocked inheritance, saved beside a backup by choice and brought back by choice.

use std::sync::Arc;

use opengpmc::gpm::{Domain, ForestSnapshot, LinkScope, MessageId, Task};
use opengpmc::ident::{Dn, WmiFilterRef};
use opengpmc::operation::{BackupOptions, Reporting, RestoreOptions, back_up_gpo, restore_backup};
use opengpmc::store::{Attribute, Change, ForestStore, demo};

use crate::common::change_suite::Suite;

const ALL: RestoreOptions = RestoreOptions { with_links: true, with_wmi_filter: true, with_block_inheritance: true };

/// What lies outside of a GPO and belongs to it: links and options of each container, queries of the filter.
async fn outside(suite: &Suite, soms: &[Dn], filter: &Dn) -> Vec<Option<String>> {
    let domain = Domain::open(suite.store(), &suite.domain).await.unwrap();
    let mut found = Vec::new();
    for som in soms {
        let entry = domain.directory().read(som, &["gPLink", "gPOptions"], None).await.unwrap();
        found.extend([entry.text("gPLink"), entry.text("gPOptions")]);
    }
    let entry =
        domain.directory().read(filter, &["msWMI-Name", "msWMI-Parm1", "msWMI-Parm2", "msWMI-Author"], None).await;
    let entry = entry.ok();
    for name in ["msWMI-Name", "msWMI-Parm1", "msWMI-Parm2", "msWMI-Author"] {
        found.push(entry.as_ref().and_then(|entry| entry.text(name)));
    }
    found
}

fn linked_and_filtered(forest: &ForestSnapshot, suite: &Suite) -> (opengpmc::gpm::Gpo, Vec<Dn>, WmiFilterRef) {
    let gpos = &forest.domain(&suite.domain).unwrap().gpos;
    let found = gpos.iter().find_map(|gpo| {
        let links = forest.links_to(&gpo.dn, LinkScope::Domain(&suite.domain));
        let soms: Vec<Dn> = links.iter().map(|link| link.som.dn.clone()).collect();
        let filter = gpo.wmi_filter.clone().filter(|_| !soms.is_empty() && !gpo.display_name.starts_with("Broken"))?;
        Some((gpo.clone(), soms, filter))
    });
    found.unwrap()
}

#[tokio::test]
async fn what_was_saved_beside_a_backup_comes_back_by_choice() {
    let store: Arc<dyn ForestStore> = demo::open().await.unwrap();
    let suite = Suite::new(store, &"kestrelbay.example".parse().unwrap());
    let (gpo, soms, filter) = linked_and_filtered(&*suite.snapshot().await, &suite);
    let domain = Domain::open(suite.store(), &suite.domain).await.unwrap();
    let filter = domain.wmi_filter_container().child("CN", &filter.id.to_string());
    let set = |name: &str, value: &str| Change::Replace(Attribute::text(name, value));
    domain.directory().modify(&soms[0], &[set("gPOptions", "1")]).await.unwrap();
    let before = outside(&suite, &soms, &filter).await;

    let options = BackupOptions { with_extras: true, ..BackupOptions::default() };
    let forest = suite.snapshot().await;
    let reporting = Reporting::new(Arc::default());
    let (sets, task) = (suite.sets(), Task::default());
    let backup = back_up_gpo(suite.store(), &forest, &gpo, &sets, &options, &reporting, &task).await.unwrap();
    for som in &soms {
        domain.directory().modify(som, &[set("gPLink", " "), set("gPOptions", "0")]).await.unwrap();
    }
    domain.directory().delete_tree(&filter).await.unwrap();

    let task = Task::default();
    restore_backup(&suite.context, &backup, &RestoreOptions::default(), &task).await.unwrap();
    assert!(task.messages().iter().any(|message| message.id == MessageId::WmiFilterMissing));
    let untouched = outside(&suite, &soms, &filter).await;
    assert!(
        untouched.iter().all(|value| value.as_deref().is_none_or(|text| matches!(text, " " | "0"))),
        "{untouched:?}"
    );

    restore_backup(&suite.context, &backup, &ALL, &Task::default()).await.unwrap();
    let after = outside(&suite, &soms, &filter).await;
    for (now, then) in after.iter().zip(&before) {
        let is_link_list = then.as_deref().is_some_and(|text| text.starts_with("[LDAP"));
        if is_link_list {
            // Other links of the container were taken away by this test, not by a change of the GPO.
            let own = gpo.dn.as_str().to_lowercase();
            let element = |text: &Option<String>| {
                let text = text.as_deref().unwrap_or_default().to_lowercase();
                text.split(']').find(|element| element.contains(&own)).map(str::to_owned)
            };
            assert_eq!(element(now), element(then));
        } else {
            assert_eq!(now.as_deref().unwrap_or("0"), then.as_deref().unwrap_or("0"));
        }
    }
    assert_eq!(suite.state(gpo.id).await.attribute("gPCWQLFilter"), gpo.wmi_filter.map(|filter| filter.to_string()));
    // Once more: nothing is linked twice.
    restore_backup(&suite.context, &backup, &ALL, &Task::default()).await.unwrap();
    assert_eq!(outside(&suite, &soms, &filter).await, after);
}
