//! The tables of channels in `protocol-docs/*.md` and the channels of this crate are the same.

use std::{fs, path::Path};

use wire::Channel;

/// The cells of each table row of a page, and the row's place.
fn rows(page: &Path) -> Vec<(String, Vec<String>)> {
    let name = page.file_name().unwrap().to_string_lossy().into_owned();
    let text = fs::read_to_string(page).unwrap();
    let rows = text.lines().enumerate().filter_map(|(index, line)| {
        let row = line.trim().strip_prefix('|')?.strip_suffix('|')?;
        Some((format!("{name}:{}", index + 1), row.split('|').map(|cell| cell.trim().to_owned()).collect()))
    });
    rows.collect()
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol-docs"))
}

/// The table that `scripts/doctor.sh` reads.
#[test]
fn the_overview_lists_every_channel_in_this_order() {
    let rows = rows(&folder().join("README.md")).into_iter().map(|(_, cells)| cells);
    let listed: Vec<_> = rows.filter(|cells| cells.get(2).is_some_and(|port| port.parse::<u16>().is_ok())).collect();
    let expected: Vec<_> = Channel::all()
        .map(|Channel { name, program, variable, port, .. }| {
            let port = port.to_string();
            [program, name, &port, &format!("`--{name}`"), &format!("`{variable}`"), &format!("`{name}`")]
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(listed, expected);
}

#[test]
fn the_page_of_each_protocol_describes_its_channels() {
    let mut described = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let page = entry.unwrap().path();
        if page.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        for (place, cells) in rows(&page) {
            let [name, binds, connects, endpoints, flag, variable, key] = &cells[..] else { continue };
            let Some(name) = name.strip_prefix("**").and_then(|name| name.strip_suffix("**")) else { continue };
            let channel = Channel::all().find(|channel| channel.name == name);
            let channel = channel.unwrap_or_else(|| panic!("{place}: no channel has the name {name}"));
            assert!(binds.contains(&format!("`{}`", channel.binds)), "{place}: {binds}");
            assert!(connects.contains(&format!("`{}`", channel.connects)), "{place}: {connects}");
            let Channel { host, port, .. } = channel;
            assert_eq!(
                *endpoints,
                format!("binds `tcp://{host}:{port}`, connects to `tcp://127.0.0.1:{port}`"),
                "{place}"
            );
            assert_eq!(*flag, format!("`--{name}`"), "{place}");
            assert_eq!(*variable, format!("`{}`", channel.variable), "{place}");
            assert_eq!(*key, format!("`{name}`"), "{place}");
            described.push(channel.name);
        }
    }
    for Channel { name, .. } in Channel::all() {
        assert_eq!(described.iter().filter(|described| **described == name).count(), 1, "{name}");
    }
}
