//! The measurements, server by server.

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::load::Load;
use super::payloads::{self, Payloads};
use super::rounds::Rounds;
use super::servers::{self, Server};
use crate::bench::figures::{Figures, cores};
use crate::bench::table::{Table, number};
use crate::suite::python;
use crate::{command, paths, say};

/// Options of `bench predict`.
#[derive(Args, Debug)]
pub struct Options {
    /// How long each load lasts, seconds
    #[arg(long, value_name = "S", default_value_t = 2)]
    seconds: u32,
    /// How often every server has its round
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Leave the servers in Python out
    #[arg(long)]
    no_python: bool,
}

/// Runs the bench.
///
/// # Errors
/// When a server or `wrk` can't be started, or a request fails.
pub async fn run(options: Options) -> Result<ExitCode> {
    ensure!(cores() >= 2, "one processor for the servers and one for the load are needed");
    ensure!(crate::process::find_program("wrk").is_some(), "no `wrk` on the PATH (Debian: wrk)");
    // Before it is pinned: the figures say how many processors the machine has.
    let figures = Figures::new("predict");
    servers::pin_this_process()?;
    let payloads = Payloads::write()?;
    let mut bench = Bench {
        load: Load { seconds: options.seconds, rounds: options.rounds },
        payloads,
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
    bench.ours().await?;
    if !options.no_python {
        bench.python().await?;
    }
    bench.finish()?;
    Ok(ExitCode::SUCCESS)
}

struct Bench {
    load: Load,
    payloads: Payloads,
    figures: Figures,
    table: Table,
}

impl Bench {
    /// The bare server and ours by rounds, then our large requests.
    async fn ours(&mut self) -> Result<()> {
        let broker = crate::demo::broker::Broker::start()?;
        let bare = Server::bare().await?;
        let ours = Server::ours(&broker.bootstrap_servers()).await?;
        let no_log = Server::ours_without_log().await?;
        let servers = [("bare_axum", &bare), ("ours", &ours), ("ours_no_log", &no_log)];
        let payload = self.payloads.person.clone();
        self.measure(&servers, "/predict", &payload)?;
        bare.stop().await?;
        let log = ours.log_status().await?;
        for name in ["delivered", "dropped", "waiting", "failed"] {
            self.figures.set(&format!("ours_log_{name}"), count(&log, name));
        }
        self.batches(&ours).await?;
        ours.stop().await?;
        drop(broker);
        // The log's own work goes away with it.
        self.batch("batch", &no_log, "/predict", "people")?;
        self.batch("v2_binary", &no_log, "/v2/models/spline/infer", "binary")?;
        no_log.stop().await
    }

    /// Rows a second of large requests, with the prediction log on; and how many of them it takes
    /// at that rate, from 0 to 1. The rest is dropped from the log and counted.
    async fn batches(&mut self, server: &Server) -> Result<()> {
        for (name, path, payload) in [
            ("logged_batch", "/predict", "people"),
            ("logged_v2_json", "/v2/models/spline/infer", "tensor"),
            ("logged_v2_binary", "/v2/models/spline/infer", "binary"),
            ("logged_v2_explained", "/v2/models/spline/infer", "explained"),
            ("logged_v2_trees_explained", "/v2/models/boosted/infer", "explained"),
        ] {
            let [delivered, dropped] = log_counts(server).await?;
            self.batch(name, server, path, payload)?;
            let after = log_counts(server).await?;
            let (delivered, dropped) = (after[0] - delivered, after[1] - dropped);
            let share = delivered / (delivered + dropped);
            self.figures.set(&format!("{name}_share_in_log"), share);
            say!("  of which in the log: {}", number(share));
        }
        Ok(())
    }

    fn batch(&mut self, name: &str, server: &Server, path: &str, payload: &str) -> Result<()> {
        let payload = self.payloads.batch(payload).clone();
        let measured = self.load.run(&server.url(path), &payload, 2)?;
        let rows = measured.per_s() * payloads::ROWS as f64;
        self.figures.set(&format!("{name}_rows_per_s"), rows);
        say!("{name}: {} rows/s", number(rows));
        Ok(())
    }

    async fn python(&mut self) -> Result<()> {
        let python = python::environment_named("venv-serving", "requirements-serving.txt")?;
        let folder = crate::bench::folder().join("predict-python");
        let script = |name: &str| paths::root().join("crates/xtask/python/serving").join(name);
        let text = |path: &std::path::Path| path.display().to_string();
        let data = text(&paths::root().join("data/pima.csv"));
        let train = [text(&script("train.py")), data.clone(), text(&folder)];
        command::run(&mut command::program(
            &python,
            &paths::root(),
            &train.each_ref().map(String::as_str),
        ))?;

        let server = Server::fastapi(&python, &folder).await?;
        let payload = self.payloads.person.clone();
        self.measure(&[("fastapi_shap", &server)], "/predict", &payload)?;
        server.stop().await?;

        let speed = [text(&script("shap_speed.py")), text(&folder)];
        let speed = command::output(&mut servers::on_first_processor(
            &python,
            &speed.each_ref().map(String::as_str),
        ))?;
        let speed: serde_json::Value = serde_json::from_str(&speed).context("shap_speed.py")?;
        for (name, key) in
            [("shap_linear_us_per_row", "linear"), ("shap_trees_us_per_row", "trees")]
        {
            self.figures.set(name, speed[key].as_f64().unwrap_or(f64::NAN));
        }

        let mlserver = python::environment_named("venv-mlserver", "requirements-mlserver.txt")?;
        command::run(&mut command::program(
            &mlserver,
            &paths::root(),
            &train.each_ref().map(String::as_str),
        ))?;
        let server = Server::mlserver(&mlserver, &folder).await?;
        let payload = self.payloads.mlserver.clone();
        self.measure(&[("mlserver", &server)], "/v2/models/pima/infer", &payload)?;
        server.stop().await
    }

    /// Requests a second with many connections, the median with one, memory and processor time, of
    /// servers that take rounds: the machine's speed changes within a run, and so it does for all.
    fn measure(
        &mut self,
        servers: &[(&str, &Server)],
        path: &str,
        payload: &payloads::Payload,
    ) -> Result<()> {
        for (_, server) in servers {
            self.load.warm_up(&server.url(path), payload)?;
        }
        let mut rounds: Vec<Rounds> = servers.iter().map(|_| Rounds::default()).collect();
        for _ in 0..self.load.rounds {
            for ((_, server), rounds) in servers.iter().zip(&mut rounds) {
                rounds.take(&self.load, server, &server.url(path), payload)?;
            }
        }
        for ((name, _), rounds) in servers.iter().zip(rounds) {
            self.note(name, &rounds);
        }
        Ok(())
    }

    fn note(&mut self, name: &str, rounds: &Rounds) {
        let row = rounds.row();
        let names = ["rps", "p50_us", "p99_us_64", "rss_mib", "cpu_us_per_request"];
        for (figure, value) in names.iter().zip(row) {
            self.figures.set(&format!("{name}_{figure}"), value);
        }
        self.table.row(std::iter::once(name.to_owned()).chain(row.map(number)));
        say!("{name}: {} req/s, p50 {} us", number(row[0]), number(row[1]));
    }

    fn finish(mut self) -> Result<()> {
        self.figures.ratio("ours_over_bare", "ours_rps", "bare_axum_rps");
        self.figures.ratio("ours_no_log_over_bare", "ours_no_log_rps", "bare_axum_rps");
        self.figures.ratio("ours_over_fastapi_shap", "ours_rps", "fastapi_shap_rps");
        self.figures.ratio("ours_over_mlserver", "ours_rps", "mlserver_rps");
        for (rows, per_row) in [
            ("logged_v2_explained_rows_per_s", "ours_spline_explained_us_per_row"),
            ("logged_v2_trees_explained_rows_per_s", "ours_trees_explained_us_per_row"),
        ] {
            if let Some(rows) = self.figures.get(rows) {
                self.figures.set(per_row, 1e6 / rows);
            }
        }
        say!();
        self.table.print();
        for name in [
            "ours_over_bare",
            "ours_no_log_over_bare",
            "ours_over_fastapi_shap",
            "ours_over_mlserver",
        ] {
            if let Some(ratio) = self.figures.get(name) {
                say!("{name}: {}", number(ratio));
            }
        }
        say!("{}", self.figures.save()?.display());
        Ok(())
    }
}

/// Predictions that the log's broker has, and those that were dropped from the log.
async fn log_counts(server: &Server) -> Result<[f64; 2]> {
    let log = server.log_status().await?;
    Ok(["delivered", "dropped"].map(|name| count(&log, name)))
}

fn count(log: &serde_json::Value, name: &str) -> f64 {
    log[name].as_f64().unwrap_or(f64::NAN)
}
