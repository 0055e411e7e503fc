//! The Open Inference Protocol, version 2, over REST: what KServe, Triton and MLServer speak.
//!
//! With the extension for binary tensors, and one of our own: the explanation as output tensors.

mod router;
pub(super) mod infer;
mod request;
mod json_depth;
mod tensor;
pub(super) mod metadata;
pub(super) mod repository;

pub(super) use router::{V2Error, router};
