//! One condition of a search: as it is put together, and as it stands in the list.

use egui::{ComboBox, TextEdit, Ui};

use crate::console::OpenForest;
use crate::console::dialog;
use crate::console::kit::accessible;
use crate::gpm::{
    ClientSideExtension, InvalidCriterion, LinksIn, PermissionType, SearchCriteria, SearchOperation, SearchProperty,
    SearchValue, Trustee,
};
use crate::ident::{Guid, WmiFilterRef};

use SearchOperation::{Contains, Equals, NotContains, NotEquals};

/// What a condition looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum SearchItem {
    #[default]
    Name,
    Links,
    SecurityGroup,
    UserConfiguration,
    ComputerConfiguration,
    WmiFilter,
    Guid,
}

/// A condition as it stands in the list.
#[derive(Clone, Debug)]
pub(super) struct Criterion {
    pub(super) item: &'static str,
    pub(super) condition: &'static str,
    pub(super) value: String,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Property(SearchProperty, SearchOperation, SearchValue),
    Links(LinksIn, bool),
}

/// A condition that is being put together.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) item: SearchItem,
    condition: usize,
    text: String,
    links_in: Option<LinksIn>,
    /// Who was chosen for a condition on permissions.
    pub(super) principal: Option<Trustee>,
    level: Level,
    extension: Option<Guid>,
    filter: Option<WmiFilterRef>,
    focus_wanted: bool,
}

/// The level of a condition on permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Level(PermissionType);

/// What was asked for while a condition was put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Choose somebody.
    Principal,
    /// Add the condition.
    Add,
}

const LEVELS: [PermissionType; 4] = [
    PermissionType::GpoRead,
    PermissionType::GpoApply,
    PermissionType::GpoEdit,
    PermissionType::GpoEditSecurityAndDelete,
];
const WIDTH: f32 = 330.0;
/// Height of a list of choices; longer ones scroll.
const CHOICES_HEIGHT: f32 = 420.0;

impl Default for Level {
    fn default() -> Self {
        Level(LEVELS[0])
    }
}

impl SearchItem {
    const ALL: [SearchItem; 7] = [
        SearchItem::Name,
        SearchItem::Links,
        SearchItem::SecurityGroup,
        SearchItem::UserConfiguration,
        SearchItem::ComputerConfiguration,
        SearchItem::WmiFilter,
        SearchItem::Guid,
    ];

    fn label(self) -> &'static str {
        match self {
            SearchItem::Name => "GPO Name",
            SearchItem::Links => "GPO-links",
            SearchItem::SecurityGroup => "Security Group",
            SearchItem::UserConfiguration => "User Configuration",
            SearchItem::ComputerConfiguration => "Computer Configuration",
            SearchItem::WmiFilter => "WMI Filter",
            SearchItem::Guid => "GUID",
        }
    }

    /// The conditions there are, in words.
    fn conditions(self) -> &'static [&'static str] {
        match self {
            SearchItem::Name => &["contains", "does not contain", "is exactly"],
            SearchItem::Links => &["exist in", "do not exist in"],
            SearchItem::SecurityGroup => &[
                "has this explicit permission",
                "does not have this explicit permission",
                "has this effective permission",
                "does not have this effective permission",
            ],
            SearchItem::UserConfiguration | SearchItem::ComputerConfiguration => &["contains", "does not contain"],
            SearchItem::WmiFilter => &["is", "is not"],
            SearchItem::Guid => &["equals", "does not equal"],
        }
    }
}

impl Criterion {
    /// Adds the condition to those of a search.
    pub(super) fn add_to(&self, criteria: &mut SearchCriteria) -> Result<(), InvalidCriterion> {
        match &self.what {
            What::Property(property, operation, value) => criteria.add(*property, *operation, value.clone()),
            What::Links(place, exist) => {
                criteria.add_links(place.clone(), *exist);
                Ok(())
            }
        }
    }
}

impl Draft {
    /// Draws what a condition is put together from.
    pub(super) fn ui(&mut self, ui: &mut Ui, forest: &OpenForest) -> Option<Asked> {
        let mut asked = None;
        ui.horizontal(|ui| {
            let before = self.item;
            choice_ui(ui, "Search item", 170.0, self.item.label(), |ui| {
                for item in SearchItem::ALL {
                    ui.selectable_value(&mut self.item, item, item.label());
                }
            });
            if self.item != before {
                (self.condition, self.focus_wanted) = (0, true);
                if self.item == SearchItem::SecurityGroup && self.principal.is_none() {
                    asked = Some(Asked::Principal);
                }
            }
            let (conditions, before) = (self.item.conditions(), self.condition);
            let shown = conditions.get(self.condition).copied().unwrap_or_default();
            choice_ui(ui, "Condition", 250.0, shown, |ui| {
                for (place, words) in conditions.iter().enumerate() {
                    ui.selectable_value(&mut self.condition, place, *words);
                }
            });
            self.focus_wanted |= self.condition != before;
            asked = asked.or(self.value_ui(ui, forest));
            if ui.button("Add").clicked() {
                asked = Some(Asked::Add);
            }
        });
        asked
    }

    fn value_ui(&mut self, ui: &mut Ui, forest: &OpenForest) -> Option<Asked> {
        match self.item {
            SearchItem::Name | SearchItem::Guid => {
                let edit = ui.add(TextEdit::singleline(&mut self.text).desired_width(WIDTH));
                accessible::name(&edit, "Value");
                dialog::focus_once(&edit, &mut self.focus_wanted);
                let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
                return entered.then_some(Asked::Add);
            }
            SearchItem::Links => {
                let shown = self.links_in.as_ref().map_or_else(|| "Choose where".to_owned(), links_label);
                choice_ui(ui, "Value", WIDTH, &shown, |ui| {
                    let domains = forest.snapshot.domains.iter().map(|domain| LinksIn::Domain(domain.name.clone()));
                    for place in domains.chain([LinksIn::AllSites, LinksIn::Forest]) {
                        let label = links_label(&place);
                        ui.selectable_value(&mut self.links_in, Some(place), label);
                    }
                });
            }
            SearchItem::SecurityGroup => {
                let name = self.principal.as_ref().map_or_else(|| "Select…".to_owned(), Trustee::label);
                let button = ui.add_sized([150.0, ui.spacing().interact_size.y], egui::Button::new(name).truncate());
                accessible::name(&button, "Select a user, computer, or group");
                if button.clicked() {
                    return Some(Asked::Principal);
                }
                choice_ui(ui, "Permission", WIDTH - 158.0, self.level.0.label(), |ui| {
                    for level in LEVELS {
                        ui.selectable_value(&mut self.level, Level(level), level.label());
                    }
                });
            }
            SearchItem::UserConfiguration | SearchItem::ComputerConfiguration => {
                let is_user = self.item == SearchItem::UserConfiguration;
                let shown = self.extension.map_or_else(|| "Choose an extension".to_owned(), ClientSideExtension::label);
                choice_ui(ui, "Value", WIDTH, &shown, |ui| {
                    let all = ClientSideExtension::all().iter();
                    let of_half = |known: &&ClientSideExtension| {
                        if is_user { known.user_enabled } else { known.computer_enabled }
                    };
                    for known in all.filter(of_half) {
                        ui.selectable_value(&mut self.extension, Some(known.id), known.display_name);
                    }
                });
            }
            SearchItem::WmiFilter => {
                let label = |reference: &WmiFilterRef| {
                    let filter = forest.snapshot.wmi_filter(reference);
                    filter.map_or_else(
                        || reference.id.to_string(),
                        |filter| format!("{} ({})", filter.name, filter.domain),
                    )
                };
                let shown = self.filter.as_ref().map_or_else(|| "Choose a filter".to_owned(), label);
                choice_ui(ui, "Value", WIDTH, &shown, |ui| {
                    for filter in forest.snapshot.domains.iter().flat_map(|domain| &domain.wmi_filters) {
                        let reference = WmiFilterRef { domain: filter.domain.clone(), id: filter.id };
                        let label = label(&reference);
                        ui.selectable_value(&mut self.filter, Some(reference), label);
                    }
                });
            }
        }
        None
    }

    /// Returns the condition as it was put together; what is missing otherwise.
    pub(super) fn criterion(&self, forest: &OpenForest) -> Result<Criterion, String> {
        let (what, value) = self.what(forest)?;
        let condition = self.item.conditions().get(self.condition).copied().unwrap_or_default();
        let criterion = Criterion { item: self.item.label(), condition, value, what };
        criterion.add_to(&mut SearchCriteria::new()).map_err(|error| error.to_string())?;
        Ok(criterion)
    }

    fn what(&self, forest: &OpenForest) -> Result<(What, String), String> {
        let is_first = self.condition == 0;
        let text = self.text.trim();
        let property =
            |property, operation, value, words: String| Ok((What::Property(property, operation, value), words));
        match self.item {
            SearchItem::Name if text.is_empty() => Err("Type a name, or a part of one.".to_owned()),
            SearchItem::Name => {
                let operation = [Contains, NotContains, Equals].get(self.condition).copied().unwrap_or(Contains);
                let value = SearchValue::Text(text.to_owned());
                property(SearchProperty::GpoDisplayName, operation, value, text.to_owned())
            }
            SearchItem::Guid => {
                let id: Guid = text.parse().map_err(|_| {
                    format!("`{text}` is not a GUID. One looks like {{31B2F340-016D-11D2-945F-00C04FB984F9}}.")
                })?;
                let operation = if is_first { Equals } else { NotEquals };
                property(SearchProperty::GpoId, operation, SearchValue::Text(id.to_string()), id.to_string())
            }
            SearchItem::Links => {
                let place = self.links_in.clone().ok_or("Choose the domain whose links count, or all sites.")?;
                let words = links_label(&place);
                Ok((What::Links(place, is_first), words))
            }
            SearchItem::SecurityGroup => {
                let principal = self.principal.as_ref().ok_or("Select a user, computer, or group.")?;
                let level = self.level.0;
                let is_effective = self.condition >= 2;
                let kind =
                    if is_effective { SearchProperty::GpoEffectivePermissions } else { SearchProperty::GpoPermissions };
                let operation = if self.condition.is_multiple_of(2) { Contains } else { NotContains };
                let value = SearchValue::Permission { trustee: principal.sid.clone(), level };
                property(kind, operation, value, format!("{}: {}", principal.label(), level.label()))
            }
            SearchItem::UserConfiguration | SearchItem::ComputerConfiguration => {
                let id = self.extension.ok_or("Choose an extension.")?;
                let half = match self.item {
                    SearchItem::UserConfiguration => SearchProperty::GpoUserExtensions,
                    _ => SearchProperty::GpoComputerExtensions,
                };
                let operation = if is_first { Contains } else { NotContains };
                property(half, operation, SearchValue::Text(id.to_string()), ClientSideExtension::label(id))
            }
            SearchItem::WmiFilter => {
                let reference = self.filter.clone().ok_or("Choose a WMI filter.")?;
                let filter = forest.snapshot.wmi_filter(&reference);
                let words = filter.map_or_else(|| reference.id.to_string(), |filter| filter.name.clone());
                let operation = if is_first { Equals } else { NotEquals };
                property(SearchProperty::GpoWmiFilter, operation, SearchValue::WmiFilter(reference), words)
            }
        }
    }

    /// Forgets the value, so that the next condition can be typed.
    pub(super) fn clear_value(&mut self) {
        self.text.clear();
        self.focus_wanted = true;
    }

    /// Gives the field for the value the focus.
    pub(super) fn want_focus(&mut self) {
        self.focus_wanted = true;
    }
}

fn links_label(place: &LinksIn) -> String {
    match place {
        LinksIn::Domain(domain) => domain.to_string(),
        LinksIn::AllSites => "[All sites]".to_owned(),
        LinksIn::Forest => "[Entire forest]".to_owned(),
    }
}

fn choice_ui(ui: &mut Ui, name: &str, width: f32, shown: &str, choices: impl FnOnce(&mut Ui)) {
    let combo =
        ComboBox::from_id_salt(("search", name)).selected_text(shown).width(width).height(CHOICES_HEIGHT).truncate();
    let response = combo.show_ui(ui, choices).response;
    accessible::name(&response, name);
}
