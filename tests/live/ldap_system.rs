//! Logging on through the system's Kerberos, with a credential cache that only it can read.

use std::io::Write;
use std::process::{Command, Stdio};

use opengpmc::store::{ConnectTarget, Credentials, Filter, Scope, SdParts, SearchRequest, open};

use super::lab::Lab;

const CHILD: &str = "OPENGPMC_TEST_SYSTEM_KERBEROS";

/// The cache is named by the environment of a process, so the test runs itself again in one of its own.
#[tokio::test]
async fn a_cache_that_is_no_file_is_read_by_the_system() {
    let Some(lab) = Lab::get() else { return };
    if std::env::var_os(CHILD).is_some() {
        return log_on(&lab).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let cache = format!("DIR:{}", folder.path().display());
    let mut kinit = Command::new("kinit");
    kinit.args(["-c", &cache, &lab.user]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut kinit = kinit.spawn().unwrap();
    let Credentials::Password { password, .. } = lab.admin() else { panic!("the lab gives a password") };
    kinit.stdin.take().unwrap().write_all(format!("{}\n", password.expose()).as_bytes()).unwrap();
    assert!(kinit.wait().unwrap().success());
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "--nocapture", "live::ldap_system::a_cache_that_is_no_file_is_read_by_the_system"]);
    assert!(again.env(CHILD, "1").env("KRB5CCNAME", &cache).status().unwrap().success());
}

async fn log_on(lab: &Lab) {
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    let options = lab.options();
    let store = open(&target, &Credentials::CurrentUser, &options).await.unwrap();
    let info = store.info();
    assert_eq!(info.security, "Kerberos (system), sealed", "{:?}", info.refusals);
    assert_eq!(info.user, format!("{}@{}", lab.user, lab.domain));
    assert!(info.refusals[0].contains("DIR:"), "{:?}", info.refusals);
    let directory = store.directory();
    let everything = SearchRequest {
        base: directory.root_dse().domain_dn.clone(),
        scope: Scope::Subtree,
        filter: Filter::any_object(),
        attributes: vec!["*".to_owned(), "nTSecurityDescriptor".to_owned()],
        sd_parts: Some(SdParts::READABLE),
    };
    assert!(directory.search(&everything).await.unwrap().len() > 200);
}
