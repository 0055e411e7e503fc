//! No code: the dependencies of this crate give every third-party crate the same features in each
//! build of the workspace, so that each is compiled once.
