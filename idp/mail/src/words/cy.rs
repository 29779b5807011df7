//! The words of each mail in Welsh.

use idp_domain::{Language, london};
use idp_store::mails::{AccessChange, Happened, MailKind};

use super::{Words, known, words};

const NOT_ME: &str = "Os nad chi wnaeth hyn, mewngofnodwch, newidiwch eich cyfrinair a dywedwch wrth eich ysgol.";

/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// The words of a mail.
#[expect(clippy::too_many_lines, reason = "the one table of every mail's words, and nothing but words")]
pub(super) fn words_of(kind: &MailKind) -> Words {
    match kind {
        MailKind::Invite { site, by, link, days } => words(
            format!("Trefnwch eich mewngofnodi ar gyfer {site}"),
            &[
                &format!(
                    "Mae {by} wedi rhoi mynediad i chi i {site}. Mae un mewngofnodi yn agor pob ysgol lle rydych yn gweithio."
                ),
                &format!(
                    "Nifer y dyddiau y mae’r ddolen yn gweithio: {days}. Rydych yn creu cyfrinair, a gallwch ychwanegu allwedd."
                ),
                "Os nad ydych yn gweithio yno, anwybyddwch yr e-bost hwn. Nid oes dim yn digwydd nes i chi ddefnyddio’r ddolen.",
            ],
            Some(("Trefnu eich mewngofnodi", link)),
        ),
        MailKind::InviteReminder { site, link, until } => words(
            "Nodyn atgoffa: trefnwch eich mewngofnodi",
            &[
                &format!("Mae gennych fynediad i {site}, ond nid ydych wedi creu cyfrinair eto."),
                &format!("Mae’r ddolen hon yn gweithio tan {}. Nid yw’r un flaenorol yn gweithio mwyach.", cy(until)),
            ],
            Some(("Trefnu eich mewngofnodi", link)),
        ),
        MailKind::AlsoAccess { site, link } => words(
            format!("Mae gennych fynediad i {site} hefyd erbyn hyn"),
            &["Defnyddiwch yr un e-bost a chyfrinair ag o’r blaen. Nid oes dim i’w drefnu."],
            Some(("Ewch i’m safleoedd", link)),
        ),
        MailKind::PasswordLink { link, minutes } => words(
            "Eich dolen i greu neu ailosod eich cyfrinair",
            &[
                &format!(
                    "Defnyddiwch y ddolen hon i greu neu ailosod eich cyfrinair. Mae’n gweithio unwaith, am {}.",
                    lasting(*minutes)
                ),
                "Os na ofynnoch amdani, anwybyddwch yr e-bost hwn. Nid yw eich cyfrinair yn newid.",
            ],
            Some(("Creu cyfrinair", link)),
        ),
        MailKind::PasswordChanged { happened, first, link } => words(
            if *first { "Rydych wedi creu cyfrinair" } else { "Newidiwyd eich cyfrinair" },
            &[
                &match first {
                    true => format!("Crëwyd cyfrinair ar gyfer eich cyfrif{}.", when(happened)),
                    false => format!(
                        "Newidiwyd eich cyfrinair{}. Rydych wedi cael eich allgofnodi ym mhobman.",
                        when(happened)
                    ),
                },
                "Os nad chi wnaeth hyn, crëwch gyfrinair newydd nawr a dywedwch wrth eich ysgol.",
            ],
            (!link.is_empty()).then_some(("Nid fi oedd hyn", link.as_str())),
        ),
        MailKind::KeyAdded { key, happened } => words(
            "Ychwanegwyd allwedd at eich cyfrif",
            &[&format!("Ychwanegwyd yr allwedd “{key}” at eich cyfrif{}.", when(happened)), NOT_ME],
            None,
        ),
        MailKind::KeyChanged { key, verb, happened } => {
            let (subject, what) = match verb.as_str() {
                "switched on again" => ("Ailddechreuwyd allwedd", "wedi’i hailddechrau"),
                "suspended" => ("Cafodd allwedd ei thynnu neu ei hatal", "wedi’i hatal"),
                _ => ("Cafodd allwedd ei thynnu neu ei hatal", "wedi’i thynnu"),
            };
            words(subject, &[&format!("Mae’r allwedd “{key}” {what}{}.", when(happened)), NOT_ME], None)
        }
        MailKind::KeyRenamed { from, to, happened } => words(
            "Cafodd allwedd ei hailenwi",
            &[&format!("Enw’r allwedd “{from}” yw “{to}” erbyn hyn{}.", when(happened)), NOT_ME],
            None,
        ),
        MailKind::Joined { kept, other } => words(
            "Cafodd eich mewngofnodiadau eu huno",
            &[
                &format!(
                    "Gwnaethoch uno’ch mewngofnodiad {other} â {kept}. I {kept} y mae eich holl ysgolion ac allweddi’n perthyn erbyn hyn."
                ),
                &format!("Gallwch fewngofnodi gyda {other} am 90 diwrnod eto, gyda chyfrinair {kept}."),
                NOT_ME,
            ],
            None,
        ),
        MailKind::KeyCopied { key, happened } => words(
            "Efallai bod un o’ch allweddi wedi’i chopïo",
            &[
                &format!("Defnyddiodd rhywun yr allwedd “{key}”{}, ac atebodd fel copi ohoni’i hun.", when(happened)),
                "Ni chawsant fynd i mewn. Mewngofnodwch gydag allwedd arall, tynnwch hon, a dywedwch wrth eich ysgol.",
            ],
            None,
        ),
        MailKind::SecurityCode { code } => words(
            "Eich cod diogelwch",
            &[
                &format!("Eich cod diogelwch yw {code}. Mae’n gweithio unwaith, am 15 munud."),
                "Teipiwch ef ar y dudalen a ofynnodd amdano. Ni fydd neb o’ch ysgol nac o Lanyard yn gofyn i chi amdano.",
                NOT_ME,
            ],
            None,
        ),
        MailKind::ConfirmAddress { code } => words(
            "Cadarnhewch eich cyfeiriad e-bost newydd",
            &[
                &format!("Eich cod diogelwch yw {code}. Mae’n gweithio unwaith, am 15 munud."),
                "Os na ofynnoch am gael defnyddio’r cyfeiriad hwn, anwybyddwch yr e-bost hwn. Nid oes dim yn newid.",
            ],
            None,
        ),
        MailKind::AddressChanging { new, link } => words(
            "Mae eich cyfeiriad e-bost yn newid",
            &[
                &format!(
                    "O hyn ymlaen rydych yn mewngofnodi fel {new}. Mae’r cyfeiriad hwn yn dal i weithio am 90 diwrnod."
                ),
                "Os nad chi wnaeth hyn, dadwnewch ef o fewn 7 diwrnod. Byddwch yn cael eich allgofnodi ym mhobman.",
            ],
            Some(("Dadwneud y newid", link)),
        ),
        MailKind::RecoveryUsed { who } => words(
            "Defnyddiwyd cod adfer",
            &match who.as_str() {
                "" => ["Defnyddiwyd un o’ch codau adfer i ddod yn ôl heb allwedd.".to_owned(), NOT_ME.to_owned()],
                who => [
                    format!("Defnyddiodd {who} god adfer i ddod yn ôl heb allwedd."),
                    "Os nad ydynt yn gwybod amdano, dywedwch wrth swyddfa eich ymddiriedolaeth ar unwaith.".to_owned(),
                ],
            }
            .each_ref()
            .map(String::as_str),
            None,
        ),
        MailKind::PassMade { who, by } => words(
            "Gwnaed pas dros dro",
            &[
                &match who.as_str() {
                    "" => format!("Gwnaeth {by} bas dros dro i chi, er mwyn i chi ychwanegu allwedd newydd."),
                    who => format!("Gwnaeth {by} bas dros dro i {who}, er mwyn ychwanegu allwedd newydd."),
                },
                "Os na siaradodd neb wyneb yn wyneb neu drwy fideo ymlaen llaw, dywedwch wrth swyddfa eich ymddiriedolaeth ar unwaith.",
            ],
            None,
        ),
        MailKind::LinkPrinted { who, by } => words(
            "Argraffwyd dolen i osod cyfrinair",
            &[
                &match who.as_str() {
                    "" => format!("Argraffodd {by} ddolen i chi greu cyfrinair."),
                    who => format!("Argraffodd {by} ddolen i {who} greu cyfrinair. Nid oes gan {who} e-bost."),
                },
                "Os na ofynnodd neb amdani, dywedwch wrth swyddfa eich ymddiriedolaeth ar unwaith.",
            ],
            None,
        ),
        MailKind::AppAsks { app, link } => words(
            "Mae ap yn gofyn am eich ateb",
            &[
                &format!("Mae {app} yn gofyn a gaiff eich mewngofnodi. Mae’n aros am 5 munud."),
                "Os nad chi a ddechreuodd hyn, gwrthodwch ef yno, neu peidiwch â gwneud dim.",
            ],
            Some(("Edrych ar y cwestiwn", link)),
        ),
        MailKind::RecoveryMade { happened } => words(
            "Gwnaed codau adfer newydd",
            &[
                &format!("Gwnaed codau adfer newydd i’ch cyfrif{}.", when(happened)),
                "Nid yw’r codau a oedd gennych o’r blaen yn gweithio mwyach.",
                NOT_ME,
            ],
            None,
        ),
        MailKind::PassUsed { who } => words(
            "Defnyddiwyd pas dros dro",
            &[
                &match who.as_str() {
                    "" => "Defnyddioch bas dros dro i ychwanegu allwedd newydd.".to_owned(),
                    who => format!("Defnyddiodd {who} bas dros dro i ychwanegu allwedd newydd."),
                },
                "Os na siaradodd neb wyneb yn wyneb neu drwy fideo ymlaen llaw, dywedwch wrth swyddfa eich ymddiriedolaeth ar unwaith.",
            ],
            None,
        ),
        MailKind::OwnerCameBack { who, trust } => words(
            format!("Defnyddiwyd pecyn adfer {trust}"),
            &[
                &format!("Defnyddiodd rhywun wrth gonsol y gweinydd ddau god o’r pecyn adfer i ddod â {who} yn ôl."),
                "Mae eu hallweddi wedi’u hatal ac mae eu cyfrinair ar fin newid. Mae’r pecyn wedi’i ddefnyddio.",
                "Os na wyddoch am hyn, ffoniwch berchnogion eraill yr ymddiriedolaeth nawr.",
            ],
            None,
        ),
        MailKind::Rescue { who, site, ready, link } => words(
            format!("Mae rhywun yn dychwelyd i {site} heb allwedd"),
            &[
                &format!("Mae dau o’n tîm cymorth wedi gwirio {who}, sydd wedi colli pob allwedd."),
                &format!(
                    "O {} ymlaen gall {who} ychwanegu allwedd newydd a rheoli {site} eto.",
                    cy(&london::show(*ready))
                ),
                if link.is_empty() {
                    "Os na wyddoch am hyn, dywedwch wrth eich pennaeth a ffoniwch ni nawr."
                } else {
                    "Gallwch adael iddo ddigwydd ar unwaith, neu ei atal. Os na wyddoch amdano, ataliwch ef a ffoniwch ni nawr."
                },
            ],
            (!link.is_empty()).then_some(("Penderfynu amdano", link.as_str())),
        ),
        MailKind::Bounced { site, who, link } => words(
            format!("Ni allem ddanfon post i 1 person yn {site}"),
            &[
                &format!(
                    "Mae’r cyfeiriad sydd gennym ar gyfer {who} yn gwrthod ein negeseuon. Nid yw dolenni a chodau diogelwch yn eu cyrraedd."
                ),
                "Gofynnwch iddynt am y cyfeiriad cywir. Gallant ei newid yn “Gosodiadau’r cyfrif”, neu gallwch eu gwahodd o’r newydd.",
            ],
            Some(("Gweld beth ddigwyddodd", link)),
        ),
        MailKind::LinkCode { code, provider, account } => words(
            "Eich cod diogelwch",
            &[
                &format!("Eich cod diogelwch yw {code}. Mae’n gweithio am 15 munud."),
                &format!(
                    "Mae’n cysylltu cyfrif {provider} {account} â’ch mewngofnodi. Gall pwy bynnag sydd â’r cyfrif hwnnw fewngofnodi fel chi wedyn."
                ),
                "Os na ofynnoch am hyn, peidiwch â rhoi’r cod i neb. Nid oes dim yn digwydd hebddo.",
            ],
            None,
        ),
        MailKind::AccountLinked { provider, account, verb } => {
            let what = if verb == "linked" { "ei gysylltu" } else { "ei ddatgysylltu" };
            words(
                format!("Cafodd cyfrif {provider} {what}"),
                &[
                    &format!(
                        "Cafodd cyfrif {provider} {account} {what}. Gallwch weld eich cyfrifon o dan “Gosodiadau’r cyfrif”."
                    ),
                    "Os nad chi wnaeth hyn, newidiwch eich cyfrinair nawr a dywedwch wrth eich ysgol.",
                ],
                None,
            )
        }
        MailKind::NewBrowser { happened } => words(
            "Mewngofnodi newydd ar borwr nad ydym yn ei adnabod",
            &[&format!("Fe wnaethoch fewngofnodi{}, lle nad ydym wedi eich gweld o’r blaen.", when(happened)), NOT_ME],
            None,
        ),
        MailKind::SomebodyTried => words(
            "Ceisiodd rhywun fewngofnodi fel chi",
            &[
                "Rhoddodd rhywun eich cyfeiriad e-bost gyda chyfrinair anghywir dro ar ôl tro. Ni chawsant fynd i mewn.",
                "Gallwch fewngofnodi fel arfer gydag allwedd mynediad, neu ar gyfrifiadur rydych wedi’i ddefnyddio o’r blaen.",
            ],
            None,
        ),
        MailKind::WrongCodes => words(
            "Ceisiodd rhywun fewngofnodi fel chi",
            &[
                "Rhoddodd rhywun sy’n gwybod eich cyfrinair god diogelwch anghywir dro ar ôl tro. Ni chawsant fynd ymhellach.",
                NOT_ME,
            ],
            None,
        ),
        MailKind::AccessChanged { site, changes } => {
            let mut told: Vec<String> = changes.iter().map(changed).collect();
            told.push("Os yw hyn yn edrych yn anghywir, siaradwch â swyddfa’r ysgol.".to_owned());
            let told: Vec<&str> = told.iter().map(String::as_str).collect();
            words(format!("Mae eich mynediad yn {site} wedi newid"), &told, None)
        }
        MailKind::AccessRestored => words(
            "Gallwch fewngofnodi eto",
            &["Rhoddwyd eich mynediad i’ch ysgolion yn ôl. Mae eich cyfrinair a’ch allweddi fel yr oeddent."],
            None,
        ),
        MailKind::RoleChanged { trust, who, role, given } => words(
            format!("Mae rôl yn {trust} wedi newid"),
            &[
                &if *given {
                    format!("Mae gan {who} y rôl “{role}” yn {trust} nawr.")
                } else {
                    format!("Nid oes gan {who} y rôl “{role}” yn {trust} mwyach.")
                },
                "Os yw hyn yn edrych yn anghywir, ffoniwch berchnogion yr ymddiriedolaeth nawr.",
            ],
            None,
        ),
        MailKind::AccessRefused { site, reason } => words(
            format!("Ni chymeradwywyd eich cais am fynediad i {site}"),
            &[&format!("Y rheswm: {reason}"), "Os oes angen mynediad arnoch o hyd, siaradwch â swyddfa’r ysgol."],
            None,
        ),
        MailKind::EndsSoon { site, last_day, weekday } => words(
            match weekday.as_str() {
                "" => format!("Mae eich mynediad yn dod i ben ar {}", cy(last_day)),
                // “dydd” softens to “ddydd” where it says when.
                day => format!("Mae eich mynediad yn dod i ben d{}", cy(day)),
            },
            &[
                &format!("{} yw diwrnod olaf eich mynediad i {site}.", cy(last_day)),
                "Os oes ei angen arnoch am fwy o amser, siaradwch â swyddfa’r ysgol cyn hynny.",
            ],
            None,
        ),
        MailKind::AccessEnded { site } => words(
            "Mae eich mynediad wedi dod i ben",
            &[&match site.as_str() {
                "" => "Mae eich mynediad i’ch holl safleoedd wedi dod i ben.".to_owned(),
                site => {
                    format!("Mae eich mynediad i {site} wedi dod i ben. Mae eich ysgolion eraill yn aros fel y maent.")
                }
            }],
            None,
        ),
        MailKind::ApprovalNeeded { site, link } => words(
            "Angen cymeradwyaeth: newid grŵp defnyddwyr",
            &[&format!("Mae rhywun yn {site} wedi cael grŵp defnyddwyr sydd angen ail berson i’w gymeradwyo.")],
            Some(("Edrych ar y cais", link)),
        ),
        MailKind::AccessAsked { site, who, reason, link } => words(
            format!("Mae rhywun yn gofyn am fynediad i {site}"),
            &[&format!("Mae {who} yn gofyn am fynediad i {site}."), &format!("Eu rheswm: {reason}")],
            Some(("Eu gwahodd", link)),
        ),
        MailKind::CheckAddress { site, who, account, link } => words(
            format!("Mae angen gwirio cyfeiriad e-bost yn {site}"),
            &[
                &format!("Mae {who} yn dweud nad yw ein negeseuon e-bost yn cyrraedd {account}."),
                "Gwiriwch mai hwn yw’r cyfeiriad sydd gennych ar eu cyfer. Peidiwch ag ateb yr e-bost hwn.",
            ],
            Some(("Gwirio eu cyfeiriad", link)),
        ),
        MailKind::SiteDown { site, since } => words(
            format!("Nid yw safle {site} yn ymateb"),
            &[
                &format!("Nid yw’r gweinydd y tu ôl i safle {site} wedi ateb ers {}.", cy(&london::show(*since))),
                "Mae pobl yn gweld tudalen sy’n dweud hynny, gyda ffurflen bryder i’w hargraffu. Gwiriwch y gweinydd, a ffoniwch ei gyflenwr.",
            ],
            None,
        ),
        MailKind::SupportRequest { reference, site, who, agent, from, text } => {
            let facts = [("Safle: ", site), ("Wedi mewngofnodi fel: ", who), ("Porwr: ", agent)];
            words(format!("Cais am gymorth {reference}"), &[&format!("Oddi wrth: {from}"), &known(&facts), text], None)
        }
    }
}

/// One change as a sentence.
fn changed(change: &AccessChange) -> String {
    match change {
        AccessChange::Groups { from, to } if from.is_empty() => format!("Eich grwpiau defnyddwyr nawr: {to}."),
        AccessChange::Groups { from, to } if to.is_empty() => {
            format!("Nid yw’r grwpiau defnyddwyr hyn gennych mwyach: {from}.")
        }
        AccessChange::Groups { from, to } => format!("Eich grwpiau defnyddwyr oedd: {from}. Nawr: {to}."),
        AccessChange::Waiting(groups) if groups.is_empty() => {
            "Nid oes grŵp defnyddwyr yn aros am gymeradwyaeth mwyach.".to_owned()
        }
        AccessChange::Waiting(groups) => format!("Mae’n rhaid i ail berson gymeradwyo: {groups}."),
        AccessChange::Starts(None) => "Nid oes dyddiad dechrau i’ch mynediad mwyach.".to_owned(),
        AccessChange::Starts(Some(at)) => format!("Mae eich mynediad yn dechrau ar {}.", cy(&london::show_date(*at))),
        AccessChange::Ends(None) => "Nid oes dyddiad gorffen i’ch mynediad mwyach.".to_owned(),
        AccessChange::Ends(Some(at)) => format!("Diwrnod olaf eich mynediad yw {}.", cy(&london::show_last_day(*at))),
        AccessChange::Paused => "Mae eich mynediad wedi’i oedi.".to_owned(),
        AccessChange::Active => "Mae eich mynediad yn weithredol eto.".to_owned(),
        AccessChange::Ended => "Mae eich mynediad wedi dod i ben.".to_owned(),
    }
}

fn cy(english_date: &str) -> String {
    Language::Cy.dated(english_date)
}

/// How long a link works: `14 diwrnod`, `60 munud`.
fn lasting(minutes: i64) -> String {
    if minutes % DAY == 0 { format!("{} diwrnod", minutes / DAY) } else { format!("{minutes} munud") }
}

/// ` ar 7 Medi 2026 am 4:30pm, gyda Firefox ar Windows`, as far as it is known.
fn when(happened: &Happened) -> String {
    let at = happened.at.map(|at| format!(" ar {}", Language::Cy.dated(&london::show(at)))).unwrap_or_default();
    if happened.agent.is_empty() { at } else { format!("{at}, gyda {}", Language::Cy.device(&happened.agent)) }
}
