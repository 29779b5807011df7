//! The binary: command line, configuration, assembly, demonstration.
//!
//! `assemble/` is the only place that knows every crate; it only puts them together. `config/` is the only place that
//! reads files and the environment.

pub mod adapters;
pub mod assemble;
pub mod cli;
pub mod config;
pub mod demo;
pub mod front;
pub mod listen;
pub mod outside;
