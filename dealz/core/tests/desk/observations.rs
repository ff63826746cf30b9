//! Processes that report, also those of other terminals, and the hubs that they report to.

use std::{collections::BTreeSet, net::TcpListener, process::Command as System, time::Duration};

use dealz_core::{
    Desk, DeskConfig,
    view::{ConnectionPhase, Presence, ProcessState},
};
use scenez::known;
use sockets::HubConfig;
use testkit::{Program, Stopwatch};

use crate::rig::{Page, config, start, start_with};

/// How soon it must show that a process has come, has ended, or is suspended.
const SOON: Duration = Duration::from_secs(1);

/// A program in another terminal: it reports to the hub.
fn tickz(hub: &HubConfig, arguments: &[&str]) -> Program {
    let mut command = System::new(testkit::sibling("tickz"));
    command.args(arguments).env("SUITE_OBSERVE", hub.reports.as_str());
    Program::spawn(command)
}

/// A desk whose hub has ports that are known beforehand.
fn config_at_known_ports() -> DeskConfig {
    let [reports, observations] = testkit::free_endpoints().map(|endpoint| endpoint.parse().unwrap());
    DeskConfig { hub: HubConfig { reports, observations }, ..config(None) }
}

/// Waits until the page shows something, which must be soon.
fn soon(page: &mut Page, what: &str, is: impl Fn(&Page) -> bool) {
    let begin = Stopwatch::start();
    page.until(what, is);
    assert!(begin.elapsed() < SOON, "{what}: {:?}", begin.elapsed());
}

#[test]
fn every_process_of_the_stage_reports_and_is_joined_with_the_desk() {
    let (_desk, mut page) = start(Some(2));
    page.until_all_is_there(2);
    page.until("two services, two workers and the desk report", |page| page.cast.processes.len() == 5);
    for id in ["tickz", "chatz", "worker-1", "worker-2"] {
        let its = page.cast.processes.iter().find(|process| process.child.as_deref() == Some(id));
        assert_eq!(its.map(|process| process.pid), page.process(id).and_then(|process| process.pid), "{id}");
    }
    // One to tickz, two to chatz, and three to each worker.
    page.until("lines", |page| {
        let up = page.cast.lines.iter().filter(|line| line.phase == ConnectionPhase::Up);
        up.filter(|line| !line.to.starts_with('?')).count() == 9
    });
    assert_eq!((page.cast.malformed, &page.cast.fault), (0, &None));
}

#[test]
fn the_desk_reports_what_it_declares_to_scenes() {
    let (_desk, mut page) = start(None);
    let declared = known::desk::REPORTS;
    let sockets =
        declared.sockets.iter().map(|it| format!("{} {} {} {:?}", it.name, it.kind, it.channel.name, it.binds));
    let sockets: BTreeSet<String> = sockets.collect();
    page.until("its sockets", |page| {
        page.desk().is_some_and(|desk| {
            assert_eq!((desk.program.as_str(), desk.role.as_str()), (declared.program, declared.role));
            // One that is not reported yet has no endpoint.
            let reported = desk.sockets.iter().filter(|it| it.bound.len() + it.connected.len() > 0).map(|it| {
                let channel = it.channel.as_deref().unwrap_or_default();
                format!("{} {} {channel} {:?}", it.name, it.kind, Some(!it.bound.is_empty()))
            });
            reported.collect::<BTreeSet<_>>() == sockets
        })
    });
}

#[test]
fn a_process_of_another_terminal_appears_and_its_suspension_and_end_show_soon() {
    let config = config_at_known_ports();
    let hub = config.hub.clone();
    let (_desk, mut page) = start_with(config);
    page.until("the desk", |page| page.desk().is_some_and(|desk| desk.sockets.len() == 6));
    let program = tickz(&hub, &["publish", "--ticks", "tcp://127.0.0.1:*"]);
    let _ = program.endpoint("ticks");
    let pid = program.pid();
    let is = |presence| move |page: &Page| page.reporter(pid).is_some_and(|one| one.presence == presence);
    soon(&mut page, "it reports", is(Presence::Present));
    program.suspend();
    soon(&mut page, "it is suspended", is(Presence::Suspended));
    program.resume();
    soon(&mut page, "it reports again", is(Presence::Present));
    program.kill();
    soon(&mut page, "it has ended", is(Presence::Gone));
}

#[test]
fn a_desk_uses_the_hub_of_another_and_takes_over_when_that_is_gone() {
    let (first, second) = (config_at_known_ports(), config(None));
    let hub = first.hub.clone();
    let (first, mut page) = start_with(first);
    page.until("the first desk", |page| page.desk().is_some());
    let (_second, mut page) = start_with(DeskConfig { hub: hub.clone(), ..second });
    page.until("both desks", |page| page.cast.processes.len() == 2);
    Desk::stop(&first);
    let program = tickz(&hub, &["publish", "--ticks", "tcp://127.0.0.1:*"]);
    page.until("another process", |page| {
        page.cast.fault.is_none() && page.reporter(program.pid()).is_some_and(|one| one.presence == Presence::Present)
    });
    assert!(page.process("tickz").is_some_and(|process| matches!(process.state, ProcessState::Ended { .. })));
}

#[test]
#[cfg(target_os = "linux")]
fn a_peer_that_does_not_report_is_named_by_the_system() {
    let config = config(Some(0));
    let mut watch = System::new(testkit::sibling("tickz"));
    watch.args(["watch", "MSFT", "--json", "--ticks", config.ticks.as_str()]).env("SUITE_OBSERVE", "off");
    let watcher = Program::spawn(watch);
    let (_desk, mut page) = start_with(config);
    let holder = format!("tickz (pid {})", watcher.pid());
    page.until("a stranger at tickz", |page| {
        let stranger = page.cast.strangers.iter().find(|stranger| stranger.holder.as_ref() == Some(&holder));
        let is_at_line = |id: &str| page.cast.lines.iter().any(|line| line.to == id);
        stranger.is_some_and(|stranger| stranger.pid == Some(watcher.pid()) && is_at_line(&stranger.id))
    });
}

#[test]
fn addresses_that_another_program_has_are_a_fault_until_they_are_free() {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [reports, observations] =
        listeners.each_ref().map(|one| format!("tcp://{}", one.local_addr().unwrap()).parse().unwrap());
    let (_desk, mut page) = start_with(DeskConfig { hub: HubConfig { reports, observations }, ..config(None) });
    // It closes each connection at once.
    let [_, observations] = &listeners;
    observations.set_nonblocking(true).unwrap();
    page.until("a fault", |page| {
        drop(observations.accept());
        page.cast.fault.as_ref().is_some_and(|fault| fault.contains("hub at tcp://127.0.0.1:"))
    });
    drop(listeners);
    page.until("the desk reports", |page| page.cast.fault.is_none() && page.desk().is_some());
}
