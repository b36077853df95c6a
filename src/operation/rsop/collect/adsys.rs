//! What `adsysctl policy applied --details` prints (`colorizePolicies` in adsys' `cmd/adsysd/client/policy.go`).
//!
//! ```text
//! Policies from machine configuration:
//! - Servers ({B8D10A86-0B78-4899-91AF-6F0124ECEB48})
//!     - dconf:
//!         - org/gnome/desktop/lockdown/disable-printing: true
//!         - org/gnome/desktop/media-handling/automount: Locked to system default
//!
//! Policies from user configuration:
//! - …
//! ```
//!
//! The headings are translated; with `--machine` there are none. The first GPO wins. Overridden settings are left out.

use crate::report::Side;

use super::Collection;
use super::client_text::{TextGpo, TextSetting, TextSide, ToolRun};

/// Returns how it is run: asked for a user it tells the computer's side too.
pub(super) fn runs(collection: &Collection) -> Vec<ToolRun> {
    let mut arguments: Vec<String> = ["policy", "applied", "--details", "--no-color"].map(str::to_owned).to_vec();
    let side = match collection.sides.has_user() {
        true => Side::User,
        false => Side::Computer,
    };
    match (&collection.user, side) {
        (_, Side::Computer) => arguments.push("--machine".to_owned()),
        (Some(user), Side::User) => arguments.push(user.to_string()),
        (None, Side::User) => {}
    }
    vec![ToolRun { arguments, side }]
}

/// Reads its text; nothing where it is something else.
pub(super) fn read(text: &str, asked: Side) -> Vec<TextSide> {
    let mut sides: Vec<TextSide> = Vec::new();
    let mut extension = String::new();
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            continue;
        }
        if let Some(gpo) = line.strip_prefix("- ") {
            if sides.is_empty() {
                sides.push(TextSide { side: asked, gpos: Vec::new() });
            }
            let gpos = sides.last_mut().map(|side| &mut side.gpos);
            gpos.into_iter().for_each(|gpos| gpos.push(read_gpo(gpo)));
            extension.clear();
        } else if let Some(setting) = line.strip_prefix("        - ") {
            let (name, value) = setting.split_once(": ").unwrap_or((setting, ""));
            let setting = TextSetting { extension: extension.clone(), name: name.to_owned(), value: value.to_owned() };
            let gpo = sides.last_mut().and_then(|side| side.gpos.last_mut());
            gpo.into_iter().for_each(|gpo| gpo.settings.push(setting.clone()));
        } else if let Some(manager) = line.strip_prefix("    - ") {
            extension = manager.trim_end_matches(':').to_owned();
        } else if line.ends_with(':') && !line.starts_with(' ') {
            let side = if sides.is_empty() { Side::Computer } else { Side::User };
            sides.push(TextSide { side, gpos: Vec::new() });
        }
    }
    if text.trim().is_empty() && asked == Side::Computer {
        // No GPO applies to the computer, and its side has no heading.
        sides.push(TextSide { side: asked, gpos: Vec::new() });
    }
    for side in &mut sides {
        side.gpos.reverse();
    }
    sides
}

/// Reads `Servers ({GUID})`.
fn read_gpo(text: &str) -> TextGpo {
    let parts = text.rsplit_once(" (").and_then(|(name, id)| Some((name, id.strip_suffix(')')?.parse().ok()?)));
    match parts {
        Some((name, id)) => TextGpo { name: name.to_owned(), id: Some(id), settings: Vec::new() },
        None => TextGpo { name: text.to_owned(), ..TextGpo::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Policies from machine configuration:\n\
        - Servers (new) ({B8D10A86-0B78-4899-91AF-6F0124ECEB48})\n    - dconf:\n        - org/a/b: [ 'x: y' ]\n        - org/c: Locked to system default\n    - privilege:\n        - allow-local-admins: Disabled\n\
        - Default Domain Policy ({31B2F340-016D-11D2-945F-00C04FB984F9})\n\nPolicies from user configuration:\n- Odd\n";

    #[test]
    fn both_sides_with_what_their_gpos_set() {
        let sides = read(TEXT, Side::User);
        assert_eq!(sides.iter().map(|side| side.side).collect::<Vec<_>>(), [Side::Computer, Side::User]);
        let names: Vec<_> = sides[0].gpos.iter().map(|gpo| gpo.name.as_str()).collect();
        assert_eq!(names, ["Default Domain Policy", "Servers (new)"]);
        let servers = &sides[0].gpos[1];
        assert_eq!(servers.id.map(|id| id.to_string()).as_deref(), Some("{B8D10A86-0B78-4899-91AF-6F0124ECEB48}"));
        let settings: Vec<_> = servers
            .settings
            .iter()
            .map(|setting| (setting.extension.as_str(), setting.name.as_str(), setting.value.as_str()))
            .collect();
        assert_eq!(
            settings,
            [
                ("dconf", "org/a/b", "[ 'x: y' ]"),
                ("dconf", "org/c", "Locked to system default"),
                ("privilege", "allow-local-admins", "Disabled"),
            ]
        );
        assert_eq!((sides[1].gpos[0].name.as_str(), sides[1].gpos[0].id), ("Odd", None));
    }

    #[test]
    fn of_the_computer_alone_and_of_nothing() {
        let text = "- A ({31B2F340-016D-11D2-945F-00C04FB984F9})\n    - dconf:\n        - k: v\n";
        let sides = read(text, Side::Computer);
        assert_eq!((sides.len(), sides[0].side, sides[0].gpos.len()), (1, Side::Computer, 1));
        assert_eq!(read("\n", Side::Computer), [TextSide { side: Side::Computer, gpos: Vec::new() }]);
        assert!(read("", Side::User).is_empty());
        assert!(read("        - stray: 1\n    - x:\nError", Side::Computer).is_empty());
    }
}
