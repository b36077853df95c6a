//! The definition of a task as GPMC's report has it: put into the order of the Task Scheduler's schema, without what the schema of the
//! report does not have ([MS-TSCH] 2.5, `operations.md` 4.3).

use crate::format::preferences::PreferenceElement;
use crate::report::Element;

use super::elements::{copy, with_attributes};

const TASK: &[&str] = &["RegistrationInfo", "Triggers", "Settings", "Principals", "Actions"];

const SETTINGS: &[&str] = &[
    "AllowStartOnDemand",
    "DisallowStartIfOnBatteries",
    "StopIfGoingOnBatteries",
    "AllowHardTerminate",
    "StartWhenAvailable",
    "NetworkProfileName",
    "RunOnlyIfNetworkAvailable",
    "WakeToRun",
    "Enabled",
    "Hidden",
    "DeleteExpiredTaskAfter",
    "RunOnlyIfIdle",
    "MultipleInstancesPolicy",
    "Priority",
    "ExecutionTimeLimit",
    "IdleSettings",
    "NetworkSettings",
    "RestartOnFailure",
];

/// What all triggers have in common comes first, what is particular to one of them after it.
const TRIGGER: &[&str] = &["Enabled", "StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit"];

const SEND_EMAIL: &[&str] = &["Server", "Subject", "To", "Cc", "Bcc", "ReplyTo", "From", "Body", "Attachments"];

/// Returns the element `Task`.
pub(super) fn task(source: PreferenceElement<'_>) -> Element {
    let mut task = with_attributes("Task", source);
    for child in source.children() {
        let mut part = copy(child, 0);
        match part.name.as_ref() {
            "Settings" => sort(&mut part.children, SETTINGS),
            "Triggers" => part.children.iter_mut().for_each(trigger),
            "Actions" => {
                part.attributes.retain(|(name, _)| name != "Context");
                part.children.iter_mut().for_each(action);
            }
            _ => {}
        }
        task.children.push(part);
    }
    sort(&mut task.children, TASK);
    task
}

fn trigger(trigger: &mut Element) {
    trigger.children.retain(|child| child.name != "ValueQueries");
    sort(&mut trigger.children, TRIGGER);
}

fn action(action: &mut Element) {
    if action.name == "SendEmail" {
        action.children.retain(|child| child.name != "HeaderFields");
        if action.child("Attachments").is_none() {
            action.children.push(Element::new("Attachments"));
        }
        sort(&mut action.children, SEND_EMAIL);
    }
}

/// Sorts elements into an order; those it does not name go to the end as they stand.
fn sort(elements: &mut [Element], order: &[&str]) {
    elements.sort_by_key(|element| order.iter().position(|name| *name == element.name).unwrap_or(order.len()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::preferences::PreferenceFile;

    fn names(element: &Element) -> Vec<&str> {
        element.children.iter().map(|child| child.name.as_ref()).collect()
    }

    #[test]
    fn a_task_is_put_into_the_order_of_the_schema() {
        let file = PreferenceFile::parse(
            b"<Task version='1.2'><RegistrationInfo/><Principals/><Settings><IdleSettings/><Priority>7</Priority><Odd/><Enabled>true</Enabled></Settings>\
            <Triggers><EventTrigger><Subscription/><ValueQueries/><Enabled>true</Enabled></EventTrigger><CalendarTrigger><StartBoundary>x</StartBoundary><Enabled>true</Enabled><ScheduleByDay/><ExecutionTimeLimit/></CalendarTrigger></Triggers>\
            <Actions Context='Author'><Exec/><SendEmail><From/><HeaderFields/><Server/></SendEmail></Actions></Task>",
        )
        .unwrap();
        let task = task(file.root());
        assert_eq!(task.get("version"), Some("1.2"));
        assert_eq!(names(&task), ["RegistrationInfo", "Triggers", "Settings", "Principals", "Actions"]);
        let [_, triggers, settings, _, actions] = &task.children[..] else { unreachable!() };
        assert_eq!(names(settings), ["Enabled", "Priority", "IdleSettings", "Odd"]);
        assert_eq!(names(&triggers.children[0]), ["Enabled", "Subscription"]);
        let calendar = ["Enabled", "StartBoundary", "ExecutionTimeLimit", "ScheduleByDay"];
        assert_eq!(names(&triggers.children[1]), calendar);
        assert_eq!(actions.get("Context"), None);
        assert_eq!(names(&actions.children[1]), ["Server", "From", "Attachments"]);
    }
}
