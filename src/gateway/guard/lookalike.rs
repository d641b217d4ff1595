//! Letters that look like a Latin letter, and Latin letters that decomposition does not reach.
//!
//! A selection made by hand, of what can be typed or pasted to hide a name, after Unicode Technical
//! Standard 39 (confusables). Applied to what is watched and to what is scanned alike, so a name in
//! another script still equals itself. Characters come case-folded; a letter whose two cases resemble
//! different Latin letters goes with its capital (Greek nu is read as n, not as v).

/// The Latin spelling of a case-folded character, if it has one here.
pub(super) const fn latin(folded: char) -> Option<&'static str> {
    if let Some(found) = of_latin(folded) {
        return Some(found);
    }
    if let Some(found) = of_cyrillic(folded) {
        return Some(found);
    }
    if let Some(found) = of_greek(folded) {
        return Some(found);
    }
    of_others(folded)
}

/// Letters with a stroke or hook, ligatures, phonetic letters and small capitals.
const fn of_latin(folded: char) -> Option<&'static str> {
    Some(match folded {
        'ø' | 'ɵ' | 'ᴏ' | 'ɔ' => "o",
        'đ' | 'ð' | 'ɖ' | 'ɗ' | 'ᴅ' | 'ꝺ' => "d",
        'ł' | 'ƚ' | 'ɫ' | 'ɭ' | 'ʟ' => "l",
        'ħ' | 'ɦ' | 'ʜ' => "h",
        'ŧ' | 'ƭ' | 'ʈ' | 'ᴛ' => "t",
        'ı' | 'ɩ' | 'ɪ' | 'ɨ' => "i",
        'ȷ' | 'ɉ' | 'ᴊ' | 'ʝ' => "j",
        'æ' | 'ᴁ' => "ae",
        'œ' | 'ɶ' => "oe",
        'þ' => "th",
        'ŋ' | 'ɴ' | 'ɲ' | 'ƞ' => "n",
        'ĸ' | 'ƙ' | 'ᴋ' => "k",
        'ƀ' | 'ɓ' | 'ʙ' | 'ƃ' => "b",
        'ƈ' | 'ȼ' | 'ɕ' | 'ᴄ' => "c",
        'ɠ' | 'ɡ' | 'ǥ' | 'ɢ' => "g",
        'ɑ' | 'ᴀ' | 'ⱥ' | 'ɐ' => "a",
        'ə' | 'ɇ' | 'ᴇ' | 'ɛ' | 'ǝ' => "e",
        'ƒ' | 'ꜰ' => "f",
        'ƥ' | 'ᴘ' => "p",
        'ɋ' => "q",
        'ɍ' | 'ɾ' | 'ʀ' => "r",
        'ʂ' | 'ꜱ' | 'ʃ' | 'ȿ' => "s",
        'ʉ' | 'ʊ' | 'ᴜ' | 'ư' => "u",
        'ʋ' | 'ᴠ' => "v",
        'ᴡ' | 'ⱳ' => "w",
        'ɯ' | 'ᴍ' | 'ɱ' => "m",
        'ƴ' | 'ɏ' | 'ʏ' => "y",
        'ƶ' | 'ȥ' | 'ʐ' | 'ᴢ' => "z",
        'ơ' => "o",
        _ => return None,
    })
}

const fn of_cyrillic(folded: char) -> Option<&'static str> {
    Some(match folded {
        'а' | 'ӑ' | 'ӓ' => "a",
        'в' | 'ь' => "b",
        'с' => "c",
        'ԁ' => "d",
        'е' | 'ё' | 'ҽ' | 'є' => "e",
        'ғ' => "f",
        'ԍ' => "g",
        'н' | 'һ' => "h",
        'і' | 'ї' | 'ӏ' => "i",
        'ј' => "j",
        'к' | 'қ' => "k",
        'м' => "m",
        'п' | 'ո' => "n",
        'о' | 'ө' => "o",
        'р' => "p",
        'ԛ' => "q",
        'г' => "r",
        'ѕ' => "s",
        'т' => "t",
        'ц' => "u",
        'ѵ' => "v",
        'ԝ' | 'ш' => "w",
        'х' => "x",
        'у' | 'ү' | 'ў' => "y",
        _ => return None,
    })
}

const fn of_greek(folded: char) -> Option<&'static str> {
    Some(match folded {
        'α' => "a",
        'β' => "b",
        'ϲ' => "c",
        'ε' => "e",
        'η' => "h",
        'ι' => "i",
        'ϳ' => "j",
        'κ' => "k",
        'μ' => "m",
        'ν' => "n",
        'ο' => "o",
        'ρ' => "p",
        'τ' => "t",
        'υ' => "y",
        'ω' => "w",
        'χ' => "x",
        'ζ' => "z",
        _ => return None,
    })
}

/// Armenian, Cherokee (which folds to its capitals) and Lisu.
const fn of_others(folded: char) -> Option<&'static str> {
    Some(match folded {
        'օ' | 'ꓳ' => "o",
        'ս' | 'ꓴ' => "u",
        'հ' | 'Ꮋ' | 'ꓧ' => "h",
        'զ' => "q",
        'ց' => "g",
        'յ' | 'Ꭻ' | 'ꓙ' => "j",
        'Ꭺ' | 'ꓮ' => "a",
        'Ᏼ' | 'ꓐ' => "b",
        'Ꮯ' | 'ꓚ' => "c",
        'Ꭰ' | 'ꓓ' => "d",
        'Ꭼ' | 'ꓰ' => "e",
        'Ꮐ' | 'ꓖ' => "g",
        'ꓲ' => "i",
        'Ꮶ' | 'ꓗ' => "k",
        'Ꮮ' | 'ꓡ' => "l",
        'Ꮇ' | 'ꓟ' => "m",
        'ꓠ' => "n",
        'Ꮲ' | 'ꓑ' => "p",
        'Ꮢ' | 'ꓣ' => "r",
        'Ꮪ' | 'ꓢ' => "s",
        'Ꭲ' | 'ꓔ' => "t",
        'Ꮩ' | 'ꓦ' => "v",
        'Ꮃ' | 'ꓪ' => "w",
        'ꓫ' => "x",
        'Ꮍ' | 'ꓬ' => "y",
        'Ꮓ' | 'ꓜ' => "z",
        _ => return None,
    })
}

/// The value of a decimal digit of another script, which compatibility decomposition leaves alone.
pub(super) const fn digit(character: char) -> Option<u8> {
    let code = character as u32;
    let zero = match code {
        0x0660..=0x0669 => 0x0660,
        0x06F0..=0x06F9 => 0x06F0,
        0x07C0..=0x07C9 => 0x07C0,
        0x0966..=0x096F => 0x0966,
        0x09E6..=0x09EF => 0x09E6,
        0x0A66..=0x0A6F => 0x0A66,
        0x0AE6..=0x0AEF => 0x0AE6,
        0x0BE6..=0x0BEF => 0x0BE6,
        0x0E50..=0x0E59 => 0x0E50,
        0x17E0..=0x17E9 => 0x17E0,
        _ => return None,
    };
    Some(b'0' + (code - zero) as u8)
}

/// Default-ignorable characters (UAX 44): they take no room on a screen, so they split no word.
pub(super) const fn is_ignorable(character: char) -> bool {
    matches!(
        character as u32,
        0x00AD | 0x034F | 0x061C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
            | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F
            | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFF8 | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A
            | 0xE0000..=0xE0FFF
    )
}
