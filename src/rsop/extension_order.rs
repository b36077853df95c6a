//! Which client-side extensions a client calls for a GPO, and in what order they run ([MS-GPOL] 2.2.4, 3.2.5.1.10).

use crate::ident::{ExtensionList, Guid};

/// The Registry extension, which runs before all others.
pub(super) const REGISTRY: Guid = Guid::from_u128(0x35378EAC_683F_11D2_A89A_00C04FBBCFA2);

/// What a client makes of an extension list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Called {
    /// The extensions that it calls, ascending.
    pub extensions: Vec<Guid>,
    /// Those that it never comes to, because one before them stands out of order.
    pub lost: Vec<Guid>,
}

/// Reads an extension list as a client does: it stops at the first GUID that is smaller than the one before. The zero GUID, which preferences
/// share, is no extension.
pub(super) fn called(list: &ExtensionList) -> Called {
    let mut called = Called::default();
    let mut last = Guid::NIL;
    let mut is_in_order = true;
    for extension in list.groups.iter().map(|group| group.extension) {
        is_in_order &= extension >= last;
        last = extension;
        let into = if is_in_order { &mut called.extensions } else { &mut called.lost };
        if extension != Guid::NIL && !into.contains(&extension) {
            into.push(extension);
        }
    }
    called
}

/// Puts extensions into the order in which they run, each once: Registry, then ascending, as Windows has them registered.
pub(super) fn in_running_order(extensions: impl IntoIterator<Item = Guid>) -> Vec<Guid> {
    let mut extensions: Vec<Guid> = extensions.into_iter().collect();
    extensions.sort_by_key(|&extension| (extension != REGISTRY, extension));
    extensions.dedup();
    extensions
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECURITY: &str = "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}";
    const SCRIPTS: &str = "{42B5FAAE-6536-11D2-AE5A-0000F87571E3}";

    fn guids(texts: &[&str]) -> Vec<Guid> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn reading_stops_at_the_first_guid_out_of_order() {
        let check = |list: &[&str], extensions: &[&str], lost: &[&str]| {
            let text: String = list.iter().map(|extension| format!("[{extension}]")).collect();
            let expected = Called { extensions: guids(extensions), lost: guids(lost) };
            assert_eq!(called(&ExtensionList::parse_lossy(&text)), expected, "{list:?}");
        };
        let registry = &REGISTRY.to_string();
        let shared = &Guid::NIL.to_string();
        check(&[], &[], &[]);
        check(&[registry, SECURITY], &[registry, SECURITY], &[]);
        check(&[SECURITY, registry], &[SECURITY], &[registry]);
        // What follows is lost too, even where it would be in order again.
        check(&[SCRIPTS, registry, SECURITY], &[SCRIPTS], &[registry, SECURITY]);
        check(&[shared, registry, registry], &[registry], &[]);
        check(&[registry, shared], &[registry], &[]);
    }

    #[test]
    fn registry_runs_first_and_the_others_ascending() {
        let low = "{0E28E245-9368-4853-AD84-6DA3BA35BB75}";
        let order = in_running_order(guids(&[SECURITY, low, &REGISTRY.to_string(), SCRIPTS, low]));
        assert_eq!(order, guids(&[&REGISTRY.to_string(), low, SCRIPTS, SECURITY]));
    }
}
