//! What is asked of a Windows computer: PowerShell scripts that fit on one command line, and reading their answers.
//!
//! The shell behind Windows' SSH server is `cmd`, PowerShell or anything else its administrator chose. A script in Base64
//! (`-EncodedCommand`) means the same to all of them: nothing in it is theirs to read. Windows PowerShell 5.1 is part of every Windows that
//! is still supported. What comes back are lines that begin with a mark of their own, so that banners and warnings in between do no harm;
//! texts and files in them are Base64, so that neither code pages nor line ends change a byte. Everything is asked in one session: the time
//! before and after by the clock of that computer, the run of `gpresult`, its file, and that the file is gone again.

use crate::format::{decode_base64, encode_base64};
use crate::operation::remote_update::quoted;

use super::{Collection, ResultSides};

/// The longest command line that `cmd` takes.
#[cfg(test)]
const LONGEST_COMMAND: usize = 8191;

/// One exchange with a computer: the mark of its lines, and the name of its temporary file.
pub(super) struct Session {
    mark: String,
}

impl Session {
    /// Returns a session with a name that no other has.
    pub(super) fn new() -> Self {
        Session { mark: format!("opengpmc-{}", uuid::Uuid::new_v4().simple()) }
    }

    /// Returns the name of the temporary file.
    pub(super) fn file_name(&self) -> String {
        format!("{}.xml", self.mark)
    }

    /// Returns the command that runs `gpresult`, sends its file and deletes it, whatever happens in between.
    pub(super) fn collect(&self, collection: &Collection) -> String {
        let arguments: Vec<String> = gpresult_arguments(collection).iter().map(|argument| quoted(argument)).collect();
        let arguments: String = arguments.iter().map(|argument| format!(",{argument}")).collect();
        // gpresult's words on errors are no errors of the script: it goes on, and what came of it is looked at.
        let script = format!(
            r"$p={file}
try{{
W('start '+(U))
$o=''
try{{$ErrorActionPreference='Continue';$o=& gpresult @('/X',$p,'/F'{arguments}) 2>&1|Out-String;W('exit '+$LASTEXITCODE)}}finally{{$ErrorActionPreference='Stop'}}
W('said '+(B $o))
if([IO.File]::Exists($p)){{
$f=[IO.File]::ReadAllBytes($p)
W('size '+$f.Length)
$b=[Convert]::ToBase64String($f)
for($i=0;$i -lt $b.Length;$i+=3000){{W('data '+$b.Substring($i,[Math]::Min(3000,$b.Length-$i)))}}
}}
W('end '+(U))
}}catch{{W('fail '+(B $_))}}
finally{{try{{[IO.File]::Delete($p)}}catch{{W('left '+(B $p))}}}}
W('done')",
            file = self.file()
        );
        self.command(&script)
    }

    /// Returns the command that ends a `gpresult` of this session that still runs, and deletes its file.
    pub(super) fn clean_up(&self) -> String {
        let script = format!(
            r#"$p={file}
try{{Get-CimInstance Win32_Process -Filter "Name='gpresult.exe'"|Where-Object{{$_.CommandLine -like '*{mark}*'}}|ForEach-Object{{Stop-Process -Id $_.ProcessId -Force}}}}catch{{}}
for($i=0;$i -lt 20;$i++){{try{{[IO.File]::Delete($p)}}catch{{}};if(-not [IO.File]::Exists($p)){{break}};Start-Sleep -Milliseconds 250}}
if([IO.File]::Exists($p)){{W('left '+(B $p))}}
W('done')"#,
            file = self.file(),
            mark = self.mark
        );
        self.command(&script)
    }

    /// Returns the command that asks which users have results there.
    ///
    /// `RsopEnumerateUsers` of the class `RsopLoggingModeProvider` is what GPMC asks: it names the users whose data the caller may read.
    /// Where the provider does not answer, the namespaces below `root/rsop/user` are listed, which are that data, one for each user. The
    /// registry knows users too, but not whether there are results.
    pub(super) fn users(&self) -> String {
        let script = r"try{
W('me '+(B ([Security.Principal.WindowsIdentity]::GetCurrent().Name)))
try{
$r=Invoke-CimMethod -Namespace root/rsop -ClassName RsopLoggingModeProvider -MethodName RsopEnumerateUsers
if($r.hResult -ne 0){throw ('RsopEnumerateUsers: 0x{0:X8}' -f $r.hResult)}
$s=@($r.userSids)
}catch{$s=@(Get-CimInstance -Namespace root/rsop/user -ClassName __NAMESPACE|ForEach-Object{$_.Name})}
foreach($u in $s){
$t=([string]$u).Replace('_','-')
$n=''
try{$n=(New-Object Security.Principal.SecurityIdentifier $t).Translate([Security.Principal.NTAccount]).Value}catch{}
W('user '+$t+' '+(B $n))
}
}catch{W('fail '+(B $_))}
W('done')";
        self.command(script)
    }

    /// Returns the expression for the path of the temporary file.
    fn file(&self) -> String {
        format!("[IO.Path]::Combine([IO.Path]::GetTempPath(),'{}')", self.file_name())
    }

    /// Returns the command line of a script, with what all scripts use: W writes a line, B is a text in Base64, U is the time.
    fn command(&self, script: &str) -> String {
        let script = format!(
            r"$ErrorActionPreference='Stop'
$ProgressPreference='SilentlyContinue'
function W($s){{[Console]::Out.WriteLine('{mark} '+$s)}}
function B($s){{[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes([string]$s))}}
function U{{[DateTime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ss.fffffff',[Globalization.CultureInfo]::InvariantCulture)+'Z'}}
{script}",
            mark = self.mark
        );
        let utf16: Vec<u8> = script.encode_utf16().flat_map(u16::to_le_bytes).collect();
        format!("powershell -NoProfile -NonInteractive -EncodedCommand {}", encode_base64(&utf16))
    }

    /// Reads an answer.
    pub(super) fn read(&self, output: &[u8]) -> Answer {
        let mut answer = Answer::default();
        let mut data = String::new();
        let mark = format!("{} ", self.mark);
        for line in output.split(|&byte| byte == b'\n') {
            let line = String::from_utf8_lossy(line);
            // A shell's prompt or the rest of a banner may stand before it.
            let Some((_, told)) = line.split_once(mark.as_str()) else { continue };
            let (key, value) = told.trim_end().split_once(' ').unwrap_or((told.trim_end(), ""));
            let text = || decode_base64(value).map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
            match key {
                "start" => answer.started = value.parse().ok(),
                "end" => answer.ended = value.parse().ok(),
                "exit" => answer.exit_code = value.parse().ok(),
                "said" => answer.said = text().unwrap_or_default(),
                "fail" => answer.failure = Some(text().unwrap_or_default()),
                "left" => answer.left_behind = Some(text().unwrap_or_default()),
                "me" => answer.account = text(),
                "size" => answer.size = value.parse().ok(),
                "data" => data.push_str(value),
                "user" => {
                    let (sid, name) = value.split_once(' ').unwrap_or((value, ""));
                    let name = decode_base64(name).map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
                    answer.users.push((sid.to_owned(), name.filter(|name| !name.is_empty())));
                }
                "done" => answer.is_complete = true,
                _ => {}
            }
        }
        answer.file = match answer.size {
            Some(size) => decode_base64(&data).filter(|bytes| bytes.len() == size),
            None => None,
        };
        answer
    }
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// The time before the run, by the clock there.
    pub started: Option<jiff::Timestamp>,
    /// The time after it.
    pub ended: Option<jiff::Timestamp>,
    /// What `gpresult` ended with. It means nothing.
    pub exit_code: Option<i32>,
    /// What `gpresult` said.
    pub said: String,
    /// How large its file is, in bytes; none where it made none.
    pub size: Option<usize>,
    /// Its file; none where there is none, or it did not come whole.
    pub file: Option<Vec<u8>>,
    /// Why the script could not go on.
    pub failure: Option<String>,
    /// The file that could not be deleted.
    pub left_behind: Option<String>,
    /// The account that asked.
    pub account: Option<String>,
    /// SIDs of users with results, and their names.
    pub users: Vec<(String, Option<String>)>,
    /// Whether the answer came to its end.
    pub is_complete: bool,
}

/// Returns the arguments of `gpresult` besides those of its file: whose results are wanted.
pub(super) fn gpresult_arguments(collection: &Collection) -> Vec<String> {
    let mut arguments = Vec::new();
    match collection.sides {
        ResultSides::Both => {}
        ResultSides::Computer => arguments.extend(["/SCOPE", "COMPUTER"].map(str::to_owned)),
        ResultSides::User => arguments.extend(["/SCOPE", "USER"].map(str::to_owned)),
    }
    if let Some(user) = &collection.user
        && collection.sides != ResultSides::Computer
    {
        arguments.extend(["/USER".to_owned(), user.to_string()]);
    }
    arguments
}

#[cfg(test)]
pub(super) fn decode_command(command: &str) -> String {
    let encoded = command.rsplit(' ').next().unwrap();
    let bytes = decode_base64(encoded).unwrap();
    let units: Vec<u16> = bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).unwrap()
}

#[cfg(test)]
mod tests {
    use super::super::{RemoteComputer, ResultTool, TargetComputer};
    use super::*;

    fn collection(user: Option<&str>, sides: ResultSides) -> Collection {
        let host = RemoteComputer { host: "pc1".parse().unwrap(), user: None };
        let user = user.map(|user| user.parse().unwrap());
        Collection { computer: TargetComputer::Remote(host), tool: ResultTool::Gpresult, sides, user }
    }

    #[test]
    fn commands_mean_the_same_to_every_shell_and_fit() {
        let session = Session::new();
        let longest = format!("{}\\{}", "N".repeat(15), "u".repeat(64));
        for command in
            [session.collect(&collection(Some(&longest), ResultSides::User)), session.clean_up(), session.users()]
        {
            assert!(command.len() < LONGEST_COMMAND, "{}", command.len());
            let is_plain = |c: char| c.is_ascii_alphanumeric() || " -+/=".contains(c);
            assert!(command.chars().all(is_plain), "{command}");
        }
    }

    #[test]
    fn gpresult_is_asked_for_what_is_wanted() {
        let check = |user: Option<&str>, sides, expected: &str| {
            let script = decode_command(&Session::new().collect(&collection(user, sides)));
            assert!(script.contains(&format!("@('/X',$p,'/F'{expected})")), "{script}");
        };
        check(None, ResultSides::Both, "");
        check(Some("CORP\\alice"), ResultSides::Both, ",'/USER','CORP\\alice'");
        check(Some("CORP\\alice"), ResultSides::Computer, ",'/SCOPE','COMPUTER'");
        check(Some("CORP\\alice"), ResultSides::User, ",'/SCOPE','USER','/USER','CORP\\alice'");
    }

    #[test]
    fn answers_are_read_between_other_words() {
        let session = Session { mark: "m".to_owned() };
        let answer = session.read(
            b"Welcome!\r\nC:\\>m start 2026-03-01T12:00:00.0000000Z\r\nm exit 0\r\nm said SU5GTw==\r\nm size 3\r\nm data Zm9v\r\n\
              m end 2026-03-01T12:00:02.5000000Z\r\nm user S-1-5-21-1-2-3-1104 Q09SUFxhbGljZQ==\r\nm user S-1-5-21-1-2-3-9 \r\nm done\r\n",
        );
        assert_eq!(answer.file.as_deref(), Some(&b"foo"[..]));
        assert_eq!((answer.exit_code, answer.said.as_str(), answer.is_complete), (Some(0), "INFO", true));
        assert!(answer.started.unwrap() < answer.ended.unwrap());
        let users =
            [("S-1-5-21-1-2-3-1104".to_owned(), Some("CORP\\alice".to_owned())), ("S-1-5-21-1-2-3-9".to_owned(), None)];
        assert_eq!(answer.users, users);
        let cut = session.read(b"m start x\nm size 30\nm data Zm9v\n");
        assert_eq!((cut.file, cut.size, cut.is_complete, cut.started), (None, Some(30), false, None));
        let garbage = session.read(&[0xff, b'm', b' ', 0, b'\n', b'm', b' ', b'\n']);
        assert!(garbage.file.is_none() && !garbage.is_complete);
    }
}
