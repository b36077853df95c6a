//! What keeps a GPO out that a link leads to ([MS-GPOL] 3.2.5.1.5–7, `operations.md` 7.3): the first cause is the reason.

use crate::ident::Sid;
use crate::report::Side;

use super::access::{Decision, Right};
use super::plan::side_version;
use super::prepared::{FoundFilter, PreparedFilter, PreparedGpo};
use super::token::Token;
use super::{Policies, Reason, TemplateState, Verdict, WmiAssumption};

/// Judges GPOs for one side of one target.
pub(super) struct Judge<'a> {
    /// The side.
    pub side: Side,
    /// The target's token: it needs Apply Group Policy.
    pub target: &'a Token,
    /// The computer's token: it reads the GPO. None where no computer is known.
    pub reader: Option<&'a Token>,
    /// What is known of WMI filters.
    pub wmi: &'a WmiAssumption,
    /// What the GPOs set.
    pub policies: &'a Policies,
}

/// What is found of one GPO.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    /// Why it does not apply; none where it does.
    pub refusal: Option<Verdict>,
    /// The trustee by whose entry the target has the right Apply Group Policy.
    pub granted_by: Option<Sid>,
    /// Version of the side in SYSVOL, where it is known.
    pub version_sysvol: Option<u16>,
    /// Why the whole side would fail because of it, in words.
    pub failure: Option<String>,
    /// What is not certain or not as it should be, in words.
    pub warnings: Vec<String>,
}

/// The only version of the format that clients follow.
const FUNCTIONALITY_VERSION: i32 = 2;

impl Judge<'_> {
    /// Judges a GPO that an enabled link leads to.
    pub fn judge(&self, gpo: &PreparedGpo) -> Judgement {
        let template = self.policies.get(&gpo.id.dn).map(|policy| &policy.template);
        let version_sysvol = match template {
            Some(TemplateState::Version(version)) => Some(side_version(*version, self.side)),
            _ => None,
        };
        let mut judgement = Judgement { version_sysvol, ..Judgement::default() };
        judgement.refusal = self.refusal(gpo, template, &mut judgement);
        if judgement.refusal.is_none() {
            let directory = side_version(gpo.version, self.side);
            if let Some(sysvol) = version_sysvol.filter(|sysvol| *sysvol != directory) {
                judgement.warnings.push(format!("Versions differ: {directory} in the directory, {sysvol} in SYSVOL."));
            }
            judgement.warnings.extend(gpo.half(self.side).warnings.iter().cloned());
        }
        judgement
    }

    fn refusal(
        &self,
        gpo: &PreparedGpo,
        template: Option<&TemplateState>,
        judgement: &mut Judgement,
    ) -> Option<Verdict> {
        let Some(access) = gpo.access.as_ref().filter(|_| !gpo.inaccessible) else {
            let what = if gpo.inaccessible { "Its attributes" } else { "Its access list" };
            judgement.warnings.push(format!("{what} could not be read."));
            return Some(Verdict::NotKnown(Reason::NotRead));
        };
        let read = match self.reader {
            Some(reader) => Some(access.check(Right::Read, reader)),
            None => access.check_partly_known(Right::Read, &Token::of_any_computer()),
        };
        match read {
            None => return Some(Verdict::NotKnown(Reason::NotReadable { by: None })),
            Some(Decision { granted: false, by }) => {
                return Some(Verdict::NotSeen(Reason::NotReadable { by: by.cloned() }));
            }
            Some(_) => {}
        }
        let half = gpo.half(self.side);
        // A client asks only for GPOs whose half is on and has extensions; of these it reads GPT.INI before it filters any.
        if gpo.is_enabled(self.side) && !half.extensions.is_empty() {
            judgement.failure = template.and_then(template_problem);
        }
        let denied = |reason| Some(Verdict::Denied(reason));
        if gpo.functionality_version != Some(FUNCTIONALITY_VERSION) {
            return denied(Reason::FunctionalityVersion { version: gpo.functionality_version });
        }
        if !gpo.is_enabled(self.side) {
            return denied(Reason::HalfDisabled);
        }
        let apply = access.check(Right::Apply, self.target);
        if !access.is_canonical {
            let what = "Its access list is not in canonical order; the first entry that speaks of a right decides.";
            judgement.warnings.push(what.to_owned());
        }
        if !apply.granted {
            return denied(Reason::Security { by: apply.by.cloned() });
        }
        judgement.granted_by = apply.by.cloned();
        let is_zero = side_version(gpo.version, self.side) == 0 && judgement.version_sysvol.unwrap_or_default() == 0;
        if is_zero || half.extensions.is_empty() {
            return denied(Reason::Empty);
        }
        gpo.filter.as_ref().and_then(|filter| self.filtered(filter, judgement)).map(Verdict::Denied)
    }

    /// Returns why a WMI filter keeps the GPO out; none where it does not.
    fn filtered(&self, filter: &PreparedFilter, judgement: &mut Judgement) -> Option<Reason> {
        let PreparedFilter { id, found } = filter;
        if let FoundFilter::Missing = found {
            judgement.warnings.push(format!("The WMI filter {id} is not there, so the GPO is never applied."));
            return Some(Reason::WmiFilterMissing { id: *id });
        }
        let outcome = match self.wmi {
            WmiAssumption::AllTrue => Some(true),
            WmiAssumption::Only(ids) => Some(ids.contains(id)),
            WmiAssumption::Known(outcomes) => outcomes.get(id).copied(),
            WmiAssumption::Unknown => None,
            WmiAssumption::Broken => {
                let why = "Its WMI filter cannot be evaluated, because the WMI service of the client does not work.";
                judgement.failure.get_or_insert_with(|| why.to_owned());
                None
            }
        };
        let name = || filter.label();
        match (outcome, found) {
            (Some(true), _) => None,
            (Some(false), _) => Some(Reason::WmiFilter { name: name() }),
            (None, FoundFilter::NotRead(domain)) => {
                let why = format!("Its WMI filter lies in {domain}, which could not be read; true is assumed.");
                judgement.warnings.push(why);
                None
            }
            (None, _) => {
                let why = format!("Whether its WMI filter `{}` is true is not known; true is assumed.", name());
                judgement.warnings.push(why);
                None
            }
        }
    }
}

/// Says why a client cannot use a GPO's folder; none where it can.
fn template_problem(template: &TemplateState) -> Option<String> {
    match template {
        TemplateState::Version(_) => None,
        TemplateState::Missing => Some("Its GPT.INI is not there.".to_owned()),
        TemplateState::NoVersion => Some("Its GPT.INI has no version.".to_owned()),
        TemplateState::Unreadable(reason) => Some(format!("Its GPT.INI cannot be read: {reason}")),
    }
}
