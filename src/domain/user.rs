//! Rules of users: how they are called, and what may be said of them.

use super::{
    audit::Record,
    change::Change,
    fields::{Fields, TextRule},
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
        let name = fields.required_text("name", TextRule::SHORT, input.name, known_name);
        let name = name.filter(|name| {
            let is_name = !name.contains('@');
            if !is_name {
                let message = "a name has no @, so that nobody takes it for an e-mail address";
                fields.note("name", Code::InvalidFormat, message);
            }
            is_name
        });
        let known_email = before.and_then(|before| before.email.clone());
        let email = fields
            .text("email", TextRule::SHORT, input.email, known_email)
            .map(|email| email.to_lowercase())
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

/// The one form in which names and addresses are compared.
#[must_use]
pub fn name_key(name: &str) -> String {
    text::name(name).to_lowercase()
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
