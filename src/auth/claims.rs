//! What a token's claims mean: which of them says what is set by configuration, because other
//! services have their own names.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use strum::VariantArray as _;

use super::TokenError;
use crate::domain::{
    principal::{Foreign, Principal, Signer},
    viewer::{Role, Viewer},
};

/// How far clocks may differ.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);
/// The session that a token of ours belongs to.
const SESSION: &str = "sid";
/// The role in a token that this program itself makes: it counts whatever names and words others have.
const OWN_ROLE: &str = "dialgraph_role";
/// The claim of the services that this one replaces, true for administrators.
const LEGACY_ADMIN: &str = "is_admin";

/// The claims of a token.
pub(super) type Claims = Map<String, Value>;

/// Which claims say what, and what they have to say. A name such as `realm_access.roles` leads into
/// objects.
#[derive(Debug, Clone)]
pub struct ClaimRules {
    /// Whom the token names.
    pub subject: String,
    /// Their e-mail address.
    pub email: String,
    /// What they may do: a word or a list of words; the one that may do most counts.
    pub roles: Vec<String>,
    /// Whether they are an administrator, whatever else is said.
    pub admin: AdminClaim,
    /// What words mean, whatever their case. Where there are any, our own words count no more: what
    /// another service calls an admin need not be ours.
    pub words: Vec<(String, Role)>,
    /// Who must have issued the token, if anybody in particular.
    pub issuer: Option<String>,
    /// Whom the token must be meant for, if anybody in particular.
    pub audience: Option<String>,
}

/// The claim that makes an administrator when it is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminClaim {
    /// `is_admin`, of tokens that are signed with our secret, as long as no words are configured.
    Legacy,
    /// The one with this name, of every token.
    Named(String),
    /// None.
    Off,
}

impl Default for ClaimRules {
    fn default() -> Self {
        Self {
            subject: "sub".to_owned(),
            email: "email".to_owned(),
            roles: vec!["role".to_owned(), "roles".to_owned()],
            admin: AdminClaim::Legacy,
            words: Vec::new(),
            issuer: None,
            audience: None,
        }
    }
}

/// Who holds a token that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Who.
    pub viewer: Viewer,
    /// The session of ours that the token belongs to; it has to be asked whether that goes on.
    pub session: Option<i64>,
    /// When the token is good no more, clocks that differ taken into account.
    pub ends_at: DateTime<Utc>,
}

impl ClaimRules {
    /// What `claims` say at the instant `now`.
    pub(super) fn read(
        &self,
        claims: &Claims,
        signer: Signer,
        now: DateTime<Utc>,
    ) -> Result<Verified, TokenError> {
        let ends_at = check_times(claims, now)?;
        self.check_parties(claims)?;
        let subject = match find(claims, &self.subject) {
            Some(Value::String(subject)) if is_name(subject) => subject.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return Err(TokenError::Invalid),
        };
        let session = find(claims, SESSION)
            .and_then(Value::as_str)
            .and_then(|session| session.parse().ok());
        // Names that are ours belong to sessions of ours, which can end. Others have sessions too,
        // of which we know nothing.
        let own = session
            .filter(|_| signer == Signer::Secret)
            .zip(Principal::user_named(&subject));
        if Principal::is_reserved(&subject) && own.is_none() {
            return Err(TokenError::Invalid);
        }
        let (session, principal) = match own {
            Some((session, user)) => (Some(session), user),
            None => (
                None,
                Principal::Foreign(Foreign {
                    signer,
                    issuer: issuer(claims)?,
                    subject,
                }),
            ),
        };
        let role = self.role(claims, signer).ok_or(TokenError::NoRole)?;
        let viewer = Viewer {
            email: find(claims, &self.email)
                .and_then(Value::as_str)
                .filter(|email| is_name(email))
                .map(str::to_owned),
            ..Viewer::new(principal, role)
        };
        Ok(Verified {
            viewer,
            session,
            ends_at,
        })
    }

    /// The claims of a token for `viewer`.
    pub(super) fn write(
        &self,
        viewer: &Viewer,
        session: Option<i64>,
        issued: DateTime<Utc>,
        expires: DateTime<Utc>,
    ) -> Claims {
        let mut claims = Claims::new();
        insert(
            &mut claims,
            &self.subject,
            json!(viewer.principal.subject()),
        );
        let role = self.roles.first().map_or("role", String::as_str);
        for name in [role, OWN_ROLE] {
            insert(&mut claims, name, json!(viewer.role.to_string()));
        }
        if let Some(email) = &viewer.email {
            insert(&mut claims, &self.email, json!(email));
        }
        let optional = [
            (SESSION, session.map(|session| session.to_string())),
            ("iss", self.issuer.clone()),
            ("aud", self.audience.clone()),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                insert(&mut claims, name, json!(value));
            }
        }
        insert(&mut claims, "iat", json!(issued.timestamp()));
        insert(&mut claims, "exp", json!(expires.timestamp()));
        claims
    }

    fn check_parties(&self, claims: &Claims) -> Result<(), TokenError> {
        let named = |claim: &str, wanted: &Option<String>| {
            let said = claims.get(claim);
            let said = said.map(words).unwrap_or_default();
            wanted
                .as_deref()
                .is_none_or(|wanted| said.contains(&wanted))
        };
        if named("iss", &self.issuer) && named("aud", &self.audience) {
            Ok(())
        } else {
            Err(TokenError::OtherParty)
        }
    }

    fn role(&self, claims: &Claims, signer: Signer) -> Option<Role> {
        if signer == Signer::Secret
            && let Some(role) = own_role(claims)
        {
            return Some(role);
        }
        let admin = match &self.admin {
            AdminClaim::Legacy if signer == Signer::Secret && self.words.is_empty() => {
                find(claims, LEGACY_ADMIN)
            }
            AdminClaim::Named(name) => find(claims, name),
            AdminClaim::Legacy | AdminClaim::Off => None,
        };
        if admin == Some(&Value::Bool(true)) {
            return Some(Role::Admin);
        }
        let said: Vec<Role> = self
            .roles
            .iter()
            .filter_map(|name| find(claims, name))
            .flat_map(words)
            .filter_map(|word| self.meaning(word))
            .collect();
        // They stand in the order of what they may do.
        let mut roles = Role::VARIANTS.iter().copied();
        roles.find(|role| said.contains(role))
    }

    fn meaning(&self, word: &str) -> Option<Role> {
        if self.words.is_empty() {
            return word.parse().ok();
        }
        let mut words = self.words.iter();
        let mapped = words.find(|(known, _)| known.eq_ignore_ascii_case(word));
        mapped.map(|(_, role)| *role)
    }
}

/// What a token that this program made says of the role.
fn own_role(claims: &Claims) -> Option<Role> {
    claims.get(OWN_ROLE)?.as_str()?.parse().ok()
}

/// Who issued the token, as far as it says.
fn issuer(claims: &Claims) -> Result<Option<String>, TokenError> {
    match claims.get("iss") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(issuer)) if issuer.is_empty() => Ok(None),
        Some(Value::String(issuer)) if is_name(issuer) => Ok(Some(issuer.clone())),
        Some(_) => Err(TokenError::Invalid),
    }
}

/// When the token ends, if it is good now.
fn check_times(claims: &Claims, now: DateTime<Utc>) -> Result<DateTime<Utc>, TokenError> {
    let ends_at = instant(claims, "exp")?.ok_or(TokenError::Invalid)? + LEEWAY;
    if ends_at <= now {
        return Err(TokenError::Expired);
    }
    for name in ["nbf", "iat"] {
        if instant(claims, name)?.is_some_and(|from| now < from - LEEWAY) {
            return Err(TokenError::NotYetValid);
        }
    }
    Ok(ends_at)
}

/// Whether a text can name somebody in the database and in logs.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

/// Seconds since 1970, which may have a fraction (RFC 7519, 2); none where the claim is missing or null.
fn instant(claims: &Claims, name: &str) -> Result<Option<DateTime<Utc>>, TokenError> {
    let Some(value) = claims.get(name).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what lies beyond is refused"
    )]
    let seconds = value
        .as_i64()
        .or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64));
    seconds
        .filter(|seconds| seconds.abs() < i64::from(u32::MAX) * 100)
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .map(Some)
        .ok_or(TokenError::Invalid)
}

/// A text, or the texts of a list.
fn words(value: &Value) -> Vec<&str> {
    match value {
        Value::String(word) => vec![word],
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The claim with this very name, or what lies at the end of the way that it describes.
fn find<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    find(claims.get(first)?.as_object()?, rest)
}

/// Puts a claim where [`find`] finds it: under its very name.
fn insert(claims: &mut Claims, name: &str, value: Value) {
    claims.insert(name.to_owned(), value);
}

#[cfg(test)]
mod tests_of_others;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-20T00:00:00Z";

    fn read(rules: &ClaimRules, mut claims: Value) -> Result<Verified, TokenError> {
        claims["exp"] = json!(1_900_000_000);
        let claims = claims.as_object().unwrap();
        rules.read(claims, Signer::Secret, NOW.parse().unwrap())
    }

    fn role(rules: &ClaimRules, claims: Value) -> Result<Role, TokenError> {
        read(rules, claims).map(|verified| verified.viewer.role)
    }

    #[test]
    fn the_role_that_may_do_most_counts() {
        let rules = ClaimRules::default();
        for (claims, expected) in [
            (json!({"sub": "li", "role": "agent"}), Ok(Role::Agent)),
            (
                json!({"sub": 7, "roles": ["offline", "ANALYST", "Manager"]}),
                Ok(Role::Manager),
            ),
            (
                json!({"sub": "li", "role": "agent", "is_admin": true}),
                Ok(Role::Admin),
            ),
            (
                json!({"sub": "li", "role": "agent", "is_admin": "true"}),
                Ok(Role::Agent),
            ),
            (
                json!({"sub": "li", "is_admin": false}),
                Err(TokenError::NoRole),
            ),
            (json!({"role": "agent"}), Err(TokenError::Invalid)),
            (
                json!({"sub": "", "role": "agent"}),
                Err(TokenError::Invalid),
            ),
        ] {
            assert_eq!(role(&rules, claims.clone()), expected, "{claims}");
        }
    }

    #[test]
    fn nobody_is_named_by_what_cannot_be_stored_or_seen() {
        let rules = ClaimRules::default();
        for subject in ["a\0b", "\0", "a\nb", "\u{85}"] {
            let claims = json!({"sub": subject, "role": "agent"});
            assert_eq!(
                role(&rules, claims),
                Err(TokenError::Invalid),
                "{subject:?}"
            );
        }
        for issuer in ["x\0y", "\0", "a\nb"] {
            let claims = json!({"sub": "li", "role": "agent", "iss": issuer});
            let read = role(&rules, claims);
            assert_eq!(read, Err(TokenError::Invalid), "{issuer:?}");
        }
        let email = |email: Value| {
            let claims = json!({"sub": "li", "role": "agent", "email": email});
            read(&rules, claims).unwrap().viewer.email
        };
        assert_eq!(email(json!("li@x\0")), None);
        assert_eq!(email(json!(null)), None);
        assert_eq!(email(json!("李@例子.cn")).as_deref(), Some("李@例子.cn"));
    }

    #[test]
    fn claims_have_the_names_that_they_are_given() {
        let rules = ClaimRules {
            subject: "uid".to_owned(),
            email: "mail".to_owned(),
            roles: vec!["realm_access.roles".to_owned()],
            admin: AdminClaim::Off,
            words: vec![("chef".to_owned(), Role::Manager)],
            ..ClaimRules::default()
        };
        let claims = json!({"uid": "li", "mail": "li@x", "sub": "no", "is_admin": true,
            "realm_access": {"roles": ["Chef"]}});
        let viewer = read(&rules, claims).unwrap().viewer;
        let expected = Viewer {
            email: Some("li@x".to_owned()),
            ..Viewer::named("li", Role::Manager)
        };
        assert_eq!(viewer, expected);
        // What is written so can be read so.
        let now: DateTime<Utc> = NOW.parse().unwrap();
        let written = rules.write(&expected, None, now, now + TimeDelta::hours(1));
        assert_eq!(
            rules.read(&written, Signer::Secret, now).unwrap().viewer,
            expected
        );
    }

    #[test]
    fn issuer_and_audience_are_checked_where_they_are_asked_for() {
        let rules = ClaimRules {
            issuer: Some("https://sso".to_owned()),
            audience: Some("dialgraph".to_owned()),
            ..ClaimRules::default()
        };
        let claims = |iss: Value, aud: Value| {
            let claims = json!({"sub": "li", "role": "agent", "iss": iss, "aud": aud});
            role(&rules, claims)
        };
        let good = json!("https://sso");
        for aud in [json!("dialgraph"), json!(["crm", "dialgraph"])] {
            assert_eq!(claims(good.clone(), aud), Ok(Role::Agent));
        }
        for (iss, aud) in [
            (json!("https://other"), json!("dialgraph")),
            (json!(null), json!("dialgraph")),
            (good.clone(), json!("crm")),
            (good, json!(null)),
        ] {
            assert_eq!(claims(iss, aud), Err(TokenError::OtherParty));
        }
    }

    #[test]
    fn our_own_names_need_a_session() {
        let rules = ClaimRules::default();
        let session = |sub: &str, sid: Value| {
            let claims = json!({"sub": sub, "role": "admin", "sid": sid});
            read(&rules, claims).map(|verified| verified.session)
        };
        assert_eq!(session("user:7", json!("3")), Ok(Some(3)));
        assert_eq!(session("li", json!("3")), Ok(None));
        for sub in ["user:7", "token:7", "user:x"] {
            assert_eq!(session(sub, json!(null)), Err(TokenError::Invalid));
        }
        for sub in ["token:7", "user:x"] {
            assert_eq!(session(sub, json!("3")), Err(TokenError::Invalid));
        }
        // With a key of their own nobody names them at all, and their sessions are not ours.
        let foreign = |sub: &str| {
            let claims = json!({"sub": sub, "role": "admin", "sid": "3", "exp": 1_900_000_000});
            let claims = claims.as_object().unwrap();
            let read = rules.read(claims, Signer::PublicKey, NOW.parse().unwrap());
            read.map(|verified| verified.session)
        };
        assert_eq!(foreign("user:7"), Err(TokenError::Invalid));
        assert_eq!(foreign("token:7"), Err(TokenError::Invalid));
        assert_eq!(foreign("li"), Ok(None));
    }

    #[test]
    fn times_are_checked_with_a_minute_to_spare() {
        let rules = ClaimRules::default();
        let at = |claim: &str, value: Value| {
            let mut claims = json!({"sub": "li", "role": "agent", "exp": 1_900_000_000});
            claims[claim] = value;
            // 2026-11-20T00:00:00Z
            let now = DateTime::from_timestamp(1_795_132_800, 0).unwrap();
            let claims = claims.as_object().unwrap();
            rules.read(claims, Signer::Secret, now).map(|_| ())
        };
        for claim in ["nbf", "iat"] {
            assert_eq!(at(claim, json!(1_795_132_860)), Ok(()));
            assert_eq!(
                at(claim, json!(1_795_132_861)),
                Err(TokenError::NotYetValid)
            );
            assert_eq!(at(claim, json!("soon")), Err(TokenError::Invalid));
            assert_eq!(at(claim, json!({})), Err(TokenError::Invalid));
            assert_eq!(at(claim, json!(null)), Ok(()));
        }
        assert_eq!(at("exp", json!(1_795_132_741)), Ok(()));
        assert_eq!(at("exp", json!(1_795_132_740.5)), Err(TokenError::Expired));
        assert_eq!(at("exp", json!(null)), Err(TokenError::Invalid));
        assert_eq!(at("exp", json!(1e30)), Err(TokenError::Invalid));
    }
}
