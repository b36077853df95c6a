//! The file of an exported WMI filter, `.mof` (`gpo-storage.md` A5; the language of such files is DSP0004 of the DMTF).
//!
//! Microsoft's console writes UTF-16LE with a mark, an empty first line, and a line for each value. It is read leniently: any encoding, order and
//! spelling of names, comments, values we do not know. A file is read as long as it holds one filter; what is wrong is said with its line.

use super::SavedWmiQuery;
use super::text_file::TextFile;

/// The largest file that is read, in bytes; real ones have a few hundred.
const MOST_BYTES: usize = 4 << 20;
/// Values of one instance; a filter has eight.
const MOST_VALUES: usize = 1_000;
/// How deep values stand within others; in a filter it is two.
const MOST_DEPTH: usize = 16;
/// The class of a filter.
const FILTER_CLASS: &str = "MSFT_SomFilter";
/// The class of a query.
const RULE_CLASS: &str = "MSFT_Rule";

/// An exported WMI filter. All texts are as they stand in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MofFilter {
    /// Author, `user@domain`.
    pub author: String,
    /// When it was changed last, as WMI writes times: `20170802183725.629000-000`.
    pub change_date: String,
    /// When it was made, likewise.
    pub creation_date: String,
    /// Description; empty where there is none.
    pub description: String,
    /// The domain it was exported from.
    pub domain: String,
    /// Its GUID there, in braces.
    pub id: String,
    /// Name.
    pub name: String,
    /// The queries.
    pub queries: Vec<SavedWmiQuery>,
}

/// The file is not that of one WMI filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ParseMofError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: String,
}

impl MofFilter {
    /// Reads the file of one WMI filter.
    ///
    /// # Errors
    /// Fails where it holds none or several, where its text is broken, or a query has no text.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseMofError> {
        if bytes.len() > MOST_BYTES {
            let reason = format!("the file is larger than {MOST_BYTES} bytes, which no WMI filter is");
            return Err(ParseMofError { line: 1, reason });
        }
        let file = TextFile::parse(bytes);
        let text = file.text(0..file.units().len());
        let mut reader = Reader { rest: &text, line: 1 };
        let mut found = None;
        loop {
            let line = reader.line_of_next()?;
            let Some(token) = reader.next()? else { break };
            match token {
                Token::Word(word) if word.eq_ignore_ascii_case("instance") => {
                    let instance = reader.instance(line, 0)?;
                    if !instance.class.eq_ignore_ascii_case(FILTER_CLASS) {
                        continue;
                    }
                    if found.replace(instance.into_filter()?).is_some() {
                        return Err(error(
                            line,
                            "the file holds more than one WMI filter; only one is imported at a time",
                        ));
                    }
                }
                Token::Sign(';') => {}
                other => return Err(error(line, &format!("expected `instance of {FILTER_CLASS}`, found {other}"))),
            }
        }
        found.ok_or_else(|| error(reader.line, "the file holds no WMI filter"))
    }

    /// Returns the bytes of the file, as Microsoft's console writes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("\u{FEFF}\ninstance of {FILTER_CLASS}\n{{\n");
        let description = Some(&self.description).filter(|description| !description.is_empty());
        let values = [
            ("Author", Some(&self.author)),
            ("ChangeDate", Some(&self.change_date)),
            ("CreationDate", Some(&self.creation_date)),
            ("Description", description),
            ("Domain", Some(&self.domain)),
            ("ID", Some(&self.id)),
            ("Name", Some(&self.name)),
        ];
        for (name, value) in values {
            text.extend(value.map(|value| line(name, value)));
        }
        let rules = self.queries.iter().map(|query| {
            let values =
                [("Query", &query.query), ("QueryLanguage", &query.language), ("TargetNameSpace", &query.namespace)];
            let lines: String = values.into_iter().map(|(name, value)| line(name, value)).collect();
            format!("instance of {RULE_CLASS}\n{{\n{lines}}}")
        });
        text.push_str(&format!("\tRules = {{\n{}}};\n}};\n", rules.collect::<Vec<_>>().join(",\n")));
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }
}

fn line(name: &str, value: &str) -> String {
    format!("\t{name} = \"{}\";\n", escape(value))
}

/// Writes a text between quotes. A string of the language cannot hold a line end or a control character as it is.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            letter if letter < ' ' => escaped.push_str(&format!("\\x{:04X}", u32::from(letter))),
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn error(line: usize, reason: &str) -> ParseMofError {
    ParseMofError { line, reason: reason.to_owned() }
}

/// A piece of the file.
#[derive(Clone, Debug, PartialEq)]
enum Token<'a> {
    /// A name, a keyword or a number.
    Word(&'a str),
    /// What stands between quotes, without its escapes.
    Text(String),
    /// Any other character.
    Sign(char),
}

impl std::fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Token::Word(word) => write!(f, "`{}`", word.chars().take(40).collect::<String>()),
            Token::Text(_) => write!(f, "a text"),
            Token::Sign(sign) => write!(f, "`{sign}`"),
        }
    }
}

/// A value of an instance.
#[derive(Debug)]
enum Value<'a> {
    Text(String),
    /// A number, a truth value, nothing.
    Word(&'a str),
    List(Vec<Value<'a>>),
    Instance(Instance<'a>),
}

/// An instance of a class.
#[derive(Debug)]
struct Instance<'a> {
    /// Where it begins.
    line: usize,
    class: &'a str,
    /// Names with the lines they stand on and their values.
    values: Vec<(&'a str, usize, Value<'a>)>,
}

impl Instance<'_> {
    /// Returns the text of a value; empty where there is none.
    fn text(&self, name: &str) -> Result<String, ParseMofError> {
        match self.values.iter().find(|(own, ..)| own.eq_ignore_ascii_case(name)) {
            None => Ok(String::new()),
            Some((.., Value::Text(text))) => Ok(text.clone()),
            Some((.., Value::Word(word))) if word.eq_ignore_ascii_case("null") => Ok(String::new()),
            Some((_, line, _)) => Err(error(*line, &format!("`{name}` is no text between quotes"))),
        }
    }

    fn into_filter(self) -> Result<MofFilter, ParseMofError> {
        let mut filter = MofFilter {
            author: self.text("Author")?,
            change_date: self.text("ChangeDate")?,
            creation_date: self.text("CreationDate")?,
            description: self.text("Description")?,
            domain: self.text("Domain")?,
            id: self.text("ID")?,
            name: self.text("Name")?,
            queries: Vec::new(),
        };
        let rules = self.values.iter().filter(|(name, ..)| name.eq_ignore_ascii_case("Rules"));
        for (_, line, value) in rules {
            let rules = match value {
                Value::List(rules) => rules.as_slice(),
                one => std::slice::from_ref(one),
            };
            for rule in rules {
                match rule {
                    Value::Instance(rule) if rule.class.eq_ignore_ascii_case(RULE_CLASS) => {
                        filter.queries.push(rule.query()?);
                    }
                    _ => {
                        return Err(error(
                            *line,
                            &format!("`Rules` holds something else than `instance of {RULE_CLASS}`"),
                        ));
                    }
                }
            }
        }
        Ok(filter)
    }

    fn query(&self) -> Result<SavedWmiQuery, ParseMofError> {
        let or = |text: String, usual: &str| if text.is_empty() { usual.to_owned() } else { text };
        let query = self.text("Query")?;
        if query.trim().is_empty() {
            return Err(error(self.line, "the query has no text"));
        }
        let language = or(self.text("QueryLanguage")?, "WQL");
        Ok(SavedWmiQuery { namespace: or(self.text("TargetNameSpace")?, r"root\CIMv2"), language, query })
    }
}

/// Reads pieces of the file.
struct Reader<'a> {
    rest: &'a str,
    /// The line that `rest` begins on.
    line: usize,
}

impl<'a> Reader<'a> {
    /// Reads what follows `instance`.
    fn instance(&mut self, line: usize, depth: usize) -> Result<Instance<'a>, ParseMofError> {
        self.word("of")?;
        let class = self.name("the name of a class")?;
        self.sign('{', "after the name of the class")?;
        let mut values: Vec<(&str, usize, Value<'a>)> = Vec::new();
        loop {
            let at = self.line_of_next()?;
            match self.next()? {
                Some(Token::Sign('}')) => break,
                Some(Token::Sign(';')) => continue,
                Some(Token::Word(name)) => {
                    self.sign('=', &format!("after `{name}`"))?;
                    let value = self.value(depth + 1)?;
                    if values.len() == MOST_VALUES {
                        return Err(error(at, "there are too many values for a WMI filter"));
                    }
                    if values.iter().any(|(own, ..)| own.eq_ignore_ascii_case(name)) {
                        return Err(error(at, &format!("`{name}` stands twice")));
                    }
                    values.push((name, at, value));
                    match self.next()? {
                        Some(Token::Sign(';')) => {}
                        // The last one may go without.
                        Some(Token::Sign('}')) => break,
                        other => return Err(self.unexpected(other, &format!("`;` after the value of `{name}`"))),
                    }
                }
                other => return Err(self.unexpected(other, "the name of a value, or `}`")),
            }
        }
        Ok(Instance { line, class, values })
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, ParseMofError> {
        if depth > MOST_DEPTH {
            return Err(error(self.line, "values stand too deep within others"));
        }
        let line = self.line_of_next()?;
        match self.next()? {
            Some(Token::Text(mut text)) => {
                // Texts that follow each other are one.
                while self.peek()? == Some('"') {
                    if let Some(Token::Text(more)) = self.next()? {
                        text.push_str(&more);
                    }
                }
                Ok(Value::Text(text))
            }
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("instance") => {
                Ok(Value::Instance(self.instance(line, depth)?))
            }
            Some(Token::Word(word)) => Ok(Value::Word(word)),
            Some(Token::Sign('{')) => self.list(depth).map(Value::List),
            other => Err(self.unexpected(other, "a value")),
        }
    }

    /// Reads what follows the opening brace of a list.
    fn list(&mut self, depth: usize) -> Result<Vec<Value<'a>>, ParseMofError> {
        let mut values = Vec::new();
        if self.peek()? == Some('}') {
            self.next()?;
            return Ok(values);
        }
        loop {
            values.push(self.value(depth + 1)?);
            match self.next()? {
                Some(Token::Sign(',')) => {}
                Some(Token::Sign('}')) => return Ok(values),
                other => return Err(self.unexpected(other, "`,` or `}` after a value of a list")),
            }
        }
    }

    fn word(&mut self, expected: &str) -> Result<(), ParseMofError> {
        match self.next()? {
            Some(Token::Word(word)) if word.eq_ignore_ascii_case(expected) => Ok(()),
            other => Err(self.unexpected(other, &format!("`{expected}`"))),
        }
    }

    fn name(&mut self, what: &str) -> Result<&'a str, ParseMofError> {
        match self.next()? {
            Some(Token::Word(word)) => Ok(word),
            other => Err(self.unexpected(other, what)),
        }
    }

    fn sign(&mut self, expected: char, place: &str) -> Result<(), ParseMofError> {
        match self.next()? {
            Some(Token::Sign(sign)) if sign == expected => Ok(()),
            other => Err(self.unexpected(other, &format!("`{expected}` {place}"))),
        }
    }

    fn unexpected(&self, found: Option<Token<'_>>, expected: &str) -> ParseMofError {
        let found = found.map_or("the end of the file".to_owned(), |token| token.to_string());
        error(self.line, &format!("expected {expected}, found {found}"))
    }

    /// Returns the line that the next piece stands on.
    fn line_of_next(&mut self) -> Result<usize, ParseMofError> {
        self.peek()?;
        Ok(self.line)
    }

    /// Returns the first character of the next piece.
    fn peek(&mut self) -> Result<Option<char>, ParseMofError> {
        loop {
            let blanks = self
                .rest
                .trim_start_matches(|letter: char| letter.is_whitespace() || matches!(letter, '\0' | '\u{FEFF}'));
            self.pass(self.rest.len() - blanks.len());
            let comment = if self.rest.starts_with("/*") {
                let end = self.rest.find("*/").ok_or_else(|| error(self.line, "a comment does not end"))?;
                end + "*/".len()
            } else if self.rest.starts_with("//") || self.rest.starts_with('#') {
                self.rest.find('\n').unwrap_or(self.rest.len())
            } else {
                return Ok(self.rest.chars().next());
            };
            self.pass(comment);
        }
    }

    fn next(&mut self) -> Result<Option<Token<'a>>, ParseMofError> {
        let Some(first) = self.peek()? else { return Ok(None) };
        if first == '"' {
            return self.quoted().map(|text| Some(Token::Text(text)));
        }
        let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '+' | '-' | '$');
        let length = self.rest.find(|letter| !is_part(letter)).unwrap_or(self.rest.len());
        if length == 0 {
            self.pass(first.len_utf8());
            return Ok(Some(Token::Sign(first)));
        }
        let word = &self.rest[..length];
        self.pass(length);
        Ok(Some(Token::Word(word)))
    }

    /// Reads a text between quotes.
    fn quoted(&mut self) -> Result<String, ParseMofError> {
        let begin = self.line;
        let mut text = String::new();
        let mut letters = self.rest.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.pass(at + 1);
                    return Ok(text);
                }
                '\\' => match letters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 'r')) => text.push('\r'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, 'b')) => text.push('\u{8}'),
                    Some((_, 'f')) => text.push('\u{C}'),
                    Some((place, 'x' | 'X')) => {
                        let digits = self.rest.get(place + 1..).unwrap_or_default();
                        let length = digits.bytes().take(4).take_while(u8::is_ascii_hexdigit).count();
                        let code = u32::from_str_radix(&digits[..length], 16).ok().and_then(char::from_u32);
                        text.push(
                            code.ok_or_else(|| error(begin, "`\\x` is not followed by the number of a character"))?,
                        );
                        for _ in 0..length {
                            letters.next();
                        }
                    }
                    Some((_, letter)) => text.push(letter),
                    None => break,
                },
                letter => text.push(letter),
            }
        }
        Err(error(begin, "a text does not end: its closing quote is missing"))
    }

    /// Goes on by so many bytes.
    fn pass(&mut self, length: usize) {
        let (passed, rest) = self.rest.split_at(length);
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
        self.rest = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> SavedWmiQuery {
        SavedWmiQuery { namespace: r"root\CIMv2".to_owned(), language: "WQL".to_owned(), query: text.to_owned() }
    }

    fn utf16(text: &str) -> Vec<u8> {
        format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn a_filter_is_written_as_microsofts_console_does() {
        let mut filter = MofFilter {
            author: "ann@corp.x".to_owned(),
            change_date: "20170802183725.629000-000".to_owned(),
            creation_date: "20170802183725.629000-000".to_owned(),
            description: String::new(),
            domain: "corp.x".to_owned(),
            id: "{829AF2D8-765D-49FB-A80E-55EED3B7FBC2}".to_owned(),
            name: "Windows 10".to_owned(),
            queries: vec![query("SELECT * FROM A WHERE V LIKE \"10.%\"")],
        };
        let check = |filter: &MofFilter, expected: &str| {
            assert_eq!(filter.to_bytes(), utf16(expected));
            assert_eq!(MofFilter::parse(&filter.to_bytes()).as_ref(), Ok(filter));
        };
        check(
            &filter,
            "\ninstance of MSFT_SomFilter\n{\n\tAuthor = \"ann@corp.x\";\n\tChangeDate = \"20170802183725.629000-000\";\n\tCreationDate = \"20170802183725.629000-000\";\n\tDomain = \"corp.x\";\n\tID = \"{829AF2D8-765D-49FB-A80E-55EED3B7FBC2}\";\n\tName = \"Windows 10\";\n\tRules = {\ninstance of MSFT_Rule\n{\n\tQuery = \"SELECT * FROM A WHERE V LIKE \\\"10.%\\\"\";\n\tQueryLanguage = \"WQL\";\n\tTargetNameSpace = \"root\\\\CIMv2\";\n}};\n};\n",
        );
        filter =
            MofFilter { description: "a\\b\r\n\u{1}é𝄞".to_owned(), name: "n".to_owned(), ..MofFilter::default() };
        filter.queries = vec![query("a"), query("b")];
        check(
            &filter,
            "\ninstance of MSFT_SomFilter\n{\n\tAuthor = \"\";\n\tChangeDate = \"\";\n\tCreationDate = \"\";\n\tDescription = \"a\\\\b\\r\\n\\x0001é𝄞\";\n\tDomain = \"\";\n\tID = \"\";\n\tName = \"n\";\n\tRules = {\ninstance of MSFT_Rule\n{\n\tQuery = \"a\";\n\tQueryLanguage = \"WQL\";\n\tTargetNameSpace = \"root\\\\CIMv2\";\n},\ninstance of MSFT_Rule\n{\n\tQuery = \"b\";\n\tQueryLanguage = \"WQL\";\n\tTargetNameSpace = \"root\\\\CIMv2\";\n}};\n};\n",
        );
    }

    #[test]
    fn other_spellings_are_read() {
        let check = |text: &str, name: &str, queries: &[&str]| {
            let expected: Vec<SavedWmiQuery> = queries.iter().map(|text| query(text)).collect();
            for bytes in [text.as_bytes().to_vec(), utf16(text)] {
                let filter = MofFilter::parse(&bytes).unwrap();
                assert_eq!((filter.name.as_str(), filter.queries.as_slice()), (name, expected.as_slice()), "{text}");
            }
        };
        check("instance of msft_somfilter { NAME = \"a\" \"b\"; };", "ab", &[]);
        check(
            "#pragma namespace(\"x\")\r\n// c\r\n/* instance of */ Instance Of MSFT_SomFilter {\r\n Other = {1, TRUE, {\"x\"}};\r\n Description = null; Name = \"a\";\r\n Rules = { instance of MSFT_Rule { Query = \"q\" }, instance of MSFT_Rule { Query = \"r\\x41;\"; TargetNameSpace = \"root\\\\CIMv2\"; } }; }",
            "a",
            &["q", "rA;"],
        );
        check("instance of MSFT_SomFilter { Rules = instance of MSFT_Rule { Query = \"q\"; }; };", "", &["q"]);
        check("instance of Other { a = 1; }; instance of MSFT_SomFilter { Rules = {}; };\0", "", &[]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let check = |text: &str, line: usize, reason: &str| {
            let error = MofFilter::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.line, line, "{text}: {error}");
            assert!(error.reason.contains(reason), "{text}: {error}");
        };
        check("", 1, "no WMI filter");
        check("\n\nclass X {};", 3, "found `class`");
        check("instance of MSFT_SomFilter {\n Name = \"a", 2, "closing quote");
        check("instance of MSFT_SomFilter {\n Name \"a\"", 2, "`=` after `Name`");
        check("instance of MSFT_SomFilter {\n Name = \"a\"\n Author = \"b\";", 3, "`;` after the value of `Name`");
        check("instance of MSFT_SomFilter {\n Name = {\"a\"};\n}", 2, "`Name` is no text");
        check("instance of MSFT_SomFilter {\n Name = \"a\";\nname = \"b\"; }", 3, "twice");
        check("instance of MSFT_SomFilter {\n Rules = {1};\n}", 2, "something else");
        check("instance of MSFT_SomFilter { Rules = {\ninstance of MSFT_Rule { } }; }", 2, "no text");
        check("instance of MSFT_SomFilter {};\ninstance of MSFT_SomFilter {};", 2, "more than one");
        check("instance of MSFT_SomFilter { N = \"\\xZ\"; }", 1, "`\\x`");
        check("/* \n", 1, "comment");
        check(&format!("instance of MSFT_SomFilter {{ N = {}", "{".repeat(100_000)), 1, "too deep");
        let large = " ".repeat(MOST_BYTES + 1);
        check(&large, 1, "larger than");
    }
}
