//! The command line of the demonstration.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use super::check::Checklist;
use super::{Demo, DemoOptions};
use crate::say;
use crate::terminal::{Colour, paint};

/// Without `--for` a check may take this long.
const CHECK_WITHIN: Duration = Duration::from_secs(60);

/// How to show it.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Stop after this time, counted from when everything is ready: 90s, 5m, 1h [default: never]
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    /// See that readings are produced, archived and served live, and that a prediction is answered;
    /// exit status 1 when one of them was not seen. Without --for it stops when all were
    #[arg(long)]
    check: bool,
    /// Simulated patients
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..))]
    patients: u32,
    /// Listen on any open ports, next to whatever uses the usual ones
    #[arg(long)]
    open_port: bool,
    /// Take the binaries and the page as they were built last
    #[arg(long)]
    no_build: bool,
}

/// Builds, starts, shows, and stops.
///
/// # Errors
/// When it can't be started, a service ends by itself, or the check has not seen everything.
pub async fn run(options: Options) -> Result<ExitCode> {
    if !options.no_build {
        super::build()?;
    }
    super::ensure_model()?;
    let mut stop = Stop::listen()?;
    let demo_options = DemoOptions { patients: options.patients, any_ports: options.open_port };
    let mut demo = tokio::select! {
        demo = Demo::start(demo_options) => demo?,
        reason = stop.wanted() => bail!("stopped by {reason} while starting"),
    };
    announce(&demo, &options);
    let outcome = show_it(&mut demo, &options, &mut stop).await;
    let lake = demo.lake();
    demo.stop().await;
    say!("stopped; the table is in {} until the next demo", lake.display());
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Until the time is over, the check is done, a signal comes, or a service ends.
async fn show_it(demo: &mut Demo, options: &Options, stop: &mut Stop) -> Result<()> {
    let start = Instant::now();
    let mut check = options.check.then(|| Checklist::new(&demo.addresses));
    let watching = async {
        match &mut check {
            Some(check) => check.watch().await,
            None => std::future::pending().await,
        }
        // All was seen. With a time given it goes on until then.
        if options.time.is_some() {
            std::future::pending::<()>().await;
        }
    };
    let limit = options.time.or(options.check.then_some(CHECK_WITHIN));
    tokio::select! {
        (name, status) = demo.one_ended() => {
            let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            bail!("{name} ended by itself ({how})");
        }
        reason = stop.wanted() => say!("{reason}: stopping"),
        () = watching => {}
        () = until(start, limit) => {}
    }
    check.map_or(Ok(()), |check| check.verdict())
}

async fn until(start: Instant, limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep_until(start + limit).await,
        None => std::future::pending().await,
    }
}

fn announce(demo: &Demo, options: &Options) {
    say!();
    say!("  {}", paint(Colour::Green, &format!("The ward is live at {}", demo.url())));
    match options.time {
        Some(time) => say!("  for {} s, or until Ctrl-C", time.as_secs()),
        None => say!("  until Ctrl-C"),
    }
    say!();
}

/// The ways to be told to stop.
struct Stop {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Stop {
    fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn wanted(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "Ctrl-C",
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.hangup.recv() => "SIGHUP",
        }
    }
}

/// A time such as `90`, `90s`, `5m` or `1h`.
fn duration(text: &str) -> Result<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        other => bail!("`{other}` is not a unit of time: use s, m or h"),
    };
    let number: u64 = digits.parse().map_err(|_| anyhow!("`{digits}` is not a whole number"))?;
    match number.checked_mul(unit) {
        Some(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => bail!("`{text}` is not a time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let seconds = |text: &str| duration(text).ok().map(|time| time.as_secs());
        assert_eq!(seconds("60s"), Some(60));
        assert_eq!(seconds("60"), Some(60));
        assert_eq!(seconds("2m"), Some(120));
        assert_eq!(seconds("1h"), Some(3600));
        for wrong in ["", "s", "0s", "-1s", "1.5s", "5d", "99999999999999999999h"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
