//! The 44 invented people, and who to try.

/// Password of everybody who has one.
pub const PASSWORD: &str = "kettle orbit moss";

/// A person: name, address, places, trust roles, whether they have a soft key.
pub(super) struct PersonRow {
    pub first: &'static str,
    pub last: &'static str,
    pub email: &'static str,
    /// `site group classes years end` with `-` for nothing; several separated by `;`. End is days after the anchor.
    pub places: &'static str,
    pub roles: &'static str,
    pub key: bool,
    /// Whether a password is set already; the others set it up by the mailed link.
    pub ready: bool,
}

const fn person(first: &'static str, last: &'static str, email: &'static str, places: &'static str) -> PersonRow {
    PersonRow { first, last, email, places, roles: "", key: true, ready: true }
}

const fn trust(first: &'static str, last: &'static str, email: &'static str, roles: &'static str) -> PersonRow {
    PersonRow { first, last, email, places: "", roles, key: true, ready: true }
}

/// Everybody. Those whose places begin with `import` arrive by the spreadsheet; the rest of their places is added.
pub(super) static PEOPLE: [PersonRow; 44] = [
    trust("Marguerite", "Osei-Lind", "m.osei-lind@tamberwell.example", "owner"),
    trust("Callum", "Threadgold", "c.threadgold@tamberwell.example", "owner identity_admin"),
    PersonRow {
        places: "fennick deputy-dsl - - -;oldquay deputy-dsl - - -",
        ..trust("Priyanka", "Vellacott", "p.vellacott@tamberwell.example", "safeguarding_lead")
    },
    trust("Rhodri", "Pemberwick", "r.pemberwick@tamberwell.example", "helpdesk"),
    trust("Anneliese", "Farrow", "a.farrow@tamberwell.example", "auditor"),
    trust("Tobias", "Quennell", "t.quennell@tamberwell.example", "app_developer"),
    person("Henrietta", "Okonjo", "h.okonjo@larkmoor.tamberwell.example", "larkmoor slt,deputy-dsl - - -"),
    person("Samina", "Dalgleish", "s.dalgleish@larkmoor.tamberwell.example", "import;copperwick dsl - - -"),
    person("Joss", "Winterbourne", "j.winterbourne@larkmoor.tamberwell.example", "import"),
    person("Adaeze", "Fairbrass", "a.fairbrass@larkmoor.tamberwell.example", "import"),
    person("Mikolaj", "Strand", "m.strand@larkmoor.tamberwell.example", "import"),
    person(
        "Bethan",
        "Ruddock-Shah",
        "b.ruddock-shah@larkmoor.tamberwell.example",
        "larkmoor pastoral - - -;quillbrook pastoral - - -",
    ),
    PersonRow {
        key: false,
        ready: false,
        ..person("Wilf", "Attenbrow", "w.attenbrow@larkmoor.tamberwell.example", "import")
    },
    PersonRow { key: false, ready: false, ..person("Carys", "Holloway–Idris", "", "import") },
    person("Dorothea", "Mbeki-Stone", "d.mbeki-stone@quillbrook.tamberwell.example", "quillbrook slt,site-admin - - -"),
    person("Fergus", "O’Kerrane", "f.okerrane@quillbrook.tamberwell.example", "quillbrook site-admin - - -"),
    person("Yasmin", "Thackrah", "y.thackrah@quillbrook.tamberwell.example", "import"),
    PersonRow {
        ready: false,
        key: false,
        ..person("Owen", "Castellane", "o.castellane@quillbrook.tamberwell.example", "import")
    },
    person("Nadia", "Prewett", "n.prewett@quillbrook.tamberwell.example", "import"),
    person("Leopold", "Adjei-Marsh", "l.adjei-marsh@copperwick.tamberwell.example", "copperwick slt,deputy-dsl - - -"),
    person("Isolde", "Karimi", "i.karimi@copperwick.tamberwell.example", "copperwick site-admin,office - - -"),
    person("Grant", "Nethersole", "g.nethersole@copperwick.tamberwell.example", "copperwick phase-lead - Y5,Y6 -"),
    person("Tamsin", "Obuya", "t.obuya@copperwick.tamberwell.example", "copperwick teacher 3a - -"),
    person(
        "Pavel",
        "Lindqvist-Roe",
        "p.lindqvist-roe@high.tamberwell.example",
        "tamberwell-high teacher 9c - -;copperwick recorder - - -",
    ),
    person("Constance", "Abara", "c.abara@high.tamberwell.example", "tamberwell-high slt - - -"),
    person("Desmond", "Hathersage", "d.hathersage@high.tamberwell.example", "tamberwell-high dsl - - -"),
    person("Ruqayyah", "Blenkin", "r.blenkin@high.tamberwell.example", "tamberwell-high deputy-dsl,phase-lead - Y8 -"),
    person("Alistair", "Nwosu", "a.nwosu@high.tamberwell.example", "tamberwell-high phase-lead - Y10 -"),
    person("Freya", "Montague-Diallo", "f.montague-diallo@high.tamberwell.example", "tamberwell-high site-admin - - -"),
    PersonRow {
        key: false,
        ..person("Kit", "Sallowfield", "k.sallowfield@high.tamberwell.example", "tamberwell-high teacher - - -")
    },
    person("Ines", "Corrigan", "i.corrigan@high.tamberwell.example", "tamberwell-high office - - -"),
    PersonRow {
        key: false,
        ..person("Bram", "Osgathorpe", "b.osgathorpe@high.tamberwell.example", "tamberwell-high recorder - - -")
    },
    person("Eluned", "Fitzwarren", "e.fitzwarren@fennick.tamberwell.example", "fennick slt,dsl - - -"),
    person("Kofi", "Brambling", "k.brambling@fennick.tamberwell.example", "fennick site-admin - - -"),
    person("Margot", "Swaby", "m.swaby@fennick.tamberwell.example", "fennick teacher kingfisher,otter - -"),
    person(
        "Sunniva",
        "Patel-Greene",
        "s.patel-greene@nhs-demo.example",
        "fennick external kingfisher - 81;oldquay external ks3 - 81",
    ),
    person("Jericho", "Mountjoy", "j.mountjoy@oldquay.tamberwell.example", "oldquay slt,dsl - - -"),
    person("Philippa", "Ndlovu-Kerr", "p.ndlovu-kerr@oldquay.tamberwell.example", "oldquay site-admin - - -"),
    person("Zachary", "Ellershaw", "z.ellershaw@oldquay.tamberwell.example", "oldquay pastoral - - -3"),
    person("Lorcan", "Abiodun", "lorcan.abiodun@agency-demo.example", "import;copperwick recorder - - 102"),
    person(
        "Hester",
        "Vandermeer",
        "h.vandermeer@governors-demo.example",
        "larkmoor oversight - - -;quillbrook oversight - - -",
    ),
    person(
        "Gideon",
        "Purslow",
        "g.purslow@audit-demo.example",
        "larkmoor auditor - - 23;tamberwell-high auditor - - 23",
    ),
    person(
        "Rosalind",
        "Achterberg",
        "r.achterberg@briarholt.example",
        "briarholt teacher tern - -;larkmoor recorder - - -",
    ),
    person("Cedric", "Umeh", "c.umeh@briarholt.example", "briarholt slt,dsl,site-admin - - -"),
];

/// Who to try, and what it shows.
pub const TRY: [(&str, &str); 6] = [
    ("s.dalgleish@larkmoor.tamberwell.example", "DSL at three schools: open, switch, elevate, read every record"),
    ("a.fairbrass@larkmoor.tamberwell.example", "class teacher: elevate and read Oak, and no other class"),
    ("j.winterbourne@larkmoor.tamberwell.example", "site admin of Larkmoor: Admin area, people of Larkmoor only"),
    ("c.threadgold@tamberwell.example", "trust IT admin: people, import, remove access now"),
    ("t.quennell@tamberwell.example", "app developer: registers an app, tries it in the sandbox"),
    ("w.attenbrow@larkmoor.tamberwell.example", "no password yet: choose “first time” and look into the mailbox"),
];
