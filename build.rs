//! Has the program built again when GraphiQL was: its files become a part of it.

use std::path::Path;

fn main() {
    // What is not there counts as changed each time. Where it was not built yet, the folder that it
    // will appear in is watched instead.
    let built = "web/dist";
    let watched = if Path::new(built).exists() {
        built
    } else {
        "web"
    };
    println!("cargo::rerun-if-changed={watched}");
}
