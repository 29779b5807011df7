//! From cleaned lines to a plan: who is ready, what is asked, what is refused and why.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use idp_domain::group::group_by_id;
use idp_domain::london;
use idp_domain::person::fold_name;
use idp_domain::scope::Scope;
use idp_domain::site::{Class, Site};
use idp_domain::{SiteId, Timestamp};

use super::clean::Address;
use super::columns::Header;
use super::read::{ReadFault, cells};
use super::roles::Role;
use super::rows::{Classes, Line, line};
use super::schools::{School, school};

/// A plan: everything that would happen, before anything does.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// One for each line that stands for a person.
    pub rows: Vec<Row>,
    /// What the admin has to answer.
    pub questions: Vec<Question>,
    /// Lines that stand for nobody: number and why.
    pub ignored: Vec<(usize, &'static str)>,
}

/// One line of the file.
#[derive(Debug, Clone)]
pub struct Row {
    /// Line number in the file, from 1.
    pub number: usize,
    /// Name as it will be shown.
    pub first_name: String,
    /// Name as it will be shown.
    pub last_name: String,
    /// Folded address, or a username for people without one.
    pub login: String,
    /// The address as it will be shown.
    pub email: Option<String>,
    /// Which site.
    pub site: Option<SiteId>,
    /// Group that is wanted.
    pub group: &'static str,
    /// Classes and years.
    pub scope: Scope,
    /// First moment.
    pub starts_at: Option<Timestamp>,
    /// Moment from which it is over.
    pub ends_at: Option<Timestamp>,
    /// Whether the row makes a main contact.
    pub main_contact: bool,
    /// What becomes of it.
    pub state: RowState,
    /// What was cleaned, assumed or merged.
    pub notes: Vec<String>,
    /// Questions that it waits for.
    pub waits_for: BTreeSet<String>,
    /// Names of classes as written, folded; what makes two rows look alike.
    pub(super) class_names: BTreeSet<String>,
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowState {
    /// It can be applied, once what it waits for is answered.
    Ready,
    /// It says the same person and site as an earlier row.
    Merged,
    /// Kept back until a question about it is answered.
    Held,
    /// It cannot be used, and why.
    Refused(Vec<String>),
}

/// Something that only the admin can know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Stable name, under which the answer is kept.
    pub id: String,
    /// The question.
    pub text: String,
    /// Possible answers: value and words.
    pub options: Vec<(String, String)>,
    /// What is suggested, if anything is likely.
    pub suggested: Option<String>,
}

/// What the plan is made against.
pub(super) struct Known<'a> {
    pub sites: &'a [Site],
    pub classes: &'a HashMap<SiteId, Vec<Class>>,
    pub answers: &'a BTreeMap<String, String>,
}

impl Plan {
    /// People who are ready, each once.
    pub fn people_ready(&self) -> usize {
        self.ready().map(|row| row.login.as_str()).collect::<BTreeSet<_>>().len()
    }

    /// Rows that are ready.
    pub fn ready(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.state == RowState::Ready)
    }

    /// Grants that will wait for a second person.
    pub fn higher(&self) -> usize {
        self.ready().filter(|row| group_by_id(row.group).is_some_and(|group| group.needs_second_person)).count()
    }

    /// How many rows are in a state.
    pub fn count(&self, wanted: impl Fn(&RowState) -> bool) -> usize {
        self.rows.iter().filter(|row| wanted(&row.state)).count()
    }
}

/// Makes the plan of a file.
pub(super) fn plan(bytes: &[u8], known: &Known<'_>) -> Result<Plan, ReadFault> {
    let lines = cells(bytes)?;
    let header = Header::find(&lines).ok_or(ReadFault::Unreadable)?;
    let mut planner = Planner { known, plan: Plan::default() };
    for (at, content) in lines.iter().enumerate() {
        let number = at + 1;
        if at < header.line {
            planner.plan.ignored.push((number, "above the column names"));
        } else if at > header.line {
            planner.take(&header, number, content);
        }
    }
    planner.ask_about_main_contacts();
    planner.ask_about_twins();
    Ok(planner.plan)
}

pub(super) struct Planner<'a> {
    pub known: &'a Known<'a>,
    pub plan: Plan,
}

impl Planner<'_> {
    fn take(&mut self, header: &Header, number: usize, content: &[String]) {
        if content.iter().all(|cell| cell.trim().is_empty()) {
            self.plan.ignored.push((number, "blank"));
            return;
        }
        let first = content.first().map(|cell| cell.trim().to_lowercase()).unwrap_or_default();
        if first == "total" || first == "totals" {
            self.plan.ignored.push((number, "a total"));
            return;
        }
        let line = line(header, number, content);
        let mut row = self.row(&line);
        let group = group_by_id(row.group);
        if !line.faults.is_empty() {
            row.state = RowState::Refused(line.faults.clone());
        } else if let Some(group) = group.filter(|group| group.needs_end && row.ends_at.is_none()) {
            row.state = RowState::Refused(vec![format!("End date is missing. {} always ends", group.name)]);
        }
        self.merge_or_keep(row);
    }

    fn row(&mut self, line: &Line) -> Row {
        let mut waits_for = BTreeSet::new();
        let site = self.site_of(line, &mut waits_for);
        let mut notes = line.notes.clone();
        let (email, login, held) = self.address_of(line, &mut waits_for);
        let refused = !line.faults.is_empty();
        let codes = if refused { Vec::new() } else { self.codes_of(line, site, &mut waits_for, &mut notes) };
        Row {
            number: line.number,
            first_name: line.first.clone(),
            last_name: line.last.clone(),
            login,
            email,
            site,
            group: if refused { "recorder" } else { self.group_of(line, &mut waits_for) },
            scope: line.scope(codes),
            starts_at: line.start.map(london::start_of),
            ends_at: line.end.map(london::end_of),
            main_contact: line.main_contact,
            state: if held { RowState::Held } else { RowState::Ready },
            notes,
            waits_for,
            class_names: match &line.classes {
                Classes::Named(names) => names.iter().map(|name| fold_name(name)).collect(),
                Classes::All | Classes::None => BTreeSet::new(),
            },
        }
    }

    /// The answer to a question; asks it if there is none yet.
    pub(super) fn answer(&mut self, question: Question, waits_for: &mut BTreeSet<String>) -> Option<String> {
        let given = self.known.answers.get(&question.id);
        let valid = given.filter(|answer| question.options.iter().any(|(value, _)| value == *answer)).cloned();
        if valid.is_none() {
            waits_for.insert(question.id.clone());
            if !self.plan.questions.iter().any(|asked| asked.id == question.id) {
                self.plan.questions.push(question);
            }
        }
        valid
    }

    fn site_of(&mut self, line: &Line, waits_for: &mut BTreeSet<String>) -> Option<SiteId> {
        let suggested = match school(&line.school, self.known.sites) {
            School::Found(site) => return Some(site.id),
            School::Ask(suggested) => suggested,
        };
        let options = self.known.sites.iter().map(|site| (site.slug.to_string(), site.name.clone())).collect();
        let question = Question {
            id: format!("school:{}", fold_name(&line.school)),
            text: format!("Which school is “{}”?", line.school),
            options,
            suggested: suggested.map(|site| site.slug.to_string()),
        };
        let slug = self.answer(question, waits_for).or_else(|| suggested.map(|site| site.slug.to_string()))?;
        self.known.sites.iter().find(|site| site.slug.as_str() == slug).map(|site| site.id)
    }

    /// Address, login, and whether the row is held for it.
    fn address_of(&mut self, line: &Line, waits_for: &mut BTreeSet<String>) -> (Option<String>, String, bool) {
        match &line.address {
            Address::Good(email, _) => (Some(email.to_string()), email.folded(), false),
            Address::None | Address::Bad => {
                let plain = |text: &str| fold_name(text).replace(' ', "-");
                let initial: String = plain(&line.first).chars().take(1).collect();
                (None, format!("{initial}{}", plain(&line.last)), false)
            }
            Address::Doubtful(email, mended) => {
                let mut options = vec![(email.folded(), format!("{email} is right"))];
                if let Some(mended) = mended {
                    options.insert(0, (mended.folded(), format!("It should be {mended}")));
                }
                let question = Question {
                    id: format!("address:{}", email.folded()),
                    text: format!("Line {}: check the address {email}", line.number),
                    options,
                    suggested: mended.as_ref().map(idp_domain::email::EmailAddress::folded),
                };
                match self.answer(question, waits_for) {
                    Some(chosen) => (Some(chosen.clone()), chosen, false),
                    None => (Some(email.to_string()), email.folded(), true),
                }
            }
        }
    }

    fn group_of(&mut self, line: &Line, waits_for: &mut BTreeSet<String>) -> &'static str {
        let options = match line.role {
            Role::Known(group) => return group,
            Role::Assumed | Role::Unknown => return "recorder",
            Role::Ambiguous(options) => options,
        };
        let named = |id: &str| group_by_id(id).map_or(String::new(), |group| group.name.to_owned());
        let question = Question {
            id: format!("role:{}", fold_name(&line.role_text)),
            text: format!("Which user group is “{}”?", line.role_text),
            options: options.iter().map(|id| ((*id).to_owned(), named(id))).collect(),
            suggested: options.first().map(|id| (*id).to_owned()),
        };
        let answer = self.answer(question, waits_for);
        let chosen = options.iter().find(|id| Some(**id) == answer.as_deref()).or(options.first());
        chosen.copied().unwrap_or("recorder")
    }

    /// Codes of the named classes; a name that is none is asked about.
    fn codes_of(
        &mut self,
        line: &Line,
        site: Option<SiteId>,
        waits_for: &mut BTreeSet<String>,
        notes: &mut Vec<String>,
    ) -> Vec<String> {
        let Classes::Named(names) = &line.classes else { return Vec::new() };
        let classes = site.and_then(|site| self.known.classes.get(&site)).cloned().unwrap_or_default();
        let mut codes = Vec::new();
        for name in names {
            let exact = classes
                .iter()
                .find(|class| class.code == name.to_lowercase() || fold_name(&class.name) == fold_name(name));
            if let Some(class) = exact {
                codes.push(class.code.clone());
                continue;
            }
            let near = classes
                .iter()
                .min_by_key(|class| strsim::osa_distance(&fold_name(&class.name), &fold_name(name)))
                .filter(|class| strsim::osa_distance(&fold_name(&class.name), &fold_name(name)) <= 2);
            let place = site.and_then(|id| self.known.sites.iter().find(|site| site.id == id));
            let place = place.map_or("this school", |site| site.settings.short_name.as_str());
            let hint = near.map(|class| format!(" Did you mean “{}”?", class.name)).unwrap_or_default();
            let words = format!("Line {}: “{name}” is not a class at {place}.{hint}", line.number);
            notes.push(words.clone());
            let mut options: Vec<(String, String)> = vec![(String::new(), "Leave this class out".to_owned())];
            options.extend(classes.iter().map(|class| (class.code.clone(), class.name.clone())));
            let suggested = near.map(|class| class.code.clone());
            let id = format!("class:{}:{}", site.map(|site| site.to_string()).unwrap_or_default(), fold_name(name));
            let answer = self.answer(Question { id, text: words, options, suggested }, waits_for);
            codes.extend(answer.filter(|code| !code.is_empty()));
        }
        codes
    }

    /// The same person at the same site twice is one row; what is filled in wins over what is blank.
    fn merge_or_keep(&mut self, mut row: Row) {
        let twin = self.plan.rows.iter_mut().find(|earlier| {
            earlier.state == RowState::Ready
                && row.state == RowState::Ready
                && same_person(earlier, &row)
                && earlier.site == row.site
        });
        if let Some(earlier) = twin {
            if earlier.scope == Scope::None {
                earlier.scope = row.scope.clone();
            }
            earlier.starts_at = earlier.starts_at.or(row.starts_at);
            earlier.ends_at = earlier.ends_at.or(row.ends_at);
            earlier.main_contact |= row.main_contact;
            earlier.notes.push(format!("Line {} says the same person again; what was filled in was kept", row.number));
            row.state = RowState::Merged;
        }
        self.plan.rows.push(row);
    }
}

/// Whether two rows mean one person: the same address, or the same username and name.
fn same_person(one: &Row, other: &Row) -> bool {
    one.login == other.login && (one.email.is_some() || fold_name(&full_name(one)) == fold_name(&full_name(other)))
}

/// First and last name.
pub(super) fn full_name(row: &Row) -> String {
    format!("{} {}", row.first_name, row.last_name).trim().to_owned()
}
