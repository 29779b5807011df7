//! What only the admin can know about several rows together: who is the main contact, and who may be one person.

use std::collections::{BTreeMap, BTreeSet};

use idp_domain::SiteId;
use idp_domain::person::fold_name;

use super::plan::{Planner, Question, RowState, full_name};

impl Planner<'_> {
    /// A site has one main contact; the others become deputies.
    pub(super) fn ask_about_main_contacts(&mut self) {
        let mut by_site: BTreeMap<SiteId, Vec<usize>> = BTreeMap::new();
        for (at, row) in self.plan.rows.iter().enumerate().filter(|(_, row)| row.main_contact) {
            if let Some(site) = row.site {
                by_site.entry(site).or_default().push(at);
            }
        }
        for (site, rows) in by_site.into_iter().filter(|(_, rows)| rows.len() > 1) {
            let name =
                self.known.sites.iter().find(|one| one.id == site).map(|site| site.name.clone()).unwrap_or_default();
            let named: Vec<(usize, String, String)> = rows
                .iter()
                .filter_map(|at| self.plan.rows.get(*at).map(|row| (*at, row.login.clone(), full_name(row))))
                .collect();
            let question = Question {
                id: format!("main:{site}"),
                text: format!("Who is the main contact at {name}? The others become deputies."),
                options: named.iter().map(|(_, login, name)| (login.clone(), name.clone())).collect(),
                suggested: None,
            };
            let mut waits_for = BTreeSet::new();
            let answer = self.answer(question, &mut waits_for);
            for (at, login, _) in named {
                if let Some(row) = self.plan.rows.get_mut(at) {
                    row.main_contact = answer.as_ref() == Some(&login);
                    row.waits_for.extend(waits_for.iter().cloned());
                }
            }
        }
    }

    /// Same first name, same school, same class, another address: perhaps one person with a new surname. Never merged
    /// without being told.
    pub(super) fn ask_about_twins(&mut self) {
        let mut pairs = Vec::new();
        for (at, one) in self.plan.rows.iter().enumerate() {
            for (other_at, other) in self.plan.rows.iter().enumerate().skip(at + 1) {
                let alike = fold_name(&one.first_name) == fold_name(&other.first_name)
                    && one.site == other.site
                    && one.login != other.login
                    && one.email.is_some()
                    && other.email.is_some()
                    && !one.class_names.is_disjoint(&other.class_names);
                if alike {
                    pairs.push((at, other_at));
                }
            }
        }
        for (at, other_at) in pairs {
            let (Some(one), Some(other)) = (self.plan.rows.get(at), self.plan.rows.get(other_at)) else { continue };
            let question = Question {
                id: format!("same:{}:{}", one.login, other.login),
                text: format!(
                    "Are {} (line {}) and {} (line {}) the same person?",
                    full_name(one),
                    one.number,
                    full_name(other),
                    other.number
                ),
                options: vec![
                    ("different".to_owned(), "No, two people".to_owned()),
                    ("same".to_owned(), "Yes. Keep the second, and ask the person to add the other address".to_owned()),
                ],
                suggested: None,
            };
            let mut waits_for = BTreeSet::new();
            let answer = self.answer(question, &mut waits_for);
            if let Some(first) = self.plan.rows.get_mut(at)
                && first.state == RowState::Ready
            {
                first.waits_for.extend(waits_for.clone());
                if answer.as_deref() == Some("same") {
                    first.state = RowState::Merged;
                }
            }
            if let Some(second) = self.plan.rows.get_mut(other_at) {
                second.waits_for.extend(waits_for);
            }
        }
    }
}
