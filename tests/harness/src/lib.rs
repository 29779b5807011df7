//! The whole system in-process.
