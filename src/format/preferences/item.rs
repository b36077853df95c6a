//! What all preference items have in common ([MS-GPPREF] 2.2.1.1, `gpo-storage.md` B9.2).

use jiff::civil::DateTime;

use crate::ident::Timestamp;

/// The attributes that stand on every item, whatever its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemEnvelope {
    /// Class id, as written.
    pub clsid: String,
    /// Name in the editor's list.
    pub name: String,
    /// Text of the list's second column.
    pub status: String,
    /// Number of the icon, as written.
    pub image: String,
    /// When the item was changed, as written: `2023-08-10 14:22:52`, UTC.
    pub changed: String,
    /// Id of the item, as written; unique.
    pub uid: String,
    /// Description.
    pub description: String,
    /// Whether clients go on with the next item after an error in this one; none where the file does not say, and the editor shows
    /// that they do.
    pub bypass_errors: Option<bool>,
    /// Whether the item is applied with the rights of the user who logs on; none where the file does not say.
    pub user_context: Option<bool>,
    /// Whether what the item did is undone when it no longer applies.
    pub remove_policy: bool,
    /// Whether the item is switched off.
    pub disabled: bool,
}

/// What an item does with the thing it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PreferenceAction {
    /// Makes it where it is not there.
    Create,
    /// Removes and makes it anew.
    Replace,
    /// Changes it, or makes it where it is not there.
    Update,
    /// Removes it.
    Delete,
}

impl ItemEnvelope {
    /// Reads the attributes of an item, names compared without case; others are passed over.
    pub fn read<'a>(attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut envelope = ItemEnvelope::default();
        for (name, value) in attributes {
            match name.to_ascii_lowercase().as_str() {
                "clsid" => envelope.clsid = value.to_owned(),
                "name" => envelope.name = value.to_owned(),
                "status" => envelope.status = value.to_owned(),
                "image" => envelope.image = value.to_owned(),
                "changed" => envelope.changed = value.to_owned(),
                "uid" => envelope.uid = value.to_owned(),
                "desc" => envelope.description = value.to_owned(),
                // So the wizard that imports registry values spells it.
                "descr" if envelope.description.is_empty() => envelope.description = value.to_owned(),
                "bypasserrors" => envelope.bypass_errors = Some(is_set(value)),
                "usercontext" => envelope.user_context = Some(is_set(value)),
                "removepolicy" => envelope.remove_policy = is_set(value),
                "disabled" => envelope.disabled = is_set(value),
                _ => {}
            }
        }
        envelope
    }

    /// Returns when the item was changed; none where the text is no time.
    pub fn changed_time(&self) -> Option<Timestamp> {
        let time: DateTime = self.changed.trim().parse().ok()?;
        Timestamp::from_unix_seconds(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
    }
}

impl PreferenceAction {
    /// Reads an action: a letter in any case. What is missing or unknown counts as Update, as clients take it.
    pub fn read(text: Option<&str>) -> Self {
        match text.map(str::trim) {
            Some("C" | "c") => PreferenceAction::Create,
            Some("R" | "r") => PreferenceAction::Replace,
            Some("D" | "d") => PreferenceAction::Delete,
            _ => PreferenceAction::Update,
        }
    }
}

/// Tells whether a flag is set: `1`, or `true` as files made by other programs have it.
pub(super) fn is_set(value: &str) -> bool {
    matches!(value.trim(), "1") || value.trim().eq_ignore_ascii_case("true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attributes_are_found_whatever_their_case() {
        let envelope = ItemEnvelope::read([
            ("clsid", "{A}"),
            ("Name", "H:"),
            ("changed", "2023-08-10 14:22:52"),
            ("UID", "{B}"),
            ("descr", "wizard"),
            ("bypassErrors", "1"),
            ("userContext", "0"),
            ("removePolicy", "true"),
            ("other", "x"),
        ]);
        assert_eq!((envelope.name.as_str(), envelope.uid.as_str()), ("H:", "{B}"));
        assert_eq!(envelope.description, "wizard");
        assert!(envelope.bypass_errors == Some(true) && envelope.remove_policy && !envelope.disabled);
        assert_eq!(envelope.user_context, Some(false));
        assert_eq!(envelope.changed_time().map(|time| time.to_string()).as_deref(), Some("2023-08-10T14:22:52Z"));
    }

    #[test]
    fn impossible_times_and_actions_are_no_error() {
        for changed in ["", "2025-03-030 10:00:00", "2025-02-30 10:00:00", "yesterday"] {
            let envelope = ItemEnvelope { changed: changed.to_owned(), ..ItemEnvelope::default() };
            assert_eq!(envelope.changed_time(), None, "{changed}");
        }
        assert_eq!(PreferenceAction::read(Some("d")), PreferenceAction::Delete);
        assert_eq!(PreferenceAction::read(Some("?")), PreferenceAction::Update);
        assert_eq!(PreferenceAction::read(None), PreferenceAction::Update);
    }
}
