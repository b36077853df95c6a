//! What `samba-gpupdate --rsop` prints (`rsop` in Samba's `python/samba/gp/gpclass.py`).
//!
//! ```text
//! Resultant Set of Policy
//! Computer Policy
//!
//! GPO: Default Domain Policy
//! ====…
//!   CSE: gp_sudoers_ext
//!   ----…
//!     Policy Type: Sudo Rights
//!     ----…
//!     [ alice ALL=(ALL) ALL ]
//!     ----…
//!   ----…
//! ====…
//! ```
//!
//! It names GPOs but not their GUIDs, in the order of application.

use crate::report::Side;

use super::Collection;
use super::client_text::{TextGpo, TextSetting, TextSide, ToolRun};

/// Returns how it is run: once for each side. The user is named, not logged on: the computer's own account reads the policy.
pub(super) fn runs(collection: &Collection) -> Vec<ToolRun> {
    let arguments = |more: &[&str]| {
        let all = ["--rsop"].iter().chain(more);
        all.map(|argument| (*argument).to_owned()).collect::<Vec<_>>()
    };
    let mut runs = Vec::new();
    if collection.sides.has_computer() {
        runs.push(ToolRun { arguments: arguments(&["--target=Computer"]), side: Side::Computer });
    }
    if let Some(user) = &collection.user
        && collection.sides.has_user()
    {
        let user = format!("--user={user}");
        runs.push(ToolRun { arguments: arguments(&["--target=User", &user, "--no-pass"]), side: Side::User });
    }
    runs
}

/// Reads its text; nothing where it is something else.
pub(super) fn read(text: &str, side: Side) -> Vec<TextSide> {
    let lines: Vec<&str> = text.lines().collect();
    let word = match side {
        Side::Computer => "Computer Policy",
        Side::User => "User Policy",
    };
    let start = lines.windows(2).position(|pair| pair[0].trim() == "Resultant Set of Policy" && pair[1].trim() == word);
    let Some(start) = start else { return Vec::new() };
    let mut told = TextSide { side, gpos: Vec::new() };
    let (mut extension, mut kind, mut in_values) = (String::new(), String::new(), false);
    for (index, line) in lines.iter().enumerate().skip(start + 2) {
        let next = lines.get(index + 1).copied().unwrap_or_default();
        if let Some(name) = line.strip_prefix("GPO: ")
            && is_rule(next, '=', 0)
        {
            told.gpos.push(TextGpo { name: name.trim().to_owned(), ..TextGpo::default() });
            in_values = false;
            continue;
        }
        let Some(gpo) = told.gpos.last_mut() else { continue };
        if let Some(name) = line.strip_prefix("  CSE: ")
            && is_rule(next, '-', 2)
        {
            extension = name.trim().to_owned();
            in_values = false;
        } else if let Some(name) = line.strip_prefix("    Policy Type: ")
            && is_rule(next, '-', 4)
        {
            kind = name.trim().to_owned();
            in_values = false;
        } else if is_rule(line, '-', 4) {
            // The first of the two stands before the values, the other behind them.
            in_values = !in_values && !kind.is_empty();
            if !in_values {
                kind.clear();
            }
        } else if in_values {
            add_value(&mut gpo.settings, &extension, &kind, line);
        }
    }
    vec![told]
}

/// Tells whether a line is a rule of this letter behind so many blanks.
fn is_rule(line: &str, letter: char, indent: usize) -> bool {
    let rest = line.trim_start_matches(' ');
    line.len() - rest.len() == indent && rest.len() > 3 && rest.chars().all(|c| c == letter)
}

/// Adds a line of values: `[ name ] = value`, `[ entry of a list ]`, or more of the value before.
fn add_value(settings: &mut Vec<TextSetting>, extension: &str, kind: &str, line: &str) {
    let extension = format!("{extension}, {kind}");
    let entry = line.strip_prefix("    [ ");
    if let Some((name, value)) = entry.and_then(|entry| entry.split_once(" ] =")) {
        let (name, value) = (name.to_owned(), value.trim_start().to_owned());
        settings.push(TextSetting { extension, name, value });
    } else if let Some(entry) = entry {
        let value = entry.strip_suffix(" ]").unwrap_or(entry).to_owned();
        settings.push(TextSetting { extension, name: String::new(), value });
    } else {
        match settings.last_mut().filter(|last| last.extension == extension) {
            Some(last) => {
                if !last.value.is_empty() {
                    last.value.push('\n');
                }
                last.value.push_str(line.trim());
            }
            None => settings.push(TextSetting { extension, name: kind.to_owned(), value: line.trim().to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> String {
        let (gpo, half) = ("=".repeat(80), "-".repeat(40));
        [
            "Resultant Set of Policy".to_owned(),
            "Computer Policy\n".to_owned(),
            "GPO: Default Domain Policy".to_owned(),
            gpo.clone(),
            "  CSE: gp_access_ext".to_owned(),
            format!("  {half}"),
            format!("  {half}"),
            format!("{gpo}\n"),
            "GPO: Servers".to_owned(),
            gpo.clone(),
            "  CSE: gp_sudoers_ext".to_owned(),
            format!("  {half}"),
            "    Policy Type: Sudo Rights".to_owned(),
            format!("    {half}"),
            "    [ alice ALL=(ALL) ALL ]".to_owned(),
            "    [ bob ALL=(ALL) ALL ]".to_owned(),
            format!("    {half}"),
            format!("  {half}"),
            "  CSE: gp_smb_conf_ext".to_owned(),
            format!("  {half}"),
            "    Policy Type: smb.conf".to_owned(),
            format!("    {half}"),
            "    [ apply group policies ] = 1".to_owned(),
            "    [ server string ] = ".to_owned(),
            format!("    {half}"),
            "    Policy Type: /etc/motd".to_owned(),
            format!("    {half}"),
            "Welcome to".to_owned(),
            "GPO: this line is a value".to_owned(),
            format!("    {half}"),
            format!("  {half}"),
            format!("{gpo}\n"),
        ]
        .join("\n")
    }

    #[test]
    fn gpos_in_order_with_what_they_set() {
        let [told] = read(&text(), Side::Computer).try_into().unwrap();
        let names: Vec<_> = told.gpos.iter().map(|gpo| gpo.name.as_str()).collect();
        assert_eq!(names, ["Default Domain Policy", "Servers"]);
        let settings: Vec<_> = told.gpos[1]
            .settings
            .iter()
            .map(|setting| (setting.extension.as_str(), setting.name.as_str(), setting.value.as_str()))
            .collect();
        assert_eq!(
            settings,
            [
                ("gp_sudoers_ext, Sudo Rights", "", "alice ALL=(ALL) ALL"),
                ("gp_sudoers_ext, Sudo Rights", "", "bob ALL=(ALL) ALL"),
                ("gp_smb_conf_ext, smb.conf", "apply group policies", "1"),
                ("gp_smb_conf_ext, smb.conf", "server string", ""),
                ("gp_smb_conf_ext, /etc/motd", "/etc/motd", "Welcome to\nGPO: this line is a value"),
            ]
        );
    }

    #[test]
    fn other_text_is_no_result() {
        for other in ["", "Traceback (most recent call last):", "Resultant Set of Policy\nUser Policy\n"] {
            assert_eq!(read(other, Side::Computer), [], "{other}");
        }
        let nothing = [TextSide { side: Side::User, gpos: Vec::new() }];
        assert_eq!(read("Resultant Set of Policy\nUser Policy\n\n", Side::User), nothing);
    }
}
