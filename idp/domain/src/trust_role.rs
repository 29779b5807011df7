//! The roles that people hold in a trust.

use serde::{Deserialize, Serialize};

use crate::id::{PersonId, TrustId};

/// What somebody may do for a whole trust. None of these opens a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrustRole {
    /// Answers for everything.
    Owner,
    /// Manages people and sites.
    IdentityAdmin,
    /// Sees posture and counts; approves key-level groups.
    SafeguardingLead,
    /// Resends, unlocks, suspends keys, explains.
    Helpdesk,
    /// Reads the audit log.
    Auditor,
    /// Registers apps in the sandbox.
    AppDeveloper,
}

impl TrustRole {
    /// Every role.
    pub const ALL: [Self; 6] =
        [Self::Owner, Self::IdentityAdmin, Self::SafeguardingLead, Self::Helpdesk, Self::Auditor, Self::AppDeveloper];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::IdentityAdmin => "identity_admin",
            Self::SafeguardingLead => "safeguarding_lead",
            Self::Helpdesk => "helpdesk",
            Self::Auditor => "auditor",
            Self::AppDeveloper => "app_developer",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// The name on screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Owner => "Trust owner",
            Self::IdentityAdmin => "Trust identity admin",
            Self::SafeguardingLead => "Trust safeguarding lead",
            Self::Helpdesk => "Trust helpdesk",
            Self::Auditor => "Trust auditor",
            Self::AppDeveloper => "App developer",
        }
    }
}

/// One person's role in one trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustSeat {
    /// Who.
    pub person: PersonId,
    /// Where.
    pub trust: TrustId,
    /// As what.
    pub role: TrustRole,
}
