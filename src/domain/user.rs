//! Rules of users: how they are called, and what may be said of them.

use unicode_normalization::UnicodeNormalization as _;

use super::{
    audit::Record,
    change::Change,
    fields::{Fields, TextRule},
    look_alikes,
    precis::{self, Unfit},
    problem::{Code, Path, Problems},
    text,
    viewer::Role,
};

/// What a caller says of a user.
#[derive(Debug, Clone, Default)]
pub struct UserInput {
    /// The name they sign in with; has to be there.
    pub name: Change<String>,
    /// Their e-mail address, which they can sign in with as well.
    pub email: Change<String>,
    /// What they may do; has to be there.
    pub role: Change<Role>,
    /// Whether they may sign in; they may at first.
    pub is_active: Change<bool>,
}

/// What is kept of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFields {
    /// The name they sign in with.
    pub name: String,
    /// Their e-mail address, in small letters.
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in.
    pub is_active: bool,
}

impl UserFields {
    /// A user after `input`: a new one, or the one that was `before`. Notes what is wrong.
    pub fn read(before: Option<&Self>, input: UserInput, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::new(Path::input(), problems);
        let known_name = before.map(|before| before.name.clone());
        let name = fields.required_text("name", TextRule::SHORT, input.name, known_name.clone());
        let name = name.filter(|name| {
            // Names from before these rules stay until they are changed.
            let unfit = (known_name.as_ref() != Some(name))
                .then(|| unfit(name))
                .flatten();
            if let Some(message) = &unfit {
                fields.note("name", Code::InvalidFormat, message);
            }
            unfit.is_none()
        });
        let known_email = before.and_then(|before| before.email.clone());
        let email = fields
            .text("email", TextRule::SHORT, input.email, known_email)
            .map(|email| email_key(&email))
            .filter(|email| {
                let is_email = is_email(email);
                if !is_email {
                    let message = "an e-mail address such as li@example.com is wanted";
                    fields.note("email", Code::InvalidFormat, message);
                }
                is_email
            });
        let role = fields.required("role", input.role, before.map(|before| before.role));
        let known_active = before.is_none_or(|before| before.is_active);
        let is_active = fields.required("isActive", input.is_active, Some(known_active));
        Some(Self {
            name: name?,
            email,
            role: role?,
            is_active: is_active?,
        })
    }

    /// As the record of a change has it.
    #[must_use]
    pub fn record(&self) -> Record {
        Record::default()
            .with("name", self.name.clone())
            .with_email("email", self.email.as_deref())
            .with("role", self.role.to_string())
            .with("isActive", self.is_active)
    }
}

/// Something on both sides of one @, and no spaces: whether mail arrives only sending it can tell.
fn is_email(text: &str) -> bool {
    let (person, host) = text.split_once('@').unwrap_or_default();
    !person.is_empty()
        && !host.is_empty()
        && !host.contains('@')
        && !text.contains(char::is_whitespace)
}

/// Why somebody cannot be called so; none where they can.
fn unfit(name: &str) -> Option<String> {
    if name.contains('@') {
        let message = "a name has no @, so that nobody takes it for an e-mail address";
        return Some(message.to_owned());
    }
    let message = match precis::user_name(name) {
        Err(Unfit::Character(character)) => format!(
            "a name has letters, digits, single spaces and the signs of ASCII, and not “{character}” (U+{:04X}) here",
            u32::from(character)
        ),
        Err(Unfit::Whole) => {
            "a name is written from the left or from the right, and not in both directions"
                .to_owned()
        }
        Ok(_) if look_alikes::mixes_scripts(name) => {
            "a name has no letters of several scripts that look alike, such as Latin and Cyrillic"
                .to_owned()
        }
        Ok(_) => return None,
    };
    Some(message)
}

/// The one form in which names are compared: that of [`precis::user_name`], also for names that are none
/// by it.
#[must_use]
pub fn name_key(name: &str) -> String {
    let name = text::name(name);
    // Letter by letter: a final sigma is one as well.
    name.chars().flat_map(char::to_lowercase).nfc().collect()
}

/// The one form in which e-mail addresses are compared, and kept.
#[must_use]
pub fn email_key(email: &str) -> String {
    text::name(email).to_lowercase()
}

/// The forms in which a login may be stored as a name: as older programs compared it, and as this one
/// does; the last counts, unless one of the others is somebody's own.
#[must_use]
pub fn name_keys(login: &str) -> [String; 3] {
    [
        login.trim().to_lowercase(),
        text::name(login).to_lowercase(),
        name_key(login),
    ]
}

/// An e-mail address of which the first letter and the host are left: `l***@example.com`.
#[must_use]
pub fn masked_email(email: &str) -> String {
    let (person, host) = email.split_once('@').unwrap_or((email, ""));
    let first: String = person.chars().take(1).collect();
    format!("{first}***@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_compared_as_its_profile_says() {
        for name in [
            "LI",
            "Jose\u{301}",
            "ＬＩ　ＮＡ",
            "ΝΙΚΟΣ",
            "王芳",
            "İ",
            "Ǆ1",
            "o'Neil",
            "ｶﾞ",
        ] {
            if let Ok(form) = precis::user_name(&text::name(name)) {
                assert_eq!(name_key(name), form, "{name}");
            }
            assert_eq!(name_key(&name_key(name)), name_key(name), "{name}");
        }
        assert_eq!(name_key("🌸 LI\u{200b}"), "🌸 li");
        assert_eq!(email_key(" ＬＩ＠Example.com"), "li@example.com");
    }

    #[test]
    fn who_cannot_be_called_so_hears_why() {
        for (name, words) in [
            ("a@b", "no @"),
            ("王芳🌸", "not “🌸” (U+1F338) here"),
            ("раypal", "several scripts"),
            ("\u{5d0}a", "both directions"),
        ] {
            let message = unfit(name).unwrap_or_default();
            assert!(message.contains(words), "{name}: {message}");
        }
        for name in ["li", "Li Na", "王芳 (2)", "买买提·艾合买提", "Иван", "José"] {
            assert_eq!(unfit(name), None);
        }
    }

    #[test]
    fn addresses_have_two_sides_and_are_masked() {
        for good in ["li@example.com", "李@例子.cn", "a+b@x"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "li", "@x", "li@", "a@b@c", "a b@c"] {
            assert!(!is_email(bad), "{bad}");
        }
        assert_eq!(masked_email("li.na@example.com"), "l***@example.com");
        assert_eq!(masked_email("@"), "***@");
    }
}
