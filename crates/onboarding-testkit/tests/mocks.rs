//! A mock with expectations stands in for a port, beside the fakes that behave.

use onboarding::ports::{MailError, MailOrder, Mailer, Receipt, RenderedMail, Stationery};
use onboarding_core::MailTemplate;
use onboarding_testkit::mock::MockMailer;
use onboarding_testkit::{FixedClock, PlainStationery, RecordingMailer, sample};
use std::sync::Arc;

fn mail(n: u64) -> RenderedMail {
    let order = MailOrder {
        portal: sample::portal(),
        template: MailTemplate::ActivationCode,
        language: onboarding_core::Language::De,
        to: sample::email("zoe@mail.example"),
        params: sample::mail_params(MailTemplate::ActivationCode).remove(0),
        message_id: format!("{n}@sample.example"),
        date: onboarding::ports::Clock::now(&FixedClock::default()),
    };
    PlainStationery.mail(&order).expect("plain stationery writes every order")
}

/// What an embedder writes: hands over once more after an unknown outcome, and never after any other.
async fn hand_over(mailer: Arc<dyn Mailer>, n: u64) -> Result<Receipt, MailError> {
    match mailer.send(sample::delivery_id(n), &mail(n)).await {
        Err(MailError::Unknown { .. }) => mailer.send(sample::delivery_id(n), &mail(n)).await,
        answer => answer,
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_tried_once_more_under_the_same_message_id() {
    let mut mailer = MockMailer::new();
    let mut answers = vec![Ok(Receipt { answer: "250".to_owned() }), Err(MailError::Unknown { reason: "closed".to_owned() })];
    mailer
        .expect_send()
        .withf(|id, mail| *id == sample::delivery_id(1) && mail.message_id == "1@sample.example")
        .times(2)
        .returning(move |_, _| answers.pop().expect("called at most twice"));
    assert!(hand_over(Arc::new(mailer), 1).await.is_ok());
}

#[tokio::test]
async fn a_refused_mail_is_not_tried_again() {
    let mut mailer = MockMailer::new();
    mailer.expect_send().times(1).returning(|_, _| Err(MailError::Permanent { reason: "550".to_owned() }));
    assert!(matches!(hand_over(Arc::new(mailer), 1).await, Err(MailError::Permanent { .. })));
}

#[tokio::test]
async fn the_fake_and_the_mock_are_the_same_to_the_code_under_test() {
    let mailer = Arc::new(RecordingMailer::new());
    mailer.next(onboarding_testkit::MailFate::UnknownTaken, 1);
    assert!(hand_over(mailer.clone(), 1).await.is_ok());
    assert_eq!((mailer.attempts(sample::delivery_id(1)), mailer.taken(sample::delivery_id(1)).len()), (2, 2));
}
