//! What the events of a pass say of it: the best trace there is of what a client did (`operations.md` 8.1).

use crate::format::parse_xml;
use crate::ident::Guid;

use super::{NotApplied, PolicyEvent, RsopGpo, RsopResult};

/// What an event says. Numbers that are not in this list say nothing that is worked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventMeaning {
    /// 4000 to 4007: a pass begins.
    Started {
        /// Whether it is a pass of the computer.
        is_computer: bool,
        /// Name of the account.
        principal: String,
        /// Whether it runs in the background.
        is_background: Option<bool>,
        /// Whether logging on does not wait for it.
        is_asynchronous: Option<bool>,
    },
    /// 8000 to 8007: a pass ended.
    Ended {
        /// Whether it was a pass of the computer.
        is_computer: bool,
        /// How many seconds it took.
        seconds: Option<u64>,
        /// The code it ended with.
        error: Option<u32>,
    },
    /// 5310: whom the policy is for.
    Target {
        /// DN of the account.
        dn: String,
        /// Domain of the account.
        domain: String,
        /// Name of the domain controller.
        domain_controller: String,
    },
    /// 5311: the loopback mode.
    Loopback(EventLoopback),
    /// 5312: the GPOs that apply, in the order of application.
    Applied(Vec<EventGpo>),
    /// 5313: the GPOs that do not, with the reason.
    Filtered(Vec<EventGpo>),
    /// 5314 and 6314: the speed of the link.
    LinkSpeed {
        /// Kilobits per second; none where it could not be measured.
        kilobits: Option<u64>,
        /// Below how many it counts as slow.
        threshold: Option<u64>,
        /// Whether it counts as slow.
        is_slow: Option<bool>,
        /// Whether it was measured; else a fast link is assumed (6314).
        is_measured: bool,
    },
    /// 5340: whether the pass runs in the background.
    Mode {
        /// Whether it does.
        is_background: bool,
    },
    /// 4016: an extension begins.
    ExtensionStarted {
        /// Its GUID.
        id: Option<Guid>,
        /// Its name.
        name: String,
        /// Whether its list of GPOs changed since the last pass.
        is_list_changed: Option<bool>,
        /// Its GPOs, in the order of application.
        gpos: Vec<EventGpo>,
    },
    /// 5016, 6016 and 7016: an extension ended.
    ExtensionEnded {
        /// Its GUID.
        id: Option<Guid>,
        /// Its name.
        name: String,
        /// How many milliseconds it took.
        milliseconds: Option<u64>,
        /// The code it ended with; 0 for success.
        error: Option<u32>,
    },
    /// 5017, 6017 and 7017: a step in the directory or in a file ended.
    Step {
        /// What it was about: a DN, a file, a domain controller.
        parameter: String,
        /// How many milliseconds it took.
        milliseconds: Option<u64>,
        /// The code it ended with; 0 for success.
        error: Option<u32>,
    },
    /// 1030 and 1058: the GPOs could not be asked for, or a `gpt.ini` could not be read. The whole side failed.
    SideFailed {
        /// The file, where one is named.
        path: String,
        /// The code.
        error: Option<u32>,
    },
    /// 1104: a WMI filter is not there.
    WmiFilterMissing,
}

/// The loopback mode that a client says it was in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventLoopback {
    /// 0: none.
    Off,
    /// 1: the computer's GPOs behind the user's.
    Merge,
    /// 2: the computer's GPOs instead of the user's.
    Replace,
    /// Another number.
    Other(String),
}

/// A GPO in the list of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventGpo {
    /// Its GUID as it stands there; the local GPO has its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Version of the side, SYSVOL in the upper half, the directory in the lower.
    pub version: Option<u32>,
    /// The scope of management that holds the link: `LDAP://…` or `Local`.
    pub som: String,
    /// The folder of the side.
    pub path: String,
    /// Why it does not apply, as the client writes it: `NOTAPPLIED-EMPTY`.
    pub reason: String,
}

impl PolicyEvent {
    /// Returns what the event says; none for events that are not worked with.
    pub fn meaning(&self) -> Option<EventMeaning> {
        let text = |name: &str| self.value(name).unwrap_or_default().to_owned();
        let flag = |name: &str| match self.value(name)? {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        };
        let number = |name: &str| self.value(name)?.trim().parse::<u64>().ok();
        let error = |name: &str| number(name).and_then(|code| u32::try_from(code).ok());
        Some(match self.id? {
            4000..=4007 => EventMeaning::Started {
                is_computer: flag("IsMachine").unwrap_or_default(),
                principal: text("PrincipalSamName"),
                is_background: flag("IsBackgroundProcessing"),
                is_asynchronous: flag("IsAsyncProcessing"),
            },
            8000..=8007 => EventMeaning::Ended {
                is_computer: flag("IsMachine").unwrap_or_default(),
                seconds: number("PolicyElaspedTimeInSeconds"),
                error: error("ErrorCode"),
            },
            5310 => EventMeaning::Target {
                dn: text("PrincipalCNName"),
                domain: text("PrincipalDomainName"),
                domain_controller: text("DCName").trim_start_matches('\\').to_owned(),
            },
            5311 => EventMeaning::Loopback(match self.value("PolicyProcessingMode").unwrap_or_default() {
                "0" => EventLoopback::Off,
                "1" => EventLoopback::Merge,
                "2" => EventLoopback::Replace,
                other => EventLoopback::Other(other.to_owned()),
            }),
            5312 => EventMeaning::Applied(read_list(&text("GPOInfoList"))),
            5313 => EventMeaning::Filtered(read_list(&text("GPOInfoList"))),
            5314 | 6314 => {
                let is_measured = self.id == Some(5314);
                EventMeaning::LinkSpeed {
                    kilobits: number("BandwidthInkbps").filter(|_| is_measured),
                    threshold: number("ThresholdInkbps"),
                    is_slow: flag("IsSlowLink"),
                    is_measured,
                }
            }
            5340 => EventMeaning::Mode { is_background: self.value("PolicyApplicationMode") == Some("0") },
            4016 => EventMeaning::ExtensionStarted {
                id: text("CSEExtensionId").parse().ok(),
                name: text("CSEExtensionName"),
                is_list_changed: flag("IsGPOListChanged"),
                gpos: read_list(&text("ApplicableGPOList")),
            },
            5016 | 6016 | 7016 => EventMeaning::ExtensionEnded {
                id: text("CSEExtensionId").parse().ok(),
                name: text("CSEExtensionName"),
                milliseconds: number("CSEElaspedTimeInMilliSeconds"),
                error: error("ErrorCode"),
            },
            5017 | 6017 | 7017 => EventMeaning::Step {
                parameter: text("Parameter"),
                milliseconds: number("OperationElaspedTimeInMilliSeconds"),
                error: error("ErrorCode"),
            },
            1030 | 1058 => EventMeaning::SideFailed { path: text("FilePath"), error: error("ErrorCode") },
            1104 => EventMeaning::WmiFilterMissing,
            _ => return None,
        })
    }
}

/// Reads the list of GPOs in an event: `<GPO ID="…"><Name>…</Name>…</GPO>` one behind the other. Names in it may hold what XML does not
/// allow, so it is looked for piece by piece.
fn read_list(list: &str) -> Vec<EventGpo> {
    let mut gpos = Vec::new();
    let mut rest = list;
    while let Some((_, behind)) = rest.split_once("<GPO ID=") {
        let (gpo, next) = behind.split_once("</GPO>").unwrap_or((behind, ""));
        let quote = gpo.chars().next().filter(|c| matches!(c, '"' | '\''));
        let id = quote.and_then(|quote| gpo.get(1..)?.split_once(quote)).map_or("", |(id, _)| id);
        let field = |name: &str| {
            let (_, behind) = gpo.split_once(&format!("<{name}>"))?;
            behind.split_once(&format!("</{name}>")).map(|(text, _)| unescaped(text))
        };
        gpos.push(EventGpo {
            id: unescaped(id),
            name: field("Name").unwrap_or_default(),
            version: field("Version").and_then(|version| version.trim().parse().ok()),
            som: field("SOM").unwrap_or_default(),
            path: field("FSPath").unwrap_or_default(),
            reason: field("Reason").unwrap_or_default(),
        });
        rest = next;
    }
    gpos
}

/// Returns a text without the escapes of XML, or as it is where it was not escaped.
fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let wrapped = format!("<a>{text}</a>");
    let document = parse_xml(&wrapped, 10);
    let read = document.ok().and_then(|document| document.root_element().text().map(str::to_owned));
    read.unwrap_or_else(|| text.to_owned())
}

impl EventGpo {
    /// Returns why it does not apply, where the word is known.
    pub fn not_applied(&self) -> Option<NotApplied> {
        match self.reason.as_str() {
            "NOTAPPLIED-EMPTY" => Some(NotApplied::Empty),
            "DENIED-SECURITY" => Some(NotApplied::Security),
            "DENIED-WMIFILTER" => Some(NotApplied::WmiFilter),
            _ => None,
        }
    }

    /// Tells whether it is this one.
    fn is(&self, gpo: &RsopGpo) -> bool {
        match gpo.id {
            Some(id) => self.id.parse() == Ok(id),
            None => gpo.is_local() && self.som == "Local",
        }
    }
}

impl RsopResult {
    /// Returns all events of all passes, in the order of the file.
    pub fn all_events(&self) -> Vec<PolicyEvent> {
        self.events.iter().flat_map(super::PolicyEvents::events).collect()
    }

    /// Returns what the events say, those of the last pass last.
    pub fn trace(&self) -> Vec<EventMeaning> {
        self.all_events().iter().filter_map(PolicyEvent::meaning).collect()
    }
}

/// Returns why a GPO does not apply, as the last pass's event says.
pub(super) fn reason_in_events(result: &RsopResult, gpo: &RsopGpo) -> Option<NotApplied> {
    let lists = result.trace().into_iter().rev().filter_map(|meaning| match meaning {
        EventMeaning::Filtered(gpos) => Some(gpos),
        _ => None,
    });
    lists.flatten().find(|entry| entry.is(gpo))?.not_applied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: u32, data: &[(&str, &str)]) -> PolicyEvent {
        let data = data.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        PolicyEvent { id: Some(id), data, ..PolicyEvent::default() }
    }

    #[test]
    fn events_mean_something() {
        let check = |id: u32, data: &[(&str, &str)], expected: Option<EventMeaning>| {
            assert_eq!(event(id, data).meaning(), expected);
        };
        check(5311, &[("PolicyProcessingMode", "2")], Some(EventMeaning::Loopback(EventLoopback::Replace)));
        check(
            5311,
            &[("PolicyProcessingMode", "7")],
            Some(EventMeaning::Loopback(EventLoopback::Other("7".to_owned()))),
        );
        check(5340, &[("PolicyApplicationMode", "0")], Some(EventMeaning::Mode { is_background: true }));
        let speed = [("BandwidthInkbps", "0"), ("IsSlowLink", "false"), ("ThresholdInkbps", "500")];
        let assumed =
            EventMeaning::LinkSpeed { kilobits: None, threshold: Some(500), is_slow: Some(false), is_measured: false };
        check(6314, &speed, Some(assumed));
        let ended = [("CSEElaspedTimeInMilliSeconds", "16"), ("ErrorCode", "5"), ("CSEExtensionName", "Registry")];
        let meaning = EventMeaning::ExtensionEnded {
            id: None,
            name: "Registry".to_owned(),
            milliseconds: Some(16),
            error: Some(5),
        };
        check(5016, &ended, Some(meaning));
        check(1104, &[], Some(EventMeaning::WmiFilterMissing));
        check(9999, &[], None);
    }

    #[test]
    fn lists_of_gpos_are_read_whatever_their_names() {
        let check = |list: &str, expected: &[(&str, &str, &str)]| {
            let read = read_list(list);
            let found: Vec<_> = read.iter().map(|gpo| (&*gpo.id, &*gpo.name, &*gpo.reason)).collect();
            assert_eq!(found, expected);
        };
        check(
            "<GPO ID=\"{A}\"><Name>a &amp; b</Name><Version>65537</Version></GPO><GPO ID='x'><Name>a & <b></Name><Reason>DENIED-SECURITY</Reason></GPO>",
            &[("{A}", "a & b", ""), ("x", "a & <b>", "DENIED-SECURITY")],
        );
        check("<GPO ID=", &[("", "", "")]);
        check("None", &[]);
    }
}
