//! Names the files that browsers keep after what is in them.

use std::path::Path;

fn main() {
    for (name, file) in [("PORTAL_CSS", "assets/portal.css"), ("PORTAL_JS", "assets/portal.js")] {
        println!("cargo::rerun-if-changed={file}");
        let content = std::fs::read(Path::new(file)).unwrap_or_else(|error| panic!("could not read {file}: {error}"));
        // FNV-1a, 64 bit: two versions need another name, nobody must find one of the same.
        let hash = content.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        println!("cargo::rustc-env={name}={hash:016x}");
    }
}
