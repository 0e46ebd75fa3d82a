//! The HTTP API of Metric Service.

pub mod access;
