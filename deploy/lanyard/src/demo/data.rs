//! The invented trust: sites and classes. No real school is meant.

/// A site.
pub(super) struct SiteRow {
    pub slug: &'static str,
    pub name: &'static str,
    pub short: &'static str,
    pub colour: &'static str,
    pub in_trust: bool,
    pub key_to_sign_in: bool,
    /// Groups whose members need a passkey or security key to elevate.
    pub strong_groups: &'static [&'static str],
    /// Minutes: longest, and idle.
    pub elevation: (i64, i64),
    /// `name:year`, separated by spaces.
    pub classes: &'static str,
}

const fn site(
    slug: &'static str,
    name: &'static str,
    short: &'static str,
    colour: &'static str,
    classes: &'static str,
) -> SiteRow {
    SiteRow {
        slug,
        name,
        short,
        colour,
        in_trust: true,
        key_to_sign_in: false,
        strong_groups: &[],
        elevation: (60, 15),
        classes,
    }
}

/// All sites.
pub(super) static SITES: [SiteRow; 7] = [
    site(
        "larkmoor",
        "Larkmoor Primary School",
        "Larkmoor",
        "#0b5e63",
        "Acorn:R Maple:R Oak:Y1 Ash:Y1 Birch:Y2 Beech:Y2 Hazel:Y3 Holly:Y3 Elm:Y4 Willow:Y4 Cedar:Y5 Pine:Y5 Rowan:Y6 Yew:Y6",
    ),
    site(
        "quillbrook",
        "Quillbrook Infant School",
        "Quillbrook",
        "#7a3b69",
        "Wren:R Robin:R Lark:Y1 Swift:Y1 Heron:Y2 Kite:Y2",
    ),
    site(
        "copperwick",
        "Copperwick Junior Academy",
        "Copperwick",
        "#8a4b16",
        "3A:Y3 3B:Y3 4A:Y4 4B:Y4 5A:Y5 5B:Y5 6A:Y6 6B:Y6",
    ),
    SiteRow {
        strong_groups: &["dsl", "deputy-dsl", "phase-lead"],
        elevation: (30, 10),
        ..site(
            "tamberwell-high",
            "Tamberwell High School",
            "Tamberwell High",
            "#2f5d9b",
            "7A:Y7 7B:Y7 7C:Y7 7D:Y7 8A:Y8 8B:Y8 8C:Y8 8D:Y8 9A:Y9 9B:Y9 9C:Y9 9D:Y9 10A:Y10 10B:Y10 10C:Y10 10D:Y10 11A:Y11 \
             11B:Y11 11C:Y11 11D:Y11 12:Y12 13:Y13",
        )
    },
    SiteRow {
        key_to_sign_in: true,
        elevation: (30, 10),
        ..site("fennick", "Fennick House School", "Fennick", "#3d6b2c", "Kingfisher: Otter: Badger: Hare:")
    },
    site("oldquay", "The Old Quay Centre", "Old Quay", "#4a4f7a", "KS3: KS4: Outreach:"),
    SiteRow {
        in_trust: false,
        ..site("briarholt", "Briarholt Village School", "Briarholt", "#9b2f45", "Puffin:R Tern:Y2 Gull:Y4")
    },
];
