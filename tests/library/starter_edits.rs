//! Starter GPOs made and changed, and what a new GPO gets from one.

use opengpmc::gpm::{Domain, HResult, Task};
use opengpmc::operation::starter_content;
use opengpmc::store::demo;

use crate::common::sysvol_suite::path;

const ROOT: &str = "kestrelbay.example";
/// A custom one with settings in both halves.
const WORKSTATION: &str = "{3A3CCEDD-59FC-4AC2-83E2-A80DCA76CE72}";
/// One with settings of computers.
const REMOTE_UPDATE: &str = "{D0D86874-FF85-4553-BDC0-DF66FC6205A3}";
/// One without settings.
const EMPTY: &str = "{8561D5D9-BDAC-47A0-8BCC-D3AE6FBE2964}";

async fn root() -> Domain {
    Domain::open(&demo::open().await.unwrap(), &ROOT.parse().unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_new_gpo_gets_the_settings_of_each_half_with_their_comments() {
    const COMPUTER: &str = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]";
    const USER: &str = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F73-3407-48AE-BA88-E8213C6761F1}]";
    let domain = root().await;
    let sysvol = domain.sysvol().await.unwrap();
    sysvol.make_folder(&path(&format!("StarterGPOs/{EMPTY}/User"))).await.unwrap();
    for (file, bytes) in [("User/comment.cmtx", &b"c"[..]), ("User/registry.pol", b"PReg\x01\0\0\0")] {
        sysvol.replace(&path(&format!("StarterGPOs/{EMPTY}/{file}")), bytes).await.unwrap();
    }
    let check = async |id: &str, files: &[&str], extensions: [&str; 2], halves: (u16, u16)| {
        let settings = starter_content(&domain, id.parse().unwrap(), &Task::default()).await.unwrap();
        let names: Vec<&str> = settings.files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names.as_slice(), settings.extensions.each_ref().map(String::as_str)), (files, extensions));
        assert_eq!((settings.version.computer, settings.version.user), halves);
        for (name, bytes) in &settings.files {
            assert_eq!(*bytes, sysvol.read(&path(&format!("StarterGPOs/{id}/{name}"))).await.unwrap());
        }
        settings.comment
    };
    let comment = check(WORKSTATION, &[r"Machine\Registry.pol", r"User\Registry.pol"], [COMPUTER, USER], (1, 1)).await;
    assert!(comment.unwrap().starts_with("What every new workstation GPO starts from."));
    let comment = check(REMOTE_UPDATE, &[r"Machine\Registry.pol"], [COMPUTER, ""], (1, 0)).await;
    assert_eq!(comment.as_deref(), Some("Opens what a remote update of Group Policy needs."));
    assert_eq!(check(EMPTY, &[r"User\comment.cmtx", r"User\Registry.pol"], ["", ""], (0, 0)).await, None);
    let missing =
        starter_content(&domain, "{8561D5D9-0000-0000-0000-000000000000}".parse().unwrap(), &Task::default()).await;
    assert_eq!(missing.unwrap_err().0.code, HResult::PATH_NOT_FOUND);
}
