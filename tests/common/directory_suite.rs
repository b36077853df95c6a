//! What every backend of `Directory` must do, as one suite run against each of them.

use opengpmc::ident::{Dn, Timestamp};
use opengpmc::store::{
    Attribute, Change, Directory, Entry, Filter, Scope, SdParts, SearchRequest, StoreError, StoreErrorKind, Visit,
};

/// Checks every method of a backend in a unit of its own below `base`, which is gone afterwards.
pub async fn check_directory(directory: &dyn Directory, base: &Dn) {
    let suite = Suite { directory, unit: base.child("OU", "Directory, Suite") };
    suite.clean_up().await;
    suite.root_dse(base);
    suite.adding().await;
    suite.identity().await;
    suite.changing().await;
    suite.swapping().await;
    suite.descriptors().await;
    suite.links().await;
    suite.renaming().await;
    suite.deleting().await;
    suite.searching().await;
    suite.filters().await;
    suite.clean_up().await;
    assert_eq!(kind(directory.read(&suite.unit, &["ou"], None).await), StoreErrorKind::NotFound);
}

struct Suite<'a> {
    directory: &'a dyn Directory,
    unit: Dn,
}

fn kind<T: std::fmt::Debug>(result: Result<T, StoreError>) -> StoreErrorKind {
    result.unwrap_err().kind
}

fn class(name: &str) -> Attribute {
    Attribute::text("objectClass", name)
}

fn bytes(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn swap(attribute: &str, old: Option<&str>, new: Option<&str>) -> Change {
    Change::Swap { attribute: attribute.to_owned(), old: old.map(bytes), new: new.map(bytes) }
}

impl Suite<'_> {
    async fn clean_up(&self) {
        match self.directory.delete_tree(&self.unit).await {
            Err(error) if error.kind != StoreErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
    }

    async fn add(&self, dn: &Dn, attributes: &[Attribute]) {
        self.directory.add(dn, attributes).await.unwrap();
    }

    async fn read(&self, dn: &Dn, attributes: &[&str]) -> Entry {
        self.directory.read(dn, attributes, None).await.unwrap()
    }

    async fn text(&self, dn: &Dn, attribute: &str) -> Option<String> {
        self.read(dn, &[attribute]).await.text(attribute)
    }

    /// Returns the names of what a search below the unit finds, sorted.
    async fn find(&self, base: &Dn, scope: Scope, filter: &str) -> Vec<String> {
        let filter = filter.parse().unwrap();
        let request = SearchRequest {
            base: base.clone(),
            scope,
            filter,
            attributes: vec!["objectClass".to_owned()],
            sd_parts: None,
        };
        let found = self.directory.search(&request).await.unwrap();
        let mut names: Vec<String> = found.iter().map(|entry| entry.dn.name()).collect();
        names.sort();
        names
    }

    fn root_dse(&self, base: &Dn) {
        let root = self.directory.root_dse();
        assert!(base.is_within(&root.domain_dn));
        assert_eq!(root.domain.to_domain_dn(), root.domain_dn);
        assert!(root.schema_dn.is_within(&root.configuration_dn));
        assert!(root.configuration_dn.is_within(&root.forest_dn));
    }

    async fn adding(&self) {
        let directory = self.directory;
        self.add(&self.unit, &[class("organizationalUnit"), Attribute::text("description", "for tests")]).await;
        let again = directory.add(&self.unit, &[class("organizationalUnit")]).await.unwrap_err();
        assert_eq!((again.kind, again.code), (StoreErrorKind::AlreadyExists, Some(68)));
        let lost = self.unit.child("OU", "none").child("OU", "lost");
        let lost = directory.add(&lost, &[class("organizationalUnit")]).await.unwrap_err();
        assert_eq!((lost.kind, lost.code), (StoreErrorKind::NotFound, Some(32)));
        let filters = self.unit.child("CN", "Filters");
        self.add(&filters, &[class("container"), Attribute::text("cn", "Filters")]).await;
        let incomplete = filters.child("CN", "{1}");
        let refused = directory.add(&incomplete, &[class("msWMI-Som"), Attribute::text("msWMI-ID", "{1}")]).await;
        assert_eq!(kind(refused), StoreErrorKind::InvalidValue, "msWMI-Name is missing");
        assert!(directory.add(&incomplete, &[class("noSuchClass")]).await.is_err());
        assert!(
            directory.add(&incomplete, &[class("container"), Attribute::text("noSuchAttribute", "x")]).await.is_err()
        );
        let wrong_name = self.unit.child("CN", "Unit");
        assert_eq!(
            kind(directory.add(&wrong_name, &[class("organizationalUnit")]).await),
            StoreErrorKind::InvalidValue,
            "a unit is named by OU="
        );
        assert_eq!(self.find(&self.unit, Scope::Subtree, "(objectClass=*)").await, ["Directory, Suite", "Filters"]);
        // Names with every character that needs an escape.
        let odd = self.unit.child("OU", r#"a,b+c"d\e<f>g;h=i #j"#);
        self.add(&odd, &[class("organizationalUnit")]).await;
        assert_eq!(self.text(&odd, "ou").await.unwrap(), r#"a,b+c"d\e<f>g;h=i #j"#);
        directory.delete(&odd).await.unwrap();
    }

    async fn identity(&self) {
        let attributes = [
            "ou",
            "name",
            "distinguishedName",
            "objectGUID",
            "objectClass",
            "objectCategory",
            "whenCreated",
            "whenChanged",
            "uSNCreated",
            "uSNChanged",
            "instanceType",
        ];
        let entry = self.read(&self.unit, &attributes).await;
        assert_eq!(entry.dn, self.unit);
        assert_eq!(entry.text("OU").unwrap(), "Directory, Suite");
        assert_eq!(entry.text("name").unwrap(), "Directory, Suite");
        assert_eq!(entry.text("distinguishedName").unwrap().parse::<Dn>().unwrap(), self.unit);
        assert_eq!(entry.bytes("objectGUID").unwrap().len(), 16);
        assert!(entry.has_class("top") && entry.has_class("organizationalUnit"));
        assert!(entry.text("objectCategory").unwrap().to_lowercase().starts_with("cn=organizational-unit,cn=schema,"));
        let created = Timestamp::parse_generalized(&entry.text("whenCreated").unwrap()).unwrap();
        assert!((Timestamp::now().unix_seconds() - created.unix_seconds()).abs() < 3600);
        assert_eq!(entry.text("instanceType").unwrap(), "4");
        let usn = |entry: &Entry, name: &str| entry.text(name).unwrap().parse::<u64>().unwrap();
        assert!(usn(&entry, "uSNChanged") >= usn(&entry, "uSNCreated"));
        let change = Change::Replace(Attribute::text("description", "changed"));
        self.directory.modify(&self.unit, &[change]).await.unwrap();
        let after = self.read(&self.unit, &attributes).await;
        assert!(usn(&after, "uSNChanged") > usn(&entry, "uSNChanged"));
        assert_eq!(after.bytes("objectGUID"), entry.bytes("objectGUID"));
        assert_eq!(after.text("whenCreated"), entry.text("whenCreated"));
        for owned in ["objectGUID", "whenCreated"] {
            let change = Change::Replace(Attribute::text(owned, "20200101000000.0Z"));
            assert!(self.directory.modify(&self.unit, &[change]).await.is_err(), "{owned}");
        }
    }

    async fn changing(&self) {
        let dn = self.unit.child("CN", "Changed");
        self.add(&dn, &[class("container"), Attribute::text("description", "one")]).await;
        let modify = async |changes: &[Change]| self.directory.modify(&dn, changes).await;
        modify(&[Change::Replace(Attribute::text("displayName", "Zürich"))]).await.unwrap();
        assert_eq!(self.text(&dn, "displayName").await.unwrap(), "Zürich");
        modify(&[Change::Add(Attribute::text("url", "a")), Change::Add(Attribute::text("url", "b"))]).await.unwrap();
        assert_eq!(self.read(&dn, &["url"]).await.values("url").len(), 2);
        assert_eq!(kind(modify(&[Change::Add(Attribute::text("url", "a"))]).await), StoreErrorKind::Conflict);
        modify(&[Change::Remove(Attribute::text("url", "a"))]).await.unwrap();
        assert_eq!(kind(modify(&[Change::Remove(Attribute::text("url", "a"))]).await), StoreErrorKind::Conflict);
        modify(&[Change::Replace(Attribute { name: "url".to_owned(), values: vec![] })]).await.unwrap();
        assert_eq!(self.read(&dn, &["url"]).await.attributes, []);
        // All or nothing.
        let mixed = [
            Change::Replace(Attribute::text("displayName", "lost")),
            Change::Remove(Attribute::text("url", "not there")),
        ];
        assert_eq!(kind(modify(&mixed).await), StoreErrorKind::Conflict);
        assert_eq!(self.text(&dn, "displayName").await.unwrap(), "Zürich");
        let two = Change::Replace(Attribute::texts("displayName", &["a", "b"]));
        assert!(modify(&[two]).await.is_err(), "displayName takes one value");
        let long = Change::Replace(Attribute::text("displayName", "x".repeat(300)));
        assert_eq!(kind(modify(&[long]).await), StoreErrorKind::InvalidValue, "displayName takes 256 characters");
        let text = Change::Replace(Attribute::text("flags", "many"));
        assert_eq!(kind(modify(&[text]).await), StoreErrorKind::InvalidValue, "flags is a number");
        let empty = Change::Replace(Attribute::text("displayName", ""));
        assert!(modify(&[empty]).await.is_err(), "no value is empty");
        let name = Change::Replace(Attribute::text("cn", "Other"));
        assert_eq!(kind(modify(&[name]).await), StoreErrorKind::InvalidValue, "names change by renaming");
        assert_eq!(self.text(&dn, "displayName").await.unwrap(), "Zürich");
        let missing = self.unit.child("CN", "none");
        let change = Change::Replace(Attribute::text("displayName", "x"));
        let error = self.directory.modify(&missing, &[change]).await.unwrap_err();
        assert_eq!((error.kind, error.code), (StoreErrorKind::NotFound, Some(32)));
        assert!(error.object.contains("CN=none"), "{error}");
        self.directory.delete(&dn).await.unwrap();
    }

    async fn swapping(&self) {
        let modify = async |changes: &[Change]| self.directory.modify(&self.unit, changes).await;
        let conflict = async |change: Change, code: u32| {
            let error = self.directory.modify(&self.unit, &[change]).await.unwrap_err();
            assert_eq!((error.kind, error.code), (StoreErrorKind::Conflict, Some(code)), "{error}");
        };
        let (first, second) = ("[LDAP://cn={A},dc=x;0]", "[LDAP://cn={A},dc=x;0][LDAP://cn={B},dc=x;2]");
        conflict(swap("gPLink", Some(first), Some(second)), 16).await;
        modify(&[swap("gPLink", None, Some(first))]).await.unwrap();
        conflict(swap("gPLink", None, Some(second)), 20).await;
        conflict(swap("gPLink", Some(second), Some(first)), 16).await;
        modify(&[swap("gPLink", Some(&first.to_uppercase()), Some(second))]).await.unwrap();
        assert_eq!(self.text(&self.unit, "gPLink").await.unwrap(), second);
        modify(&[swap("gPLink", Some(second), Some(second))]).await.unwrap();
        modify(&[swap("gPLink", Some(second), Some(" ")), swap("gPOptions", None, Some("1"))]).await.unwrap();
        assert_eq!(self.text(&self.unit, "gPLink").await.unwrap(), " ");
        // One stale value keeps the rest from happening.
        let mixed = [swap("gPLink", Some(" "), Some(first)), swap("gPOptions", Some("0"), Some("1"))];
        assert_eq!(kind(modify(&mixed).await), StoreErrorKind::Conflict);
        assert_eq!(self.text(&self.unit, "gPLink").await.unwrap(), " ");
        modify(&[swap("gPLink", Some(" "), None), swap("gPOptions", Some("1"), None)]).await.unwrap();
        assert_eq!(self.read(&self.unit, &["gPLink", "gPOptions"]).await.attributes, []);
        let long = format!("[LDAP://cn={},dc=x;0]", "y".repeat(100_000));
        modify(&[swap("gPLink", None, Some(&long))]).await.unwrap();
        assert_eq!(self.text(&self.unit, "gPLink").await.unwrap(), long);
        modify(&[swap("gPLink", Some(&long), None)]).await.unwrap();
    }

    async fn descriptor(&self, dn: &Dn, parts: SdParts) -> Vec<u8> {
        let entry = self.directory.read(dn, &["nTSecurityDescriptor"], Some(parts)).await.unwrap();
        entry.bytes("nTSecurityDescriptor").unwrap().to_vec()
    }

    async fn descriptors(&self) {
        let dn = self.unit.child("CN", "{Guarded}");
        self.add(&dn, &[class("groupPolicyContainer"), Attribute::text("revision", "1")]).await;
        let whole = self.descriptor(&dn, SdParts::READABLE).await;
        let part = |descriptor: &[u8], at: usize| u32::from_le_bytes(descriptor[at..at + 4].try_into().unwrap());
        let control = |descriptor: &[u8]| u16::from_le_bytes([descriptor[2], descriptor[3]]);
        assert!(part(&whole, 4) > 0 && part(&whole, 8) > 0 && part(&whole, 16) > 0, "owner, group and DACL");
        assert_ne!(control(&whole) & 0x1000, 0, "the class has a protected DACL");
        let owner_only = self.descriptor(&dn, SdParts::OWNER).await;
        assert_eq!((part(&owner_only, 8), part(&owner_only, 16)), (0, 0), "no more than was asked for");
        let entry = self.directory.read(&dn, &["cn"], Some(SdParts::DACL)).await.unwrap();
        assert_eq!(entry.attributes.len(), 1, "a descriptor comes only when asked for");

        // D:P(A;;0xf01ff;;;SY)(A;;0xf01ff;;;BA)(A;;0x20094;;;AU), with an owner that is not to be taken.
        let dacl = protected_dacl();
        let replace = |parts| Change::SecurityDescriptor { parts, descriptor: dacl.clone() };
        self.directory.modify(&dn, &[swap("revision", Some("1"), Some("2")), replace(SdParts::DACL)]).await.unwrap();
        let changed = self.descriptor(&dn, SdParts::READABLE).await;
        assert_eq!(sid_at(&changed, 4), sid_at(&whole, 4), "the owner stays");
        assert_eq!(acl_at(&changed, 16), acl_at(&dacl, 16));
        let stale = [
            swap("revision", Some("1"), Some("3")),
            Change::SecurityDescriptor { parts: SdParts::DACL, descriptor: whole.clone() },
        ];
        assert_eq!(kind(self.directory.modify(&dn, &stale).await), StoreErrorKind::Conflict);
        assert_eq!(self.descriptor(&dn, SdParts::READABLE).await, changed, "a stale guard keeps the descriptor");
        let garbage = Change::SecurityDescriptor { parts: SdParts::DACL, descriptor: b"garbage".to_vec() };
        assert!(self.directory.modify(&dn, &[garbage]).await.is_err());
        let back = Change::SecurityDescriptor { parts: SdParts::DACL, descriptor: whole.clone() };
        self.directory.modify(&dn, &[back]).await.unwrap();
        assert_eq!(acl_at(&self.descriptor(&dn, SdParts::READABLE).await, 16), acl_at(&whole, 16));
    }

    async fn links(&self) {
        let user = self.unit.child("CN", "Suite User");
        let name = |name: &str| Attribute::text("sAMAccountName", name);
        self.add(&user, &[class("user"), name("gpmc-suite-user")]).await;
        let group = self.unit.child("CN", "Suite Group");
        let group_type = Attribute::text("groupType", "-2147483646");
        self.add(&group, &[class("group"), name("gpmc-suite-group"), group_type]).await;
        let sid = self.read(&user, &["objectSid"]).await.bytes("objectSid").unwrap().to_vec();
        assert_ne!(self.read(&group, &["objectSid"]).await.bytes("objectSid").unwrap(), sid);
        let member = Attribute::text("member", user.to_string());
        self.directory.modify(&group, &[Change::Add(member.clone())]).await.unwrap();
        assert_eq!(kind(self.directory.modify(&group, &[Change::Add(member)]).await), StoreErrorKind::Conflict);
        assert_eq!(self.text(&user, "memberOf").await.unwrap().parse::<Dn>().unwrap(), group);
        let request = |filter: Filter| SearchRequest {
            base: self.directory.root_dse().domain_dn.clone(),
            scope: Scope::Subtree,
            filter,
            attributes: vec!["cn".to_owned()],
            sd_parts: None,
        };
        for filter in [
            Filter::Equals("objectSid".to_owned(), sid.clone()),
            Filter::equals("sAMAccountName", "GPMC-Suite-User"),
            Filter::And(vec![Filter::class("user"), Filter::equals("memberOf", group.as_str())]),
        ] {
            let found = self.directory.search(&request(filter.clone())).await.unwrap();
            assert_eq!(
                found.iter().map(|entry| entry.dn.clone()).collect::<Vec<_>>(),
                std::slice::from_ref(&user),
                "{filter}"
            );
        }
        self.directory.rename(&user, "CN=Renamed User", None).await.unwrap();
        let renamed = self.unit.child("CN", "Renamed User");
        assert_eq!(self.text(&group, "member").await.unwrap().parse::<Dn>().unwrap(), renamed, "links follow");
        self.directory.delete(&renamed).await.unwrap();
        assert_eq!(self.read(&group, &["member"]).await.attributes, [], "links end with what they lead to");
        self.directory.delete(&group).await.unwrap();
    }

    async fn renaming(&self) {
        let directory = self.directory;
        let unit = |name: &str| self.unit.child("OU", name);
        for dn in [
            unit("From"),
            unit("To"),
            unit("From").child("OU", "Deep"),
            unit("From").child("OU", "Deep").child("OU", "Deeper"),
        ] {
            self.add(&dn, &[class("organizationalUnit")]).await;
        }
        let guid = self.read(&unit("From").child("OU", "Deep"), &["objectGUID"]).await;
        directory.rename(&unit("From"), r"OU=Moved\, too", Some(&unit("To"))).await.unwrap();
        let moved = unit("To").child("OU", "Moved, too");
        assert_eq!(self.text(&moved, "ou").await.unwrap(), "Moved, too");
        let deep = self.read(&moved.child("OU", "Deep"), &["objectGUID", "distinguishedName"]).await;
        assert_eq!(deep.bytes("objectGUID"), guid.bytes("objectGUID"));
        assert_eq!(deep.text("distinguishedName").unwrap().parse::<Dn>().unwrap(), moved.child("OU", "Deep"));
        assert_eq!(self.find(&moved, Scope::Subtree, "(ou=deeper)").await, ["Deeper"]);
        assert_eq!(kind(directory.read(&unit("From"), &["ou"], None).await), StoreErrorKind::NotFound);
        directory.rename(&moved, "OU=MOVED", None).await.unwrap();
        directory.rename(&unit("To").child("OU", "moved"), "OU=moved", None).await.unwrap();
        assert_eq!(self.text(&unit("To").child("OU", "Moved"), "name").await.unwrap(), "moved", "case may change");
        let moved = unit("To").child("OU", "moved");
        self.add(&unit("Other"), &[class("organizationalUnit")]).await;
        let taken = directory.rename(&unit("Other"), "OU=To", None).await.unwrap_err();
        assert_eq!((taken.kind, taken.code), (StoreErrorKind::AlreadyExists, Some(68)));
        assert_eq!(kind(directory.rename(&unit("none"), "OU=x", None).await), StoreErrorKind::NotFound);
        assert!(directory.rename(&unit("Other"), "OU=Other", Some(&unit("none"))).await.is_err());
        assert!(directory.rename(&unit("To"), "OU=To", Some(&moved)).await.is_err(), "not below itself");
        // A unit is named by OU=; Samba up to 4.17 lets another name pass.
        match directory.rename(&unit("Other"), "CN=Other", None).await {
            Err(error) => assert_eq!(error.kind, StoreErrorKind::InvalidValue),
            Ok(()) => directory.rename(&self.unit.child("CN", "Other"), "OU=Other", None).await.unwrap(),
        }
        assert_eq!(self.find(&moved, Scope::Subtree, "(ou=deeper)").await, ["Deeper"]);
    }

    async fn deleting(&self) {
        let directory = self.directory;
        let to = self.unit.child("OU", "To");
        let full = directory.delete(&to).await.unwrap_err();
        assert_eq!((full.kind, full.code), (StoreErrorKind::NotEmpty, Some(66)));
        directory.delete_tree(&to).await.unwrap();
        assert_eq!(kind(directory.read(&to, &["ou"], None).await), StoreErrorKind::NotFound);
        assert_eq!(self.find(&self.unit, Scope::Subtree, "(ou=deeper)").await, Vec::<String>::new());
        directory.delete(&self.unit.child("OU", "Other")).await.unwrap();
        let gone = directory.delete(&to).await.unwrap_err();
        assert_eq!((gone.kind, gone.code), (StoreErrorKind::NotFound, Some(32)));
        assert_eq!(kind(directory.delete_tree(&to).await), StoreErrorKind::NotFound);
    }

    async fn searching(&self) {
        let tree = self.unit.child("OU", "Tree");
        self.add(&tree, &[class("organizationalUnit")]).await;
        for number in 0..30 {
            let dn = tree.child("OU", &format!("u{number:02}"));
            self.add(&dn, &[class("organizationalUnit"), Attribute::text("description", format!("d{}", number % 3))])
                .await;
        }
        self.add(&tree.child("OU", "u00").child("OU", "below"), &[class("organizationalUnit")]).await;
        assert_eq!(self.find(&tree, Scope::Base, "(objectClass=*)").await, ["Tree"]);
        assert_eq!(self.find(&tree, Scope::Base, "(ou=other)").await, Vec::<String>::new());
        assert_eq!(self.find(&tree, Scope::OneLevel, "(objectClass=*)").await.len(), 30);
        assert_eq!(self.find(&tree, Scope::OneLevel, "(objectClass=organizationalUnit)").await.len(), 30);
        assert_eq!(self.find(&tree, Scope::Subtree, "(objectClass=organizationalUnit)").await.len(), 32);
        let spelled: Dn = tree.to_string().to_uppercase().parse().unwrap();
        assert_eq!(self.find(&spelled, Scope::Subtree, "(DESCRIPTION=D1)").await.len(), 10);
        let mut request = SearchRequest {
            base: tree.clone(),
            scope: Scope::Subtree,
            filter: Filter::any_object(),
            attributes: vec!["Description".to_owned(), "ou".to_owned(), "noSuchAttribute".to_owned()],
            sd_parts: None,
        };
        let entries = self.directory.search(&request).await.unwrap();
        let first = entries.iter().find(|entry| entry.dn.name() == "u01").unwrap();
        let mut names: Vec<String> = first.attributes.iter().map(|attribute| attribute.name.to_lowercase()).collect();
        names.sort();
        assert_eq!(names, ["description", "ou"]);
        let mut seen = 0;
        let mut stop = |_| {
            seen += 1;
            if seen == 3 { Visit::Stop } else { Visit::Continue }
        };
        self.directory.search_with(&request, &mut stop).await.unwrap();
        assert_eq!(seen, 3);
        request.base = tree.child("OU", "none");
        assert_eq!(kind(self.directory.search(&request).await), StoreErrorKind::NotFound);
        request.scope = Scope::Base;
        assert_eq!(kind(self.directory.search(&request).await), StoreErrorKind::NotFound);
    }

    async fn filters(&self) {
        let base = self.unit.child("OU", "Filtered");
        self.add(&base, &[class("organizationalUnit")]).await;
        let group = |name: &str, kind: &str, more: &[(&str, &str)]| {
            let mut attributes = vec![
                class("group"),
                Attribute::text("sAMAccountName", format!("gpmc-suite-{name}")),
                Attribute::text("groupType", kind),
            ];
            attributes.extend(more.iter().map(|(name, value)| Attribute::text(name, *value)));
            (base.child("CN", name), attributes)
        };
        let objects = [
            group("one", "-2147483646", &[("description", "Straße 7"), ("displayName", "(a*b)")]),
            group("two", "-2147483644", &[("description", "abcabc"), ("displayName", r"back\slash")]),
            group("three", "2", &[("info", "x")]),
        ];
        for (dn, attributes) in objects {
            let known: Vec<Attribute> = attributes.into_iter().filter(|attribute| attribute.name != "info").collect();
            self.add(&dn, &known).await;
        }
        for (filter, expected) in [
            ("(objectClass=group)", &["one", "three", "two"][..]),
            ("(objectCategory=group)", &["one", "three", "two"]),
            ("(&(objectClass=group)(cn=ONE))", &["one"]),
            ("(|(cn=one)(cn=two))", &["one", "two"]),
            ("(&(objectClass=group)(!(cn=one)))", &["three", "two"]),
            ("(&(objectClass=group)(!(description=*)))", &["three"]),
            ("(description=abc*)", &["two"]),
            ("(description=*CAB*)", &["two"]),
            ("(description=*b*b*)", &["two"]),
            ("(description=*abc*abc*abc*)", &[]),
            ("(description=a*c)", &["two"]),
            (r"(displayName=\28a\2ab\29)", &["one"]),
            (r"(displayName=back\5cslash)", &["two"]),
            ("(groupType=2)", &["three"]),
            ("(&(objectClass=group)(groupType>=0))", &["three"]),
            ("(&(objectClass=group)(groupType<=-2147483645))", &["one"]),
            ("(groupType:1.2.840.113556.1.4.803:=2147483650)", &["one"]),
            ("(groupType:1.2.840.113556.1.4.804:=6)", &["one", "three", "two"]),
            ("(&(objectClass=group)(!(groupType:1.2.840.113556.1.4.803:=2147483648)))", &["three"]),
            ("(noSuchAttribute=x)", &[]),
            ("(&(objectClass=group)(whenCreated>=20200101000000.0Z))", &["one", "three", "two"]),
            ("(&(objectClass=group)(whenCreated<=20200101000000.0Z))", &[]),
        ] {
            assert_eq!(self.find(&base, Scope::Subtree, filter).await, expected, "{filter}");
        }
        let one = base.child("CN", "one");
        let by_dn = Filter::equals("distinguishedName", one.as_str());
        assert_eq!(self.find(&base, Scope::Subtree, &by_dn.to_string()).await, ["one"]);
        let guid = self.read(&one, &["objectGUID"]).await.bytes("objectGUID").unwrap().to_vec();
        let by_guid = Filter::Equals("objectGUID".to_owned(), guid);
        assert_eq!(self.find(&base, Scope::Subtree, &by_guid.to_string()).await, ["one"]);
    }
}

/// Returns `O:SYD:P(A;;0xf01ff;;;SY)(A;;0x20094;;;AU)` in its binary form ([MS-DTYP] 2.4.6).
fn protected_dacl() -> Vec<u8> {
    let system: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0];
    let authenticated: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 5, 11, 0, 0, 0];
    let administrators: &[u8] = &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0];
    let mut aces = Vec::new();
    // Administrators keep their rights, or a server that checks them would not let the suite go on.
    for (mask, sid) in [(0x000f_01ff_u32, system), (0x000f_01ff, administrators), (0x0002_0094, authenticated)] {
        aces.extend([0, 0, 8 + sid.len() as u8, 0]);
        aces.extend(mask.to_le_bytes());
        aces.extend(sid);
    }
    let mut descriptor = vec![1, 0, 0x04, 0x90];
    for offset in [20_u32, 0, 0, 32] {
        descriptor.extend(offset.to_le_bytes());
    }
    descriptor.extend(system);
    descriptor.extend([2, 0, 8 + aces.len() as u8, 0, 3, 0, 0, 0]);
    descriptor.extend(aces);
    descriptor
}

fn offset(descriptor: &[u8], field: usize) -> usize {
    u32::from_le_bytes(descriptor[field..field + 4].try_into().unwrap()) as usize
}

fn sid_at(descriptor: &[u8], field: usize) -> Vec<u8> {
    let sid = &descriptor[offset(descriptor, field)..];
    sid[..8 + 4 * usize::from(sid[1])].to_vec()
}

/// Returns the entries of a list, without its header: a server may write another revision.
fn acl_at(descriptor: &[u8], field: usize) -> Vec<u8> {
    let acl = &descriptor[offset(descriptor, field)..];
    acl[8..usize::from(u16::from_le_bytes([acl[2], acl[3]]))].to_vec()
}
