//! The extension lists of a GPO, `gPCMachineExtensionNames` and `gPCUserExtensionNames` (`gpo-storage.md` A3, [MS-GPOL] 2.2.4).

use std::fmt;

use serde::Serialize;

use super::Guid;

/// One bracket of an extension list: a client-side extension and the tools that edit its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExtensionGroup {
    /// The client-side extension; the zero GUID for the group shared by all preferences.
    pub extension: Guid,
    /// The tool extensions, as written.
    pub tools: Vec<Guid>,
}

/// The client-side extensions registered in one half of a GPO, in the order of the directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ExtensionList {
    /// The groups, as written.
    pub groups: Vec<ExtensionGroup>,
}

impl ExtensionList {
    /// Reads a list leniently: blank text is the empty list; what is no GUID is passed over.
    pub fn parse_lossy(text: &str) -> Self {
        let groups = text
            .split('[')
            .skip(1)
            .filter_map(|bracket| {
                let inner = bracket.split(']').next().unwrap_or_default();
                let mut guids = inner.split('{').filter_map(|part| part.split('}').next()?.trim().parse::<Guid>().ok());
                let extension = guids.next()?;
                Some(ExtensionGroup { extension, tools: guids.collect() })
            })
            .collect();
        ExtensionList { groups }
    }

    /// Tells whether the list registers the client-side extension.
    pub fn contains(&self, extension: Guid) -> bool {
        self.groups.iter().any(|group| group.extension == extension)
    }

    /// Tells whether nothing is registered.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Returns the list as Windows writes it: groups with the same extension merged, groups and tools ascending.
    /// Clients stop at the first group out of order, so every write is sorted.
    pub fn sorted(&self) -> Self {
        let mut merged: std::collections::BTreeMap<String, ExtensionGroup> = Default::default();
        for group in &self.groups {
            let target = merged
                .entry(group.extension.to_string())
                .or_insert_with(|| ExtensionGroup { extension: group.extension, tools: Vec::new() });
            target.tools.extend(&group.tools);
        }
        let mut groups: Vec<ExtensionGroup> = merged.into_values().collect();
        for group in &mut groups {
            group.tools.sort_by_key(|tool| tool.to_string());
            group.tools.dedup();
        }
        ExtensionList { groups }
    }
}

impl fmt::Display for ExtensionList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for group in &self.groups {
            write!(f, "[{}", group.extension)?;
            for tool in &group.tools {
                write!(f, "{tool}")?;
            }
            f.write_str("]")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTRY: &str = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{62C1845D-C4A6-4ACB-BBB0-C895FD090385}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]";
    const SECURITY: &str = "[{827D319E-6EAC-11D2-A4EA-00C04F79F83A}{803E14A0-B4FB-11D0-A0D0-00A0C90F574B}]";

    #[test]
    fn well_formed_lists_are_written_back_equal() {
        let text = format!("{REGISTRY}{SECURITY}");
        let list = ExtensionList::parse_lossy(&text);
        assert_eq!(list.groups.len(), 2);
        assert_eq!(list.groups[0].tools.len(), 2);
        assert_eq!(list.to_string(), text);
        assert_eq!(list.sorted(), list);
        assert!(list.contains("{827d319e-6eac-11d2-a4ea-00c04f79f83a}".parse().unwrap()));
    }

    #[test]
    fn oddities_are_read() {
        for text in ["", " ", "[]", "nonsense", "[{x}]"] {
            assert!(ExtensionList::parse_lossy(text).is_empty(), "{text:?}");
        }
        let spaced = ExtensionList::parse_lossy(
            "[ {35378eac-683f-11d2-a89a-00c04fbbcfa2} { D02B1F72-3407-48AE-BA88-E8213C6761F1 } ]",
        );
        assert_eq!(spaced.groups[0].tools.len(), 1);
    }

    #[test]
    fn sorting_merges_and_orders() {
        let list = ExtensionList::parse_lossy(&format!("{SECURITY}{REGISTRY}{SECURITY}"));
        assert_eq!(list.sorted().to_string(), format!("{REGISTRY}{SECURITY}"));
    }
}
