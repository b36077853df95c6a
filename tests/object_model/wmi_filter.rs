//! IGPMWMIFilter.

use opengpmc::gpm::{PermissionType, SecuredObject, SecurityInfo};
use opengpmc::ident::WmiFilterRef;

use super::ground::{CLERKS, everywhere};

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
