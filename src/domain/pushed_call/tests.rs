use proptest::prelude::*;

use super::*;

/// Pushes of one call whose values differ wherever they can, each saying another number of fields.
fn pushes() -> impl Strategy<Value = Vec<PushedCall>> {
    let push = prop::collection::vec(any::<bool>(), 9);
    prop::collection::vec(push, 1..5).prop_map(|pushes| {
        let mut seen = BTreeSet::new();
        let pushes = pushes.into_iter().zip('a'..).map(|(said, letter)| {
            let text = |at: usize| said[at].then(|| letter.to_string());
            PushedCall {
                external_id: "1".to_owned(),
                duration: said[0].then_some(letter as i32),
                result: said[1].then_some(CallResult::Busy),
                phone_number: text(6),
                details: CallDetails {
                    grade: text(2),
                    notes: text(3),
                    province: text(4),
                    city: text(5),
                    company: text(7),
                    ..CallDetails::default()
                },
                tags: text(8)
                    .map(|value| {
                        vec![Tag {
                            name: "n".to_owned(),
                            value,
                        }]
                    })
                    .unwrap_or_default(),
                ..PushedCall::default()
            }
        });
        pushes.filter(|push| seen.insert(push.richness())).collect()
    })
}

proptest! {
    #[test]
    fn pushes_come_to_the_same_in_any_order_and_number(
        (pushes, order) in pushes().prop_flat_map(|pushes| {
            let twice = [pushes.clone(), pushes.clone()].concat();
            (Just(pushes), Just(twice).prop_shuffle())
        })
    ) {
        let says = |pushes: &[PushedCall]| {
            let mut merged = MergedPushes::default();
            for push in pushes {
                merged.merge(push);
            }
            merged.says("1")
        };
        let expected = says(&pushes);
        prop_assert_eq!(says(&order), expected.clone());
        let richest = pushes.iter().max_by_key(|push| push.richness());
        if let Some(grade) = richest.and_then(|push| push.details.grade.as_ref()) {
            prop_assert_eq!(expected.details.grade.as_ref(), Some(grade));
        }
        // What was filled can be taken back.
        let base = PushedCall { call_time: Some(DateTime::UNIX_EPOCH), ..graded("own") };
        let (base, _) = base.alone().unwrap();
        let (full, filled) = expected.fill(base.clone());
        prop_assert_eq!(full.details.grade.as_deref(), Some("own"));
        prop_assert_eq!(expected.take_back(full, &filled), base);
    }
}

fn graded(grade: &str) -> PushedCall {
    PushedCall {
        external_id: "1".to_owned(),
        details: CallDetails {
            grade: Some(grade.to_owned()),
            ..CallDetails::default()
        },
        ..PushedCall::default()
    }
}

#[test]
fn of_two_as_rich_the_later_counts_and_a_repetition_is_no_later_one() {
    let mut merged = MergedPushes::default();
    assert!(merged.merge(&graded("A")));
    assert!(merged.merge(&graded("B")));
    assert!(!merged.merge(&graded("A")));
    assert_eq!(merged.says("1").details.grade.as_deref(), Some("B"));
    let text = serde_json::to_string(&merged).unwrap();
    assert_eq!(serde_json::from_str::<MergedPushes>(&text).unwrap(), merged);
}

#[test]
fn a_push_counts_more_than_an_import_and_of_two_imports_the_later() {
    let mut merged = MergedPushes::default();
    let mut rich = graded("A");
    rich.details.city = Some("杭州".to_owned());
    rich.details.company = Some("甲".to_owned());
    assert!(merged.merge_import(&rich));
    assert!(!merged.merge_import(&rich));
    assert!(merged.merge_import(&graded("B")));
    assert!(merged.merge_import(&rich));
    assert_eq!(merged.says("1").details.grade.as_deref(), Some("A"));
    assert!(merged.merge(&graded("C")));
    assert!(!merged.merge_import(&rich));
    let says = merged.says("1");
    assert_eq!(
        (says.details.grade.as_deref(), says.details.city.as_deref()),
        (Some("C"), Some("杭州"))
    );
}

#[test]
fn a_masked_number_gives_way_to_the_number_itself() {
    let mut push = graded("A");
    push.call_time = Some(DateTime::UNIX_EPOCH);
    push.phone_number = Some("138****8000".to_owned());
    let (masked, _) = push.alone().unwrap();
    push.phone_number = Some("13812348000".to_owned());
    let (full, _) = push.fill(masked.clone());
    assert_eq!(full.phone_number.as_deref(), Some("13812348000"));
    push.phone_number = Some("139****9000".to_owned());
    assert_eq!(
        push.fill(masked).0.phone_number.as_deref(),
        Some("138****8000")
    );
}

#[test]
fn what_a_person_changed_stays_when_a_push_follows() {
    let mut first = graded("A");
    first.call_time = Some(DateTime::UNIX_EPOCH);
    first.details.city = Some("杭州".to_owned());
    let (mut stored, filled) = first.alone().unwrap();
    stored.details.grade = Some("9元".to_owned());
    let mut second = first.clone();
    second.details.grade = Some("B".to_owned());
    second.details.city = Some("宁波".to_owned());
    second.duration = Some(7);
    let (call, _) = second.alone_again(stored, &first, &filled).unwrap();
    assert_eq!(call.details.grade.as_deref(), Some("9元"));
    assert_eq!(call.details.city.as_deref(), Some("宁波"));
    assert_eq!((call.duration, call.result), (7, CallResult::Connected));
}
