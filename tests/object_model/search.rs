//! IGPMSearchCriteria and IGPMClientSideExtension.

use opengpmc::gpm::SearchOperation::{Contains, Equals, NotContains, NotEquals};
use opengpmc::gpm::{
    ClientSideExtension, HResult, PermissionType, SearchCriteria, SearchOperation, SearchProperty, SearchValue,
};
use opengpmc::ident::{Guid, Sid, WmiFilterRef};

/// The legal operators and values of each property: the union of the two pages of Microsoft's reference.
fn legal() -> Vec<(SearchProperty, &'static [SearchOperation], SearchValue)> {
    use SearchProperty as P;
    let guid = || SearchValue::Text(Guid::NIL.to_string());
    let text = || SearchValue::Text("x".to_owned());
    let permission = |level| SearchValue::Permission { trustee: Sid::everyone(), level };
    let domain = || SearchValue::Domain("corp.example".parse().unwrap());
    let filter = SearchValue::WmiFilter(WmiFilterRef { domain: "corp.example".parse().unwrap(), id: Guid::NIL });
    let gpo = SearchValue::Gpo("CN=x".parse().unwrap());
    let starter = PermissionType::StarterGpoEdit;
    vec![
        (P::GpoDisplayName, &[Equals, Contains, NotContains], text()),
        (P::GpoId, &[Equals, NotEquals], guid()),
        (P::GpoPermissions, &[Contains, NotContains], permission(PermissionType::GpoApply)),
        (P::GpoEffectivePermissions, &[Contains, NotContains], permission(PermissionType::GpoEdit)),
        (P::GpoWmiFilter, &[Equals, NotEquals], filter),
        (P::GpoComputerExtensions, &[Contains, NotContains], guid()),
        (P::GpoUserExtensions, &[Contains, NotContains], guid()),
        (P::GpoDomain, &[Equals, NotEquals], domain()),
        (P::GpoDomain, &[Equals, NotEquals], SearchValue::Text("corp.example".to_owned())),
        (P::SomLinks, &[Contains], gpo),
        (P::BackupMostRecent, &[Equals], SearchValue::Bool(true)),
        (P::StarterGpoDisplayName, &[Equals, Contains, NotContains], text()),
        (P::StarterGpoId, &[Equals, NotEquals], guid()),
        (P::StarterGpoPermissions, &[Contains, NotContains], permission(starter)),
        (P::StarterGpoEffectivePermissions, &[Contains, NotContains], permission(starter)),
        (P::StarterGpoDomain, &[Equals], domain()),
    ]
}

#[test]
fn n178_igpm_search_criteria_add() {
    for (property, operations, value) in legal() {
        for operation in [Equals, Contains, NotContains, NotEquals] {
            let added = SearchCriteria::new().add(property, operation, value.clone());
            assert_eq!(added.is_ok(), operations.contains(&operation), "{property:?} {operation:?} {value:?}");
            if let Err(error) = added {
                assert_eq!(HResult(error.hresult()), HResult::INVALID_ARGUMENT);
            }
        }
        let wrong = SearchCriteria::new().add(property, operations[0], SearchValue::Bool(false));
        assert!(wrong.is_err(), "{property:?} with a value of another kind");
    }
}

/// Registry policy, for both halves, and security, for computers alone.
fn registry_and_security() -> [&'static ClientSideExtension; 2] {
    ["{35378EAC-683F-11D2-A89A-00C04FBBCFA2}", "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}"]
        .map(|id| ClientSideExtension::by_id(id.parse().unwrap()).unwrap())
}

#[test]
fn n179_igpm_client_side_extension_id_get() {
    let ids = registry_and_security().map(|extension| extension.id.to_string());
    assert_eq!(ids, ["{35378EAC-683F-11D2-A89A-00C04FBBCFA2}", "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}"]);
}

#[test]
fn n180_igpm_client_side_extension_display_name_get() {
    assert_eq!(registry_and_security().map(|extension| extension.display_name), ["Registry", "Security"]);
}

#[test]
fn n181_igpm_client_side_extension_is_user_enabled() {
    assert_eq!(registry_and_security().map(|extension| extension.user_enabled), [true, false]);
}

#[test]
fn n182_igpm_client_side_extension_is_computer_enabled() {
    assert_eq!(registry_and_security().map(|extension| extension.computer_enabled), [true, true]);
}
