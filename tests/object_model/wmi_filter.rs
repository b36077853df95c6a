//! IGPMWMIFilter.

use opengpmc::gpm::{Permission, PermissionType, SecuredObject, SecurityInfo, Task, Trustee, WmiFilter, WmiQuery};
use opengpmc::ident::{Guid, WmiFilterRef};
use opengpmc::operation::admin::security::{Secured, SetSecurityInfo, read_security_info};
use opengpmc::operation::admin::{CreateWmiFilter, EditWmiFilter};

use super::ground::{CLERKS, Ground, everywhere};

#[test]
fn n170_igpm_wmi_filter_path_get() {
    everywhere(async |ground| {
        let path = ground.wmi_filter().path();
        assert_eq!(path, format!("MSFT_SomFilter.ID=\"{}\",Domain=\"{}\"", ground.filter, ground.name()));
        assert_eq!(WmiFilterRef::parse_object_path(&path).unwrap().id, ground.filter);
    });
}

#[test]
fn n172_igpm_wmi_filter_name_get() {
    everywhere(async |ground| assert_eq!(ground.wmi_filter().name, "Laptops"));
}

#[test]
fn n174_igpm_wmi_filter_description_get() {
    everywhere(async |ground| assert_eq!(ground.wmi_filter().description, "Runs on batteries"));
}

#[test]
fn n175_igpm_wmi_filter_get_query_list() {
    everywhere(async |ground| {
        let queries: Vec<_> =
            ground.wmi_filter().queries.iter().map(|query| (&*query.namespace, &*query.query)).collect();
        assert_eq!(queries, [(r"root\CIMv2", "SELECT * FROM Win32_Battery")]);
        assert!(!ground.wmi_filter().stored_lengths_wrong);
    });
}

#[test]
fn n176_igpm_wmi_filter_get_security_info() {
    everywhere(async |ground| {
        let bytes = ground.wmi_filter().security_descriptor.as_ref().unwrap();
        let info = SecurityInfo::from_bytes(SecuredObject::WmiFilter, bytes).unwrap();
        assert!(info.grants(&CLERKS.parse().unwrap(), PermissionType::WmiFilterEdit), "{info:?}");
    });
}

/// Makes a filter for a test that changes it.
async fn new_filter(ground: &Ground) -> WmiFilter {
    let query = WmiQuery {
        namespace: r"root\CIMv2".to_owned(),
        language: "WQL".to_owned(),
        query: "SELECT * FROM Win32_Battery".to_owned(),
    };
    let name = format!("Changed {}", Guid::random());
    let edit = CreateWmiFilter::new(ground.name().clone(), name, "before".to_owned(), vec![query]);
    ground.edit(&edit).await;
    read(ground, edit.id).await
}

async fn read(ground: &Ground, id: Guid) -> WmiFilter {
    let filters = ground.domain.wmi_filters().await.unwrap().values;
    filters.into_iter().find(|filter| filter.id == id).unwrap()
}

#[test]
fn n171_igpm_wmi_filter_name_put() {
    everywhere(async |ground| {
        let seen = new_filter(ground).await;
        let name = format!("Renamed {}", Guid::random());
        ground.edit(&EditWmiFilter { name: name.clone(), ..EditWmiFilter::of(&seen) }).await;
        let after = read(ground, seen.id).await;
        assert_eq!((after.name, after.description, after.queries), (name, seen.description, seen.queries));
    });
}

#[test]
fn n173_igpm_wmi_filter_description_put() {
    everywhere(async |ground| {
        let seen = new_filter(ground).await;
        ground.edit(&EditWmiFilter { description: "after".to_owned(), ..EditWmiFilter::of(&seen) }).await;
        let after = read(ground, seen.id).await;
        assert_eq!((after.name, after.description.as_str()), (seen.name, "after"));
    });
}

#[test]
fn n177_igpm_wmi_filter_set_security_info() {
    everywhere(async |ground| {
        let of = Secured::WmiFilter(ground.name().clone(), new_filter(ground).await.id);
        let read = async || read_security_info(&ground.store, &of, &Task::default()).await.unwrap();
        let clerks = Trustee::unresolved(CLERKS.parse().unwrap());
        let mut info = read().await;
        info.add(&Permission::new(clerks.clone(), PermissionType::WmiFilterFullControl, false).unwrap()).unwrap();
        ground.edit(&SetSecurityInfo { of: of.clone(), name: "it".to_owned(), info }).await;
        assert!(read().await.grants(&clerks.sid, PermissionType::WmiFilterFullControl));
    });
}
