//! The state that the answers to all requests share: the service, the callers who may ask it, and the metrics.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock, atomic::AtomicBool, atomic::Ordering},
};

use http::HeaderMap;
use metric_host::{Host, MetricService, RequestId};

use crate::{
    access::{Access, AccessError, Admission, Door, Hosts, Reach},
    limits::HttpLimits,
    metrics::HttpMetrics,
    problem::Problem,
    readiness::Readiness,
};

/// The state of a server.
pub(crate) struct App {
    pub(crate) service: MetricService,
    pub(crate) host: Host,
    pub(crate) limits: HttpLimits,
    pub(crate) metrics: HttpMetrics,
    pub(crate) readiness: Readiness,
    doorkeeper: RwLock<Arc<Doorkeeper>>,
    access_file: Option<PathBuf>,
    reach: Reach,
    /// Further names of this host.
    names: Vec<String>,
    is_stopping: AtomicBool,
}

/// The access rules, and the hosts that requests may be for.
struct Doorkeeper {
    access: Access,
    hosts: Hosts,
}

impl App {
    pub(crate) fn new(
        host: Host,
        service: MetricService,
        limits: HttpLimits,
        access_file: Option<PathBuf>,
        (reach, names): (Reach, Vec<String>),
    ) -> Result<Self, AccessError> {
        let access = match &access_file {
            Some(file) => Access::from_file(file)?,
            None => Access::open(),
        };
        let doorkeeper = Doorkeeper::new(access, reach, &names);
        Ok(Self {
            readiness: Readiness::new(service.clone()),
            service,
            host,
            limits,
            metrics: HttpMetrics::new(),
            doorkeeper: RwLock::new(Arc::new(doorkeeper)),
            access_file,
            reach,
            names,
            is_stopping: AtomicBool::new(false),
        })
    }

    /// Reads the access file anew. Where it cannot be used, what was read before holds.
    pub(crate) fn reload(&self) -> Result<(), AccessError> {
        let Some(file) = &self.access_file else {
            tracing::info!("there is no access file to read anew");
            return Ok(());
        };
        let access = self.doorkeeper().access.reloaded(file)?;
        let doorkeeper = Arc::new(Doorkeeper::new(access, self.reach, &self.names));
        *self
            .doorkeeper
            .write()
            .unwrap_or_else(PoisonError::into_inner) = doorkeeper;
        tracing::info!("the access file was read anew");
        Ok(())
    }

    /// Checks that the request is for this host, and from no page of another.
    pub(crate) fn check_host(&self, uri: &http::Uri, headers: &HeaderMap) -> Result<(), Problem> {
        Ok(self.doorkeeper().hosts.admit(uri, headers)?)
    }

    /// Admits the caller, if it may pass this door. None: everybody may.
    pub(crate) fn admit(
        &self,
        door: Door,
        headers: &HeaderMap,
    ) -> Result<Option<Admission>, Problem> {
        if door == Door::Open {
            return Ok(None);
        }
        let admission = self.doorkeeper().access.admit(headers)?;
        admission.may_pass(door)?;
        Ok(Some(admission))
    }

    /// The service, within the scope of the one who asks, its calls under the request's name.
    pub(crate) fn service_for(&self, asking: &Asking) -> MetricService {
        let service = self.service.with_request_id(asking.id.clone());
        match asking.scope() {
            Some(scope) => service.scoped(scope.clone()),
            None => service,
        }
    }

    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    fn doorkeeper(&self) -> Arc<Doorkeeper> {
        let doorkeeper = self.doorkeeper.read();
        Arc::clone(&doorkeeper.unwrap_or_else(PoisonError::into_inner))
    }
}

impl Doorkeeper {
    fn new(access: Access, reach: Reach, names: &[String]) -> Self {
        let names = access.hosts().iter().chain(names).cloned();
        Self {
            hosts: Hosts::new(reach, names),
            access,
        }
    }
}

/// A request, as far as its handler has to know: its name, and who asks.
#[derive(Clone)]
pub(crate) struct Asking {
    pub(crate) id: RequestId,
    /// Its place among those that the caller may have under way is held until the last clone of this is gone.
    pub(crate) admission: Option<Arc<Admission>>,
}

impl Asking {
    fn scope(&self) -> Option<&metric_host::Scope> {
        self.admission.as_ref()?.scope.as_ref()
    }
}
