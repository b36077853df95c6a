//! Item-level targeting: where an item applies ([MS-GPPREF] 2.2.1.2 ff., `gpo-storage.md` B9.4).

use super::PreferenceElement;
use super::item::is_set;

/// One condition, or a collection of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetingFilter {
    /// What it asks for.
    pub kind: FilterKind,
    /// The element's name, as written.
    pub element: String,
    /// How it is joined with the conditions before it; of no meaning on the first.
    pub join: FilterJoin,
    /// Whether it must not hold.
    pub negated: bool,
    /// Whether editors hide it.
    pub hidden: bool,
    /// Its other attributes, in order.
    pub attributes: Vec<(String, String)>,
    /// The conditions in a collection.
    pub children: Vec<TargetingFilter>,
}

/// How a condition is joined with those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FilterJoin {
    /// Both must hold.
    And,
    /// One must hold.
    Or,
}

/// The conditions of item-level targeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FilterKind {
    /// A battery is present.
    Battery,
    /// Conditions in brackets.
    Collection,
    /// Name of the computer.
    Computer,
    /// Speed of the processor.
    Cpu,
    /// A day of week, month or year.
    Date,
    /// Free space on a drive.
    Disk,
    /// Domain of computer or user.
    Domain,
    /// A dial-up connection of a type.
    Dun,
    /// A file is there, or has a version.
    File,
    /// Membership in a security group.
    Group,
    /// An address in a range.
    IpRange,
    /// A language is installed or in use.
    Language,
    /// A query to the directory finds something.
    Ldap,
    /// A hardware address in a range.
    MacRange,
    /// Something installed by Windows Installer.
    Msi,
    /// Place in an organizational unit.
    OrgUnit,
    /// Operating system.
    Os,
    /// A PCMCIA slot is present.
    Pcmcia,
    /// A portable computer, docked or not.
    Portable,
    /// How Group Policy is being processed.
    ProcMode,
    /// Amount of memory.
    Ram,
    /// A key or value of the registry.
    Registry,
    /// The item has not been applied yet.
    RunOnce,
    /// Site of the computer.
    Site,
    /// A session of Remote Desktop.
    Terminal,
    /// Time of day.
    Time,
    /// The user.
    User,
    /// An environment variable.
    Variable,
    /// A WMI query finds something.
    Wmi,
    /// Something this program does not know.
    Unknown,
}

impl TargetingFilter {
    /// Reads the conditions in an element `Filters` of a file.
    pub fn read_all(filters: PreferenceElement<'_>) -> Vec<TargetingFilter> {
        read_nested(filters, 0)
    }

    /// Returns a condition; attribute names compared without case.
    pub fn new<'a>(
        element: &str,
        attributes: impl IntoIterator<Item = (&'a str, &'a str)>,
        children: Vec<TargetingFilter>,
    ) -> Self {
        let mut filter = TargetingFilter {
            kind: FilterKind::of_element(element),
            element: element.to_owned(),
            join: FilterJoin::And,
            negated: false,
            hidden: false,
            attributes: Vec::new(),
            children,
        };
        for (name, value) in attributes {
            match name.to_ascii_lowercase().as_str() {
                "bool" if value.trim().eq_ignore_ascii_case("or") => filter.join = FilterJoin::Or,
                "bool" => filter.join = FilterJoin::And,
                "not" => filter.negated = is_set(value),
                "hidden" => filter.hidden = is_set(value),
                _ => filter.attributes.push((name.to_owned(), value.to_owned())),
            }
        }
        filter
    }

    /// Returns the value of an attribute, its name compared without case; empty where it is missing.
    pub fn get(&self, attribute: &str) -> &str {
        let found = self.attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
        found.map_or("", |(_, value)| value.as_str())
    }

    /// Tells whether a flag among the attributes is set.
    pub fn flag(&self, attribute: &str) -> bool {
        is_set(self.get(attribute))
    }
}

/// Collections nested deeper than this are read as empty.
const DEEPEST: usize = 64;

fn read_nested(filters: PreferenceElement<'_>, depth: usize) -> Vec<TargetingFilter> {
    if depth == DEEPEST {
        return Vec::new();
    }
    let read = |filter: PreferenceElement<'_>| {
        TargetingFilter::new(filter.name(), filter.attributes(), read_nested(filter, depth + 1))
    };
    filters.children().map(read).collect()
}

impl FilterKind {
    /// Finds the kind of an element, its name compared without case: Windows itself writes `FilterWmi` for the specification's
    /// `FilterWMI`.
    pub fn of_element(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        match name.strip_prefix("filter").unwrap_or_default() {
            "battery" => FilterKind::Battery,
            "collection" => FilterKind::Collection,
            "computer" => FilterKind::Computer,
            "cpu" => FilterKind::Cpu,
            "date" => FilterKind::Date,
            "disk" => FilterKind::Disk,
            "domain" => FilterKind::Domain,
            "dun" => FilterKind::Dun,
            "file" => FilterKind::File,
            "group" => FilterKind::Group,
            "iprange" => FilterKind::IpRange,
            "language" => FilterKind::Language,
            "ldap" => FilterKind::Ldap,
            "macrange" => FilterKind::MacRange,
            "msi" => FilterKind::Msi,
            "orgunit" => FilterKind::OrgUnit,
            "os" => FilterKind::Os,
            "pcmcia" => FilterKind::Pcmcia,
            "portable" => FilterKind::Portable,
            "procmode" => FilterKind::ProcMode,
            "ram" => FilterKind::Ram,
            "registry" => FilterKind::Registry,
            "runonce" => FilterKind::RunOnce,
            "site" => FilterKind::Site,
            "terminal" => FilterKind::Terminal,
            "time" => FilterKind::Time,
            "user" => FilterKind::User,
            "variable" => FilterKind::Variable,
            "wmi" => FilterKind::Wmi,
            _ => FilterKind::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::preferences::PreferenceFile;

    #[test]
    fn conditions_are_read_with_those_nobody_knows() {
        let file = PreferenceFile::parse(
            br#"<Filters><FilterWMI bool="AND" not="1" query="q"/><filtercollection bool="or" hidden="1"><FilterNew x="y"/></filtercollection></Filters>"#,
        )
        .unwrap();
        let filters = TargetingFilter::read_all(file.root());
        let wmi = &filters[0];
        assert_eq!((wmi.kind, wmi.join, wmi.negated, wmi.get("QUERY")), (FilterKind::Wmi, FilterJoin::And, true, "q"));
        let collection = &filters[1];
        assert_eq!(
            (collection.kind, collection.join, collection.hidden),
            (FilterKind::Collection, FilterJoin::Or, true)
        );
        let new = &collection.children[0];
        assert_eq!((new.kind, new.element.as_str(), new.get("x")), (FilterKind::Unknown, "FilterNew", "y"));
        assert!(!new.flag("x"));
    }
}
