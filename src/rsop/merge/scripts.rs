//! Scripts: all of all GPOs run, in the order of the list, then by number; those of PowerShell before or after the others of their GPO
//! ([MS-GPSCR] 3.2.5).

use std::sync::Arc;

use crate::format::{Script, ScriptEvent, ScriptList};
use crate::report::Side;

use super::items::{Item, ItemRule, Items};
use super::prepared::Read;
use super::resultant::Resultant;

/// Finds the scripts of a half: one setting for each event, whose value is what runs.
pub(super) fn items(read: &Read<'_>) -> Items {
    let mut items = read.items();
    let list = |path: &str| {
        let bytes = read.source.half.file(path).and_then(|file| file.whole().ok())?;
        Some(ScriptList::parse(bytes))
    };
    let (plain, power_shell) = (list("Scripts/scripts.ini"), list("Scripts/psscripts.ini"));
    let scripts =
        |list: &Option<ScriptList>, event| list.as_ref().map(|list| list.scripts(event).0).unwrap_or_default();
    let events = match read.source.side {
        Side::Computer => [ScriptEvent::Startup, ScriptEvent::Shutdown],
        Side::User => [ScriptEvent::Logon, ScriptEvent::Logoff],
    };
    // The elements stand in this order too.
    let mut position = 0;
    for event in events {
        let (plain, of_power_shell) = (scripts(&plain, event), scripts(&power_shell, event));
        let count = plain.len() + of_power_shell.len();
        if count == 0 {
            continue;
        }
        let first = power_shell.as_ref().and_then(|list| list.runs_power_shell_first(event.is_start()));
        let key = format!("scripts/{}", event.name());
        let item = read.item(&key, &format!("{} scripts", event.name()), &commands(&plain, &of_power_shell), 0);
        let power_shell_first = commands(&of_power_shell, &plain).into();
        let elements = (position..position + count).collect();
        position += count;
        items.items.push(Item { rule: ItemRule::Scripts { power_shell_first, first }, elements, ..item });
    }
    items
}

fn commands(first: &[Script], then: &[Script]) -> String {
    let command = |script: &Script| format!("{} {}", script.command, script.parameters).trim_end().to_owned();
    first.iter().chain(then).map(command).collect::<Vec<_>>().join("; ")
}

const SYSTEM_POLICIES: &str = r"Software\Microsoft\Windows\CurrentVersion\Policies\System";

/// Tells whether scripts of PowerShell run first where a GPO does not say; a policy may say so (note 5 of the specification).
pub(super) fn power_shell_first(side: Side, resultant: &Resultant) -> bool {
    let name = match side {
        Side::Computer => "RunComputerPSScriptsFirst",
        Side::User => "RunUserPSScriptsFirst",
    };
    let value = resultant.registry_value(side, SYSTEM_POLICIES, name);
    value.is_some_and(|(_, data)| *data == crate::format::PolData::Dword(1))
}

/// Returns what a half runs.
pub(super) fn value(item: &Item, first_by_policy: bool) -> Arc<str> {
    match &item.rule {
        ItemRule::Scripts { power_shell_first, first } if first.unwrap_or(first_by_policy) => power_shell_first.clone(),
        _ => item.value.clone(),
    }
}
