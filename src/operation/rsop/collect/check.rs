//! Whether a file is the result that was asked for. The tool's word is not taken for it (`operations.md` 8).

use std::fmt::Write as _;

use crate::gpm::{HResult, OperationError};
use crate::report::{RsopReport, Side, read_rsop};

use super::{Collection, ResultUser, no_results};

/// What a file is held against.
pub(super) struct Asked<'a> {
    /// What was asked for.
    pub collection: &'a Collection,
    /// The time before the run, by the clock of that computer.
    pub started: Option<jiff::Timestamp>,
    /// The time after it.
    pub ended: Option<jiff::Timestamp>,
    /// What the tool said.
    pub said: &'a str,
}

/// How much a clock may be set back or forward while the tool runs.
const CLOCK_SLACK_SECONDS: i64 = 2;

/// Reads a file and demands that it is what was asked for: whole, made by this run, of the sides and the user that are wanted.
///
/// # Errors
/// Names the first of these that does not hold, and what to try.
pub(super) fn check(file: &[u8], asked: &Asked<'_>) -> Result<RsopReport, OperationError> {
    let computer = &asked.collection.computer;
    let fail = |code, mut message: String| {
        if !asked.said.is_empty() {
            // A String takes all that is written to it.
            let _ = write!(message, "\ngpresult said: {}", asked.said);
        }
        Err(no_results(computer, code, message))
    };
    if file.is_empty() {
        return fail(
            HResult::INVALID_DATA,
            format!("The tool gpresult wrote an empty file on {computer}. Its disk may be full."),
        );
    }
    let report = match read_rsop(file) {
        Ok(report) => report,
        Err(error) => {
            let message =
                format!("What gpresult wrote on {computer} is no result of Group Policy: {error}. Try again.");
            return fail(HResult::INVALID_DATA, message);
        }
    };
    let Some(read) = report.read else {
        return fail(HResult::INVALID_DATA, format!("The result of {computer} does not say when it was made."));
    };
    let (Some(started), Some(ended)) = (asked.started, asked.ended) else {
        return fail(
            HResult::INVALID_DATA,
            format!("The time of {computer} is not known: the result may be an old one."),
        );
    };
    let slack = CLOCK_SLACK_SECONDS;
    if read.unix_seconds() < started.as_second() - slack || read.unix_seconds() > ended.as_second() + slack {
        let message = format!(
            "The result of {computer} was not made by this run: it is of {read}, and the run began at {} by the clock there. gpresult \
             may not have been able to write it. Try again.",
            super::to_seconds(started).map_or_else(|| started.to_string(), |time| time.to_string())
        );
        return fail(HResult::INVALID_DATA, message);
    }
    for (side, is_wanted) in
        [(Side::Computer, asked.collection.sides.has_computer()), (Side::User, asked.collection.sides.has_user())]
    {
        if is_wanted && report.result(side).is_none() {
            return fail(HResult::FILE_NOT_FOUND, missing_side(asked, side));
        }
    }
    if let (Some(wanted), Some(user)) = (&asked.collection.user, &report.user)
        && asked.collection.sides.has_user()
        && !is_of(&user.name, wanted)
    {
        let message = format!("The result of {computer} is of the user {}, not of {wanted}. Try again.", user.name);
        return fail(HResult::INVALID_DATA, message);
    }
    Ok(report)
}

fn missing_side(asked: &Asked<'_>, side: Side) -> String {
    let computer = &asked.collection.computer;
    match side {
        Side::Computer => format!(
            "The result of {computer} has nothing of the computer. The account must be an administrator of it, or have the permission \
             \"Read Group Policy Results data\" on its container; or leave the computer's settings out."
        ),
        Side::User => format!(
            "The result of {computer} has nothing of the user. Choose a user who has logged on there, or leave the user's settings out."
        ),
    }
}

/// Tells whether a result's name, `DOMAIN\sam`, is that of a user; a domain that was not named may be any.
fn is_of(name: &str, wanted: &ResultUser) -> bool {
    let lower = |text: &str| text.to_lowercase();
    let account = name.split_once('\\').map_or(name, |(_, account)| account);
    match wanted.as_str().split_once('\\') {
        Some(_) => lower(name) == lower(wanted.as_str()),
        None => lower(account) == lower(wanted.account()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ResultSides, ResultTool, TargetComputer};
    use super::*;

    const FILE: &str = "<Rsop xmlns=\"http://www.microsoft.com/GroupPolicy/Rsop\"><ReadTime>2026-03-01T12:00:05.5Z</ReadTime>\
        <DataType>LoggedData</DataType><UserResults><Name>CORP\\alice</Name></UserResults>\
        <ComputerResults><Name>CORP\\PC1$</Name></ComputerResults></Rsop>";

    fn checked(file: &str, sides: ResultSides, user: Option<&str>) -> Result<RsopReport, String> {
        let collection = Collection {
            computer: TargetComputer::This,
            tool: ResultTool::Gpresult,
            sides,
            user: user.map(|user| user.parse().unwrap()),
        };
        let time = |text: &str| text.parse().ok();
        let (started, ended) = (time("2026-03-01T12:00:05Z"), time("2026-03-01T12:00:09Z"));
        let asked = Asked { collection: &collection, started, ended, said: "INFO: words" };
        check(file.as_bytes(), &asked).map_err(|error| error.0.message.clone())
    }

    #[test]
    fn what_was_asked_for_is_taken() {
        for (sides, user) in [
            (ResultSides::Both, None),
            (ResultSides::Both, Some("corp\\ALICE")),
            (ResultSides::User, Some("alice")),
            (ResultSides::Computer, Some("CORP\\bob")),
        ] {
            assert!(checked(FILE, sides, user).is_ok(), "{sides:?} {user:?}");
        }
    }

    #[test]
    fn everything_else_is_named() {
        let check = |file: &str, user: Option<&str>, expected: &str| {
            let message = checked(file, ResultSides::Both, user).unwrap_err();
            assert!(message.contains(expected) && message.ends_with("gpresult said: INFO: words"), "{message}");
        };
        check("", None, "empty file");
        check("<Rsop", None, "no result of Group Policy");
        check("<html/>", None, "no result of Group Policy");
        check(&FILE.replace("2026-03-01T12:00:05.5Z", "never"), None, "when it was made");
        check(&FILE.replace("12:00:05.5Z", "11:59:05.5Z"), None, "not made by this run");
        check(&FILE.replace("12:00:05.5Z", "12:01:05.5Z"), None, "not made by this run");
        check(&FILE.replace("ComputerResults", "Other"), None, "nothing of the computer");
        check(&FILE.replace("UserResults", "Other"), Some("CORP\\alice"), "nothing of the user");
        check(FILE, Some("CORP\\bob"), "of the user CORP\\alice, not of CORP\\bob");
        check(FILE, Some("OTHER\\alice"), "not of OTHER\\alice");
    }
}
