//! The rows of a table as text: with tabs for the clipboard, as CSV (RFC 4180) for files and spreadsheets.

/// Returns lines of cells parted by tabs; tabs and line ends within a cell become blanks.
pub(super) fn tab_separated(lines: impl Iterator<Item = Vec<String>>) -> String {
    let plain = |cell: String| cell.replace(['\t', '\n', '\r'], " ");
    let lines: Vec<String> = lines.map(|cells| cells.into_iter().map(plain).collect::<Vec<_>>().join("\t")).collect();
    lines.join("\n")
}

/// Returns CSV.
pub(super) fn csv(lines: impl Iterator<Item = Vec<String>>) -> String {
    let quoted = |cell: String| {
        if cell.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
    };
    let line = |cells: Vec<String>| cells.into_iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n";
    lines.map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> impl Iterator<Item = Vec<String>> {
        [vec!["a\tb".to_owned(), "1".to_owned()], vec!["say \"x\", y".to_owned(), String::new()]].into_iter()
    }

    #[test]
    fn cells_stay_cells() {
        assert_eq!(tab_separated(lines()), "a b\t1\nsay \"x\", y\t");
        assert_eq!(csv(lines()), "a\tb,1\r\n\"say \"\"x\"\", y\",\r\n");
    }
}
