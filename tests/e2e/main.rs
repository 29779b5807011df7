//! End to end: the story of people, by address, through the whole system in one process.
#![expect(clippy::unwrap_used, reason = "in tests a broken assumption must stop the test at once")]

mod admin;
mod alerts;
mod app_keys;
mod apps;
mod ciba;
mod day_pass;
mod details;
mod developers;
mod domain;
mod emblem;
mod ends_and_outages;
mod everyone;
mod exchange;
mod front_channel;
mod front_door;
mod help;
mod import;
mod joins;
mod key_rules;
mod keys;
mod links;
mod mail;
mod owner;
mod questions;
mod registration;
mod reminders;
mod requests;
mod roles;
mod servers;
mod signing_keys;
mod sites;
mod streams;
mod upstream;
mod welsh;
mod words;
