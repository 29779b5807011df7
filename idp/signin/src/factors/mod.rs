//! The factors: password, soft key, passkey or security key.

pub mod passkey;
pub mod password;
pub mod soft_key;
