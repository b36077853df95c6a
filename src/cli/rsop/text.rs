//! A plan as text for people.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::gpm::{Cancelled, Task};
use crate::operation::rsop::Planned;
use crate::report::Side;
use crate::rsop::merge::ResultantSetting;
use crate::rsop::{Candidate, ExtensionOutcome, Plan, SidePlan};
use crate::store::ForestStore;

use super::super::output::{Table, printable, yes_no};
use super::words::Words;

/// Returns a plan as text.
pub async fn plan(planned: &Planned, store: &Arc<dyn ForestStore>, task: &Task) -> Result<String, Cancelled> {
    let words = Words::read(planned, store, task).await?;
    let mut text = String::new();
    for side in [&planned.plan.computer, &planned.plan.user].into_iter().flatten() {
        if !text.is_empty() {
            text.push('\n');
        }
        write_side(&mut text, side, &planned.plan, &words);
    }
    Ok(text)
}

fn write_side(text: &mut String, side: &SidePlan, plan: &Plan, words: &Words) {
    let what = match side.side {
        Side::Computer => "Computer",
        Side::User => "User",
    };
    let who = side.account.clone().unwrap_or_else(|| format!("any {} in this place", what.to_lowercase()));
    line(text, &format!("{what}: {who}"));
    line(text, &format!("  Place: {}", side.place.canonical_name()));
    line(text, &format!("  Site: {}", side.site.as_deref().unwrap_or("none known")));
    if side.side == Side::User {
        line(text, &format!("  Loopback: {}", plan.loopback.explain()));
    }
    for failure in &side.failures {
        line(text, &format!("  FAILS, nothing is applied: {}", words.failure(failure)));
    }
    let heading = if side.fails() { "Would apply otherwise" } else { "Applied, the last wins" };
    write_applied(text, heading, side);
    write_others(text, side, words);
    write_settings(text, side);
    write_list(text, "Extensions", extensions(side));
    let of_links = side.candidates.iter().flat_map(|candidate| {
        candidate.warnings.iter().map(move |warning| format!("{}: {warning}", candidate.gpo.name))
    });
    let warnings = side.warnings.iter().chain(&side.resultant.warnings).cloned().chain(of_links);
    write_list(text, "Warnings", warnings.collect());
}

fn write_applied(text: &mut String, heading: &str, side: &SidePlan) {
    let mut table = Table::new(&[">#", "GPO", "LINKED AT", "ENFORCED"]);
    for (place, candidate) in (1..).zip(side.would_apply()) {
        let cells = [candidate.gpo.name.clone(), candidate.som_path.clone(), yes_no(candidate.enforced)];
        table.row(std::iter::once(place.to_string()).chain(cells));
    }
    write_table(text, heading, &table);
}

fn write_others(text: &mut String, side: &SidePlan, words: &Words) {
    let mut table = Table::new(&["GPO", "LINKED AT", "REASON", "DECIDED BY"]);
    for candidate in side.candidates.iter().filter(|candidate| !candidate.verdict.is_applied()) {
        let by = words.decided_by(candidate);
        let verdict = candidate.verdict.label();
        table.row([candidate.gpo.name.clone(), candidate.som_path.clone(), verdict, by]);
    }
    write_table(text, "Not applied", &table);
}

fn write_settings(text: &mut String, side: &SidePlan) {
    let applied: Vec<&Candidate> = side.applied().collect();
    let gpo = |order: usize| applied.get(order.wrapping_sub(1)).map(|candidate| candidate.gpo.name.as_str());
    let told = |setting: &ResultantSetting| {
        let value = setting.value.as_deref().unwrap_or("(removed)");
        format!("{}: {value} [{}]", setting.name, origin(setting, gpo))
    };
    if side.resultant.settings.is_empty() {
        line(text, "  Settings: nothing");
    }
    // No table: names and values are of any length.
    write_list(text, "Settings", side.resultant.settings.iter().map(told).collect());
}

/// Returns which GPO a setting comes from and which others set it too.
fn origin<'a>(setting: &ResultantSetting, gpo: impl Fn(usize) -> Option<&'a str>) -> String {
    let mut sources = setting.sources.iter().filter_map(|source| gpo(source.order));
    let Some(winner) = sources.next() else { return String::new() };
    let others: Vec<&str> = sources.collect();
    match (others.is_empty(), setting.united) {
        (true, _) => winner.to_owned(),
        (false, true) => format!("{winner}, with {}", others.join(", ")),
        (false, false) => format!("{winner}, over {}", others.join(", ")),
    }
}

/// Returns what is to be said of extensions; nothing of one that simply applies.
fn extensions(side: &SidePlan) -> Vec<String> {
    let mut lines = Vec::new();
    for extension in &side.extensions {
        let outcome = match &extension.outcome {
            ExtensionOutcome::Applied if extension.notes.is_empty() => continue,
            ExtensionOutcome::Applied => "applied".to_owned(),
            ExtensionOutcome::SkippedSlowLink => "skipped because the link is slow".to_owned(),
            ExtensionOutcome::Failed { problem } => format!("FAILS: {problem}"),
        };
        let notes = extension.notes.iter().map(|note| format!("; {note}")).collect::<String>();
        lines.push(format!("{}: {outcome}{notes}", extension.name));
    }
    lines
}

fn write_table(text: &mut String, heading: &str, table: &Table) {
    if table.is_empty() {
        line(text, &format!("  {heading}: nothing"));
        return;
    }
    line(text, &format!("  {heading}:"));
    for row in table.render().lines() {
        line(text, &format!("    {row}"));
    }
}

fn write_list(text: &mut String, heading: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    line(text, &format!("  {heading}:"));
    for each in lines {
        line(text, &format!("    {}", printable(each)));
    }
}

fn line(text: &mut String, content: &str) {
    // A String takes all that is written to it.
    let _ = writeln!(text, "{content}");
}
