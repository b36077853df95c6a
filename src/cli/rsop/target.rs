//! Whom a plan is for and what is assumed, as options.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};

use crate::gpm::{ForestSnapshot, Task, WmiFilter};
use crate::ident::{Dn, Guid, Sid};
use crate::operation::rsop::{PlanQuery, Subjects};
use crate::rsop::{Assumptions, LoopbackMode, WhatIf, WmiAssumption};
use crate::store::ForestStore;

use super::super::{Session, UsageError};

/// Reads the file of `--what-if`.
pub(super) fn read_what_if(file: &Path) -> anyhow::Result<WhatIf> {
    let text = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    serde_json::from_slice(&text).map_err(|error| {
        let message = format!("{} holds no changes: {error}; `rsop plan --help` shows an example", file.display());
        UsageError(message).into()
    })
}

/// Whom to plan for, and what to assume.
///
/// `--user` of all commands is who logs on; hence `--for-user`. Where nobody logs on, in the demo forest and in files, `--user` says the same.
#[derive(Clone, Debug, Args)]
pub struct TargetArguments {
    /// The user: DOMAIN\name, user principal name, DN or SID; --user will do where nobody logs on: in the demo forest and in files
    #[arg(long, value_name = "USER")]
    for_user: Option<String>,
    /// The computer: DOMAIN\name, DNS name, DN or SID
    #[arg(long, visible_alias = "computer", value_name = "COMPUTER")]
    for_computer: Option<String>,
    /// Imagine the user in this container; without --for-user, any user that lies there
    #[arg(long, value_name = "DN")]
    user_container: Option<Dn>,
    /// Imagine the computer in this container; without --for-computer, any computer that lies there
    #[arg(long, value_name = "DN")]
    computer_container: Option<Dn>,
    /// Imagine the computer in this site
    ///
    /// Without it: the site of a domain controller; none for other computers, because the directory does not know where they stand.
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// Imagine the user in this group and no other; may be given several times
    #[arg(long, value_name = "GROUP")]
    user_group: Vec<String>,
    /// Imagine the computer in this group and no other; may be given several times
    #[arg(long, value_name = "GROUP")]
    computer_group: Vec<String>,
    /// This WMI filter is true, all that are not named are false; its name or GUID, or `all`; may be given several times
    ///
    /// Without it nothing is known of WMI filters: their GPOs apply, with a warning.
    #[arg(long, value_name = "FILTER|all")]
    wmi_true: Vec<String>,
    /// Imagine a slow link to the domain
    #[arg(long)]
    slow_link: bool,
    /// Imagine loopback processing, whatever the computer's policy says
    #[arg(long, value_name = "MODE")]
    loopback: Option<Loopback>,
    /// Imagine the changes in this JSON file, `{"changes": [ … ]}`: links, blocked inheritance, status, filtering, groups, places
    ///
    /// For example {"changes": [{"add_link": {"som": "corp.example.com/Staff", "gpo": "Baseline", "enforced": true}},
    /// {"membership": {"side": "user", "group": "CORP\\Pilots", "member": true}}]}.
    #[arg(long, value_name = "FILE")]
    what_if: Option<PathBuf>,
}

/// How loopback processing works.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Loopback {
    /// The user's own GPOs, then those of the computer's place.
    Merge,
    /// Those of the computer's place instead of the user's own.
    Replace,
}

impl TargetArguments {
    /// Finds what is named and returns what to plan.
    pub async fn query(
        &self,
        session: &Session,
        store: &Arc<dyn ForestStore>,
        forest: &ForestSnapshot,
    ) -> anyhow::Result<PlanQuery> {
        let task = &session.task;
        let subjects = Subjects::new(store, forest);
        let wmi = self.wmi(forest)?;
        let assumptions = Assumptions {
            site: self.site.clone(),
            user_place: self.user_container.clone(),
            computer_place: self.computer_container.clone(),
            user_groups: groups(&subjects, &self.user_group, task).await?,
            computer_groups: groups(&subjects, &self.computer_group, task).await?,
            user_wmi: wmi.clone(),
            computer_wmi: wmi,
            slow_link: self.slow_link,
            loopback: self.loopback.map(|mode| match mode {
                Loopback::Merge => LoopbackMode::Merge,
                Loopback::Replace => LoopbackMode::Replace,
            }),
            ..Assumptions::default()
        };
        Ok(PlanQuery {
            user: self.for_user.clone().or_else(|| session.user_not_logged_on().map(str::to_owned)),
            computer: self.for_computer.clone(),
            assumptions,
            what_if: self.what_if.as_deref().map(read_what_if).transpose()?.unwrap_or_default(),
        })
    }

    fn wmi(&self, forest: &ForestSnapshot) -> anyhow::Result<WmiAssumption> {
        if self.wmi_true.is_empty() {
            return Ok(WmiAssumption::Unknown);
        }
        if self.wmi_true.iter().any(|name| name.eq_ignore_ascii_case("all")) {
            return Ok(WmiAssumption::AllTrue);
        }
        let filters: Vec<&WmiFilter> = forest.domains.iter().flat_map(|domain| &domain.wmi_filters).collect();
        let ids: HashMap<Guid, &str> = filters.iter().map(|filter| (filter.id, filter.name.as_str())).collect();
        let mut wanted = Vec::new();
        for name in &self.wmi_true {
            if let Some(id) = name.parse::<Guid>().ok().filter(|id| ids.contains_key(id)) {
                wanted.push(id);
                continue;
            }
            let folded = name.to_lowercase();
            let named: Vec<Guid> =
                filters.iter().filter(|filter| filter.name.to_lowercase() == folded).map(|filter| filter.id).collect();
            if named.is_empty() {
                let message = format!("there is no WMI filter `{name}`; `wmi-filter list` shows those there are");
                return Err(UsageError(message).into());
            }
            wanted.extend(named);
        }
        Ok(WmiAssumption::Only(wanted))
    }
}

async fn groups(subjects: &Subjects, names: &[String], task: &Task) -> anyhow::Result<Option<Vec<Sid>>> {
    let mut sids = Vec::new();
    for name in names {
        sids.push(task.or_cancel(subjects.group(name)).await??.sid);
    }
    Ok((!sids.is_empty()).then_some(sids))
}
