//! The demo as a program: it stops on a signal, and no service outlives it.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use xtask::process::Identity;

use crate::support::cluster::empty_folder;
use crate::support::process::Process;
use crate::support::{seconds, wait_until};

/// A running demo, with its services.
struct RunningDemo {
    demo: Process,
    children: Vec<Identity>,
    log: PathBuf,
}

/// Starts a demo and waits until the ward is live.
async fn start(test: &str) -> RunningDemo {
    let dir = empty_folder(test);
    let binary = Path::new(env!("CARGO_BIN_EXE_xtask"));
    let args = ["demo", "--no-build", "--open-port", "--patients", "3"];
    let demo = Process::start(&dir, "demo", binary, &args, &[]);
    let log = dir.join("demo.log");
    wait_until("the ward is live", seconds(90), async || {
        fs::read_to_string(&log).unwrap().contains("The ward is live at http://127.0.0.1:")
    })
    .await;
    let children = children(demo.pid());
    assert_eq!(children.len(), 4, "{children:?}");
    RunningDemo { demo, children, log }
}

fn children(parent: i32) -> Vec<Identity> {
    let mut children = Vec::new();
    for task in fs::read_dir(format!("/proc/{parent}/task")).unwrap() {
        let list = fs::read_to_string(task.unwrap().path().join("children")).unwrap();
        let pids = list.split_whitespace().map(|pid| pid.parse().unwrap());
        children.extend(pids.filter_map(Identity::of));
    }
    children
}

async fn wait_until_ended(children: &[Identity]) {
    wait_until("every service has ended", seconds(10), async || {
        !children.iter().any(|child| child.is_alive())
    })
    .await;
}

#[tokio::test]
#[ignore = "needs the built binaries and a model; run by cargo xtask test"]
async fn it_stops_on_sigint() {
    let mut running = start("demo_sigint").await;
    running.demo.signal(Signal::SIGINT);
    let status = running.demo.ended(seconds(60)).await;
    assert!(status.success(), "{status}");
    wait_until_ended(&running.children).await;
}

#[tokio::test]
#[ignore = "needs the built binaries and a model; run by cargo xtask test"]
async fn when_one_service_dies_it_stops_the_others_with_an_error() {
    let mut running = start("demo_one_dies").await;
    let consumer = running.children.iter().find(|child| {
        fs::read_to_string(format!("/proc/{}/comm", child.pid)).unwrap().trim() == "consumer"
    });
    consumer.unwrap().signal(Signal::SIGKILL).unwrap();
    let status = running.demo.ended(seconds(60)).await;
    assert_eq!(status.code(), Some(1), "{status}");
    let log = fs::read_to_string(&running.log).unwrap();
    assert!(log.contains("consumer ended unexpectedly"), "{log}");
    wait_until_ended(&running.children).await;
}

#[tokio::test]
#[ignore = "needs the built binaries and a model; run by cargo xtask test"]
async fn when_it_is_killed_no_service_outlives_it() {
    let mut running = start("demo_killed").await;
    kill(Pid::from_raw(running.demo.pid()), Signal::SIGKILL).unwrap();
    running.demo.ended(seconds(10)).await;
    wait_until_ended(&running.children).await;
}
