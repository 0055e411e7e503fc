//! The Open Inference Protocol, version 2, over REST, as KServe, Triton and MLServer implement it.
//!
//! With the extension for binary tensors, and one of our own: the explanation as output tensors.

mod router;
pub(super) mod infer;
mod request;
mod numbers;
mod datatype;
mod input;
mod tensor;
mod infer_response;
pub(super) mod metadata;
pub(super) mod repository;
mod path;
mod error;

pub(super) use error::ProtocolError;
pub(super) use path::V2Path;
pub(super) use router::router;
