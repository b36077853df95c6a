//! Which of several ADML files gives the texts.

use crate::format::decode_xml;

use super::{read_admx, xml};

/// The language in which every template of Microsoft has texts.
const LAST_RESORT: &str = "en-US";

/// Chooses the language of a template's texts among those it has: the wanted one, one of the same parent language (`de` for `de-AT`, else
/// `de-DE`), the fallback culture that the template names, en-US, any. Returns its place in `available`. `fallback` is asked only where it matters.
pub fn choose_language(available: &[&str], wanted: &str, fallback: impl FnOnce() -> Option<String>) -> Option<usize> {
    let exact = |language: &str| available.iter().position(|available| available.eq_ignore_ascii_case(language));
    let parent = |language: &str| primary(language).to_lowercase();
    exact(wanted)
        .or_else(|| exact(primary(wanted)))
        .or_else(|| available.iter().position(|available| parent(available) == parent(wanted)))
        .or_else(|| fallback().and_then(|fallback| exact(fallback.trim())))
        .or_else(|| exact(LAST_RESORT))
        .or(if available.is_empty() { None } else { Some(0) })
}

/// Returns the fallback culture that an ADMX file names; none where it names none or cannot be read.
pub fn fallback_culture(admx: &[u8]) -> Option<String> {
    let text = decode_xml(admx).ok()?;
    let document = xml::parse(&text).ok()?;
    read_admx::fallback_culture(document.root_element()).map(str::to_owned)
}

fn primary(language: &str) -> &str {
    language.split(['-', '_']).next().unwrap_or(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_language_is_taken() {
        let check = |available: &[&str], wanted: &str, fallback: Option<&str>, expected: Option<&str>| {
            let chosen = choose_language(available, wanted, || fallback.map(str::to_owned));
            assert_eq!(chosen.map(|place| available[place]), expected, "{available:?} {wanted} {fallback:?}");
        };
        check(&["de-DE", "en-us"], "DE-de", None, Some("de-DE"));
        check(&["de", "de-DE"], "de-AT", None, Some("de"));
        check(&["en-US", "de-DE"], "de-AT", None, Some("de-DE"));
        check(&["en-US", "fr-FR"], "de-DE", Some("fr-fr"), Some("fr-FR"));
        check(&["fr-FR", "en-US"], "de-DE", None, Some("en-US"));
        check(&["ru-RU"], "de-DE", Some("fr-FR"), Some("ru-RU"));
        check(&[], "de-DE", None, None);
    }

    #[test]
    fn the_template_names_its_fallback() {
        let admx = "<policyDefinitions><resources fallbackculture=' fr-FR '/></policyDefinitions>";
        assert_eq!(fallback_culture(admx.as_bytes()).as_deref(), Some("fr-FR"));
        assert_eq!(fallback_culture(b"<a>"), None);
    }
}
