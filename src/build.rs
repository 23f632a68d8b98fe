//! Tells Cargo that the embedded folders are part of the program.

#![allow(clippy::print_stdout)] // this is how a build script speaks

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    println!("cargo:rerun-if-changed=checks");
    println!("cargo:rerun-if-changed=fixtures");
}
