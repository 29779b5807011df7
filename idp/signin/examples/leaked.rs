//! Makes the filter of leaked passwords from a list with one on each line:
//! `cargo run -p idp-signin --example leaked < list.txt > idp/signin/leaked-passwords.bin`.

use std::io::{Read, Write};

fn main() -> std::io::Result<()> {
    let mut list = Vec::new();
    std::io::stdin().read_to_end(&mut list)?;
    std::io::stdout().write_all(&idp_signin::leaked::table(&String::from_utf8_lossy(&list)))
}
