//! The two-letter names of SIDs in SDDL ([MS-DTYP] 2.5.1.1).

use crate::ident::Sid;

use super::SddlContext;

enum Meaning {
    /// The same SID everywhere: authority and sub-authorities.
    Fixed(u64, &'static [u32]),
    /// A principal of the domain, by relative identifier.
    Domain(u32),
    /// A principal of the forest's root domain, by relative identifier.
    ForestRoot(u32),
}

use Meaning::{Domain, Fixed, ForestRoot};

const ALIASES: &[(&str, Meaning)] = &[
    ("AA", Fixed(5, &[32, 579])),
    ("AC", Fixed(15, &[2, 1])),
    ("AN", Fixed(5, &[7])),
    ("AO", Fixed(5, &[32, 548])),
    ("AP", Domain(525)),
    ("AS", Fixed(18, &[1])),
    ("AU", Fixed(5, &[11])),
    ("BA", Fixed(5, &[32, 544])),
    ("BG", Fixed(5, &[32, 546])),
    ("BO", Fixed(5, &[32, 551])),
    ("BU", Fixed(5, &[32, 545])),
    ("CA", Domain(517)),
    ("CD", Fixed(5, &[32, 574])),
    ("CG", Fixed(3, &[1])),
    ("CN", Domain(522)),
    ("CO", Fixed(3, &[0])),
    ("CY", Fixed(5, &[32, 569])),
    ("DA", Domain(512)),
    ("DC", Domain(515)),
    ("DD", Domain(516)),
    ("DG", Domain(514)),
    ("DU", Domain(513)),
    ("EA", ForestRoot(519)),
    ("ED", Fixed(5, &[9])),
    ("EK", ForestRoot(527)),
    ("ER", Fixed(5, &[32, 573])),
    ("ES", Fixed(5, &[32, 576])),
    ("HA", Fixed(5, &[32, 578])),
    ("HI", Fixed(16, &[12288])),
    ("IS", Fixed(5, &[32, 568])),
    ("IU", Fixed(5, &[4])),
    ("KA", Domain(526)),
    ("LA", Domain(500)),
    ("LG", Domain(501)),
    ("LS", Fixed(5, &[19])),
    ("LU", Fixed(5, &[32, 559])),
    ("LW", Fixed(16, &[4096])),
    ("ME", Fixed(16, &[8192])),
    ("MP", Fixed(16, &[8448])),
    ("MS", Fixed(5, &[32, 577])),
    ("MU", Fixed(5, &[32, 558])),
    ("NO", Fixed(5, &[32, 556])),
    ("NS", Fixed(5, &[20])),
    ("NU", Fixed(5, &[2])),
    ("OW", Fixed(3, &[4])),
    ("PA", Domain(520)),
    ("PO", Fixed(5, &[32, 550])),
    ("PS", Fixed(5, &[10])),
    ("PU", Fixed(5, &[32, 547])),
    ("RA", Fixed(5, &[32, 575])),
    ("RC", Fixed(5, &[12])),
    ("RD", Fixed(5, &[32, 555])),
    ("RE", Fixed(5, &[32, 552])),
    ("RM", Fixed(5, &[32, 580])),
    ("RO", ForestRoot(498)),
    ("RS", Domain(553)),
    ("RU", Fixed(5, &[32, 554])),
    ("SA", ForestRoot(518)),
    ("SI", Fixed(16, &[16384])),
    ("SO", Fixed(5, &[32, 549])),
    ("SS", Fixed(18, &[2])),
    ("SU", Fixed(5, &[6])),
    ("SY", Fixed(5, &[18])),
    ("UD", Fixed(5, &[84, 0, 0, 0, 0, 0])),
    ("WD", Fixed(1, &[0])),
    ("WR", Fixed(5, &[33])),
];

/// Returns the SID of a two-letter name; none where there is no such name, or its domain is not in the context.
pub(super) fn sid_of(alias: &str, context: &SddlContext) -> Option<Sid> {
    let (_, meaning) = ALIASES.iter().find(|(name, _)| name.eq_ignore_ascii_case(alias))?;
    resolve(meaning, context)
}

/// Returns the two-letter name of a SID, where it has one in this context.
pub(super) fn alias_of(sid: &Sid, context: &SddlContext) -> Option<&'static str> {
    ALIASES.iter().find(|(_, meaning)| resolve(meaning, context).as_ref() == Some(sid)).map(|(name, _)| *name)
}

fn resolve(meaning: &Meaning, context: &SddlContext) -> Option<Sid> {
    match meaning {
        Fixed(authority, sub_authorities) => Sid::new(*authority, sub_authorities),
        Domain(rid) => context.domain.as_ref()?.child(*rid),
        ForestRoot(rid) => context.forest_root.as_ref()?.child(*rid),
    }
}
