//! The closed list of what a value is about.
//!
//! A category says nothing about what happens to a value (its verb does); it decides whether a removed value
//! is watched, and it is what registers, agreements and `[[assert]]` speak of. It must not know values.

/// What a field is about. Closed: a profile cannot add one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// Given, family, preferred, middle or full name; initials; nickname.
    Name,
    /// A number or text that points at one pupil: pupil number, ECK iD, key of the LAS, user name.
    PupilId,
    /// The same of somebody who works at the school.
    StaffId,
    /// A parent or guardian: name or number.
    Guardian,
    /// Burgerservicenummer, onderwijsnummer and their predecessors.
    Bsn,
    /// An e-mail address, or a hash of one.
    Email,
    /// A telephone number.
    Phone,
    /// A postal address, or a web address that points at a person.
    Address,
    /// Date of birth.
    BirthDate,
    /// Gender, pronouns.
    Gender,
    /// Nationality, country of birth, language at home, religion.
    Origin,
    /// A photograph or avatar, or the address of one.
    Image,
    /// Health, care, behaviour, absence.
    Care,
    /// Class, group, grade, course, role.
    Group,
    /// The school itself: BRIN, branch, year.
    School,
    /// Scores, progress, times of work.
    Result,
    /// Passwords, keys, tokens.
    Credential,
    /// Texts that somebody typed, and names of things that a school chooses itself.
    FreeText,
}

impl Category {
    /// Every category, in the order in which registers print them.
    pub const ALL: [Self; 18] = [
        Self::Name,
        Self::PupilId,
        Self::StaffId,
        Self::Guardian,
        Self::Bsn,
        Self::Email,
        Self::Phone,
        Self::Address,
        Self::BirthDate,
        Self::Gender,
        Self::Origin,
        Self::Image,
        Self::Care,
        Self::Group,
        Self::School,
        Self::Result,
        Self::Credential,
        Self::FreeText,
    ];

    /// The category of that name, as profiles and `[[assert]]` write it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str() == name)
    }

    /// Its name in profiles, registers and assertions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::PupilId => "pupil-id",
            Self::StaffId => "staff-id",
            Self::Guardian => "guardian",
            Self::Bsn => "bsn",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Address => "address",
            Self::BirthDate => "birth-date",
            Self::Gender => "gender",
            Self::Origin => "origin",
            Self::Image => "image",
            Self::Care => "care",
            Self::Group => "group",
            Self::School => "school",
            Self::Result => "result",
            Self::Credential => "credential",
            Self::FreeText => "free-text",
        }
    }

    /// Whether a value of this category points at a person, so that it is watched elsewhere in the exchange
    /// once a rule removed or replaced it (PROMISES.md). Vocabularies and texts are not; neither are credentials: a
    /// password that a class shares points at nobody, and is a word as often as not.
    pub fn identifies(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::PupilId
                | Self::StaffId
                | Self::Guardian
                | Self::Bsn
                | Self::Email
                | Self::Phone
                | Self::Address
                | Self::BirthDate
        )
    }
}

impl std::fmt::Display for Category {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
