//! What is seen at a glance: errors of components, the link, loopback, blocked inheritance, denied GPOs, versions that differ.

use crate::ident::{Guid, Timestamp};
use crate::report::rsop::{
    EventLoopback, EventMeaning, ExtensionStatus, NotApplied, RsopDataType, RsopReport, RsopResult,
};
use crate::report::{Cell, ExtensionReport, Mark, Row, Section, Side, Table};

use super::none;

/// Returns the section *Summary*.
pub(super) fn section(report: &RsopReport) -> Section {
    let mut section = Section::new("Summary").opened();
    for (side, result) in [(Side::Computer, &report.computer), (Side::User, &report.user)] {
        let Some(result) = result else { continue };
        let mut table = Table::new(&["Finding", "More Information"]);
        for Alert { text, more, mark } in alerts(result) {
            table.push(Row { cells: vec![Cell::marked(text, mark), Cell::new(more)], ..Row::default() });
        }
        section = section.with(Section::new(heading(report, result, side)).opened().with(table));
    }
    section
}

fn heading(report: &RsopReport, result: &RsopResult, side: Side) -> String {
    let side = match side {
        Side::Computer => "computer",
        Side::User => "user",
    };
    let refreshed = engine(result).and_then(|engine| engine.end);
    match (&report.data_type, refreshed) {
        (RsopDataType::Planned, _) => format!("Simulated {side} policy"),
        (_, Some(time)) => format!("During last {side} policy refresh on {}", time.to_local_text()),
        (_, None) => format!("During last {side} policy refresh"),
    }
}

struct Alert {
    text: String,
    more: String,
    mark: Mark,
}

fn alert(text: impl Into<String>, more: impl Into<String>, mark: Mark) -> Alert {
    Alert { text: text.into(), more: more.into(), mark }
}

fn alerts(result: &RsopResult) -> Vec<Alert> {
    let trace = result.trace();
    let mut alerts: Vec<Alert> = failures(result, &trace);
    if alerts.is_empty() {
        alerts.push(alert("No Errors Detected", "", Mark::None));
    }
    alerts.extend(link_speed(result, &trace));
    alerts.extend(loopback(result, &trace));
    let blocking = result.searched_soms.iter().filter(|som| som.blocks_inheritance).map(|som| som.path.as_str());
    let blocking: Vec<&str> = blocking.collect();
    if !blocking.is_empty() {
        alerts.push(alert("Inheritance is blocked", blocking.join("\n"), Mark::None));
    }
    let denied = result.gpos.iter().filter_map(|gpo| Some((gpo, result.why_not(gpo)?)));
    let denied = denied.filter(|(_, reason)| !matches!(reason, NotApplied::NotReturned | NotApplied::Empty));
    let denied: Vec<String> = denied.map(|(gpo, reason)| format!("{}: {}", gpo.name, reason.label())).collect();
    if !denied.is_empty() {
        alerts.push(alert(format!("GPOs that did not apply: {}", denied.len()), denied.join("\n"), Mark::None));
    }
    let apart = result.applied().into_iter().filter(|gpo| gpo.version_directory != gpo.version_sysvol);
    let apart: Vec<&str> = apart.map(|gpo| gpo.name.as_str()).collect();
    if !apart.is_empty() {
        let text = "The versions in the directory and in SYSVOL differ";
        alerts.push(alert(text, apart.join("\n"), Mark::Warning));
    }
    let is_owned_elsewhere = |part: &&ExtensionReport| {
        !part.name.ends_with(')') && part.elements.iter().any(|own| own.name == "Blocked" && own.text.trim() == "true")
    };
    for part in result.extensions.iter().filter(is_owned_elsewhere) {
        let text = format!("Settings of {} are controlled by a different authority", part.name);
        alerts.push(alert(text, "Such as device management.", Mark::Warning));
    }
    alerts
}

/// Returns the components that failed and what the events say of a failure of the whole side.
fn failures(result: &RsopResult, trace: &[EventMeaning]) -> Vec<Alert> {
    let failed = result.extension_status.iter().filter(|status| !is_success(status));
    let mut alerts: Vec<Alert> =
        failed.map(|status| alert(format!("{} failed", status.name), status_text(status), Mark::Warning)).collect();
    for meaning in trace {
        match meaning {
            EventMeaning::SideFailed { path, error } => {
                let code = error.map(|error| format!("error {error}"));
                let more: Vec<&str> = [path.as_str(), code.as_deref().unwrap_or_default()].into();
                let more = more.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
                alerts.push(alert("Policy could not be read; nothing of this side was applied", more, Mark::Warning));
            }
            EventMeaning::WmiFilterMissing => {
                alerts.push(alert("A WMI filter that a GPO refers to is not there", "", Mark::Warning));
            }
            _ => {}
        }
    }
    alerts
}

fn link_speed(result: &RsopResult, trace: &[EventMeaning]) -> Option<Alert> {
    let more = trace.iter().rev().find_map(|meaning| match meaning {
        EventMeaning::LinkSpeed { is_measured: false, .. } => {
            Some("The speed could not be measured; a fast link was assumed.".to_owned())
        }
        EventMeaning::LinkSpeed { kilobits: Some(speed), threshold: Some(threshold), .. } => {
            Some(format!("{speed} Kbps; below {threshold} Kbps a link counts as slow."))
        }
        _ => None,
    });
    let (text, mark) = match result.slow_link? {
        true => ("A slow link was detected", Mark::Warning),
        false => ("A fast link was detected", Mark::None),
    };
    Some(alert(text, more.unwrap_or_default(), mark))
}

fn loopback(result: &RsopResult, trace: &[EventMeaning]) -> Option<Alert> {
    let mode = trace.iter().rev().find_map(|meaning| match meaning {
        EventMeaning::Loopback(EventLoopback::Off) => Some(None),
        EventMeaning::Loopback(EventLoopback::Merge) => Some(Some("Merge".to_owned())),
        EventMeaning::Loopback(EventLoopback::Replace) => Some(Some("Replace".to_owned())),
        EventMeaning::Loopback(EventLoopback::Other(word)) => Some(Some(word.clone())),
        _ => None,
    });
    // A plan has no events; its searched scopes say so.
    let searched = || {
        let reasons = result.searched_soms.iter().map(|som| som.reason.as_str());
        let by_loopback = reasons.filter(|reason| reason.to_lowercase().contains("loopback")).map(str::to_owned);
        by_loopback.min()
    };
    let mode = mode.unwrap_or_else(searched)?;
    Some(alert("Loopback processing is on", format!("Mode: {mode}"), Mark::None))
}

/// Returns the section *Component Status*.
pub(super) fn component_status(result: &RsopResult) -> Section {
    let mut rows: Vec<&ExtensionStatus> = result.extension_status.iter().collect();
    rows.sort_by_key(|status| (status.identifier != Some(Guid::NIL), status.name.to_lowercase()));
    let times: Vec<_> = result.events.iter().flat_map(|events| events.extension_times()).collect();
    let mut table = Table::new(&["Component Name", "Status", "Time Taken", "Last Process Time"]);
    for status in rows {
        let own = times.iter().rev().find(|time| time.id.is_some() && time.id == status.identifier);
        let measured = own.and_then(|time| time.milliseconds);
        let spent = |(begin, end): (Timestamp, Timestamp)| {
            u64::try_from(end.unix_seconds().saturating_sub(begin.unix_seconds()))
                .ok()
                .map(|seconds| seconds.saturating_mul(1000))
        };
        let taken = measured.or_else(|| spent(status.begin.zip(status.end)?));
        let cells = [
            Cell::new(status.name.as_str()),
            Cell::marked(status_text(status), if is_success(status) { Mark::None } else { Mark::Warning }),
            Cell::new(taken.map(duration).unwrap_or_default()),
            Cell::new(status.end.map(Timestamp::to_local_text).unwrap_or_default()),
        ];
        table.push(Row { cells: cells.into(), ..Row::default() });
    }
    let section = Section::new("Component Status").opened();
    if table.rows.is_empty() { section.with(none()) } else { section.with(table) }
}

fn engine(result: &RsopResult) -> Option<&ExtensionStatus> {
    result.extension_status.iter().find(|status| status.identifier == Some(Guid::NIL))
}

fn is_success(status: &ExtensionStatus) -> bool {
    status.error.unwrap_or_default() == 0
}

fn status_text(status: &ExtensionStatus) -> String {
    match (status.error.unwrap_or_default(), status.logging_status.as_str()) {
        (0, "Complete" | "") => "Success".to_owned(),
        (0, "NotComplete") => "Not complete".to_owned(),
        (0, "NotSupported") => "Not supported".to_owned(),
        (0, other) => other.to_owned(),
        (error, _) => format!("Failed (error {error}, 0x{error:08X})"),
    }
}

/// Writes a time as GPMC does: `2 Second(s) 563 Millisecond(s)`.
fn duration(milliseconds: u64) -> String {
    let parts = [(milliseconds / 60_000, "Minute(s)"), (milliseconds / 1000 % 60, "Second(s)")];
    let mut words: Vec<String> = Vec::new();
    words.extend(parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")));
    if !milliseconds.is_multiple_of(1000) || words.is_empty() {
        words.push(format!("{} Millisecond(s)", milliseconds % 1000));
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_gpmc_does() {
        let check = |milliseconds: u64, expected: &str| assert_eq!(duration(milliseconds), expected);
        check(38, "38 Millisecond(s)");
        check(2563, "2 Second(s) 563 Millisecond(s)");
        check(0, "0 Millisecond(s)");
        check(61_000, "1 Minute(s) 1 Second(s)");
    }

    #[test]
    fn findings_say_what_is_not_as_it_should_be() {
        let check = |result: &RsopResult, expected: &[&str]| {
            let texts: Vec<String> = alerts(result).into_iter().map(|alert| alert.text).collect();
            assert_eq!(texts, expected);
        };
        let mut result = RsopResult { slow_link: Some(false), ..RsopResult::default() };
        check(&result, &["No Errors Detected", "A fast link was detected"]);
        result.slow_link = Some(true);
        result.extension_status.push(ExtensionStatus {
            name: "Registry".to_owned(),
            error: Some(5),
            ..ExtensionStatus::default()
        });
        result.searched_soms.push(crate::report::rsop::SearchedSom {
            path: "corp.example/a".to_owned(),
            blocks_inheritance: true,
            reason: "LoopbackMerge".to_owned(),
            ..Default::default()
        });
        check(
            &result,
            &["Registry failed", "A slow link was detected", "Loopback processing is on", "Inheritance is blocked"],
        );
    }
}
