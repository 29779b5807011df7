//! Short-lived things in Redis when several nodes run.
