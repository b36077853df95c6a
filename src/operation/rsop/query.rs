//! A question for the resultant set of policy (IGPMRSOP): set its properties, create the results, report them, release them.
//!
//! In planning mode the results are computed here, on any domain ([`super::plan_query`]); in logging mode the computer itself is asked
//! ([`super::collect`]). There is no WMI on this side of either, so that no namespace is made.

use std::path::Path;
use std::sync::Arc;

use crate::gpm::constants::{
    RSOP_NO_COMPUTER, RSOP_NO_USER, RSOP_PLANNING_ASSUME_COMP_WQLFILTER_TRUE, RSOP_PLANNING_ASSUME_LOOPBACK_MERGE,
    RSOP_PLANNING_ASSUME_LOOPBACK_REPLACE, RSOP_PLANNING_ASSUME_SLOW_LINK, RSOP_PLANNING_ASSUME_USER_WQLFILTER_TRUE,
    ReportType, RsopMode,
};
use crate::gpm::{
    Domain, Forest, ForestSnapshot, HResult, LoadError, LoadOptions, MessageId, OperationError, StatusMessage, Task,
    Trustee,
};
use crate::ident::{Dn, DnsName, Guid, Sid};
use crate::operation::{Reporting, render_rsop, write_whole};
use crate::report::{HtmlOptions, ReportFormat, RsopReport};
use crate::rsop::{Assumptions, LoopbackMode, WmiAssumption};
use crate::store::{ControllerChoice, ForestStore};

use super::collect::{
    CollectOptions, CollectedResult, Collection, NameError, RemoteComputer, ResultSides, ResultTool, TargetComputer,
    collect_results, logging_enumerate_users,
};
use super::planning::REPORT_STEPS;
use super::{PlanQuery, Planned, PolicyCache, plan_query};

/// A question for the resultant set of policy (IGPMRSOP). Clones share the results that were created.
#[derive(Clone, Debug)]
pub struct Rsop {
    mode: RsopMode,
    logging_flags: u32,
    planning_flags: u32,
    /// The computer that is asked (LoggingComputer); empty or `.` for this one.
    pub logging_computer: String,
    /// The user whose results are asked for (LoggingUser), `DOMAIN\name`; empty for the account that asks.
    pub logging_user: String,
    /// How the computer is asked, which Microsoft's object model has no property for.
    pub logging_options: CollectOptions,
    /// The domain controller whose data are planned with (PlanningDomainController), by DNS or NetBIOS name; empty for those in use.
    pub planning_domain_controller: String,
    /// The site that is assumed (PlanningSiteName); empty for the computer's own where the directory knows it.
    pub planning_site_name: String,
    /// The user (PlanningUser), `DOMAIN\name`; empty for whoever might lie in `planning_user_som`.
    pub planning_user: String,
    /// DN of the container that is assumed for the user (PlanningUserSOM); empty for its own.
    pub planning_user_som: String,
    /// The WMI filters that are true for user policy, all others are false (PlanningUserWMIFilters); none where nothing is known of them.
    pub planning_user_wmi_filters: Option<Vec<Guid>>,
    /// The groups that the user is imagined in, instead of its own (PlanningUserSecurityGroups).
    pub planning_user_security_groups: Option<Vec<Sid>>,
    /// The computer (PlanningComputer), `DOMAIN\name`; empty for whatever might lie in `planning_computer_som`.
    pub planning_computer: String,
    /// DN of the container that is assumed for the computer (PlanningComputerSOM); empty for its own.
    pub planning_computer_som: String,
    /// The WMI filters that are true for computer policy, all others are false (PlanningComputerWMIFilters); none where nothing is known of them.
    pub planning_computer_wmi_filters: Option<Vec<Guid>>,
    /// The groups that the computer is imagined in, instead of its own (PlanningComputerSecurityGroups).
    pub planning_computer_security_groups: Option<Vec<Sid>>,
    cache: PolicyCache,
    results: Option<QueryResults>,
}

/// What a query came to.
#[derive(Clone, Debug)]
pub enum QueryResults {
    /// A plan, and the forest it was made on.
    Planned(Box<Planned>),
    /// What a computer told.
    Logged(Arc<CollectedResult>),
}

/// The flags that may be set in logging mode, and in planning mode.
const LOGGING_FLAGS: u32 = RSOP_NO_COMPUTER | RSOP_NO_USER;
const PLANNING_FLAGS: u32 = LOGGING_FLAGS
    | RSOP_PLANNING_ASSUME_SLOW_LINK
    | RSOP_PLANNING_ASSUME_LOOPBACK_MERGE
    | RSOP_PLANNING_ASSUME_LOOPBACK_REPLACE
    | RSOP_PLANNING_ASSUME_USER_WQLFILTER_TRUE
    | RSOP_PLANNING_ASSUME_COMP_WQLFILTER_TRUE;

impl Rsop {
    /// Returns a query without any property set (IGPM.GetRSOP). `namespace` and `flags` are those of Microsoft's call: mode rsopUnknown reads
    /// an existing WMI namespace, which there is none of here.
    ///
    /// # Errors
    /// Refuses flags other than 0, a namespace in planning or logging mode, and the mode rsopUnknown: without a namespace as an argument that
    /// is missing, with one as not supported.
    pub fn new(mode: RsopMode, namespace: Option<&str>, flags: u32) -> Result<Self, OperationError> {
        let namespace = namespace.filter(|namespace| !namespace.is_empty());
        match (mode, namespace) {
            (_, _) if flags != 0 => return Err(invalid("the flags of GetRSOP must be 0")),
            (RsopMode::Unknown, None) => return Err(invalid("the mode rsopUnknown needs a namespace")),
            (RsopMode::Unknown, Some(namespace)) => {
                let message = "there is no WMI on this platform to read the namespace from; use planning or logging mode, or open a file that \
                    gpresult /X wrote";
                let message = StatusMessage::error(MessageId::InvalidArgument, HResult::NOT_SUPPORTED, message);
                return Err(OperationError::new(message.about(namespace)));
            }
            (RsopMode::Planning | RsopMode::Logging, Some(_)) => {
                return Err(invalid("a namespace goes with the mode rsopUnknown alone"));
            }
            (RsopMode::Planning | RsopMode::Logging, None) => {}
        }
        Ok(Rsop {
            mode,
            logging_flags: 0,
            planning_flags: 0,
            logging_computer: String::new(),
            logging_user: String::new(),
            logging_options: CollectOptions::default(),
            planning_domain_controller: String::new(),
            planning_site_name: String::new(),
            planning_user: String::new(),
            planning_user_som: String::new(),
            planning_user_wmi_filters: None,
            planning_user_security_groups: None,
            planning_computer: String::new(),
            planning_computer_som: String::new(),
            planning_computer_wmi_filters: None,
            planning_computer_security_groups: None,
            cache: PolicyCache::default(),
            results: None,
        })
    }

    /// Returns its mode (Mode).
    pub fn mode(&self) -> RsopMode {
        self.mode
    }

    /// Returns the WMI namespace of the results (Namespace). There is none on this platform, before as after the results are created: always
    /// empty. What Windows keeps there is in [`Self::results`].
    pub fn namespace(&self) -> &'static str {
        ""
    }

    /// Returns the flags of logging mode (LoggingFlags).
    pub fn logging_flags(&self) -> u32 {
        self.logging_flags
    }

    /// Sets the flags of logging mode (LoggingFlags): RSOP_NO_COMPUTER or RSOP_NO_USER.
    ///
    /// # Errors
    /// Refuses both at once, and flags that are not known; nothing changes then.
    pub fn set_logging_flags(&mut self, flags: u32) -> Result<(), OperationError> {
        check_flags(flags, LOGGING_FLAGS, "LoggingFlags")?;
        self.logging_flags = flags;
        Ok(())
    }

    /// Returns the flags of planning mode (PlanningFlags).
    pub fn planning_flags(&self) -> u32 {
        self.planning_flags
    }

    /// Sets the flags of planning mode (PlanningFlags): RSOP_NO_COMPUTER or RSOP_NO_USER, and any of RSOP_PLANNING_ASSUME_….
    ///
    /// # Errors
    /// Refuses RSOP_NO_COMPUTER with RSOP_NO_USER, both kinds of loopback at once, and flags that are not known; nothing changes then.
    pub fn set_planning_flags(&mut self, flags: u32) -> Result<(), OperationError> {
        check_flags(flags, PLANNING_FLAGS, "PlanningFlags")?;
        const LOOPBACK: u32 = RSOP_PLANNING_ASSUME_LOOPBACK_MERGE | RSOP_PLANNING_ASSUME_LOOPBACK_REPLACE;
        if flags & LOOPBACK == LOOPBACK {
            return Err(invalid("PlanningFlags: loopback either merges or replaces; set one of the two"));
        }
        self.planning_flags = flags;
        Ok(())
    }

    /// Returns what the query came to; none before [`Self::create_query_results`] and after [`Self::release_query_results`].
    pub fn results(&self) -> Option<&QueryResults> {
        self.results.as_ref()
    }

    /// Runs the query with the properties set before (CreateQueryResults). Results created before are replaced; where it fails, they are
    /// released.
    ///
    /// # Errors
    /// In planning mode as [`plan_query`], in logging mode as [`collect_results`].
    pub async fn create_query_results(
        &mut self,
        store: &Arc<dyn ForestStore>,
        forest: &Arc<ForestSnapshot>,
        task: &Task,
    ) -> Result<(), OperationError> {
        self.release_query_results();
        self.results = Some(match self.mode {
            RsopMode::Planning => QueryResults::Planned(Box::new(self.plan(store, forest, task).await?)),
            RsopMode::Logging | RsopMode::Unknown => {
                let collected = collect_results(&self.collection()?, &self.logging_options, task).await?;
                QueryResults::Logged(Arc::new(collected))
            }
        });
        Ok(())
    }

    /// Drops what the query came to (ReleaseQueryResults). Does nothing where nothing was created.
    pub fn release_query_results(&mut self) {
        self.results = None;
    }

    /// Lists the users whose results the computer of `logging_computer` has (LoggingEnumerateUsers).
    ///
    /// # Errors
    /// As [`logging_enumerate_users`]; in planning mode there are none to list.
    pub async fn logging_enumerate_users(&self, task: &Task) -> Result<Vec<Trustee>, OperationError> {
        if self.mode == RsopMode::Planning {
            return Err(invalid("users with results are listed in logging mode"));
        }
        let found = logging_enumerate_users(&self.target_computer()?, &self.logging_options, task).await?;
        Ok(found.users)
    }

    /// Reports the results (GenerateReport), as repXML or repHTML.
    ///
    /// # Errors
    /// Fails where no results were created, for other types of report, or where it was cancelled.
    pub async fn generate_report(
        &self,
        store: &Arc<dyn ForestStore>,
        reporting: &Reporting,
        kind: ReportType,
        task: &Task,
    ) -> Result<Vec<u8>, OperationError> {
        if !matches!(kind, ReportType::Xml | ReportType::Html) {
            let message = "a resultant set of policy is reported as repXML or repHTML";
            return Err(OperationError::new(StatusMessage::error(
                MessageId::InvalidArgument,
                HResult::NOT_SUPPORTED,
                message,
            )));
        }
        let results = self.results.as_ref();
        let results = results.ok_or_else(|| invalid("there are no results to report: create them first"))?;
        task.progress(0, REPORT_STEPS);
        task.activity("Reporting the results");
        let report: RsopReport = match results {
            QueryResults::Planned(planned) => planned.report(store, reporting, task).await?,
            QueryResults::Logged(collected) if kind == ReportType::Xml => return Ok(collected.xml.clone()),
            QueryResults::Logged(collected) => collected.report.clone(),
        };
        task.checkpoint()?;
        let format = if kind == ReportType::Html { ReportFormat::Html } else { ReportFormat::Xml };
        let bytes = render_rsop(&report, format, HtmlOptions::default());
        task.progress(REPORT_STEPS, REPORT_STEPS);
        Ok(bytes)
    }

    /// Reports the results into a file (GenerateReportToFile).
    ///
    /// # Errors
    /// As [`Self::generate_report`], and where the file cannot be written; no part of it is left then.
    pub async fn generate_report_to_file(
        &self,
        store: &Arc<dyn ForestStore>,
        reporting: &Reporting,
        kind: ReportType,
        file: &Path,
    ) -> Result<(), OperationError> {
        let report = self.generate_report(store, reporting, kind, &Task::default()).await?;
        write_whole(file, &report).map_err(|error| {
            let message = format!("the report cannot be written: {error}");
            let message = StatusMessage::error(MessageId::FileWriteFailed, HResult::FAIL, message);
            OperationError::new(message.about(file.display()))
        })
    }

    async fn plan(
        &self,
        store: &Arc<dyn ForestStore>,
        forest: &Arc<ForestSnapshot>,
        task: &Task,
    ) -> Result<Planned, OperationError> {
        let query = self.plan_query()?;
        let Some(controller) = filled(&self.planning_domain_controller) else {
            return plan_query(store, forest, &query, &self.cache, task).await;
        };
        let domain = controller_domain(forest, controller, store);
        let choice = ControllerChoice::Named(controller.to_owned());
        let opened = task.or_cancel(Domain::open_on(store, &domain, choice)).await?;
        let view = opened.map_err(|error| OperationError::of_directory(&error))?.store().clone();
        let loaded = Forest::load(view.clone(), &LoadOptions::default(), task).await;
        let forest = loaded.map_err(|error| match error {
            LoadError::Store(error) => OperationError::of_directory(&error),
            LoadError::Cancelled(cancelled) => cancelled.into(),
        })?;
        // What one controller told is not kept for another.
        plan_query(&view, &forest, &query, &PolicyCache::default(), task).await
    }

    /// Returns what is planned.
    fn plan_query(&self) -> Result<PlanQuery, OperationError> {
        let flag = |flag: u32| self.planning_flags & flag != 0;
        let loopback = match () {
            () if flag(RSOP_PLANNING_ASSUME_LOOPBACK_MERGE) => Some(LoopbackMode::Merge),
            () if flag(RSOP_PLANNING_ASSUME_LOOPBACK_REPLACE) => Some(LoopbackMode::Replace),
            () => None,
        };
        let wmi = |all_true: bool, only: &Option<Vec<Guid>>| match only {
            _ if all_true => WmiAssumption::AllTrue,
            Some(only) => WmiAssumption::Only(only.clone()),
            None => WmiAssumption::Unknown,
        };
        let place = |text: &str| filled(text).map(parse_place).transpose();
        let mut assumptions = Assumptions {
            site: filled(&self.planning_site_name).map(str::to_owned),
            user_wmi: wmi(flag(RSOP_PLANNING_ASSUME_USER_WQLFILTER_TRUE), &self.planning_user_wmi_filters),
            computer_wmi: wmi(flag(RSOP_PLANNING_ASSUME_COMP_WQLFILTER_TRUE), &self.planning_computer_wmi_filters),
            slow_link: flag(RSOP_PLANNING_ASSUME_SLOW_LINK),
            loopback,
            ..Assumptions::default()
        };
        let mut query = PlanQuery::default();
        if !flag(RSOP_NO_USER) {
            query.user = filled(&self.planning_user).map(str::to_owned);
            assumptions.user_place = place(&self.planning_user_som)?;
            assumptions.user_groups = self.planning_user_security_groups.clone();
        }
        if !flag(RSOP_NO_COMPUTER) {
            query.computer = filled(&self.planning_computer).map(str::to_owned);
            assumptions.computer_place = place(&self.planning_computer_som)?;
            assumptions.computer_groups = self.planning_computer_security_groups.clone();
        }
        Ok(PlanQuery { assumptions, ..query })
    }

    /// Returns what is collected.
    fn collection(&self) -> Result<Collection, OperationError> {
        let flag = |flag: u32| self.logging_flags & flag != 0;
        let sides = ResultSides::without(flag(RSOP_NO_COMPUTER), flag(RSOP_NO_USER));
        let user = filled(&self.logging_user).map(str::parse).transpose();
        Ok(Collection {
            computer: self.target_computer()?,
            tool: ResultTool::Gpresult,
            sides: sides.ok_or_else(|| invalid("LoggingFlags: either user or computer may be left out"))?,
            user: user.map_err(|error: NameError| invalid(&error.to_string()))?,
        })
    }

    fn target_computer(&self) -> Result<TargetComputer, OperationError> {
        match filled(&self.logging_computer) {
            None | Some(".") => Ok(TargetComputer::This),
            Some(host) => {
                let host = host.parse().map_err(|error: NameError| invalid(&error.to_string()))?;
                Ok(TargetComputer::Remote(RemoteComputer { host, user: None }))
            }
        }
    }
}

/// Returns the domain of a domain controller, as the forest names its controllers; else the domain of the connection.
fn controller_domain(forest: &ForestSnapshot, controller: &str, store: &Arc<dyn ForestStore>) -> DnsName {
    let serves = |domain: &&crate::gpm::DomainSnapshot| {
        let is_it = |own: &str| crate::store::is_controller(own, controller);
        domain.domain_controllers.iter().any(|own| is_it(&own.name)) || is_it(&domain.domain_controller)
    };
    let found = forest.domains.iter().find(serves).map(|domain| domain.name.clone());
    found.unwrap_or_else(|| store.directory().root_dse().domain.clone())
}

fn check_flags(flags: u32, known: u32, property: &str) -> Result<(), OperationError> {
    if flags & !known != 0 {
        return Err(invalid(&format!("{property}: 0x{:X} are no flags of it", flags & !known)));
    }
    if flags & LOGGING_FLAGS == LOGGING_FLAGS {
        return Err(invalid(&format!("{property}: either user or computer may be left out, not both")));
    }
    Ok(())
}

fn parse_place(text: &str) -> Result<Dn, OperationError> {
    text.parse().map_err(|error| invalid(&format!("`{text}` is no DN of a container: {error}")))
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn invalid(message: &str) -> OperationError {
    OperationError::new(StatusMessage::error(MessageId::InvalidArgument, HResult::INVALID_ARGUMENT, message))
}
