use clap::Args;

use crate::{
    auth::ClaimRules,
    domain::{fields::given, viewer::Role},
};

/// What tokens of other services say.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Tokens")]
pub struct ClaimArgs {
    /// Who must have issued a token (`iss`); anybody who can sign one, where this is not set
    #[arg(long = "jwt-issuer", env = "JWT_ISSUER")]
    issuer: Option<String>,

    /// Whom a token must be meant for (`aud`); not looked at where this is not set
    #[arg(long = "jwt-audience", env = "JWT_AUDIENCE")]
    audience: Option<String>,

    /// The claim that names the holder
    #[arg(
        long = "jwt-subject-claim",
        env = "JWT_SUBJECT_CLAIM",
        default_value = "sub"
    )]
    subject_claim: String,

    /// The claim that has the holder's e-mail address
    #[arg(
        long = "jwt-email-claim",
        env = "JWT_EMAIL_CLAIM",
        default_value = "email"
    )]
    email_claim: String,

    /// Claims that say what the holder may do, a word or a list of words each; the role that may do
    /// most counts. A name such as realm_access.roles leads into objects
    #[arg(
        long = "jwt-role-claims",
        env = "JWT_ROLE_CLAIMS",
        default_value = "role,roles",
        value_delimiter = ','
    )]
    role_claims: Vec<String>,

    /// The claim that makes the holder an ADMIN when it is true; empty for none
    #[arg(
        long = "jwt-admin-claim",
        env = "JWT_ADMIN_CLAIM",
        default_value = "is_admin"
    )]
    admin_claim: String,

    /// What other words than our own mean, such as supervisor=MANAGER,boss=ADMIN
    #[arg(long = "jwt-role-words", env = "JWT_ROLE_WORDS", value_delimiter = ',', value_parser = word)]
    role_words: Vec<(String, Role)>,
}

fn word(text: &str) -> Result<(String, Role), String> {
    let (word, role) = text.split_once('=').unwrap_or_default();
    match role.trim().parse() {
        Ok(role) if !word.trim().is_empty() => Ok((word.trim().to_owned(), role)),
        _ => Err("word=ROLE is wanted, where ROLE is ADMIN, MANAGER, AGENT or ANALYST".to_owned()),
    }
}

impl ClaimArgs {
    /// Whether it is said whose tokens, and for whom, are taken.
    #[must_use]
    pub fn names_parties(&self) -> bool {
        let rules = self.rules();
        rules.issuer.is_some() && rules.audience.is_some()
    }

    /// Which claims say what.
    #[must_use]
    pub fn rules(&self) -> ClaimRules {
        let owned = |text: &Option<String>| text.as_deref().and_then(given).map(str::to_owned);
        ClaimRules {
            subject: self.subject_claim.clone(),
            email: self.email_claim.clone(),
            roles: self.role_claims.clone(),
            admin: given(self.admin_claim.clone()),
            words: self.role_words.clone(),
            issuer: owned(&self.issuer),
            audience: owned(&self.audience),
        }
    }
}
