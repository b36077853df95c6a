//! The events of a pass of policy processing, as the result keeps them (the element `EventsDetails`).

use crate::format::parse_xml;
use crate::ident::{Guid, Sid, Timestamp};
use crate::report::Element;
use crate::report::xml_reader::read_time;

/// The events of one pass (the element `SinglePassEventsDetails`), as they stand in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyEvents {
    element: Element,
}

/// How long an extension took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionTime {
    /// Its name.
    pub name: String,
    /// Its GUID; nil for the engine.
    pub id: Option<Guid>,
    /// Milliseconds.
    pub milliseconds: Option<u64>,
    /// When it ended.
    pub processed: Option<Timestamp>,
}

/// An event of the log of Group Policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyEvent {
    /// Its number; none where the event cannot be read.
    pub id: Option<u32>,
    /// Its level.
    pub level: EventLevel,
    /// When it was written.
    pub time: Option<Timestamp>,
    /// Who wrote it: `Microsoft-Windows-GroupPolicy`.
    pub source: String,
    /// Number of its category.
    pub category: Option<u32>,
    /// In whose name it was written.
    pub user: Option<Sid>,
    /// Name of the computer.
    pub computer: String,
    /// Its text for people.
    pub description: String,
    /// Its values by name, in order.
    pub data: Vec<(String, String)>,
    /// The event as the log holds it.
    pub xml: String,
}

/// Level of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventLevel {
    /// 1.
    Critical,
    /// 2.
    Error,
    /// 3.
    Warning,
    /// 0 and 4.
    #[default]
    Information,
    /// 5 and above.
    Verbose,
}

/// The most nodes of an event that are read.
const MOST_NODES: u32 = 100_000;

impl PolicyEvents {
    pub(super) fn new(element: Element) -> Self {
        PolicyEvents { element }
    }

    pub(super) fn element(&self) -> &Element {
        &self.element
    }

    /// Returns the id that all events of the pass bear.
    pub fn activity_id(&self) -> Option<Guid> {
        self.number("ActivityId")
    }

    /// Returns what began the pass: `Manual`, `Periodic`, `Logon` …
    pub fn trigger(&self) -> &str {
        self.element.get("ProcessingTrigger").unwrap_or_default()
    }

    /// Returns the name of the domain controller.
    pub fn domain_controller(&self) -> &str {
        self.element.get("DomainControllerName").unwrap_or_default()
    }

    /// Returns how many milliseconds the pass took.
    pub fn milliseconds(&self) -> Option<u64> {
        self.number("PolicyElapsedTimeInMilliseconds")
    }

    /// Returns the number of errors.
    pub fn error_count(&self) -> Option<u32> {
        self.number("ErrorCount")
    }

    /// Returns the number of warnings.
    pub fn warning_count(&self) -> Option<u32> {
        self.number("WarningCount")
    }

    /// Returns the events, in the order of the file.
    pub fn events(&self) -> Vec<PolicyEvent> {
        let record = |record: &Element| {
            let xml = record.text_at(&["EventXml"]);
            let description = record.text_at(&["EventDescription"]).trim().to_owned();
            let event = read_event(xml).unwrap_or_default();
            PolicyEvent { description, xml: xml.to_owned(), ..event }
        };
        self.element.children_named("EventRecord").map(record).collect()
    }

    /// Returns how long each extension took.
    pub fn extension_times(&self) -> Vec<ExtensionTime> {
        let time = |time: &Element| ExtensionTime {
            name: time.text_at(&["ExtensionName"]).to_owned(),
            id: time.text_at(&["ExtensionGuid"]).trim().parse().ok(),
            milliseconds: time.text_at(&["ElapsedTimeInMilliseconds"]).trim().parse().ok(),
            processed: read_time(time.text_at(&["ProcessedTimeStamp"])),
        };
        self.element.children_named("ExtensionProcessingTime").map(time).collect()
    }

    /// Reads an attribute. Speeds that were not measured are -1, which is none.
    fn number<T: std::str::FromStr>(&self, attribute: &str) -> Option<T> {
        self.element.get(attribute)?.trim().parse().ok()
    }
}

/// Reads an event of the log; none where it is no XML.
fn read_event(xml: &str) -> Option<PolicyEvent> {
    let document = parse_xml(xml, MOST_NODES).ok()?;
    let child = |node: roxmltree::Node<'_, '_>, name: &str| {
        node.children().find(|child| child.is_element() && child.tag_name().name() == name).map(|child| child.id())
    };
    let root = document.root_element();
    let system = document.get_node(child(root, "System")?)?;
    let node = |name: &str| child(system, name).and_then(|id| document.get_node(id));
    let text = |name: &str| node(name).and_then(|node| node.text()).unwrap_or_default().trim();
    let attribute =
        |name: &str, attribute: &str| node(name).and_then(|node| node.attribute(attribute)).unwrap_or_default();
    let data = child(root, "EventData").and_then(|id| document.get_node(id));
    let value = |value: roxmltree::Node<'_, '_>| {
        let text: String = value.children().filter_map(|child| child.text()).collect();
        (value.attribute("Name").unwrap_or_default().to_owned(), text)
    };
    Some(PolicyEvent {
        id: text("EventID").parse().ok(),
        level: match text("Level") {
            "1" => EventLevel::Critical,
            "2" => EventLevel::Error,
            "3" => EventLevel::Warning,
            "0" | "4" | "" => EventLevel::Information,
            _ => EventLevel::Verbose,
        },
        time: read_time(attribute("TimeCreated", "SystemTime")),
        source: attribute("Provider", "Name").to_owned(),
        category: text("Task").parse().ok(),
        user: attribute("Security", "UserID").parse().ok(),
        computer: text("Computer").to_owned(),
        data: data.into_iter().flat_map(|data| data.children().filter(|node| node.is_element())).map(value).collect(),
        ..PolicyEvent::default()
    })
}

impl PolicyEvent {
    /// Returns a value of the event; none where it has none of this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.data.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

impl EventLevel {
    /// Returns the word that event viewers show.
    pub fn label(self) -> &'static str {
        match self {
            EventLevel::Critical => "Critical",
            EventLevel::Error => "Error",
            EventLevel::Warning => "Warning",
            EventLevel::Information => "Information",
            EventLevel::Verbose => "Verbose",
        }
    }
}
