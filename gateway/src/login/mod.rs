//! Signing in at a site: the gateway is an OpenID Connect relying party, once for each site.

mod assertion;
mod callback;
mod flow;
mod initiated;
mod introspect;
mod provider;

pub(crate) use callback::finish;
pub(crate) use flow::{Kind, Start, elevating_acr, own_path, redirect, start};
pub(crate) use initiated::initiate;
pub(crate) use introspect::{Told, keep_asked, told_of};
pub(crate) use provider::{Login, SiteFacts, keys_of, service_token};
