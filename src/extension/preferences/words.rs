//! Values in words.

use crate::report::{Cell, Mark};

use super::labels::{Label, Words};

/// What stands in the place of a password. The text itself is never shown.
const MASKED_PASSWORD: &str = "******** (a password stored so that everybody who can read the GPO can read it, MS14-025: change it and remove it here)";

/// Returns an attribute's value as people read it.
pub(super) fn worded(label: &Label, value: &str) -> Cell {
    let text = match label.words {
        Words::Plain => value.to_owned(),
        Words::YesNo => yes_no(value).to_owned(),
        Words::OnOff => on_off(value).to_owned(),
        Words::Unit(unit) => with_unit(value, unit),
        Words::UnitOrNever(unit) => {
            if value.trim() == "0" {
                "Never".to_owned()
            } else {
                with_unit(value, unit)
            }
        }
        Words::Milliseconds => milliseconds(value),
        Words::Choice(choices) => chosen(choices, value).to_owned(),
        Words::Password => return password(),
    };
    Cell::new(text)
}

/// Returns what stands in the place of a password.
pub(super) fn password() -> Cell {
    Cell::marked(MASKED_PASSWORD, Mark::Warning)
}

/// Returns `Yes` or `No`, or the value where it is no flag.
pub(super) fn yes_no(value: &str) -> &str {
    match value.trim().to_ascii_lowercase().as_str() {
        "1" | "yes" | "true" | "on" => "Yes",
        "0" | "no" | "false" | "off" => "No",
        _ => value,
    }
}

fn on_off(value: &str) -> &str {
    match yes_no(value) {
        "Yes" => "On",
        "No" => "Off",
        other => other,
    }
}

/// Returns the meaning of a value among choices, compared without case; the value where it is none of them.
pub(super) fn chosen<'a>(choices: &[(&'static str, &'static str)], value: &'a str) -> &'a str {
    let found = choices.iter().find(|(written, _)| written.eq_ignore_ascii_case(value.trim()));
    found.map_or(value, |(_, meaning)| meaning)
}

fn with_unit(value: &str, unit: &str) -> String {
    match value.trim().parse::<u64>() {
        Ok(number) if unit == "%" => format!("{number} %"),
        Ok(1) => format!("1 {}", unit.trim_end_matches('s')),
        Ok(number) => format!("{number} {unit}"),
        Err(_) => value.to_owned(),
    }
}

fn milliseconds(value: &str) -> String {
    let Ok(number) = value.trim().parse::<u64>() else { return value.to_owned() };
    let minutes = number as f64 / 60_000.0;
    let unit = if minutes == 1.0 { "minute" } else { "minutes" };
    format!("{minutes} {unit}")
}

/// Returns a duration of the Task Scheduler in words: `PT1H30M` is `1 hour 30 minutes`. What is none stays as it stands.
pub(super) fn duration(text: &str) -> String {
    spoken_duration(text.trim()).unwrap_or_else(|| text.to_owned())
}

fn spoken_duration(text: &str) -> Option<String> {
    let mut parts = Vec::new();
    let mut in_time = false;
    let mut digits = String::new();
    for character in text.strip_prefix('P')?.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        let unit = match (character, in_time) {
            ('T', false) => {
                in_time = true;
                continue;
            }
            ('Y', false) => "years",
            ('M', false) => "months",
            ('W', false) => "weeks",
            ('D', false) => "days",
            ('H', true) => "hours",
            ('M', true) => "minutes",
            ('S', true) => "seconds",
            _ => return None,
        };
        let number: u64 = digits.parse().ok()?;
        if number > 0 {
            parts.push(with_unit(&digits, unit));
        }
        digits.clear();
    }
    if !digits.is_empty() {
        return None;
    }
    Some(if parts.is_empty() { "0 seconds".to_owned() } else { parts.join(" ") })
}

/// Returns the words of a value of the registry: a number in both bases, bytes in pairs.
pub(super) fn registry_value(value_type: &str, value: &str) -> String {
    let text = value.trim();
    match value_type {
        "REG_DWORD" | "REG_QWORD" => match u64::from_str_radix(text.trim_start_matches("0x"), 16) {
            Ok(number) => format!("0x{number:X} ({number})"),
            Err(_) => value.to_owned(),
        },
        "REG_BINARY" if !text.is_empty() && text.chars().all(|digit| digit.is_ascii_hexdigit()) => {
            let pairs = text.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned());
            pairs.collect::<Vec<_>>().join(" ")
        }
        _ => value.to_owned(),
    }
}

/// Puts blanks between the words of a name as programs write it: `RunOnlyIfIdle` is `Run only if idle`.
pub(super) fn spaced(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 8);
    let mut after_lower = false;
    for character in name.chars() {
        if character.is_uppercase() && after_lower {
            text.push(' ');
            text.extend(character.to_lowercase());
        } else if text.is_empty() {
            text.extend(character.to_uppercase());
        } else {
            text.push(character);
        }
        after_lower = character.is_lowercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_worded() {
        let check = |words, value: &str, expected: &str| {
            assert_eq!(worded(&Label { attribute: "a", text: "A", words }, value).text, expected);
        };
        check(Words::YesNo, "1", "Yes");
        check(Words::YesNo, "NO", "No");
        check(Words::YesNo, "maybe", "maybe");
        check(Words::OnOff, "OFF", "Off");
        check(Words::Unit("minutes"), "1", "1 minute");
        check(Words::Unit("%"), "5", "5 %");
        check(Words::Unit("seconds"), "soon", "soon");
        check(Words::UnitOrNever("minutes"), "0", "Never");
        check(Words::Milliseconds, "90000", "1.5 minutes");
        check(Words::Choice(&[("USE", "Use it")]), "use", "Use it");
        check(Words::Choice(&[("USE", "Use it")]), "NEW", "NEW");
        let password = worded(&Label { attribute: "a", text: "A", words: Words::Password }, "secret");
        assert!(!password.text.contains("secret") && password.mark == Mark::Warning);
    }

    #[test]
    fn durations_and_registry_values_are_worded() {
        assert_eq!(duration("PT1H30M"), "1 hour 30 minutes");
        assert_eq!(duration("P3D"), "3 days");
        assert_eq!(duration("PT0S"), "0 seconds");
        for odd in ["", "P", "1H", "PT5", "P5X", "PT99999999999999999999H"] {
            assert!(duration(odd) == odd || odd == "P", "{odd}");
        }
        assert_eq!(registry_value("REG_DWORD", "000000FF"), "0xFF (255)");
        assert_eq!(registry_value("REG_BINARY", "0a0b0"), "0a 0b 0");
        assert_eq!(registry_value("REG_BINARY", "é"), "é");
        assert_eq!(registry_value("REG_SZ", "text"), "text");
        assert_eq!(spaced("RunOnlyIfIdle"), "Run only if idle");
    }
}
