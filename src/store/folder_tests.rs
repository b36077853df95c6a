use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

fn path(text: &str) -> SysvolPath {
    SysvolPath::parse(text).unwrap()
}

#[tokio::test]
async fn a_missing_root_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("nowhere");
    let error = FolderSysvol::open(&missing, PATIENCE).await.err().unwrap();
    assert_eq!((error.kind, error.object), (StoreErrorKind::NotFound, missing.display().to_string()));
}

#[tokio::test]
async fn the_domain_is_found_in_any_case() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("CORP.Example.com/Policies")).unwrap();
    let domain: DnsName = "corp.example.com".parse().unwrap();
    let sysvol = FolderSysvol::open_domain(folder.path(), &domain, PATIENCE).await.unwrap();
    assert!(sysvol.stat(&path("policies")).await.unwrap().is_folder);
}

#[tokio::test]
async fn work_without_progress_is_given_up() {
    let root = Arc::new(Root { path: PathBuf::new(), location: "share".to_owned(), is_synced: true });
    let (sender, receiver) = std::sync::mpsc::channel();
    let result = watched(root, Duration::from_millis(20), move |root, watch| {
        while watch.step().is_ok() {
            if watch.steps.load(Ordering::Relaxed) < 3 {
                std::thread::sleep(Duration::from_millis(15));
            } else {
                std::thread::sleep(Duration::from_millis(200));
            }
        }
        sender.send(()).unwrap();
        Err::<(), _>(root.new_error(StoreErrorKind::Cancelled, &SysvolPath::root()))
    })
    .await;
    assert_eq!(result.unwrap_err().kind, StoreErrorKind::Timeout);
    assert_eq!(receiver.recv_timeout(PATIENCE), Ok(()), "the thread stops at its next step");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;

    use super::*;

    async fn sysvol() -> (tempfile::TempDir, FolderSysvol) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("root")).unwrap();
        fs::write(folder.path().join("secret"), "outside").unwrap();
        let sysvol = FolderSysvol::open(&folder.path().join("root"), PATIENCE).await.unwrap();
        (folder, sysvol)
    }

    #[tokio::test]
    async fn links_do_not_leave_the_root() {
        let (folder, sysvol) = sysvol().await;
        let root = folder.path().join("root");
        fs::create_dir(root.join("in")).unwrap();
        fs::write(root.join("in/file"), "inside").unwrap();
        symlink("../secret", root.join("out")).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink("in/file", root.join("link")).unwrap();
        symlink("nowhere", root.join("dangling")).unwrap();
        for refused in ["out", "OUT", "up/secret", "up/root/in/file"] {
            let error = sysvol.read(&path(refused)).await.unwrap_err();
            assert_eq!(error.kind, StoreErrorKind::BadPath, "{error}");
        }
        let kind = |result: Result<(), StoreError>| result.unwrap_err().kind;
        assert_eq!(kind(sysvol.replace(&path("out"), b"x").await), StoreErrorKind::BadPath);
        assert_eq!(kind(sysvol.replace(&path("up/new"), b"x").await), StoreErrorKind::BadPath);
        assert_eq!(kind(sysvol.make_folder(&path("up/new")).await), StoreErrorKind::BadPath);
        assert_eq!(kind(sysvol.remove_tree(&path("up/secret")).await), StoreErrorKind::BadPath);
        assert_eq!(sysvol.read(&path("dangling")).await.unwrap_err().kind, StoreErrorKind::NotFound);
        assert_eq!(sysvol.read(&path("link")).await.unwrap(), b"inside");
        sysvol.replace(&path("link"), b"new").await.unwrap();
        assert_eq!(fs::read(root.join("in/file")).unwrap(), b"new");

        let listed = sysvol.list(&SysvolPath::root()).await.unwrap();
        let listed: Vec<_> = listed.iter().map(|file| (file.name.as_str(), file.is_folder, file.size_bytes)).collect();
        let expected =
            [("dangling", false, 0), ("in", true, 0), ("link", false, 3), ("out", false, 0), ("up", false, 0)];
        assert_eq!(listed, expected);

        sysvol.remove_tree(&path("up")).await.unwrap();
        sysvol.remove(&path("out")).await.unwrap();
        assert_eq!(fs::read(folder.path().join("secret")).unwrap(), b"outside");
    }

    #[tokio::test]
    async fn names_that_differ_in_case_alone_are_not_mixed_up() {
        let (folder, sysvol) = sysvol().await;
        let root = folder.path().join("root");
        fs::write(root.join("Name"), "1").unwrap();
        fs::write(root.join("NAME"), "2").unwrap();
        assert_eq!(sysvol.read(&path("NAME")).await.unwrap(), b"2");
        let error = sysvol.read(&path("name")).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Corrupt, "{error}");
        assert_eq!(sysvol.stat(&path("Name")).await.unwrap().name, "Name");
    }

    #[tokio::test]
    async fn permissions_stay() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, sysvol) = sysvol().await;
        let file = folder.path().join("root/file");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        sysvol.replace(&path("FILE"), b"new").await.unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read(&file).unwrap(), b"new");
    }

    #[tokio::test]
    async fn a_pipe_is_no_file() {
        let (folder, sysvol) = sysvol().await;
        let pipe = folder.path().join("root/pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(sysvol.read(&path("pipe")).await.unwrap_err().kind, StoreErrorKind::Io);
    }
}
