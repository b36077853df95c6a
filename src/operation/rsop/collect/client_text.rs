//! Results that a tool tells as text: run, read as far as they say, and made into the document that everything else shows.
//!
//! The text says less than `gpresult`: which GPOs apply, in what order, and what they set. Nothing is made up for the rest: no groups, no
//! links, no GPO that does not apply. The document says which tool it comes from, and holds the tool's own words.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::gpm::{HResult, OperationError, Task};
use crate::ident::{Guid, Timestamp};
use crate::report::rsop::{RsopGpo, RsopLink, RsopResult};
use crate::report::{Element, ExtensionReport, Namespace, RsopReport, Side, write_rsop};

use super::{
    CollectOptions, CollectedResult, Collection, ResultTool, STEPS, TargetComputer, adsys, child, gpresult, no_results,
    samba, ssh,
};

/// What a tool tells of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextSide {
    /// Which side it is.
    pub side: Side,
    /// The GPOs in the order of application: the last wins.
    pub gpos: Vec<TextGpo>,
}

/// A GPO that applies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TextGpo {
    /// Its display name.
    pub name: String,
    /// Its GUID, where the tool tells it.
    pub id: Option<Guid>,
    /// What it sets, in the tool's order.
    pub settings: Vec<TextSetting>,
}

/// Something that a GPO sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TextSetting {
    /// What carries it out: a manager of adsys, an extension of Samba.
    pub extension: String,
    /// Its name; empty for an entry of a list.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// One run of a tool.
pub(super) struct ToolRun {
    /// Its arguments, each made of letters that mean nothing to a shell within quotes.
    pub arguments: Vec<String>,
    /// The side that its text is about, where the text does not say so itself.
    pub side: Side,
}

/// Where the settings of these tools belong in a document.
const NAMESPACE: &str = "urn:opengpmc:client-results";

/// Runs the tool and reads what it says.
pub(super) async fn collect(
    collection: &Collection,
    options: &CollectOptions,
    task: &Task,
) -> Result<CollectedResult, OperationError> {
    let runs = match collection.tool {
        ResultTool::Adsys => adsys::runs(collection),
        ResultTool::Samba | ResultTool::Gpresult => samba::runs(collection),
    };
    let (mut sides, mut texts) = (Vec::new(), Vec::new());
    for run in runs {
        task.activity(format!("Running {} on {}", collection.tool.command(), collection.computer));
        let text = output(&run, collection, options, task).await?;
        sides.extend(match collection.tool {
            ResultTool::Adsys => adsys::read(&text, run.side),
            ResultTool::Samba | ResultTool::Gpresult => samba::read(&text, run.side),
        });
        texts.push((run.side, text));
    }
    task.progress(1, STEPS);
    sides.retain(|side| match side.side {
        Side::Computer => collection.sides.has_computer(),
        Side::User => collection.sides.has_user(),
    });
    for (side, is_wanted) in
        [(Side::Computer, collection.sides.has_computer()), (Side::User, collection.sides.has_user())]
    {
        if is_wanted && !sides.iter().any(|told| told.side == side) {
            let said = texts.iter().map(|(_, text)| ssh::words(text.as_bytes())).collect::<Vec<_>>().join("\n");
            let message = format!(
                "`{}` on {} says nothing of the {}.\nIt said: {said}",
                collection.tool.command(),
                collection.computer,
                side.label().to_lowercase()
            );
            return Err(no_results(&collection.computer, HResult::INVALID_DATA, message));
        }
    }
    let report = report(collection, &sides, &texts);
    task.progress(STEPS, STEPS);
    Ok(CollectedResult { xml: write_rsop(&report), report })
}

async fn output(
    run: &ToolRun,
    collection: &Collection,
    options: &CollectOptions,
    task: &Task,
) -> Result<String, OperationError> {
    let (program, name) = match collection.tool {
        ResultTool::Adsys => (&options.adsysctl, "adsysctl"),
        ResultTool::Samba | ResultTool::Gpresult => (&options.samba_gpupdate, "samba-gpupdate"),
    };
    let output = match &collection.computer {
        TargetComputer::This => {
            let arguments: Vec<OsString> = run.arguments.iter().map(OsString::from).collect();
            let output = child::run(program, &arguments, options.run_limit, task).await;
            output.map_err(|error| gpresult::not_run(collection, options, error))?
        }
        TargetComputer::Remote(remote) => {
            // Names hold neither quotes nor line ends.
            let quoted = run.arguments.iter().map(|argument| format!(" '{argument}'"));
            let command = format!("{name}{}", quoted.collect::<String>());
            ssh::run(remote, &command, options, options.run_limit, task).await?
        }
    };
    if output.code != Some(0) {
        let code = output.code.map_or_else(String::new, |code| format!(" with {code}"));
        let said = [&output.stderr, &output.stdout].map(|words| ssh::words(words));
        let said = said.iter().find(|words| !words.is_empty()).map_or("nothing", String::as_str);
        let message = format!(
            "`{}` ended{code} on {}. It must be installed there, and the account must have the right to run it (for Samba: root).\nIt \
             said: {said}",
            collection.tool.command(),
            collection.computer
        );
        return Err(no_results(&collection.computer, HResult::FAIL, message));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn report(collection: &Collection, sides: &[TextSide], texts: &[(Side, String)]) -> RsopReport {
    let result = |side: Side| -> Option<RsopResult> {
        let told = sides.iter().find(|told| told.side == side)?;
        let name = match (side, &collection.user) {
            (Side::User, Some(user)) => user.to_string(),
            (Side::User, None) => "the account that asked".to_owned(),
            (Side::Computer, _) => collection.computer.to_string(),
        };
        let mut extensions = extensions(collection.tool, &told.gpos);
        // The text of adsys is of both sides.
        let text = texts.iter().find(|(of, _)| *of == side).or(texts.first());
        extensions.extend(text.map(|(_, text)| own_words(collection.tool, text)));
        let gpos = told.gpos.iter().enumerate().map(|(index, gpo)| row(index, gpo)).collect();
        Some(RsopResult { name, gpos, extensions, ..RsopResult::default() })
    };
    RsopReport {
        read: Some(Timestamp::now()),
        user: result(Side::User),
        computer: result(Side::Computer),
        ..RsopReport::default()
    }
}

fn row(index: usize, gpo: &TextGpo) -> RsopGpo {
    let order = u32::try_from(index + 1).unwrap_or(u32::MAX);
    let link = RsopLink { applied_order: order, link_order: order, enabled: true, ..RsopLink::default() };
    // A domain that is not known, which the local GPO does not have.
    let domain = Some(String::new());
    RsopGpo { name: gpo.name.clone(), id: gpo.id, domain, links: vec![link], ..RsopGpo::default() }
}

/// Returns the settings by what carries them out, the winners first.
fn extensions(tool: ResultTool, gpos: &[TextGpo]) -> Vec<ExtensionReport> {
    let mut by_extension = BTreeMap::<&str, Vec<Element>>::new();
    let mut places = BTreeMap::<(&str, &str), u32>::new();
    for gpo in gpos.iter().rev() {
        for setting in &gpo.settings {
            let precedence = match setting.name.as_str() {
                // Entries of lists add up.
                "" => 1,
                name => {
                    let place = places.entry((&setting.extension, name)).or_default();
                    *place += 1;
                    *place
                }
            };
            by_extension.entry(&setting.extension).or_default().push(element(gpo, setting, precedence));
        }
    }
    let report = |(extension, elements)| ExtensionReport {
        name: format!("{}: {extension}", tool.label()),
        xml_type: "ClientSettings".to_owned(),
        namespace: NAMESPACE.to_owned(),
        elements,
        problems: Vec::new(),
    };
    by_extension.into_iter().map(report).collect()
}

fn element(gpo: &TextGpo, setting: &TextSetting, precedence: u32) -> Element {
    let mut element = Element::new("Setting");
    if let Some(id) = gpo.id {
        let id = Element::text_of(Namespace::Types, "Identifier", id.to_string());
        element.children.push(Element::of(Namespace::Base, "GPO").with(id));
    }
    element.children.push(Element::text_of(Namespace::Base, "Precedence", precedence.to_string()));
    if !setting.name.is_empty() {
        element.children.push(Element::text("Name", setting.name.as_str()));
    }
    element.with(Element::text("Value", setting.value.as_str())).with(Element::text("WinningGPO", gpo.name.as_str()))
}

fn own_words(tool: ResultTool, text: &str) -> ExtensionReport {
    // What XML cannot hold is left out; line ends and tabs stay.
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    ExtensionReport {
        name: format!("What `{}` said", tool.command()),
        xml_type: "ClientOutput".to_owned(),
        namespace: NAMESPACE.to_owned(),
        elements: vec![Element::text("Output", text)],
        problems: Vec::new(),
    }
}
