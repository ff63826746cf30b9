//! Builds what Tauri needs, once the page that it embeds is there.

use std::path::Path;

fn main() {
    let page = Path::new("../ui/dist");
    println!("cargo::rerun-if-changed={}", page.display());
    if page.join("index.html").exists() {
        tauri_build::build();
    } else {
        println!("cargo::error=the page is not built: run `just ui`, which makes ui/dist/index.html");
    }
}
