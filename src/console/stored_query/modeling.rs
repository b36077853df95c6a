//! What a query of Group Policy Modeling asks: everything the wizard asks for, with the names people know it by (`console-ui.md` 7.5).

use serde::{Deserialize, Serialize};

use crate::ident::{Dn, DnsName, Guid, Sid};
use crate::rsop::{Assumptions, LoopbackMode, WmiAssumption};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelingQuery {
    /// The domain whose controller the data are read from.
    pub domain: DnsName,
    /// That domain controller; none for the one in use.
    #[serde(default)]
    pub controller: Option<String>,
    /// The user; none where only a computer is asked about.
    pub user: Option<QueryTarget>,
    /// The computer; none where only a user is asked about.
    pub computer: Option<QueryTarget>,
    /// Whether the link to the domain is slow.
    pub slow_link: bool,
    /// The loopback mode that is assumed; none for what the computer's policy says.
    pub loopback: Option<LoopbackMode>,
    /// Name of the site that is assumed.
    pub site: Option<String>,
    /// The container that the user is imagined in.
    pub user_place: Option<Dn>,
    /// The container that the computer is imagined in.
    pub computer_place: Option<Dn>,
    /// The groups that the user is imagined in.
    pub user_groups: Option<Vec<Named<Sid>>>,
    /// The groups that the computer is imagined in.
    pub computer_groups: Option<Vec<Named<Sid>>>,
    /// Which WMI filters are true for the user.
    pub user_wmi: WmiChoice,
    /// Which WMI filters are true for the computer.
    pub computer_wmi: WmiChoice,
}

/// Half of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryTarget {
    /// A user or computer.
    Account {
        /// Its name, `DOMAIN\name`.
        name: String,
        /// Where it lies.
        dn: Dn,
    },
    /// Any user or computer in a container.
    Container(Dn),
}

/// Something with the name it was shown by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named<T> {
    /// What it is.
    pub id: T,
    /// Its name.
    pub name: String,
}

/// Which WMI filters are true.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WmiChoice {
    /// All that are linked.
    #[default]
    AllTrue,
    /// These and no others.
    Only(Vec<Named<Guid>>),
}

impl QueryTarget {
    /// Returns the name it is shown by: that of the account, without the sign of a computer, or the container's own name.
    pub fn label(&self) -> String {
        match self {
            QueryTarget::Account { name, .. } => name.trim_end_matches('$').to_owned(),
            QueryTarget::Container(dn) => dn
                .domain()
                .filter(|domain| domain.to_domain_dn() == *dn)
                .map_or_else(|| dn.name(), |domain| domain.to_string()),
        }
    }

    /// Returns it in full: the name of the account, or the DN of the container.
    pub fn in_full(&self) -> String {
        match self {
            QueryTarget::Account { name, .. } => name.clone(),
            QueryTarget::Container(dn) => dn.to_string(),
        }
    }

    /// Returns where it lies.
    pub fn place(&self) -> Dn {
        match self {
            QueryTarget::Account { dn, .. } => dn.parent().unwrap_or_else(|| dn.clone()),
            QueryTarget::Container(dn) => dn.clone(),
        }
    }
}

impl WmiChoice {
    fn assumption(&self) -> WmiAssumption {
        match self {
            WmiChoice::AllTrue => WmiAssumption::AllTrue,
            WmiChoice::Only(filters) => WmiAssumption::Only(filters.iter().map(|filter| filter.id).collect()),
        }
    }

    fn in_words(&self) -> String {
        match self {
            WmiChoice::AllTrue => "All linked filters are true".to_owned(),
            WmiChoice::Only(filters) if filters.is_empty() => "No filter is true".to_owned(),
            WmiChoice::Only(filters) => lines(filters),
        }
    }
}

impl ModelingQuery {
    /// Returns a query about nobody in a domain.
    pub fn of_domain(domain: DnsName) -> Self {
        ModelingQuery {
            domain,
            controller: None,
            user: None,
            computer: None,
            slow_link: false,
            loopback: None,
            site: None,
            user_place: None,
            computer_place: None,
            user_groups: None,
            computer_groups: None,
            user_wmi: WmiChoice::AllTrue,
            computer_wmi: WmiChoice::AllTrue,
        }
    }

    /// Returns what it assumes.
    pub fn assumptions(&self) -> Assumptions {
        let sids =
            |groups: &Option<Vec<Named<Sid>>>| Some(groups.as_ref()?.iter().map(|group| group.id.clone()).collect());
        Assumptions {
            site: self.site.clone(),
            user_place: self.user_place.clone(),
            computer_place: self.computer_place.clone(),
            user_groups: sids(&self.user_groups),
            computer_groups: sids(&self.computer_groups),
            user_wmi: self.user_wmi.assumption(),
            computer_wmi: self.computer_wmi.assumption(),
            slow_link: self.slow_link,
            loopback: self.loopback,
            ..Assumptions::default()
        }
    }

    /// Returns what was chosen, as the tab Query and the last page of the wizard tell it: names and values, none of them empty.
    pub fn selections(&self) -> Vec<(&'static str, String)> {
        let controller = self.controller.clone().unwrap_or_else(|| format!("Any available, of {}", self.domain));
        let mut rows = vec![("Domain controller", controller)];
        let target = |target: &Option<QueryTarget>| target.as_ref().map(QueryTarget::in_full);
        let place = |place: &Option<Dn>| place.as_ref().map(ToString::to_string);
        let groups = |groups: &Option<Vec<Named<Sid>>>| groups.as_ref().map(|groups| lines(groups));
        let loopback = self.loopback.map(|mode| match mode {
            LoopbackMode::Merge => "Merge".to_owned(),
            LoopbackMode::Replace => "Replace".to_owned(),
        });
        let wmi = |choice: &WmiChoice, has_side: bool| has_side.then(|| choice.in_words());
        rows.extend(
            [
                ("User", target(&self.user)),
                ("Computer", target(&self.computer)),
                ("Slow network connection", Some(if self.slow_link { "Yes" } else { "No" }.to_owned())),
                ("Loopback processing", Some(loopback.unwrap_or_else(|| "As the computer's policy says".to_owned()))),
                ("Site", Some(self.site.clone().unwrap_or_else(|| "(None)".to_owned()))),
                ("User location", place(&self.user_place)),
                ("Computer location", place(&self.computer_place)),
                ("User security groups", groups(&self.user_groups)),
                ("Computer security groups", groups(&self.computer_groups)),
                ("WMI filters for users", wmi(&self.user_wmi, self.user.is_some())),
                ("WMI filters for computers", wmi(&self.computer_wmi, self.computer.is_some())),
            ]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?))),
        );
        rows
    }
}

fn lines<T>(named: &[Named<T>]) -> String {
    named.iter().map(|named| named.name.as_str()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_told_and_assumed() {
        let staff: Dn = "OU=Staff,DC=corp,DC=test".parse().unwrap();
        let sid: Sid = "S-1-5-21-1-2-3-1104".parse().unwrap();
        let filter = Named { id: Guid::from_u128(7), name: "Laptops".to_owned() };
        let query = ModelingQuery {
            user: Some(QueryTarget::Container(staff.clone())),
            loopback: Some(LoopbackMode::Replace),
            user_groups: Some(vec![Named { id: sid.clone(), name: r"CORP\Sales".to_owned() }]),
            user_wmi: WmiChoice::Only(vec![filter.clone()]),
            ..ModelingQuery::of_domain("corp.test".parse().unwrap())
        };
        let told = query.selections();
        let check = |name: &str, expected: Option<&str>| {
            let found = told.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
            assert_eq!(found, expected, "{name}");
        };
        check("User", Some("OU=Staff,DC=corp,DC=test"));
        check("Computer", None);
        check("Loopback processing", Some("Replace"));
        check("Site", Some("(None)"));
        check("User security groups", Some(r"CORP\Sales"));
        check("WMI filters for users", Some("Laptops"));
        check("WMI filters for computers", None);
        let assumed = query.assumptions();
        assert_eq!(assumed.user_groups, Some(vec![sid]));
        assert_eq!(assumed.user_wmi, WmiAssumption::Only(vec![filter.id]));
        assert_eq!(assumed.loopback, Some(LoopbackMode::Replace));
        let json = serde_json::to_string(&query).unwrap();
        assert_eq!(serde_json::from_str::<ModelingQuery>(&json).unwrap(), query);
        let label = |dn: &str| QueryTarget::Container(dn.parse().unwrap()).label();
        assert_eq!(
            (label("OU=Staff,DC=corp,DC=test"), label("DC=corp,DC=test")),
            ("Staff".to_owned(), "corp.test".to_owned())
        );
    }
}
