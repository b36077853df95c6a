//! What the object picker and the security editor ask of a domain controller.

use std::sync::Arc;

use opengpmc::gpm::{
    AccessList, Forest, LoadOptions, Names, PrincipalKinds, PrincipalQuery, Resolution, SecuredObject, Task,
    TextCondition, TextMatch, object_type_names,
};
use opengpmc::ident::{Guid, Sid};
use opengpmc::security::{AccessMask, SecurityDescriptor, rights};
use opengpmc::store::{self, ConnectTarget};

use super::lab::Lab;

const DEFAULT_DOMAIN_POLICY: Guid = Guid::from_u128(0x31B2F340_016D_11D2_945F_00C04FB984F9);

#[tokio::test]
async fn principals_are_found_and_rights_in_effect_told() {
    let Some(lab) = Lab::get() else { return };
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    for (credentials, is_admin) in [(lab.admin(), true), (lab.plain(), false)] {
        let store = store::open(&target, &credentials, &lab.options()).await.unwrap();
        let forest = Forest::load(Arc::clone(&store), &LoadOptions::default(), &Task::default()).await.unwrap();
        let names = Names::new(&forest);
        let task = Task::default();
        let begins = |text: &str| PrincipalQuery::begins(text, &lab.domain, 20);
        let account = |name: &str| format!("{}\\{name}", lab.netbios);
        let computers = PrincipalKinds { users: false, groups: false, computers: true, well_known: false };
        let host = lab.host.split('.').next().unwrap_or_default().to_uppercase();
        for (query, expected) in [
            (begins("Domain Adm"), vec![account("Domain Admins")]),
            (begins(&account("Group Policy Cre")), vec![account("Group Policy Creator Owners")]),
            (begins(&format!("Administrator@{}", lab.domain)), vec![account("Administrator")]),
            (begins("authenticated"), vec![r"NT AUTHORITY\Authenticated Users".to_owned()]),
            (begins("BUILTIN\\Administrators"), vec![r"BUILTIN\Administrators".to_owned()]),
            (PrincipalQuery { kinds: computers, ..begins(&host) }, vec![account(&format!("{host}$"))]),
            (
                PrincipalQuery { name: TextCondition::new(TextMatch::Contains, "policy creator"), ..begins("") },
                vec![account("Group Policy Creator Owners")],
            ),
            (begins("*)(cn=*"), vec![]),
        ] {
            let found = names.search(&*store, &query, &task).await.unwrap();
            assert!(found.problems.is_empty(), "{:?}", found.problems);
            let labels: Vec<String> = found.principals.iter().map(|one| one.trustee.label()).collect();
            assert_eq!(labels, expected, "{query:?}");
        }
        let disabled = PrincipalQuery { name: None, only_disabled: true, limit: 1000, ..begins("") };
        let found = names.search(&*store, &disabled, &task).await.unwrap();
        let is_there = |name: &str| found.principals.iter().any(|one| one.trustee.label() == account(name));
        assert!(is_there("Guest") && !is_there("Administrator"), "{found:?}");
        let checked = names.check(&*store, "Domain Admins", &begins(""), &task).await.unwrap();
        assert!(matches!(checked, Resolution::One(_)), "{checked:?}");

        let change_password: Guid = "ab721a53-1e2f-11d0-9819-00aa0040529b".parse().unwrap();
        let types = [rights::GP_LINK, rights::GROUP_POLICY_CONTAINER, change_password];
        let found = object_type_names(&*store, &types).await.unwrap();
        assert_eq!(found[&rights::GP_LINK], "gPLink");
        assert_eq!(found[&rights::GROUP_POLICY_CONTAINER], "groupPolicyContainer");
        // Windows and Samba name it a little differently.
        assert!(found[&change_password].ends_with("Change Password"), "{found:?}");

        // What the security editor lets the person at the console change.
        let me = store.directory().root_dse().user.clone().expect("the server tells who we are");
        let groups = names.groups_of(&*store, &me).await.unwrap();
        let policy = forest.gpo(&lab.domain, DEFAULT_DOMAIN_POLICY).unwrap();
        let descriptor = SecurityDescriptor::from_bytes(policy.security_descriptor.as_deref().unwrap()).unwrap();
        let list = AccessList::new(SecuredObject::Gpo, descriptor);
        let held = list.effective_rights(None, |sid: &Sid| *sid == me || groups.contains(sid));
        assert!(held.contains(AccessMask::READ_PROPERTY));
        assert_eq!(held.contains(AccessMask::WRITE_DAC), is_admin, "{held}");
    }
}
