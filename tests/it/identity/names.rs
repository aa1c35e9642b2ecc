//! Names of users: one name in every form, and nobody who passes for somebody else.

use std::fmt::Write as _;

use axum::http::StatusCode;
use dialgraph::{
    entity::user,
    store::schema::{self, KeptApart},
};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};

use super::{PASSWORD, sign_in};
use crate::{
    cli::dialgraph,
    harness::{Backend, TestApp, TestDatabase},
    on_both,
    writes::{at, done, payload, problems, refused},
};

fn input(name: &str) -> Value {
    json!({ "name": name, "role": "AGENT", "password": PASSWORD })
}

async fn create(app: &TestApp, name: &str) -> String {
    let created = done(app, "createUser", "user { id }", input(name)).await;
    created["user"]["id"].as_str().unwrap().to_owned()
}

/// Percent-encoded, as a browser sends it.
pub(super) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        let _ = write!(encoded, "%{byte:02X}");
        encoded
    })
}

async fn signs_in(app: &TestApp, name: &str) -> bool {
    sign_in(app, &encoded(name), PASSWORD).await.status == StatusCode::OK
}

on_both! {
    /// A name is found however the keyboard makes it: composed or not, in either case and width.
    one_name_in_every_form = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (name, forms) in [
            ("José", ["Jose\u{301}", "JOSÉ", "ｊｏｓé", " Jose\u{301}\u{200b} "]),
            ("Li Na", ["LI NA", "ｌｉ\u{3000}ｎａ", "li\u{a0}\u{2009}na", "\u{feff}Li  Na"]),
            ("ΝΙΚΟΣ", ["νικοσ", "Νικοσ", "νΙΚΟσ", "ΝΙΚΟΣ"]),
            ("ガイド", ["ｶﾞｲﾄﾞ", "カ\u{3099}イト\u{3099}", "ガイド", " ガイド"]),
            ("买买提·艾合", ["买买提·艾合", " 买买提·艾合", "买买提·艾合\u{fe0f}", "买买提·艾合\u{3000}"]),
        ] {
            create(&app, name).await;
            for form in forms {
                assert!(signs_in(&app, form).await, "{form:?}");
            }
        }
    };

    /// Nobody is called as somebody else is, or as it looks.
    look_alikes_are_taken = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for name in ["admin", "scope", "wang1", "Modern", "AI", "José", "口子", "user0", "νικος"] {
            create(&app, name).await;
        }
        for name in [
            // In another case, width or composition; with what nobody sees.
            "ADMIN", "ａｄｍｉｎ", "Jose\u{301}", "ad\u{200b}min", "ad\u{ad}min",
            // Whole names of another script, and single characters.
            "ѕсоре", "wangl", "wangI", "wang|", "modem", "Al", "ロ子", "userO", "adm\u{131}n", "νικοσ",
        ] {
            assert_eq!(refused(&app, "createUser", input(name)).await, [at("input.name", "TAKEN")], "{name}");
        }
        for name in ["аdmin", "рaypаl", "liΩ"] {
            assert_eq!(refused(&app, "createUser", input(name)).await, [at("input.name", "INVALID_FORMAT")], "{name}");
        }
        // Nor by being called otherwise later on.
        let li = create(&app, "li").await;
        for name in ["ѕсоре", "AdMIn"] {
            let renamed = json!({ "id": li, "name": name });
            assert_eq!(refused(&app, "updateUser", renamed).await, [at("input.name", "TAKEN")]);
        }
        // One's own name may be written in another case.
        done(&app, "updateUser", "user { id }", json!({ "id": li, "name": "Li" })).await;
        for name in ["admin2", "王芳 Linda", "wang2", "lu", "Иван"] {
            create(&app, name).await;
        }
        let said = payload(&app, "createUser", "__typename", input("wangI")).await;
        assert_eq!(said["userErrors"][0]["message"], "this looks like the name of another user, “wang1”");
    };

    /// An address that looks like another's in letters of another script is taken too.
    look_alike_addresses_are_taken = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let with = |name: &str, email: &str| json!({ "name": name, "email": email, "role": "AGENT", "password": PASSWORD });
        done(&app, "createUser", "user { id }", with("li", "li1@example.com")).await;
        for email in ["li1@exаmple.com", "LI1@EXAMPLE.COM", "ｌｉ１＠example.com", "lі1@example.com"] {
            assert_eq!(refused(&app, "createUser", with("wang", email)).await, [at("input.email", "TAKEN")], "{email}");
        }
        // Which letters and digits others give is not ours to say.
        done(&app, "createUser", "user { id }", with("wang", "lil@example.com")).await;
        assert!(signs_in(&app, "ＬＩ１@Example.com").await);
    };

    /// What is no letter, digit or sign is no name.
    names_are_letters_digits_and_signs = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for name in ["王芳🌸", "“li”", "ⅸ", "1·2", "\u{5d0}a", "li\u{e000}"] {
            assert_eq!(refused(&app, "createUser", input(name)).await, [at("input.name", "INVALID_FORMAT")], "{name}");
        }
        assert_eq!(refused(&app, "createUser", input("a\u{7f}")).await, [at("input.name", "CONTROL_CHARACTER")]);
        // As Chinese names have them, of Unicode 8 and later.
        for name in ["\u{2b823}\u{30000}", "O'Neil-2 (b)", "김철수", "\u{5d0}\u{5d1}"] {
            create(&app, name).await;
            assert!(signs_in(&app, name).await, "{name}");
        }
    };

    /// Of several who take names that look alike at the same moment one gets it.
    look_alikes_cannot_be_raced = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for names in [["scope", "ѕсоре", "SCOPE", "ｓｃｏｐｅ"], ["wang1", "wangl", "wangI", "wang１"]] {
            let created = names.map(|name| payload(&app, "createUser", "__typename", input(name)));
            let created = futures_util::future::join_all(created).await;
            let refusals = created.iter().map(|payload| problems(&payload["userErrors"]));
            let (refused, taken): (Vec<_>, Vec<_>) = refusals.partition(|problems| !problems.is_empty());
            assert_eq!((taken.len(), refused.len()), (1, 3), "{names:?}");
            assert!(refused.iter().all(|problems| *problems == [at("input.name", "TAKEN")]), "{refused:?}");
        }
    };

    /// What older programs stored is brought to one form; nobody is merged, and those who look alike are
    /// named.
    stored_names_are_brought_to_one_form = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let sql = async |sql: &str| db.write().execute_unprepared(sql).await.unwrap();
        let stored = [
            ("Jose\u{301}", "jose\u{301}", "NULL"),
            ("ΝΙΚΟΣ", "νικος", "NULL"),
            ("ｌｉ", "ｌｉ", "'Ｌi@Example.com'"),
            ("Li", "li", "NULL"),
            ("王芳🌸", "王芳🌸", "NULL"),
            ("ѕсоре", "ѕсоре", "NULL"),
            ("scope", "scope", "NULL"),
        ];
        for (name, key, email) in stored {
            sql(&format!(
                "INSERT INTO users (name, name_key, email, password_hash, role, is_active, version, created_at, updated_at)
                 VALUES ('{name}', '{key}', {email}, 'x', 'AGENT', TRUE, 1, '2026-11-20T00:00:00+00:00', '2026-11-20T00:00:00+00:00')"
            )).await;
        }
        sql("UPDATE data_changes SET is_done = FALSE WHERE name = 'USER_NAMES'").await;
        schema::up(db, None).await.unwrap();
        let users = user::Entity::find().order_by_asc(user::Column::Id).all(db.read()).await.unwrap();
        let forms: Vec<_> = users.iter().map(|user| (user.name.as_str(), user.name_key.as_str(), user.version)).collect();
        assert_eq!(forms, [("José", "josé", 2), ("ΝΙΚΟΣ", "νικοσ", 1), ("li", "ｌｉ", 2), ("Li", "li", 1),
            ("王芳🌸", "王芳🌸", 1), ("ѕсоре", "ѕсоре", 1), ("scope", "scope", 1)]);
        assert_eq!(users[2].email.as_deref(), Some("li@example.com"));
        let report = schema::user_names(db).await.unwrap().unwrap();
        let apart = KeptApart { table: "users".to_owned(), id: "3".to_owned(), column: "name_key".to_owned(), form: "li".to_owned() };
        assert_eq!((report.changed, report.kept_apart, report.look_alikes), (5, vec![apart], vec![[3, 4], [6, 7]]));
        let told = dialgraph(&["migrate", "status"], &[("DATABASE_URL", &database.url)]);
        let told = String::from_utf8(told.stdout).unwrap();
        for line in ["in one form  users: 5 names or addresses changed", "kept apart  users 3: name_key li",
            "look alike  users 3 and 4: give one of them another name"] {
            assert!(told.lines().any(|said| said == line), "{told}");
        }
        // Once for all, and without loss when it is taken back and done again.
        schema::up(db, None).await.unwrap();
        crate::harness::down_to(db, "m20261130_030101_owe_user_names").await;
        schema::up(db, None).await.unwrap();
        let again = schema::user_names(db).await.unwrap().unwrap();
        assert_eq!((again.changed, again.kept_apart.len()), (0, 1));
    };

    /// Whoever has a name from before these rules goes on signing in, and is changed in all else.
    older_names_go_on = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let li = create(&app, "li").await;
        let wang = create(&app, "wang").await;
        let sql = async |sql: &str| app.database.db.write().execute_unprepared(sql).await.unwrap();
        sql("UPDATE users SET name = '王芳🌸', name_key = '王芳🌸' WHERE id = 1").await;
        sql("UPDATE users SET name = 'li', name_key = 'ｌｉ' WHERE id = 2").await;
        assert!(signs_in(&app, "王芳🌸").await && signs_in(&app, " 王芳🌸\u{200b}").await);
        done(&app, "updateUser", "user { id }", json!({ "id": li, "role": "MANAGER" })).await;
        let renamed = json!({ "id": li, "name": "王芳🌺" });
        assert_eq!(refused(&app, "updateUser", renamed).await, [at("input.name", "INVALID_FORMAT")]);
        // One who was kept apart comes in as they always did, and whoever has the form itself too.
        create(&app, "zhang").await;
        sql("UPDATE users SET name = 'Li', name_key = 'li', email = 'l@x' WHERE id = 3").await;
        for (name, email) in [("ｌｉ", Value::Null), ("li", json!("l@x")), ("LI", json!("l@x")), ("ＬＩ", Value::Null)] {
            let token = sign_in(&app, &encoded(name), PASSWORD).await.text("access_token");
            let viewer = app.query_by(&token, "{ viewer { email } }", Value::Null).await.data();
            assert_eq!(viewer["viewer"]["email"], email, "{name}");
        }
        done(&app, "updateUser", "user { id }", json!({ "id": wang, "role": "ANALYST" })).await;
    };
}
