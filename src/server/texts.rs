//! What refusals are called and what they advise, in English and Dutch.
//!
//! Texts only. Codes never change once released. No text may hold anything of a message.

/// What stands in the table for one refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The status, when the request was refused.
    pub status: u16,
    /// What happened: English, Dutch.
    pub title: [&'static str; 2],
    /// What to do: English, Dutch.
    pub hint: [&'static str; 2],
}

pub(super) const FRAMING: Answer = Answer {
    status: 400,
    title: ["The request is malformed or ambiguous", "Het verzoek is ongeldig of dubbelzinnig"],
    hint: [
        "Send one plain HTTP request: one Host, one length, no folded lines, no trailers.",
        "Stuur één gewoon HTTP-verzoek: één Host, één lengte, geen gevouwen regels, geen trailers.",
    ],
};
pub(super) const NO_ROUTE: Answer = Answer {
    status: 404,
    title: ["Nothing is mounted here", "Hier is niets aangesloten"],
    hint: [
        "Compare the address with the route's mount and with the paths that its profile lists.",
        "Vergelijk het adres met de mount van de route en met de paden in het profiel.",
    ],
};
pub(super) const METHOD_NOT_LISTED: Answer = Answer {
    status: 405,
    title: ["This method is not listed for this path", "Deze methode staat niet in het profiel van dit pad"],
    hint: [
        "Use a method that the route's profile lists.",
        "Gebruik een methode die in het profiel van de route staat.",
    ],
};
pub(super) const TOO_LARGE: Answer = Answer {
    status: 413,
    title: ["The body is too large", "Het bericht is te groot"],
    hint: [
        "Send it in smaller parts, or have the limit raised.",
        "Stuur het in kleinere delen, of laat de grens verhogen.",
    ],
};
pub(super) const SLOW_REQUEST: Answer = Answer {
    status: 408,
    title: ["The request came in too slowly", "Het verzoek kwam te langzaam binnen"],
    hint: [
        "Send it again over a connection that is fast enough.",
        "Stuur het opnieuw over een verbinding die snel genoeg is.",
    ],
};
pub(super) const HEADER_NOT_LISTED: Answer = Answer {
    status: 422,
    title: [
        "A header changes what the message means and is not listed",
        "Een header verandert de betekenis van het bericht en staat niet in het profiel",
    ],
    hint: [
        "Leave out Range, Expect, Upgrade and their like.",
        "Laat Range, Expect, Upgrade en dergelijke weg.",
    ],
};
pub(super) const CODING: Answer = Answer {
    status: 415,
    title: [
        "The content coding cannot be undone safely",
        "De codering van de inhoud is niet veilig te lezen",
    ],
    hint: [
        "Send the body plain or with one of gzip, deflate, br and zstd.",
        "Stuur de inhoud ongecodeerd of met één van gzip, deflate, br en zstd.",
    ],
};
pub(super) const NOT_ACCEPTABLE: Answer = Answer {
    status: 406,
    title: ["None of the types you accept is listed", "Geen van de gevraagde soorten staat in het profiel"],
    hint: [
        "Accept a media type that the route's profile lists.",
        "Vraag een mediatype dat in het profiel van de route staat.",
    ],
};
pub(super) const MEDIA_TYPE: Answer = Answer {
    status: 415,
    title: [
        "This media type or charset is not listed",
        "Dit mediatype of deze tekenset staat niet in het profiel",
    ],
    hint: [
        "Send a media type that the route's profile lists, in UTF-8.",
        "Stuur een mediatype dat in het profiel van de route staat, in UTF-8.",
    ],
};
pub(super) const UNPARSED: Answer = Answer {
    status: 422,
    title: [
        "The content cannot be read as what it claims to be",
        "De inhoud is niet te lezen als wat zij zegt te zijn",
    ],
    hint: [
        "Correct the document; what cannot be read does not cross.",
        "Herstel het document; wat niet te lezen is, gaat niet door.",
    ],
};
pub(super) const NOT_LISTED: Answer = Answer {
    status: 422,
    title: [
        "The content holds something that the profile refuses",
        "De inhoud bevat iets wat het profiel weigert",
    ],
    hint: ["Leave it out, or have the profile extended.", "Laat het weg, of laat het profiel uitbreiden."],
};
pub(super) const QUESTION: Answer = Answer {
    status: 422,
    title: [
        "The question's answer could depend on who a pupil is",
        "Het antwoord op deze vraag kan verraden wie een leerling is",
    ],
    hint: [
        "Filter, sort and page only by fields that the profile keeps, or ask for one pseudonym.",
        "Filter, sorteer en blader alleen op velden die het profiel doorlaat, of vraag één pseudoniem op.",
    ],
};
pub(super) const UNAUTHENTICATED: Answer = Answer {
    status: 401,
    title: ["The caller is not known", "De aanroeper is niet bekend"],
    hint: [
        "Show the token or the certificate that belongs to this route.",
        "Toon het token of het certificaat dat bij deze route hoort.",
    ],
};
pub(super) const FORBIDDEN: Answer = Answer {
    status: 403,
    title: ["The caller may not use this route", "De aanroeper mag deze route niet gebruiken"],
    hint: [
        "Use the credential of this route, from a network that it allows.",
        "Gebruik de toegang van deze route, vanuit een toegestaan netwerk.",
    ],
};
pub(super) const UNKNOWN_PSEUDONYM: Answer = Answer {
    status: 422,
    title: ["A pseudonym is not known here", "Een pseudoniem is hier niet bekend"],
    hint: [
        "Use pseudonyms as you received them, for this publisher and for this kind of identifier.",
        "Gebruik pseudoniemen zoals ontvangen, voor deze uitgever en voor dit soort nummer.",
    ],
};
pub(super) const NO_PERSON: Answer = Answer {
    status: 422,
    title: ["A record has no person to make a label or a number for", "Bij een record ontbreekt de persoon"],
    hint: [
        "See to it that each record carries the identifier that the profile names.",
        "Zorg dat elk record het nummer bevat dat het profiel noemt.",
    ],
};
pub(super) const SWAP_MISMATCH: Answer = Answer {
    status: 422,
    title: ["A value has no counterpart", "Een waarde heeft geen tegenhanger"],
    hint: [
        "Send the value that the configuration names, or have it corrected.",
        "Stuur de waarde die de configuratie noemt, of laat die herstellen.",
    ],
};
pub(super) const SECOND_PERSON: Answer = Answer {
    status: 422,
    title: [
        "An id of the publisher's own names another person already",
        "Een id van de uitgever zelf is al van iemand anders",
    ],
    hint: [
        "One id of the publisher's names one pupil for good. Give the other pupil an id of its own.",
        "Eén id van de uitgever is voorgoed van één leerling. Geef de andere leerling een eigen id.",
    ],
};
pub(super) const AGREEMENT_ENDED: Answer = Answer {
    status: 403,
    title: [
        "The processor agreement with this publisher has ended",
        "De verwerkersovereenkomst met deze uitgever is afgelopen",
    ],
    hint: [
        "The school records the new agreement (`[publisher.agreement] ends`), or takes the route away.",
        "De school legt de nieuwe overeenkomst vast (`[publisher.agreement] ends`), of haalt de route weg.",
    ],
};
pub(super) const NO_BASIS: Answer = Answer {
    status: 403,
    title: [
        "This publisher processes outside the EEA, without a basis on record",
        "Deze uitgever verwerkt buiten de EER, zonder vastgelegde grondslag",
    ],
    hint: [
        "The school records what allows it (`basis`, GDPR chapter V), or sends nothing there.",
        "De school legt vast wat het toestaat (`basis`, AVG hoofdstuk V), of stuurt er niets heen.",
    ],
};
pub(super) const NOT_AGREED: Answer = Answer {
    status: 422,
    title: [
        "The content holds a category that the agreement does not name",
        "De inhoud bevat een categorie die niet in de overeenkomst staat",
    ],
    hint: [
        "Leave it out, or have the agreement and `categories` extended.",
        "Laat het weg, of laat de overeenkomst en `categories` uitbreiden.",
    ],
};
pub(super) const OBJECTED: Answer = Answer {
    status: 403,
    title: [
        "For this pupil an objection against this publisher is on record",
        "Voor deze leerling is bezwaar tegen deze uitgever vastgelegd",
    ],
    hint: [
        "Leave this pupil out; `sluis consent withdraw` takes the objection back when it no longer holds.",
        "Laat deze leerling weg; `sluis consent withdraw` neemt het bezwaar terug als het niet meer geldt.",
    ],
};
pub(super) const NO_CONSENT: Answer = Answer {
    status: 403,
    title: [
        "For this pupil under 16 no consent for this free app is on record",
        "Voor deze leerling onder de 16 is geen toestemming voor deze gratis app vastgelegd",
    ],
    hint: [
        "Ask the parents and record it (`sluis consent set`), or leave this pupil out.",
        "Vraag het de ouders en leg het vast (`sluis consent set`), of laat deze leerling weg.",
    ],
};
pub(super) const LEAK: Answer = Answer {
    status: 422,
    title: [
        "The guard found a person in what was about to leave",
        "De wachter vond een persoon in wat zou vertrekken",
    ],
    hint: [
        "Remove names and numbers from free text; `sluis explain` with this exchange says where.",
        "Haal namen en nummers uit vrije tekst; `sluis explain` met deze uitwisseling zegt waar.",
    ],
};
pub(super) const WITHHELD_TOO_OFTEN: Answer = Answer {
    status: 503,
    title: [
        "Too many replies were withheld: the route has stopped",
        "Te veel antwoorden zijn tegengehouden: de route staat stil",
    ],
    hint: [
        "The school's own replies name pupils. The school looks at them (`sluis explain`), and starts Sluis again or waits.",
        "De antwoorden van de school noemen leerlingen. De school bekijkt ze (`sluis explain`), en start Sluis opnieuw of wacht.",
    ],
};
pub(super) const CLOSED: Answer = Answer {
    status: 422,
    title: [
        "Without a roster this content may not leave",
        "Zonder leerlingenlijst mag deze inhoud niet vertrekken",
    ],
    hint: [
        "Import the roster (`sluis roster import`): there is none, or it knows too few of the pupils who cross. Or leave the free text out.",
        "Importeer de leerlingenlijst (`sluis roster import`): zij is er niet, of kent te weinig van de leerlingen die passeren. Of laat de vrije tekst weg.",
    ],
};
pub(super) const VAULT_SEALED: Answer = Answer {
    status: 503,
    title: ["The vault is sealed", "De kluis is verzegeld"],
    hint: [
        "Nothing more is forwarded. The administrator runs `sluis vault verify`.",
        "Er wordt niets meer doorgestuurd. De beheerder draait `sluis vault verify`.",
    ],
};
pub(super) const JOURNAL_FAILED: Answer = Answer {
    status: 503,
    title: ["The journal cannot be written", "Het journaal kan niet worden geschreven"],
    hint: [
        "Nothing more is forwarded. The administrator looks at the journal's disk.",
        "Er wordt niets meer doorgestuurd. De beheerder kijkt naar de schijf van het journaal.",
    ],
};
pub(super) const ROSTER_UNAVAILABLE: Answer = Answer {
    status: 503,
    title: ["The roster cannot be read", "De leerlingenlijst is niet te lezen"],
    hint: [
        "Nothing more is forwarded. The administrator imports the roster again.",
        "Er wordt niets meer doorgestuurd. De beheerder importeert de leerlingenlijst opnieuw.",
    ],
};
pub(super) const OVERLOADED: Answer = Answer {
    status: 503,
    title: ["More work than the limits allow", "Meer werk dan de grenzen toelaten"],
    hint: ["Send it again in a few seconds.", "Stuur het over enkele seconden opnieuw."],
};
pub(super) const FAILED_TOO_OFTEN: Answer = Answer {
    status: 429,
    title: ["Too many of these questions failed", "Te veel van deze vragen mislukten"],
    hint: [
        "Wait as long as Retry-After says. Ask only with pseudonyms that this school gave you.",
        "Wacht zo lang als Retry-After zegt. Vraag alleen met pseudoniemen die u van deze school kreeg.",
    ],
};
pub(super) const DRAINING: Answer = Answer {
    status: 503,
    title: ["Sluis is stopping", "Sluis is aan het stoppen"],
    hint: ["Send it again in a few seconds.", "Stuur het over enkele seconden opnieuw."],
};
pub(super) const UPSTREAM_DOWN: Answer = Answer {
    status: 502,
    title: [
        "The other side could not be reached, or broke off",
        "De andere kant is niet bereikbaar, of brak af",
    ],
    hint: [
        "Look whether the other side is up; Sluis does not repeat the request by itself.",
        "Kijk of de andere kant werkt; Sluis herhaalt het verzoek niet zelf.",
    ],
};
pub(super) const UPSTREAM_SLOW: Answer = Answer {
    status: 504,
    title: ["The other side did not answer in time", "De andere kant antwoordde niet op tijd"],
    hint: [
        "Look whether the request took effect before you send it again.",
        "Kijk of het verzoek is uitgevoerd voordat u het opnieuw stuurt.",
    ],
};
pub(super) const UPSTREAM_CREDENTIAL: Answer = Answer {
    status: 502,
    title: [
        "The other side does not accept Sluis's credential",
        "De andere kant aanvaardt de toegang van Sluis niet",
    ],
    hint: [
        "The administrator checks the route's token, secret or certificate.",
        "De beheerder controleert token, geheim of certificaat van de route.",
    ],
};
pub(super) const INTERNAL: Answer = Answer {
    status: 500,
    title: ["A fault of Sluis itself", "Een fout van Sluis zelf"],
    hint: [
        "Report it with the exchange's id; the log has it too.",
        "Meld dit met het kenmerk van de uitwisseling; het staat ook in het log.",
    ],
};
pub(super) const NOT_IN_ROSTER: Answer = Answer {
    status: 422,
    title: ["The roster does not know this pupil", "De leerlingenlijst kent deze leerling niet"],
    hint: [
        "Import a roster that holds this pupil: identifiers are joined through it.",
        "Importeer een leerlingenlijst met deze leerling: de nummers worden daarmee aan elkaar gekoppeld.",
    ],
};
pub(super) const REPLY_TOO_LARGE: Answer = Answer {
    status: 502,
    title: ["The other side's reply is too large", "Het antwoord van de andere kant is te groot"],
    hint: [
        "Ask for fewer records at a time (a smaller page), or have the limit raised.",
        "Vraag minder records per keer (een kleinere pagina), of laat de grens verhogen.",
    ],
};
