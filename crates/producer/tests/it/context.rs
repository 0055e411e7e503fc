//! `producer context`: contexts written to and read from the topic.

use clap::Parser as _;
use producer::{Cli, Command, context};
use serde_json::{Value, json};

use crate::support::{Broker, empty_broker, settings};

/// Runs `producer context LINE` and returns the printed objects.
async fn run(broker: &Broker, line: &str) -> anyhow::Result<Vec<Value>> {
    let words = ["producer", "context"].into_iter().chain(line.split_whitespace());
    let (_, job) = Cli::try_parse_from(words)?.into_parts();
    let Command::Context(command) = job.command else { panic!("not context") };
    let mut output = Vec::new();
    context::run(&settings(broker), command, &mut output).await?;
    Ok(String::from_utf8(output)?.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn contexts_are_changed_value_by_value_and_shown() {
    let broker = empty_broker();
    broker.create_topic("patient-context", 2, 1).unwrap();
    assert_eq!(run(&broker, "show").await.unwrap(), Vec::<Value>::new());
    run(&broker, "set copd --spo2-scale 2 --by Novak --reason COPD").await.unwrap();
    run(&broker, "set baby --age-group child").await.unwrap();
    run(&broker, "set copd --pregnant false").await.unwrap();

    let [copd] = &run(&broker, "show copd").await.unwrap()[..] else { panic!("not one") };
    assert_eq!((&copd["spo2"]["scale"], &copd["spo2"]["by"]), (&json!(2), &json!("Novak")));
    assert_eq!(copd["pregnant"], false);
    assert_eq!(run(&broker, "show").await.unwrap().len(), 2);
    assert!(run(&broker, "set copd --birth-date soon").await.is_err());
    assert!(run(&broker, "set copd --birth-date 2200-01-01").await.is_err(), "in the future");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_context_is_gone() {
    let broker = empty_broker();
    broker.create_topic("patient-context", 2, 1).unwrap();
    for id in ["p-1", "p-2"] {
        run(&broker, &format!("set {id} --pregnant true")).await.unwrap();
    }
    assert_eq!(run(&broker, "delete p-1").await.unwrap(), [json!({"deleted": "p-1"})]);
    let left = run(&broker, "show").await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["patient_id"], "p-2");
}
