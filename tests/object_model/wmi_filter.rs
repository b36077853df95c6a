//! IGPMWMIFilter.

use opengpmc::gpm::{PermissionType, SecuredObject, SecurityInfo, WmiFilter};
use opengpmc::ident::{Guid, WmiFilterRef};
use opengpmc::operation::admin::{CreateWmiFilter, DeleteWmiFilter, EditWmiFilter};

use super::ground::{CLERKS, Ground, everywhere};

#[test]
fn n170_igpm_wmi_filter_path_get() {
    everywhere(async |ground| {
        let path = ground.wmi_filter().path();
        assert_eq!(path, format!("MSFT_SomFilter.ID=\"{}\",Domain=\"{}\"", ground.filter, ground.name()));
        assert_eq!(WmiFilterRef::parse_object_path(&path).unwrap().id, ground.filter);
    });
}

/// Makes a filter, changes it, looks at it, and deletes it.
async fn changed(ground: &Ground, change: impl Fn(EditWmiFilter) -> EditWmiFilter) -> WmiFilter {
    let filters = async || ground.domain.wmi_filters().await.unwrap().values;
    let (domain, name) = (ground.name().clone(), format!("Changed {}", Guid::random()));
    let make = CreateWmiFilter::new(domain.clone(), name, "before".to_owned(), ground.wmi_filter().queries.clone());
    ground.carry_out(&make).await.unwrap();
    let find = async || filters().await.into_iter().find(|filter| filter.id == make.id).unwrap();
    ground.carry_out(&change(EditWmiFilter::of(&find().await))).await.unwrap();
    let changed = find().await;
    let delete = DeleteWmiFilter { domain, id: make.id, name: changed.name.clone() };
    ground.carry_out(&delete).await.unwrap();
    assert!(filters().await.iter().all(|filter| filter.id != make.id));
    changed
}

#[test]
fn n171_igpm_wmi_filter_name_put() {
    everywhere(async |ground| {
        let name = format!("Renamed {}", Guid::random());
        let filter = changed(ground, |edit| EditWmiFilter { name: name.clone(), ..edit }).await;
        assert_eq!((filter.name, filter.description.as_str()), (name, "before"));
    });
}

#[test]
fn n172_igpm_wmi_filter_name_get() {
    everywhere(async |ground| assert_eq!(ground.wmi_filter().name, "Laptops"));
}

#[test]
fn n173_igpm_wmi_filter_description_put() {
    everywhere(async |ground| {
        let check = async |text: &str| {
            let filter = changed(ground, |edit| EditWmiFilter { description: text.to_owned(), ..edit }).await;
            assert_eq!(filter.description, text);
        };
        check("after").await;
        check("").await;
    });
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
