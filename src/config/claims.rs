use clap::Args;

use super::given;
use crate::{auth::ClaimRules, domain::viewer::Role};

/// What tokens of other services say.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Tokens")]
pub struct ClaimArgs {
    /// Who must have issued a token (`iss`); anybody who has the secret, where this is not set
    #[arg(long, env = "JWT_ISSUER")]
    jwt_issuer: Option<String>,

    /// Whom a token must be meant for (`aud`); not looked at where this is not set
    #[arg(long, env = "JWT_AUDIENCE")]
    jwt_audience: Option<String>,

    /// The claim that names the holder
    #[arg(long, env = "JWT_SUBJECT_CLAIM", default_value = "sub")]
    jwt_subject_claim: String,

    /// The claim that has the holder's e-mail address
    #[arg(long, env = "JWT_EMAIL_CLAIM", default_value = "email")]
    jwt_email_claim: String,

    /// Claims that say what the holder may do, a word or a list of words each; the role that may do
    /// most counts. A name such as realm_access.roles leads into objects
    #[arg(
        long,
        env = "JWT_ROLE_CLAIMS",
        default_value = "role,roles",
        value_delimiter = ','
    )]
    jwt_role_claims: Vec<String>,

    /// The claim that makes the holder an ADMIN when it is true; empty for none
    #[arg(long, env = "JWT_ADMIN_CLAIM", default_value = "is_admin")]
    jwt_admin_claim: String,

    /// What other words than our own mean, such as supervisor=MANAGER,boss=ADMIN
    #[arg(long, env = "JWT_ROLE_WORDS", value_delimiter = ',', value_parser = word)]
    jwt_role_words: Vec<(String, Role)>,
}

fn word(text: &str) -> Result<(String, Role), String> {
    let (word, role) = text.split_once('=').unwrap_or_default();
    match role.trim().parse() {
        Ok(role) if !word.trim().is_empty() => Ok((word.trim().to_owned(), role)),
        _ => Err("word=ROLE is wanted, where ROLE is ADMIN, MANAGER, AGENT or ANALYST".to_owned()),
    }
}

impl ClaimArgs {
    /// Which claims say what.
    #[must_use]
    pub fn rules(&self) -> ClaimRules {
        let owned = |text: &Option<String>| given(text.as_deref()).map(str::to_owned);
        ClaimRules {
            subject: self.jwt_subject_claim.clone(),
            email: self.jwt_email_claim.clone(),
            roles: self.jwt_role_claims.clone(),
            admin: given(Some(&self.jwt_admin_claim)).map(str::to_owned),
            words: self.jwt_role_words.clone(),
            issuer: owned(&self.jwt_issuer),
            audience: owned(&self.jwt_audience),
        }
    }
}
