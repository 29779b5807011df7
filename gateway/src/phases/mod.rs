//! The phases of a request, in the order in which `Gateway::run` goes through them.

pub(crate) mod decide;
pub(crate) mod detour;
pub(crate) mod forward;
pub(crate) mod grace;
pub(crate) mod identity;
pub(crate) mod path;
pub(crate) mod refuse;
pub(crate) mod rewrite;
pub(crate) mod session;
pub(crate) mod site;
pub(crate) mod strip;
pub(crate) mod token;
