//! Files of sections and lines: `GPT.INI`, security templates, script lists, folder redirection.
//!
//! Every line is kept as it stands: encoding, byte order mark, line ends, comments, unknown sections, doubled keys, order. Changing a value
//! changes that value's bytes and no other. Sections and keys compare without case; sections of one name count as one.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::text_file::TextFile;

/// A file of sections and lines. Any bytes are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IniFile {
    text: TextFile,
    lines: Vec<LineSpan>,
    /// Where the lines of each section stand, by its name in lower case: the ranges of a name that stands several times.
    sections: HashMap<String, Vec<Range<usize>>>,
}

/// Where a line stands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LineSpan {
    /// All of it, line end included.
    whole: Range<usize>,
    /// Without blanks around it.
    content: Range<usize>,
    kind: LineKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum LineKind {
    /// Nothing, or a comment.
    Nothing,
    /// `[name]`.
    Head(String),
    /// Anything else.
    Body,
}

/// A line of a section that is neither empty nor a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IniLine {
    /// Its number, the first line of the file being 1.
    pub number: usize,
    /// Its text without blanks around it.
    pub text: String,
}

/// A change of one line; the rest of the line stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineEdit {
    /// Puts another text in place of a part of the line.
    Replace {
        /// Number of the line, the first being 1.
        line: usize,
        /// The part, counted in bytes of [`IniLine::text`].
        range: Range<usize>,
        /// What stands there from now on.
        text: String,
    },
    /// Takes the line out.
    Remove {
        /// Number of the line, the first being 1.
        line: usize,
    },
}

/// A line does not say what its section holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected {expected}, found `{found}`")]
pub struct IniProblem {
    /// Number of the line, the first being 1.
    pub line: usize,
    /// What should stand there.
    pub expected: &'static str,
    /// What stands there, at most 60 characters.
    pub found: String,
}

impl IniLine {
    /// Returns key and value, blanks around both left out; none where there is no `=`.
    pub fn pair(&self) -> Option<(&str, &str)> {
        self.text.split_once('=').map(|(key, value)| (key.trim(), value.trim()))
    }

    /// Returns a problem of this line.
    pub fn problem(&self, expected: &'static str) -> IniProblem {
        IniProblem { line: self.number, expected, found: self.text.chars().take(60).collect() }
    }
}

impl IniFile {
    /// Reads a file.
    pub fn parse(bytes: &[u8]) -> Self {
        IniFile::of(TextFile::parse(bytes))
    }

    fn of(text: TextFile) -> Self {
        let lines: Vec<LineSpan> = text.lines().map(|whole| line_span(&text, whole)).collect();
        let sections = sections_of(&lines);
        IniFile { text, lines, sections }
    }

    /// Returns the bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.text.to_bytes()
    }

    /// Returns the names of the sections with the numbers of their lines, in order.
    pub fn sections(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines.iter().enumerate().filter_map(|(index, line)| match &line.kind {
            LineKind::Head(name) => Some((index + 1, name.as_str())),
            LineKind::Nothing | LineKind::Body => None,
        })
    }

    /// Returns the lines of all sections of a name.
    pub fn lines(&self, section: &str) -> Vec<IniLine> {
        self.bodies(section).map(|index| self.line(index)).collect()
    }

    /// Returns the lines in which sections of a name begin, `[name]`.
    pub fn heads(&self, section: &str) -> Vec<IniLine> {
        let is_head = |index: &usize| matches!(self.lines[*index].kind, LineKind::Head(_));
        self.members(section).filter(is_head).map(|index| self.line(index)).collect()
    }

    /// Returns the lines that stand before the first section.
    pub fn lines_before_sections(&self) -> Vec<IniLine> {
        let before = self.lines.iter().take_while(|line| !matches!(line.kind, LineKind::Head(_)));
        let bodies = before.enumerate().filter(|(_, line)| line.kind == LineKind::Body);
        bodies.map(|(index, _)| self.line(index)).collect()
    }

    /// Returns the first value of a key, without blanks around it.
    pub fn value(&self, section: &str, key: &str) -> Option<String> {
        let (_, value) = self.find(section, key)?;
        Some(self.text.text(value))
    }

    /// Replaces the first value of a key and nothing else. A key that is not there is added at the end of its section, a section
    /// at the end of the file, in the manner of the lines around it.
    pub fn set_value(&mut self, section: &str, key: &str, value: &str) {
        if let Some((_, range)) = self.find(section, key) {
            self.replace(range, value);
            return;
        }
        let spaced = self.bodies(section).any(|index| self.line(index).text.contains(" ="));
        self.add_line(section, &if spaced { format!("{key} = {value}") } else { format!("{key}={value}") });
    }

    /// Replaces the value of the line of this number; a line without `=` is replaced as a whole.
    pub fn set_value_at(&mut self, line: usize, value: &str) {
        let Some(span) = line.checked_sub(1).and_then(|index| self.lines.get(index)) else { return };
        let range = self.value_range(span).unwrap_or_else(|| span.content.clone());
        self.replace(range, value);
    }

    /// Replaces the text of the line of this number; the blanks around it and its line end stay.
    pub fn set_line(&mut self, line: usize, text: &str) {
        let Some(span) = line.checked_sub(1).and_then(|index| self.lines.get(index)) else { return };
        let range = span.content.clone();
        self.replace(range, text);
    }

    /// Takes the line of this number out.
    pub fn remove_line(&mut self, line: usize) {
        let Some(span) = line.checked_sub(1).and_then(|index| self.lines.get(index)) else { return };
        let range = span.whole.clone();
        self.replace(range, "");
    }

    /// Adds a line at the end of a section, which is made at the end of the file where it is missing.
    pub fn add_line(&mut self, section: &str, text: &str) {
        let line_end = self.text.line_end();
        let last = self.members(section).filter(|&index| self.lines[index].kind != LineKind::Nothing).last();
        let (at, text) = match last {
            Some(index) => (self.lines[index].whole.end, format!("{text}{line_end}")),
            None => (self.text.units().len(), format!("[{section}]{line_end}{text}{line_end}")),
        };
        let ends_line = at == 0 || self.text.units().get(at - 1) == Some(&u16::from(b'\n'));
        let text = if ends_line { text } else { format!("{line_end}{text}") };
        self.replace(at..at, &text);
    }

    /// Makes many changes at once: each touches the bytes of its part alone. Of changes that overlap, the first counts.
    pub fn edit(&mut self, edits: Vec<LineEdit>) {
        let mut places = Vec::new();
        let mut parts: BTreeMap<usize, Vec<(Range<usize>, String)>> = BTreeMap::new();
        for edit in edits {
            match edit {
                LineEdit::Replace { line, range, text } => parts.entry(line).or_default().push((range, text)),
                LineEdit::Remove { line } => {
                    let span = line.checked_sub(1).and_then(|index| self.lines.get(index));
                    places.extend(span.map(|span| (span.whole.clone(), String::new())));
                }
            }
        }
        for (line, parts) in parts {
            let Some(span) = line.checked_sub(1).and_then(|index| self.lines.get(index)) else { continue };
            places.extend(self.places_in(span.content.clone(), parts));
        }
        self.text.replace_all(places);
        self.read_lines();
    }

    /// Returns where parts of a line, counted in bytes of its text, stand in the file.
    fn places_in(&self, content: Range<usize>, mut parts: Vec<(Range<usize>, String)>) -> Vec<(Range<usize>, String)> {
        parts.sort_by_key(|(range, _)| range.start);
        let (line, measure) = (self.text.text(content.clone()), self.text.measure(content.clone()));
        let (mut done, mut unit) = (0, content.start);
        let place = |(range, text): (Range<usize>, String)| {
            let (before, part) = (line.get(done..range.start)?, line.get(range.clone())?);
            let start = unit + measure.of(before);
            (done, unit) = (range.end, start + measure.of(part));
            Some((start..unit, text))
        };
        parts.into_iter().filter_map(place).collect()
    }

    fn replace(&mut self, range: Range<usize>, text: &str) {
        self.text.replace(range, text);
        self.read_lines();
    }

    fn read_lines(&mut self) {
        self.lines = self.text.lines().map(|whole| line_span(&self.text, whole)).collect();
        self.sections = sections_of(&self.lines);
    }

    fn line(&self, index: usize) -> IniLine {
        IniLine { number: index + 1, text: self.text.text(self.lines[index].content.clone()) }
    }

    /// Returns the indexes of the lines of all sections of a name, heads included.
    fn members(&self, section: &str) -> impl Iterator<Item = usize> + use<'_> {
        self.sections.get(&section.to_lowercase()).into_iter().flatten().cloned().flatten()
    }

    fn bodies(&self, section: &str) -> impl Iterator<Item = usize> + use<'_> {
        self.members(section).filter(|&index| self.lines[index].kind == LineKind::Body)
    }

    /// Returns the line and the range of the first value of a key.
    fn find(&self, section: &str, key: &str) -> Option<(usize, Range<usize>)> {
        self.bodies(section).find_map(|index| {
            let span = &self.lines[index];
            let equals = self.equals(span)?;
            let own = self.text.trim(span.content.start..equals);
            same(&self.text.text(own), key).then(|| self.value_range(span).map(|range| (index, range)))?
        })
    }

    fn equals(&self, span: &LineSpan) -> Option<usize> {
        let units = &self.text.units()[span.content.clone()];
        units.iter().position(|&unit| unit == u16::from(b'=')).map(|at| span.content.start + at)
    }

    fn value_range(&self, span: &LineSpan) -> Option<Range<usize>> {
        let equals = self.equals(span)?;
        Some(self.text.trim(equals + 1..span.content.end))
    }
}

/// Finds the lines of each section by its name in lower case, heads included.
fn sections_of(lines: &[LineSpan]) -> HashMap<String, Vec<Range<usize>>> {
    let mut sections: HashMap<String, Vec<Range<usize>>> = HashMap::new();
    let mut end = lines.len();
    for (index, line) in lines.iter().enumerate().rev() {
        if let LineKind::Head(name) = &line.kind {
            sections.entry(name.to_lowercase()).or_default().push(index..end);
            end = index;
        }
    }
    sections.values_mut().for_each(|places| places.reverse());
    sections
}

/// Compares names of sections and keys: without case.
fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
}

fn line_span(text: &TextFile, whole: Range<usize>) -> LineSpan {
    let content = text.trim(whole.clone());
    let units = &text.units()[content.clone()];
    let kind = match units.first() {
        None => LineKind::Nothing,
        Some(&first) if first == u16::from(b';') => LineKind::Nothing,
        Some(&first) if first == u16::from(b'[') => {
            let end = units.iter().position(|&unit| unit == u16::from(b']')).unwrap_or(units.len());
            LineKind::Head(text.text(text.trim(content.start + 1..content.start + end)))
        }
        Some(_) => LineKind::Body,
    };
    LineSpan { whole, content, kind }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAMPLE: &str = "; head\r\nstray\r\n[One]\r\nA = 1 \r\nb=x=y\r\n\r\n[two]\r\nno pair\r\n[ONE]\r\na=2";

    #[test]
    fn finds_lines_and_values() {
        let file = IniFile::parse(SAMPLE.as_bytes());
        assert_eq!(file.sections().collect::<Vec<_>>(), [(3, "One"), (7, "two"), (9, "ONE")]);
        let lines: Vec<(usize, String)> = file.lines("one").into_iter().map(|line| (line.number, line.text)).collect();
        let expected = [(4, "A = 1"), (5, "b=x=y"), (10, "a=2")].map(|(number, text)| (number, text.to_owned()));
        assert_eq!(lines, expected);
        assert_eq!(file.value("ONE", "a").as_deref(), Some("1"));
        assert_eq!(file.value("One", "B").as_deref(), Some("x=y"));
        assert_eq!(file.value("two", "no pair"), None);
        assert_eq!(file.lines_before_sections()[0].text, "stray");
        assert_eq!(file.lines("two")[0].problem("a pair").to_string(), "line 8: expected a pair, found `no pair`");
    }

    #[test]
    fn a_change_touches_one_value() {
        let check = |change: fn(&mut IniFile), before: &str, after: &str| {
            let mut file = IniFile::parse(before.as_bytes());
            change(&mut file);
            assert_eq!(String::from_utf8(file.to_bytes()).unwrap(), after);
            assert_eq!(IniFile::parse(&file.to_bytes()), file);
        };
        check(|file| file.set_value("one", "A", "77"), SAMPLE, &SAMPLE.replace("A = 1 ", "A = 77 "));
        check(|file| file.set_value("one", "c", "3"), SAMPLE, &format!("{SAMPLE}\r\nc = 3\r\n"));
        check(|file| file.set_value("two", "c", "3"), SAMPLE, &SAMPLE.replace("pair\r\n", "pair\r\nc=3\r\n"));
        check(|file| file.set_value("x", "c", "3"), "[y]\na=b", "[y]\na=b\n[x]\nc=3\n");
        check(|file| file.set_value_at(10, "5"), SAMPLE, &SAMPLE.replace("a=2", "a=5"));
        check(|file| file.set_value_at(8, "other"), SAMPLE, &SAMPLE.replace("no pair", "other"));
        check(|file| file.set_line(5, "q=r"), SAMPLE, &SAMPLE.replace("b=x=y", "q=r"));
        check(|file| file.remove_line(8), SAMPLE, &SAMPLE.replace("no pair\r\n", ""));
        check(|file| file.set_value_at(99, "5"), SAMPLE, SAMPLE);
    }

    #[test]
    fn many_changes_touch_their_parts_only() {
        let replace = |line, range, text: &str| LineEdit::Replace { line, range, text: text.to_owned() };
        let check = |bytes: &[u8], edits: Vec<LineEdit>, after: &[u8]| {
            let mut file = IniFile::parse(bytes);
            file.edit(edits);
            assert_eq!(file.to_bytes(), after);
            assert_eq!(IniFile::parse(&file.to_bytes()), file);
        };
        let edits =
            vec![replace(5, 2..3, "new"), replace(4, 4..5, ""), LineEdit::Remove { line: 8 }, replace(99, 0..1, "")];
        let after = SAMPLE.replace("b=x=y", "b=new=y").replace("A = 1 ", "A =  ").replace("no pair\r\n", "");
        check(SAMPLE.as_bytes(), edits, after.as_bytes());
        // Bytes that are no text count as one letter each, and stay.
        check(
            b"\xFF\xFE[\0a\0]\0\n\0\x00\xD8=\0b\0",
            vec![replace(2, 4..5, "\u{e9}")],
            b"\xFF\xFE[\0a\0]\0\n\0\x00\xD8=\0\xE9\0",
        );
        check(b"[a]\n\xFC=b", vec![replace(2, 3..4, "c")], b"[a]\n\xFC=c");
        check(b"\xEF\xBB\xBF[a]\n\xFC=b", vec![replace(2, 3..4, "c")], b"\xEF\xBB\xBF[a]\n\xFC=c");
        check(
            "[a]\né=b\nü=d".as_bytes(),
            vec![replace(3, 3..4, "é"), replace(3, 3..4, "x")],
            "[a]\né=b\nü=é".as_bytes(),
        );
        assert_eq!(
            IniFile::parse(SAMPLE.as_bytes()).heads("one").iter().map(|line| line.number).collect::<Vec<_>>(),
            [3, 9]
        );
    }

    proptest! {
        #[test]
        fn what_was_set_is_read(text in "(\\[a\\]|\\[x|a|k|=|;|7|é|\r\n|\n| ){0,14}") {
            let mut file = IniFile::parse(text.as_bytes());
            file.set_value("a", "k", "new");
            prop_assert_eq!(file.value("a", "k"), Some("new".to_owned()));
        }

        #[test]
        fn any_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(IniFile::parse(&bytes).to_bytes(), bytes);
        }
    }
}
