//! Which domain controller of a domain is used, and the two sides of one that was asked for.
//!
//! The choices are those of IGPM.GetDomain (`object-model.md` 1): the PDC emulator, any controller (GPM_USE_ANYDC), any but those
//! of Windows 2000 (GPM_DONOTUSE_W2KDC), or one by name. Two consoles on two controllers can overwrite each other: so the PDC
//! emulator is the usual one.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ident::{Dn, DnsName};

use super::{Directory, StoreError, StoreErrorKind, Sysvol};

/// Which domain controller of a domain is used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControllerChoice {
    /// The PDC emulator (GPM_USE_PDC).
    #[default]
    PdcEmulator,
    /// The nearest that answers (GPM_USE_ANYDC).
    Any,
    /// The nearest that answers and runs Windows Server 2003 or later (with GPM_DONOTUSE_W2KDC).
    AnyFrom2003,
    /// This one, by DNS or NetBIOS name.
    Named(String),
}

impl FromStr for ControllerChoice {
    type Err = Infallible;

    /// Reads `pdc`, `any`, `any-2003`; everything else is a name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "pdc" => ControllerChoice::PdcEmulator,
            "any" => ControllerChoice::Any,
            "any-2003" => ControllerChoice::AnyFrom2003,
            _ => ControllerChoice::Named(text.to_owned()),
        })
    }
}

impl fmt::Display for ControllerChoice {
    /// Writes it as a person would say it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ControllerChoice::PdcEmulator => "the PDC emulator",
            ControllerChoice::Any => "any domain controller",
            ControllerChoice::AnyFrom2003 => "any domain controller of Windows Server 2003 or later",
            ControllerChoice::Named(name) => name,
        })
    }
}

/// Which domain controllers are used when a forest is opened.
#[derive(Clone, Debug)]
pub struct ControllerChoices {
    /// For domains without a choice of their own; a name is meant for the domain that is opened first, and other domains use their
    /// PDC emulator. None: the PDC emulator, except that a server that was named by hand stays the one of its domain.
    pub usual: Option<ControllerChoice>,
    /// For domains one by one.
    pub domains: BTreeMap<DnsName, ControllerChoice>,
    /// For the configuration partition, by the forest's name: the domain whose controllers are asked, and which of them.
    pub configuration: BTreeMap<DnsName, (DnsName, ControllerChoice)>,
    /// Whether another controller takes the place of one that does not answer. If not, the domain stays unloaded, so that a person
    /// can be asked.
    pub falls_back: bool,
}

impl Default for ControllerChoices {
    fn default() -> Self {
        ControllerChoices { usual: None, domains: BTreeMap::new(), configuration: BTreeMap::new(), falls_back: true }
    }
}

impl ControllerChoices {
    /// Returns what was chosen for the domain that is opened first; none where nothing was.
    pub fn of_first(&self, domain: &DnsName) -> Option<&ControllerChoice> {
        self.domains.get(domain).or(self.usual.as_ref())
    }

    /// Returns what is used for a domain other than the first.
    pub fn of_other(&self, domain: &DnsName) -> ControllerChoice {
        let usual = self.usual.as_ref().filter(|choice| !matches!(choice, ControllerChoice::Named(_)));
        self.domains.get(domain).or(usual).cloned().unwrap_or_default()
    }
}

/// One domain controller of a domain, opened beside the one in use.
#[derive(Clone)]
pub struct ControllerSides {
    /// Its directory.
    pub directory: Arc<dyn Directory>,
    /// Its SYSVOL, or why it cannot be reached.
    pub sysvol: Result<Arc<dyn Sysvol>, StoreError>,
}

/// Returns the server object of the PDC emulator of a directory's domain ([MS-ADTS] 6.1.5.3: `fSMORoleOwner` of the domain object names its
/// settings object); none where the directory does not say.
pub(super) async fn pdc_server(directory: &dyn Directory) -> Result<Option<Dn>, StoreError> {
    let head = directory.read(&directory.root_dse().domain_dn, &["fSMORoleOwner"], None).await?;
    // The value may carry a GUID in front: <GUID=…>;CN=NTDS Settings,…
    let owner = head.text("fSMORoleOwner").and_then(|text| text.rsplit(">;").next()?.parse::<Dn>().ok());
    Ok(owner.and_then(|settings| settings.parent()))
}

/// Checks that a store with one controller for each domain has the one that is asked for: it stands for the PDC emulator.
pub(super) async fn check_only_controller(
    directory: &dyn Directory,
    choice: &ControllerChoice,
) -> Result<(), StoreError> {
    let ControllerChoice::Named(wanted) = choice else { return Ok(()) };
    if is_controller(&directory.root_dse().server, wanted) {
        return Ok(());
    }
    let pdc = match pdc_server(directory).await? {
        Some(server) => match directory.read(&server, &["dNSHostName"], None).await {
            Ok(entry) => entry.text("dNSHostName"),
            Err(error) if error.kind == StoreErrorKind::NotFound => None,
            Err(error) => return Err(error),
        },
        None => None,
    };
    if pdc.as_deref().is_some_and(|pdc| is_controller(pdc, wanted)) {
        return Ok(());
    }
    let holder = pdc.unwrap_or_else(|| directory.root_dse().server.clone());
    let detail = format!("what is open here holds one domain controller, {holder}, and not what the others have");
    Err(StoreError::new(StoreErrorKind::Unreachable, wanted).with_detail(detail))
}

/// Tells whether a name, DNS or NetBIOS, is that of a domain controller.
pub fn is_controller(dns_name: &str, name: &str) -> bool {
    let (dns_name, name) = (dns_name.trim_end_matches('.'), name.trim_end_matches('.'));
    let first_part = || dns_name.split('.').next().unwrap_or_default();
    dns_name.eq_ignore_ascii_case(name) || (!name.contains('.') && first_part().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_read_as_they_are_typed() {
        for (text, expected) in [
            ("pdc", ControllerChoice::PdcEmulator),
            ("ANY", ControllerChoice::Any),
            ("any-2003", ControllerChoice::AnyFrom2003),
            ("dc2.corp.x", ControllerChoice::Named("dc2.corp.x".into())),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_name_is_for_the_first_domain_only() {
        let domain = |name: &str| name.parse::<DnsName>().unwrap();
        let named = ControllerChoice::Named("dc2".into());
        let choices = ControllerChoices {
            usual: Some(named.clone()),
            domains: [(domain("b.x"), ControllerChoice::Any)].into(),
            ..ControllerChoices::default()
        };
        assert_eq!(choices.of_first(&domain("a.x")), Some(&named));
        assert_eq!(choices.of_first(&domain("b.x")), Some(&ControllerChoice::Any));
        assert_eq!(choices.of_other(&domain("c.x")), ControllerChoice::PdcEmulator);
        assert_eq!(ControllerChoices::default().of_first(&domain("a.x")), None);
    }

    #[test]
    fn a_controller_is_known_by_both_names() {
        for (name, expected) in
            [("DC1.corp.x", true), ("dc1", true), ("dc1.corp.x.", true), ("dc", false), ("dc1.other.x", false)]
        {
            assert_eq!(is_controller("dc1.corp.x", name), expected, "{name}");
        }
    }
}
