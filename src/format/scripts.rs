//! `scripts.ini` and `psscripts.ini`, the lists of scripts of a half ([MS-GPSCR] 2.2, `gpo-storage.md` B8).

use std::collections::{HashMap, HashSet};

use super::ini::{IniFile, IniProblem};

/// A list of scripts. Any bytes are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptList {
    file: IniFile,
}

/// When a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScriptEvent {
    /// The computer starts.
    Startup,
    /// The computer shuts down.
    Shutdown,
    /// A user logs on.
    Logon,
    /// A user logs off.
    Logoff,
}

impl ScriptEvent {
    /// Returns its name, which is that of its section too.
    pub fn name(self) -> &'static str {
        match self {
            ScriptEvent::Startup => "Startup",
            ScriptEvent::Shutdown => "Shutdown",
            ScriptEvent::Logon => "Logon",
            ScriptEvent::Logoff => "Logoff",
        }
    }

    /// Tells whether it stands at the start of a session or of the machine's work.
    pub fn is_start(self) -> bool {
        matches!(self, ScriptEvent::Startup | ScriptEvent::Logon)
    }
}

/// A script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// When it runs.
    pub event: ScriptEvent,
    /// Its number in the list, from 0.
    pub order: u32,
    /// The command; a bare name lies in the folder of the event.
    pub command: String,
    /// Its parameters; empty where there are none.
    pub parameters: String,
}

const COMMAND: &str = "CmdLine";
const PARAMETERS: &str = "Parameters";
/// Windows writes the first, the specification the second.
const CONFIG_SECTIONS: [&str; 2] = ["ScriptsConfig", "ScriptConfig"];

impl ScriptList {
    /// Reads a file. Any bytes are one.
    pub fn parse(bytes: &[u8]) -> Self {
        ScriptList { file: IniFile::parse(bytes) }
    }

    /// Returns the bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.file.to_bytes()
    }

    /// Returns the scripts of an event by their numbers, with the lines that are no part of a script.
    pub fn scripts(&self, event: ScriptEvent) -> (Vec<Script>, Vec<IniProblem>) {
        const EXPECTED: &str = "a number and CmdLine or Parameters";
        let mut scripts: Vec<Script> = Vec::new();
        let mut problems = Vec::new();
        let mut first_lines = Vec::new();
        let mut places: HashMap<u32, usize> = HashMap::new();
        for line in self.file.lines(event.name()) {
            let Some((order, name, value)) = line.pair().and_then(|(key, value)| numbered(key, value)) else {
                problems.push(line.problem(EXPECTED));
                continue;
            };
            let position = *places.entry(order).or_insert_with(|| {
                scripts.push(Script { event, order, command: String::new(), parameters: String::new() });
                first_lines.push((order, line.clone()));
                scripts.len() - 1
            });
            let script = &mut scripts[position];
            if name.eq_ignore_ascii_case(COMMAND) {
                script.command = value.to_owned();
            } else if name.eq_ignore_ascii_case(PARAMETERS) {
                script.parameters = value.to_owned();
            } else {
                problems.push(line.problem(EXPECTED));
            }
        }
        scripts.retain(|script| !script.command.is_empty());
        let with_command: HashSet<u32> = scripts.iter().map(|script| script.order).collect();
        let lost = first_lines.iter().filter(|(order, _)| !with_command.contains(order));
        problems.extend(lost.map(|(_, line)| line.problem("a script's CmdLine beside its other lines")));
        problems.sort_by_key(|problem| problem.line);
        problems.dedup_by_key(|problem| problem.line);
        scripts.sort_by_key(|script| script.order);
        (scripts, problems)
    }

    /// Returns whether PowerShell scripts run before the others at starts (or at ends); none where that is not set.
    pub fn runs_power_shell_first(&self, at_start: bool) -> Option<bool> {
        let key = if at_start { "StartExecutePSFirst" } else { "EndExecutePSFirst" };
        let value = CONFIG_SECTIONS.iter().find_map(|section| self.file.value(section, key))?;
        match value.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }

    /// Sets the command and the parameters of a script; all other lines stay as they are.
    pub fn set_script(&mut self, script: &Script) {
        let section = script.event.name();
        self.file.set_value(section, &format!("{}{COMMAND}", script.order), &script.command);
        self.file.set_value(section, &format!("{}{PARAMETERS}", script.order), &script.parameters);
    }
}

/// Splits `0CmdLine` into number and name.
fn numbered<'a>(key: &'a str, value: &'a str) -> Option<(u32, &'a str, &'a str)> {
    let end = key.find(|character: char| !character.is_ascii_digit())?;
    Some((key[..end].parse().ok()?, &key[end..], value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> ScriptList {
        ScriptList::parse(text.as_bytes())
    }

    fn check(text: &str, event: ScriptEvent, expected: &[&str], problems: &[&str]) {
        let (scripts, found) = list(text).scripts(event);
        let scripts: Vec<String> = scripts
            .iter()
            .map(|script| format!("{} {} | {}", script.order, script.command, script.parameters))
            .collect();
        assert_eq!(scripts, expected);
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), problems);
    }

    #[test]
    fn reads_scripts_of_an_event() {
        let text = "\r\n[Shutdown]\r\n0CmdLine=\\\\srv\\x.bat\r\n0Parameters=a=b \"c\"\r\n[Startup]\r\n\
                    1CmdLine=second.cmd\r\n1Parameters=\r\n0CMDLINE = first.cmd\r\n0Parameters = -x\r\n";
        check(text, ScriptEvent::Startup, &["0 first.cmd | -x", "1 second.cmd | "], &[]);
        check(text, ScriptEvent::Shutdown, &["0 \\\\srv\\x.bat | a=b \"c\""], &[]);
        check(text, ScriptEvent::Logon, &[], &[]);
        check("\r\n     \r\n", ScriptEvent::Logon, &[], &[]);
    }

    #[test]
    fn tells_what_is_no_script() {
        let text = "[Logon]\nCmdLine=x\n0CmdLine=a\n0Icon=b\n7Parameters=only\nrubbish\n";
        check(
            text,
            ScriptEvent::Logon,
            &["0 a | "],
            &[
                "line 2: expected a number and CmdLine or Parameters, found `CmdLine=x`",
                "line 4: expected a number and CmdLine or Parameters, found `0Icon=b`",
                "line 5: expected a script's CmdLine beside its other lines, found `7Parameters=only`",
                "line 6: expected a number and CmdLine or Parameters, found `rubbish`",
            ],
        );
    }

    #[test]
    fn reads_the_order_of_power_shell_scripts() {
        let text = "[ScriptsConfig]\r\nStartExecutePSFirst=true\r\nEndExecutePSFirst=FALSE\r\n";
        assert_eq!(list(text).runs_power_shell_first(true), Some(true));
        assert_eq!(list(text).runs_power_shell_first(false), Some(false));
        assert_eq!(list("[ScriptConfig]\nEndExecutePSFirst=true").runs_power_shell_first(false), Some(true));
        assert_eq!(list("").runs_power_shell_first(true), None);
    }

    #[test]
    fn a_change_touches_one_script() {
        let mut file = list("\r\n[Startup]\r\n0CmdLine=a\r\n0Parameters=p\r\n1CmdLine=b\r\n1Parameters=\r\n");
        let script = |order, command: &str| Script {
            event: ScriptEvent::Startup,
            order,
            command: command.to_owned(),
            parameters: String::new(),
        };
        file.set_script(&script(1, "new"));
        file.set_script(&script(2, "third"));
        let expected = "\r\n[Startup]\r\n0CmdLine=a\r\n0Parameters=p\r\n1CmdLine=new\r\n1Parameters=\r\n2CmdLine=third\r\n2Parameters=\r\n";
        assert_eq!(file.to_bytes(), expected.as_bytes());
    }
}
