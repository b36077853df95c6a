//! `gpo`: Group Policy Objects (IGPMGPO).

use std::collections::HashMap;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::gpm::{
    Domain, ForestSnapshot, Gpo, GpoParts, LinkScope, NamesFound, Problem, SecuredObject, SecurityInfo, SysvolState,
    Trustee, WmiFilter,
};
use crate::ident::{DnsName, GpoVersion, Guid, Sid, Timestamp};
use crate::store::StoreError;

use super::change::{Copy, Import, Restore};
use super::delegation::Delegation;
use super::gpo_backup::Backup;
use super::gpo_edit::{self, Comment, Create, Delete, DeleteOrphan, Ensure, Rename, Status};
use super::output::{Outcome, Output, Table, printable, yes_no};
use super::report::ReportArguments;
use super::session::{check_domain, report};
use super::{Session, UsageError};

/// Group Policy Objects
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the GPOs of a domain
    ///
    /// Plain and --long take one search of the directory and nothing else. --details and --json also read the names of
    /// owners and WMI filters, and the version of each GPO in SYSVOL.
    List {
        /// This domain instead of the one the connection is to
        #[arg(long, value_name = "DOMAIN")]
        domain: Option<DnsName>,
        /// For each GPO a block of lines: GUID, name, path, DN, version, flags
        #[arg(long, conflicts_with = "details")]
        long: bool,
        /// Also owner, WMI filter and the version in SYSVOL
        #[arg(long)]
        details: bool,
    },
    /// Show one GPO: details, links, permissions
    Show {
        /// Its display name or its GUID
        #[arg(value_name = "NAME|GUID")]
        gpo: String,
        /// Look in this domain only
        #[arg(long, value_name = "DOMAIN")]
        domain: Option<DnsName>,
    },
    /// Report the settings of one GPO, or of all
    ///
    /// Administrative templates come from --admx, else from the central store of the domain, else from this machine (Windows).
    Report(Box<Report>),
    Create(Create),
    Ensure(Ensure),
    Rename(Rename),
    Delete(Delete),
    DeleteOrphan(DeleteOrphan),
    Status(Status),
    Comment(Comment),
    WmiFilter(gpo_edit::WmiFilter),
    Backup(Backup),
    Restore(Restore),
    Import(Box<Import>),
    Copy(Box<Copy>),
}

/// Report the settings of one GPO, or of all
#[derive(Debug, Args)]
pub struct Report {
    /// Its display name or its GUID
    #[arg(value_name = "NAME|GUID", required_unless_present = "all")]
    gpo: Option<String>,
    /// All GPOs of the domain
    #[arg(long, conflicts_with = "gpo")]
    all: bool,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    #[command(flatten)]
    arguments: ReportArguments,
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::List { domain, long, details } => {
                let domain = session.domain(domain.as_ref()).await?;
                if *details || output.is_json() {
                    list_details(session, output, &domain).await
                } else {
                    list(session, output, &domain, *long).await
                }
            }
            Command::Show { gpo, domain } => show(session, output, gpo, domain.as_ref()).await,
            Command::Report(report) => report.run(session, output).await,
            Command::Create(create) => create.run(session, output).await,
            Command::Ensure(ensure) => ensure.run(session, output).await,
            Command::Rename(rename) => rename.run(session, output).await,
            Command::Delete(delete) => delete.run(session, output).await,
            Command::DeleteOrphan(delete) => delete.run(session, output).await,
            Command::Status(status) => status.run(session, output).await,
            Command::Comment(comment) => comment.run(session, output).await,
            Command::WmiFilter(filter) => filter.run(session, output).await,
            Command::Backup(backup) => backup.run(session, output).await,
            Command::Restore(restore) => restore.run(session, output).await,
            Command::Import(import) => import.run(session, output).await,
            Command::Copy(copy) => copy.run(session, output).await,
        }
    }
}

/// Returns the one value that matches; an error that tells how to choose where there are several.
pub fn choose<'a, T>(
    (kind, list_command): (&str, &str),
    wanted: &str,
    matching: &[&'a T],
    describe: impl Fn(&T) -> String,
) -> anyhow::Result<&'a T> {
    match matching {
        [only] => Ok(only),
        [] => {
            Err(anyhow!("there is no {kind} named `{wanted}`, by name or GUID; `opengpmc {list_command}` shows them"))
        }
        several => {
            let list: Vec<String> = several.iter().map(|value| describe(value)).collect();
            Err(UsageError(format!(
                "`{wanted}` is the name of several; say which by GUID or --domain: {}",
                list.join(", ")
            ))
            .into())
        }
    }
}

async fn list(session: &Session, output: &mut Output, domain: &Domain, long: bool) -> anyhow::Result<Outcome> {
    session.task.activity("Reading the GPOs");
    let parts = if long { GpoParts::Location } else { GpoParts::Summary };
    let found = session.task.or_cancel(domain.gpos(parts)).await??;
    if long {
        for gpo in &found.values {
            output.fields(&[
                ("GPO", gpo.id.to_string()),
                ("Display name", gpo.display_name.clone()),
                ("Path", gpo.file_system_path.clone().unwrap_or_default()),
                ("DN", gpo.dn.to_string()),
                ("Version", format!("{} ({})", gpo.version.to_u32(), halves(gpo.version))),
                ("Flags", format!("{} ({})", gpo.status.to_flags(), gpo.status.label())),
            ])?;
            output.line("")?;
        }
    } else {
        let mut table = Table::new(&["NAME", "GUID", "STATUS", ">COMPUTER", ">USER", "MODIFIED"]);
        for gpo in &found.values {
            table.row([
                gpo.display_name.clone(),
                gpo.id.to_string(),
                status(gpo),
                gpo.version.computer.to_string(),
                gpo.version.user.to_string(),
                time(gpo.modified),
            ]);
        }
        output.table(&table)?;
    }
    Ok(report(&found.problems))
}

async fn list_details(session: &Session, output: &mut Output, domain: &Domain) -> anyhow::Result<Outcome> {
    session.task.activity("Reading the GPOs");
    let reads = async { futures::join!(domain.gpos(GpoParts::Details), domain.wmi_filters(), domain.names()) };
    let (found, filters, names) = session.task.or_cancel(reads).await?;
    let (mut found, filters) = (found?, filters?);
    found.problems.extend(filters.problems);
    let gpos: Vec<&Gpo> = found.values.iter().collect();
    let owners: Vec<Sid> = gpos.iter().filter_map(|gpo| gpo.owner.clone()).collect();
    let look_up = async {
        match &names {
            Ok(names) => names.resolve(&**domain.store(), &owners).await,
            Err(error) => no_names(domain.name(), error),
        }
    };
    let lookups = async { futures::join!(look_up, read_sysvol(session, domain, &gpos)) };
    let (owners, states) = session.task.or_cancel(lookups).await?;
    let states = states?;
    found.problems.extend(owners.problems);
    let owner = |gpo: &Gpo| gpo.owner.as_ref().map(|sid| label(sid, &owners.trustees));
    let name = |gpo: &Gpo| filter_name(gpo, &filters.values);
    if output.is_json() {
        let rows = gpos.iter().zip(&states).map(|(gpo, state)| to_json(gpo, state, owner(gpo), name(gpo)));
        output.json(&rows.collect())?;
    } else {
        let mut table =
            Table::new(&["NAME", "GUID", "STATUS", "OWNER", "WMI FILTER", ">COMPUTER", ">USER", "CREATED", "MODIFIED"]);
        for (gpo, state) in gpos.iter().zip(&states) {
            table.row([
                gpo.display_name.clone(),
                gpo.id.to_string(),
                status(gpo),
                owner(gpo).unwrap_or_default(),
                name(gpo).unwrap_or_default(),
                version_pair(gpo.version.computer, state, |version| version.computer),
                version_pair(gpo.version.user, state, |version| version.user),
                time(gpo.created),
                time(gpo.modified),
            ]);
        }
        output.table(&table)?;
    }
    Ok(report(&found.problems).and(report_sysvol(domain, &gpos, &states)))
}

impl Report {
    async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        self.arguments.check(output)?;
        let (store, forest) = session.load().await?;
        check_domain(&forest, self.domain.as_ref())?;
        let own = store.directory().root_dse().domain.clone();
        let gpos: Vec<&Gpo> = match &self.gpo {
            Some(wanted) => vec![find(&forest, wanted, self.domain.as_ref(), &own)?],
            None => {
                let domain = forest.domain(self.domain.as_ref().unwrap_or(&own));
                domain.map(|domain| domain.gpos.iter().collect()).unwrap_or_default()
            }
        };
        let template_domain = gpos.first().map_or(&own, |gpo| &gpo.domain);
        let templates = self.arguments.templates.read(&store, template_domain, &session.task).await?;
        let reporting = self.arguments.reporting(templates);
        let problems = report(forest.all_problems());
        let outcome = match &self.arguments.output_dir {
            Some(folder) => {
                let format = self.arguments.folder_format();
                let reported = reporting.gpos_to_folder(&store, &forest, &gpos, folder, format, &session.task).await?;
                self.arguments.tell_folder(output, &reported)?
            }
            None => {
                let reports = reporting.gpos(&store, &forest, &gpos, &session.task).await?;
                self.arguments.deliver(output, &reports)?
            }
        };
        Ok(problems.and(outcome))
    }
}

/// Finds the one GPO of this name or id: in the domain named, else in that of the connection, else in the whole forest.
pub(super) fn find<'a>(
    forest: &'a ForestSnapshot,
    wanted: &'a str,
    domain: Option<&DnsName>,
    own: &DnsName,
) -> anyhow::Result<&'a Gpo> {
    let id = wanted.parse::<Guid>().ok();
    let domains = forest.domains.iter().filter(|candidate| domain.is_none_or(|name| candidate.name == *name));
    let mut matching: Vec<&Gpo> = domains
        .flat_map(|domain| match id {
            Some(id) => domain.gpo(id).into_iter().collect::<Vec<_>>(),
            None => domain.gpos_named(wanted).collect(),
        })
        .collect();
    // Every domain has a Default Domain Policy.
    if matching.iter().any(|gpo| gpo.domain == *own) {
        matching.retain(|gpo| gpo.domain == *own);
    }
    choose(("GPO", "gpo list"), wanted, &matching, |gpo| format!("{} in {}", gpo.id, gpo.domain))
}

async fn show(
    session: &Session,
    output: &mut Output,
    wanted: &str,
    domain: Option<&DnsName>,
) -> anyhow::Result<Outcome> {
    let (store, forest) = session.load().await?;
    check_domain(&forest, domain)?;
    let gpo = find(&forest, wanted, domain, &store.directory().root_dse().domain)?;
    let domain = session.task.or_cancel(Domain::open(&store, &gpo.domain)).await??;
    let states = read_sysvol(session, &domain, &[gpo]).await?;
    let object = (SecuredObject::Gpo, gpo.display_name.as_str());
    let descriptor = gpo.security_descriptor.as_deref();
    let delegation = Delegation::read(session, &store, &forest, object, descriptor, gpo.owner.as_ref()).await?;
    let owner = delegation.owner.clone();
    let filtering = || delegation.security.iter().flat_map(SecurityInfo::security_filtering).map(Trustee::label);
    let problems = report(forest.all_problems().chain(&delegation.problems));
    let mut outcome = problems.and(report_sysvol(&domain, &[gpo], &states));
    let filter = Some(forest.wmi_filter_label(gpo)).filter(|name| !name.is_empty());
    let comment = match states[0] {
        // Told already; another try would cost another timeout.
        SysvolState::Unreadable(_) => None,
        _ => session.task.or_cancel(domain.gpo_comment(gpo)).await?.unwrap_or_else(|error| {
            let unread = Problem { object: gpo.display_name.clone(), message: format!("comment: {error}") };
            outcome = outcome.and(report([&unread]));
            None
        }),
    };
    if output.is_json() {
        let mut value = to_json(gpo, &states[0], owner, filter);
        value["dn"] = json!(gpo.dn);
        value["path"] = json!(gpo.file_system_path);
        value["comment"] = json!(comment);
        value["computer_extensions"] = json!(gpo.computer_extensions);
        value["user_extensions"] = json!(gpo.user_extensions);
        value["links"] = links_json(&forest, gpo);
        value["security_filtering"] = filtering().collect();
        delegation.add_to(&mut value);
        output.json(&value)?;
        return Ok(outcome);
    }
    output.fields(&[
        ("Name", gpo.display_name.clone()),
        ("GUID", gpo.id.to_string()),
        ("Domain", gpo.domain.to_string()),
        ("Owner", owner.unwrap_or_default()),
        ("Created", time(gpo.created)),
        ("Modified", time(gpo.modified)),
        ("Computer version", both_versions(gpo.version.computer, &states[0], |version| version.computer)),
        ("User version", both_versions(gpo.version.user, &states[0], |version| version.user)),
        ("Status", status(gpo)),
        ("WMI filter", filter.unwrap_or_default()),
        ("Comment", comment.unwrap_or_default()),
        ("DN", gpo.dn.to_string()),
        ("Path", gpo.file_system_path.clone().unwrap_or_default()),
        ("Computer extensions", gpo.computer_extensions.to_string()),
        ("User extensions", gpo.user_extensions.to_string()),
    ])?;
    output.line("\nLinks")?;
    let mut table = Table::new(&["LOCATION", "ENFORCED", "ENABLED", ">ORDER", "PATH"]);
    for row in forest.links_to(&gpo.dn, LinkScope::EntireForest) {
        table.row([
            row.som.name.clone(),
            yes_no(row.link.enforced),
            yes_no(row.link.enabled),
            row.link.order.to_string(),
            row.path(),
        ]);
    }
    output.table(&table)?;
    output.line("\nSecurity filtering")?;
    for trustee in filtering() {
        output.line(printable(trustee))?;
    }
    delegation.print(output)?;
    Ok(outcome)
}

async fn read_sysvol(session: &Session, domain: &Domain, gpos: &[&Gpo]) -> anyhow::Result<Vec<SysvolState>> {
    let total = gpos.len() as u64;
    session.task.activity("Reading SYSVOL");
    let mut count = 0;
    let done = |_: usize, _: &SysvolState| {
        count += 1;
        session.task.progress(count, total);
    };
    Ok(domain.sysvol_states(gpos, &session.task, done).await?)
}

/// Tells which SYSVOL halves could not be read; of a whole SYSVOL out of reach, once.
fn report_sysvol(domain: &Domain, gpos: &[&Gpo], states: &[SysvolState]) -> Outcome {
    let mut problems: Vec<Problem> = Vec::new();
    for (gpo, state) in gpos.iter().zip(states) {
        let SysvolState::Unreadable(message) = state else { continue };
        match problems.last_mut() {
            Some(last) if last.message == *message => last.object = format!("SYSVOL of {}", domain.name()),
            _ => problems.push(Problem { object: gpo.display_name.clone(), message: message.clone() }),
        }
    }
    report(&problems)
}

fn to_json(gpo: &Gpo, state: &SysvolState, owner: Option<String>, filter: Option<String>) -> Value {
    let (sysvol, sysvol_state) = match state {
        SysvolState::Version(version) => (Some(*version), "read"),
        SysvolState::Missing => (None, "missing"),
        SysvolState::Unreadable(_) => (None, "unreadable"),
    };
    json!({
        "id": gpo.id,
        "display_name": gpo.display_name,
        "domain": gpo.domain,
        "owner": owner,
        "owner_sid": gpo.owner.as_ref().map(ToString::to_string),
        "created": gpo.created,
        "modified": gpo.modified,
        "computer_version": { "directory": gpo.version.computer, "sysvol": sysvol.map(|version| version.computer) },
        "user_version": { "directory": gpo.version.user, "sysvol": sysvol.map(|version| version.user) },
        "sysvol": sysvol_state,
        "status": gpo.status,
        "inaccessible": gpo.inaccessible,
        "wmi_filter": filter,
        "wmi_filter_id": gpo.wmi_filter.as_ref().map(|reference| reference.id),
    })
}

fn links_json(forest: &ForestSnapshot, gpo: &Gpo) -> Value {
    let rows = forest.links_to(&gpo.dn, LinkScope::EntireForest).into_iter().map(|row| {
        json!({
            "som": row.som.dn,
            "name": row.som.name,
            "kind": row.som.kind,
            "path": row.path(),
            "order": row.link.order,
            "enabled": row.link.enabled,
            "enforced": row.link.enforced,
        })
    });
    rows.collect()
}

fn filter_name(gpo: &Gpo, filters: &[WmiFilter]) -> Option<String> {
    let reference = gpo.wmi_filter.as_ref()?;
    let filter = filters.iter().find(|filter| filter.id == reference.id && filter.domain == reference.domain);
    Some(filter.map_or_else(|| format!("Missing {}", reference.id), |filter| filter.name.clone()))
}

fn label(sid: &Sid, trustees: &HashMap<Sid, Trustee>) -> String {
    trustees.get(sid).map_or_else(|| sid.to_string(), Trustee::label)
}

/// The outcome of a look-up that could not be made.
fn no_names(domain: &DnsName, error: &StoreError) -> NamesFound {
    let message = format!("names could not be looked up: {error}");
    let problem = Problem { object: domain.to_string(), message };
    NamesFound { trustees: HashMap::new(), problems: vec![problem] }
}

fn status(gpo: &Gpo) -> String {
    if gpo.inaccessible { "Inaccessible".to_owned() } else { gpo.status.label().to_owned() }
}

fn time(time: Option<Timestamp>) -> String {
    time.map_or_else(String::new, Timestamp::to_local_text)
}

fn halves(version: GpoVersion) -> String {
    format!("computer {}, user {}", version.computer, version.user)
}

/// The version in the directory, and that in SYSVOL where it is another.
fn version_pair(directory: u16, state: &SysvolState, half: impl Fn(&GpoVersion) -> u16) -> String {
    match state {
        SysvolState::Version(version) if half(version) == directory => directory.to_string(),
        SysvolState::Version(version) => format!("{directory}/{}", half(version)),
        SysvolState::Missing => format!("{directory}/missing"),
        SysvolState::Unreadable(_) => format!("{directory}/?"),
    }
}

/// Both versions as the Details tab words them.
fn both_versions(directory: u16, state: &SysvolState, half: impl Fn(&GpoVersion) -> u16) -> String {
    let sysvol = match state {
        SysvolState::Version(version) => half(version).to_string(),
        SysvolState::Missing => "missing".to_owned(),
        SysvolState::Unreadable(_) => "not readable".to_owned(),
    };
    format!("{directory} (AD), {sysvol} (SYSVOL)")
}
