//! How long the audit log is kept: as each trust sets it; what belongs to no trust, as long as the one that keeps longest.

use idp_domain::trust::{Trust, TrustSettings};
use idp_domain::{Timestamp, TrustId};
use idp_store::audit::Retention;

use crate::Directory;
use crate::error::Result;

/// Seconds of a month and of a year, in round numbers.
const MONTH: i64 = 30 * DAY + DAY / 2;
const YEAR: i64 = 365 * DAY;
const DAY: i64 = 24 * 3600;

impl Directory {
    /// Removes entries that are older than their trust keeps them. Answers how many went.
    pub async fn forget_old(&self) -> Result<u64> {
        let (store, now) = (&self.context.store, self.context.now());
        let trusts = store.trusts().await?;
        let mut gone = store.forget(longest(&trusts, now)).await?;
        for trust in &trusts {
            gone += store.forget(retention(Some(trust.id), &trust.settings, now)).await?;
        }
        Ok(gone)
    }
}

fn retention(trust: Option<TrustId>, settings: &TrustSettings, now: Timestamp) -> Retention {
    Retention {
        trust,
        signins_before: now.plus(-settings.signin_log_months * MONTH),
        others_before: now.plus(-settings.log_years * YEAR),
    }
}

/// Sign-ins belong to no trust, and one that keeps its log for longer wants to see them.
fn longest(trusts: &[Trust], now: Timestamp) -> Retention {
    let own = TrustSettings::default();
    let months = trusts.iter().map(|trust| trust.settings.signin_log_months).max().unwrap_or(own.signin_log_months);
    let years = trusts.iter().map(|trust| trust.settings.log_years).max().unwrap_or(own.log_years);
    retention(None, &TrustSettings { signin_log_months: months, log_years: years, ..own }, now)
}
