//! `registry.pol` as text in the demo forest's source, much like a `.reg` file.
//!
//! ```text
//! [Software\Policies\Example]        a key; alone it is only made if `create` follows
//! "Name"="text"                      REG_SZ; `\\`, `\"`, `\r` and `\n` as in C
//! "Path"=expand:"%SystemRoot%\\x"    REG_EXPAND_SZ
//! "List"=multi:"one","two"           REG_MULTI_SZ
//! "Number"=dword:0000000a            REG_DWORD, hexadecimal
//! "Large"=qword:01d8f2a4             REG_QWORD, hexadecimal
//! "Blob"=hex:01,ff                   REG_BINARY; a line that ends in a comma goes on
//! "Other"=hex(5):01                  any type, by its number
//! "**del.Old"=" "                    commands are written as they are stored
//! @="text"                           the default value
//! create                             the record that only makes the key
//! ```

use crate::format::{PolData, PolRecord, PolText, PolType, RegistryPol};

/// Reads the text; fails with the line, counted from 1, and what is wrong there.
pub(super) fn parse(text: &str) -> Result<RegistryPol, (usize, String)> {
    let mut pol = RegistryPol::default();
    let mut key: Option<String> = None;
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let error = |problem: &str| (index + 1, problem.to_owned());
        let line = line.trim();
        if line.is_empty() || line.starts_with(';') {
            continue;
        }
        if let Some(inner) = line.strip_prefix('[') {
            key = Some(inner.strip_suffix(']').ok_or_else(|| error("expected `]` at the end"))?.to_owned());
            continue;
        }
        let key = key.as_deref().ok_or_else(|| error("a value stands before the first key"))?;
        if line == "create" {
            pol.records.push(PolRecord::create_key(key));
            continue;
        }
        let mut line = line.to_owned();
        while line.ends_with(',') {
            let (_, more) = lines.next().ok_or_else(|| error("the list goes on, but the file ends"))?;
            line.push_str(more.trim());
        }
        let (name, data) = match line.strip_prefix('@') {
            Some(rest) => (String::new(), rest),
            None => quoted(&line).ok_or_else(|| error("expected a name in quotes"))?,
        };
        let data = data.strip_prefix('=').ok_or_else(|| error("expected `=` after the name"))?;
        let (kind, data) = value(data).ok_or_else(|| error("expected a value"))?;
        pol.records.push(PolRecord { key: PolText::new(key), value: PolText::new(&name), kind, data });
    }
    Ok(pol)
}

fn value(text: &str) -> Option<(PolType, Vec<u8>)> {
    if text.starts_with('"') {
        let (content, rest) = quoted(text)?;
        return rest.is_empty().then(|| PolData::Text(content).encode());
    }
    let (kind, rest) = text.split_once(':')?;
    match kind {
        "expand" => {
            quoted(rest).filter(|(_, tail)| tail.is_empty()).map(|(content, _)| PolData::ExpandText(content).encode())
        }
        "multi" => texts(rest).map(|texts| PolData::MultiText(texts).encode()),
        "dword" => u32::from_str_radix(rest, 16).ok().map(|number| PolData::Dword(number).encode()),
        "qword" => u64::from_str_radix(rest, 16).ok().map(|number| PolData::Qword(number).encode()),
        "hex" => Some((PolType::BINARY, bytes(rest)?)),
        _ => {
            let number = kind.strip_prefix("hex(")?.strip_suffix(')')?.parse().ok()?;
            Some((PolType(number), bytes(rest)?))
        }
    }
}

/// Reads a text in quotes and returns it with what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut content = String::new();
    let mut characters = inner.char_indices();
    while let Some((position, character)) = characters.next() {
        match character {
            '"' => return Some((content, &inner[position + 1..])),
            '\\' => content.push(match characters.next()?.1 {
                'n' => '\n',
                'r' => '\r',
                other => other,
            }),
            other => content.push(other),
        }
    }
    None
}

fn texts(text: &str) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (content, tail) = quoted(rest)?;
        texts.push(content);
        rest = match tail.strip_prefix(',') {
            Some(more) => more,
            None if tail.is_empty() => tail,
            None => return None,
        };
    }
    Some(texts)
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| u8::from_str_radix(part, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_read() {
        let pol = parse(
            "; a remark\n[Software\\Policies\\Example]\ncreate\n\"Text\"=\"a \\\"b\\\" \\\\c\"\n\"Path\"=expand:\"%x%\"\n\
             \"List\"=multi:\"one\",\n  \"two\"\n\"Empty\"=multi:\n\"Number\"=dword:0000000a\n\"Large\"=qword:100000000\n\
             \"Blob\"=hex:01,\n  ff\n\"Big\"=hex(5):00,00,00,01\n@=\"default\"\n\"**del.Old\"=\" \"\n",
        )
        .unwrap();
        let data: Vec<PolData> = pol.records.iter().skip(1).map(PolRecord::data).collect();
        assert!(pol.records[0].is_create_key());
        assert_eq!(
            data,
            [
                PolData::Text(r#"a "b" \c"#.to_owned()),
                PolData::ExpandText("%x%".to_owned()),
                PolData::MultiText(vec!["one".to_owned(), "two".to_owned()]),
                PolData::MultiText(Vec::new()),
                PolData::Dword(10),
                PolData::Qword(1 << 32),
                PolData::Raw(vec![1, 255]),
                PolData::Dword(1),
                PolData::Text("default".to_owned()),
                PolData::Text(" ".to_owned()),
            ]
        );
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, line) in [
            ("\"a\"=\"b\"", 1),
            ("[k", 1),
            ("[k]\nname=1", 2),
            ("[k]\n\"a\"", 2),
            ("[k]\n\"a\"=dword:xyz", 2),
            ("[k]\n\"a\"=\"open", 2),
            ("[k]\n\n\"a\"=hex:01,", 3),
            ("[k]\n\"a\"=other:1", 2),
        ] {
            assert_eq!(parse(text).map_err(|(line, _)| line), Err(line), "{text:?}");
        }
    }
}
