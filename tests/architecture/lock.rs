//! L-13: what is built is what was chosen. Every package comes from the public registry, with its checksum, and none is
//! older than the release that mended a fault in it.

use super::root;

/// The oldest releases without a known fault that would matter here.
const AT_LEAST: [(&str, [u64; 3]); 2] = [("h2", [0, 4, 18]), ("calamine", [0, 36, 0])];
/// Libraries that we use for nothing ourselves: this one leaks private keys by its timing (RUSTSEC-2023-0071). Others bring it
/// along to check signatures, which takes no private key.
const NOT_OURS: [&str; 1] = ["rsa"];

fn version(text: &str) -> [u64; 3] {
    let mut parts = text.split(['.', '-', '+']).map(|part| part.parse().unwrap_or(0));
    [(); 3].map(|()| parts.next().unwrap_or(0))
}

#[test]
fn l_13_packages_come_from_one_place_with_their_checksums_and_are_new_enough() {
    let text = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let lock: toml::Value = toml::from_str(&text).unwrap();
    let packages = lock["package"].as_array().unwrap();
    let mut wrong = Vec::new();
    for package in packages {
        let (name, is) = (package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
        match package.get("source").and_then(toml::Value::as_str) {
            // Our own.
            None => {
                let needs = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
                let needs = needs.filter_map(|need| need.as_str()?.split(' ').next());
                wrong.extend(needs.filter(|need| NOT_OURS.contains(need)).map(|need| format!("{name} uses {need}")));
            }
            Some("registry+https://github.com/rust-lang/crates.io-index") if package.get("checksum").is_some() => {}
            Some(other) => wrong.push(format!("{name} comes from {other}")),
        }
        if AT_LEAST.iter().any(|(known, least)| *known == name && version(is) < *least) {
            wrong.push(format!("{name} {is} is too old"));
        }
    }
    assert!(packages.len() > 100 && wrong.is_empty(), "{wrong:#?}");
}
