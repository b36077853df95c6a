//! A computer that is asked for results of Group Policy, played by shell scripts: `ssh`, `powershell` and `gpresult` of its own.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use opengpmc::operation::rsop::collect::{
    CollectOptions, Collection, RemoteComputer, ResultSides, ResultTool, TargetComputer,
};

/// What `gpresult` of the fake computer writes, with the time of the run in the place of `TIME`.
pub const RESULT: &str = r#"<?xml version="1.0" encoding="utf-16"?>
<Rsop xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://www.microsoft.com/GroupPolicy/Rsop">
  <ReadTime>TIME</ReadTime>
  <DataType>LoggedData</DataType>
  <UserResults>
    <Version>2228228</Version>
    <Name>CORP\alice</Name>
    <Domain>corp.example.com</Domain>
    <SOM>corp.example.com/Staff</SOM>
    <Site>Berlin</Site>
  </UserResults>
  <ComputerResults>
    <Version>2228228</Version>
    <Name>CORP\PC1$</Name>
    <Domain>corp.example.com</Domain>
    <SOM>corp.example.com/Computers</SOM>
    <Site>Berlin</Site>
  </ComputerResults>
</Rsop>
"#;

/// How `gpresult` of the fake computer behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// It writes its file.
    Good,
    /// It ends with 0 and writes none.
    NoFile,
    /// It leaves a file of an hour ago.
    Stale,
    /// It says that the user has no data, ends with 0 and writes none.
    NoData,
    /// It writes half of a file, and then never ends.
    Hangs,
    /// It writes something else.
    Garbage,
    /// It writes a file of the computer's side alone.
    ComputerOnly,
}

/// A folder with the programs of a fake computer, and what was asked of it.
pub struct FakeComputer {
    folder: tempfile::TempDir,
}

impl FakeComputer {
    /// Returns a computer whose `gpresult` behaves so, and whose `ssh` lets in.
    pub fn new(behaviour: Behaviour) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        std::fs::create_dir(folder.path().join("temp")).unwrap();
        let computer = FakeComputer { folder };
        std::fs::write(computer.path("result.xml"), RESULT).unwrap();
        computer.program("gpresult", &gpresult(behaviour));
        computer.program("powershell", &powershell(&computer.path("")));
        computer.program(
            "ssh",
            &format!(
                "printf '%s\\n' \"$*\" | cut -c1-300 >> '{folder}/asked'\nwhile [ \"$1\" != -- ]; do shift; done\n\
                 export PATH='{folder}/bin':$PATH\nexec sh -c \"$3\"\n",
                folder = computer.path("").display()
            ),
        );
        computer
    }

    /// Returns a computer whose `ssh` says this and fails.
    pub fn unreachable(words: &str) -> Self {
        let computer = FakeComputer::new(Behaviour::Good);
        computer.program("ssh", &format!("echo '{words}' >&2\nexit 255\n"));
        computer
    }

    /// Writes one of its programs.
    pub fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Returns a path in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns how it is asked.
    pub fn options(&self) -> CollectOptions {
        let bin = self.path("bin");
        CollectOptions {
            ssh: bin.join("ssh"),
            gpresult: bin.join("gpresult"),
            powershell: bin.join("powershell"),
            samba_gpupdate: bin.join("samba-gpupdate"),
            adsysctl: bin.join("adsysctl"),
            ..CollectOptions::default()
        }
    }

    /// Returns the temporary files that lie on it.
    pub fn temporary_files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("temp")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    /// Returns how often it was asked over SSH, and with which arguments.
    pub fn asked(&self) -> Vec<String> {
        std::fs::read_to_string(self.path("asked")).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}

/// Returns a collection from another computer by `gpresult`.
pub fn remote(user: Option<&str>, sides: ResultSides) -> Collection {
    let remote = RemoteComputer { host: "pc1".parse().unwrap(), user: Some("CORP\\admin".parse().unwrap()) };
    Collection {
        computer: TargetComputer::Remote(remote),
        tool: ResultTool::Gpresult,
        sides,
        user: user.map(|user| user.parse().unwrap()),
    }
}

/// `gpresult /X FILE /F …`.
fn gpresult(behaviour: Behaviour) -> String {
    let write = "sed \"s/TIME/$time/\" \"$folder/result.xml\" | iconv -f UTF-8 -t UTF-16LE | (printf '\\377\\376'; cat) > \"$file\"";
    let mut script = String::from(
        "folder=$(dirname \"$0\")/..\nfile=$2\nprintf '%s|' \"$@\" >> \"$folder/gpresult\"\necho >> \"$folder/gpresult\"\n\
         time=$(date -u +%Y-%m-%dT%H:%M:%S.5000000Z)\n",
    );
    match behaviour {
        Behaviour::Good => writeln!(script, "{write}"),
        Behaviour::NoFile => writeln!(script, "exit 0"),
        Behaviour::Stale => writeln!(script, "time=2020-01-01T00:00:00Z\n{write}"),
        Behaviour::NoData => writeln!(script, "printf '%s\\n' 'INFO: The user \"CORP\\bob\" does not have RSOP data.'"),
        Behaviour::Hangs => writeln!(script, "echo '<Rsop' > \"$file\"\necho $$ > \"$folder/pid\"\nexec sleep 300"),
        Behaviour::Garbage => writeln!(script, "head -c 300000 /dev/urandom > \"$file\""),
        Behaviour::ComputerOnly => writeln!(
            script,
            "sed \"s/TIME/$time/;/<UserResults>/,/<.UserResults>/d\" \"$folder/result.xml\" > \"$file\""
        ),
    }
    .unwrap();
    script
}

/// `powershell … -EncodedCommand SCRIPT`: knows this program's scripts by what is in them, and does what they do.
fn powershell(folder: &Path) -> String {
    format!(
        r#"for script; do :; done
script=$(printf %s "$script" | base64 -d | tr -d '\000')
mark=$(printf %s "$script" | sed -n "s/.*WriteLine('\([^ ]*\) .*/\1/p")
file='{folder}/temp/'$mark.xml
say() {{ printf '%s %s\r\n' "$mark" "$*"; }}
now() {{ date -u +%Y-%m-%dT%H:%M:%S.0000000Z; }}
echo 'A banner before it all'
case $script in
*RsopEnumerateUsers*)
  say me "$(printf 'CORP\\admin' | base64 -w0)"
  say user S-1-5-21-1-2-3-1105 "$(printf 'CORP\\Bob' | base64 -w0)"
  say user S_1_5_18 "$(printf 'NT AUTHORITY\\SYSTEM' | base64 -w0)" | tr _ -
  say user S-1-5-21-1-2-3-1104 "$(printf 'CORP\\alice' | base64 -w0)"
  say user S-1-5-21-1-2-3-1999 ""
  say user nonsense ""
  ;;
*Stop-Process*)
  [ -e '{folder}/pid' ] && kill "$(cat '{folder}/pid')" 2>/dev/null
  rm -f "$file"
  echo done >> '{folder}/tidied'
  ;;
*)
  say start "$(now)"
  arguments=$(printf %s "$script" | sed -n "s/.*& gpresult @('\/X',.p,\([^)]*\)).*/\1/p" | tr , ' ')
  said=$(eval "gpresult /X \"\$file\" $arguments" 2>&1)
  say exit $?
  say said "$(printf %s "$said" | base64 -w0)"
  if [ -e "$file" ]; then
    say size "$(wc -c < "$file" | tr -d ' ')"
    base64 -w3000 "$file" | while read -r line || [ -n "$line" ]; do say data "$line"; done
  fi
  sleep 0.1
  say end "$(date -u -d '+1 second' +%Y-%m-%dT%H:%M:%S.0000000Z)"
  rm -f "$file"
  ;;
esac
say done
"#,
        folder = folder.display()
    )
}
