//! What the client-side extensions do over a slow link, and when they do it (`operations.md` 7.5).
//!
//! Nobody measured the defaults; they follow Microsoft's documentation, and where its lists disagree a note says so. The list of GPOs is the same
//! over every link.

use crate::format::PolData;
use crate::gpm::ClientSideExtension;
use crate::ident::Guid;
use crate::report::Side;

use super::extension_order::REGISTRY;
use super::merge::Resultant;
use super::{ExtensionOutcome, ExtensionPlan};

/// The key of what Group Policy does itself: loopback, slow links, other forests.
pub(super) const SYSTEM_KEY: &str = r"Software\Policies\Microsoft\Windows\System";
/// The key below which each extension has a key of its own, named by its GUID.
pub(super) const EXTENSIONS_KEY: &str = r"Software\Policies\Microsoft\Windows\Group Policy";

/// What an extension does unless a policy says otherwise.
struct Habit {
    over_slow_link: bool,
    /// Whether a policy may say otherwise (`NoSlowLink`).
    can_be_told: bool,
    notes: &'static [&'static str],
}

const SECURITY: Guid = Guid::from_u128(0x827D319E_6EAC_11D2_A4EA_00C04F79F83A);
const AUDIT: Guid = Guid::from_u128(0xF3CCC681_B74C_4060_9F26_CD84525DCA2A);
const EFS_RECOVERY: Guid = Guid::from_u128(0xB1BE8D72_6EAC_11D2_A4EA_00C04F79F83A);
const IP_SECURITY: Guid = Guid::from_u128(0xE437BC1C_AA7D_11D2_A382_00C04F991E27);
const SCRIPTS: Guid = Guid::from_u128(0x42B5FAAE_6536_11D2_AE5A_0000F87571E3);
const FOLDER_REDIRECTION: Guid = Guid::from_u128(0x25537BA6_77A8_11D2_9B6C_0000F8080861);
const SOFTWARE_INSTALLATION: Guid = Guid::from_u128(0xC6DC5466_785A_11D2_84D0_00C04FB169F7);
const DISK_QUOTA: Guid = Guid::from_u128(0x3610EDA5_77EF_11D2_8DC5_00C04FA31A66);
const DEPLOYED_PRINTERS: Guid = Guid::from_u128(0x8A28E2C5_8D06_49A4_A08C_632DAA493E17);
const WIRELESS: Guid = Guid::from_u128(0x0ACDD40C_75AC_47AB_BAA0_BF6DE7E7FE63);
const WIRED: Guid = Guid::from_u128(0xB587E2B1_4D59_4E7E_AED9_22B9DF11D053);
const IE_MAINTENANCE: Guid = Guid::from_u128(0xA2E30F80_D7DE_11D2_BBDE_00C04F86AE3B);

const SOURCES_DISAGREE: &str = "Over a slow link: applied, but sources disagree.";
const NOT_KNOWN: &str = "What it does over a slow link is not known; applied is assumed.";

fn habit(extension: Guid, side: Side) -> Habit {
    let applied = |can_be_told, notes| Habit { over_slow_link: true, can_be_told, notes };
    let skipped = |notes| Habit { over_slow_link: false, can_be_told: true, notes };
    match extension {
        REGISTRY => applied(false, &[]),
        SECURITY | AUDIT => applied(false, &["Applied again every 16 hours even where nothing changed."]),
        EFS_RECOVERY | IP_SECURITY => applied(true, &[]),
        SCRIPTS => skipped(&["Read in the background; run at startup, shutdown, logon and logoff."]),
        SOFTWARE_INSTALLATION if side == Side::Computer => skipped(&["Takes effect after the next restart."]),
        SOFTWARE_INSTALLATION | FOLDER_REDIRECTION => skipped(&["Takes effect after the next logon."]),
        DISK_QUOTA | DEPLOYED_PRINTERS => skipped(&[]),
        WIRELESS | WIRED | IE_MAINTENANCE => applied(true, &[SOURCES_DISAGREE]),
        other => match ClientSideExtension::by_id(other) {
            Some(known) if known.is_preference => {
                applied(true, &["Applied again at every refresh even where nothing changed."])
            }
            _ => applied(true, &[NOT_KNOWN]),
        },
    }
}

/// Tells whether a link that is said to be slow counts as slow on a side: where the threshold is 0, none does.
pub(super) fn is_slow(said: bool, side: Side, resultant: &Resultant) -> bool {
    said && number(resultant, side, SYSTEM_KEY, "GroupPolicyMinTransferRate") != Some(0)
}

/// Says what an extension does. `computer` holds the computer's policy, which has the rules for both sides; `is_slow` whether the link is slow.
pub(super) fn extension_plan(cse: Guid, side: Side, is_slow: bool, computer: &Resultant) -> ExtensionPlan {
    let Habit { over_slow_link, can_be_told, notes } = habit(cse, side);
    let told = || {
        let key = format!(r"{EXTENSIONS_KEY}\{cse}");
        number(computer, Side::Computer, &key, "NoSlowLink")
    };
    let told = if is_slow && can_be_told { told() } else { None };
    let runs = !is_slow || told.map_or(over_slow_link, |no_slow_link| no_slow_link == 0);
    let is_about_slow_link = |note: &&str| [SOURCES_DISAGREE, NOT_KNOWN].contains(note);
    let concerns = |note: &&str| !is_about_slow_link(note) || is_slow && told.is_none();
    let mut notes: Vec<String> = notes.iter().copied().filter(concerns).map(str::to_owned).collect();
    if told.is_some() {
        let what = if runs { "allows" } else { "forbids" };
        notes.push(format!("A policy of the computer {what} it over a slow link."));
    }
    let outcome = if runs { ExtensionOutcome::Applied } else { ExtensionOutcome::SkippedSlowLink };
    ExtensionPlan { cse, name: ClientSideExtension::label(cse), outcome, notes }
}

/// Returns a number that policy sets in the registry.
pub(super) fn number(resultant: &Resultant, side: Side, key: &str, name: &str) -> Option<u32> {
    match resultant.registry_value(side, key, name)? {
        (_, PolData::Dword(number)) => Some(*number),
        _ => None,
    }
}
