//! Settings of the demo forest that live inside registry.pol, in the directory and in rare files: all are there, none is damaged unasked.

use std::sync::Arc;

use opengpmc::extension::document;
use opengpmc::gpm::{Forest, LoadOptions, Task};
use opengpmc::operation::Reporting;
use opengpmc::report::{GpoReport, Side};
use opengpmc::store::{ConnectOptions, ConnectTarget, Credentials, open};

/// GPOs with the extension that reports their settings and an element of it (`docs/demo-forest.md`).
const SETTINGS: [(&str, &str, &str); 17] = [
    ("Workstations - Firewall", "Windows Firewall", "OutboundFirewallRules"),
    ("Servers - Firewall", "Windows Firewall", "ConnectionSecurityRules"),
    ("AppLocker - Kiosks", "Application Control Policies", "RuleCollection"),
    ("Software Restriction - Old Laptops", "Software Restriction", "InternetZoneRule"),
    ("Certificates - Trust and Enrolment", "Public Key", "RootCertificate"),
    ("Certificates - Trust and Enrolment", "Public Key", "EFSRecoveryAgent"),
    ("Certificates - Trust and Enrolment", "Public Key", "AutoEnrollmentSettings"),
    ("Network - Name Resolution", "Name Resolution Policy", "Rule"),
    ("Network - Quality of Service", "Policy-based QoS", "QoSPolicy"),
    ("Network - Wired 802.1X", "LanSvc Networks", "Dot3SvcSetting"),
    ("Network - Wireless", "WLanSvc Networks", "WLanSvcSetting"),
    ("Network - IPsec for Finance", "IP Security", "AssignedPolicy"),
    ("Software - Office Tools", "Software Installation", "MsiApplication"),
    ("Software - Office Tools", "Software Installation", "RemovedApplication"),
    ("Printers - Deployed", "Deployed Printer Connections", "PrinterConnection"),
    ("Internet Explorer - Leftovers", "Internet Explorer Maintenance", "File"),
    ("Hull Scanner Agent", "Raw Contents", "Contents"),
];

async fn reports() -> Vec<GpoReport> {
    let task = Task::default();
    let store = open(&ConnectTarget::Demo, &Credentials::default(), &ConnectOptions::default()).await.unwrap();
    let forest = Forest::load(store.clone(), &LoadOptions::default(), &task).await.unwrap();
    let gpos: Vec<_> = forest.domains.iter().flat_map(|domain| &domain.gpos).collect();
    Reporting::new(Arc::default()).gpos(&store, &forest, &gpos, &task).await.unwrap()
}

#[tokio::test]
async fn every_kind_is_reported_and_shown() {
    let reports = reports().await;
    for (gpo, extension, element) in SETTINGS {
        let report = reports.iter().find(|report| report.name == gpo).unwrap();
        let halves = [Side::Computer, Side::User].map(|side| report.half(side));
        let mut extensions = halves.iter().flat_map(|half| &half.extensions);
        let has_element =
            extensions.any(|found| found.name == extension && found.elements.iter().any(|found| found.name == element));
        assert!(has_element, "{gpo}: {extension}/{element}");
        let shown = serde_json::to_string(&document(report)).unwrap();
        assert!(!shown.contains("\"problem\""), "{gpo}");
    }
}

#[tokio::test]
async fn only_what_is_meant_to_be_broken_is() {
    for report in reports().await.iter().filter(|report| !report.name.starts_with("Broken - ")) {
        for side in [Side::Computer, Side::User] {
            for extension in &report.half(side).extensions {
                let of_files = extension.problems.iter().filter(|problem| problem.file.contains("registry.pol"));
                assert_eq!(of_files.count(), 0, "{}: {:?}", report.name, extension.problems);
            }
        }
    }
}
