#![allow(missing_docs, dead_code)]
use dealz_core::{
    command::{Command, Refusal, Reply},
    view::{Hello, Mode, Update},
};
use sockets::{Context, Endpoint};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};
use wire::{Symbol, User};
pub struct Stage {
    pub prices: Option<PathBuf>,
    pub workers: u32,
}
pub struct DeskEndpoints {
    pub ticks: Endpoint,
    pub requests: Endpoint,
    pub broadcasts: Endpoint,
    pub orders: Endpoint,
    pub results: Endpoint,
    pub control: Endpoint,
}
pub struct DeskConfig {
    pub context: Context,
    pub endpoints: DeskEndpoints,
    pub name: User,
    pub symbols: Vec<Symbol>,
    pub programs: PathBuf,
    pub stage: Option<Stage>,
    pub variables: Vec<(&'static str, OsString)>,
    pub record: Option<PathBuf>,
}
pub struct Desk;
pub struct Updates(u64);
impl Desk {
    pub fn start(_: DeskConfig) -> Result<Self, sockets::SocketError> {
        Ok(Self)
    }
    pub fn play(_: &Path) -> Result<Self, std::io::Error> {
        Ok(Self)
    }
    pub fn hello(&self, may_touch: bool) -> Hello {
        Hello { version: "0".to_owned(), mode: Mode::Live, may_touch }
    }
    pub fn act(&self, _: Command) -> Result<Reply, Refusal> {
        Ok(Reply::Done)
    }
    pub fn updates(&self) -> Updates {
        Updates(0)
    }
    pub fn stop(&self) {}
}
impl Updates {
    pub fn next(&mut self) -> Option<Update> {
        self.0 += 1;
        Some(Update { snapshot: self.0 == 1, time_ms: self.0 as f64, ..Update::default() })
    }
}
