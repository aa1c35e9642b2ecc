//! Every message arrives, or is given up after a day and says so.

use chrono::TimeDelta;
use dialgraph::{
    domain::alert::AlertChannel,
    entity::alert_delivery::{Entity, Model},
    store::alert_deliveries,
};
use sea_orm::EntityTrait as _;

use super::{CALLS, a_day_fails, look, posting_to, receiver::Receiver};
use crate::{
    harness::{Backend, TestApp},
    on_both,
};

async fn deliveries(app: &TestApp) -> Vec<Model> {
    let mut all = Entity::find().all(app.database.db.read()).await.unwrap();
    all.sort_by_key(|delivery| delivery.id);
    all
}

on_both! {
    /// A receiver that fails is asked again, later each time, and what is told stays in order.
    a_message_is_tried_until_it_is_taken = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let receiver = Receiver::start().await;
        let alerts = posting_to(&app, &receiver);
        a_day_fails(&app).await;
        look(&alerts).await;
        receiver.answer(500, "pa55word");
        receiver.answer(503, "");
        assert_eq!(alerts.outbox.send_due().await.unwrap(), 0);
        let failed = &deliveries(&app).await[0];
        assert_eq!(failed.error.as_deref(), Some("the answer was HTTP 500"));
        assert_eq!((failed.state.to_string(), failed.attempts), ("PENDING".to_owned(), 1));
        let pause = failed.next_attempt_at - app.now();
        assert!((15..=30).contains(&pause.num_seconds()), "{pause}");
        assert_eq!(alerts.outbox.send_due().await.unwrap(), 0);
        assert_eq!(receiver.received().len(), 1, "it is not due yet");
        app.clock.advance(TimeDelta::seconds(30));
        assert_eq!(alerts.outbox.send_due().await.unwrap(), 0);
        assert_eq!(receiver.received().len(), 1);
        // It is over before it was told that it began.
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        app.clock.set(deliveries(&app).await[0].created_at + TimeDelta::minutes(10));
        receiver.answer(500, "");
        look(&alerts).await;
        assert_eq!(alerts.outbox.send_due().await.unwrap(), 0);
        assert_eq!(receiver.events(), ["OPENED"]);
        app.clock.advance(TimeDelta::hours(1));
        assert_eq!(alerts.outbox.send_due().await.unwrap(), 2);
        assert_eq!(receiver.events(), ["OPENED", "RESOLVED"]);
        let all = deliveries(&app).await;
        assert!(all.iter().all(|sent| sent.state.to_string() == "SENT" && sent.error.is_none()));
        assert_eq!(all[0].attempts, 4);
        assert_eq!(alerts.outbox.send_due().await.unwrap(), 0);
    };

    /// A process that dies while it sends: another one sends it when its time is over.
    a_message_of_a_dead_process_is_sent_by_another = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let receiver = Receiver::start().await;
        let alerts = posting_to(&app, &receiver);
        a_day_fails(&app).await;
        look(&alerts).await;
        let (db, now) = (&app.database.db, app.now());
        let tx = db.begin().await.unwrap();
        let until = now + TimeDelta::minutes(2);
        let dead = alert_deliveries::claim(&tx, AlertChannel::Webhook, "dead", now, until).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        assert_eq!(alerts.outbox.send_due().await.unwrap(), 0);
        app.clock.advance(TimeDelta::minutes(2));
        assert_eq!(alerts.outbox.send_due().await.unwrap(), 1);
        assert_eq!(receiver.events(), ["OPENED"]);
        // It wakes up, and cannot undo that.
        let tx = db.begin().await.unwrap();
        let again = alert_deliveries::Attempt::Again(app.now(), "too late");
        assert!(!alert_deliveries::note(&tx, &dead, again, app.now()).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(alerts.outbox.send_due().await.unwrap(), 0);
    };

    /// After a day a message is given up, with its reason; and so is one whose channel is gone.
    a_message_is_given_up_after_a_day = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let receiver = Receiver::start().await;
        let alerts = posting_to(&app, &receiver);
        a_day_fails(&app).await;
        look(&alerts).await;
        receiver.answer(404, "");
        app.clock.advance(TimeDelta::hours(24));
        assert_eq!(alerts.outbox.send_due().await.unwrap(), 0);
        let given_up = &deliveries(&app).await[0];
        assert_eq!(given_up.state.to_string(), "FAILED");
        assert_eq!(given_up.error.as_deref(), Some("the answer was HTTP 404"));
        assert_eq!(given_up.finished_at, Some(app.now()));

        // Told again, to a channel that is gone a day later.
        look(&alerts).await;
        let nobody = crate::alerts::telling_by(&app, Vec::new());
        app.clock.advance(TimeDelta::hours(24) + TimeDelta::minutes(1));
        look(&nobody).await;
        let gone = deliveries(&app).await.into_iter().find(|left| left.event.to_string() == "REPEATED").unwrap();
        assert_eq!(gone.state.to_string(), "FAILED");
        assert_eq!(gone.error.as_deref(), Some("no instance has this channel any more"));
    };

    /// While there is nothing to send, looking costs one small statement a channel.
    an_empty_outbox_costs_next_to_nothing = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let receiver = Receiver::start().await;
        let alerts = posting_to(&app, &receiver);
        app.statements();
        alerts.outbox.send_due().await.unwrap();
        assert_eq!(app.statements().len(), 1);
    };
}
