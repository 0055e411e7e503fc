//! Checks of the pipeline: readings produced and archived, and a prediction with its explanation.

use anyhow::{Context, Result, ensure};
use reqwest::Client;
use serde_json::{Value, json};

use super::super::layout::Addresses;
use crate::http;
use crate::scrape::Scrape;

/// Counter of readings acknowledged by the broker.
const PRODUCED: &str = "vitals_producer_delivered_total";
/// Counter of readings and predictions stored in the lake.
const ARCHIVED: &str = "vitals_archive_stored_total";

/// Tolerance of the sum of base value and contributions.
const TOLERANCE: f64 = 1e-9;

/// Checks that Kafka has acknowledged readings, by the producer's counter.
pub(super) async fn produced(client: &Client, at: &Addresses) -> Result<String> {
    let readings = counter(client, &at.producer, PRODUCED, "").await?;
    Ok(format!("{readings} readings acknowledged by the broker"))
}

/// Checks that rows are committed, by the consumer's counter, and that the dashboard reads a patient's
/// history from the table.
pub(super) async fn archived(client: &Client, at: &Addresses) -> Result<String> {
    let committed = counter(client, &at.consumer, ARCHIVED, r#"topic="vitals""#).await?;
    // The history of the first patient of the last hour.
    let ward = http::get_json(client, &format!("http://{}/api/ward", at.dashboard)).await?;
    let patient = text(&ward["patients"][0]["patient_id"]).context("the ward has no patient")?;
    let to_ms = ward["server_time_ms"].as_i64().context("the ward has no time")?;
    let from_ms = to_ms - 3_600_000;
    let url = format!(
        "http://{}/api/patients/{patient}/history?from_ms={from_ms}&to_ms={to_ms}",
        at.dashboard
    );
    let history = http::get_json(client, &url).await?;
    let rows = history["rows"].as_u64().context("the history has no `rows`")?;
    ensure!(rows > 0, "{committed} rows committed, but the history of the first patient has none");
    // Rows without values would show an empty chart.
    let values = history["series"]["heart_rate"]["avg"].as_array();
    ensure!(
        values.is_some_and(|values| values.iter().any(Value::is_number)),
        "{rows} rows in the history, but no heart rate among them"
    );
    Ok(format!("{committed} rows committed; {rows} of the first patient read back from the table"))
}

/// Checks that the dashboard forwards a prediction, that its explanation is additive, and that the
/// prediction is stored in the lake.
pub(super) async fn predicted(client: &Client, at: &Addresses) -> Result<String> {
    let request = json!({
        "pregnancies": 0, "glucose": 137, "blood_pressure": 40, "skin_thickness": 35,
        "insulin": 168, "bmi": 43.1, "diabetes_pedigree_function": 2.288, "age": 33,
    });
    let url = format!("http://{}/api/predict", at.dashboard);
    let timeout = std::time::Duration::from_secs(10);
    let response = client.post(&url).json(&request).timeout(timeout).send().await?;
    let status = response.status();
    let body = response.text().await?;
    ensure!(status.is_success(), "POST {url} returned {status}: {body}");
    let response: Value = serde_json::from_str(&body).context("the prediction is not JSON")?;
    let explained = check_explanation(&response)?;
    let logged = counter(client, &at.consumer, ARCHIVED, r#"topic="predictions""#).await?;
    Ok(format!("{explained}; {logged} predictions committed"))
}

/// Checks that base value plus contributions equals the log-odds, and that the probability is the
/// logistic function of the log-odds.
fn check_explanation(response: &Value) -> Result<String> {
    let log_odds = number(response, "log_odds")?;
    let probability = number(response, "probability")?;
    let contributions = response["contributions"].as_array().context("no contributions")?;
    ensure!(contributions.len() == 8, "{} contributions, not 8", contributions.len());
    let sum: Option<f64> = contributions.iter().map(|it| it["contribution"].as_f64()).sum();
    let total = number(response, "base_value")? + sum.context("a contribution is not a number")?;
    ensure!(
        (total - log_odds).abs() <= TOLERANCE,
        "base value and contributions add up to {total}, but the log-odds are {log_odds}"
    );
    // Recomputed from the response alone, as a client would.
    let logistic = 1.0 / (1.0 + (-log_odds).exp());
    ensure!(
        (logistic - probability).abs() <= TOLERANCE,
        "log-odds of {log_odds} correspond to a probability of {logistic}, not {probability}"
    );
    Ok(format!("probability {probability:.3} with an additive explanation"))
}

fn number(response: &Value, name: &str) -> Result<f64> {
    response[name].as_f64().with_context(|| format!("the prediction has no number `{name}`"))
}

async fn counter(client: &Client, address: &str, name: &str, label: &str) -> Result<f64> {
    let value = Scrape::of(client, address).await?.sum(name, label).unwrap_or(0.0);
    ensure!(value > 0.0, "{name}{{{label}}} at http://{address}/metrics is 0");
    Ok(value)
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(log_odds: f64, base: f64, each: f64) -> Value {
        let contributions = vec![json!({ "contribution": each }); 8];
        json!({
            "log_odds": log_odds, "base_value": base, "contributions": contributions,
            "probability": 1.0 / (1.0 + (-log_odds).exp()),
        })
    }

    #[test]
    fn an_explanation_must_be_additive() {
        check_explanation(&response(0.5, 0.1, 0.05)).unwrap();
        check_explanation(&response(0.5 + 2e-9, 0.1, 0.05)).unwrap_err();
        let mut wrong = response(0.5, 0.1, 0.05);
        wrong["probability"] = json!(0.6);
        check_explanation(&wrong).unwrap_err();
        wrong = response(0.5, 0.1, 0.05);
        wrong["contributions"].as_array_mut().unwrap().pop();
        check_explanation(&wrong).unwrap_err();
    }
}
