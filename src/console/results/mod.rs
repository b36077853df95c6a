//! Group Policy Results: what did apply to a user and a computer, as the computer tells it (`console-ui.md` 3.14, 7.6).
//!
//! Results come from a computer (`wizard`, `run`) or from files that were opened (`files`); both stand below the node Group Policy
//! Results. They are held against what should apply (`compare`).

mod compare;
mod files;
mod run;
mod wizard;

use crate::operation::rsop::collect::{Collection, TargetComputer};

pub use compare::compare_with_plan;
pub use files::{FoundResult, keep_file, read_file};
pub use run::rerun;
pub use wizard::open_wizard;

/// Returns what was asked of a computer, as the tab Query and the last page of the wizard tell it.
pub fn selections(collection: &Collection) -> Vec<(&'static str, String)> {
    let mut rows = vec![("Computer", collection.computer.to_string())];
    if let TargetComputer::Remote(remote) = &collection.computer {
        let account = remote.user.as_ref().map(ToString::to_string);
        rows.push(("Log on as", account.unwrap_or_else(|| "As the configuration of ssh says".to_owned())));
    }
    rows.push(("Collected by", collection.tool.command().to_owned()));
    let shown = |is_shown: bool| if is_shown { "Shown" } else { "Not shown" }.to_owned();
    if collection.sides.has_user() {
        let user = collection.user.as_ref().map(ToString::to_string);
        rows.push(("User", user.unwrap_or_else(|| "The account that asks".to_owned())));
    }
    rows.push(("Computer settings", shown(collection.sides.has_computer())));
    rows.push(("User settings", shown(collection.sides.has_user())));
    rows
}
