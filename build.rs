//! Lists the demo forest's source (`assets/demo/`) for the program to build in.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=assets/demo");
    let variable = |name| env::var_os(name).map(PathBuf::from).ok_or(io::ErrorKind::NotFound);
    let root = variable("CARGO_MANIFEST_DIR")?.join("assets").join("demo");
    let mut files = Vec::new();
    collect(&root, &root, &mut files)?;
    files.sort();
    let rows = files.iter().map(|(path, file)| format!("    ({path:?}, include_str!({file:?})),\n"));
    fs::write(variable("OUT_DIR")?.join("demo_source.rs"), format!("&[\n{}]\n", rows.collect::<String>()))
}

/// Collects the files below `folder`: path relative to `root` with slashes, and absolute path.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
            files.push((parts.join("/"), path.to_string_lossy().into_owned()));
        }
    }
    Ok(())
}
