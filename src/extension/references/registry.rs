//! `registry.pol`: principals and paths in the values of policies, AppLocker and firewall rules among them. Nobody maps them; they are
//! shown so that what stays as it is is known.

use std::collections::HashSet;

use crate::format::{PolData, RegistryPol};
use crate::ident::is_unc_path;
use crate::security::sids_in_sddl;

use super::{ReferenceOrigin, Walk};

pub(super) fn walk(bytes: &[u8], walk: &mut Walk<'_, '_>) {
    // What is damaged is told where the settings are shown.
    let (file, _) = RegistryPol::recover(bytes);
    for record in &file.records {
        let texts = match record.data() {
            PolData::Text(text) | PolData::ExpandText(text) => vec![text],
            PolData::MultiText(texts) => texts,
            _ => continue,
        };
        let setting = || format!("{}\\{}", record.key, record.value);
        // A rule names the same principal several times.
        let mut seen = HashSet::new();
        for text in &texts {
            for found in sids_in_sddl(text).into_iter().filter(|found| found.sid.is_domain_principal()) {
                if seen.insert(found.sid.clone()) {
                    walk.sid(ReferenceOrigin::NotMapped, found.sid, &text[found.range], &setting());
                }
            }
            if is_unc_path(text) {
                walk.path(ReferenceOrigin::NotMapped, text, &setting());
            }
        }
    }
}
