//! Results of Group Policy collected from computers that scripts play.

use std::time::{Duration, Instant};

use opengpmc::gpm::{HResult, MessageId, Task};
use opengpmc::operation::rsop::collect::{
    CollectOptions, CollectedResult, Collection, RemoteComputer, ResultSides, ResultTool, TargetComputer,
    collect_results, logging_enumerate_users,
};
use opengpmc::report::Side;

use crate::common::fake_computer::{Behaviour, FakeComputer, RESULT, remote};

async fn collect(
    computer: &FakeComputer,
    collection: &Collection,
) -> Result<CollectedResult, (MessageId, HResult, String)> {
    collect_with(&computer.options(), collection).await
}

async fn collect_with(
    options: &CollectOptions,
    collection: &Collection,
) -> Result<CollectedResult, (MessageId, HResult, String)> {
    let collected = collect_results(collection, options, &Task::default()).await;
    collected.map_err(|error| (error.0.id, error.0.code, error.0.message.clone()))
}

#[tokio::test]
async fn a_result_comes_back_byte_for_byte() {
    let computer = FakeComputer::new(Behaviour::Good);
    let collected = collect(&computer, &remote(Some("CORP\\alice"), ResultSides::Both)).await.unwrap();
    assert_eq!(collected.report.result(Side::User).unwrap().name, "CORP\\alice");
    assert_eq!(collected.report.result(Side::Computer).unwrap().name, "CORP\\PC1$");
    // UTF-16 with its mark, as it was written.
    let head = &RESULT[..RESULT.find("TIME").unwrap()];
    let expected: Vec<u8> = [0xff, 0xfe].into_iter().chain(head.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(collected.xml[..expected.len()], expected);
    assert_eq!(computer.temporary_files(), Vec::<String>::new());
    let asked = computer.asked();
    let [asked] = asked.as_slice() else { panic!("{asked:?}") };
    assert!(asked.contains("-o BatchMode=yes") && asked.contains("-l CORP\\admin -- pc1 powershell "), "{asked}");
    let run = std::fs::read_to_string(computer.path("gpresult")).unwrap();
    assert!(run.starts_with("/X|") && run.trim_end().ends_with(".xml|/F|/USER|CORP\\alice|"), "{run}");
}

#[tokio::test]
async fn exit_codes_are_not_trusted() {
    let check = async |behaviour, user: Option<&str>, sides, expected: &[&str]| {
        let computer = FakeComputer::new(behaviour);
        let (id, _, message) = collect(&computer, &remote(user, sides)).await.unwrap_err();
        assert_eq!(id, MessageId::ResultsMissing, "{message}");
        for part in expected {
            assert!(message.contains(part), "{behaviour:?}: {message}");
        }
        assert_eq!(computer.temporary_files(), Vec::<String>::new(), "{behaviour:?}");
    };
    let both = ResultSides::Both;
    check(Behaviour::NoFile, None, both, &["wrote no file on pc1 (it ended with 0)", "Name a user who has logged on"])
        .await;
    check(Behaviour::NoFile, None, ResultSides::Computer, &["administrator of the computer"]).await;
    let no_data =
        ["only users who have logged on have", "gpresult said: INFO: The user \"CORP\\bob\" does not have RSOP data."];
    check(Behaviour::NoData, Some("CORP\\bob"), both, &no_data).await;
    check(Behaviour::Stale, None, both, &["not made by this run", "2020-01-01T00:00:00Z"]).await;
    check(Behaviour::Garbage, None, both, &["no result of Group Policy"]).await;
    check(Behaviour::ComputerOnly, None, both, &["nothing of the user"]).await;
    check(Behaviour::Good, Some("CORP\\bob"), both, &["of the user CORP\\alice, not of CORP\\bob"]).await;
}

#[tokio::test]
async fn one_side_is_enough_where_only_it_is_wanted() {
    let computer = FakeComputer::new(Behaviour::ComputerOnly);
    let collected = collect(&computer, &remote(None, ResultSides::Computer)).await.unwrap();
    assert!(collected.report.result(Side::User).is_none());
    let run = std::fs::read_to_string(computer.path("gpresult")).unwrap();
    assert!(run.trim_end().ends_with("/F|/SCOPE|COMPUTER|"), "{run}");
}

#[tokio::test]
async fn an_unreachable_computer_is_told_with_its_causes() {
    let words = "ssh: connect to host pc1 port 22: Connection refused";
    let computer = FakeComputer::unreachable(words);
    let (id, code, message) = collect(&computer, &remote(None, ResultSides::Both)).await.unwrap_err();
    assert_eq!((id, code), (MessageId::ComputerUnreachable, HResult::HOST_UNREACHABLE));
    for part in ["pc1", "OpenSSH Server", "it is offline", "a firewall", "not the right to log on", words] {
        assert!(message.contains(part), "{message}");
    }
    let options = CollectOptions { ssh: "/nowhere/ssh".into(), ..CollectOptions::default() };
    let (_, _, message) = collect_with(&options, &remote(None, ResultSides::Both)).await.unwrap_err();
    assert!(message.contains("install the OpenSSH client"), "{message}");
}

#[tokio::test]
async fn a_run_that_hangs_is_ended_and_tidied_up() {
    let computer = FakeComputer::new(Behaviour::Hangs);
    let options = CollectOptions { run_limit: Duration::from_millis(1500), ..computer.options() };
    let started = Instant::now();
    let (id, code, message) = collect_with(&options, &remote(None, ResultSides::Both)).await.unwrap_err();
    assert_eq!((id, code), (MessageId::ComputerUnreachable, HResult::TIMEOUT), "{message}");
    assert!(started.elapsed() < Duration::from_secs(60));
    assert_eq!(computer.temporary_files(), Vec::<String>::new());
    assert!(computer.path("tidied").exists());
}

#[tokio::test]
async fn cancelling_in_the_middle_leaves_nothing_behind() {
    let computer = FakeComputer::new(Behaviour::Hangs);
    let (task, options) = (Task::default(), computer.options());
    let running = tokio::spawn({
        let task = task.clone();
        async move { collect_results(&remote(None, ResultSides::Both), &options, &task).await }
    });
    let started = Instant::now();
    while computer.temporary_files().is_empty() {
        assert!(started.elapsed() < Duration::from_secs(60), "gpresult was not started");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    task.cancel();
    assert!(running.await.unwrap().unwrap_err().is_cancelled());
    assert_eq!(computer.temporary_files(), Vec::<String>::new());
    assert_eq!(computer.asked().len(), 2);
    assert_eq!(task.messages(), []);
}

#[tokio::test]
async fn a_file_that_may_be_left_is_named() {
    let computer = FakeComputer::new(Behaviour::Hangs);
    let task = Task::default();
    let options = CollectOptions {
        run_limit: Duration::from_millis(800),
        clean_up_limit: Duration::from_millis(200),
        ..computer.options()
    };
    // Whatever is asked second does not answer either.
    computer.program("powershell", "sleep 300");
    collect_results(&remote(None, ResultSides::Both), &options, &task).await.unwrap_err();
    let messages = task.messages();
    let [message] = messages.as_slice() else { panic!("{messages:?}") };
    assert!(message.message.contains("%TEMP%\\opengpmc-") && message.message.contains("on pc1"), "{message}");
}

#[tokio::test]
async fn hostile_answers_do_no_harm() {
    let check = async |script: &str, expected: &str| {
        let computer = FakeComputer::new(Behaviour::Good);
        computer.program("ssh", script);
        let (_, _, message) = collect(&computer, &remote(None, ResultSides::Both)).await.unwrap_err();
        assert!(message.contains(expected), "{script}: {message}");
    };
    check("exec cat /dev/zero", "more than any result has").await;
    check("head -c 5000000 /dev/urandom", "did not answer as Windows does").await;
    check("echo 'bash: powershell: command not found' >&2; exit 127", "It said: bash: powershell: command not found")
        .await;
    let encoded = "for script; do :; done; script=$(printf %s \"${script##* }\" | base64 -d | tr -d '\\000'); \
        mark=$(printf %s \"$script\" | sed -n \"s/.*WriteLine('\\([^ ]*\\) .*/\\1/p\"); ";
    check(
        &format!("{encoded} echo \"$mark size 99999999999\"; echo \"$mark data AAAA\"; echo \"$mark done\""),
        "did not come whole",
    )
    .await;
    check(
        &format!("{encoded} echo \"$mark fail $(printf 'no gpresult here' | base64)\"; echo \"$mark done\""),
        "no gpresult here",
    )
    .await;
}

#[tokio::test]
async fn users_with_results() {
    let computer = FakeComputer::new(Behaviour::Good);
    let task = Task::default();
    let target = remote(None, ResultSides::Both).computer;
    let found = logging_enumerate_users(&target, &computer.options(), &task).await.unwrap();
    assert_eq!(found.asked_as.as_deref(), Some("CORP\\admin"));
    let labels: Vec<String> = found.users.iter().map(|user| user.label()).collect();
    assert_eq!(labels, ["CORP\\alice", "CORP\\Bob", "S-1-5-21-1-2-3-1999"]);
    assert_eq!(task.messages().len(), 1, "the user that is no SID is named");
    computer.program("powershell", "echo 'Access denied' >&2");
    let error = logging_enumerate_users(&target, &computer.options(), &task).await.unwrap_err();
    assert!(
        error.0.message.contains("administrator") && error.0.message.ends_with("It said: Access denied"),
        "{error}"
    );
}

fn text_tool(tool: ResultTool, user: Option<&str>, sides: ResultSides) -> Collection {
    let remote = RemoteComputer { host: "member1".parse().unwrap(), user: None };
    let user = user.map(|user| user.parse().unwrap());
    Collection { computer: TargetComputer::Remote(remote), tool, sides, user }
}

#[tokio::test]
async fn samba_and_adsys_tell_as_text() {
    let computer = FakeComputer::new(Behaviour::Good);
    let rule = "=".repeat(40);
    computer.program(
        "samba-gpupdate",
        &format!(
            "printf '%s\\n' \"$*\" >> '{}'\ncase $2 in *User) what=User;; *) what=Computer;; esac\n\
             printf 'Resultant Set of Policy\\n%s Policy\\n\\nGPO: Base\\n{rule}\\n{rule}\\n\\nGPO: Of the %s\\n{rule}\\n{rule}\\n' $what $what\n",
            computer.path("samba").display()
        ),
    );
    let collection = text_tool(ResultTool::Samba, Some("CORP\\alice"), ResultSides::Both);
    let collected = collect(&computer, &collection).await.unwrap();
    let applied = |side| -> Vec<String> {
        collected.report.result(side).unwrap().applied().iter().map(|gpo| gpo.name.clone()).collect()
    };
    assert_eq!(applied(Side::Computer), ["Base", "Of the Computer"]);
    assert_eq!(applied(Side::User), ["Base", "Of the User"]);
    let run = std::fs::read_to_string(computer.path("samba")).unwrap();
    assert_eq!(run, "--rsop --target=Computer\n--rsop --target=User --user=CORP\\alice --no-pass\n");
    // What was made of it opens again as a file.
    let again = opengpmc::report::read_rsop(&collected.xml).unwrap();
    assert_eq!(again.result(Side::User).unwrap().gpos.len(), 2);
    let words = &again.result(Side::Computer).unwrap().extensions.last().unwrap().elements[0].text;
    assert!(words.contains("GPO: Of the Computer"), "{words}");

    computer.program(
        "adsysctl",
        "echo 'Policies from machine configuration:'\necho '- Base ({31B2F340-016D-11D2-945F-00C04FB984F9})'\n\
         echo '    - dconf:'\necho '        - org/a: 1'\necho 'Policies from user configuration:'\n",
    );
    let collected = collect(&computer, &text_tool(ResultTool::Adsys, Some("alice"), ResultSides::Both)).await.unwrap();
    let side = collected.report.result(Side::Computer).unwrap();
    assert_eq!((side.applied().len(), side.extensions[0].name.as_str()), (1, "adsys (adsysctl): dconf"));
    let winner = opengpmc::report::rsop::winning_gpo(&side.extensions[0].elements[0]).unwrap();
    assert_eq!(side.gpo(&winner).unwrap().name, "Base");

    computer.program("adsysctl", "echo 'Error: no policy applied for \"alice\"' >&2\nexit 1\n");
    let (_, _, message) = collect(&computer, &text_tool(ResultTool::Adsys, None, ResultSides::Both)).await.unwrap_err();
    assert!(message.contains("ended with 1") && message.contains("no policy applied"), "{message}");
    computer.program("samba-gpupdate", "echo nothing\n");
    let (_, _, message) =
        collect(&computer, &text_tool(ResultTool::Samba, None, ResultSides::Computer)).await.unwrap_err();
    assert!(message.contains("says nothing of the computer"), "{message}");
}

#[tokio::test]
async fn what_cannot_work_is_refused_before_anything_runs() {
    let computer = FakeComputer::new(Behaviour::Good);
    let here = |tool| Collection { computer: TargetComputer::This, ..text_tool(tool, None, ResultSides::Computer) };
    for tool in ResultTool::ALL.into_iter().filter(|tool| !tool.runs_here()) {
        let (id, code, _) = collect(&computer, &here(tool)).await.unwrap_err();
        assert_eq!((id, code), (MessageId::InvalidArgument, HResult::NOT_SUPPORTED));
    }
    let (_, _, message) = collect(&computer, &remote(Some("alice@corp"), ResultSides::Both)).await.unwrap_err();
    assert!(message.contains("DOMAIN\\name"), "{message}");
    let (_, _, message) = collect(&computer, &text_tool(ResultTool::Samba, None, ResultSides::Both)).await.unwrap_err();
    assert!(message.contains("which user"), "{message}");
    assert_eq!(computer.asked(), Vec::<String>::new());
}
