use clap::Args;

use super::Environment;
use crate::{
    auth::{AdminClaim, ClaimRules},
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

    /// The claim that makes the holder an ADMIN when it is true; empty for none. Where this is not
    /// set: is_admin, of tokens that are signed with JWT_SECRET_KEY, as long as JWT_ROLE_WORDS is not
    /// set either
    #[arg(long = "jwt-admin-claim", env = "JWT_ADMIN_CLAIM")]
    admin_claim: Option<String>,

    /// What words mean, such as supervisor=MANAGER,boss=ADMIN. Our own (admin, manager, agent,
    /// analyst) count no more then, unless they are listed, too
    #[arg(long = "jwt-role-words", env = "JWT_ROLE_WORDS", value_delimiter = ',', value_parser = word)]
    role_words: Vec<(String, Role)>,
}

/// Nobody says whose tokens are taken that another service signs, or for whom they have to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} must be set with JWKS_URL or JWKS_FILE: else everybody comes in who has a token that is signed with one of those keys, for whatever service it is. On your own machine DIALGRAPH_ENV=development does without",
    .0.join(" and ")
)]
pub struct AnyParty(Vec<&'static str>);

fn word(text: &str) -> Result<(String, Role), String> {
    let (word, role) = text.split_once('=').unwrap_or_default();
    match role.trim().parse() {
        Ok(role) if !word.trim().is_empty() => Ok((word.trim().to_owned(), role)),
        _ => Err("word=ROLE is wanted, where ROLE is ADMIN, MANAGER, AGENT or ANALYST".to_owned()),
    }
}

impl ClaimArgs {
    /// That it is said whose tokens, and for whom, are taken; asked where another service signs them
    /// with keys of its own. In development it is only warned of.
    ///
    /// # Errors
    /// Which of the variables are missing.
    pub fn check_parties(&self, environment: Environment) -> Result<(), AnyParty> {
        let rules = self.rules();
        let named = [
            ("JWT_ISSUER", rules.issuer.is_some()),
            ("JWT_AUDIENCE", rules.audience.is_some()),
        ];
        let missing: Vec<&str> = named
            .into_iter()
            .filter_map(|(variable, is_set)| (!is_set).then_some(variable))
            .collect();
        match environment {
            _ if missing.is_empty() => Ok(()),
            Environment::Production => Err(AnyParty(missing)),
            Environment::Development => {
                let warning = AnyParty(missing);
                tracing::warn!(%warning, "fit for development only");
                Ok(())
            }
        }
    }

    /// Which claims say what.
    #[must_use]
    pub fn rules(&self) -> ClaimRules {
        let owned = |text: &Option<String>| text.as_deref().and_then(given).map(str::to_owned);
        ClaimRules {
            subject: self.subject_claim.clone(),
            email: self.email_claim.clone(),
            roles: self.role_claims.clone(),
            admin: match self.admin_claim.clone().map(given) {
                None => AdminClaim::Legacy,
                Some(None) => AdminClaim::Off,
                Some(Some(name)) => AdminClaim::Named(name),
            },
            words: self.role_words.clone(),
            issuer: owned(&self.issuer),
            audience: owned(&self.audience),
        }
    }
}
