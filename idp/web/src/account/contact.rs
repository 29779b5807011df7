//! Work phone and address: for apps that ask for them and that the person agrees to, and for nobody else.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use idp_domain::contact::{Contact, Phone, PostalAddress};
use serde::Deserialize;

use super::settings::framed;
use crate::browser::SignedIn;
use crate::page::{Fault, fault, go, show_with};
use crate::{PageError, Web};

#[derive(Template)]
#[template(path = "account_contact.html")]
struct Page {
    frame: crate::page::Frame,
    typed: Typed,
    faults: Vec<Fault>,
}

#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    address: String,
}

pub(crate) async fn show_contact(signed_in: SignedIn) -> Result<Response, PageError> {
    let Contact { phone, address } = &signed_in.person.contact;
    let typed = Typed {
        phone: phone.as_ref().map(Phone::to_string).unwrap_or_default(),
        address: address.as_ref().map(|address| address.as_str().to_owned()).unwrap_or_default(),
    };
    page(&signed_in, typed, vec![])
}

fn page(signed_in: &SignedIn, typed: Typed, faults: Vec<Fault>) -> Result<Response, PageError> {
    let (status, frame) = framed("Change your work phone and address", signed_in, &faults);
    show_with(status, &Page { frame, typed, faults })
}

pub(crate) async fn save_contact(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    // What is empty is taken away.
    let given = |text: &str| !text.trim().is_empty();
    let phone = given(&typed.phone).then(|| Phone::parse(&typed.phone)).transpose();
    let address = given(&typed.address).then(|| PostalAddress::parse(&typed.address)).transpose();
    match (phone, address) {
        (Ok(phone), Ok(address)) => {
            web.signin.set_contact(&signed_in.person, &Contact { phone, address }).await?;
            Ok(go("/me"))
        }
        (phone, address) => {
            let phone = phone.err().map(|words| fault("phone", words));
            let address = address.err().map(|words| fault("address", words));
            page(&signed_in, typed, phone.into_iter().chain(address).flatten().collect())
        }
    }
}
