//! UNC paths, `\\server\share\folder`.

/// Tells whether a text begins as a UNC path does: two backslashes, a host, a backslash, a share. Paths to devices are none.
pub fn is_unc_path(text: &str) -> bool {
    let Some((host, share)) = text.strip_prefix(r"\\").and_then(|rest| rest.split_once('\\')) else { return false };
    let is_blank = |text: &str| text.trim().is_empty();
    !is_blank(host) && !matches!(host, "." | "?") && !is_blank(share.split('\\').next().unwrap_or_default())
}

/// Returns what a path becomes where `from` is exchanged for `to`; none where the path does not lie below `from`. Compared without
/// case, on the borders of names: `\\server\share` does not serve `\\server\share2`.
pub fn replace_unc_prefix(path: &str, from: &str, to: &str) -> Option<String> {
    let from = from.trim_end_matches('\\');
    let (mut left, mut wanted) = (path.char_indices(), from.chars());
    let end = loop {
        match wanted.next() {
            None => break left.next().map_or(path.len(), |(at, _)| at),
            Some(letter) => match left.next() {
                Some((_, other)) if other == letter || other.to_lowercase().eq(letter.to_lowercase()) => {}
                _ => return None,
            },
        }
    };
    let rest = &path[end..];
    let to = if rest.is_empty() { to } else { to.trim_end_matches('\\') };
    (rest.is_empty() || rest.starts_with('\\')).then(|| format!("{to}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unc_paths_have_a_host_and_a_share() {
        for text in [r"\\a\b", r"\\a.b\c$\d", r"\\%HOST%\x"] {
            assert!(is_unc_path(text), "{text}");
        }
        for text in ["", r"\\", r"\\a", r"\\a\", r"\\\b", r"\\.\pipe", r"\\?\C:\", r"\a\b", "//a/b", r"\\a\\b"] {
            assert!(!is_unc_path(text), "{text}");
        }
    }

    #[test]
    fn a_leading_part_is_exchanged_on_the_border_of_a_name() {
        for (path, from, to, expected) in [
            (r"\\Old\share\x.msi", r"\\old\SHARE", r"\\new\s", Some(r"\\new\s\x.msi")),
            (r"\\old\share\x", r"\\old\share\", r"\\new\s\", Some(r"\\new\s\x")),
            (r"\\old\share\", r"\\old\share", r"\\new\s", Some(r"\\new\s\")),
            (r"\\old\share", r"\\old\share", r"\\new\s", Some(r"\\new\s")),
            (r"\\old\share2", r"\\old\share", r"\\new\s", None),
            (r"\\old", r"\\old\share", r"\\new\s", None),
            (r"\\ÖLD\s\é", r"\\öld\s", r"\\n\s", Some(r"\\n\s\é")),
        ] {
            assert_eq!(replace_unc_prefix(path, from, to).as_deref(), expected, "{path} {from}");
        }
    }
}
