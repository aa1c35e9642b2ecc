use async_graphql::{EmptyMutation, EmptySubscription, Object, Request, Schema};
use futures_util::FutureExt as _;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::*;
use crate::graphql::documents::{chosen, collecting, order::Shape, parsing, validation::Validator};

/// A tree without an end, of which every other item of a list is broken.
#[derive(Clone, Copy)]
struct Tree {
    is_broken: bool,
}

impl Tree {
    fn try_it(self) -> async_graphql::Result<&'static str> {
        if self.is_broken {
            Err("broken".into())
        } else {
            Ok("whole")
        }
    }

    const fn pair() -> [Self; 2] {
        [Self { is_broken: true }, Self { is_broken: false }]
    }
}

#[Object]
impl Tree {
    async fn name(&self) -> &str {
        "tree"
    }

    async fn may(&self) -> async_graphql::Result<Option<&str>> {
        self.try_it().map(Some)
    }

    async fn must(&self) -> async_graphql::Result<&str> {
        self.try_it()
    }

    async fn one(&self) -> Option<Tree> {
        Some(*self)
    }

    async fn sure(&self) -> Tree {
        *self
    }

    async fn some(&self) -> Option<Vec<Option<Tree>>> {
        Some(Self::pair().map(Some).to_vec())
    }

    async fn few(&self) -> Vec<Option<Tree>> {
        Self::pair().map(Some).to_vec()
    }

    async fn many(&self) -> Option<Vec<Tree>> {
        Some(Self::pair().to_vec())
    }

    async fn all(&self) -> Vec<Tree> {
        Self::pair().to_vec()
    }
}

struct Query;

#[Object]
impl Query {
    async fn root(&self) -> Option<Tree> {
        Some(Tree { is_broken: true })
    }

    async fn base(&self) -> Tree {
        Tree { is_broken: true }
    }
}

/// What a document answers, and the errors' paths.
fn answer(text: &str) -> (Json, Vec<Json>) {
    let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    let sdl = schema.sdl();
    let outline = Outline::of(&sdl);
    let tree = parsing::parse(text).unwrap();
    let mistakes = Validator::of(&sdl).mistakes(&tree);
    assert!(mistakes.is_empty(), "{text} {mistakes:?}");
    let document = parsing::executable(&tree, text).unwrap();
    let operation = chosen(&document, None).unwrap();
    let mut request = Request::new(text);
    request.set_parsed_query(if collecting::is_needed(&outline, &document) {
        collecting::collected(&outline, &document, operation, &request.variables)
    } else {
        document.clone()
    });
    let mut response = schema.execute(request).now_or_never().unwrap();
    put_in(&mut response, &outline, &document, operation);
    Shape::of(&outline, &document, operation).arrange(&mut response.data);
    let errors = response.errors.iter().map(|error| json!(error.path));
    let errors = errors.collect();
    (response.data.into_json().unwrap(), errors)
}

#[test]
fn a_failure_goes_as_far_as_to_the_next_thing_that_may_be_null() {
    for (text, data) in [
        // The only field.
        ("{ root { may } }", json!({ "root": { "may": null } })),
        ("{ root { must } }", json!({ "root": null })),
        ("{ base { may } }", json!({ "base": { "may": null } })),
        ("{ base { must } }", json!(null)),
        // Deeper.
        (
            "{ base { sure { may } } }",
            json!({ "base": { "sure": { "may": null } } }),
        ),
        (
            "{ base { one { must } } }",
            json!({ "base": { "one": null } }),
        ),
        (
            "{ base { one { sure { must } } name } }",
            json!({ "base": { "one": null, "name": "tree" } }),
        ),
        (
            "{ root { sure { sure { must may } } } }",
            json!({ "root": null }),
        ),
        // In lists: of [T], [T]!, [T!] and [T!]!.
        (
            "{ base { some { must } } }",
            json!({ "base": { "some": [null, { "must": "whole" }] } }),
        ),
        (
            "{ base { few { must may } } }",
            json!({ "base": { "few": [null, { "must": "whole", "may": "whole" }] } }),
        ),
        (
            "{ base { many { must } name } }",
            json!({ "base": { "many": null, "name": "tree" } }),
        ),
        ("{ root { all { must } } }", json!({ "root": null })),
        (
            "{ base { all { may } } }",
            json!({ "base": { "all": [{ "may": null }, { "may": "whole" }] } }),
        ),
        // Lists in lists.
        (
            "{ root { few { all { may } many { must } } } }",
            json!({ "root": { "few": [
                { "all": [{ "may": null }, { "may": "whole" }], "many": null },
                { "all": [{ "may": null }, { "may": "whole" }], "many": null },
            ] } }),
        ),
        // In two selections of one field, and in fragments.
        (
            "{ base { one { may } one { name } } }",
            json!({ "base": { "one": { "may": null, "name": "tree" } } }),
        ),
        (
            "{ base { ...A ...B } } fragment A on Tree { all { may } } fragment B on Tree { all { name } }",
            json!({ "base": { "all": [{ "may": null, "name": "tree" }, { "may": "whole", "name": "tree" }] } }),
        ),
        (
            "{ a: root { b: must } root { ... { c: may } } }",
            json!({ "a": null, "root": { "c": null } }),
        ),
        // Where nothing is selected, nothing is null.
        ("{ root { may @skip(if: true) } }", json!({ "root": {} })),
        (
            "{ base { all { may @include(if: false) } } }",
            json!({ "base": { "all": [{}, {}] } }),
        ),
        ("{ root @skip(if: true) { may } }", json!({})),
    ] {
        assert_eq!(answer(text).0, data, "{text}");
    }
}

#[test]
fn a_field_that_is_asked_for_twice_fails_once() {
    let (data, errors) =
        answer("{ root { may name may } ...F } fragment F on Query { root { may } }");
    assert_eq!(data, json!({ "root": { "may": null, "name": "tree" } }));
    assert_eq!(errors, [json!(["root", "may"])]);
}

const LEAVES: [&str; 3] = ["name", "may", "must"];
const BRANCHES: [&str; 6] = ["one", "sure", "some", "few", "many", "all"];

/// What is selected of a tree, in order.
#[derive(Debug, Clone)]
struct Selected(Vec<(&'static str, Option<Selected>)>);

impl Selected {
    fn written(&self) -> String {
        let fields = self.0.iter().map(|(name, inner)| match inner {
            None => (*name).to_owned(),
            Some(inner) => format!("{name} {}", inner.written()),
        });
        format!("{{ {} }}", fields.collect::<Vec<_>>().join(" "))
    }

    /// The same fields as the specification completes them; nothing for null.
    fn completed(&self, is_broken: bool) -> Option<Json> {
        let mut object = Map::new();
        for (name, inner) in &self.0 {
            let of = |is_broken| inner.as_ref().and_then(|inner| inner.completed(is_broken));
            let items = [of(true), of(false)];
            let whole = || json!("whole");
            let value = match *name {
                "name" => Some(json!("tree")),
                "may" => Some(if is_broken { Json::Null } else { whole() }),
                "must" => (!is_broken).then(whole),
                "one" => Some(json!(of(is_broken))),
                "sure" => of(is_broken),
                "some" | "few" => Some(json!(items)),
                "many" => Some(json!(items.iter().cloned().collect::<Option<Vec<_>>>())),
                _ => items
                    .iter()
                    .cloned()
                    .collect::<Option<Vec<_>>>()
                    .map(Json::from),
            };
            object.insert((*name).to_owned(), value?);
        }
        Some(object.into())
    }
}

fn selected() -> impl Strategy<Value = Selected> {
    let leaves = || prop::sample::subsequence(&LEAVES[..], 1..=2);
    let leaf =
        leaves().prop_map(|names| Selected(names.into_iter().map(|name| (name, None)).collect()));
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let branches = prop::sample::subsequence(&BRANCHES[..], 1..=3);
        let leaves = prop::sample::subsequence(&LEAVES[..], 0..=2);
        (leaves, branches, prop::collection::vec(inner, 3)).prop_map(|(leaves, names, inner)| {
            let leaves = leaves.into_iter().map(|name| (name, None));
            let branches = names.into_iter().zip(inner.into_iter().map(Some));
            Selected(leaves.chain(branches).collect())
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn nulls_are_where_the_specification_wants_them(selected in selected()) {
        let text = format!("{{ root {} }}", selected.written());
        let expected = json!({ "root": selected.completed(true) });
        prop_assert_eq!(answer(&text).0, expected, "{}", text);
        let text = format!("{{ base {} }}", selected.written());
        let expected = selected.completed(true).map(|base| json!({ "base": base }));
        prop_assert_eq!(answer(&text).0, json!(expected), "{}", text);
    }
}
