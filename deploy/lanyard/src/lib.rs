//! The binary: command line, configuration, assembly, demonstration.
