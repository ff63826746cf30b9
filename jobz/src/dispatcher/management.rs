//! What the broker answers itself: [8/MMI](https://rfc.zeromq.org/spec/8/), and our additions to it.

use wire::{Frames, job::Body};

use super::{Dispatcher, services::Service};

impl Dispatcher {
    /// The answer to a request to one of the broker's own services.
    pub(super) fn answer(&self, service: &str, body: Body<'_>) -> Frames {
        let mut answer = Frames::new();
        match service {
            "mmi.service" => answer.push(if self.is_offered(body) { b"200" } else { b"404" }),
            "mmi.services" => {
                answer.push(b"200");
                self.services
                    .iter()
                    .filter(|service| service.is_offered())
                    .for_each(|service| push_service(service, &mut answer));
            }
            _ => answer.push(b"501"),
        }
        answer
    }

    /// Whether at least one worker is registered for the service that the first frame names.
    fn is_offered(&self, body: Body<'_>) -> bool {
        let name = body.iter().next().and_then(|name| str::from_utf8(name).ok());
        let place = name.and_then(|name| self.services.find(name));
        place.and_then(|place| self.services.get(place)).is_some_and(Service::is_offered)
    }
}

/// A service as one frame.
fn push_service(service: &Service, answer: &mut Frames) {
    answer.push(service.name.as_bytes());
}
