//! The scenes of the tour, act by act. Each act fails if an event that it announces does not happen.

use std::{
    io::{self, Write as _},
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use wire::{Channel, chat::REQUESTS, tick::TICKS};

use crate::stage::{Stage, announce};

/// How long prices are shown before the next act.
const LOOK_AT_PRICES: Duration = Duration::from_secs(4);

/// PUB to SUB: ten years of real prices, a month in half a second.
pub(crate) fn prices(stage: &mut Stage, file: &Path) -> anyhow::Result<()> {
    announce("1. tickz: a publisher (PUB) plays real prices; a watcher (SUB) follows two symbols of five")?;
    for channel in &stage.ports.moved {
        announce_moved(*channel, stage.ports.endpoint(*channel))?;
    }
    let file = file.to_str().context("the path of the prices is not UTF-8")?;
    stage.enter("tickz", "tickz", &["publish", "--replay", file, "--speed", "5000000", "--loop", "--sequence"])?;
    stage.until("tickz", "listening")?;
    stage.enter("watch", "tickz", &["watch", "MSFT", "AAPL"])?;
    stage.until("watch", "MSFT")?;
    stage.look_on(LOOK_AT_PRICES);
    Ok(())
}

/// REQ to ROUTER and PUB to SUB: two people talk.
pub(crate) fn chat(stage: &mut Stage) -> anyhow::Result<()> {
    announce("2. chatz: a server (ROUTER, PUB) and two people (REQ, SUB)")?;
    stage.enter("chatz", "chatz", &["serve"])?;
    stage.until("chatz", "broadcasts")?;
    for who in ["ada", "grace"] {
        stage.enter(who, "chatz", &["join", who])?;
        stage.until(who, who)?;
    }
    stage.type_line("ada", "good evening, is anybody there?")?;
    stage.until("grace", "anybody there?")?;
    stage.type_line("grace", "yes, over PUB and SUB; my texts travel by REQ to a ROUTER")?;
    stage.until("ada", "by REQ to a ROUTER")?;
    Ok(())
}

/// PUSH to PULL: the same batch by one worker, and by three of which one is killed in the middle; the sums are the
/// same to the last bit.
pub(crate) fn valuation(stage: &mut Stage, orders: u32) -> anyhow::Result<()> {
    announce("3. valuz: a batch goes out (PUSH), workers value it (PULL, PUSH), reduce sums it up (PULL)")?;
    let count = orders.to_string();
    let alone = batch(stage, &count, "1", None)?;
    announce("   again with three workers, and kill -9 for the second in the middle of the batch")?;
    let together = batch(stage, &count, "3", Some("started worker 2"))?;
    ensure!(alone == together, "one worker and three got different sums");
    announce(&format!("   the same total, {alone}, to the last bit"))?;
    Ok(())
}

/// Values the batch and returns its total; the child that `victim` names in a log line is killed as it works.
fn batch(stage: &mut Stage, count: &str, workers: &str, victim: Option<&str>) -> anyhow::Result<String> {
    stage.enter("valuz", "valuz", &["run", "--workers", workers, "--count", count, "--json"])?;
    if let Some(victim) = victim {
        let line = stage.until("valuz", victim)?;
        let pid = line.split("pid=").nth(1).and_then(|pid| pid.trim().parse().ok());
        stage.until("valuz", "batch started")?;
        stage.kill_process(pid.context("valuz reported no pid")?)?;
    }
    let line = stage.until("valuz", "\"missing\"")?;
    stage.leaves("valuz")?;
    let result: serde_json::Value = serde_json::from_str(&line).context("valuz printed no JSON")?;
    ensure!(result["missing"] == 0, "orders are missing");
    Ok(result["value"].to_string())
}

/// Both servers fail and come back.
pub(crate) fn restart(stage: &mut Stage) -> anyhow::Result<()> {
    announce(
        "4. things will fail: both servers are killed (kill -9) and started again; the clients reconnect by themselves",
    )?;
    stage.kill("chatz")?;
    stage.kill("tickz")?;
    stage.type_line("ada", "are we still here?")?;
    stage.look_on(Duration::from_secs(2));
    stage.enter("tickz", "tickz", &["publish", "--sequence", "--symbols", "MSFT=41.78,AAPL=95.35"])?;
    stage.enter("chatz", "chatz", &["serve"])?;
    stage.until("grace", "are we still here?")?;
    stage.until("watch", "MSFT")?;
    Ok(())
}

/// Where to go from here.
pub(crate) fn curtain(stage: &Stage) -> anyhow::Result<()> {
    announce("That was everything. On your own:")?;
    let mut stdout = anstream::stdout().lock();
    writeln!(
        stdout,
        "   just tickz publish --help     just tickz watch MSFT      (prices at {})",
        stage.ports.endpoint(TICKS)
    )?;
    writeln!(
        stdout,
        "   just chatz serve              just chatz join YOU        (requests at {})",
        stage.ports.endpoint(REQUESTS)
    )?;
    writeln!(stdout, "   just valuz run --workers 2 --count 1000000 --valuation notional")?;
    Ok(())
}

fn announce_moved(channel: Channel, endpoint: &str) -> io::Result<()> {
    let (port, name) = (channel.port, channel.name);
    writeln!(anstream::stdout(), "   port {port} is in use: {name} are at {endpoint}")
}
