//! Scheduled tasks in words: triggers, actions, conditions and settings, of the old form and of the Task Scheduler's XML.

use crate::report::{Block, Element, Section, Table};

use super::words::{chosen, duration, spaced, yes_no};

/// Elements nested deeper than this are not looked into.
const DEEPEST: usize = 32;

/// Returns the sections of the element `Task` of the Task Scheduler's XML ([MS-TSCH] 2.5).
pub(super) fn task_blocks(task: &Element) -> Vec<Block> {
    let mut blocks = Vec::new();
    for part in &task.children {
        let block: Block = match part.name.as_ref() {
            "Triggers" => rows_section("Triggers", &["Begin the task", "Details"], part, trigger),
            "Actions" => rows_section("Actions", &["Action", "Details"], part, action),
            "Settings" => leaf_section("Conditions and settings", part),
            "Principals" => leaf_section("Account", part),
            "RegistrationInfo" => leaf_section("Registration", part),
            other => leaf_section(&spaced(other), part),
        };
        blocks.push(block);
    }
    blocks
}

/// Returns the triggers of a task of the old form, which holds them in attributes ([MS-GPPREF] 2.2.1.15).
pub(super) fn old_triggers(triggers: &Element) -> Block {
    rows_section("Triggers", &["Begin the task", "Details"], triggers, old_trigger)
}

fn rows_section(heading: &str, columns: &[&str], part: &Element, row: fn(&Element) -> [String; 2]) -> Block {
    if part.children.is_empty() {
        return Section::new(heading).opened().with(Block::Text("None".to_owned())).into();
    }
    let mut table = Table::new(columns);
    for child in &part.children {
        table.row(row(child));
    }
    Section::new(heading).opened().with(table).into()
}

fn leaf_section(heading: &str, part: &Element) -> Block {
    let mut table = Table::properties();
    for (label, value) in leaves(part) {
        table.row([label, value]);
    }
    Section::new(heading).opened().with(table).into()
}

/// Returns all texts and attributes below an element with their labels.
fn leaves(part: &Element) -> Vec<(String, String)> {
    let mut found = Vec::new();
    push_leaves(part, "", 0, &mut found);
    found
}

fn push_leaves(element: &Element, path: &str, depth: usize, found: &mut Vec<(String, String)>) {
    for (name, value) in &element.attributes {
        let is_reference = element.name == "Principal" && name == "id";
        if !value.is_empty() && !is_reference {
            found.push((spaced(&format!("{path}{name}")), value.clone()));
        }
    }
    for child in element.children.iter().filter(|_| depth < DEEPEST) {
        if child.children.is_empty() {
            let label = leaf_label(&element.name, &child.name);
            if !child.text.trim().is_empty() {
                found.push((label.clone(), leaf_value(&child.name, &child.text)));
            }
            found.extend(child.attributes.iter().map(|(name, value)| (format!("{label}: {name}"), value.clone())));
        } else {
            push_leaves(child, &format!("{} ", spaced(&child.name)), depth + 1, found);
        }
    }
}

fn leaf_label(parent: &str, name: &str) -> String {
    let known = match (parent, name) {
        ("Settings", "AllowStartOnDemand") => "Allow task to be run on demand",
        ("Settings", "DisallowStartIfOnBatteries") => "Start the task only if the computer is on AC power",
        ("Settings", "StopIfGoingOnBatteries") => "Stop if the computer switches to battery power",
        ("Settings", "AllowHardTerminate") => "If the running task does not end when requested, force it to stop",
        ("Settings", "StartWhenAvailable") => "Run task as soon as possible after a scheduled start is missed",
        ("Settings", "RunOnlyIfNetworkAvailable") => "Start only if a network connection is available",
        ("Settings", "NetworkProfileName") => "Network connection",
        ("Settings", "WakeToRun") => "Wake the computer to run this task",
        ("Settings", "Enabled") => "Enabled",
        ("Settings", "Hidden") => "Hidden",
        ("Settings", "DeleteExpiredTaskAfter") => "If the task is not scheduled to run again, delete it after",
        ("Settings", "RunOnlyIfIdle") => "Start the task only if the computer is idle",
        ("Settings", "MultipleInstancesPolicy") => "If the task is already running",
        ("Settings", "Priority") => "Priority",
        ("Settings", "ExecutionTimeLimit") => "Stop the task if it runs longer than",
        ("IdleSettings", "Duration") => "Idle for at least",
        ("IdleSettings", "WaitTimeout") => "Wait for idle for",
        ("IdleSettings", "StopOnIdleEnd") => "Stop if the computer ceases to be idle",
        ("IdleSettings", "RestartOnIdle") => "Restart if the idle state resumes",
        ("RestartOnFailure", "Interval") => "If the task fails, restart every",
        ("RestartOnFailure", "Count") => "Attempt to restart up to this many times",
        ("Principal", "UserId") => "User account",
        ("Principal", "GroupId") => "Group",
        ("Principal", "LogonType") => "Logon type",
        ("Principal", "RunLevel") => "Run with highest privileges",
        _ => "",
    };
    if known.is_empty() { spaced(name) } else { known.to_owned() }
}

fn leaf_value(name: &str, value: &str) -> String {
    match name {
        "ExecutionTimeLimit" if value.trim() == "PT0S" => "No limit".to_owned(),
        "DeleteExpiredTaskAfter" if value.trim() == "PT0S" => "Immediately".to_owned(),
        "MultipleInstancesPolicy" => chosen(
            &[
                ("IgnoreNew", "Do not start a new instance"),
                ("Parallel", "Run a new instance in parallel"),
                ("Queue", "Queue a new instance"),
                ("StopExisting", "Stop the existing instance"),
            ],
            value,
        )
        .to_owned(),
        "LogonType" => chosen(
            &[
                ("InteractiveToken", "Run only when user is logged on"),
                ("InteractiveTokenOrPassword", "Run whether user is logged on or not"),
                ("Password", "Run whether user is logged on or not (password stored)"),
                ("S4U", "Run whether user is logged on or not (no password stored, local resources only)"),
            ],
            value,
        )
        .to_owned(),
        "RunLevel" => chosen(&[("HighestAvailable", "Yes"), ("LeastPrivilege", "No")], value).to_owned(),
        _ if value.starts_with('P') => duration(value),
        _ => yes_no(value).to_owned(),
    }
}

fn trigger(trigger: &Element) -> [String; 2] {
    let begin = match trigger.name.as_ref() {
        "TimeTrigger" => "Once".to_owned(),
        "CalendarTrigger" => calendar(trigger),
        "BootTrigger" => "At startup".to_owned(),
        "LogonTrigger" => match trigger.text_at(&["UserId"]) {
            "" => "At logon of any user".to_owned(),
            user => format!("At logon of {user}"),
        },
        "IdleTrigger" => "On idle".to_owned(),
        "RegistrationTrigger" => "At task creation or modification".to_owned(),
        "EventTrigger" => "On an event".to_owned(),
        "SessionStateChangeTrigger" => session_change(trigger),
        other => spaced(other),
    };
    let mut details: Vec<String> = Vec::new();
    for child in &trigger.children {
        match child.name.as_ref() {
            "StartBoundary" => details.push(format!("Activate: {}", moment(&child.text))),
            "EndBoundary" => details.push(format!("Expire: {}", moment(&child.text))),
            "Enabled" if yes_no(&child.text) == "No" => details.push("Disabled".to_owned()),
            "Enabled" => {}
            "Repetition" => details.push(repetition(child)),
            "ExecutionTimeLimit" => details.push(format!("Stop task if it runs longer than {}", duration(&child.text))),
            "Delay" | "RandomDelay" => details.push(format!("{}: {}", spaced(&child.name), duration(&child.text))),
            "UserId" if trigger.name == "LogonTrigger" => {}
            "StateChange" => {}
            name if name.starts_with("ScheduleBy") => {}
            _ if child.children.is_empty() => details.push(format!("{}: {}", spaced(&child.name), child.text)),
            _ => details.extend(leaves(child).into_iter().map(|(label, value)| format!("{label}: {value}"))),
        }
    }
    [begin, details.join("\n")]
}

/// Returns a time as people read it; a placeholder is one that the client fills in.
fn moment(text: &str) -> String {
    let text = text.trim();
    match text {
        "%LocalTimeXmlEx%" => "when the item is applied (%LocalTimeXmlEx%)".to_owned(),
        _ => text.replacen('T', " ", 1),
    }
}

fn repetition(repetition: &Element) -> String {
    let mut text = format!("Repeat task every {}", duration(repetition.text_at(&["Interval"])));
    match repetition.text_at(&["Duration"]) {
        "" => text.push_str(" indefinitely"),
        limit => text.push_str(&format!(" for a duration of {}", duration(limit))),
    }
    if yes_no(repetition.text_at(&["StopAtDurationEnd"])) == "Yes" {
        text.push_str(", stopping all running tasks at its end");
    }
    text
}

fn session_change(trigger: &Element) -> String {
    let change = trigger.text_at(&["StateChange"]);
    let known = chosen(
        &[
            ("ConsoleConnect", "On local connection to a user session"),
            ("ConsoleDisconnect", "On local disconnect from a user session"),
            ("RemoteConnect", "On remote connection to a user session"),
            ("RemoteDisconnect", "On remote disconnect from a user session"),
            ("SessionLock", "On workstation lock"),
            ("SessionUnlock", "On workstation unlock"),
        ],
        change,
    );
    known.to_owned()
}

/// Returns the names of the empty elements in one: days, weeks, months.
fn names(element: Option<&Element>) -> String {
    let name = |child: &Element| if child.text.is_empty() { child.name.to_string() } else { child.text.clone() };
    element.map(|element| element.children.iter().map(name).collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

fn calendar(trigger: &Element) -> String {
    let schedule = trigger.children.iter().find(|child| child.name.starts_with("ScheduleBy"));
    let Some(schedule) = schedule else { return "On a schedule".to_owned() };
    let every = |element: &str, unit: &str| match schedule.text_at(&[element]) {
        "" | "1" => format!("Every {unit}"),
        count => format!("Every {count} {unit}s"),
    };
    match schedule.name.as_ref() {
        "ScheduleByDay" => every("DaysInterval", "day"),
        "ScheduleByWeek" => format!("{} on {}", every("WeeksInterval", "week"), names(schedule.child("DaysOfWeek"))),
        "ScheduleByMonth" => {
            format!("On day {} of {}", names(schedule.child("DaysOfMonth")), names(schedule.child("Months")))
        }
        "ScheduleByMonthDayOfWeek" => format!(
            "On {} of week {} of {}",
            names(schedule.child("DaysOfWeek")),
            names(schedule.child("Weeks")),
            names(schedule.child("Months"))
        ),
        other => spaced(other),
    }
}

fn action(action: &Element) -> [String; 2] {
    let kind = match action.name.as_ref() {
        "Exec" => "Start a program".to_owned(),
        "SendEmail" => "Send an e-mail".to_owned(),
        "ShowMessage" => "Display a message".to_owned(),
        "ComHandler" => "Call a COM handler".to_owned(),
        other => spaced(other),
    };
    let label = |text: String| match text.as_str() {
        "Command" => "Program/script".to_owned(),
        "Arguments" => "Arguments".to_owned(),
        "Working directory" => "Start in".to_owned(),
        _ => text,
    };
    let details = leaves_as_written(action).into_iter().map(|(name, value)| format!("{}: {value}", label(name)));
    [kind, details.collect::<Vec<_>>().join("\n")]
}

/// Returns the texts below an element, none of them worded: a command line is what it is.
fn leaves_as_written(element: &Element) -> Vec<(String, String)> {
    let mut found: Vec<_> = element.attributes.iter().map(|(name, value)| (spaced(name), value.clone())).collect();
    for child in &element.children {
        let texts = if child.children.is_empty() { vec![child] } else { child.children.iter().collect() };
        let texts = texts.into_iter().filter(|text| !text.text.is_empty());
        found.extend(texts.map(|text| (spaced(&child.name), text.text.clone())));
    }
    found
}

fn old_trigger(trigger: &Element) -> [String; 2] {
    let get = |name: &str| trigger.get(name).unwrap_or_default();
    let interval = match get("interval") {
        "" | "1" => String::new(),
        count => format!("{count} "),
    };
    let begin = match get("type").to_ascii_uppercase().as_str() {
        "ONCE" => "Once".to_owned(),
        "DAILY" if interval.is_empty() => "Every day".to_owned(),
        "DAILY" => format!("Every {interval}days"),
        "WEEKLY" => format!("Every {interval}week{} on {}", plural(&interval), bits(get("days"), WEEKDAYS)),
        "MONTHLY" if !get("week").is_empty() => {
            let week = get("week").to_lowercase();
            format!("On the {week} {} of {}", bits(get("days"), WEEKDAYS), bits(get("months"), MONTHS))
        }
        "MONTHLY" => format!("On day {} of {}", get("days"), bits(get("months"), MONTHS)),
        "IDLE" => "When idle".to_owned(),
        "STARTUP" => "At system startup".to_owned(),
        "LOGON" => "At logon".to_owned(),
        other => other.to_owned(),
    };
    let mut details = Vec::new();
    let kind = get("type").to_ascii_uppercase();
    if !interval.is_empty() && !matches!(kind.as_str(), "DAILY" | "WEEKLY") {
        details.push(format!("Interval: {interval}"));
    }
    if !get("days").is_empty() && !matches!(kind.as_str(), "WEEKLY" | "MONTHLY") {
        details.push(format!("Days: {}", get("days")));
    }
    if !get("startHour").is_empty() {
        details.push(format!("Start time: {:0>2}:{:0>2}", get("startHour"), get("startMinutes")));
    }
    let date = |prefix: &str| {
        let [year, month, day] = ["Year", "Month", "Day"].map(|part| get(&format!("{prefix}{part}")));
        format!("{year}-{month:0>2}-{day:0>2}")
    };
    if !get("beginYear").is_empty() {
        details.push(format!("Start date: {}", date("begin")));
    }
    if yes_no(get("hasEndDate")) == "Yes" {
        details.push(format!("End date: {}", date("end")));
    }
    if yes_no(get("repeatTask")) == "Yes" {
        let stop = if yes_no(get("killAtDurationEnd")) == "Yes" { ", then stop it" } else { "" };
        let (every, limit) = (get("minutesInterval"), get("minutesDuration"));
        details.push(format!("Repeat every {every} minutes for {limit} minutes{stop}"));
    }
    [begin, details.join("\n")]
}

fn plural(interval: &str) -> &'static str {
    if interval.is_empty() { "" } else { "s" }
}

const WEEKDAYS: &[&str] = &["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Returns the names of the bits that are set in a decimal number; the number where it is none or has other bits.
fn bits(value: &str, names: &[&str]) -> String {
    let Ok(mask) = value.trim().parse::<u32>() else { return value.to_owned() };
    if mask == 0 || mask >> names.len() != 0 {
        return value.to_owned();
    }
    if mask.count_ones() as usize == names.len() {
        return if names.len() == MONTHS.len() { "every month".to_owned() } else { "every day".to_owned() };
    }
    let set = names.iter().enumerate().filter(|(bit, _)| mask & (1 << bit) != 0);
    set.map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn old(attributes: &[(&'static str, &str)]) -> [String; 2] {
        let mut element = Element::new("Trigger");
        element.attributes.extend(attributes.iter().map(|(name, value)| ((*name).into(), (*value).to_owned())));
        old_trigger(&element)
    }

    #[test]
    fn old_triggers_are_sentences() {
        let weekly = [
            ("type", "WEEKLY"),
            ("startHour", "9"),
            ("startMinutes", "0"),
            ("beginYear", "2019"),
            ("beginMonth", "1"),
            ("beginDay", "5"),
            ("interval", "2"),
            ("days", "26"),
        ];
        assert_eq!(
            old(&weekly),
            ["Every 2 weeks on Monday, Wednesday, Thursday", "Start time: 09:00\nStart date: 2019-01-05"]
        );
        assert_eq!(
            old(&[("type", "MONTHLY"), ("week", "FIRST"), ("days", "2"), ("months", "4095")])[0],
            "On the first Monday of every month"
        );
        assert_eq!(bits("x", WEEKDAYS), "x");
        assert_eq!(bits("128", WEEKDAYS), "128");
    }

    #[test]
    fn triggers_and_actions_of_the_task_scheduler_are_sentences() {
        let week = Element::new("ScheduleByWeek")
            .with(Element::text("WeeksInterval", "1"))
            .with(Element::new("DaysOfWeek").with(Element::new("Monday")).with(Element::new("Friday")));
        let calendar = Element::new("CalendarTrigger")
            .with(Element::text("Enabled", "false"))
            .with(Element::text("StartBoundary", "2026-07-26T02:00:00"))
            .with(Element::text("ExecutionTimeLimit", "PT30M"))
            .with(week);
        assert_eq!(
            trigger(&calendar),
            [
                "Every week on Monday, Friday",
                "Disabled\nActivate: 2026-07-26 02:00:00\nStop task if it runs longer than 30 minutes"
            ]
        );
        let exec = Element::new("Exec")
            .with(Element::text("Command", "cmd.exe"))
            .with(Element::text("Arguments", "true"))
            .with(Element::text("WorkingDirectory", "C:\\"));
        assert_eq!(action(&exec), ["Start a program", "Program/script: cmd.exe\nArguments: true\nStart in: C:\\"]);
    }
}
