//! What every backend of `Sysvol` must do, as one suite run against each of them.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, StreamExt, TryStreamExt};
use opengpmc::store::{ContentSource, SdParts, StoreError, StoreErrorKind, Sysvol, SysvolPath};

/// Checks every method of a backend in a folder of its own, which is gone afterwards.
pub async fn check_sysvol(sysvol: &dyn Sysvol, base: &str) {
    let suite = Suite { sysvol, base: path(base) };
    suite.clean_up().await;
    suite.folders().await;
    suite.files().await;
    suite.names().await;
    suite.ranges().await;
    suite.large_file().await;
    suite.pieces().await;
    suite.missing_things().await;
    suite.removing().await;
    suite.renaming().await;
    suite.refused_replace_leaves_nothing().await;
    suite.readers_see_old_or_new().await;
    suite.security().await;
    suite.many_in_flight().await;
    suite.the_root_stays().await;
    suite.clean_up().await;
    assert_eq!(kind(sysvol.stat(&suite.base).await), StoreErrorKind::NotFound);
}

/// Returns the path this text names.
pub fn path(text: &str) -> SysvolPath {
    SysvolPath::parse(text).unwrap()
}

/// Returns the kind of failure; panics on success.
pub fn kind<T: std::fmt::Debug>(result: Result<T, StoreError>) -> StoreErrorKind {
    result.unwrap_err().kind
}

struct Suite<'a> {
    sysvol: &'a dyn Sysvol,
    base: SysvolPath,
}

impl Suite<'_> {
    fn at(&self, relative: &str) -> SysvolPath {
        self.base.join_path(&path(relative))
    }

    async fn clean_up(&self) {
        match self.sysvol.remove_tree(&self.base).await {
            Err(error) if error.kind != StoreErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
    }

    async fn names_in(&self, folder: &str) -> Vec<String> {
        let files = self.sysvol.list(&self.at(folder)).await.unwrap();
        files.into_iter().map(|file| file.name).collect()
    }

    async fn write(&self, file: &str, content: &[u8]) {
        self.sysvol.replace(&self.at(file), content).await.unwrap();
    }

    async fn content(&self, file: &str) -> Vec<u8> {
        self.sysvol.read(&self.at(file)).await.unwrap()
    }

    async fn folders(&self) {
        let sysvol = self.sysvol;
        sysvol.make_folder(&self.base).await.unwrap();
        assert_eq!(kind(sysvol.make_folder(&self.base).await), StoreErrorKind::AlreadyExists);
        sysvol.make_folder(&self.at("Machine")).await.unwrap();
        assert_eq!(kind(sysvol.make_folder(&self.at("MACHINE")).await), StoreErrorKind::AlreadyExists);
        assert_eq!(kind(sysvol.make_folder(&self.at("none/folder")).await), StoreErrorKind::NotFound);
        sysvol.make_folder(&self.at("mAcHiNe/Scripts")).await.unwrap();
        assert_eq!(self.names_in("").await, ["Machine"]);
        assert_eq!(self.names_in("machine").await, ["Scripts"]);
        assert!(self.names_in("Machine/scripts").await.is_empty());
        let info = sysvol.stat(&self.at("MACHINE/SCRIPTS")).await.unwrap();
        assert_eq!((info.name.as_str(), info.is_folder, info.size_bytes), ("Scripts", true, 0));
        assert!(sysvol.stat(&SysvolPath::root()).await.unwrap().is_folder);
        assert!(sysvol.list(&SysvolPath::root()).await.is_ok());
    }

    async fn files(&self) {
        self.write("GPT.INI", b"[General]\r\nVersion=0\r\n").await;
        assert_eq!(self.content("gpt.ini").await, b"[General]\r\nVersion=0\r\n");
        self.write("Gpt.ini", b"[General]\r\nVersion=1\r\n").await;
        assert_eq!(self.content("GPT.INI").await, b"[General]\r\nVersion=1\r\n");
        self.write("machine/REGISTRY.pol", b"").await;
        assert_eq!(self.content("Machine/Registry.pol").await, b"");

        let listed = self.sysvol.list(&self.base).await.unwrap();
        let seen: Vec<_> = listed.iter().map(|file| (file.name.as_str(), file.is_folder, file.size_bytes)).collect();
        assert_eq!(seen, [("GPT.INI", false, 22), ("Machine", true, 0)], "one file, spelled as when it was made");
        assert_eq!(self.names_in("Machine").await, ["REGISTRY.pol", "Scripts"]);

        let info = self.sysvol.stat(&self.at("gpt.INI")).await.unwrap();
        assert_eq!((info.name.as_str(), info.is_folder, info.size_bytes), ("GPT.INI", false, 22));
        if let Some(modified) = info.modified {
            let age_secs = opengpmc::ident::Timestamp::now().unix_seconds() - modified.unix_seconds();
            assert!((-120..600).contains(&age_secs), "changed {age_secs} s ago");
        }
        assert!(self.sysvol.read(&self.at("Machine")).await.is_err(), "a folder is not read");
        assert!(self.sysvol.list(&self.at("GPT.INI")).await.is_err(), "a file is not listed");
    }

    async fn names(&self) {
        let names = [
            "#%25 x",
            "[x]",
            "a'b`c",
            "Documents & Settings",
            "{31B2F340-016D-11D2-945F-00C04FB984F9}",
            "Äpfel €.txt",
            "日本語",
            "🗝.key",
        ];
        self.sysvol.make_folder(&self.at("Names")).await.unwrap();
        for name in names {
            self.write(&format!("Names/{name}"), name.as_bytes()).await;
        }
        for name in names {
            assert_eq!(self.content(&format!("names/{name}")).await, name.as_bytes());
        }
        let expected: BTreeSet<_> = names.into_iter().map(str::to_owned).collect();
        let listed = self.names_in("NAMES").await;
        assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), expected);
        assert!(listed.is_sorted_by_key(|name| name.to_lowercase()));
        assert_eq!(self.content("Names/äpfel €.TXT").await, "Äpfel €.txt".as_bytes());
        let long = "x".repeat(150);
        self.write(&format!("Names/{long}"), b"long").await;
        assert_eq!(self.content(&format!("Names/{long}")).await, b"long");
    }

    async fn ranges(&self) {
        self.write("range", b"0123456789").await;
        let cases: [(u64, usize, &[u8]); 7] = [
            (0, 4, b"0123"),
            (3, 4, b"3456"),
            (8, 4, b"89"),
            (10, 4, b""),
            (1 << 40, 4, b""),
            (2, 0, b""),
            (0, 1 << 40, b"0123456789"),
        ];
        for (offset, length, expected) in cases {
            let read = self.sysvol.read_range(&self.at("range"), offset, length).await.unwrap();
            assert_eq!(read, expected, "{length} bytes from {offset}");
        }
        self.write("range", b"").await;
        assert_eq!(self.sysvol.read_range(&self.at("range"), 0, 10).await.unwrap(), b"");
    }

    async fn large_file(&self) {
        // More than a server takes in one request (8 MiB on most), and no multiple of anything.
        let content: Vec<u8> = (0..9_500_001_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        self.write("large", &content).await;
        assert_eq!(self.sysvol.stat(&self.at("large")).await.unwrap().size_bytes, content.len() as u64);
        assert!(self.content("large").await == content, "the large file differs");
        let range = self.sysvol.read_range(&self.at("large"), 100_000, 9_000_000).await.unwrap();
        assert!(range == content[100_000..9_100_000], "the large range differs");
        self.write("large", b"small").await;
        assert_eq!(self.content("large").await, b"small", "a shorter file is cut");
    }

    async fn pieces(&self) {
        let sysvol = self.sysvol;
        let (folder, file) = (self.at("Pieces"), self.at("Pieces/Script.cmd"));
        let pieces = |lengths: &[usize]| -> Vec<Vec<u8>> {
            lengths.iter().enumerate().map(|(i, length)| vec![b'a' + i as u8; *length]).collect()
        };
        sysvol.make_folder(&folder).await.unwrap();
        for lengths in [&[][..], &[0], &[5], &[70_000, 1, 0, 3_000_000, 7], &[3, 2]] {
            let mut source = Pieces::new(pieces(lengths), End::Ok);
            sysvol.replace_from(&file, &mut source).await.unwrap();
            assert!(self.content("Pieces/script.CMD").await == pieces(lengths).concat(), "{lengths:?}");
            assert_eq!(self.names_in("Pieces").await, ["Script.cmd"]);
        }
        let old = self.content("Pieces/Script.cmd").await;
        for lengths in [&[][..], &[5], &[2_000_000, 3, 4]] {
            for target in [&file, &self.at("Pieces/New")] {
                let mut source = Pieces::new(pieces(lengths), End::Fails);
                let error = sysvol.replace_from(target, &mut source).await.unwrap_err();
                assert_eq!((error.kind, error.object.as_str()), (StoreErrorKind::Timeout, "the source"), "{lengths:?}");
                assert_eq!(self.names_in("Pieces").await, ["Script.cmd"], "{target}, failed after {lengths:?}");

                let mut source = Pieces::new(pieces(lengths), End::Waits);
                let written = sysvol.replace_from(target, &mut source);
                tokio::time::timeout(Duration::from_millis(300), written).await.unwrap_err();
                self.settles_to("Pieces", &["Script.cmd"]).await;
            }
            assert_eq!(self.content("Pieces/Script.cmd").await, old);
        }
        let mut source = Pieces::new(pieces(&[3, 2]), End::Ok);
        assert_eq!(kind(sysvol.replace_from(&self.at("none/file"), &mut source).await), StoreErrorKind::NotFound);
        let mut source = Pieces::new(pieces(&[3, 2]), End::Ok);
        assert!(sysvol.replace_from(&folder, &mut source).await.is_err(), "a folder is not replaced");
        assert_eq!(self.names_in("Pieces").await, ["Script.cmd"]);
    }

    /// Waits until a folder holds this; a server takes a moment to see that a file was given up.
    async fn settles_to(&self, folder: &str, expected: &[&str]) {
        for _ in 0..50 {
            if self.names_in(folder).await == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(self.names_in(folder).await, expected);
    }

    async fn missing_things(&self) {
        let sysvol = self.sysvol;
        for missing in ["none", "none/file", "GPT.INI/file"] {
            let at = self.at(missing);
            assert_eq!(kind(sysvol.read(&at).await), StoreErrorKind::NotFound, "{missing}");
            assert_eq!(kind(sysvol.read_range(&at, 0, 1).await), StoreErrorKind::NotFound, "{missing}");
            assert_eq!(kind(sysvol.stat(&at).await), StoreErrorKind::NotFound, "{missing}");
            assert_eq!(kind(sysvol.list(&at).await), StoreErrorKind::NotFound, "{missing}");
            assert_eq!(kind(sysvol.remove(&at).await), StoreErrorKind::NotFound, "{missing}");
            assert_eq!(kind(sysvol.remove_tree(&at).await), StoreErrorKind::NotFound, "{missing}");
            assert_eq!(kind(sysvol.rename(&at, &self.at("other")).await), StoreErrorKind::NotFound, "{missing}");
        }
        let error = sysvol.read(&self.at("none")).await.unwrap_err();
        assert!(error.object.ends_with("none"), "the error names the path: {}", error.object);
        assert!(error.object.starts_with(sysvol.location()), "and the server: {}", error.object);
        assert_eq!(kind(sysvol.replace(&self.at("none/file"), b"x").await), StoreErrorKind::NotFound);
        assert_eq!(kind(sysvol.rename(&self.at("GPT.INI"), &self.at("none/file")).await), StoreErrorKind::NotFound);
    }

    async fn removing(&self) {
        let sysvol = self.sysvol;
        sysvol.make_folder(&self.at("Tree")).await.unwrap();
        for folder in ["Tree/A", "Tree/A/B", "Tree/C"] {
            sysvol.make_folder(&self.at(folder)).await.unwrap();
        }
        for file in ["Tree/1", "Tree/A/2", "Tree/A/B/3", "Tree/A/B/4"] {
            self.write(file, b"x").await;
        }
        assert_eq!(kind(sysvol.remove(&self.at("Tree")).await), StoreErrorKind::NotEmpty);
        sysvol.remove(&self.at("TREE/c")).await.unwrap();
        sysvol.remove(&self.at("tree/1")).await.unwrap();
        assert_eq!(self.names_in("Tree").await, ["A"]);
        sysvol.remove_tree(&self.at("tree/a/b/4")).await.unwrap();
        assert_eq!(self.names_in("Tree/A/B").await, ["3"]);
        sysvol.remove_tree(&self.at("tree")).await.unwrap();
        assert_eq!(kind(sysvol.stat(&self.at("Tree")).await), StoreErrorKind::NotFound);
    }

    async fn renaming(&self) {
        let sysvol = self.sysvol;
        sysvol.make_folder(&self.at("From")).await.unwrap();
        sysvol.make_folder(&self.at("To")).await.unwrap();
        self.write("From/one", b"1").await;
        self.write("From/two", b"2").await;
        let rename = async |from: &str, to: &str| sysvol.rename(&self.at(from), &self.at(to)).await;
        rename("from/ONE", "From/uno").await.unwrap();
        assert_eq!(self.names_in("From").await, ["two", "uno"]);
        assert_eq!(kind(rename("From/uno", "From/TWO").await), StoreErrorKind::AlreadyExists);
        assert_eq!(self.content("From/two").await, b"2");
        assert_eq!(self.content("From/uno").await, b"1");
        assert_eq!(kind(rename("From/uno", "to").await), StoreErrorKind::AlreadyExists);
        rename("From/uno", "From/UNO").await.unwrap();
        assert_eq!(self.names_in("From").await, ["two", "UNO"], "a name may change its case");
        rename("From/UNO", "To/one").await.unwrap();
        assert_eq!((self.names_in("From").await, self.names_in("To").await), (vec!["two".into()], vec!["one".into()]));
        rename("From", "To/Moved").await.unwrap();
        assert_eq!(self.content("To/Moved/two").await, b"2");
        assert_eq!(kind(sysvol.stat(&self.at("From")).await), StoreErrorKind::NotFound);
        assert!(rename("To", "To/Moved/To").await.is_err(), "a folder does not move into itself");
        assert_eq!(self.content("To/Moved/two").await, b"2");
    }

    async fn refused_replace_leaves_nothing(&self) {
        let sysvol = self.sysvol;
        sysvol.make_folder(&self.at("Refused")).await.unwrap();
        sysvol.make_folder(&self.at("Refused/folder")).await.unwrap();
        self.write("Refused/folder/file", b"old").await;
        assert!(sysvol.replace(&self.at("Refused/FOLDER"), b"new").await.is_err(), "a folder is not replaced");
        assert_eq!(self.names_in("Refused").await, ["folder"], "no temporary file is left");
        assert_eq!(self.content("Refused/folder/file").await, b"old");
        assert!(sysvol.replace(&self.at("Refused/folder/file/x"), b"new").await.is_err());
        assert_eq!(self.names_in("Refused/folder").await, ["file"]);
        assert_eq!(self.content("Refused/folder/file").await, b"old");
    }

    async fn readers_see_old_or_new(&self) {
        let contents: Vec<Vec<u8>> = (0..2_u8).map(|i| vec![b'a' + i; 40_000 * (1 + usize::from(i))]).collect();
        self.write("Swapped", &contents[0]).await;
        let writer = async {
            for turn in 0..20 {
                self.write("swapped", &contents[turn % 2]).await;
            }
        };
        let swapped = self.at("Swapped");
        let readers = stream::iter(0..60).map(|_| self.sysvol.read(&swapped)).buffer_unordered(3);
        let check = readers.for_each(async |read| match read {
            Ok(read) => assert!(contents.contains(&read), "half a file was read: {} bytes", read.len()),
            // A server may show the gap between the two names for an instant.
            Err(error) => assert_eq!(error.kind, StoreErrorKind::NotFound, "{error}"),
        });
        futures::join!(writer, check);
        assert!(contents.contains(&self.content("Swapped").await));
        let left: Vec<_> = self.names_in("").await.into_iter().filter(|name| name.contains('~')).collect();
        assert!(left.is_empty(), "temporary files are left: {left:?}");
    }

    async fn security(&self) {
        let sysvol = self.sysvol;
        let (file, folder) = (self.at("Secured/file"), self.at("Secured"));
        sysvol.make_folder(&folder).await.unwrap();
        self.write("Secured/file", b"old").await;
        if !sysvol.has_security() {
            assert_eq!(kind(sysvol.security(&file, SdParts::DACL).await), StoreErrorKind::NotSupported);
            assert_eq!(kind(sysvol.set_security(&file, SdParts::DACL, &[]).await), StoreErrorKind::NotSupported);
            return;
        }
        assert_eq!(kind(sysvol.security(&self.at("none"), SdParts::DACL).await), StoreErrorKind::NotFound);
        let whole = sysvol.security(&file, SdParts::READABLE).await.unwrap();
        let part = |descriptor: &[u8], at: usize| u32::from_le_bytes(descriptor[at..at + 4].try_into().unwrap());
        assert_eq!(whole[0], 1, "revision");
        assert!(part(&whole, 4) > 0 && part(&whole, 8) > 0 && part(&whole, 16) > 0, "owner, group and DACL");
        let dacl_only = sysvol.security(&file, SdParts::DACL).await.unwrap();
        assert_eq!((part(&dacl_only, 4), part(&dacl_only, 8)), (0, 0), "no more than was asked for");

        // D:P(A;;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;FR;;;AU): full for administrators and the system, else read.
        for at in [&file, &folder] {
            sysvol.set_security(at, SdParts::DACL, &protected_dacl()).await.unwrap();
            let written = sysvol.security(at, SdParts::DACL).await.unwrap();
            assert_eq!(dacl_of(&written), dacl_of(&protected_dacl()), "{at}");
            assert_ne!(u16::from_le_bytes([written[2], written[3]]) & 0x1000, 0, "{at} is protected");
        }
        let before = sysvol.security(&file, SdParts::READABLE).await.unwrap();
        self.write("secured/FILE", b"new").await;
        assert_eq!(self.content("Secured/file").await, b"new");
        let after = sysvol.security(&file, SdParts::READABLE).await.unwrap();
        assert_eq!(after, before, "a replaced file keeps its descriptor");
        assert!(sysvol.set_security(&file, SdParts::DACL, b"garbage").await.is_err());
        assert_eq!(sysvol.security(&file, SdParts::READABLE).await.unwrap(), before);
    }

    async fn many_in_flight(&self) {
        const FILES: usize = 200;
        self.sysvol.make_folder(&self.at("Many")).await.unwrap();
        let content = |i: usize| format!("file {i} ").repeat(i * 7).into_bytes();
        stream::iter((0..FILES).map(Ok::<_, StoreError>))
            .try_for_each_concurrent(32, async |i| {
                self.sysvol.replace(&self.at(&format!("Many/{i}.xml")), &content(i)).await
            })
            .await
            .unwrap();
        let read: Vec<(usize, Vec<u8>)> = stream::iter(0..FILES)
            .map(async |i| self.sysvol.read(&self.at(&format!("many/{i}.XML"))).await.map(|content| (i, content)))
            .buffer_unordered(32)
            .try_collect()
            .await
            .unwrap();
        assert_eq!(read.len(), FILES);
        for (i, bytes) in read {
            assert!(bytes == content(i), "file {i} differs");
        }
        assert_eq!(self.names_in("Many").await.len(), FILES);
    }

    async fn the_root_stays(&self) {
        let root = SysvolPath::root();
        assert!(self.sysvol.remove(&root).await.is_err());
        assert!(self.sysvol.remove_tree(&root).await.is_err());
        assert!(self.sysvol.rename(&root, &self.at("root")).await.is_err());
        assert!(self.sysvol.replace(&root, b"x").await.is_err());
        assert_eq!(kind(self.sysvol.make_folder(&root).await), StoreErrorKind::AlreadyExists);
        assert_eq!(self.content("GPT.INI").await, b"[General]\r\nVersion=1\r\n");
    }
}

/// Content in these pieces.
struct Pieces {
    rest: std::vec::IntoIter<Vec<u8>>,
    end: End,
}

/// What comes after the last piece.
enum End {
    Ok,
    Fails,
    Waits,
}

impl Pieces {
    fn new(pieces: Vec<Vec<u8>>, end: End) -> Self {
        Pieces { rest: pieces.into_iter(), end }
    }
}

#[async_trait]
impl ContentSource for Pieces {
    async fn next_piece(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        match (self.rest.next(), &self.end) {
            (Some(piece), _) => Ok(Some(piece)),
            (None, End::Ok) => Ok(None),
            (None, End::Fails) => Err(StoreError::new(StoreErrorKind::Timeout, "the source")),
            (None, End::Waits) => std::future::pending().await,
        }
    }
}

/// Returns `D:P(A;;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;FR;;;AU)` in its binary form ([MS-DTYP] 2.4.6).
fn protected_dacl() -> Vec<u8> {
    let administrators: &[u8] = &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
    let system: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0];
    let authenticated: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 5, 11, 0, 0, 0];
    let full = 0x001f_01ff_u32;
    let read = 0x0012_0089_u32;
    let mut aces = Vec::new();
    for (flags, mask, sid) in [(0, full, administrators), (3, full, system), (3, read, authenticated)] {
        aces.extend([0, flags]);
        aces.extend(u16::try_from(8 + sid.len()).unwrap().to_le_bytes());
        aces.extend(mask.to_le_bytes());
        aces.extend(sid);
    }
    let mut descriptor = vec![1, 0];
    descriptor.extend(0x9004_u16.to_le_bytes());
    for offset in [0_u32, 0, 0, 20] {
        descriptor.extend(offset.to_le_bytes());
    }
    descriptor.extend([2, 0]);
    descriptor.extend(u16::try_from(8 + aces.len()).unwrap().to_le_bytes());
    descriptor.extend([3, 0, 0, 0]);
    descriptor.extend(aces);
    descriptor
}

/// Returns the entries of a descriptor's DACL, as bytes.
fn dacl_of(descriptor: &[u8]) -> &[u8] {
    let start = u32::from_le_bytes(descriptor[16..20].try_into().unwrap()) as usize;
    let length = usize::from(u16::from_le_bytes([descriptor[start + 2], descriptor[start + 3]]));
    &descriptor[start + 8..start + length]
}
