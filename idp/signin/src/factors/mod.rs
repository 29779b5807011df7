//! The factors, one file each: password, mailed code of a new browser, passkey or security key, soft key, printed card;
//! the two ways back without a key, and the day pass of somebody who is here only today.

pub mod card;
pub mod clock_watch;
mod comeback;
pub mod day_pass;
pub mod new_browser;
pub mod pass;
pub mod passkey;
pub mod password;
pub mod recovery;
pub mod soft_key;
