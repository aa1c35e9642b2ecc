//! Passwords: one password in every form, and hashes that keep up with the times.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, phc::PasswordHash},
};
use axum::http::StatusCode;
use dialgraph::{entity::user, service::passwords::PasswordCost};
use sea_orm::{ConnectionTrait as _, EntityTrait as _};
use serde_json::{Value, json};

use super::{PASSWORD, names::encoded, post, sign_in, token_of, user};
use crate::{
    harness::{Backend, TestApp},
    on_both,
    writes::{at, done, problems, refused},
};

const COMPOSED: &str = "zwölf Boxkämpfer";
const DECOMPOSED: &str = "zwo\u{308}lf Boxka\u{308}mpfer";

async fn signs_in(app: &TestApp, password: &str) -> bool {
    let encoded = encoded(password);
    let form = [
        ("grant_type", "password"),
        ("username", "li"),
        ("password", encoded.as_str()),
    ];
    post(app, "/api/v1/auth/token", &form, "192.0.2.1")
        .await
        .status
        == StatusCode::OK
}

/// The first user's hash.
async fn stored(app: &TestApp) -> (String, i64) {
    let user = user::Entity::find_by_id(1)
        .one(app.database.db.read())
        .await
        .unwrap()
        .unwrap();
    (user.password_hash.expose().to_owned(), user.version)
}

/// Stores a hash of these very bytes, as an older program made it.
async fn store(app: &TestApp, password: &str) -> String {
    let params = Params::new(8, 1, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = argon2
        .hash_password_with_salt(password.as_bytes(), &[7; 16])
        .unwrap();
    let sql = format!("UPDATE users SET password_hash = '{hash}' WHERE id = 1");
    app.database
        .db
        .write()
        .execute_unprepared(&sql)
        .await
        .unwrap();
    hash.to_string()
}

on_both! {
    /// Accents as one character or two, and blanks of any kind, are one password; case and width count.
    one_password_in_every_form = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (set, same, others) in [
            (COMPOSED, [DECOMPOSED, "zwo\u{308}lf\u{a0}Boxkämpfer"], ["zwolf Boxkampfer", "ZWÖLF BOXKÄMPFER"]),
            (DECOMPOSED, [COMPOSED, "zwölf\u{3000}Boxkämpfer"], ["zwölf  Boxkämpfer", "zwölf Boxkämpfer "]),
            ("蓝色的\u{3000}大象在月亮上看星星", ["蓝色的 大象在月亮上看星星", "蓝色的\u{2003}大象在月亮上看星星"], ["蓝色的大象在月亮上看星星", "藍色的 大象在月亮上看星星"]),
            ("ｍ9Xq!vv2LtRb", ["ｍ9Xq!vv2LtRb", "ｍ9Xq!vv2LtRb"], ["m9Xq!vv2LtRb", "ｍ9xq!vv2LtRb"]),
            ("각하 좋은 아침이에요 🤣", ["\u{1100}\u{1161}\u{11a8}하 좋은 아침이에요 🤣", "각하\u{a0}좋은 아침이에요 🤣"], ["각하 좋은 아침이에요", "각하 좋은 아침이에요 🤣🤣"]),
        ] {
            if user::Entity::find().one(app.database.db.read()).await.unwrap().is_none() {
                user(&app, "li", "AGENT").await;
            }
            let id = app.data("{ users { nodes { id } } }").await["users"]["nodes"][0]["id"].clone();
            let set_so = json!({ "id": id, "newPassword": set });
            done(&app, "changePassword", "user { id }", set_so).await;
            for form in [set].into_iter().chain(same) {
                assert!(signs_in(&app, form).await, "{form:?}");
            }
            for other in others {
                assert!(!signs_in(&app, other).await, "{other:?}");
            }
        }
    };

    /// Hashes of passwords as they were typed go on, and are made anew of the one form.
    older_hashes_go_on = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        for (typed, other) in [
            (DECOMPOSED, COMPOSED),
            ("correct\u{a0}horse battery", "correct horse battery"),
            ("a\u{3000}b\u{2003}c d e f g h", "a b c d e f g h"),
        ] {
            let hash = store(&app, typed).await;
            // Nobody knew the other form of it.
            assert!(!signs_in(&app, other).await);
            assert_eq!(stored(&app).await, (hash.clone(), 1));
            assert!(signs_in(&app, typed).await, "{typed:?}");
            let (now, version) = stored(&app).await;
            assert!(now != hash && version == 1, "nobody has changed the user");
            assert!(signs_in(&app, other).await && signs_in(&app, typed).await);
            assert_eq!(stored(&app).await.0, now, "once for all");
        }
        // What has no other form stays as it is: what the profile does not know, and what is the same.
        for typed in ["tabs\tare not typed", "zero\u{200b}width joins", "❤\u{fe0f} and all that", PASSWORD] {
            let hash = store(&app, typed).await;
            assert!(signs_in(&app, typed).await, "{typed:?}");
            assert_eq!(stored(&app).await.0, hash);
        }
    };

    /// New ones have nothing in them that some keyboards lack or nobody sees.
    new_passwords_can_be_typed = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (password, code) in [
            ("tabs\tare not typed", "CONTROL_CHARACTER"),
            ("zero\u{200b}width joins", "CONTROL_CHARACTER"),
            ("nul\0is no character", "CONTROL_CHARACTER"),
            ("❤\u{fe0f} and all that", "CONTROL_CHARACTER"),
            ("private \u{e000} use area", "CONTROL_CHARACTER"),
            ("ｐａｓｓｗｏｒｄ１２３４", "TOO_COMMON"),
            ("e\u{301}e\u{300}e\u{302}e\u{308}e\u{301}o\u{301}", "TOO_SHORT"),
        ] {
            let input = json!({ "name": "li", "role": "AGENT", "password": password });
            assert_eq!(refused(&app, "createUser", input).await, [at("input.password", code)], "{password:?}");
        }
    };

    /// The present password is known in every form too.
    the_present_password_has_every_form = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        let mut current = PASSWORD;
        for new in [COMPOSED, DECOMPOSED, "zwölf\u{3000}Boxkämpfer"] {
            let token = if current == PASSWORD {
                token_of(&app, "li").await
            } else {
                sign_in(&app, "li", &encoded(current)).await.text("access_token")
            };
            let query = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { field code message } } }";
            let known = if current == PASSWORD { PASSWORD } else { DECOMPOSED };
            let input = json!({ "input": { "currentPassword": known, "newPassword": new } });
            let changed = app.query_by(&token, query, input).await.data();
            assert_eq!(problems(&changed["changePassword"]["userErrors"]), []);
            current = new;
        }
    };

    /// A hash that took less work than one would now is made anew at the next sign-in, and not by a wrong
    /// password, nor the other way round.
    a_raised_cost_reaches_old_hashes = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let costly = app.another_service_with(|options| {
            options.cost = PasswordCost { memory: 16, passes: 2, at_once: 2 };
        });
        user(&app, "li", "AGENT").await;
        let (old, _) = stored(&app).await;
        assert!(old.contains("$m=8,t=1,p=1$"));
        assert!(!signs_in(&costly, "wrong").await && stored(&app).await.0 == old);
        assert!(signs_in(&costly, PASSWORD).await);
        let (new, version) = stored(&app).await;
        assert!(new.contains("$m=16,t=2,p=1$") && version == 1, "{new}");
        for app in [&app, &costly] {
            assert!(signs_in(app, PASSWORD).await);
            assert_eq!(stored(app).await.0, new);
        }
        // Several at once: all come in.
        store(&app, PASSWORD).await;
        let all = futures_util::future::join_all((0..4).map(|_| signs_in(&costly, PASSWORD))).await;
        assert_eq!(all, [true; 4]);
        assert!(stored(&app).await.0.contains("$m=16,t=2,p=1$"));
        let changes = app.data(r#"{ auditLog(filter: { operation: { eq: "changePassword" } }) { totalCount } }"#).await;
        assert_eq!(changes["auditLog"]["totalCount"], Value::from(0));
    };
}
