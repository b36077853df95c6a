//! The infrastructure members of IGPMDomain3 and IGPMGPO3: the report over all domain controllers, its baseline and its flags.

use opengpmc::gpm::Task;
use opengpmc::gpm::constants::ReportType;
use opengpmc::operation::{
    INFRASTRUCTURE_NAMESPACE, InfrastructureOptions, InfrastructureStatus, SyncState, infrastructure_report,
    infrastructure_status,
};

use super::ground::{Ground, everywhere};

async fn status(ground: &Ground, options: &InfrastructureOptions) -> InfrastructureStatus {
    infrastructure_status(&ground.domain, options, &Task::default()).await.unwrap()
}

/// Returns the name of the PDC emulator, by which the usual baseline is known.
async fn pdc_emulator(ground: &Ground) -> String {
    let controllers = ground.domain.controllers().await.unwrap();
    controllers.into_iter().find(|controller| controller.is_pdc_emulator).unwrap().name
}

#[test]
fn n031_igpm_domain3_generate_report() {
    everywhere(async |ground| {
        let (options, mut last, task) = (InfrastructureOptions::default(), None, Task::default());
        let mut times = Vec::new();
        for report in
            [ReportType::InfrastructureXml, ReportType::InfrastructureXml, ReportType::InfrastructureRefreshXml]
        {
            let xml = infrastructure_report(&ground.domain, &options, report, &mut last, &task).await.unwrap();
            let document = roxmltree::Document::parse(&xml).unwrap();
            let root = document.root_element();
            assert_eq!(root.tag_name().name(), "InfrastructureStatus");
            assert_eq!(root.tag_name().namespace(), Some(INFRASTRUCTURE_NAMESPACE));
            assert_eq!(root.attribute("domain"), Some(ground.name().as_str()));
            times.push(last.as_ref().unwrap().gathered);
        }
        assert_eq!(times[0], times[1], "repInfraXML shows what was gathered");
        assert!(times[1] <= times[2], "repInfraRefreshXML gathers anew");
        let refused = infrastructure_report(&ground.domain, &options, ReportType::Html, &mut last, &task).await;
        assert!(refused.is_err());
    });
}

#[test]
fn n032_igpm_domain3_infrastructure_dc_get() {
    everywhere(async |ground| {
        assert_eq!(InfrastructureOptions::default().infrastructure_dc, None, "the PDC emulator until another is put");
        let found = status(ground, &InfrastructureOptions::default()).await;
        assert_eq!(found.baseline, pdc_emulator(ground).await);
        assert_eq!(found.baseline().unwrap().sync, SyncState::InSync);
    });
}

#[test]
fn n033_igpm_domain3_infrastructure_dc_put() {
    everywhere(async |ground| {
        let name = pdc_emulator(ground).await;
        let netbios = name.split('.').next().unwrap().to_uppercase();
        let options = InfrastructureOptions { infrastructure_dc: Some(netbios), ..Default::default() };
        assert_eq!(status(ground, &options).await.baseline, name);
        let nobody = InfrastructureOptions { infrastructure_dc: Some("nobody".to_owned()), ..Default::default() };
        let error = infrastructure_status(&ground.domain, &nobody, &Task::default()).await.unwrap_err();
        assert!(error.to_string().contains(&name), "it names those there are: {error}");
    });
}

#[test]
fn n034_igpm_domain3_infrastructure_flags_put() {
    everywhere(async |ground| {
        let options = InfrastructureOptions { infrastructure_flags: 0x8000_0001, ..Default::default() };
        let found = status(ground, &options).await;
        assert_eq!(found.flags, 0x8000_0001, "kept, since nobody tells what it means");
        assert!(found.to_xml().contains("flags=\"2147483649\""));
    });
}

#[test]
fn n090_igpm_gpo3_infrastructure_dc_get() {
    everywhere(async |ground| {
        let options = InfrastructureOptions { gpo: Some(ground.gpo), ..Default::default() };
        let found = status(ground, &options).await;
        assert_eq!((found.gpo, found.baseline.clone()), (Some(ground.gpo), pdc_emulator(ground).await));
        let baseline = found.baseline().unwrap();
        assert_eq!(baseline.gpos.iter().map(|gpo| gpo.id).collect::<Vec<_>>(), [ground.gpo]);
        assert!(baseline.gpos[0].directory.is_some() && baseline.gpos[0].sysvol.is_some());
    });
}

#[test]
fn n091_igpm_gpo3_infrastructure_dc_put() {
    everywhere(async |ground| {
        let name = pdc_emulator(ground).await;
        let options = InfrastructureOptions {
            gpo: Some(ground.gpo),
            infrastructure_dc: Some(name.to_uppercase()),
            ..Default::default()
        };
        assert_eq!(status(ground, &options).await.baseline, name);
    });
}

#[test]
fn n092_igpm_gpo3_infrastructure_flags_put() {
    everywhere(async |ground| {
        let options = InfrastructureOptions { gpo: Some(ground.gpo), infrastructure_flags: 7, ..Default::default() };
        assert_eq!(status(ground, &options).await.flags, 7);
    });
}
