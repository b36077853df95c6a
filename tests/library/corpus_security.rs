//! Descriptors and permissions of real GPOs, against what Microsoft's own reports say of them.

use std::collections::BTreeSet;
use std::path::Path;

use opengpmc::format::decode_xml;
use opengpmc::gpm::{PermissionType, SecuredObject, SecurityInfo};
use opengpmc::ident::Sid;
use opengpmc::security::{SddlContext, SecurityDescriptor};

use super::corpus::{corpus, files_below, is_named};

/// What one `gpreport.xml` says of permissions.
struct Report {
    sddl: String,
    /// Trustee, words of each level, whether it reaches the containers below.
    rows: BTreeSet<(String, String, bool)>,
    has_deny: bool,
}

fn reports() -> Option<Vec<(String, Report)>> {
    let files = files_below(&corpus("backups")?);
    let is_report =
        |path: &&std::path::PathBuf| is_named(path, "gpreport.xml") || is_named(path, "gpreport-verify.xml");
    Some(files.iter().filter(is_report).map(|path| (path.display().to_string(), read_report(path))).collect())
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let inner = &text[text.find(start)? + start.len()..];
    let inner = &inner[inner.find('>')? + 1..];
    Some(&inner[..inner.find(end)?])
}

fn read_report(path: &Path) -> Report {
    let bytes = std::fs::read(path).unwrap();
    // Some sources hide their domain behind zeros that no SID is written with.
    let text = decode_xml(&bytes).unwrap().replace("-0000000000", "-0");
    let sddl = between(&text, "<SDDL", "</SDDL>").unwrap_or_default().to_owned();
    let mut rows = BTreeSet::new();
    for row in text.split("<TrusteePermissions>").skip(1) {
        let row = row.split("</TrusteePermissions>").next().unwrap_or_default();
        let sid = between(row, "<SID", "</SID>").unwrap_or_default();
        let reaches_down = between(row, "<ToDescendantContainers", "</").is_some_and(|text| text == "true");
        // One trustee may hold two levels; settings with permissions of their own have other elements.
        for standard in row.split("<Standard>").skip(1) {
            if let Some(level) = between(standard, "<GPOGroupedAccessEnum", "</GPOGroupedAccessEnum>") {
                rows.insert((sid.to_owned(), level.to_owned(), reaches_down));
            }
        }
    }
    let has_deny = sddl.split("S:").next().is_some_and(|dacl| dacl.contains("(D;") || dacl.contains("(OD;"));
    Report { sddl, rows, has_deny }
}

/// The report leaves two-letter names for the domain's own groups; the domain is the one whose administrators it names.
fn context_of(report: &Report) -> SddlContext {
    let of_domain = |(sid, ..): &(String, String, bool)| {
        let sid: Sid = sid.parse().ok()?;
        matches!(sid.rid(), Some(512 | 513 | 515 | 516)).then(|| sid.parent()).flatten()
    };
    let domain = report.rows.iter().find_map(of_domain).or_else(|| {
        // Only a custom entry names the domain: its enterprise administrators stand in full.
        report.sddl.split(';').find_map(|part| part.split(')').next()?.strip_suffix("-519")?.parse().ok())
    });
    SddlContext { domain, forest_root: None }
}

#[test]
fn permission_levels_are_those_of_microsofts_reports() {
    let Some(reports) = reports() else { return };
    let mut compared = 0;
    for (path, report) in &reports {
        // Reports show a denial by its own rules; here it makes the trustee Custom.
        if report.has_deny {
            continue;
        }
        let descriptor = SecurityDescriptor::from_sddl(&report.sddl, &context_of(report)).unwrap();
        let info = SecurityInfo::from_descriptor(SecuredObject::Gpo, &descriptor);
        // Reports leave custom permissions out.
        let shown = info.permissions.iter().filter(|row| row.level != PermissionType::GpoCustom);
        let rows: BTreeSet<(String, String, bool)> = shown
            .map(|row| {
                let words = match row.level {
                    PermissionType::GpoApply => "Apply Group Policy",
                    PermissionType::GpoRead => "Read",
                    PermissionType::GpoEdit => "Edit",
                    _ => "Edit, delete, modify security",
                };
                (row.trustee.sid.to_string(), words.to_owned(), row.inheritable)
            })
            .collect();
        assert_eq!(rows, report.rows, "{path}");
        compared += 1;
    }
    println!("{compared} of {} reports compared", reports.len());
    let with_denial = reports.iter().filter(|(_, report)| report.has_deny).count();
    assert_eq!(compared + with_denial, reports.len());
    assert!(compared >= 244, "only {compared} reports without denial");
}

#[test]
fn sddl_of_reports_is_written_as_windows_wrote_it() {
    let Some(reports) = reports() else { return };
    for (path, report) in &reports {
        let context = context_of(report);
        let descriptor = SecurityDescriptor::from_sddl(&report.sddl, &context).unwrap();
        assert_eq!(descriptor.to_sddl(&context), report.sddl, "{path}");
        let bytes = descriptor.to_bytes().unwrap();
        assert_eq!(SecurityDescriptor::from_bytes(&bytes).as_ref(), Ok(&descriptor), "{path}");
    }
}

#[test]
fn descriptors_in_backups_are_written_unchanged() {
    let Some(folder) = corpus("backups") else { return };
    let mut count = 0;
    for path in files_below(&folder).iter().filter(|path| is_named(path, "Backup.xml")) {
        let bytes = std::fs::read(path).unwrap();
        let text = decode_xml(&bytes).unwrap();
        let Some(hex) = between(&text, "<SecurityDescriptor", "</SecurityDescriptor>") else { continue };
        let descriptor: Option<Vec<u8>> =
            hex.split_whitespace().map(|digits| u8::from_str_radix(digits, 16).ok()).collect();
        let Some(descriptor) = descriptor.filter(|bytes| !bytes.is_empty()) else { continue };
        let Ok(read) = SecurityDescriptor::from_bytes(&descriptor) else {
            // One source has overwritten bytes to hide its domain.
            assert!(
                path.starts_with(folder.join("gpo-studio-native"))
                    || path.starts_with(folder.join("gpo-studio-injected")),
                "{}",
                path.display()
            );
            continue;
        };
        assert_eq!(read.to_bytes().unwrap(), descriptor, "{}", path.display());
        count += 1;
    }
    println!("{count} descriptors compared");
    assert!(count >= 200, "only {count} descriptors");
}
