//! Messages about the journal's name and its witnesses.

use super::{Message, error};

/// All of this file.
pub const ALL: &[&Message] = &[&ORIGIN, &KEY, &TWICE];

/// Not a name for a journal.
pub const ORIGIN: Message = error(
    "CFG-110",
    [
        "\"{found}\" cannot name a journal",
        "write at most 128 visible ASCII characters without + and without spaces, such as \"sluis/12AB/2\"",
    ],
    [
        "\"{found}\" kan geen naam van een journaal zijn",
        "schrijf hooguit 128 zichtbare ASCII-tekens zonder + en zonder spaties, zoals \"sluis/12AB/2\"",
    ],
);
/// Not a witness's key.
pub const KEY: Message = error(
    "CFG-111",
    [
        "this is no public key of a witness",
        "copy the line in witness.vkey that `sluis witness init` made there: name+id+key",
    ],
    [
        "dit is geen publieke sleutel van een getuige",
        "neem de regel uit witness.vkey over die `sluis witness init` daar maakte: naam+id+sleutel",
    ],
);
/// One witness twice.
pub const TWICE: Message = error(
    "CFG-112",
    ["witness {name} stands here twice", "remove one of the two; each has a name and a key of its own"],
    ["getuige {name} staat hier twee keer", "verwijder er een; elk heeft een eigen naam en sleutel"],
);
