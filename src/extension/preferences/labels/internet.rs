//! Internet Settings: the names of the dialog for the settings that are met most, and of their values.

/// Returns what people call a setting; one without a name here is called by its id, put into words.
pub(in crate::extension::preferences) fn setting_name(id: &str) -> String {
    let known = match id {
        "Homepage" | "StartPage" => "Home page",
        "SecondaryStartPages" => "Further home pages",
        "DeleteBrowsingHistoryOnExit" => "Delete browsing history on exit",
        "DaysToKeep" => "Days to keep pages in history",
        "SyncMode" => "Check for newer versions of stored pages",
        "CacheLimit" => "Disk space to use (temporary internet files)",
        "EnableTabbedBrowsing" => "Enable tabbed browsing",
        "ProxyEnable" => "Use a proxy server for your LAN",
        "ProxyServer" => "Proxy server address",
        "ProxyOverride" => "Exceptions: no proxy for addresses beginning with",
        "AutoConfigURL" => "Use automatic configuration script",
        "AutoDetect" => "Automatically detect settings",
        "EnableAutoDial" => "Dial a connection",
        "NoNetAutodial" => "Dial whenever a network connection is not present",
        "CheckAssociations" => "Tell me if Internet Explorer is not the default web browser",
        "UseLegacyHTTP1_1" | "EnableHttp1_1" => "Use HTTP 1.1",
        "ProxyHttp1_1" => "Use HTTP 1.1 through proxy connections",
        "SecureProtocols" => "Use SSL/TLS versions",
        "CertificateRevocation" => "Check for server certificate revocation",
        "WarnOnZoneCrossing" => "Warn if changing between secure and not secure mode",
        "PopupMgr" | "PopupBlockerEnabled" => "Turn on Pop-up Blocker",
        "FormSuggest" => "AutoComplete: Forms",
        "FormSuggestPW" => "AutoComplete: User names and passwords on forms",
        "AutoSuggest" => "AutoComplete: Web addresses",
        _ => "",
    };
    if known.is_empty() { spaced(id) } else { known.to_owned() }
}

/// Returns the meaning of a value: of security zones' levels, for example; empty where the value speaks for itself.
pub(in crate::extension::preferences) fn value_meaning(name: &str, value: &str) -> &'static str {
    let digits = value.trim_start_matches("0x").trim_start_matches('0');
    let is_zone_action = name.len() == 4 && name.chars().all(|digit| digit.is_ascii_hexdigit());
    match (name, digits) {
        (_, "") if is_zone_action => "Enable",
        (_, "1") if is_zone_action => "Prompt",
        (_, "3") if is_zone_action => "Disable",
        ("CurrentLevel", "10000") => "Low",
        ("CurrentLevel", "10500") => "Medium-low",
        ("CurrentLevel", "11000") => "Medium",
        ("CurrentLevel", "11500") => "Medium-high",
        ("CurrentLevel", "12000") => "High",
        ("CurrentLevel", "") => "Custom",
        _ => "",
    }
}

/// Puts blanks between the words of an id: `EnableTabbedBrowsing`.
fn spaced(id: &str) -> String {
    let mut text = String::with_capacity(id.len() + 8);
    let mut after_lower = false;
    for character in id.chars() {
        if character.is_uppercase() && after_lower {
            text.push(' ');
        }
        after_lower = character.is_lowercase() || character.is_ascii_digit();
        text.push(if character == '_' { ' ' } else { character });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_names() {
        assert_eq!(setting_name("Homepage"), "Home page");
        assert_eq!(setting_name("DisableInlineAutoComplete"), "Disable Inline Auto Complete");
        assert_eq!(setting_name("UseTLS1_0"), "Use TLS1 0");
        assert_eq!(value_meaning("1001", "00000003"), "Disable");
        assert_eq!(value_meaning("CurrentLevel", "00011500"), "Medium-high");
        assert_eq!(value_meaning("ProxyEnable", "00000001"), "");
    }
}
