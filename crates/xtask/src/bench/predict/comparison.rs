//! The measurements, server by server, and their comparison.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::Value;

use super::load::Load;
use super::payloads::{self, Payload, Payloads};
use super::python;
use super::rounds::{Rounds, Summary};
use super::servers::{self, Server};
use crate::bench::figures::{Figures, cores};
use crate::bench::goals::{self, Bound, Goal};
use crate::bench::table::{Table, number};
use crate::demo::broker::Broker;
use crate::say;
use crate::tools::{self, PYTHON, WRK};

/// Goals of the model server, with the prediction log on, relative to other servers in the same run.
const GOALS: [Goal; 4] = [
    Goal {
        description: "model server over bare axum, req/s",
        figure: "ours_over_bare",
        bound: Bound::AtLeast(0.55),
        unit: "x",
    },
    Goal {
        description: "model server over bare axum, p50 with one connection",
        figure: "ours_p50_over_bare",
        bound: Bound::AtMost(1.2),
        unit: "x",
    },
    Goal {
        description: "model server over FastAPI with SHAP, req/s",
        figure: "ours_over_fastapi_shap",
        bound: Bound::AtLeast(60.0),
        unit: "x",
    },
    Goal {
        description: "model server, resident memory",
        figure: "ours_rss_mib",
        bound: Bound::AtMost(40.0),
        unit: " MiB",
    },
];

/// Ratios as (name, numerator, denominator).
const RATIOS: [(&str, &str, &str); 6] = [
    ("ours_over_bare", "ours_rps", "bare_axum_rps"),
    ("ours_no_log_over_bare", "ours_no_log_rps", "bare_axum_rps"),
    ("ours_p50_over_bare", "ours_p50_us", "bare_axum_p50_us"),
    ("ours_no_log_p50_over_bare", "ours_no_log_p50_us", "bare_axum_p50_us"),
    ("ours_over_fastapi_shap", "ours_rps", "fastapi_shap_rps"),
    ("ours_over_mlserver", "ours_rps", "mlserver_rps"),
];

/// Times per explained row as (name, figure in rows per second).
const EXPLAINED: [(&str, &str); 2] = [
    ("ours_spline_explained_us_per_row", "logged_v2_explained_rows_per_s"),
    ("ours_trees_explained_us_per_row", "logged_v2_trees_explained_rows_per_s"),
];

/// Options of `bench predict`.
#[derive(Args, Debug)]
pub struct Options {
    /// Duration of each load, seconds
    #[arg(long, value_name = "S", default_value_t = 2)]
    seconds: u32,
    /// Rounds; in each, every server is measured once
    #[arg(long, alias = "turns", value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Skip the Python servers
    #[arg(long)]
    no_python: bool,
}

/// Runs the bench.
///
/// # Errors
/// Returns an error if a server or `wrk` can't be started, or a request fails.
pub async fn run(options: Options) -> Result<ExitCode> {
    ensure!(cores() >= 2, "two processors are required: one for the servers, one for the load");
    tools::ensure(if options.no_python { &[&WRK] } else { &[&WRK, &PYTHON] })?;
    // Created before pinning: the figures contain the number of the machine's processors.
    let figures = Figures::new("predict");
    servers::pin_this_process()?;
    let mut bench = Bench {
        load: Load { seconds: options.seconds, rounds: options.rounds },
        payloads: Payloads::write()?,
        figures,
        table: Table::new(&[
            "server",
            "req/s",
            "p50 us, 1 conn.",
            "p99 us, 64",
            "MiB",
            "CPU us/req",
        ]),
    };
    let fastapi = if options.no_python { None } else { Some(python::fastapi().await?) };
    bench.measure_ours(fastapi).await?;
    if !options.no_python {
        bench.measure_python().await?;
    }
    bench.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// The state of a run.
pub(super) struct Bench {
    pub(super) load: Load,
    pub(super) payloads: Payloads,
    pub(super) figures: Figures,
    table: Table,
}

impl Bench {
    /// Measures bare axum, the model server and FastAPI in alternating rounds, then batch requests to
    /// the model server.
    async fn measure_ours(&mut self, fastapi: Option<Server>) -> Result<()> {
        let broker = Broker::start()?;
        let bare = Server::bare_axum().await?;
        let ours = Server::model_server(&broker.bootstrap_servers()).await?;
        let no_log = Server::model_server_without_log().await?;

        // Single predictions.
        let mut servers = vec![("bare_axum", &bare), ("ours", &ours), ("ours_no_log", &no_log)];
        servers.extend(fastapi.iter().map(|server| ("fastapi_shap", server)));
        let payload = self.payloads.person.clone();
        self.measure(&servers, "/predict", &payload)?;
        bare.stop().await?;
        // Stopped before the batches: it would share the processor with them.
        if let Some(fastapi) = fastapi {
            fastapi.stop().await?;
        }
        let log = ours.prediction_log().await?;
        for name in ["delivered", "dropped", "waiting", "failed"] {
            self.figures.set(&format!("ours_log_{name}"), count(&log, name));
        }

        // Batches with the prediction log.
        self.measure_logged_batches(&ours).await?;
        ours.stop().await?;

        // Batches without it; the broker no longer uses processor time either.
        drop(broker);
        let people = self.payloads.people.clone();
        let binary = self.payloads.binary.clone();
        self.measure_batch("batch", &no_log, "/predict", &people)?;
        self.measure_batch("v2_binary", &no_log, "/v2/models/spline/infer", &binary)?;
        no_log.stop().await
    }

    /// Measures rows per second of batch requests with the prediction log on, and the share of rows
    /// that the log accepts at that rate. The log drops and counts the others.
    async fn measure_logged_batches(&mut self, server: &Server) -> Result<()> {
        let Payloads { people, tensor, binary, explained, .. } = &self.payloads;
        let trees = server.infer_path("boosted").await?;
        let batches = [
            ("logged_batch", "/predict", people.clone()),
            ("logged_v2_json", "/v2/models/spline/infer", tensor.clone()),
            ("logged_v2_binary", "/v2/models/spline/infer", binary.clone()),
            ("logged_v2_explained", "/v2/models/spline/infer", explained.clone()),
            ("logged_v2_trees_explained", trees.as_str(), explained.clone()),
        ];
        for (name, path, payload) in batches {
            let before = server.prediction_log().await?;
            self.measure_batch(name, server, path, &payload)?;
            let after = server.prediction_log().await?;
            let delivered = count(&after, "delivered") - count(&before, "delivered");
            let dropped = count(&after, "dropped") - count(&before, "dropped");
            let share = delivered / (delivered + dropped);
            self.figures.set(&format!("{name}_share_in_log"), share);
            say!("  share in the prediction log: {}", number(share));
        }
        Ok(())
    }

    fn measure_batch(
        &mut self,
        name: &str,
        server: &Server,
        path: &str,
        payload: &Payload,
    ) -> Result<()> {
        let measurement = self.load.run(&server.url(path), payload, 2)?;
        let rows_per_s = measurement.requests_per_s() * payloads::ROWS as f64;
        self.figures.set(&format!("{name}_rows_per_s"), rows_per_s);
        say!("{name}: {} rows/s", number(rows_per_s));
        Ok(())
    }

    /// Measures servers in alternating rounds, so that changes in the machine's speed affect all of
    /// them.
    pub(super) fn measure(
        &mut self,
        servers: &[(&str, &Server)],
        path: &str,
        payload: &Payload,
    ) -> Result<()> {
        // Warmed up before the rounds: the first requests load pages and fill caches.
        for (_, server) in servers {
            self.load.warm_up(&server.url(path), payload)?;
        }
        let mut rounds: Vec<Rounds> = servers.iter().map(|_| Rounds::default()).collect();
        for _ in 0..self.load.rounds {
            for ((_, server), rounds) in servers.iter().zip(&mut rounds) {
                rounds.measure(&self.load, server, &server.url(path), payload)?;
            }
        }
        for ((name, _), rounds) in servers.iter().zip(rounds) {
            self.record(name, rounds.summary());
        }
        Ok(())
    }

    fn record(&mut self, name: &str, summary: Summary) {
        let values = [
            ("rps", summary.requests_per_s),
            ("p50_us", summary.p50_us),
            ("p99_us_64", summary.p99_us),
            ("rss_mib", summary.peak_rss_mib),
            ("cpu_us_per_request", summary.cpu_us_per_request),
        ];
        for (suffix, value) in values {
            self.figures.set(&format!("{name}_{suffix}"), value);
        }
        let cells = values.map(|(_, value)| number(value));
        self.table.row(std::iter::once(name.to_owned()).chain(cells));
        let requests_per_s = number(summary.requests_per_s);
        say!("{name}: {requests_per_s} req/s, p50 {} us", number(summary.p50_us));
    }

    fn finish(mut self) -> Result<()> {
        for (name, numerator, denominator) in RATIOS {
            self.figures.ratio(name, numerator, denominator);
        }
        // Comparable with the times per row of Python's shap.
        for (name, rows_per_s) in EXPLAINED {
            if let Some(rows_per_s) = self.figures.get(rows_per_s) {
                self.figures.set(name, 1e6 / rows_per_s);
            }
        }
        say!();
        self.table.print();
        say!();
        for (name, ..) in RATIOS {
            if let Some(ratio) = self.figures.get(name) {
                say!("{name}: {}", number(ratio));
            }
        }
        goals::print(&GOALS, &self.figures);
        say!("\nfigures in {}", self.figures.save()?.display());
        Ok(())
    }
}

/// A counter of the prediction log's status.
fn count(log: &Value, name: &str) -> f64 {
    log[name].as_f64().unwrap_or(f64::NAN)
}
