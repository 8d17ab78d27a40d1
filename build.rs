//! Functions that became the same instructions are kept once in the program that is deployed.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name, value| env::var(name).is_ok_and(|given| given == value);
    // Where the linker that comes with the compiler is used, which knows how.
    if is("PROFILE", "release") && is("TARGET", "x86_64-unknown-linux-gnu") {
        println!("cargo:rustc-link-arg-bins=-Wl,--icf=all");
    }
}
