//! Whom the tokens of other services are about, and what their words mean here.

use super::*;

const NOW: &str = "2026-11-20T00:00:00Z";

fn read(rules: &ClaimRules, signer: Signer, mut claims: Value) -> Result<Viewer, TokenError> {
    claims["exp"] = json!(1_900_000_000);
    let claims = claims.as_object().unwrap();
    let read = rules.read(claims, signer, NOW.parse().unwrap());
    read.map(|verified| verified.viewer)
}

fn role(rules: &ClaimRules, claims: Value) -> Result<Role, TokenError> {
    read(rules, Signer::Secret, claims).map(|viewer| viewer.role)
}

#[test]
fn where_words_are_configured_ours_mean_nothing() {
    let words = |admin: AdminClaim| ClaimRules {
        admin,
        words: vec![
            ("boss".to_owned(), Role::Admin),
            ("Agent".to_owned(), Role::Analyst),
        ],
        ..ClaimRules::default()
    };
    let legacy = words(AdminClaim::Legacy);
    let no_role = Err(TokenError::NoRole);
    for (claims, expected) in [
        (json!({"sub": "li", "role": "admin"}), no_role.clone()),
        (
            json!({"sub": "li", "roles": ["MANAGER", "Analyst"]}),
            no_role.clone(),
        ),
        (json!({"sub": "li", "role": "BOSS"}), Ok(Role::Admin)),
        // Ours, but another's meaning.
        (json!({"sub": "li", "role": "agent"}), Ok(Role::Analyst)),
        (json!({"sub": "li", "is_admin": true}), no_role),
        (
            json!({"sub": "li", "role": "agent", "is_admin": true}),
            Ok(Role::Analyst),
        ),
    ] {
        assert_eq!(role(&legacy, claims.clone()), expected, "{claims}");
    }
    let claims = || json!({"sub": "li", "is_admin": true, "root": true});
    let named = |name: &str| words(AdminClaim::Named(name.to_owned()));
    for admin in ["is_admin", "root"] {
        assert_eq!(role(&named(admin), claims()), Ok(Role::Admin), "{admin}");
    }
    for rules in [
        named("other"),
        words(AdminClaim::Off),
        ClaimRules {
            admin: AdminClaim::Off,
            ..ClaimRules::default()
        },
    ] {
        assert_eq!(role(&rules, claims()), Err(TokenError::NoRole));
    }
    // What this program itself makes can be read by it, whatever the words are.
    let now: DateTime<Utc> = NOW.parse().unwrap();
    for viewer in [
        Viewer::named("li", Role::Manager),
        Viewer::user(7, Role::Agent, None),
    ] {
        let session = viewer.user_id();
        let written = legacy.write(&viewer, session, now, now + TimeDelta::hours(1));
        let read = |signer| legacy.read(&written, signer, now);
        assert_eq!(read(Signer::Secret).unwrap().viewer, viewer);
        assert!(read(Signer::PublicKey).is_err());
    }
}

#[test]
fn another_services_key_makes_no_administrator_unless_configured() {
    let read = |rules: &ClaimRules| {
        let claims = json!({"sub": "li", "role": "agent", "is_admin": true});
        read(rules, Signer::PublicKey, claims).map(|viewer| viewer.role)
    };
    assert_eq!(read(&ClaimRules::default()), Ok(Role::Agent));
    let named = ClaimRules {
        admin: AdminClaim::Named("is_admin".to_owned()),
        ..ClaimRules::default()
    };
    assert_eq!(read(&named), Ok(Role::Admin));
}

#[test]
fn one_subject_of_two_issuers_is_two_people() {
    let rules = ClaimRules::default();
    let who = |signer, iss: Value| {
        let claims = json!({"sub": "li", "role": "agent", "iss": iss});
        read(&rules, signer, claims).map(|viewer| viewer.principal.to_string())
    };
    let of = |text: &str| Ok(text.to_owned());
    for (iss, expected) in [
        (json!(null), of("li")),
        (json!(""), of("li")),
        (json!("https://a"), of("jwt:https://a#li")),
        (json!("https://b"), of("jwt:https://b#li")),
        (json!(["https://a"]), Err(TokenError::Invalid)),
        (json!(7), Err(TokenError::Invalid)),
    ] {
        assert_eq!(who(Signer::Secret, iss.clone()), expected, "{iss}");
    }
    assert_eq!(
        who(Signer::PublicKey, json!("https://a")),
        of("jwks:https://a#li")
    );
    assert_eq!(who(Signer::PublicKey, json!(null)), of("jwks:#li"));
}
