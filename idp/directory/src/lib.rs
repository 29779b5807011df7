//! Managing people: memberships, grants, approvals, import.
