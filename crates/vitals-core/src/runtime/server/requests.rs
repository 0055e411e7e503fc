//! One request: host check, admission, the router.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, Response, StatusCode, Uri, header::RETRY_AFTER},
};
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tower::Service as _;

use super::{
    allowed_hosts::AllowedHosts, connections::RequestInFlight, drained_body::DrainedBody,
    held_body::HeldBody,
};
use crate::runtime::{config::HttpSettings, problem::Problem};

/// The address of a request's connection, among the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct PeerAddress(pub SocketAddr);

/// Encodes the response to a request for this URI that never reaches the router.
pub type ErrorResponse = fn(&Uri, Problem) -> Response<Body>;

/// Dispatches the requests of all connections to the router.
#[derive(Debug)]
pub(super) struct Requests {
    router: Router,
    hosts: AllowedHosts,
    admission: Semaphore,
    max_drain_bytes: usize,
    max_stall: Duration,
    errors: ErrorResponse,
}

impl Requests {
    pub(super) fn new(router: Router, settings: &HttpSettings, errors: ErrorResponse) -> Self {
        Self {
            router,
            hosts: AllowedHosts::new(&settings.allowed_hosts),
            admission: Semaphore::new(settings.max_requests_in_flight),
            max_drain_bytes: settings.max_drain_bytes,
            max_stall: settings.idle_timeout(),
            errors,
        }
    }

    /// Handles `request`. The response keeps `in_flight` until the server has taken its last byte.
    pub(super) async fn handle(
        self: Arc<Self>,
        mut request: Request<Incoming>,
        peer: PeerAddress,
        in_flight: RequestInFlight,
    ) -> Result<Response<HeldBody<RequestInFlight>>, Infallible> {
        request.extensions_mut().insert(peer);
        let response = self.respond(request).await;
        Ok(response.map(|body| HeldBody::new(body, in_flight)))
    }

    async fn respond(&self, request: Request<Incoming>) -> Response<Body> {
        let request = DrainedBody::wrap(request, self.max_drain_bytes, self.max_stall);
        if let Err(problem) = self.hosts.check(&request) {
            return (self.errors)(request.uri(), problem);
        }
        // Held while the handler runs, not while the response is sent: a stream lasts for hours.
        let Ok(_permit) = self.admission.try_acquire() else {
            return self.overloaded(request.uri());
        };
        let mut router = self.router.clone();
        match router.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    fn overloaded(&self, uri: &Uri) -> Response<Body> {
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .detail("too many requests in flight; retry after the time in Retry-After");
        let mut response = (self.errors)(uri, problem);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        response
    }
}
