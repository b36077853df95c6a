//! Tests of `registry.pol`: bytes, round trips, damage.

use super::*;
use proptest::prelude::*;

const KEY: &str = r"Software\Policies\Example";

fn check_round_trip(pol: &RegistryPol) {
    let bytes = pol.to_bytes();
    assert_eq!(RegistryPol::parse(&bytes).as_ref(), Ok(pol));
}

/// A record spelled out: texts as given, without any terminator added.
fn raw_record(key: &str, value: &str, kind: u32, size: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let text = |bytes: &mut Vec<u8>, text: &str| text.encode_utf16().for_each(|unit| push_unit(bytes, unit));
    text(&mut bytes, &format!("[{key};{value};"));
    bytes.extend(kind.to_le_bytes());
    text(&mut bytes, ";");
    bytes.extend(size.to_le_bytes());
    text(&mut bytes, ";");
    bytes.extend(data);
    text(&mut bytes, "]");
    bytes
}

fn file(records: &[Vec<u8>]) -> Vec<u8> {
    [b"PReg\x01\0\0\0".to_vec(), records.concat()].concat()
}

#[test]
fn writes_the_bytes_of_the_specification() {
    let pol = RegistryPol { records: vec![PolRecord::set("K", "V", PolData::Dword(1))] };
    let expected = b"PReg\x01\0\0\0[\0K\0\0\0;\0V\0\0\0;\0\x04\0\0\0;\0\x04\0\0\0;\0\x01\0\0\0]\0";
    assert_eq!(pol.to_bytes(), expected);
    check_round_trip(&pol);
    assert_eq!(RegistryPol::default().to_bytes(), b"PReg\x01\0\0\0");
    check_round_trip(&RegistryPol::default());
}

#[test]
fn every_type_is_read_back() {
    let texts = |texts: &[&str]| PolData::MultiText(texts.iter().map(|text| (*text).to_owned()).collect());
    for data in [
        PolData::Text("a;]b[".to_owned()),
        PolData::Text(String::new()),
        PolData::ExpandText("%SystemRoot%\\Ünïcode".to_owned()),
        texts(&["one", "two"]),
        texts(&[]),
        PolData::Dword(u32::MAX),
        PolData::Qword(1 << 40),
        PolData::Raw(vec![1, 2, 3]),
    ] {
        let record = PolRecord::set(KEY, r"\\*\NETLOGON", data.clone());
        assert_eq!(record.data(), data);
        check_round_trip(&RegistryPol { records: vec![record] });
    }
    let big_endian = PolRecord { kind: PolType::DWORD_BIG_ENDIAN, ..PolRecord::set(KEY, "V", PolData::Dword(1)) };
    assert_eq!(big_endian.data(), PolData::Dword(0x0100_0000));
    assert!(PolRecord::create_key(KEY).is_create_key());
    check_round_trip(&RegistryPol { records: vec![PolRecord::create_key(KEY)] });
}

#[test]
fn data_that_contradicts_its_type_is_shown_raw() {
    for (kind, data) in [(PolType::DWORD, vec![1, 0]), (PolType::SZ, vec![65]), (PolType::QWORD, vec![0; 7])] {
        let record = PolRecord { kind, data: data.clone(), ..PolRecord::create_key(KEY) };
        assert_eq!(record.data(), PolData::Raw(data));
    }
    let unterminated = PolRecord { kind: PolType::SZ, data: b"A\0B\0".to_vec(), ..PolRecord::create_key(KEY) };
    assert_eq!(unterminated.data(), PolData::Text("AB".to_owned()));
}

#[test]
fn commands_are_told_from_values() {
    let check = |record: PolRecord, expected| assert_eq!(record.command(), expected);
    let text = |value, data: &str| PolRecord::set(KEY, value, PolData::Text(data.to_owned()));
    check(PolRecord::delete_value(KEY, "Old"), Some(PolCommand::DeleteValue("Old".to_owned())));
    check(text("**DEL.Old", " "), Some(PolCommand::DeleteValue("Old".to_owned())));
    check(PolRecord::delete_all_values(KEY), Some(PolCommand::DeleteAllValues));
    check(
        text("**DeleteValues", "a;b; c"),
        Some(PolCommand::DeleteValues(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()])),
    );
    check(text("**DeleteKeys", r"Sub"), Some(PolCommand::DeleteKeys(vec!["Sub".to_owned()])));
    check(PolRecord::set(KEY, "**SecureKey", PolData::Dword(1)), Some(PolCommand::SecureKey(true)));
    check(text("**soft.New", "x"), Some(PolCommand::SetIfMissing("New".to_owned())));
    check(text("**Comment:why", "x"), Some(PolCommand::Comment("why".to_owned())));
    check(text("**other", "x"), Some(PolCommand::Unknown("other".to_owned())));
    check(text("plain", "x"), None);
}

#[test]
fn the_last_of_several_records_counts() {
    let records = [1, 2].map(|number| PolRecord::set(KEY, "Value", PolData::Dword(number)));
    let pol = RegistryPol { records: records.to_vec() };
    let found = pol.find(r"software\policies\EXAMPLE", "vaLUE").unwrap();
    assert_eq!(found.data(), PolData::Dword(2));
}

#[test]
fn odd_terminators_are_kept() {
    for (key, value) in [
        ("K", "V\0"),
        ("K\0", "V"),
        ("K", "V"),
        ("K\0\0", "V\0\0\0"),
        ("K\0", "\0"),
        ("K\0", ""),
        ("a;b\0", "c;d\0"),
        ("a[b]\0", "];[\0"),
    ] {
        let bytes = file(&[raw_record(key, value, 4, 4, &[1, 0, 0, 0]), raw_record("Z\0", "Z\0", 1, 2, &[0, 0])]);
        let pol = RegistryPol::parse(&bytes).unwrap();
        assert_eq!(pol.records.len(), 2, "{key:?} {value:?}");
        assert_eq!(pol.records[0].key.to_string(), key.trim_end_matches('\0'));
        assert_eq!(pol.records[0].value.to_string(), value.trim_end_matches('\0'));
        assert_eq!(pol.to_bytes(), bytes, "{key:?} {value:?}");
    }
}

#[test]
fn damage_is_reported_with_its_place() {
    let check = |bytes: &[u8], record, offset, problem| {
        let expected = ParseRegistryPolError { offset, record, problem };
        assert_eq!(RegistryPol::parse(bytes), Err(expected));
    };
    let good = raw_record("K\0", "V\0", 4, 4, &[1, 0, 0, 0]);
    check(b"", 0, 0, PolProblem::Ends("the signature"));
    check(b"PReg\x01", 0, 5, PolProblem::Ends("the version"));
    check(b"Preg\x01\0\0\0", 0, 0, PolProblem::Signature);
    check(b"PReg\x02\0\0\0", 0, 4, PolProblem::Version(2));
    check(&file(&[good.clone(), b"x\0".to_vec()]), 2, 40, PolProblem::Expected("`[` at the start of a record"));
    check(&file(&[good.clone(), b"[".to_vec()]), 2, 41, PolProblem::Ends("a record"));
    check(&file(&[b"[\0K\0".to_vec()]), 1, 12, PolProblem::Ends("a name"));
    let too_long = PolProblem::SizeBeyondEnd { size_bytes: u32::MAX, left_bytes: 6 };
    check(&file(&[raw_record("K\0", "V\0", 4, u32::MAX, &[0; 4])]), 1, 28, too_long);
    let short = raw_record("K\0", "V\0", 4, 2, &[1, 0, 0, 0]);
    let long_name = "n".repeat(70_000);
    check(
        &file(&[raw_record(&long_name, "V", 4, 0, &[])]),
        1,
        10,
        PolProblem::Expected("a name of at most 65535 characters"),
    );
    check(&file(&[short]), 1, 36, PolProblem::Expected("`]` after the data"));
    let error = RegistryPol::parse(&file(&[good, b"x\0".to_vec()])).unwrap_err();
    assert_eq!(error.to_string(), "record 2 at byte 40: expected `[` at the start of a record");
}

#[test]
fn every_truncation_is_refused_or_ends_between_records() {
    let records = [raw_record("K\0", "V\0", 4, 4, &[1, 0, 0, 0]), raw_record("Q\0", "W\0", 1, 4, &[65, 0, 0, 0])];
    let bytes = file(&records);
    for end in 0..bytes.len() {
        let whole = end == 8 || end == 8 + records[0].len();
        assert_eq!(RegistryPol::parse(&bytes[..end]).is_ok(), whole, "{end}");
    }
}

#[test]
fn recovering_finds_the_records_around_the_damage() {
    let good = |key: &str| raw_record(key, "V\0", 4, 4, &[1, 0, 0, 0]);
    let text = |key: &str| raw_record(key, "V\0", 1, 4, &[65, 0, 0, 0]);
    let too_long = raw_record("B\0", "V\0", 1, 40_000, &[65, 0, 0, 0]);
    let bytes = file(&[good("A\0"), too_long, text("C\0"), good("D\0")]);
    let (pol, errors) = RegistryPol::recover(&bytes);
    let keys: Vec<String> = pol.records.iter().map(|record| record.key.to_string()).collect();
    assert_eq!(keys, ["A", "C", "D"]);
    assert_eq!(errors.len(), 1);
    assert_eq!((errors[0].record, errors[0].offset), (2, 60));
    assert_eq!(RegistryPol::recover(&file(&[good("A\0")])).1, []);
    assert_eq!(RegistryPol::recover(b"nothing").1.len(), 1);
}

fn any_record() -> impl Strategy<Value = PolRecord> {
    let name = "[ -~äΩ]{0,12}";
    (name, name, 0u32..14, prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(key, value, kind, data)| PolRecord {
        key: PolText::new(&key),
        value: PolText::new(&value),
        kind: PolType(kind),
        data,
    })
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_back(records in prop::collection::vec(any_record(), 0..8)) {
        check_round_trip(&RegistryPol { records });
    }

    #[test]
    fn whatever_is_accepted_is_written_back(
        records in prop::collection::vec(any_record(), 1..4),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let mut bytes = RegistryPol { records }.to_bytes();
        for (index, byte) in flips {
            let position = index.index(bytes.len());
            bytes[position] = byte;
        }
        if let Ok(pol) = RegistryPol::parse(&bytes) {
            prop_assert_eq!(pol.to_bytes(), bytes);
        }
    }

    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = RegistryPol::parse(&noise);
        let bytes = [b"PReg\x01\0\0\0[\0".as_slice(), &noise].concat();
        let _ = RegistryPol::parse(&bytes);
        let (pol, errors) = RegistryPol::recover(&bytes);
        prop_assert!(!errors.is_empty() || pol.to_bytes() == bytes);
    }
}
