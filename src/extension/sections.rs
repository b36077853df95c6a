//! Putting a report together for people: the sections of all extensions in the order and under the headings of GPMC.

use crate::report::{Block, Document, ExtensionReport, GpoReport, Section, Side};

use super::{extension_of, general, unknown};

/// Sections of an extension with the place where they belong.
pub struct Placed {
    /// Below which headings.
    pub area: Area,
    /// The section.
    pub section: Section,
}

/// The headings of a half below which extensions put their sections, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Policies, Software Settings.
    SoftwareSettings,
    /// Policies, Windows Settings.
    WindowsSettings,
    /// Policies, Windows Settings, Security Settings.
    SecuritySettings,
    /// Policies, Administrative Templates.
    AdministrativeTemplates,
    /// Policies: what belongs below no other heading.
    OtherPolicies,
    /// Preferences, Windows Settings.
    PreferencesWindows,
    /// Preferences, Control Panel Settings.
    PreferencesControlPanel,
}

impl Area {
    /// Returns the headings from the half down.
    fn headings(self) -> &'static [&'static str] {
        match self {
            Area::SoftwareSettings => &["Policies", "Software Settings"],
            Area::WindowsSettings => &["Policies", "Windows Settings"],
            Area::SecuritySettings => &["Policies", "Windows Settings", "Security Settings"],
            Area::AdministrativeTemplates => &["Policies", "Administrative Templates"],
            Area::OtherPolicies => &["Policies"],
            Area::PreferencesWindows => &["Preferences", "Windows Settings"],
            Area::PreferencesControlPanel => &["Preferences", "Control Panel Settings"],
        }
    }
}

/// Puts a report together for people.
pub fn document(report: &GpoReport) -> Document {
    Document {
        title: report.name.clone(),
        collected: report.read.map(|time| time.to_local_text()).unwrap_or_default(),
        sections: vec![
            general::section(report),
            half_section(report, Side::Computer),
            half_section(report, Side::User),
        ],
    }
}

fn half_section(report: &GpoReport, side: Side) -> Section {
    let half = report.half(side);
    let state = if half.enabled { "Enabled" } else { "Disabled" };
    let mut section = Section::new(format!("{} ({state})", side.label())).opened();
    section.blocks = settings_blocks(&half.extensions, side, report.template_source.as_deref());
    if section.blocks.is_empty() {
        section.blocks.push(no_settings());
    }
    section
}

/// Says that nothing is set.
pub(super) fn no_settings() -> Block {
    Block::Text("No settings defined.".to_owned())
}

/// Returns the settings of all extensions of a half below the headings where they belong.
pub(super) fn settings_blocks(extensions: &[ExtensionReport], side: Side, template_source: Option<&str>) -> Vec<Block> {
    let mut placed = placed_sections(extensions, side);
    placed.sort_by_key(|placed| placed.area);
    let mut blocks = Vec::new();
    for Placed { area, section } in placed {
        add(&mut blocks, area.headings(), template_source, section);
    }
    blocks
}

/// Returns the sections of all extensions of a half, in their order.
fn placed_sections(extensions: &[ExtensionReport], side: Side) -> Vec<Placed> {
    let mut all = Vec::new();
    for report in extensions {
        let mut sections = match extension_of(report) {
            Some(extension) => (extension.sections)(report, side),
            None => unknown::sections(report),
        };
        if !report.problems.is_empty() {
            // Said where the extension's first section stands, or in one of its own.
            let problems = report.problems.iter().cloned().map(Block::Problem);
            match sections.first_mut() {
                Some(first) => drop(first.section.blocks.splice(0..0, problems)),
                None => sections.push(Placed {
                    area: Area::OtherPolicies,
                    section: Section { blocks: problems.collect(), ..Section::new(&report.name).opened() },
                }),
            }
        }
        all.extend(sections);
    }
    all
}

/// The levels that GPMC's reports keep closed at first; the others of these are open (measured on twelve of them, `console-ui.md` 9.1).
const CLOSED: [&str; 2] = ["Security Settings", "Administrative Templates"];

/// Adds a section below these headings. Headings that stand there already are used.
fn add(blocks: &mut Vec<Block>, headings: &[&str], template_source: Option<&str>, inner: Section) {
    let Some((heading, rest)) = headings.split_first() else { return blocks.push(Block::Section(inner)) };
    if let Some(Block::Section(last)) = blocks.last_mut()
        && last.heading == *heading
    {
        return add(&mut last.blocks, rest, template_source, inner);
    }
    let mut section = Section::new(*heading);
    if !CLOSED.contains(heading) {
        section = section.opened();
    }
    if let ("Administrative Templates", Some(source)) = (*heading, template_source) {
        section.blocks.push(Block::Text(format!("Policy definitions (ADMX files) retrieved from {source}.")));
    }
    add(&mut section.blocks, rest, template_source, inner);
    blocks.push(Block::Section(section));
}
