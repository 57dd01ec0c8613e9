//! Names the files that browsers keep after what is in them.

#[path = "src/pages/content_name.rs"]
mod content_name;

use std::path::Path;

fn main() {
    for (name, file) in [("PORTAL_CSS", "assets/portal.css"), ("PORTAL_JS", "assets/portal.js")] {
        println!("cargo::rerun-if-changed={file}");
        let content = std::fs::read(Path::new(file)).unwrap_or_else(|error| panic!("could not read {file}: {error}"));
        println!("cargo::rustc-env={name}={}", content_name::of(&content));
    }
}
