//! IGPMRSOP and IGPM.GetRSOP: planning on the ground's forest; logging as far as it goes without a computer to ask.

use std::sync::{Arc, Mutex};

use opengpmc::gpm::constants::{
    RSOP_NO_COMPUTER, RSOP_NO_USER, RSOP_PLANNING_ASSUME_COMP_WQLFILTER_TRUE, RSOP_PLANNING_ASSUME_LOOPBACK_MERGE,
    RSOP_PLANNING_ASSUME_LOOPBACK_REPLACE, RSOP_PLANNING_ASSUME_SLOW_LINK, RSOP_PLANNING_ASSUME_USER_WQLFILTER_TRUE,
    ReportType, RsopMode,
};
use opengpmc::gpm::{ForestSnapshot, HResult, StatusCall, Task, start};
use opengpmc::ident::{Dn, Guid, Sid};
use opengpmc::operation::rsop::{Planned, QueryResults, Rsop};
use opengpmc::report::read_rsop;
use opengpmc::report::rsop::RsopDataType;
use opengpmc::rsop::{LoopbackMode, SidePlan, Subject, WmiAssumption};

use super::ground::{Ground, everywhere, reporting};

fn planning() -> Rsop {
    Rsop::new(RsopMode::Planning, None, 0).unwrap()
}

fn logging() -> Rsop {
    Rsop::new(RsopMode::Logging, None, 0).unwrap()
}

/// An OU with a GPO that applies there, and the forest that has them.
struct Place {
    ou: Dn,
    gpo: Guid,
    forest: Arc<ForestSnapshot>,
}

impl Place {
    async fn new(ground: &Ground) -> Self {
        let (ou, gpo) = ground.new_ou_with_gpo("Planned").await;
        Place { ou, gpo, forest: ground.load().await }
    }

    /// Returns a query for any computer that lies there.
    fn computer(&self) -> Rsop {
        let mut rsop = planning();
        rsop.planning_computer_som = self.ou.to_string();
        rsop
    }

    async fn planned(&self, ground: &Ground, rsop: &mut Rsop) -> Box<Planned> {
        rsop.create_query_results(&ground.store, &self.forest, &Task::default()).await.unwrap();
        match rsop.results() {
            Some(QueryResults::Planned(planned)) => planned.clone(),
            _ => panic!("no plan"),
        }
    }

    /// Tells whether the GPO applies to a side; none where it is not in scope.
    fn applies(&self, side: &Option<SidePlan>) -> Option<bool> {
        let links = &side.as_ref().unwrap().candidates;
        let own = links.iter().find(|link| link.gpo.id == self.gpo && link.som == self.ou);
        own.map(|link| link.verdict.is_applied())
    }
}

async fn refused(ground: &Ground, rsop: &mut Rsop) -> HResult {
    rsop.create_query_results(&ground.store, &ground.forest, &Task::default()).await.unwrap_err().0.code
}

#[test]
fn n004_igpm_get_rsop() {
    assert_eq!(planning().mode(), RsopMode::Planning);
    assert_eq!(logging().mode(), RsopMode::Logging);
    for (mode, namespace, flags, expected) in [
        (RsopMode::Planning, None, 1, HResult::INVALID_ARGUMENT),
        (RsopMode::Planning, Some(r"\\.\root\rsop\x"), 0, HResult::INVALID_ARGUMENT),
        (RsopMode::Unknown, None, 0, HResult::INVALID_ARGUMENT),
        // There is no WMI to read it from.
        (RsopMode::Unknown, Some(r"\\.\root\rsop\x"), 0, HResult::NOT_SUPPORTED),
    ] {
        assert_eq!(Rsop::new(mode, namespace, flags).unwrap_err().0.code, expected);
    }
}

#[test]
fn n183_igpm_rsop_mode_get() {
    for mode in [RsopMode::Planning, RsopMode::Logging] {
        assert_eq!(Rsop::new(mode, None, 0).unwrap().mode(), mode);
    }
}

#[test]
fn n184_igpm_rsop_namespace_get() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = place.computer();
        assert_eq!(rsop.namespace(), "");
        place.planned(ground, &mut rsop).await;
        assert_eq!(rsop.namespace(), "", "no namespace of WMI is made");
    });
}

#[test]
fn n185_igpm_rsop_logging_computer_put() {
    everywhere(async |ground| {
        let mut rsop = logging();
        rsop.logging_computer = "-oProxyCommand=x".to_owned();
        assert_eq!(refused(ground, &mut rsop).await, HResult::INVALID_ARGUMENT, "no name of a computer");
    });
}

#[test]
fn n186_igpm_rsop_logging_computer_get() {
    let mut rsop = logging();
    assert_eq!(rsop.logging_computer, "");
    rsop.logging_computer = "pc1.corp.example".to_owned();
    assert_eq!(rsop.logging_computer, "pc1.corp.example");
}

#[test]
fn n187_igpm_rsop_logging_user_put() {
    everywhere(async |ground| {
        let mut rsop = logging();
        rsop.logging_computer = "pc1.corp.example".to_owned();
        rsop.logging_user = "ann; rm".to_owned();
        assert_eq!(refused(ground, &mut rsop).await, HResult::INVALID_ARGUMENT, "no name of a user");
    });
}

#[test]
fn n188_igpm_rsop_logging_user_get() {
    let mut rsop = logging();
    rsop.logging_user = r"CORP\ann".to_owned();
    assert_eq!(rsop.logging_user, r"CORP\ann");
}

#[test]
fn n189_igpm_rsop_logging_flags_put() {
    let mut rsop = logging();
    rsop.set_logging_flags(RSOP_NO_USER).unwrap();
    for flags in [RSOP_NO_USER | RSOP_NO_COMPUTER, RSOP_PLANNING_ASSUME_SLOW_LINK] {
        assert_eq!(rsop.set_logging_flags(flags).unwrap_err().0.code, HResult::INVALID_ARGUMENT);
        assert_eq!(rsop.logging_flags(), RSOP_NO_USER, "what was refused changed nothing");
    }
}

#[test]
fn n190_igpm_rsop_logging_flags_get() {
    let mut rsop = logging();
    assert_eq!(rsop.logging_flags(), 0);
    rsop.set_logging_flags(RSOP_NO_COMPUTER).unwrap();
    assert_eq!(rsop.logging_flags(), RSOP_NO_COMPUTER);
}

/// Case K2 of `rsop-cases.md` too: one side, the other, and not neither.
#[test]
fn n191_igpm_rsop_planning_flags_put() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = place.computer();
        rsop.planning_user_som = place.ou.to_string();
        for (flags, computer, user) in [(0, true, true), (RSOP_NO_USER, true, false), (RSOP_NO_COMPUTER, false, true)] {
            rsop.set_planning_flags(flags).unwrap();
            let plan = place.planned(ground, &mut rsop).await.plan;
            assert_eq!((plan.computer.is_some(), plan.user.is_some()), (computer, user), "{flags:#x}");
        }
        for flags in [
            RSOP_NO_USER | RSOP_NO_COMPUTER,
            RSOP_PLANNING_ASSUME_LOOPBACK_MERGE | RSOP_PLANNING_ASSUME_LOOPBACK_REPLACE,
            0x8000,
        ] {
            assert_eq!(rsop.set_planning_flags(flags).unwrap_err().0.code, HResult::INVALID_ARGUMENT);
            assert_eq!(rsop.planning_flags(), RSOP_NO_COMPUTER, "what was refused changed nothing");
        }
        for (flag, expected) in [
            (RSOP_PLANNING_ASSUME_LOOPBACK_MERGE, LoopbackMode::Merge),
            (RSOP_PLANNING_ASSUME_LOOPBACK_REPLACE, LoopbackMode::Replace),
        ] {
            rsop.set_planning_flags(flag | RSOP_PLANNING_ASSUME_SLOW_LINK).unwrap();
            let planned = place.planned(ground, &mut rsop).await;
            assert_eq!(planned.plan.loopback.mode, Some(expected));
            assert!(planned.assumptions.slow_link);
        }
    });
}

#[test]
fn n192_igpm_rsop_planning_flags_get() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = place.computer();
        assert_eq!(rsop.planning_flags(), 0);
        let both = RSOP_PLANNING_ASSUME_USER_WQLFILTER_TRUE | RSOP_PLANNING_ASSUME_COMP_WQLFILTER_TRUE;
        rsop.set_planning_flags(both).unwrap();
        assert_eq!(rsop.planning_flags(), both);
        let assumptions = place.planned(ground, &mut rsop).await.assumptions;
        assert_eq!((assumptions.user_wmi, assumptions.computer_wmi), (WmiAssumption::AllTrue, WmiAssumption::AllTrue));
    });
}

#[test]
fn n193_igpm_rsop_planning_domain_controller_put() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = place.computer();
        rsop.planning_domain_controller = ground.domain.domain_controller().to_uppercase();
        let plan = place.planned(ground, &mut rsop).await.plan;
        assert_eq!(place.applies(&plan.computer), Some(true));
        rsop.planning_domain_controller = "nobody".to_owned();
        let error = rsop.create_query_results(&ground.store, &ground.forest, &Task::default()).await.unwrap_err();
        assert!(error.to_string().contains("nobody"), "{error}");
        assert!(rsop.results().is_none(), "what was created before is released");
    });
}

#[test]
fn n194_igpm_rsop_planning_domain_controller_get() {
    let mut rsop = planning();
    rsop.planning_domain_controller = "dc1".to_owned();
    assert_eq!(rsop.planning_domain_controller, "dc1");
}

#[test]
fn n195_igpm_rsop_planning_site_name_put() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = place.computer();
        rsop.planning_site_name = ground.site.name();
        let side = place.planned(ground, &mut rsop).await.plan.computer.unwrap();
        assert_eq!(side.site, Some(ground.site.name()));
        let of_site = side.candidates.iter().find(|candidate| candidate.som == ground.site).unwrap();
        assert_eq!(of_site.gpo.id, ground.gpo);
        rsop.planning_site_name = "Nowhere".to_owned();
        assert_eq!(refused(ground, &mut rsop).await, HResult::INVALID_ARGUMENT);
    });
}

#[test]
fn n196_igpm_rsop_planning_site_name_get() {
    let mut rsop = planning();
    rsop.planning_site_name = "Berlin".to_owned();
    assert_eq!(rsop.planning_site_name, "Berlin");
}

#[test]
fn n197_igpm_rsop_planning_user_put() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = planning();
        rsop.planning_user = "Administrator".to_owned();
        let planned = place.planned(ground, &mut rsop).await;
        let Some(Subject::Account(account)) = planned.target.user else { panic!("{:?}", planned.target) };
        assert_eq!(account.sid.rid(), Some(500));
        assert!(account.groups.iter().any(|sid| sid.rid() == Some(512)), "{:?}", account.groups);
        assert!(planned.plan.computer.is_none());
        rsop.planning_user = "nobody at all".to_owned();
        assert_eq!(refused(ground, &mut rsop).await, HResult::NONE_MAPPED);
    });
}

#[test]
fn n198_igpm_rsop_planning_user_get() {
    let mut rsop = planning();
    rsop.planning_user = r"CORP\ann".to_owned();
    assert_eq!(rsop.planning_user, r"CORP\ann");
}

#[test]
fn n199_igpm_rsop_planning_user_som_put() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = planning();
        rsop.planning_user = "Administrator".to_owned();
        rsop.planning_user_som = place.ou.to_string();
        let plan = place.planned(ground, &mut rsop).await.plan;
        assert_eq!(plan.user.as_ref().unwrap().place, place.ou, "imagined there");
        assert_eq!(place.applies(&plan.user), Some(true));
        for wrong in ["no DN", "OU=None,DC=elsewhere,DC=example"] {
            rsop.planning_user_som = wrong.to_owned();
            assert_eq!(refused(ground, &mut rsop).await, HResult::INVALID_ARGUMENT, "{wrong}");
        }
    });
}

#[test]
fn n200_igpm_rsop_planning_user_som_get() {
    let mut rsop = planning();
    rsop.planning_user_som = "OU=Staff,DC=corp,DC=example".to_owned();
    assert_eq!(rsop.planning_user_som, "OU=Staff,DC=corp,DC=example");
}

#[test]
fn n201_igpm_rsop_planning_user_wmi_filters_put() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = planning();
        rsop.planning_user_som = place.ou.to_string();
        rsop.planning_computer_som = place.ou.to_string();
        for (filters, expected) in [(None, true), (Some(vec![ground.filter]), true), (Some(vec![Guid::NIL]), false)] {
            rsop.planning_user_wmi_filters = filters;
            assert_eq!(place.applies(&place.planned(ground, &mut rsop).await.plan.user), Some(expected));
        }
    });
}

#[test]
fn n202_igpm_rsop_planning_user_wmi_filters_get() {
    let mut rsop = planning();
    rsop.planning_user_wmi_filters = Some(vec![Guid::NIL]);
    assert_eq!(rsop.planning_user_wmi_filters, Some(vec![Guid::NIL]));
}

#[test]
fn n203_igpm_rsop_planning_user_security_groups_put() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = planning();
        rsop.planning_user = "Administrator".to_owned();
        let group: Sid = "S-1-5-21-1-2-3-1104".parse().unwrap();
        rsop.planning_user_security_groups = Some(vec![group.clone()]);
        let user = place.planned(ground, &mut rsop).await.plan.user.unwrap();
        assert!(user.token.contains(&group));
        assert!(!user.token.iter().any(|sid| sid.rid() == Some(512)), "its own groups are replaced: {:?}", user.token);
    });
}

#[test]
fn n204_igpm_rsop_planning_user_security_groups_get() {
    let mut rsop = planning();
    rsop.planning_user_security_groups = Some(vec![Sid::everyone()]);
    assert_eq!(rsop.planning_user_security_groups, Some(vec![Sid::everyone()]));
}

#[test]
fn n205_igpm_rsop_planning_computer_put() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = planning();
        rsop.planning_computer = ground.domain.domain_controller().split('.').next().unwrap().to_owned();
        if ground.domain.domain_controller() == "demo" {
            rsop.planning_computer = "KB-DC1".to_owned();
        }
        let planned = place.planned(ground, &mut rsop).await;
        let Some(Subject::Account(account)) = planned.target.computer else { panic!("{:?}", planned.target) };
        assert!(account.name.ends_with('$'), "{}", account.name);
        assert!(planned.assumptions.site.is_some(), "the site of a domain controller is known");
    });
}

#[test]
fn n206_igpm_rsop_planning_computer_get() {
    let mut rsop = planning();
    rsop.planning_computer = r"CORP\PC1".to_owned();
    assert_eq!(rsop.planning_computer, r"CORP\PC1");
}

/// Case K1 of `rsop-cases.md` too: a container instead of an account, with groups.
#[test]
fn n207_igpm_rsop_planning_computer_som_put() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = place.computer();
        let group: Sid = "S-1-5-21-1-2-3-1104".parse().unwrap();
        rsop.planning_computer_security_groups = Some(vec![group.clone()]);
        let planned = place.planned(ground, &mut rsop).await;
        assert_eq!(planned.target.computer, Some(Subject::Container(place.ou.clone())));
        let side = planned.plan.computer.as_ref().unwrap();
        assert!(side.token.contains(&group) && side.token.contains(&Sid::everyone()), "{:?}", side.token);
        assert_eq!(place.applies(&planned.plan.computer), Some(true));
    });
}

#[test]
fn n208_igpm_rsop_planning_computer_som_get() {
    let mut rsop = planning();
    rsop.planning_computer_som = "OU=Desks,DC=corp,DC=example".to_owned();
    assert_eq!(rsop.planning_computer_som, "OU=Desks,DC=corp,DC=example");
}

#[test]
fn n209_igpm_rsop_planning_computer_wmi_filters_put() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = place.computer();
        for (filters, expected) in [(None, true), (Some(vec![ground.filter]), true), (Some(Vec::new()), false)] {
            rsop.planning_computer_wmi_filters = filters;
            let plan = place.planned(ground, &mut rsop).await.plan;
            assert_eq!(place.applies(&plan.computer), Some(expected));
        }
    });
}

#[test]
fn n210_igpm_rsop_planning_computer_wmi_filters_get() {
    let mut rsop = planning();
    rsop.planning_computer_wmi_filters = Some(Vec::new());
    assert_eq!(rsop.planning_computer_wmi_filters, Some(Vec::new()));
}

#[test]
fn n211_igpm_rsop_planning_computer_security_groups_put() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = place.computer();
        let group: Sid = "S-1-5-21-1-2-3-1105".parse().unwrap();
        rsop.planning_computer_security_groups = Some(vec![group.clone()]);
        assert!(place.planned(ground, &mut rsop).await.plan.computer.unwrap().token.contains(&group));
    });
}

#[test]
fn n212_igpm_rsop_planning_computer_security_groups_get() {
    let mut rsop = planning();
    rsop.planning_computer_security_groups = Some(vec![Sid::everyone()]);
    assert_eq!(rsop.planning_computer_security_groups, Some(vec![Sid::everyone()]));
}

#[test]
fn n213_igpm_rsop_logging_enumerate_users() {
    everywhere(async |_| {
        // A computer that is asked and answers stands in tests/library/rsop_collect.rs.
        let error = planning().logging_enumerate_users(&Task::default()).await.unwrap_err();
        assert_eq!(error.0.code, HResult::INVALID_ARGUMENT, "in logging mode alone");
        let mut rsop = logging();
        rsop.logging_options.ssh = "/no/such/ssh".into();
        rsop.logging_computer = "pc1.corp.example".to_owned();
        let error = rsop.logging_enumerate_users(&Task::default()).await.unwrap_err();
        assert!(error.to_string().contains("ssh"), "{error}");
    });
}

#[test]
fn n214_igpm_rsop_create_query_results() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = place.computer();
        let plan = place.planned(ground, &mut rsop).await.plan;
        assert_eq!(place.applies(&plan.computer), Some(true));
        // Case K9 of rsop-cases.md: twice the same.
        assert_eq!(
            serde_json::to_string(&place.planned(ground, &mut rsop).await.plan).unwrap(),
            serde_json::to_string(&plan).unwrap()
        );
        assert_eq!(refused(ground, &mut planning()).await, HResult::INVALID_ARGUMENT, "nobody is asked for");
        let cancelled = Task::default();
        cancelled.cancel();
        let error = rsop.create_query_results(&ground.store, &place.forest, &cancelled).await.unwrap_err();
        assert!(error.is_cancelled() && rsop.results().is_none());
        let mut log = logging();
        log.logging_options.ssh = "/no/such/ssh".into();
        log.logging_computer = "pc1.corp.example".to_owned();
        let error = log.create_query_results(&ground.store, &ground.forest, &Task::default()).await.unwrap_err();
        assert!(error.to_string().contains("ssh"), "{error}");
    });
}

#[test]
fn n215_igpm_rsop_release_query_results() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = place.computer();
        rsop.release_query_results();
        place.planned(ground, &mut rsop).await;
        rsop.release_query_results();
        assert!(rsop.results().is_none());
        let report = rsop.generate_report(&ground.store, &reporting(), ReportType::Xml, &Task::default()).await;
        assert_eq!(report.unwrap_err().0.code, HResult::INVALID_ARGUMENT, "nothing to report any more");
    });
}

#[test]
fn n216_igpm_rsop_generate_report() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = place.computer();
        place.planned(ground, &mut rsop).await;
        let xml = rsop.generate_report(&ground.store, &reporting(), ReportType::Xml, &Task::default()).await.unwrap();
        let report = read_rsop(&xml).unwrap();
        assert_eq!(report.data_type, RsopDataType::Planned);
        let computer = report.computer.unwrap();
        let row = computer.gpos.iter().find(|row| row.id == Some(place.gpo)).unwrap();
        assert!(
            row.is_applied()
                && row.filter_name.is_some()
                && row.security_filters == [r"NT AUTHORITY\Authenticated Users"]
        );
        assert!(computer.events.is_empty());
        let html = rsop.generate_report(&ground.store, &reporting(), ReportType::Html, &Task::default()).await.unwrap();
        assert!(String::from_utf8(html).unwrap().contains("Planned"));
        let task = Task::default();
        let other = rsop.generate_report(&ground.store, &reporting(), ReportType::InfrastructureXml, &task).await;
        assert_eq!(other.unwrap_err().0.code, HResult::NOT_SUPPORTED);

        // In the background, by the contract of all asynchronous members.
        let calls: Arc<Mutex<Vec<(u64, u64, bool)>>> = Arc::default();
        let told = calls.clone();
        let progress = move |call: StatusCall<'_, Vec<u8>>| {
            told.lock().unwrap().push((call.numerator, call.denominator, call.is_finished));
        };
        let store = ground.store.clone();
        let result = start(&tokio::runtime::Handle::current(), progress, move |task| async move {
            rsop.generate_report(&store, &reporting(), ReportType::Xml, &task).await
        });
        let result = result.await;
        assert_eq!((result.overall_status, result.result), (HResult::OK, Some(xml)));
        let calls = calls.lock().unwrap();
        let (last, before) = calls.split_last().unwrap();
        assert!(last.2 && last.0 == last.1, "{calls:?}");
        assert!(before.iter().all(|(done, all, finished)| done < all && !finished), "{calls:?}");
    });
}

#[test]
fn n217_igpm_rsop_generate_report_to_file() {
    everywhere(async |ground| {
        let place = Place::new(ground).await;
        let mut rsop = place.computer();
        place.planned(ground, &mut rsop).await;
        let file = ground.new_folder().join("plan.xml");
        rsop.generate_report_to_file(&ground.store, &reporting(), ReportType::Xml, &file).await.unwrap();
        let xml = rsop.generate_report(&ground.store, &reporting(), ReportType::Xml, &Task::default()).await.unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), xml);
        let nowhere = ground.new_folder().join("none").join("plan.xml");
        let refused = rsop.generate_report_to_file(&ground.store, &reporting(), ReportType::Html, &nowhere).await;
        assert!(refused.unwrap_err().to_string().contains("cannot be written"));
        assert!(!nowhere.exists());
    });
}
