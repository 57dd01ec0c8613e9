//! Lays the portals of the repository into the binary, so that the demo works wherever the binary stands. Which of them the demo serves
//! is decided there.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let portals = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../portals").canonicalize()?;
    // Cargo looks at everything below a folder.
    println!("cargo::rerun-if-changed={}", portals.display());
    println!("cargo::rerun-if-changed=build.rs");
    let mut source = String::from("&[\n");
    for folder in listed(&portals)?.into_iter().filter(|path| path.is_dir()) {
        writeln!(source, "    ({:?}, &[", name(&folder)?)?;
        for file in files(&folder)? {
            let below: Vec<_> = file.strip_prefix(&folder)?.iter().map(|part| part.to_string_lossy()).collect();
            let path = file.to_str().ok_or("a portal's file has a name that is not UTF-8")?;
            writeln!(source, "        ({:?}, include_str!({path:?})),", below.join("/"))?;
        }
        source.push_str("    ]),\n");
    }
    source.push_str("]\n");
    fs::write(out_dir().ok_or("cargo names no OUT_DIR")?.join("portals.rs"), source)?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script by its environment where to write")]
fn out_dir() -> Option<PathBuf> {
    std::env::var_os("OUT_DIR").map(PathBuf::from)
}

/// Everything in a folder, by name: a build must not depend on the order of the file system.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')));
    paths.sort();
    Ok(paths)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for path in listed(folder)? {
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

fn name(path: &Path) -> Result<&str, Box<dyn Error>> {
    path.file_name().and_then(|name| name.to_str()).ok_or_else(|| "a portal's folder has a name that is not UTF-8".into())
}
