//! The syntax of WQL, the language of the queries in WMI filters ("WQL (SQL for WMI)" in Microsoft's documentation of WMI).
//!
//! Only the client's WMI can say whether a query is good: classes and their properties differ from machine to machine. What can be told here is whether
//! it can be read at all. Queries for events are refused: a filter asks what is there, and waits for nothing.

/// How deep conditions stand within others.
const MOST_DEPTH: usize = 100;

/// A query cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {reason}")]
pub struct WqlError {
    /// The character where reading stopped, counted from 1.
    pub position: usize,
    /// What is wrong there.
    pub reason: String,
}

/// Checks the syntax of a query that asks for data, for classes, or for what an object is associated with.
///
/// # Errors
/// Says where it cannot be read on, and why.
pub fn check_wql(query: &str) -> Result<(), WqlError> {
    let mut checker = Checker { tokens: tokens(query)?, at: 0, end: query.chars().count() + 1 };
    checker.query()
}

/// Checks the spelling of a WMI namespace: names with a backslash between them, the first of which is `root`.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_wmi_namespace(namespace: &str) -> Result<(), WqlError> {
    let mut position = 1;
    for (index, part) in namespace.split(['\\', '/']).enumerate() {
        let error = |position, reason: &str| Err(WqlError { position, reason: reason.to_owned() });
        if index == 0 && !part.eq_ignore_ascii_case("root") {
            return error(position, r"a namespace begins with `root`, as root\CIMv2");
        }
        if part.is_empty() {
            return error(position, "a name is missing between two backslashes, or at the end");
        }
        if let Some(at) = part.chars().position(|letter| !is_of_name(letter)) {
            return error(position + at, "names in a namespace are made of letters, digits and underscores");
        }
        position += part.chars().count() + 1;
    }
    Ok(())
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// A piece of a query.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A name, or a word of the language.
    Word(String),
    /// A text between quotes.
    Text,
    Number,
    /// `=`, `<>` and their like.
    Comparison,
    /// What stands between braces: the path of an object.
    Path,
    /// Any other character.
    Sign(char),
}

/// Takes a query apart; each piece with the character it begins at, counted from 1.
fn tokens(query: &str) -> Result<Vec<(usize, Token)>, WqlError> {
    let letters: Vec<char> = query.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let begin = at;
        let run = |from: usize, is_part: &dyn Fn(char) -> bool| {
            from + letters[from..].iter().take_while(|letter| is_part(**letter)).count()
        };
        let next = letters.get(at + 1).copied();
        let token = match letter {
            letter if letter.is_whitespace() => {
                at += 1;
                continue;
            }
            '"' | '\'' => {
                at = end_of_text(&letters, begin)?;
                Token::Text
            }
            '{' => {
                at = end_of_path(&letters, begin)?;
                Token::Path
            }
            letter
                if letter.is_ascii_digit()
                    || matches!(letter, '-' | '+' | '.') && next.is_some_and(|next| next.is_ascii_digit()) =>
            {
                at = run(begin + 1, &|letter| letter.is_ascii_alphanumeric() || letter == '.');
                if !is_number(&letters[begin..at]) {
                    return Err(error(begin + 1, "this is neither a number nor a name; a text stands between quotes"));
                }
                Token::Number
            }
            letter if is_of_name(letter) => {
                at = run(begin, &is_of_name);
                Token::Word(letters[begin..at].iter().collect())
            }
            '<' | '>' | '=' | '!' => {
                at += if matches!((letter, next), ('<', Some('=' | '>')) | ('>' | '!', Some('='))) { 2 } else { 1 };
                if at == begin + 1 && letter == '!' {
                    return Err(error(begin + 1, "`!` stands before `=` only"));
                }
                Token::Comparison
            }
            letter => {
                at += 1;
                Token::Sign(letter)
            }
        };
        tokens.push((begin + 1, token));
    }
    Ok(tokens)
}

/// Finds the end of a text that begins with a quote.
fn end_of_text(letters: &[char], begin: usize) -> Result<usize, WqlError> {
    let quote = letters.get(begin);
    let mut at = begin + 1;
    while let Some(letter) = letters.get(at) {
        if *letter == '\\' {
            if !matches!(letters.get(at + 1), Some('\\' | '"' | '\'')) {
                return Err(error(at + 1, r"a backslash in a text is written twice: 'C:\\Windows'"));
            }
            at += 1;
        } else if Some(letter) == quote {
            return Ok(at + 1);
        }
        at += 1;
    }
    Err(error(begin + 1, "the text has no closing quote"))
}

/// Finds the end of the path of an object that begins with a brace; values in it stand between quotes.
fn end_of_path(letters: &[char], begin: usize) -> Result<usize, WqlError> {
    let mut at = begin + 1;
    while let Some(letter) = letters.get(at) {
        match letter {
            '}' if letters[begin + 1..at].iter().all(|letter| letter.is_whitespace()) => {
                return Err(error(begin + 1, "the braces hold no path of an object"));
            }
            '}' => return Ok(at + 1),
            '"' | '\'' => at = end_of_text(letters, at)?,
            _ => at += 1,
        }
    }
    Err(error(begin + 1, "the path has no closing brace"))
}

/// Tells whether this is a whole number, one with a fraction, or a hexadecimal one.
fn is_number(letters: &[char]) -> bool {
    let text: String = letters.iter().collect();
    let digits = text.trim_start_matches(['-', '+']);
    match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => !hex.is_empty() && hex.bytes().all(|digit| digit.is_ascii_hexdigit()),
        None => digits.parse::<f64>().is_ok(),
    }
}

fn error(position: usize, reason: impl Into<String>) -> WqlError {
    WqlError { position, reason: reason.into() }
}

/// Words that are no names of classes and properties where a query needs one.
const KEYWORDS: [&str; 15] = [
    "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "LIKE", "IS", "ISA", "NULL", "WITHIN", "GROUP", "HAVING", "BY",
    "ORDER",
];

/// Reads the pieces of a query.
struct Checker {
    tokens: Vec<(usize, Token)>,
    at: usize,
    /// The place behind the last character.
    end: usize,
}

impl Checker {
    fn query(&mut self) -> Result<(), WqlError> {
        if self.takes_word("SELECT") {
            self.select()
        } else if self.takes_word("ASSOCIATORS") {
            self.objects(&[
                ("AssocClass", true),
                ("ClassDefsOnly", false),
                ("KeysOnly", false),
                ("RequiredAssocQualifier", true),
                ("RequiredQualifier", true),
                ("ResultClass", true),
                ("ResultRole", true),
                ("Role", true),
                ("SchemaOnly", false),
            ])
        } else if self.takes_word("REFERENCES") {
            self.objects(&[
                ("ClassDefsOnly", false),
                ("KeysOnly", false),
                ("RequiredQualifier", true),
                ("ResultClass", true),
                ("Role", true),
                ("SchemaOnly", false),
            ])
        } else if self.tokens.is_empty() {
            Err(error(1, "the query is empty"))
        } else {
            self.fails("a query begins with SELECT, ASSOCIATORS OF or REFERENCES OF")
        }
    }

    /// Reads what follows `SELECT`.
    fn select(&mut self) -> Result<(), WqlError> {
        if !self.takes(&Token::Sign('*')) {
            loop {
                if self.takes_word("COUNT") {
                    self.needs('(')?;
                    if !self.takes(&Token::Sign('*')) {
                        self.property()?;
                    }
                    self.needs(')')?;
                } else {
                    self.property()?;
                }
                if !self.takes(&Token::Sign(',')) {
                    break;
                }
            }
        }
        if !self.takes_word("FROM") {
            return self.fails("FROM and the name of a class are expected after what is selected");
        }
        self.name("the name of a class is expected after FROM")?;
        if self.is_word("WITHIN") {
            return self.fails("WITHIN belongs to queries that wait for events; a WMI filter cannot wait");
        }
        if self.takes_word("WHERE") {
            self.condition(0)?;
        }
        for word in ["GROUP", "HAVING", "ORDER"] {
            if self.is_word(word) {
                return self.fails(&format!("WMI does not know {word} in queries for data"));
            }
        }
        self.is_done("the end of the query, AND or OR is expected here")
    }

    fn condition(&mut self, depth: usize) -> Result<(), WqlError> {
        if depth > MOST_DEPTH {
            return self.fails("the conditions stand too deep within others");
        }
        loop {
            while self.takes_word("NOT") {}
            if self.takes(&Token::Sign('(')) {
                self.condition(depth + 1)?;
                self.needs(')')?;
            } else {
                self.comparison()?;
            }
            if !self.takes_word("AND") && !self.takes_word("OR") {
                return Ok(());
            }
        }
    }

    fn comparison(&mut self) -> Result<(), WqlError> {
        let is_constant = self.takes_constant();
        if !is_constant {
            self.operand()?;
        }
        if self.takes(&Token::Comparison) {
            if self.takes_constant() {
                return Ok(());
            }
            return self.operand();
        }
        if is_constant {
            return self.fails("an operator is expected after a value: = <> < > <= >=");
        }
        if self.takes_word("IS") {
            self.takes_word("NOT");
            return if self.takes_word("NULL") { Ok(()) } else { self.fails("NULL is expected after IS") };
        }
        let is_negated = self.takes_word("NOT");
        if self.takes_word("LIKE") {
            return if self.takes(&Token::Text) {
                Ok(())
            } else {
                self.fails("a text between quotes is expected after LIKE")
            };
        }
        if !is_negated && self.takes_word("ISA") {
            return if self.takes(&Token::Text) {
                Ok(())
            } else {
                self.fails("the name of a class between quotes is expected after ISA")
            };
        }
        self.fails("an operator is expected after the name of a property: = <> < > <= >= LIKE ISA IS")
    }

    /// Reads a property, or a function of one.
    fn operand(&mut self) -> Result<(), WqlError> {
        let is_function = matches!(self.tokens.get(self.at + 1), Some((_, Token::Sign('('))));
        if is_function && (self.takes_word("UPPER") || self.takes_word("LOWER")) {
            self.needs('(')?;
            if !self.takes(&Token::Text) {
                self.property()?;
            }
            return self.needs(')');
        }
        if is_function && self.takes_word("DATEPART") {
            self.needs('(')?;
            self.name("a part of a date is expected: yy, mm, dd, hh, mi or ss")?;
            self.needs(',')?;
            if !self.takes(&Token::Text) {
                self.property()?;
            }
            return self.needs(')');
        }
        if is_function {
            return self.fails("WMI knows the functions UPPER, LOWER and DATEPART only");
        }
        self.property()
    }

    /// Reads the name of a property, within embedded objects too: `TargetInstance.Name`, `Names[0]`.
    fn property(&mut self) -> Result<(), WqlError> {
        self.name("the name of a property is expected")?;
        loop {
            if self.takes(&Token::Sign('.')) {
                if !self.takes(&Token::Sign('*')) {
                    self.name("the name of a property is expected after the point")?;
                }
            } else if self.takes(&Token::Sign('[')) {
                if !self.takes(&Token::Number) {
                    return self.fails("a number is expected between brackets");
                }
                self.needs(']')?;
            } else {
                return Ok(());
            }
        }
    }

    /// Reads what follows `ASSOCIATORS` and `REFERENCES`.
    fn objects(&mut self, clauses: &[(&str, bool)]) -> Result<(), WqlError> {
        if !self.takes_word("OF") {
            return self.fails("OF is expected");
        }
        if !self.takes(&Token::Path) {
            return self.fails("the path of an object between braces is expected: {Win32_Service.Name='x'}");
        }
        if !self.takes_word("WHERE") {
            return self.is_done("WHERE or the end of the query is expected here");
        }
        let mut count = 0;
        while self.at < self.tokens.len() {
            let Some((_, has_value)) = clauses.iter().find(|(word, _)| self.takes_word(word)) else {
                let known = clauses.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
                return self.fails(&format!("one of these is expected, with blanks between them: {known}"));
            };
            if *has_value {
                if !self.takes(&Token::Comparison) {
                    return self.fails("`=` and a name are expected here");
                }
                self.name("a name is expected after `=`")?;
            }
            count += 1;
        }
        if count == 0 { self.fails("a condition is expected after WHERE") } else { Ok(()) }
    }

    fn is_done(&self, otherwise: &str) -> Result<(), WqlError> {
        if self.at == self.tokens.len() { Ok(()) } else { self.fails(otherwise) }
    }

    fn name(&mut self, otherwise: &str) -> Result<(), WqlError> {
        match self.tokens.get(self.at) {
            Some((_, Token::Word(word))) if !KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword)) => {
                self.at += 1;
                Ok(())
            }
            _ => self.fails(otherwise),
        }
    }

    fn takes_constant(&mut self) -> bool {
        self.takes(&Token::Text)
            || self.takes(&Token::Number)
            || ["TRUE", "FALSE", "NULL"].into_iter().any(|word| self.takes_word(word))
    }

    fn needs(&mut self, sign: char) -> Result<(), WqlError> {
        if self.takes(&Token::Sign(sign)) { Ok(()) } else { self.fails(&format!("`{sign}` is expected here")) }
    }

    fn takes(&mut self, token: &Token) -> bool {
        let is_there = self.tokens.get(self.at).is_some_and(|(_, own)| own == token);
        self.at += usize::from(is_there);
        is_there
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.tokens.get(self.at), Some((_, Token::Word(own))) if own.eq_ignore_ascii_case(word))
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is_there = self.is_word(word);
        self.at += usize::from(is_there);
        is_there
    }

    fn fails(&self, reason: &str) -> Result<(), WqlError> {
        Err(error(self.tokens.get(self.at).map_or(self.end, |(position, _)| *position), reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_that_wmi_takes_are_taken() {
        for query in [
            "Select * from Win32_Printer",
            "SELECT Version, ProductType FROM Win32_OperatingSystem WHERE Version LIKE \"10.%\" AND ProductType = \"1\"",
            r"SELECT Name FROM CIM_Datafile WHERE Name = 'C:\\Program Files (x86)\\it\'s\\a.exe'",
            "select * from A where (a = 1 or not (b <> -2.5)) and c is not null and d not like 'x%' and 5 >= e",
            "select * from A\r\n\twhere a=TRUE and b != null and upper(c) = 'X' and datepart(yy, d) > 2000 and f = 0x1F",
            "select a.b, c[0].d from A where a.b = c.d and __CLASS = \"x\"",
            "select count(*) from A",
            "select * from meta_class where __this isa \"Win32_BaseService\" and __Dynasty = 'CIM_X'",
            "associators of {Win32_Service.Name=\"a}b\"}",
            "ASSOCIATORS OF {Win32_LogicalDisk.DeviceID='C:'} WHERE AssocClass = Win32_X ResultClass=Y KeysOnly",
            "references of {A.b='c'} where classdefsonly",
        ] {
            assert_eq!(check_wql(query), Ok(()), "{query}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        let check = |query: &str, position: usize, reason: &str| {
            let error = check_wql(query).unwrap_err();
            assert!(error.position == position && error.reason.contains(reason), "{query}: {error}");
        };
        check("", 1, "empty");
        check("  ", 1, "empty");
        check("delete from A", 1, "begins with SELECT");
        check("select", 7, "name of a property");
        check("select * A", 10, "FROM");
        check("select a, from A", 11, "name of a property");
        check("select * from", 14, "name of a class");
        check("select * from where a = 1", 15, "name of a class");
        check("select * from A where", 22, "name of a property");
        check("select * from A where a", 24, "an operator");
        check("select * from A where é = ", 27, "name of a property");
        check("select * from A where a = 1 b = 2", 29, "AND or OR");
        check("select * from A where (a = 1", 29, "`)`");
        check("select * from A where a = 'x", 27, "closing quote");
        check(r"select * from A where a = 'C:\x'", 30, "written twice");
        check("select * from A where a like 5", 30, "after LIKE");
        check("select * from A where a is 5", 28, "NULL");
        check("select * from A where a isa b", 29, "after ISA");
        check("select * from A where 1 like 'a'", 25, "after a value");
        check("select * from A where f(a) = 1", 23, "functions");
        check("select * from A where a = 10.0.1", 27, "neither a number");
        check("select * from A where a ! 1", 25, "`!`");
        check("select * from A within 10 where a = 1", 17, "wait");
        check("select * from A order by a", 17, "ORDER");
        check("select * from A;", 16, "end of the query");
        check("associators {a}", 13, "OF");
        check("associators of a", 16, "path");
        check("associators of {a", 16, "closing brace");
        check("associators of { }", 16, "no path");
        check("associators of {a} where", 25, "condition");
        check("associators of {a} where x = y", 26, "AssocClass");
        check("references of {a} and", 19, "WHERE");
        check(&format!("select * from A where {}", "(".repeat(100_000)), 124, "too deep");
    }

    #[test]
    fn namespaces_have_names() {
        let check = |namespace: &str, position: Option<usize>| {
            assert_eq!(check_wmi_namespace(namespace).err().map(|error| error.position), position, "{namespace}");
        };
        check(r"root\CIMv2", None);
        check("ROOT/rsop/computer", None);
        check("root", None);
        check("", Some(1));
        check(r"CIMv2", Some(1));
        check(r"root\", Some(6));
        check(r"root\\a", Some(6));
        check(r"root\a b", Some(7));
    }
}
