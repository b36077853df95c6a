//! Why, in sentences for people: what decided about a link, and who set a setting (`operations.md` 7.7).

use crate::gpm::SomType;
use crate::ident::{Guid, Sid};

use super::merge::{ResultantSetting, SettingSource};
use super::{Candidate, Loopback, LoopbackMode, Reason, SidePlan, SomReason, Verdict};

/// Says the name of a SID; none where it is not known.
pub type NameOf<'a> = &'a dyn Fn(&Sid) -> Option<String>;

/// Who set a setting, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingExplanation {
    /// What it comes to and who wins, in one sentence.
    pub outcome: String,
    /// The others that set it, the strongest first, each in one sentence.
    pub others: Vec<String>,
}

impl Candidate {
    /// Says in a sentence or two what becomes of the link and what decided: `Denied (Security): CORP\Pilots is denied the right Apply Group
    /// Policy.`
    pub fn explain(&self, name_of: NameOf<'_>) -> String {
        let way = format!("Linked at {}, {}.", self.som_path, self.link_words());
        format!("{}: {} {way}", self.verdict.label(), self.cause(name_of))
    }

    fn link_words(&self) -> String {
        let enforced = if self.enforced { ", enforced" } else { "" };
        let kind = match self.som_kind {
            SomType::Site => "a site",
            SomType::Domain => "the domain",
            SomType::Ou => "an OU",
        };
        let why = match self.som_reason {
            SomReason::Normal => "",
            SomReason::LoopbackMerge => ", the computer's place (loopback, merge)",
            SomReason::LoopbackReplace => ", the computer's place (loopback, replace)",
        };
        format!("{kind}{why}, with link order {}{enforced}", self.link_order)
    }

    /// Returns what decided, as one sentence.
    fn cause(&self, name_of: NameOf<'_>) -> String {
        let reason = match &self.verdict {
            Verdict::Applied { order } => {
                let granted = match &self.granted_by {
                    Some(by) => format!("{} may apply it", name(by, name_of)),
                    None => "it has no access list, so everybody may apply it".to_owned(),
                };
                let filter = match &self.wmi_filter {
                    Some(filter) => format!(", and its WMI filter `{filter}` does not keep it out"),
                    None => String::new(),
                };
                return format!("number {order} in the order of application; {granted}{filter}.");
            }
            Verdict::NotKnown(Reason::NotReadable { .. }) => {
                return "whether the computer may read it depends on groups that are not known.".to_owned();
            }
            Verdict::Denied(reason) | Verdict::NotSeen(reason) | Verdict::NotKnown(reason) => reason,
        };
        let domain = || self.gpo.domain.as_ref().map_or_else(|| "its domain".to_owned(), ToString::to_string);
        match reason {
            Reason::LinkDisabled => "the link is disabled.".to_owned(),
            Reason::Blocked { by } => {
                format!("{} blocks inheritance, and the link is not enforced.", by.canonical_name())
            }
            Reason::LoopbackReplace => {
                "loopback replaces the user's own GPOs by those of the computer's place.".to_owned()
            }
            Reason::LoopbackInvalid { mode } => {
                format!("the computer's loopback mode is {mode}, which does not exist, so no user policy applies.")
            }
            Reason::Missing => "there is no such GPO any more; clients pass the link over.".to_owned(),
            Reason::DomainNotRead => format!("the GPOs of {} could not be read.", domain()),
            Reason::OtherForest => format!("{} is not part of this forest.", domain()),
            Reason::DamagedLink => "the link is damaged; clients pass it over.".to_owned(),
            Reason::NotRead => "what decides about it could not be read with the rights of whoever asks.".to_owned(),
            Reason::NotReadable { by: Some(by) } => {
                format!("{} is denied to read it, and it is the computer that reads.", name(by, name_of))
            }
            Reason::NotReadable { by: None } => {
                "nobody lets the computer read it, which it must for its user too; Authenticated Users or Domain Computers \
                 usually may."
                    .to_owned()
            }
            Reason::FunctionalityVersion { version: Some(version) } => {
                format!("its functionality version is {version}; clients follow 2 only.")
            }
            Reason::FunctionalityVersion { version: None } => {
                "it has no functionality version; clients follow 2 only.".to_owned()
            }
            Reason::HalfDisabled => "this half of the GPO is disabled.".to_owned(),
            Reason::Security { by: Some(by) } => {
                format!("{} is denied the right Apply Group Policy.", name(by, name_of))
            }
            Reason::Security { by: None } => {
                "neither the account nor a group it is in has the right Apply Group Policy.".to_owned()
            }
            Reason::Empty => "this half sets nothing: its versions are 0, or no extension is registered.".to_owned(),
            Reason::WmiFilter { name } => format!("its WMI filter `{name}` is false."),
            Reason::WmiFilterMissing { id } => format!("its WMI filter {id} does not exist."),
        }
    }
}

impl Loopback {
    /// Says in a sentence what loopback does and why.
    pub fn explain(&self) -> String {
        let what = match self.mode {
            None => "The user's policy is that of the user's own place.",
            Some(LoopbackMode::Merge) => "The GPOs of the computer's place apply after the user's own, and win.",
            Some(LoopbackMode::Replace) => "The GPOs of the computer's place apply instead of the user's own.",
        };
        format!("{what} {}", self.because).trim_end().to_owned()
    }
}

impl SidePlan {
    /// Says who set a setting, which is found by its key; none where the side has no such setting.
    pub fn explain_setting(&self, key: &str) -> Option<SettingExplanation> {
        self.resultant.setting(key).map(|setting| self.explain_sources(setting))
    }

    /// Says what becomes of a GPO on this side: one sentence for each of its links. Empty where none is in scope.
    pub fn explain_gpo(&self, gpo: Guid, name_of: NameOf<'_>) -> Vec<String> {
        let links = self.candidates.iter().filter(|candidate| candidate.gpo.id == gpo);
        links.map(|candidate| candidate.explain(name_of)).collect()
    }

    fn explain_sources(&self, setting: &ResultantSetting) -> SettingExplanation {
        let value = |value: Option<&str>| value.map_or_else(|| "nothing".to_owned(), |value| format!("`{value}`"));
        let gpo = |source: &SettingSource| {
            let found = source.order.checked_sub(1).and_then(|index| self.applied().nth(index));
            match found {
                Some(candidate) => format!("`{}`, linked at {}", candidate.gpo.name, candidate.som_path),
                None => "a GPO of the domain that is not in this list".to_owned(),
            }
        };
        let shown = value(setting.value.as_deref());
        let others = |sources: &[SettingSource], verb: &str| {
            let sentence =
                |source: &SettingSource| format!("{} {verb} {}.", gpo(source), value(source.value.as_deref()));
            sources.iter().map(sentence).collect()
        };
        match setting.sources.split_first() {
            None => SettingExplanation { outcome: format!("{} is {shown}.", setting.name), others: Vec::new() },
            Some(_) if setting.united => SettingExplanation {
                outcome: format!("{} is {shown}: what all its GPOs set is put together.", setting.name),
                others: others(&setting.sources, "adds"),
            },
            Some((winner, losers)) => SettingExplanation {
                outcome: format!("{} is {shown}: {} wins.", setting.name, gpo(winner)),
                others: others(losers, "would set"),
            },
        }
    }
}

fn name(sid: &Sid, name_of: NameOf<'_>) -> String {
    let well_known = || sid.well_known_name().map(str::to_owned);
    name_of(sid).or_else(well_known).unwrap_or_else(|| sid.to_string())
}
