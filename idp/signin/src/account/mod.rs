//! What a signed-in person does with their own account: keys, password, name and address, browsers.

pub mod address;
pub mod browsers;
pub mod card;
pub mod join;
pub mod keys;
pub mod passkey;
pub mod profile;
pub mod soft_key;
