//! The settings of a resultant set, laid out by the same code as those of a GPO, with the column *Winning GPO* and with who else set the
//! same.
//!
//! Each extension lays its settings out knowing nothing of GPOs. So the settings are laid out as a whole, and once more for each GPO
//! alone: where a row stands in the layout of a GPO, that GPO set it. A list that is only made where it has more than one row would be
//! missing there, so items of a collection are laid out twice.

use std::collections::HashMap;

use crate::extension::sections::{no_settings, settings_blocks};
use crate::report::rsop::{RsopResult, WinningGpo, holds_origin, precedence, says_origin, winning_gpo};
use crate::report::{Block, Cell, Column, Element, ExtensionReport, Namespace, Row, Section, Side, Table};

const WINNING_GPO: &str = "Winning GPO";
/// What GPMC writes for settings that no GPO sets.
const NO_GPO: &str = "[Default setting]";

/// Returns the section *Settings*.
pub(super) fn section(result: &RsopResult, side: Side) -> Section {
    let section = Section::new("Settings").opened();
    let mut layouts: Vec<Layout> = Vec::new();
    for (origin, parts) in parts_by_origin(result) {
        let blocks = settings_blocks(&parts, side, None);
        layouts.push(Layout { name: origin.name(result), precedence: origin.precedence, blocks });
    }
    layouts.sort_by_key(|layout| layout.precedence);
    let wins = Wanted { is: &|origin| origin.precedence <= 1, copies: 1 };
    let winners: Vec<ExtensionReport> = result
        .extensions
        .iter()
        .map(|part| part.with_elements(part.elements.iter().filter_map(|element| setting_of(element, &wins)).collect()))
        .collect();
    let blocks = settings_blocks(&winners, side, None);
    let sources: Vec<Source<'_>> =
        layouts.iter().map(|layout| Source { layout, blocks: vec![&layout.blocks] }).collect();
    let blocks = with_winners(blocks, &sources);
    if blocks.is_empty() { section.with(no_settings()) } else { Section { blocks, ..section } }
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Origin {
    /// The GPO; none where the setting does not tell.
    gpo: Option<WinningGpo>,
    /// 1 wins.
    precedence: u32,
}

impl Origin {
    fn of(element: &Element) -> Option<Self> {
        says_origin(element).then(|| Origin { gpo: winning_gpo(element), precedence: precedence(element).unwrap_or(1) })
    }

    fn unknown() -> Self {
        Origin { gpo: None, precedence: 1 }
    }

    fn name(&self, result: &RsopResult) -> String {
        let Some(gpo) = &self.gpo else { return NO_GPO.to_owned() };
        let id = || gpo.id.map_or_else(|| "Local Group Policy".to_owned(), |id| id.to_string());
        result.gpo(gpo).map_or_else(id, |row| row.name.clone())
    }
}

/// Which settings are wanted.
struct Wanted<'a> {
    is: &'a dyn Fn(&Origin) -> bool,
    /// How often each item of a collection.
    copies: usize,
}

/// Collects the origins of a setting, or of those in a collection of settings.
fn collect_origins(element: &Element, origins: &mut Vec<Origin>) {
    let origin = Origin::of(element);
    if origin.is_none() && holds_origin(element) {
        return element
            .children
            .iter()
            .filter(|child| holds_origin(child))
            .for_each(|child| collect_origins(child, origins));
    }
    let origin = origin.unwrap_or_else(Origin::unknown);
    if !origins.contains(&origin) {
        origins.push(origin);
    }
}

/// Returns the settings of each origin, those of collections twice, without what says where they come from.
fn parts_by_origin(result: &RsopResult) -> Vec<(Origin, Vec<ExtensionReport>)> {
    let mut found: Vec<(Origin, Vec<ExtensionReport>)> = Vec::new();
    let mut places: HashMap<Origin, usize> = HashMap::new();
    for part in &result.extensions {
        // Where the settings of this part stand among those of each origin.
        let mut own: HashMap<usize, usize> = HashMap::new();
        for element in &part.elements {
            let mut origins = Vec::new();
            collect_origins(element, &mut origins);
            for origin in origins {
                let Some(setting) = setting_of(element, &Wanted { is: &|own| *own == origin, copies: 2 }) else {
                    continue;
                };
                let place = *places.entry(origin.clone()).or_insert_with(|| {
                    found.push((origin.clone(), Vec::new()));
                    found.len() - 1
                });
                let parts = &mut found[place].1;
                let index = *own.entry(place).or_insert_with(|| {
                    parts.push(part.with_elements(Vec::new()));
                    parts.len() - 1
                });
                parts[index].elements.push(setting);
            }
        }
    }
    found
}

/// Returns a setting, or of a collection those that are wanted, without what says where they come from.
fn setting_of(element: &Element, wanted: &Wanted<'_>) -> Option<Element> {
    let origin = Origin::of(element);
    let without_children = || Element {
        attributes: element.attributes.clone(),
        text: element.text.clone(),
        ..Element::of(element.namespace, element.name.clone())
    };
    if origin.is_none() && holds_origin(element) {
        // A collection: what of it is no setting goes with its settings.
        let mut is_there = false;
        let mut setting = without_children();
        for child in &element.children {
            if !holds_origin(child) {
                setting.children.push(child.clone());
            } else if let Some(own) = setting_of(child, wanted) {
                is_there = true;
                let copies = if Origin::of(child).is_some() { wanted.copies } else { 1 };
                setting.children.extend(std::iter::repeat_n(own, copies));
            }
        }
        return is_there.then_some(setting);
    }
    if !(wanted.is)(&origin.unwrap_or_else(Origin::unknown)) {
        return None;
    }
    let own = element.children.iter().filter(|child| child.namespace != Namespace::Base);
    Some(without_children().with_all(own.cloned()))
}

/// The settings of one origin, laid out.
struct Layout {
    name: String,
    precedence: u32,
    blocks: Vec<Block>,
}

/// What stands in a layout where the layout of the whole is being gone through.
struct Source<'a> {
    layout: &'a Layout,
    blocks: Vec<&'a [Block]>,
}

impl<'a> Source<'a> {
    fn blocks(&self) -> impl Iterator<Item = &'a Block> + '_ {
        self.blocks.iter().flat_map(|blocks| blocks.iter())
    }

    fn wins(&self) -> bool {
        self.layout.precedence <= 1
    }
}

fn with_winners(blocks: Vec<Block>, sources: &[Source<'_>]) -> Vec<Block> {
    blocks
        .into_iter()
        .map(|block| match block {
            Block::Section(section) => Block::Section(section_with_winners(section, sources)),
            Block::Table(table) if !table.columns.is_empty() => Block::Table(table_with_winners(table, sources)),
            other => other,
        })
        .collect()
}

fn section_with_winners<'a>(mut section: Section, sources: &[Source<'a>]) -> Section {
    let inner = |source: &Source<'a>| -> Vec<&'a Section> {
        let sections = source.blocks().filter_map(|block| match block {
            Block::Section(own) if own.heading == section.heading => Some(own),
            _ => None,
        });
        sections.collect()
    };
    let found: Vec<(&Source<'a>, Vec<&'a Section>)> = sources.iter().map(|source| (source, inner(source))).collect();
    // Of several sections of one name the one that is the same is meant, where there is one.
    let is_same = |own: &&Section| **own == section;
    let has_same = found.iter().any(|(source, sections)| source.wins() && sections.iter().any(is_same));
    let is_leaf = is_leaf(&section) || is_item(&section);
    let narrowed: Vec<Source<'a>> = found
        .iter()
        .filter_map(|(source, sections)| {
            let sections =
                sections.iter().copied().filter(|own| !(is_leaf && has_same && source.wins()) || is_same(own));
            let blocks: Vec<&[Block]> = sections.map(|own| own.blocks.as_slice()).collect();
            (!blocks.is_empty()).then_some(Source { layout: source.layout, blocks })
        })
        .collect();
    if !is_leaf {
        section.blocks = with_winners(section.blocks, &narrowed);
        return section;
    }
    let names = |wins: bool| {
        let names = narrowed.iter().filter(|source| source.wins() == wins).map(|source| source.layout.name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let rows = [(WINNING_GPO, names(true)), ("Also set by", names(false))];
    let rows: Vec<Row> = rows
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(label, names)| Row::new([label.to_owned(), names]))
        .collect();
    match section.blocks.first_mut() {
        _ if rows.is_empty() => {}
        Some(Block::Table(table)) => drop(table.rows.splice(0..0, rows)),
        _ => section.blocks.insert(0, Block::Table(Table { rows, ..Table::properties() })),
    }
    section
}

/// Tells whether a section is a single thing: no sections in it, no table with headings, which takes a column more.
fn is_leaf(section: &Section) -> bool {
    let is_list = |table: &Table| !table.columns.is_empty();
    !section.blocks.iter().any(|block| match block {
        Block::Section(_) => true,
        Block::Table(table) => is_list(table),
        _ => false,
    })
}

/// Tells whether a section is a preference item: *General*, *Common* and the like.
fn is_item(section: &Section) -> bool {
    matches!(section.blocks.first(), Some(Block::Section(first)) if first.heading == "General")
}

fn table_with_winners(mut table: Table, sources: &[Source<'_>]) -> Table {
    let columns = table.columns.len();
    let rows_by_name = rows_by_name(sources, &table);
    for row in &mut table.rows {
        let mut winners: Vec<&str> = Vec::new();
        let mut others = Table::new(&["Precedence", "Also Set By", "Setting"]);
        for (layout, own) in rows_by_name.get(name_of(row)).into_iter().flatten() {
            if layout.precedence > 1 {
                let setting: Vec<&str> = own.cells.iter().skip(1).map(|cell| cell.text.as_str()).collect();
                others.row([layout.precedence.to_string(), layout.name.clone(), setting.join("; ")]);
            } else if *own == row && !winners.contains(&&*layout.name) {
                winners.push(&layout.name);
            }
        }
        row.cells.resize(columns, Cell::default());
        row.cells.push(Cell::new(winners.join(", ")));
        if !others.rows.is_empty() {
            row.details.push(Block::Table(others));
        }
    }
    table.columns.push(Column { heading: WINNING_GPO.to_owned() });
    table
}

/// Returns the rows of all tables of the sources that have the columns of this one, by their first cell.
fn rows_by_name<'a>(sources: &[Source<'a>], table: &Table) -> HashMap<&'a str, Vec<(&'a Layout, &'a Row)>> {
    let mut rows: HashMap<&str, Vec<(&Layout, &Row)>> = HashMap::new();
    for source in sources {
        for block in source.blocks() {
            if let Block::Table(own) = block
                && own.columns == table.columns
            {
                own.rows.iter().for_each(|row| rows.entry(name_of(row)).or_default().push((source.layout, row)));
            }
        }
    }
    rows
}

fn name_of(row: &Row) -> &str {
    row.cells.first().map_or("", |cell| cell.text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::{EXTENSIONS, NAMESPACE_BASE};
    use crate::ident::Guid;
    use crate::report::rsop::RsopGpo;

    /// Returns a setting that comes from the n-th GPO.
    fn from(mut element: Element, gpo: u8, precedence: u32) -> Element {
        let id = Element::text_of(Namespace::Types, "Identifier", id(gpo).to_string());
        let domain = Element::text_of(Namespace::Types, "Domain", "corp.example");
        let gpo = Element::of(Namespace::Base, "GPO").with(id).with(domain);
        let precedence = Element::text_of(Namespace::Base, "Precedence", precedence.to_string());
        element.children.splice(0..0, [gpo, precedence]);
        element
    }

    fn id(gpo: u8) -> Guid {
        format!("00000000-0000-0000-0000-0000000000{gpo:02}").parse().unwrap()
    }

    fn result(xml_type: &str, elements: Vec<Element>) -> RsopResult {
        let extension = EXTENSIONS.iter().find(|extension| extension.xml_type == xml_type).unwrap();
        let gpo = |gpo: u8| RsopGpo { name: format!("G{gpo}"), id: Some(id(gpo)), ..RsopGpo::default() };
        RsopResult {
            gpos: vec![gpo(1), gpo(2)],
            extensions: vec![ExtensionReport {
                name: extension.name.to_owned(),
                xml_type: xml_type.to_owned(),
                namespace: format!("{NAMESPACE_BASE}{}", extension.namespace),
                elements,
                problems: Vec::new(),
            }],
            ..RsopResult::default()
        }
    }

    /// Returns all rows with their details, those of sections behind their heading.
    fn rows(blocks: &[Block]) -> Vec<String> {
        blocks
            .iter()
            .flat_map(|block| match block {
                Block::Section(section) => rows(&section.blocks),
                Block::Table(table) => table
                    .rows
                    .iter()
                    .flat_map(|row| {
                        let cells: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
                        let details = rows(&row.details).into_iter().map(|line| format!("> {line}"));
                        [cells.join(" | ")].into_iter().chain(details).collect::<Vec<_>>()
                    })
                    .collect(),
                _ => Vec::new(),
            })
            .collect()
    }

    fn account(name: &'static str, value: &str) -> Element {
        let name = Element::text("Name", name);
        Element::new("Account")
            .with(name)
            .with(Element::text("SettingNumber", value))
            .with(Element::text("Type", "Password"))
    }

    #[test]
    fn rows_name_the_winner_and_the_losers() {
        let result = result(
            "SecuritySettings",
            vec![
                from(account("MaximumPasswordAge", "42"), 1, 2),
                from(account("MaximumPasswordAge", "365"), 2, 1),
                from(account("MinimumPasswordLength", "14"), 1, 1),
                account("MinimumPasswordAge", "1"),
                Element::bool("Blocked", false),
            ],
        );
        let section = section(&result, Side::Computer);
        assert_eq!(
            rows(&section.blocks),
            [
                "Maximum password age | 365 days | G2",
                "> 2 | G1 | 42 days",
                "Minimum password age | 1 days | [Default setting]",
                "Minimum password length | 14 characters | G1",
            ]
        );
    }

    #[test]
    fn items_of_preferences_name_their_gpo() {
        let drive = |letter: &str, gpo: u8| {
            let properties = Element::new("Properties").attribute("action", "U").attribute("letter", letter);
            from(Element::new("Drive").attribute("name", format!("{letter}:")).with(properties), gpo, 1)
        };
        let drives = Element::new("DriveMapSettings").with(drive("H", 1)).with(drive("S", 2));
        let shown = rows(&section(&result("DriveMapSettings", vec![drives]), Side::User).blocks);
        let winners: Vec<&String> = shown.iter().filter(|row| row.starts_with(WINNING_GPO)).collect();
        assert_eq!(shown[..2], [" | Update | H:  |  | G1", " | Update | S:  |  | G2"]);
        assert_eq!(winners.len(), 2, "{shown:?}");
        assert!(winners[0].ends_with("G1") && winners[1].ends_with("G2"), "{shown:?}");
    }

    #[test]
    fn nothing_set_is_said() {
        let section = section(&RsopResult::default(), Side::User);
        assert_eq!(section.blocks, [no_settings()]);
    }
}
