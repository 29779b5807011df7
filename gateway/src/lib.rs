//! The reverse proxy: a relying party per site that decides, strips, adds and forwards.
