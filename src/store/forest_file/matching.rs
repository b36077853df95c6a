//! Search filters against entries: compiled once per search, three-valued as [MS-ADTS] 3.1.1.3.1.3.1 says
//! (a filter on an attribute nobody knows is neither true nor false).

use std::collections::BTreeSet;

use crate::store::{Filter, StoreError};

use super::row::{Field, Reader, Row, fold_dn};
use super::schema::{self, Syntax};
use super::value;

/// LDAP_MATCHING_RULE_BIT_AND: all bits are set.
const ALL_BITS: &str = "1.2.840.113556.1.4.803";
/// LDAP_MATCHING_RULE_BIT_OR: one of the bits is set.
const ANY_BIT: &str = "1.2.840.113556.1.4.804";
/// LDAP_MATCHING_RULE_TRANSITIVE_EVAL: through groups in groups.
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// A filter made ready for many entries.
#[derive(Debug)]
pub(super) enum Test {
    And(Vec<Test>),
    Or(Vec<Test>),
    Not(Box<Test>),
    Present(Field),
    /// The value is folded.
    Equals(Field, Syntax, Vec<u8>),
    /// The parts are folded.
    Parts(Field, Syntax, Vec<u8>, Vec<Vec<u8>>, Vec<u8>),
    AtLeast(Field, Syntax, Vec<u8>),
    AtMost(Field, Syntax, Vec<u8>),
    AllBits(Field, i64),
    AnyBit(Field, i64),
    /// The object is one of those with these keys.
    Keys(BTreeSet<String>),
    Undefined,
}

/// What is known of the objects a filter can hold for, without looking at them.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Candidates {
    /// Nothing.
    Any,
    /// They are of one of these classes.
    Classes(BTreeSet<i64>),
    /// They are among those with one of these values in the index; the attribute by its position in the schema.
    Values(Vec<(i64, Vec<u8>)>),
    /// They are among those with these keys.
    Keys(BTreeSet<String>),
}

impl Test {
    /// Makes a filter ready.
    pub(super) fn compile(reader: &Reader<'_>, filter: &Filter) -> Result<Test, StoreError> {
        let all = |filters: &[Filter]| {
            filters.iter().map(|filter| Test::compile(reader, filter)).collect::<Result<Vec<Test>, StoreError>>()
        };
        let known = |attribute: &str| Some(Field::of(attribute)).filter(Field::is_known);
        Ok(match filter {
            Filter::And(filters) => Test::And(all(filters)?),
            Filter::Or(filters) => Test::Or(all(filters)?),
            Filter::Not(filter) => Test::Not(Box::new(Test::compile(reader, filter)?)),
            Filter::Present(attribute) => Test::Present(Field::of(attribute)),
            Filter::Equals(attribute, wanted) => match Field::of(attribute) {
                Field::MemberOf => Test::Keys(reader.members_of(&fold_dn(wanted), false)?),
                Field::ObjectCategory => category_test(reader, wanted),
                field => Test::equality(field, attribute, wanted),
            },
            Filter::Substring { attribute, initial, any, last } => match (known(attribute), value::syntax(attribute)) {
                (Some(field), syntax @ (Syntax::Text | Syntax::Octets)) => {
                    let fold = |part: &Vec<u8>| value::fold(syntax, part).into_owned();
                    Test::Parts(field, syntax, fold(initial), any.iter().map(fold).collect(), fold(last))
                }
                _ => Test::Undefined,
            },
            Filter::GreaterOrEqual(attribute, bound) => match known(attribute) {
                Some(field) => {
                    let syntax = value::syntax(attribute);
                    Test::AtLeast(field, syntax, value::fold(syntax, bound).into_owned())
                }
                None => Test::Undefined,
            },
            Filter::LessOrEqual(attribute, bound) => match known(attribute) {
                Some(field) => {
                    let syntax = value::syntax(attribute);
                    Test::AtMost(field, syntax, value::fold(syntax, bound).into_owned())
                }
                None => Test::Undefined,
            },
            Filter::Rule { attribute, rule, value: wanted } => match (rule.as_str(), known(attribute)) {
                (ALL_BITS, Some(field)) => {
                    value::number(wanted).map_or(Test::Undefined, |bits| Test::AllBits(field, bits))
                }
                (ANY_BIT, Some(field)) => {
                    value::number(wanted).map_or(Test::Undefined, |bits| Test::AnyBit(field, bits))
                }
                (IN_CHAIN, Some(Field::MemberOf)) => Test::Keys(reader.members_of(&fold_dn(wanted), true)?),
                (IN_CHAIN, Some(Field::Stored(name))) if name == "member" => {
                    Test::Keys(reader.all_groups_of(&fold_dn(wanted))?)
                }
                _ => Test::Undefined,
            },
        })
    }

    fn equality(field: Field, attribute: &str, wanted: &[u8]) -> Test {
        // Attributes of an imported forest that our schema lacks compare as text.
        let syntax = value::syntax(attribute);
        Test::Equals(field, syntax, value::fold(syntax, wanted).into_owned())
    }

    /// Tells whether the filter holds for the entry; nothing where it is undefined.
    pub(super) fn holds(&self, reader: &Reader<'_>, row: &Row<'_>) -> Result<Option<bool>, StoreError> {
        let some = |field: &Field, test: &dyn Fn(&[u8]) -> bool| {
            let mut found = false;
            reader.visit_values(row, field, &mut |value| {
                found = test(value);
                !found
            })?;
            Ok(Some(found))
        };
        match self {
            Test::And(tests) => fold_truth(tests, reader, row, false),
            Test::Or(tests) => fold_truth(tests, reader, row, true),
            Test::Not(test) => Ok(test.holds(reader, row)?.map(|truth| !truth)),
            Test::Present(field) => some(field, &|_| true),
            Test::Equals(field, syntax, wanted) => some(field, &|value| value::equals_folded(*syntax, value, wanted)),
            Test::Parts(field, syntax, initial, any, last) => {
                some(field, &|value| value::has_parts(&value::fold(*syntax, value), initial, any, last))
            }
            Test::AtLeast(field, syntax, bound) => {
                some(field, &|value| order(*syntax, value, bound).is_some_and(std::cmp::Ordering::is_ge))
            }
            Test::AtMost(field, syntax, bound) => {
                some(field, &|value| order(*syntax, value, bound).is_some_and(std::cmp::Ordering::is_le))
            }
            Test::AllBits(field, bits) => {
                some(field, &|value| value::number(value).is_some_and(|number| number & bits == *bits))
            }
            Test::AnyBit(field, bits) => {
                some(field, &|value| value::number(value).is_some_and(|number| number & bits != 0))
            }
            Test::Keys(keys) => Ok(Some(keys.contains(row.key))),
            Test::Undefined => Ok(None),
        }
    }

    /// Returns what is known of the objects this can hold for.
    pub(super) fn candidates(&self, reader: &Reader<'_>) -> Candidates {
        match self {
            Test::Equals(Field::ObjectClass, _, wanted) => {
                let classes = reader.classes.iter().filter(|(_, class)| {
                    class.names.iter().any(|name| value::equals_folded(Syntax::Text, name.as_bytes(), wanted))
                });
                Candidates::Classes(classes.map(|(id, _)| *id).collect())
            }
            Test::Equals(Field::Stored(name), _, wanted) => {
                match schema::attribute(name).filter(|attribute| value::is_indexed(attribute)) {
                    Some(attribute) => {
                        let code = schema::attribute_code(attribute.name).unwrap_or_default() as i64;
                        Candidates::Values(vec![(code, wanted.clone())])
                    }
                    None => Candidates::Any,
                }
            }
            Test::Equals(Field::DistinguishedName, _, wanted) => {
                Candidates::Keys(BTreeSet::from([String::from_utf8_lossy(wanted).into_owned()]))
            }
            Test::Keys(keys) => Candidates::Keys(keys.clone()),
            Test::And(tests) => {
                tests.iter().map(|test| test.candidates(reader)).reduce(narrower).unwrap_or(Candidates::Any)
            }
            Test::Or(tests) => {
                tests.iter().map(|test| test.candidates(reader)).reduce(either).unwrap_or(Candidates::Any)
            }
            _ => Candidates::Any,
        }
    }
}

/// Of two things that are both known, keeps the one that leaves fewer objects.
fn narrower(left: Candidates, right: Candidates) -> Candidates {
    match (left, right) {
        (Candidates::Any, other) | (other, Candidates::Any) => other,
        (Candidates::Classes(left), Candidates::Classes(right)) => Candidates::Classes(&left & &right),
        (Candidates::Classes(_), other) | (other, Candidates::Classes(_)) => other,
        (left, _) => left,
    }
}

/// Of two things of which one is known, keeps what holds either way.
fn either(left: Candidates, right: Candidates) -> Candidates {
    match (left, right) {
        (Candidates::Classes(left), Candidates::Classes(right)) => Candidates::Classes(&left | &right),
        (Candidates::Values(mut left), Candidates::Values(right)) => {
            left.extend(right);
            Candidates::Values(left)
        }
        (Candidates::Keys(left), Candidates::Keys(right)) => Candidates::Keys(&left | &right),
        _ => Candidates::Any,
    }
}

/// `objectCategory` takes a DN or the name of a class, which stands for its category.
fn category_test(reader: &Reader<'_>, wanted: &[u8]) -> Test {
    let text = String::from_utf8_lossy(wanted);
    let category = match schema::class(&text) {
        Some(class) => reader.layout.schema.dn.child("CN", class.category).as_str().to_owned(),
        None => text.into_owned(),
    };
    Test::Equals(Field::ObjectCategory, Syntax::Dn, value::fold(Syntax::Dn, category.as_bytes()).into_owned())
}

/// Joins truths: `decisive` decides as soon as it appears; else one that is undefined makes the whole undefined.
fn fold_truth(tests: &[Test], reader: &Reader<'_>, row: &Row<'_>, decisive: bool) -> Result<Option<bool>, StoreError> {
    let mut joined = Some(!decisive);
    for test in tests {
        match test.holds(reader, row)? {
            Some(truth) if truth == decisive => return Ok(Some(decisive)),
            Some(_) => {}
            None => joined = None,
        }
    }
    Ok(joined)
}

fn order(syntax: Syntax, value: &[u8], bound: &[u8]) -> Option<std::cmp::Ordering> {
    match syntax {
        Syntax::Integer | Syntax::LargeInteger => Some(value::number(value)?.cmp(&value::number(bound)?)),
        Syntax::Text | Syntax::Time | Syntax::Octets => Some((*value::fold(syntax, value)).cmp(bound)),
        _ => None,
    }
}
