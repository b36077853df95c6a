//! `audit.csv`, the advanced audit configuration ([MS-GPAC] 2.2.1, `gpo-storage.md` B7).
//!
//! Seven columns, the first line their headings. The texts in the columns Subcategory and Inclusion Setting are in the language of whoever
//! wrote the file; GUID and number count. The file is kept as it stands, and a change touches one field.

use std::ops::Range;

use crate::ident::Guid;

use super::ini::IniProblem;
use super::text_file::TextFile;

/// The file. Any bytes are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditCsv {
    text: TextFile,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Number of its line, the first line of the file being 1.
    pub line: usize,
    /// What it sets.
    pub setting: AuditSetting,
}

/// What a row sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditSetting {
    /// A subcategory, for the machine or for one user.
    Subcategory {
        /// `System`, or the SID of a user.
        target: String,
        /// Name of the subcategory in the writer's language.
        name: String,
        /// The subcategory as it stands in the file.
        guid: String,
        /// For the machine: 1 success, 2 failure, 3 both, 0 and 4 none. For a user: 1 and 4 include success and failure, 2 and 8 exclude
        /// them, 16 none.
        value: u32,
    },
    /// One of the options, `CrashOnAuditFail`.
    Option {
        /// Its name.
        name: String,
        /// Whether it is on: 1, or off: 0.
        value: u32,
    },
    /// Auditing of all files or all registry keys.
    GlobalSacl {
        /// `File` or `Registry`, or what else stands before `GlobalSacl`.
        kind: String,
        /// The list in SDDL.
        sddl: String,
    },
}

const COLUMNS: usize = 7;
const TARGET: usize = 1;
const SUBCATEGORY: usize = 2;
const SUBCATEGORY_GUID: usize = 3;
const VALUE: usize = 6;

impl AuditCsv {
    /// Reads a file. Any bytes are one.
    pub fn parse(bytes: &[u8]) -> Self {
        AuditCsv { text: TextFile::parse(bytes) }
    }

    /// Returns the bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.text.to_bytes()
    }

    /// Returns the rows in order, with the lines that could not be read.
    pub fn rows(&self) -> (Vec<AuditRow>, Vec<IniProblem>) {
        let mut rows = Vec::new();
        let mut problems = Vec::new();
        for (index, line) in self.text.lines().enumerate() {
            let content = self.text.trim(line);
            if content.is_empty() {
                continue;
            }
            let fields: Vec<String> = self.fields(content.clone()).map(|field| self.field(field)).collect();
            if index == 0 && fields.last().is_some_and(|last| last.eq_ignore_ascii_case("Setting Value")) {
                continue;
            }
            match read_setting(&fields) {
                Ok(setting) => rows.push(AuditRow { line: index + 1, setting }),
                Err(expected) => {
                    let found = self.text.text(content).chars().take(60).collect();
                    problems.push(IniProblem { line: index + 1, expected, found });
                }
            }
        }
        (rows, problems)
    }

    /// Replaces the value in the last column of the line of this number and nothing else.
    pub fn set_value(&mut self, line: usize, value: &str) {
        let Some(range) = line.checked_sub(1).and_then(|index| self.text.lines().nth(index)) else { return };
        let Some(field) = self.fields(self.text.trim(range)).nth(VALUE) else { return };
        self.text.replace(field, value);
    }

    /// Returns the ranges of the fields of a line. The last one takes the rest of the line: a list may hold commas.
    fn fields(&self, line: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut start = Some(line.start);
        let mut count = 0;
        std::iter::from_fn(move || {
            let from = start?;
            count += 1;
            let end = if count == COLUMNS { line.end } else { self.field_end(from..line.end) };
            start = (end < line.end).then_some(end + 1);
            Some(from..end)
        })
    }

    /// Returns where a field ends: at the next comma outside of quotes.
    fn field_end(&self, rest: Range<usize>) -> usize {
        let mut quoted = false;
        let ends = |unit: &u16| {
            quoted ^= *unit == u16::from(b'"');
            !quoted && *unit == u16::from(b',')
        };
        self.text.units()[rest.clone()].iter().position(ends).map_or(rest.end, |at| rest.start + at)
    }

    fn field(&self, range: Range<usize>) -> String {
        let text = self.text.text(self.text.trim(range));
        match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => text,
        }
    }
}

fn read_setting(fields: &[String]) -> Result<AuditSetting, &'static str> {
    if fields.len() < COLUMNS {
        return Err("seven columns");
    }
    let name = &fields[SUBCATEGORY];
    let lower = name.to_ascii_lowercase();
    if let Some(kind) = lower.strip_suffix("globalsacl") {
        return Ok(AuditSetting::GlobalSacl { kind: name[..kind.len()].to_owned(), sddl: fields[VALUE].clone() });
    }
    let value = fields[VALUE].parse().map_err(|_| "a number in the last column")?;
    if lower.starts_with("option:") {
        return Ok(AuditSetting::Option { name: name["option:".len()..].trim().to_owned(), value });
    }
    let guid = fields[SUBCATEGORY_GUID].clone();
    if guid.parse::<Guid>().is_err() {
        return Err("the GUID of a subcategory in the fourth column");
    }
    Ok(AuditSetting::Subcategory { target: fields[TARGET].clone(), name: name.clone(), guid, value })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str =
        "Machine Name,Policy Target,Subcategory,Subcategory GUID,Inclusion Setting,Exclusion Setting,Setting Value\r\n";

    fn check(row: &str, expected: Result<AuditSetting, &str>) {
        let (rows, problems) = AuditCsv::parse(format!("{HEAD}{row}\r\n").as_bytes()).rows();
        match expected {
            Ok(setting) => {
                assert_eq!(rows, [AuditRow { line: 2, setting }]);
                assert_eq!(problems, []);
            }
            Err(message) => assert_eq!(problems[0].to_string(), message),
        }
    }

    #[test]
    fn reads_every_kind_of_row() {
        let guid = "{0cce923f-69ae-11d9-bed3-505054503030}";
        let subcategory = |target: &str, name: &str, value| AuditSetting::Subcategory {
            target: target.to_owned(),
            name: name.to_owned(),
            guid: guid.to_owned(),
            value,
        };
        check(&format!(",System,Audit A,{guid},Success and Failure,,3"), Ok(subcategory("System", "Audit A", 3)));
        check(&format!("pc,S-1-5-21-1,\"A, \"\"b\"\"\",{guid},,,17"), Ok(subcategory("S-1-5-21-1", "A, \"b\"", 17)));
        let option = AuditSetting::Option { name: "CrashOnAuditFail".to_owned(), value: 1 };
        check("pc,,Option:CrashOnAuditFail,,Enabled,,1", Ok(option));
        let sacl = |kind: &str, sddl: &str| AuditSetting::GlobalSacl { kind: kind.to_owned(), sddl: sddl.to_owned() };
        check(",,FileGlobalSacl,,,,S:(AU;SA;FA;;;WD)", Ok(sacl("File", "S:(AU;SA;FA;;;WD)")));
        check(",,RegistryGlobalSacl,,,,\"S:(XU;SA;KA;;;WD;(a,b))\"", Ok(sacl("Registry", "S:(XU;SA;KA;;;WD;(a,b))")));
        check(",,fileGlobalSacl,,,,S:(XU;SA;FA;;;WD;(a,b))", Ok(sacl("file", "S:(XU;SA;FA;;;WD;(a,b))")));
    }

    #[test]
    fn tells_what_is_no_row() {
        check("a,b", Err("line 2: expected seven columns, found `a,b`"));
        check(
            ",System,x,none,,,3",
            Err("line 2: expected the GUID of a subcategory in the fourth column, found `,System,x,none,,,3`"),
        );
        check(",System,x,,,,many", Err("line 2: expected a number in the last column, found `,System,x,,,,many`"));
    }

    #[test]
    fn a_change_touches_one_field() {
        let before = format!("{HEAD},System,A,{{0cce923f-69ae-11d9-bed3-505054503030}},Success,,1\r\n\r\n");
        let mut file = AuditCsv::parse(before.as_bytes());
        file.set_value(2, "3");
        file.set_value(3, "x");
        assert_eq!(file.to_bytes(), before.replace(",,1\r\n", ",,3\r\n").as_bytes());
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "(,|\"|\r\n|System|\\{0cce923f-69ae-11d9-bed3-505054503030\\}|Option:x|3| ){0,30}") {
            let file = AuditCsv::parse(text.as_bytes());
            file.rows();
            prop_assert_eq!(file.to_bytes(), text.as_bytes());
        }
    }
}
