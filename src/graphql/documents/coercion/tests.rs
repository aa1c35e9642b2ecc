use apollo_compiler::{
    ExecutableDocument, Schema, request::coerce_variable_values, response::JsonMap,
    validation::Valid,
};
use async_graphql::parser::parse_query;
use serde_json::{Value as Json, json};

use super::*;
use crate::graphql::{
    documents::{chosen, validation::Validator},
    sdl,
};

fn input_types() -> InputTypes {
    Validator::of(&sdl()).input_types()
}

/// What becomes of variables, or what is said of them.
fn coerced(types: &InputTypes, declared: &str, sent: &Json) -> Result<Json, Vec<String>> {
    let document = parse_query(format!("query({declared}) {{ a }}")).unwrap();
    let operation = chosen(&document, None).unwrap();
    let mut variables = Variables::from_json(sent.clone());
    types
        .coerce(operation, &mut variables)
        .map(|()| serde_json::to_value(&variables).unwrap())
        .map_err(|problems| problems.into_iter().map(|it| it.message).collect())
}

#[test]
fn values_become_what_their_types_say() {
    let types = input_types();
    let coerced = |declared: &str, sent: Json| coerced(&types, declared, &json!({ "v": sent }));
    for (ty, sent, becomes) in [
        ("Int!", json!(2.0), json!(2)),
        ("Int", json!(-0.0), json!(0)),
        ("Int", json!(1e3), json!(1000)),
        ("Int", json!(-2_147_483_648.0), json!(-2_147_483_648_i64)),
        ("[Int!]", json!([1, 2.0]), json!([1, 2])),
        ("[Int!]!", json!(3.0), json!([3])),
        ("[[Int]]", json!([[1.0], null]), json!([[1], null])),
        ("[[Int]]", json!(1), json!([[1]])),
        ("[Int]", json!(null), json!(null)),
        ("ID", json!(7.0), json!(7)),
        ("ID", json!("7.0"), json!("7.0")),
        ("Float", json!(2), json!(2)),
        ("Float", json!(2.5), json!(2.5)),
        ("JSON", json!({ "a": [1.0] }), json!({ "a": [1.0] })),
        ("IntFilter", json!({ "in": 5.0 }), json!({ "in": [5] })),
        (
            "ImportCallsInput!",
            json!({ "rows": { "duration": 3e9, "callTime": 5 } }),
            json!({ "rows": [{ "duration": 3_000_000_000_i64, "callTime": 5 }] }),
        ),
    ] {
        let expected = json!({ "v": becomes });
        assert_eq!(
            coerced(&format!("$v: {ty}"), sent.clone()),
            Ok(expected),
            "{ty} {sent}"
        );
    }
}

#[test]
fn variables_that_were_not_sent_have_their_defaults_and_undeclared_ones_are_left_out() {
    let types = input_types();
    let sent = json!({ "b": null, "x": 1 });
    let declared = "$a: Int = 5, $b: Int = 5, $c: Int, $d: [Int] = [1, 2]";
    let expected = json!({ "a": 5, "b": null, "d": [1, 2] });
    assert_eq!(coerced(&types, declared, &sent), Ok(expected));
}

#[test]
fn every_problem_is_told_with_its_place() {
    let types = input_types();
    let sent = json!({
        "first": 60.5,
        "many": 3_000_000_000_i64,
        "list": [1, "2", null],
        "on": "true",
        "day": "2026-02-30",
        "filter": { "duration": { "gte": "60" }, "result": { "in": ["CONNECTED", "NOTHING"] }, "callDate": { "gt": 5 }, "no": 1 },
        "input": { "rows": [{ "duration": 60.5, "tags": [{}] }, 7] },
        "package": [],
    });
    let declared =
        "$first: Int, $many: Int, $list: [Int!], $on: Boolean!, $off: Boolean!, $day: Date!,
        $filter: CallFilter, $input: ImportCallsInput!, $package: CreatePackageInput!";
    let problems = coerced(&types, declared, &sent).unwrap_err();
    assert_eq!(
        problems,
        [
            "`$first` must be a whole number from -2147483648 to 2147483647 (Int), and is 60.5",
            "`$many` must be a whole number from -2147483648 to 2147483647 (Int), and is 3000000000",
            "`$list[1]` must be a whole number (Int), and is \"2\"",
            "`$list[2]` must not be null: it is Int!",
            "`$on` must be true or false (Boolean), and is \"true\"",
            "`$off` was not sent, and Boolean! needs a value",
            "`$day` cannot be read: a day is written as a text YYYY-MM-DD, such as \"2026-11-19\", and not \"2026-02-30\"",
            "`$filter.callDate.gt` cannot be read: a day is written as a text YYYY-MM-DD, such as \"2026-11-19\", and not 5",
            "`$filter.duration.gte` must be a whole number (Int), and is \"60\"",
            "`$filter.no` is no field of CallFilter",
            "`$filter.result.in[1]` must be one of BUSY, CONNECTED, FAILED, NO_ANSWER, REJECTED, VOICEMAIL (CallResult), and is \"NOTHING\"",
            "`$input.rows[0].duration` must be a whole number from -2147483648 to 2147483647 (Int), and is 60.5",
            "`$input.rows[0].tags[0].tagName` is missing, and String! needs a value",
            "`$input.rows[0].tags[0].tagValue` is missing, and String! needs a value",
            "`$input.rows[1]` must be an object (ImportCallRow), and is 7",
            "`$package` must be an object (CreatePackageInput), and is a list",
        ]
    );
    let many = json!({ "list": vec!["x"; 1_000] });
    let problems = coerced(&types, "$list: [Int]", &many).unwrap_err();
    assert_eq!(problems.len(), MOST_TOLD + 1);
    assert_eq!(problems[MOST_TOLD], "the variables have 800 more problems");
}

/// A scalar that comes new into the schema has to be decided on here.
#[test]
fn every_scalar_is_known() {
    let types = input_types();
    let mut anything: Vec<_> = types
        .iter()
        .filter(|(_, ty)| matches!(ty, InputType::Anything))
        .map(|(name, _)| name)
        .collect();
    anything.sort_unstable();
    // BigInt is in answers only.
    assert_eq!(anything, ["BigInt", "JSON"]);
    assert!(
        !sdl().contains("@oneOf"),
        "coercion knows nothing of @oneOf"
    );
}

/// So has a field whose value the service judges.
#[test]
fn what_services_judge_is_known() {
    let types = input_types();
    let mut judged = Vec::new();
    for (name, ty) in types.iter() {
        if let InputType::Object(fields) = ty {
            let later = fields.iter().filter(|(_, field)| field.is_judged_later);
            judged.extend(later.map(|(field, _)| format!("{name}.{field}")));
        }
    }
    judged.sort_unstable();
    assert_eq!(
        judged,
        [
            "CreateAccessTokenInput.expiresAt",
            "CreateCallInput.billedAmount",
            "CreateCallInput.callTime",
            "CreateCallInput.duration",
            "CreatePackageInput.costPerLead",
            "CreatePackageInput.totalCost",
            "CreateTaskInput.endTime",
            "CreateTaskInput.startTime",
            "ImportCallRow.billedAmount",
            "ImportCallRow.callTime",
            "ImportCallRow.duration",
            "UpdateCallInput.billedAmount",
            "UpdateCallInput.callTime",
            "UpdateCallInput.duration",
            "UpdatePackageInput.costPerLead",
            "UpdatePackageInput.totalCost",
            "UpdateTaskInput.endTime",
            "UpdateTaskInput.startTime",
            "UpsertGradeInput.unitPrice",
        ]
    );
}

/// A value that a type takes, with no more in it than it needs.
fn good(types: &InputTypes, ty: &Type) -> Json {
    match &ty.base {
        BaseType::List(item) => json!([good(types, item)]),
        BaseType::Named(name) => match types.get(name) {
            Some(InputType::Scalar(Scalar::Int)) => json!(1),
            Some(InputType::Scalar(Scalar::Float)) => json!(1.5),
            Some(InputType::Scalar(Scalar::Boolean)) => json!(true),
            Some(InputType::Scalar(Scalar::Date)) => json!("2026-11-19"),
            Some(InputType::Scalar(Scalar::DateTime)) => json!("2026-11-19T01:00:00Z"),
            Some(InputType::Scalar(_) | InputType::Anything) | None => json!("1"),
            Some(InputType::Enum(values)) => json!(values.first()),
            Some(InputType::Object(fields)) => fields
                .iter()
                .filter(|(_, field)| field.is_needed())
                .map(|(name, field)| (name.clone(), good(types, &field.ty)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        },
    }
}

/// Another implementation takes and refuses the same, for every type that the schema takes and
/// for every field of every input, given something good, something else, null, and nothing.
/// It does not read our own scalars, nor whole numbers that are written as floats.
#[test]
fn it_agrees_with_the_schema() {
    let sdl = sdl();
    let schema = Schema::parse_and_validate(&sdl, "schema.graphql").unwrap();
    let types = input_types();
    let others = [
        json!(7),
        json!("x"),
        json!(true),
        json!([]),
        json!({}),
        json!(1.5),
        json!(null),
    ];
    let mut compared = 0;
    for (name, ty) in types.iter() {
        let named = Type::new(&format!("{name}!")).unwrap();
        let base = good(&types, &named);
        let is_own = |name: &str| {
            let scalar = name.parse();
            matches!(
                scalar,
                Ok(Scalar::Date | Scalar::DateTime | Scalar::Decimal)
            )
        };
        let mut values = vec![base.clone()];
        if !is_own(name) {
            values.push(json!([base.clone()]));
        }
        if let InputType::Object(fields) = ty {
            values.push(with(&base, "noSuchField", json!(1)));
            for (field, definition) in fields {
                let without = base
                    .as_object()
                    .unwrap()
                    .iter()
                    .filter(|(name, _)| *name != field);
                values.push(
                    without
                        .map(|(name, value)| (name.clone(), value.clone()))
                        .collect::<serde_json::Map<_, _>>()
                        .into(),
                );
                values.push(with(&base, field, json!(null)));
                values.push(with(&base, field, good(&types, &definition.ty)));
                if !is_own(innermost(&definition.ty)) {
                    values.extend(others.iter().map(|other| with(&base, field, other.clone())));
                }
            }
        } else if !is_own(name) {
            values.extend(others.clone());
        }
        for declared in [
            format!("$v: {name}"),
            format!("$v: {name}!"),
            format!("$v: [{name}!]!"),
        ] {
            for value in &values {
                let sent = json!({ "v": value });
                let own = coerced(&types, &declared, &sent);
                assert_eq!(
                    own.is_ok(),
                    theirs(&schema, &declared, &sent),
                    "{declared} {sent} {own:?}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
}

fn innermost(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => innermost(item),
    }
}

fn with(object: &Json, field: &str, value: Json) -> Json {
    let mut object = object.clone();
    object[field] = value;
    object
}

fn theirs(schema: &Valid<Schema>, declared: &str, sent: &Json) -> bool {
    let text = format!("query({declared}) {{ __typename }}");
    let document = ExecutableDocument::parse(schema, text, "query.graphql").unwrap();
    let operation = document.operations.get(None).unwrap();
    let sent: JsonMap = serde_json::from_value(sent.clone()).unwrap();
    coerce_variable_values(schema, operation, &sent).is_ok()
}
