//! The endpoints of a scene: the engine gives them, so that a scene names none and two scenes can run at once.
//!
//! Every channel of the suite has a port of this scene, which all its processes have in their environment. A word of a command
//! line or of a variable may ask for more: `{prices}`, `{prices:ipc}` and `{prices:inproc}` each stand for an endpoint with that
//! name, the same one for every process; the name of a channel stands for that channel's. `{folder}` is a folder of the scene for
//! files, such as keys.

use std::{collections::BTreeMap, io};

use settings::observe;
use sockets::{
    Endpoint, HubConfig,
    ports::{self, Held},
};
use thiserror::Error;
use wire::{
    Channel,
    report::{OBSERVATIONS, REPORTS},
};

use crate::folder::Folder;

/// The most endpoints that a scene may name.
const NAMED_MAX: usize = 64;

/// What stands between braces for the folder of files.
const FOLDER: &str = "folder";

/// The endpoints of one scene. Dropping them removes its folders.
#[derive(Debug)]
pub struct Endpoints {
    channels: Vec<(Channel, String)>,
    named: BTreeMap<(String, Transport), String>,
    /// The ports of all of them: a process may be started, or started again, after an hour.
    ports: Vec<Held>,
    /// Holds the paths of `ipc` endpoints; made with the first of them.
    folder: Option<Folder>,
    /// Where processes write files; made when one is started that names it.
    files: Option<Folder>,
}

/// How an endpoint is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// A port on loopback.
    Tcp,
    /// A path in a folder of the scene.
    Ipc,
    /// A name inside one process.
    Inproc,
}

/// Why there is no endpoint.
#[derive(Debug, Error)]
pub enum EndpointsError {
    /// The system has no port left, or cannot make a folder for paths.
    #[error("cannot make an endpoint for '{name}'")]
    System {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        reason: io::Error,
    },
    /// The scene names too many.
    #[error("'{name}' is one endpoint too many: a scene may name {NAMED_MAX}")]
    TooMany {
        /// Its name.
        name: String,
    },
}

impl Endpoints {
    /// Reserves a port for every channel, except those of the bus, which are at `hub`, and those that are `given`.
    ///
    /// # Errors
    /// The system has no port left.
    pub fn reserve(hub: &HubConfig, given: &[(Channel, Endpoint)]) -> Result<Self, EndpointsError> {
        let mut ports = Vec::new();
        let mut endpoint = |channel: Channel| {
            if let Some((_, endpoint)) = given.iter().find(|(known, _)| *known == channel) {
                Ok(endpoint.reachable().to_string())
            } else if channel == REPORTS {
                Ok(hub.reports.reachable().as_str().to_owned())
            } else if channel == OBSERVATIONS {
                Ok(hub.observations.reachable().as_str().to_owned())
            } else {
                tcp(channel.name, &mut ports)
            }
        };
        let channels = Channel::all().map(|channel| Ok((channel, endpoint(channel)?))).collect::<Result<_, _>>()?;
        Ok(Self { channels, named: BTreeMap::new(), ports, folder: None, files: None })
    }

    /// The variables of all channels, and that of the hub to report to.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let hub = self.channels.iter().find(|(channel, _)| *channel == REPORTS);
        let hub = hub.map(|(_, endpoint)| (observe::VARIABLE, endpoint.as_str()));
        self.channels.iter().map(|(channel, endpoint)| (channel.variable, endpoint.as_str())).chain(hub)
    }

    /// The variables of the channels that are reached through links, by the names of their channels.
    pub fn variables_through(&self, links: &BTreeMap<String, String>) -> Vec<(&'static str, String)> {
        let linked = |(channel, _): &(Channel, String)| Some((channel.variable, links.get(channel.name)?.clone()));
        self.channels.iter().filter_map(linked).collect()
    }

    /// The endpoint with this name: that of a channel, or one that is made now.
    ///
    /// # Errors
    /// There are too many, or the system has no more.
    pub fn get(&mut self, name: &str, transport: Transport) -> Result<String, EndpointsError> {
        if transport == Transport::Tcp
            && let Some((_, endpoint)) = self.channels.iter().find(|(channel, _)| channel.name == name)
        {
            return Ok(endpoint.clone());
        }
        let key = (name.to_owned(), transport);
        if let Some(endpoint) = self.named.get(&key) {
            return Ok(endpoint.clone());
        }
        if self.named.len() >= NAMED_MAX {
            return Err(EndpointsError::TooMany { name: name.to_owned() });
        }
        let endpoint = match transport {
            Transport::Tcp => tcp(name, &mut self.ports)?,
            Transport::Ipc => self.ipc(name)?,
            Transport::Inproc => format!("inproc://{name}"),
        };
        self.named.insert(key, endpoint.clone());
        Ok(endpoint)
    }

    /// The text with each `{name}` and `{name:transport}` replaced: by that of `links` if the name is there, otherwise by
    /// [`Endpoints::get`]; and with `{folder}` replaced by the path of the scene's folder. Other braces stay.
    ///
    /// # Errors
    /// As [`Endpoints::get`].
    pub fn fill(&mut self, text: &str, links: &BTreeMap<String, String>) -> Result<String, EndpointsError> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            rest = after;
            if let Some(behind) = after.strip_prefix(FOLDER).and_then(|behind| behind.strip_prefix('}')) {
                let folder = made(&mut self.files).map_err(system(FOLDER))?;
                filled.push_str(&folder.path().to_string_lossy());
                rest = behind;
                continue;
            }
            let inside = after.split_once('}').and_then(|(inside, behind)| {
                let (name, transport) = placeholder(inside)?;
                Some(((name, Transport::named(transport)?), behind))
            });
            match inside {
                Some(((name, Transport::Tcp), behind)) if links.contains_key(name) => {
                    filled.push_str(&links[name]);
                    rest = behind;
                }
                Some(((name, transport), behind)) => {
                    filled.push_str(&self.get(name, transport)?);
                    rest = behind;
                }
                None => filled.push('{'),
            }
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// Removes the files of the scene: each start of it finds an empty folder.
    pub fn remove_files(&mut self) {
        self.files = None;
    }

    fn ipc(&mut self, name: &str) -> Result<String, EndpointsError> {
        let folder = made(&mut self.folder).map_err(system(name))?;
        Ok(format!("ipc://{}", folder.path().join(name).display()))
    }
}

/// The folder, which is made if there is none.
fn made(folder: &mut Option<Folder>) -> io::Result<&Folder> {
    let made = match folder.take() {
        Some(folder) => folder,
        None => Folder::make()?,
    };
    Ok(folder.insert(made))
}

impl Transport {
    /// All of them, with their names.
    pub(crate) const ALL: [(&'static str, Self); 3] =
        [("tcp", Self::Tcp), ("ipc", Self::Ipc), ("inproc", Self::Inproc)];

    /// The transport with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, transport)| transport)
    }
}

/// The name of an endpoint and that of its transport, if that is what stands between braces.
pub(crate) fn placeholder(inside: &str) -> Option<(&str, &str)> {
    let (name, transport) = inside.split_once(':').unwrap_or((inside, "tcp"));
    let is_name =
        !name.is_empty() && inside != FOLDER && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name.then_some((name, transport))
}

fn tcp(name: &str, ports: &mut Vec<Held>) -> Result<String, EndpointsError> {
    let held = ports::hold().map_err(system(name))?;
    let endpoint = format!("tcp://127.0.0.1:{}", held.port());
    ports.push(held);
    Ok(endpoint)
}

fn system(name: &str) -> impl FnOnce(io::Error) -> EndpointsError {
    |reason| EndpointsError::System { name: name.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use std::{fs, net::TcpListener, path::Path};

    use super::*;

    fn endpoints() -> Endpoints {
        let at = |text: &str| text.parse().unwrap();
        let hub = HubConfig { reports: at("tcp://127.0.0.1:7"), observations: at("tcp://127.0.0.1:8") };
        Endpoints::reserve(&hub, &[(wire::value::ORDERS, at("tcp://*:9"))]).unwrap()
    }

    fn filled(endpoints: &mut Endpoints, text: &str) -> String {
        endpoints.fill(text, &BTreeMap::new()).unwrap()
    }

    #[test]
    fn two_scenes_have_different_ports_which_can_be_bound() {
        let (one, two) = (endpoints(), endpoints());
        for ((variable, first), (_, second)) in one.variables().zip(two.variables()) {
            if variable.contains("OBSERVE") || variable == "VALUZ_ORDERS" {
                assert_eq!(first, second);
                continue;
            }
            assert_ne!(first, second);
            TcpListener::bind(first.trim_start_matches("tcp://")).unwrap();
        }
    }

    #[test]
    fn a_name_stands_for_the_same_endpoint_everywhere() {
        let mut endpoints = endpoints();
        let text = filled(&mut endpoints, "--a={door} --b={door:tcp} {ticks} {door:inproc}");
        let words: Vec<_> = text.split(' ').collect();
        assert_eq!(words[0].trim_start_matches("--a="), words[1].trim_start_matches("--b="));
        let ticks = endpoints.variables().find(|(variable, _)| *variable == "TICKZ_TICKS").unwrap().1;
        assert_eq!((words[2], words[3]), (ticks, "inproc://door"));
    }

    #[test]
    fn braces_of_other_kinds_stay() {
        for text in [r#"{"a": 1}"#, "{", "}{", "{a b}", "{a:udp}", "{}", "{{"] {
            assert_eq!(filled(&mut endpoints(), text), text);
        }
    }

    #[test]
    fn a_link_takes_the_place_of_its_endpoint() {
        let links = [("ticks".to_owned(), "tcp://127.0.0.1:1".to_owned())].into();
        assert_eq!(endpoints().fill("{ticks}", &links).unwrap(), "tcp://127.0.0.1:1");
    }

    #[test]
    fn the_folder_of_paths_goes_with_the_scene() {
        let mut endpoints = endpoints();
        let path = filled(&mut endpoints, "{door:ipc}").trim_start_matches("ipc://").to_owned();
        let folder = Path::new(&path).parent().unwrap().to_owned();
        assert!(folder.is_dir());
        drop(endpoints);
        assert!(!folder.exists());
    }

    #[test]
    fn files_are_removed_when_the_scene_starts_again_and_when_it_ends() {
        let mut endpoints = endpoints();
        let folder = filled(&mut endpoints, "{folder}");
        assert_eq!(filled(&mut endpoints, "{folder}/key {folders:inproc}"), format!("{folder}/key inproc://folders"));
        fs::write(Path::new(&folder).join("key"), "").unwrap();
        endpoints.remove_files();
        assert!(!Path::new(&folder).exists());
        let folder = filled(&mut endpoints, "{folder}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        drop(endpoints);
        assert!(!Path::new(&folder).exists());
    }

    #[test]
    fn a_scene_cannot_name_endpoints_without_end() {
        let mut endpoints = endpoints();
        for number in 0..NAMED_MAX {
            endpoints.get(&format!("n{number}"), Transport::Inproc).unwrap();
        }
        let error = endpoints.get("last", Transport::Inproc).unwrap_err();
        assert_eq!(error.to_string(), "'last' is one endpoint too many: a scene may name 64");
    }
}
