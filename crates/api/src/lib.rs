//! The messages and services of `relevo.v1`, generated from `proto/` at build time. No code of ours.

/// The API of Relevo, version 1. The comments in `proto/relevo/v1` are its manual.
pub mod v1 {
    tonic::include_proto!("relevo.v1");

    /// The encoded `FileDescriptorSet` of the API with everything it imports, for server reflection.
    pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));
}
