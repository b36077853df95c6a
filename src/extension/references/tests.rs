use crate::format::{AdvertiseScript, LengthForm, PolData, PolRecord, RegistryPol, ScriptArgument, ScriptRecord};
use crate::report::Side;
use crate::security::{SddlContext, SecurityDescriptor};

use super::*;

/// What the tests map: `S-1-5-21-1-2-3-…` becomes `S-1-5-21-7-8-9-…`, `CORP\ann` becomes 9-1001, whoever ends in 404 goes,
/// `\\old\` becomes `\\new.example\x\`.
fn map(reference: &FoundReference) -> Replacement {
    let new = |rid: u32| Replacement::Principal {
        sid: format!("S-1-5-21-7-8-9-{rid}").parse().unwrap(),
        name: Some(format!("NEW\\user{rid}")),
    };
    match &reference.subject {
        Subject::Principal { sid: Some(sid), .. } => match sid.rid() {
            Some(404) => Replacement::Remove,
            Some(rid) if sid.to_string().starts_with("S-1-5-21-1-2-3-") => new(rid),
            _ => Replacement::Keep,
        },
        Subject::Principal { name, .. } => match name.as_deref() {
            Some("CORP\\ann") => new(1001),
            Some("CORP\\gone") => Replacement::Remove,
            _ => Replacement::Keep,
        },
        Subject::Path(path) => match path.strip_prefix(r"\\old\") {
            Some(rest) => Replacement::Path(format!(r"\\new.example\x\{rest}")),
            None => Replacement::Keep,
        },
    }
}

/// Checks what is found in a file, as `origin setting: text`, and what becomes of its bytes: each pair of texts is one change.
fn check_bytes(path: &str, bytes: &[u8], found: &[&str], expected: &[u8]) {
    let kind = ReferenceFile::of_path(path).unwrap();
    let mut seen = Vec::new();
    let unchanged = kind.walk(path, bytes, &mut |reference| {
        let origin = format!("{:?}", reference.origin);
        seen.push(format!("{origin} {}: {}", reference.settings_name, reference.text));
        assert_eq!((reference.object_path.as_str(), reference.extension_name.as_str()), (path, kind.extension_name()));
        Replacement::Keep
    });
    assert_eq!(unchanged, Ok(None));
    assert_eq!(seen, found);
    let changed = kind.walk(path, bytes, &mut |reference| map(&reference)).unwrap().unwrap_or_else(|| bytes.to_vec());
    assert_eq!(String::from_utf8_lossy(&changed), String::from_utf8_lossy(expected));
    assert_eq!(changed, expected);
}

fn check(path: &str, text: &str, found: &[&str], changes: &[(&str, &str)]) {
    let changed = changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text.replacen(from, to, 1)
    });
    check_bytes(path, text.as_bytes(), found, changed.as_bytes());
    let wide =
        |text: &str| [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    if !path.ends_with(".xml") {
        check_bytes(path, &wide(text), found, &wide(&changed));
    }
}

const TEMPLATE: &str = "Machine/Microsoft/Windows NT/SecEdit/GptTmpl.inf";

#[test]
fn files_are_known_by_their_places() {
    for (path, expected) in [
        ("MACHINE/microsoft/windows nt/SecEdit/gpttmpl.inf", Some("Security")),
        ("User/Scripts/psScripts.ini", Some("Scripts")),
        ("User/Documents & Settings/fdeploy.ini", Some("Folder Redirection")),
        ("Machine/Applications/{1}.aas", Some("Software Installation")),
        ("User/Preferences/Groups/Groups.xml", Some("Local Users and Groups")),
        ("User/Preferences/Groups/Other.xml", None),
        ("Other/Scripts/scripts.ini", None),
        ("Machine/Scripts/Startup/scripts.ini", None),
        ("GPT.INI", None),
    ] {
        assert_eq!(ReferenceFile::of_path(path).map(ReferenceFile::extension_name), expected, "{path}");
    }
}

#[test]
fn user_rights() {
    check(
        TEMPLATE,
        "[Unicode]\r\nUnicode=yes\r\n[Privilege Rights]\r\n\
         SeOne = *S-1-5-32-544, *S-1-5-21-1-2-3-512 ,CORP\\ann\r\nSeTwo = *S-1-5-21-1-2-3-404,other,*S-1-5-21-1-2-3-404 \r\n\
         SeThree=*S-1-5-21-1-2-3-404\r\nSeFour =\r\nSeFive = CORP\\ann,*S-1-5-21-7-8-9-1001,CORP\\gone\r\n; SeSix = CORP\\ann\r\n",
        &[
            "Setting SeOne: *S-1-5-32-544",
            "Setting SeOne: *S-1-5-21-1-2-3-512",
            "Setting SeOne: CORP\\ann",
            "Setting SeTwo: *S-1-5-21-1-2-3-404",
            "Setting SeTwo: other",
            "Setting SeTwo: *S-1-5-21-1-2-3-404",
            "Setting SeThree: *S-1-5-21-1-2-3-404",
            "Setting SeFive: CORP\\ann",
            "Setting SeFive: *S-1-5-21-7-8-9-1001",
            "Setting SeFive: CORP\\gone",
        ],
        &[
            ("*S-1-5-21-1-2-3-512 ,CORP\\ann", "*S-1-5-21-7-8-9-512 ,*S-1-5-21-7-8-9-1001"),
            ("*S-1-5-21-1-2-3-404,other,*S-1-5-21-1-2-3-404", "other"),
            // A right whose last member goes stays, with nobody in it.
            ("SeThree=*S-1-5-21-1-2-3-404", "SeThree="),
            // Who is there already does not come twice.
            ("CORP\\ann,*S-1-5-21-7-8-9-1001,CORP\\gone", "*S-1-5-21-7-8-9-1001"),
        ],
    );
}

#[test]
fn restricted_groups() {
    check(
        TEMPLATE,
        "[Group Membership]\r\n*S-1-5-21-1-2-3-1100__Memberof =\r\n*S-1-5-21-1-2-3-1100__Members = *S-1-5-20,CORP\\ann\r\n\
         CORP\\gone__Members = *S-1-5-20\r\nno pair\r\nx__Other = CORP\\ann\r\n",
        &[
            "Setting *S-1-5-21-1-2-3-1100__Memberof: *S-1-5-21-1-2-3-1100",
            "Setting *S-1-5-21-1-2-3-1100__Members: *S-1-5-21-1-2-3-1100",
            "Setting *S-1-5-21-1-2-3-1100__Members: *S-1-5-20",
            "Setting *S-1-5-21-1-2-3-1100__Members: CORP\\ann",
            "Setting CORP\\gone__Members: CORP\\gone",
            "Setting CORP\\gone__Members: *S-1-5-20",
        ],
        &[
            ("*S-1-5-21-1-2-3-1100__Memberof", "*S-1-5-21-7-8-9-1100__Memberof"),
            (
                "*S-1-5-21-1-2-3-1100__Members = *S-1-5-20,CORP\\ann",
                "*S-1-5-21-7-8-9-1100__Members = *S-1-5-20,*S-1-5-21-7-8-9-1001",
            ),
            ("CORP\\gone__Members = *S-1-5-20\r\n", ""),
        ],
    );
}

#[test]
fn permissions_in_templates() {
    check(
        TEMPLATE,
        "[Service General Setting]\n\"Spooler\",2,\"D:AR(A;;CC;;;S-1-5-21-1-2-3-1100)(A;;FA;;;BA)(D;;RP;;;S-1-5-21-1-2-3-404)\"\n\
         bare,2,\"O:S-1-5-21-1-2-3-500D:(A;;FA;;;S-1-5-19)\"\n[Registry Keys]\n\
         \"MACHINE\\a,b\",0,\"D:PAR(A;CI;KA;;;DU)(A;;KR;;;s-1-5-21-1-2-3-513)\"\n\
         [File Security]\n\"%x%\\y\",1,\"\"\n\"half\n\
         [Registry Values]\nMACHINE\\z=1,\"O:BAG:BAD:(A;;RC;;;S-1-5-21-1-2-3-513)\"\nMACHINE\\w=4,1\n",
        &[
            "Setting Spooler: S-1-5-21-1-2-3-1100",
            "Setting Spooler: S-1-5-21-1-2-3-404",
            "Setting bare: S-1-5-21-1-2-3-500",
            "Setting MACHINE\\a,b: s-1-5-21-1-2-3-513",
            "NotMapped MACHINE\\z: S-1-5-21-1-2-3-513",
        ],
        &[
            ("S-1-5-21-1-2-3-1100", "S-1-5-21-7-8-9-1100"),
            ("(D;;RP;;;S-1-5-21-1-2-3-404)", ""),
            ("S-1-5-21-1-2-3-500D", "S-1-5-21-7-8-9-500D"),
            ("s-1-5-21-1-2-3-513", "S-1-5-21-7-8-9-513"),
        ],
    );
}

#[test]
fn scripts() {
    check(
        "Machine/Scripts/scripts.ini",
        "\r\n[Startup]\r\n0CmdLine=\\\\old\\share\\a b.cmd\r\n0Parameters=\\\\old\\share\\x /y\r\n1CmdLine=local.cmd\r\n\
         1Parameters=/z \\\\old\\share\r\n[Shutdown]\r\n0CmdLine= \"\\\\OTHER\\s\\p q.exe\" \r\n0Parameters=\"\\\\old\\s\\p q\" -v\r\n\
         [Logon]\r\n0CmdLine=\\\\?\\C:\\x\r\n0Parameters=\\\\old\r\n",
        &[
            "Setting Startup 0CmdLine: \\\\old\\share\\a b.cmd",
            "Setting Startup 0Parameters: \\\\old\\share\\x",
            "Setting Shutdown 0CmdLine: \\\\OTHER\\s\\p q.exe",
            "Setting Shutdown 0Parameters: \\\\old\\s\\p q",
        ],
        &[
            ("0CmdLine=\\\\old\\", "0CmdLine=\\\\new.example\\x\\"),
            ("0Parameters=\\\\old\\", "0Parameters=\\\\new.example\\x\\"),
            ("\"\\\\old\\", "\"\\\\new.example\\x\\"),
        ],
    );
}

#[test]
fn folder_redirection() {
    check(
        "User/Documents & Settings/fdeploy1.ini",
        "[version]\r\nversion=100\r\n[Folder_Redirection]\r\n{FDD39AD0-238F-46AF-ADB4-6C85480369C7}=s-1-5-21-1-2-3-1100;s-1-5-21-1-2-3-404;\r\n\
         {B4BFCC3A-DB2C-424C-B029-7FE99A87C641}=s-1-1-0;\r\nx = S-1-1-0\r\n\
         [{FDD39AD0-238F-46AF-ADB4-6C85480369C7}_s-1-5-21-1-2-3-1100]\r\nFlags=1029\r\nFullPath=\\\\old\\home\\%USERNAME%\r\n\
         [{FDD39AD0-238F-46AF-ADB4-6C85480369C7}_s-1-5-21-1-2-3-404]\r\nFlags=1029\r\nFullPath=\\\\old\\gone\r\n\
         [{B4BFCC3A-DB2C-424C-B029-7FE99A87C641}_s-1-1-0]\r\nFlags=1021\r\nFullPath=\\\\other\\desk\r\n[x_S-1-1-0]\r\nflags=8\r\nFullPath=D:\\\r\n",
        &[
            "Setting Documents: s-1-5-21-1-2-3-1100",
            "Setting Documents: \\\\old\\home\\%USERNAME%",
            "Setting Documents: s-1-5-21-1-2-3-404",
            "Setting Documents: \\\\old\\gone",
            "Setting Desktop: \\\\other\\desk",
            "Setting x: S-1-1-0",
        ],
        &[
            ("=s-1-5-21-1-2-3-1100;s-1-5-21-1-2-3-404;", "=s-1-5-21-7-8-9-1100;"),
            ("_s-1-5-21-1-2-3-1100]", "_s-1-5-21-7-8-9-1100]"),
            ("\\\\old\\home", "\\\\new.example\\x\\home"),
            (
                "[{FDD39AD0-238F-46AF-ADB4-6C85480369C7}_s-1-5-21-1-2-3-404]\r\nFlags=1029\r\nFullPath=\\\\old\\gone\r\n",
                "",
            ),
        ],
    );
    check(
        "User/Documents & Settings/fdeploy.ini",
        "[FolderStatus]\r\nMy Documents=9\r\nDesktop=1\r\n[My Documents]\r\ns-1-5-21-1-2-3-1100=\\\\old\\a\r\ns-1-5-21-1-2-3-404=\\\\old\\b\r\n\
         [Desktop]\r\ns-1-1-0=\\\\old\\c\r\nnobody=d\r\n",
        &[
            "Setting My Documents: s-1-5-21-1-2-3-1100",
            "Setting My Documents: \\\\old\\a",
            "Setting My Documents: s-1-5-21-1-2-3-404",
            "Setting My Documents: \\\\old\\b",
            "Setting Desktop: \\\\old\\c",
        ],
        &[
            ("s-1-5-21-1-2-3-1100=\\\\old\\a", "s-1-5-21-7-8-9-1100=\\\\new.example\\x\\a"),
            ("s-1-5-21-1-2-3-404=\\\\old\\b\r\n", ""),
            ("\\\\old\\c", "\\\\new.example\\x\\c"),
        ],
    );
}

#[test]
fn preferences() {
    let text = r#"<?xml version="1.0" encoding="utf-8"?>
<Groups clsid="{3125E937-EB16-4b4c-9934-544FC6D24D26}"><Group uid="{1}" name="Admins &amp; co" image='2'>
  <Properties action="U" groupSid="S-1-5-32-544" groupName="Administrators (built-in)"><Members>
    <Member name="CORP\ann" action="ADD" sid="S-1-5-21-1-2-3-1001"/><Member name='CORP\ann' action="ADD" sid=""/>
    <Member name="CORP\gone" action="ADD" sid="S-1-5-21-1-2-3-404"/><Member name="local" action="ADD" sid=""/></Members></Properties>
  <Filters><FilterGroup bool="AND" not="0" name="CORP\staff" sid="S-1-5-21-1-2-3-1100" userContext="1"/></Filters></Group>
  <Task uid="{2}" name="T"><Properties runAs="CORP\ann" path="\\old\a&amp;b" x="\\old"><UserId>CORP\ann</UserId><UserId>S-1-5-21-1-2-3-5</UserId>
  <UserId>NT AUTHORITY\System</UserId><UserId>%LogonDomain%\%LogonUser%</UserId><Command>\\old\c &lt;d</Command></Properties></Task></Groups>"#;
    check(
        "User/Preferences/Groups/Groups.xml",
        text,
        &[
            "Preference Admins & co: S-1-5-21-1-2-3-1001",
            "Preference Admins & co: CORP\\ann",
            "Preference Admins & co: S-1-5-21-1-2-3-404",
            "Preference Admins & co: S-1-5-21-1-2-3-1100",
            "Preference T: CORP\\ann",
            "Preference T: \\\\old\\a&b",
            "Preference T: CORP\\ann",
            "Preference T: S-1-5-21-1-2-3-5",
            "Preference T: \\\\old\\c <d",
        ],
        &[
            (
                "name=\"CORP\\ann\" action=\"ADD\" sid=\"S-1-5-21-1-2-3-1001\"",
                "name=\"NEW\\user1001\" action=\"ADD\" sid=\"S-1-5-21-7-8-9-1001\"",
            ),
            (
                "name='CORP\\ann' action=\"ADD\" sid=\"\"",
                "name='NEW\\user1001' action=\"ADD\" sid=\"S-1-5-21-7-8-9-1001\"",
            ),
            ("CORP\\staff\" sid=\"S-1-5-21-1-2-3-1100", "NEW\\user1100\" sid=\"S-1-5-21-7-8-9-1100"),
            (
                "runAs=\"CORP\\ann\" path=\"\\\\old\\a&amp;b\"",
                "runAs=\"NEW\\user1001\" path=\"\\\\new.example\\x\\a&amp;b\"",
            ),
            ("<UserId>CORP\\ann<", "<UserId>NEW\\user1001<"),
            ("S-1-5-21-1-2-3-5<", "S-1-5-21-7-8-9-5<"),
            ("\\\\old\\c &lt;d", "\\\\new.example\\x\\c &lt;d"),
        ],
    );
    let kind = ReferenceFile::of_path("User/Preferences/Groups/Groups.xml").unwrap();
    assert!(kind.walk("", b"<Groups", &mut |_| Replacement::Keep).is_err());
}

#[test]
fn policies_are_shown_and_stay() {
    let rule = "<FilePublisherRule UserOrGroupSid=\"S-1-5-21-1-2-3-1100\"/><FilePublisherRule UserOrGroupSid=\"S-1-5-21-1-2-3-1100\"/>";
    let mut file = RegistryPol::default();
    file.records.push(PolRecord::set("Software\\SrpV2", "{1}", PolData::Text(rule.to_owned())));
    file.records.push(PolRecord::set(
        "Software\\a",
        "b",
        PolData::MultiText(vec![r"\\old\share".to_owned(), "S-1-1-0".to_owned()]),
    ));
    file.records.push(PolRecord::set("Software\\a", "c", PolData::Dword(1)));
    let bytes = file.to_bytes();
    let found = [r"NotMapped Software\SrpV2\{1}: S-1-5-21-1-2-3-1100", r"NotMapped Software\a\b: \\old\share"];
    check_bytes("User/registry.pol", &bytes, &found, &bytes);
}

#[test]
fn long_lists_are_changed_in_time() {
    let members = |domain: &str| {
        (0..30_000).map(|rid| format!("*S-1-5-21-{domain}-{}", 1000 + rid)).collect::<Vec<_>>().join(",")
    };
    let text = |domain: &str| format!("[Privilege Rights]\r\nSeOne = {}\r\n", members(domain));
    let kind = ReferenceFile::of_path(TEMPLATE).unwrap();
    let changed = kind.walk(TEMPLATE, text("1-2-3").as_bytes(), &mut |reference| map(&reference));
    assert_eq!(changed, Ok(Some(text("7-8-9").into_bytes())));
}

#[test]
fn packages() {
    let script = |source: ScriptArgument| AdvertiseScript {
        records: vec![
            ScriptRecord { operation: 2, arguments: vec![ScriptArgument::Number(0x534F_5849)] },
            ScriptRecord {
                operation: 9,
                arguments: vec![ScriptArgument::Null, ScriptArgument::Number(1), source, ScriptArgument::Null],
            },
        ],
    };
    let text = |text: &str| ScriptArgument::Ansi(text.as_bytes().to_vec(), LengthForm::Short);
    let found = [r"Setting : \\old\packages\"];
    let (old, new) = (script(text(r"\\old\packages\")), script(text(r"\\new.example\x\packages\")));
    check_bytes("Machine/Applications/{1}.aas", &old.to_bytes(), &found, &new.to_bytes());
    let kept = script(text(r"C:\packages\")).to_bytes();
    check_bytes("Machine/Applications/{1}.aas", &kept, &[], &kept);

    let sddl = |text: &str| SecurityDescriptor::from_sddl(text, &SddlContext::default()).unwrap().to_bytes().unwrap();
    let attributes = [
        ("packageName".to_owned(), vec![b"Tool".to_vec()]),
        ("msiFileList".to_owned(), vec![br"0:\\old\packages\a.msi".to_vec(), br"1:\\other\a.mst".to_vec(), vec![0xFF]]),
    ];
    let descriptor = sddl("D:(A;;RP;;;S-1-5-21-1-2-3-1100)(A;;RP;;;AU)(A;;GA;;;S-1-5-21-1-2-3-404)");
    let mut seen = Vec::new();
    let mut visit = |reference: FoundReference| {
        seen.push(format!("{} {} {}", reference.object_path, reference.settings_name, reference.text));
        map(&reference)
    };
    let path = "CN={1},CN=Packages,CN=Class Store";
    let walked =
        walk_object(Side::Computer, path, "packageRegistration", &attributes, Some(&descriptor), &mut visit).unwrap();
    let expected = WalkedObject {
        attributes: vec![(
            "msiFileList".to_owned(),
            vec![br"0:\\new.example\x\packages\a.msi".to_vec(), br"1:\\other\a.mst".to_vec(), vec![0xFF]],
        )],
        security_descriptor: Some(sddl("D:(A;;RP;;;S-1-5-21-7-8-9-1100)(A;;RP;;;AU)")),
    };
    assert_eq!(walked, Some(expected));
    let place = format!("{path},CN=Machine Tool");
    let texts = [r"\\old\packages\a.msi", r"\\other\a.mst", "S-1-5-21-1-2-3-1100", "S-1-5-21-1-2-3-404"];
    assert_eq!(seen, texts.map(|text| format!("{place} {text}")));
    let other = walk_object(Side::User, path, "classStore", &attributes, None, &mut |_| Replacement::Remove);
    assert_eq!(other, Ok(None));
    assert!(walk_permissions(b"x", &mut |_| Replacement::Keep).is_err());
}

proptest::proptest! {
    /// Whatever a file holds, a walk that keeps everything changes nothing, and what was taken out is not found again.
    #[test]
    fn keeping_changes_nothing(
        text in "(\\[Privilege Rights\\]\n|\\[Group Membership\\]\n|\\[Registry Keys\\]\n|\\[Logon\\]\n|a|=|,|\"|\\(|\\)|;|\n|__Members|\\*S-1-5-21-1-2-3-404|S-1-5-21-1-2-3-7|é|\\\\\\\\old\\\\x|0CmdLine){0,30}",
        path in proptest::sample::select(vec![TEMPLATE, "User/Scripts/scripts.ini", "User/Documents & Settings/fdeploy1.ini", "User/Documents & Settings/fdeploy.ini"]),
    ) {
        let kind = ReferenceFile::of_path(path).unwrap();
        let mut kept = 0;
        let mut keep = |_| { kept += 1; Replacement::Keep };
        proptest::prop_assert_eq!(kind.walk(path, text.as_bytes(), &mut keep), Ok(None));
        let mut removed = 0;
        let mut remove = |_| { removed += 1; Replacement::Remove };
        let left = kind.walk(path, text.as_bytes(), &mut remove).unwrap().unwrap_or(text.into_bytes());
        proptest::prop_assert!(removed <= kept);
        // What was taken out is not found again.
        let mut again = Vec::new();
        kind.walk(path, &left, &mut |reference| { again.push(reference); Replacement::Keep }).unwrap();
        proptest::prop_assert!(again.iter().all(|reference| matches!(reference.subject, Subject::Path(_))), "{:?}", again);
    }
}
