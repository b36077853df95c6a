//! Scripts at start and end of the computer's work and of sessions (`operations.md` 4.3, `gpo-storage.md` B8).

use crate::format::{ScriptEvent, ScriptList};
use crate::ident::Guid;
use crate::report::{Block, Element, ExtensionReport, Section, Side, Table};

use super::{Area, Extension, Part, Placed, Source, claims_nothing};

pub(super) static SCRIPTS: Extension = Extension {
    cse: Guid::from_u128(0x42B5FAAE_6536_11D2_AE5A_0000F87571E3),
    name: "Scripts",
    xml_type: "Scripts",
    namespace: "Scripts",
    read,
    sections,
    claims: claims_nothing,
};

const FILES: [&str; 2] = ["Scripts/scripts.ini", "Scripts/psscripts.ini"];

fn events(side: Side) -> [ScriptEvent; 2] {
    match side {
        Side::Computer => [ScriptEvent::Startup, ScriptEvent::Shutdown],
        Side::User => [ScriptEvent::Logon, ScriptEvent::Logoff],
    }
}

fn read(source: &Source<'_>) -> Option<Part> {
    if FILES.iter().all(|file| source.half.file(file).is_none()) {
        return None;
    }
    let mut part = Part::default();
    let [plain, power_shell] = FILES.map(|file| source.bytes(file, &mut part).map(ScriptList::parse));
    for event in events(source.side) {
        let first = power_shell.as_ref().and_then(|list| list.runs_power_shell_first(event.is_start()));
        let run_order = match first {
            None => "PSNotConfigured",
            Some(true) => "RunPSFirst",
            Some(false) => "RunPSLast",
        };
        for (file, list) in FILES.into_iter().zip([&plain, &power_shell]) {
            let Some(list) = list else { continue };
            let (scripts, problems) = list.scripts(event);
            part.problems.extend(problems.iter().map(|problem| source.problem_at(file, problem)));
            for script in scripts {
                let parameters = Some(&script.parameters).filter(|parameters| !parameters.is_empty());
                let element = Element::new("Script")
                    .with(Element::text("Command", &script.command))
                    .with_all(parameters.map(|parameters| Element::text("Parameters", parameters)))
                    .with(Element::text("Type", event.name()))
                    .with(Element::text("Order", script.order.to_string()))
                    .with(Element::text("RunOrder", run_order));
                part.elements.push(element);
            }
        }
    }
    Some(part)
}

fn sections(report: &ExtensionReport, side: Side) -> Vec<Placed> {
    let mut blocks = Vec::new();
    for event in events(side) {
        let scripts = report.elements.iter().filter(|script| script.text_at(&["Type"]) == event.name());
        let mut table = Table::new(&["Name", "Parameters"]);
        let mut run_order = "";
        for script in scripts {
            table.row([script.text_at(&["Command"]), script.text_at(&["Parameters"])]);
            run_order = script.text_at(&["RunOrder"]);
        }
        if table.rows.is_empty() {
            continue;
        }
        let said = match run_order {
            "RunPSFirst" => "Run Windows PowerShell scripts first",
            "RunPSLast" => "Run Windows PowerShell scripts last",
            _ => "Not configured",
        };
        let order = Block::Text(format!("For this GPO, run scripts in the following order: {said}"));
        blocks.push(Block::Section(Section::new(event.name()).with(order).with(table)));
    }
    if blocks.is_empty() {
        return Vec::new();
    }
    vec![Placed { area: Area::WindowsSettings, section: Section { blocks, ..Section::new("Scripts") } }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::{FileContent, GptFile, HalfContents, PrincipalNames, SourceContext};
    use crate::format::admx::AdmxStore;
    use crate::ident::ExtensionList;

    fn part(side: Side, files: &[(&str, &str)]) -> Option<Part> {
        let files = files.iter().map(|(path, text)| GptFile {
            path: (*path).to_owned(),
            size_bytes: text.len() as u64,
            content: FileContent::Whole(text.as_bytes().to_vec()),
        });
        let half = HalfContents::new(ExtensionList::default(), files.collect(), Vec::new());
        let (names, templates) = (PrincipalNames::default(), AdmxStore::default());
        let context = SourceContext { names: &names, templates: &templates, with_comments: true, compatible: false };
        read(&Source { side, half: &half, context: &context })
    }

    #[test]
    fn scripts_of_both_files_are_reported() {
        let found = part(
            Side::Computer,
            &[
                ("Scripts/scripts.ini", "[Startup]\n0CmdLine=a.bat\n0Parameters=-x\n[Logon]\n0CmdLine=not here\n"),
                (
                    "Scripts/PSscripts.ini",
                    "[ScriptsConfig]\nEndExecutePSFirst=true\n[Shutdown]\n0CmdLine=b.ps1\n0Parameters=\nodd\n",
                ),
            ],
        )
        .unwrap();
        let texts: Vec<String> = found
            .elements
            .iter()
            .map(|script| script.children.iter().map(|child| child.text.as_str()).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(texts, ["a.bat -x Startup 0 PSNotConfigured", "b.ps1 Shutdown 0 RunPSFirst"]);
        assert_eq!(found.problems[0].file, "Machine/Scripts/psscripts.ini");
        assert!(found.problems[0].message.starts_with("line 6: "));
        let report = ExtensionReport {
            name: SCRIPTS.name.to_owned(),
            xml_type: SCRIPTS.xml_type.to_owned(),
            namespace: String::new(),
            elements: found.elements,
            problems: Vec::new(),
        };
        let placed = sections(&report, Side::Computer);
        let headings: Vec<&str> = placed[0]
            .section
            .blocks
            .iter()
            .filter_map(|block| if let Block::Section(section) = block { Some(section.heading.as_str()) } else { None })
            .collect();
        assert_eq!(headings, ["Startup", "Shutdown"]);
    }

    #[test]
    fn without_files_there_is_nothing_to_report() {
        assert!(part(Side::User, &[]).is_none());
        assert!(part(Side::User, &[("Scripts/scripts.ini", "\r\n")]).unwrap().elements.is_empty());
    }
}
