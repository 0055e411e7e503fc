use std::path::Path;

use producer::{Command, ReplayArgs};
use vitals_core::runtime::clock;

use crate::support::{RunningProducer, broker, check_complete, received, settings};

fn replay(file: &str, speed: f64) -> Command {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(file);
    Command::Replay(ReplayArgs {
        file,
        map: None,
        elapsed: None,
        check: false,
        speed,
        patient_id: None,
        ward: None,
        start_ms: None,
        now: false,
        repeat: false,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_arrives_completely() {
    let broker = broker();
    let settings = settings(&broker);
    // Five recorded minutes take half a second.
    let producer = RunningProducer::start(settings.clone(), replay("numerics.csv", 600.0)).await;
    producer.ended().await.unwrap();
    let counts = check_complete(&received(&settings).await);
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [("numerics".to_owned(), 5)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_several_patients_keeps_its_recorded_times() {
    let broker = broker();
    let settings = settings(&broker);
    let producer = RunningProducer::start(settings.clone(), replay("readings.csv", 0.0)).await;
    producer.ended().await.unwrap();
    let messages = received(&settings).await;
    let counts = check_complete(&messages);
    assert_eq!((counts["p-a"], counts["p-b"]), (2, 4));
    let times = messages.iter().filter(|message| message.patient_id == "p-a");
    let times: Vec<_> = times.map(|message| message.time_ms - 1_763_812_800_000).collect();
    assert_eq!(times, [5_000, 25_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_with_shifted_dates_arrives_now_without_its_short_line() {
    let broker = broker();
    let settings = settings(&broker);
    let Command::Replay(args) = replay("vscapture.csv", 0.0) else { unreachable!() };
    let before_ms = clock::now_ms();
    let now = Command::Replay(ReplayArgs { now: true, ..args });
    RunningProducer::start(settings.clone(), now).await.ended().await.unwrap();
    let messages = received(&settings).await;
    assert_eq!(check_complete(&messages)["vscapture"], 4);
    // The last reading has the time of its sending; the intervals are those of the recording.
    let last_ms = messages[3].time_ms;
    assert!((before_ms..=clock::now_ms()).contains(&last_ms));
    let before_last: Vec<_> = messages.iter().map(|message| last_ms - message.time_ms).collect();
    assert_eq!(before_last, [4_000, 3_000, 2_000, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_recording_is_an_error_at_the_start() {
    let broker = broker();
    let producer = RunningProducer::start(settings(&broker), replay("missing.csv", 0.0)).await;
    let error = format!("{:#}", producer.ended().await.unwrap_err());
    assert!(error.contains("missing.csv"), "{error}");
}
