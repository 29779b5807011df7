//! The factors, one file each: password, mailed code of a new browser, passkey or security key, soft key, printed card;
//! and the two ways back without a key.

pub mod card;
pub mod new_browser;
pub mod pass;
pub mod passkey;
pub mod password;
pub mod recovery;
pub mod soft_key;
