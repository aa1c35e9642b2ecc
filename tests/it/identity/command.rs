//! `dialgraph user create`: the first user.

use super::{PASSWORD, sign_in};
use crate::{
    cli::dialgraph,
    harness::{Backend, TestApp},
    on_both,
};

on_both! {
    /// The first user comes from the command line, with a password that it never shows.
    the_first_user_comes_from_the_command_line = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let create = |name: &str, password: &str| {
            let variables = [("DATABASE_URL", app.database.url.as_str()), ("USER_PASSWORD", password)];
            let output = dialgraph(&["user", "create", "--name", name, "--role", "admin"], &variables);
            let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
            assert!(password.is_empty() || !text.concat().contains(password), "{text:?}");
            (output.status.code(), text)
        };
        let (status, [printed, _]) = create("li", PASSWORD);
        assert_eq!((status, printed.as_str()), (Some(0), "created: li, ADMIN, number 1\n"));
        sign_in(&app, "li", PASSWORD).await.text("access_token");
        let (status, [_, refused]) = create("LI", PASSWORD);
        assert_eq!((status, refused.as_str()), (Some(1), "error: name: another user has this name\n"));
        // Without the variable it is read from standard input, where there is nothing here.
        for password in ["Password1", ""] {
            let (status, [_, refused]) = create("wang", password);
            assert_eq!(status, Some(1));
            assert!(refused.starts_with("error: password: a password has at least 12 characters"), "{refused}");
        }
    };
}
