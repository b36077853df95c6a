//! The objects below the halves of GPOs, `CN=Machine` and `CN=User`, found with one search however many GPOs there are.

use std::collections::HashMap;

use crate::gpm::Domain;
use crate::ident::Dn;
use crate::report::Side;
use crate::store::{Entry, Filter, Scope, SdParts, SearchRequest, StoreError};

/// An object below a half of a GPO.
#[derive(Clone)]
pub(super) struct HalfObject {
    /// The half.
    pub side: Side,
    /// The names from the object up to the half: `CN=Packages,CN=Class Store`.
    pub names: String,
    /// The object itself.
    pub entry: Entry,
}

/// What a search at or below the container of the GPOs found.
#[derive(Default)]
pub(super) struct Below {
    /// The containers of GPOs, by DN, where they were asked for.
    pub containers: HashMap<Dn, Entry>,
    /// The objects below their halves, by the DN of their GPO, parents first.
    pub objects: HashMap<Dn, Vec<HalfObject>>,
}

/// Reads the objects below the halves of the GPOs at or below `base`; with the containers of the GPOs and all descriptors, if `with_containers`.
pub(super) async fn read_below(domain: &Domain, base: Dn, with_containers: bool) -> Result<Below, StoreError> {
    let mut attributes = vec!["*".to_owned()];
    if with_containers {
        attributes.push("nTSecurityDescriptor".to_owned());
    }
    let request = SearchRequest {
        base,
        scope: Scope::Subtree,
        filter: match with_containers {
            true => Filter::any_object(),
            false => Filter::Not(Box::new(Filter::class("groupPolicyContainer"))),
        },
        attributes,
        sd_parts: with_containers.then_some(SdParts::READABLE),
    };
    let policies = domain.policies_container();
    let mut below = Below::default();
    for entry in domain.directory().search(&request).await? {
        if let Some((gpo, side, names)) = place(&entry.dn, &policies) {
            below.objects.entry(gpo).or_default().push(HalfObject { side, names, entry });
        } else if entry.dn.parent().is_some_and(|parent| parent == policies) {
            below.containers.insert(entry.dn.clone(), entry);
        }
    }
    for objects in below.objects.values_mut() {
        objects.sort_by_cached_key(|object| (object.entry.dn.depth(), object.names.to_lowercase()));
    }
    Ok(below)
}

/// Returns the GPO whose half holds an object, the half, and the names from the object up to it; none for an object that lies
/// below no half.
fn place(dn: &Dn, policies: &Dn) -> Option<(Dn, Side, String)> {
    let mut names = Vec::new();
    let mut at = dn.clone();
    loop {
        let parent = at.parent()?;
        if parent.parent()? == *policies {
            let halves = [(Side::Computer, "CN=Machine"), (Side::User, "CN=User")];
            let (side, _) = halves.into_iter().find(|(_, name)| at.rdn().eq_ignore_ascii_case(name))?;
            return (!names.is_empty()).then(|| (parent, side, names.join(",")));
        }
        names.push(at.rdn().to_owned());
        at = parent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_found_below_their_half() {
        let policies: Dn = "CN=Policies,CN=System,DC=corp,DC=x".parse().unwrap();
        let check = |dn: &str, expected: Option<(&str, Side, &str)>| {
            let found = place(&dn.parse().unwrap(), &policies);
            let found = found.as_ref().map(|(gpo, half, names)| (gpo.as_str(), *half, names.as_str()));
            assert_eq!(found, expected, "{dn}");
        };
        let gpo = "CN={A},CN=Policies,CN=System,DC=corp,DC=x";
        check(
            "CN=b,CN=Class Store,cn=machine,CN={A},CN=Policies,CN=System,DC=corp,DC=x",
            Some((gpo, Side::Computer, "CN=b,CN=Class Store")),
        );
        check("CN=User,CN={A},CN=Policies,CN=System,DC=corp,DC=x", None);
        check("CN=x,CN=Other,CN={A},CN=Policies,CN=System,DC=corp,DC=x", None);
        check(gpo, None);
        check("DC=corp,DC=x", None);
    }
}
